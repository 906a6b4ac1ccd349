/* SPDX-License-Identifier: MIT */
/* Records and runs backward on bare addresses, as a program does that keeps its
 * values itself. */
#include "train.h"

#include <stdlib.h>

#include "values.h"

struct bench_train {
    srnn_context *context; /* borrowed, as the input */
    const srnn_tensor *input;
    srnn_tape *tape;
    srnn_tensor *h0;
    srnn_tensor *output;
    srnn_tensor *h_n;
    srnn_tensor *d_loss; /* of the output or of h_n */
    srnn_tensor *d_input;
    srnn_tensor *d_h0;
    int64_t count; /* of parameters */
    void **gradients;
    int64_t T;
    int64_t B;
    bench_loss loss;
};

static int64_t parameter_size(const srnn_rnn *rnn, int64_t index)
{
    const int64_t *const shape = srnn_rnn_parameter_shape(rnn, index);
    int64_t size = 1;
    for (int32_t axis = 0; axis < srnn_rnn_parameter_rank(rnn, index); axis++)
        size *= shape[axis];
    return size;
}

static bool create_gradients(bench_train *t, const srnn_rnn *rnn)
{
    t->count = srnn_rnn_parameter_count(rnn);
    t->gradients = calloc((size_t)t->count, sizeof *t->gradients);
    bool done = t->gradients != NULL;
    for (int64_t i = 0; done && i < t->count; i++) {
        t->gradients[i] =
            calloc((size_t)parameter_size(rnn, i), sizeof(double));
        done = t->gradients[i] != NULL;
    }
    return done || bench_is_fine(SRNN_ERROR_NO_MEMORY);
}

static bool create_tensors(bench_train *t, const srnn_rnn *rnn)
{
    const srnn_role loss =
        t->loss == BENCH_LOSS_LAST ? SRNN_ROLE_HIDDEN : SRNN_ROLE_OUTPUT;
    return bench_values_draw(&t->h0, rnn, SRNN_ROLE_HIDDEN, t->T, t->B) &&
           bench_values_draw(&t->d_loss, rnn, loss, t->T, t->B) &&
           bench_values_create(&t->output, rnn, SRNN_ROLE_OUTPUT, t->T, t->B) &&
           bench_values_create(&t->h_n, rnn, SRNN_ROLE_HIDDEN, t->T, t->B) &&
           bench_values_create(&t->d_input, rnn, SRNN_ROLE_INPUT, t->T, t->B) &&
           bench_values_create(&t->d_h0, rnn, SRNN_ROLE_HIDDEN, t->T, t->B);
}

bool bench_train_create(bench_train **out, srnn_context *context,
                        const srnn_tensor *input, int64_t T, int64_t B,
                        bench_loss loss)
{
    const srnn_rnn *const rnn = srnn_context_rnn(context);
    bench_train *const t = malloc(sizeof *t);
    if (t == NULL)
        return bench_is_fine(SRNN_ERROR_NO_MEMORY);
    *t = (bench_train){
        .context = context, .input = input, .T = T, .B = B, .loss = loss};
    if (!bench_is_fine(srnn_tape_create(&t->tape, rnn)) ||
        !create_tensors(t, rnn) || !create_gradients(t, rnn)) {
        bench_train_destroy(t);
        return false;
    }
    *out = t;
    return true;
}

void bench_train_destroy(bench_train *t)
{
    if (t == NULL)
        return;
    for (int64_t i = 0; t->gradients != NULL && i < t->count; i++)
        free(t->gradients[i]);
    free((void *)t->gradients);
    srnn_tensor_destroy(t->d_h0);
    srnn_tensor_destroy(t->d_input);
    srnn_tensor_destroy(t->d_loss);
    srnn_tensor_destroy(t->h_n);
    srnn_tensor_destroy(t->output);
    srnn_tensor_destroy(t->h0);
    srnn_tape_destroy(t->tape);
    free(t);
}

srnn_status bench_train_record(bench_train *t)
{
    return srnn_context_record_contiguous(
        t->context, t->tape, t->T, t->B, srnn_tensor_const_data(t->input), NULL,
        NULL, srnn_tensor_data(t->h0), NULL, srnn_tensor_data(t->output),
        srnn_tensor_data(t->h_n));
}

srnn_status bench_train_backward(bench_train *t)
{
    const void *const d_loss = srnn_tensor_data(t->d_loss);
    const bool is_last = t->loss == BENCH_LOSS_LAST;
    return srnn_context_backward_contiguous(
        t->context, t->tape, srnn_tensor_const_data(t->input),
        is_last ? NULL : d_loss, is_last ? d_loss : NULL, SRNN_ACCUMULATION_SET,
        t->gradients, srnn_tensor_data(t->d_input), srnn_tensor_data(t->d_h0),
        NULL);
}
