/* SPDX-License-Identifier: MIT */
#include "model.h"

#include "check.h"

static const char rnn_prefix[] = "rnn.";
static const char linear_prefix[] = "fc.";

model model_create(srnn_rnn *rnn, srnn_linear *linear)
{
    model m = {.rnn = rnn, .linear = linear};
    srnn_gradients **const gradients = m.gradients;
    check(srnn_context_create(&m.context, rnn));
    check(srnn_tape_create(&m.tape, rnn));
    check(srnn_gradients_create(&gradients[MODEL_RNN], rnn));
    check(srnn_gradients_create_linear(&gradients[MODEL_LINEAR], linear));
    check(srnn_optimizer_create(&m.optimizer, SRNN_OPTIMIZER_KIND_ADAM));
    check(srnn_optimizer_add(m.optimizer, gradients[MODEL_RNN], rnn_prefix));
    check(srnn_optimizer_add(m.optimizer, gradients[MODEL_LINEAR],
                             linear_prefix));
    return m;
}

/* The examples read and write values as float. */
static void check_float32(const srnn_rnn *rnn, const srnn_linear *linear)
{
    int64_t dtype = 0;
    check(srnn_rnn_get_int(&dtype, rnn, SRNN_OPTION_DTYPE));
    if (dtype != SRNN_DTYPE_FLOAT32 ||
        srnn_linear_dtype(linear) != SRNN_DTYPE_FLOAT32)
        fail("the model of the checkpoint is not float32");
}

model model_resume(const srnn_weights *checkpoint)
{
    srnn_rnn *rnn = NULL;
    srnn_linear *linear = NULL;
    check(srnn_rnn_create_from_weights(&rnn, checkpoint, rnn_prefix, NULL));
    check(srnn_linear_create_from_weights(&linear, checkpoint, linear_prefix));
    check_float32(rnn, linear);
    model m = model_create(rnn, linear);
    check(srnn_optimizer_load(m.optimizer, checkpoint));
    return m;
}

void model_destroy(model *m)
{
    srnn_optimizer_destroy(m->optimizer);
    for (int part = 0; part < MODEL_PARTS; part++)
        srnn_gradients_destroy(m->gradients[part]);
    srnn_tape_destroy(m->tape);
    srnn_context_destroy(m->context);
    srnn_linear_destroy(m->linear);
    srnn_rnn_destroy(m->rnn);
}

int64_t model_steps(const model *m)
{
    int64_t steps;
    check(srnn_optimizer_get_int(&steps, m->optimizer, NULL,
                                 SRNN_OPTIMIZER_STEPS));
    return steps;
}

void model_update(model *m, double largest_norm)
{
    double norm;
    check(srnn_gradients_clip_norm(&norm, m->gradients, MODEL_PARTS,
                                   largest_norm));
    check(srnn_optimizer_step(m->optimizer));
}

void model_save(const model *m, const char *path)
{
    check(srnn_rnn_save_alone(m->rnn, path, rnn_prefix, NULL));
    check(srnn_linear_save(m->linear, path, linear_prefix));
}
