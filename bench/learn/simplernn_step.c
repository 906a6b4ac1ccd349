/* SPDX-License-Identifier: MIT */
/* The training step of problem.h by the library. */
#include <stdio.h>
#include <stdlib.h>

#include <simplernn.h>

#include "problem.h"

typedef struct {
    const learn_problem *problem;
    srnn_rnn *rnn;
    srnn_linear *fc;
    srnn_context *context;
    srnn_tape *tape;
    srnn_gradients *gradients[2];
    srnn_optimizer *optimizer;
    srnn_tensor *x, *states, *d_states; /* output or h_n */
    srnn_tensor *logits, *d_logits, *targets;
    double loss;
} model;

static void check(srnn_status status)
{
    if (status == SRNN_OK)
        return;
    (void)fprintf(stderr, "%s\n", srnn_last_error());
    exit(1);
}

static srnn_tensor *wrap(void *data, srnn_dtype dtype, int32_t rank,
                         const int64_t *shape)
{
    srnn_tensor *tensor = NULL;
    check(srnn_tensor_wrap(&tensor, data, dtype, rank, shape, NULL));
    return tensor;
}

static srnn_tensor *create(int32_t rank, const int64_t *shape)
{
    srnn_tensor *tensor = NULL;
    check(srnn_tensor_create(&tensor, SRNN_DTYPE_FLOAT32, rank, shape));
    return tensor;
}

static void set_parameters(model *m)
{
    static const char *const names[] = {"weight_ih_l0", "weight_hh_l0",
                                        "bias_ih_l0",   "bias_hh_l0",
                                        "weight",       "bias"};
    const learn_problem *const p = m->problem;
    const int64_t shapes[][2] = {{p->H, p->I}, {p->H, p->H}, {p->H, 0},
                                 {p->H, 0},    {p->C, p->H}, {p->C, 0}};
    for (int i = 0; i < LEARN_PARAMETERS; i++) {
        srnn_tensor *const value = wrap(p->parameters[i], SRNN_DTYPE_FLOAT32,
                                        shapes[i][1] == 0 ? 1 : 2, shapes[i]);
        check(i < 4 ? srnn_rnn_set_parameter(m->rnn, names[i], value)
                    : srnn_linear_set_parameter(m->fc, names[i], value));
        srnn_tensor_destroy(value);
    }
}

static void make_network(model *m)
{
    const learn_problem *const p = m->problem;
    check(srnn_rnn_create(&m->rnn, p->I, p->H, NULL, 1));
    check(srnn_linear_create(&m->fc, SRNN_DTYPE_FLOAT32, p->H, p->C, 1, 1));
    set_parameters(m);
    check(srnn_context_create(&m->context, m->rnn));
    check(
        srnn_context_set_int(m->context, SRNN_CONTEXT_NUM_THREADS, p->threads));
    check(srnn_tape_create(&m->tape, m->rnn));
    check(srnn_gradients_create(&m->gradients[0], m->rnn));
    check(srnn_gradients_create_linear(&m->gradients[1], m->fc));
    check(srnn_optimizer_create(&m->optimizer, SRNN_OPTIMIZER_KIND_ADAM));
    check(srnn_optimizer_add(m->optimizer, m->gradients[0], "rnn."));
    check(srnn_optimizer_add(m->optimizer, m->gradients[1], "fc."));
}

static void make_tensors(model *m)
{
    const learn_problem *const p = m->problem;
    const int64_t steps = p->is_last ? 1 : p->T;
    const int64_t input[] = {p->T, p->B, p->I};
    const int64_t states[] = {steps, p->B, p->H};
    const int64_t logits[] = {steps, p->B, p->C};
    m->x = wrap(p->x, SRNN_DTYPE_FLOAT32, 3, input);
    m->states = create(3, states);
    m->d_states = create(3, states);
    m->logits = create(3, logits);
    m->d_logits = create(3, logits);
    m->targets = p->has_values ? wrap(p->values, SRNN_DTYPE_FLOAT32, 3, logits)
                               : wrap(p->classes, SRNN_DTYPE_INT64, 2, logits);
}

static void compare(model *m)
{
    double sum = 0;
    int64_t count = 0;
    check(m->problem->has_values
              ? srnn_loss_squared_error(&sum, &count, m->d_logits, m->logits,
                                        m->targets, NULL, 0)
              : srnn_loss_cross_entropy(&sum, &count, m->d_logits, m->logits,
                                        m->targets, 0));
    m->loss = sum / (double)count;
}

static void step(void *argument)
{
    model *const m = argument;
    double norm = 0;
    const bool is_last = m->problem->is_last;
    check(srnn_context_record(m->context, m->tape, m->x, NULL, NULL, NULL, NULL,
                              is_last ? NULL : m->states,
                              is_last ? m->states : NULL));
    check(srnn_linear_forward(m->fc, m->context, m->states, m->logits));
    compare(m);
    check(srnn_linear_backward(m->fc, m->context, m->states, m->d_logits,
                               SRNN_ACCUMULATION_SET, m->gradients[1],
                               m->d_states));
    check(srnn_context_backward(
        m->context, m->tape, m->x, is_last ? NULL : m->d_states,
        is_last ? m->d_states : NULL, SRNN_ACCUMULATION_SET, m->gradients[0],
        NULL, NULL, NULL));
    check(srnn_gradients_clip_norm(&norm, m->gradients, 2, 1));
    check(srnn_optimizer_step(m->optimizer));
}

static void destroy(model *m)
{
    srnn_tensor_destroy(m->x);
    srnn_tensor_destroy(m->states);
    srnn_tensor_destroy(m->d_states);
    srnn_tensor_destroy(m->logits);
    srnn_tensor_destroy(m->d_logits);
    srnn_tensor_destroy(m->targets);
    srnn_optimizer_destroy(m->optimizer);
    srnn_gradients_destroy(m->gradients[0]);
    srnn_gradients_destroy(m->gradients[1]);
    srnn_tape_destroy(m->tape);
    srnn_context_destroy(m->context);
    srnn_linear_destroy(m->fc);
    srnn_rnn_destroy(m->rnn);
}

int main(int argc, char **argv)
{
    learn_problem problem;
    learn_problem_create(&problem, argc, argv);
    model m = {.problem = &problem};
    make_network(&m);
    make_tensors(&m);
    learn_measure(&problem, "simplernn", srnn_version(), NULL, step, &m,
                  &m.loss);
    destroy(&m);
    learn_problem_destroy(&problem);
    return 0;
}
