/* SPDX-License-Identifier: MIT */
#include "sample.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "check.h"
#include "random.h"

/* A symbol with the probabilities softmax(logits), from a number of 0 to below
 * 1. */
static int64_t choose(const float *logits, int64_t count, double uniform)
{
    double largest = -INFINITY;
    double sum = 0;
    int64_t choice = 0;
    for (int64_t c = 0; c < count; c++)
        largest = fmax(largest, (double)logits[c]);
    for (int64_t c = 0; c < count; c++)
        sum += exp((double)logits[c] - largest);
    for (double rest = uniform * sum; choice < count - 1; choice++) {
        rest -= exp((double)logits[choice] - largest);
        if (rest < 0)
            break;
    }
    return choice;
}

/* A row of size features over memory of the caller. */
static srnn_tensor *wrap_row(float *row, int64_t size)
{
    srnn_tensor *tensor;
    check(srnn_tensor_wrap(&tensor, row, SRNN_DTYPE_FLOAT32, 1, &size, NULL));
    return tensor;
}

/* What the memory of sample_print() relies on. */
static void check_sizes(const model *m)
{
    int64_t symbols, hidden;
    check(srnn_rnn_get_int(&symbols, m->rnn, SRNN_OPTION_INPUT_SIZE));
    check(srnn_rnn_get_int(&hidden, m->rnn, SRNN_OPTION_HIDDEN_SIZE));
    if (srnn_linear_in_features(m->linear) != hidden ||
        srnn_linear_out_features(m->linear) != symbols)
        fail("the checkpoint is not one of char-rnn: its layers have sizes "
             "that do not fit");
}

void sample_print(const model *m, const uint8_t *alphabet, int64_t count,
                  uint64_t key)
{
    srnn_stream *stream;
    check_sizes(m);
    const int64_t symbols = srnn_linear_out_features(m->linear);
    const int64_t hidden = srnn_linear_in_features(m->linear);
    float *const one_hot = allocate((size_t)symbols, sizeof *one_hot);
    float *const state = allocate((size_t)hidden, sizeof *state);
    float *const logits = allocate((size_t)symbols, sizeof *logits);
    srnn_tensor *const state_row = wrap_row(state, hidden);
    srnn_tensor *const logits_row = wrap_row(logits, symbols);
    int64_t symbol = 0; /* The first byte of most texts: the end of a line. */
    check(srnn_stream_create(&stream, m->context, 1));
    for (int64_t i = 0; i < count; i++) {
        one_hot[symbol] = 1;
        check(srnn_stream_step(stream, one_hot, state));
        one_hot[symbol] = 0;
        check(
            srnn_linear_forward(m->linear, m->context, state_row, logits_row));
        symbol = choose(logits, symbols, random_uniform(key, (uint64_t)i));
        (void)putchar(alphabet[symbol]);
    }
    (void)putchar('\n');
    srnn_stream_destroy(stream);
    srnn_tensor_destroy(state_row);
    srnn_tensor_destroy(logits_row);
    free(one_hot);
    free(state);
    free(logits);
}
