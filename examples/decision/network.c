/* SPDX-License-Identifier: MIT */
#include "network.h"

#include "check.h"
#include "trial.h"

static const double largest_norm = 1; /* of the gradients */

model network_create(int64_t hidden_size, double learning_rate, uint64_t seed)
{
    srnn_rnn *rnn = NULL;
    srnn_linear *linear = NULL;
    check(srnn_rnn_create(&rnn, INPUTS, hidden_size, NULL, seed));
    /* At first, each unit keeps what it has, so that the network can add up
     * many steps. With the usual random weights it would not learn to. */
    check(srnn_rnn_initialise(rnn, "weight_hh_l0", SRNN_INITIALISATION_IDENTITY,
                              1, seed));
    check(srnn_linear_create(&linear, SRNN_DTYPE_FLOAT32, hidden_size, OUTPUTS,
                             1, seed + 1));
    model m = model_create(rnn, linear);
    check(srnn_optimizer_set_real(m.optimizer, NULL,
                                  SRNN_OPTIMIZER_LEARNING_RATE, learning_rate));
    return m;
}

/* A tensor of all steps of a batch: [T,B,size]. */
static srnn_tensor *create(int64_t count, int64_t size)
{
    srnn_tensor *tensor = NULL;
    check(srnn_tensor_create(&tensor, SRNN_DTYPE_FLOAT32, 3,
                             (int64_t[]){STEPS, count, size}));
    return tensor;
}

batch batch_create(const model *m, int64_t count)
{
    const int64_t hidden_size = srnn_linear_in_features(m->linear);
    batch b = {.count = count,
               .input = create(count, INPUTS),
               .target = create(count, OUTPUTS),
               .states = create(count, hidden_size),
               .d_states = create(count, hidden_size),
               .output = create(count, OUTPUTS),
               .d_output = create(count, OUTPUTS)};
    check(srnn_tensor_create(&b.counted, SRNN_DTYPE_UINT8, 2,
                             (int64_t[]){STEPS, count}));
    return b;
}

void batch_destroy(batch *b)
{
    srnn_tensor_destroy(b->input);
    srnn_tensor_destroy(b->target);
    srnn_tensor_destroy(b->counted);
    srnn_tensor_destroy(b->states);
    srnn_tensor_destroy(b->d_states);
    srnn_tensor_destroy(b->output);
    srnn_tensor_destroy(b->d_output);
}

void network_run(model *m, batch *b)
{
    check(srnn_context_forward(m->context, b->input, NULL, b->states, NULL));
    check(srnn_linear_forward(m->linear, m->context, b->states, b->output));
}

double network_learn(model *m, batch *b)
{
    double sum;
    int64_t count;
    check(srnn_context_record(m->context, m->tape, b->input, NULL, NULL, NULL,
                              NULL, b->states, NULL));
    check(srnn_linear_forward(m->linear, m->context, b->states, b->output));
    check(srnn_loss_squared_error(&sum, &count, b->d_output, b->output,
                                  b->target, b->counted, 0));
    check(srnn_linear_backward(m->linear, m->context, b->states, b->d_output,
                               SRNN_ACCUMULATION_SET,
                               m->gradients[MODEL_LINEAR], b->d_states));
    check(srnn_context_backward(m->context, m->tape, b->input, b->d_states,
                                NULL, SRNN_ACCUMULATION_SET,
                                m->gradients[MODEL_RNN], NULL, NULL, NULL));
    model_update(m, largest_norm);
    return sum / (double)count;
}

int network_answer(const batch *b, int64_t row)
{
    const float(*const outputs)[OUTPUTS] = srnn_tensor_const_data(b->output);
    const float *const last = outputs[(STEPS - 1) * b->count + row];
    return last[RIGHT] > last[LEFT] ? RIGHT : LEFT;
}
