/* SPDX-License-Identifier: MIT */
/* Naive on purpose: one loop a letter, nothing shared with the library. */
#include "support/reference.h"
#include "support/reference_activation.h"
#include "support/reference_cell.h"

#include <assert.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* To the nearest float32 where that is the dtype. A sum of two float32 rounded
 * to double and then to float32 is the float32 result: 53 >= 2*24 + 2 bits
 * (S. Figueroa, "When is double rounding innocuous?", 1995). */
double reference_rounded(srnn_dtype dtype, double value)
{
    return dtype == SRNN_DTYPE_FLOAT32 ? (double)(float)value : value;
}

double reference_activate(srnn_dtype dtype, int64_t nonlinearity, double value)
{
#define CASE(id, word, x)                                                      \
    case SRNN_NONLINEARITY_##id:                                               \
        return dtype == SRNN_DTYPE_FLOAT32                                     \
                   ? (double)reference_##word##_f32((float)value)              \
                   : reference_##word##_f64(value);
    switch (nonlinearity) {
        SRNN_ACTIVATION_ROWS(CASE, )
    default:
        assert(false);
        return 0;
    }
}

int64_t reference_option(const srnn_rnn *rnn, srnn_option option)
{
    int64_t value = -1;
    const srnn_status status = srnn_rnn_get_int(&value, rnn, option);
    assert(status == SRNN_OK);
    (void)status;
    return value;
}

/* A parameter's values as doubles; zeros if the rnn has no bias. */
static double *read_parameter(const srnn_rnn *rnn, const char *kind,
                              int64_t layer, int64_t direction, int64_t count)
{
    char name[64];
    srnn_tensor *tensor = NULL;
    double *const values = calloc((size_t)count, sizeof *values);
    assert(values != NULL);
    (void)snprintf(name, sizeof name, "%s_l%d%s", kind, (int)layer,
                   direction == 1 ? "_reverse" : "");
    if (srnn_rnn_copy_parameter(&tensor, rnn, name) != SRNN_OK)
        return values;
    assert(srnn_tensor_size(tensor) == count);
    for (int64_t i = 0; i < count; i++)
        values[i] = srnn_tensor_dtype(tensor) == SRNN_DTYPE_FLOAT32
                        ? (double)((float *)srnn_tensor_data(tensor))[i]
                        : ((double *)srnn_tensor_data(tensor))[i];
    srnn_tensor_destroy(tensor);
    return values;
}

reference_cell reference_cell_read(const srnn_rnn *rnn, int64_t layer,
                                   int64_t direction, int64_t inputs)
{
    const int64_t hidden = reference_option(rnn, SRNN_OPTION_HIDDEN_SIZE);
    return (reference_cell){
        (srnn_dtype)reference_option(rnn, SRNN_OPTION_DTYPE),
        reference_option(rnn, SRNN_OPTION_NONLINEARITY),
        inputs,
        hidden,
        read_parameter(rnn, "weight_ih", layer, direction, hidden * inputs),
        read_parameter(rnn, "weight_hh", layer, direction, hidden * hidden),
        read_parameter(rnn, "bias_ih", layer, direction, hidden),
        read_parameter(rnn, "bias_hh", layer, direction, hidden)};
}

void reference_cell_free(reference_cell *c)
{
    free(c->weight_ih);
    free(c->weight_hh);
    free(c->bias_ih);
    free(c->bias_hh);
}

double reference_multiply_add(srnn_dtype dtype, double a, double b, double sum)
{
    return dtype == SRNN_DTYPE_FLOAT32
               ? (double)fmaf((float)a, (float)b, (float)sum)
               : fma(a, b, sum);
}

static int64_t count_segments(int64_t K)
{
    return K > 64 ? (K + 63) / 64 : K < 4 ? 1 : K > 32 || K <= 13 ? 2 : 4;
}

double reference_add_products(srnn_dtype dtype, double sum,
                              const double *weights, const double *values,
                              int64_t K)
{
    const int64_t segments = count_segments(K);
    const int64_t length = K > 64 ? 64 : (K + segments - 1) / segments;
    for (int64_t s = 0; s < segments; s++) {
        double part = 0;
        for (int64_t k = s * length; k < (s + 1) * length && k < K; k++)
            part = reference_multiply_add(dtype, values[k], weights[k], part);
        sum = reference_rounded(dtype, sum + part);
    }
    return sum;
}

void reference_cell_step(const reference_cell *c, const double *x,
                         const double *h, double *out)
{
    for (int64_t j = 0; j < c->hidden; j++) {
        double sum = reference_rounded(c->dtype, c->bias_ih[j] + c->bias_hh[j]);
        sum = reference_add_products(
            c->dtype, sum, c->weight_ih + j * c->inputs, x, c->inputs);
        sum = reference_add_products(
            c->dtype, sum, c->weight_hh + j * c->hidden, h, c->hidden);
        out[j] = reference_activate(c->dtype, c->nonlinearity, sum);
    }
}

/* One direction of one layer: the first H columns of output, whose rows have
 * width columns. */
static void run(const reference_cell *c, int64_t T, int64_t B, bool reverse,
                const double *input, const double *h0, double *output,
                int64_t width, double *h_n)
{
    const int64_t H = c->hidden;
    memcpy(h_n, h0, (size_t)(B * H) * sizeof *h_n);
    for (int64_t i = 0; i < T; i++) {
        const int64_t t = reverse ? T - 1 - i : i;
        for (int64_t b = 0; b < B; b++) {
            double *const out = output + (t * B + b) * width;
            reference_cell_step(c, input + (t * B + b) * c->inputs, h_n + b * H,
                                out);
            memcpy(h_n + b * H, out, (size_t)H * sizeof *h_n);
        }
    }
}

void reference_forward(const srnn_rnn *rnn, int64_t T, int64_t B,
                       const double *input, const double *h0, double *output,
                       double *h_n)
{
    const int64_t H = reference_option(rnn, SRNN_OPTION_HIDDEN_SIZE);
    const int64_t L = reference_option(rnn, SRNN_OPTION_NUM_LAYERS);
    const int64_t direction = reference_option(rnn, SRNN_OPTION_DIRECTION);
    const int64_t D = direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    int64_t inputs = reference_option(rnn, SRNN_OPTION_INPUT_SIZE);
    const size_t bytes = (size_t)(T * B * D * H) * sizeof *output;
    double *const below = malloc(bytes + 1);
    assert(below != NULL);
    for (int64_t l = 0; l < L; l++) {
        const double *const from = l == 0 ? input : below;
        for (int64_t d = 0; d < D; d++) {
            const int64_t row = (l * D + d) * B * H;
            const bool reverse = d == 1 || direction == SRNN_DIRECTION_REVERSE;
            reference_cell c =
                reference_cell_read(rnn, l, reverse ? 1 : 0, inputs);
            run(&c, T, B, reverse, from, h0 + row, output + d * H, D * H,
                h_n + row);
            reference_cell_free(&c);
        }
        memcpy(below, output, bytes);
        inputs = D * H;
    }
    free(below);
}
