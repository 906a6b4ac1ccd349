/* SPDX-License-Identifier: MIT */
/* Naive on purpose, as reference.c. */
#include "support/reference_linear.h"

#include <assert.h>
#include <stdlib.h>

#include "support/element.h"
#include "support/reference_cell.h"

enum { BLOCK = 512 };

static double *zeros(int64_t count)
{
    double *const values = calloc((size_t)count + 1, sizeof *values);
    assert(values != NULL);
    return values;
}

reference_linear reference_linear_read(const srnn_linear *linear)
{
    reference_linear l = {.dtype = srnn_linear_dtype(linear),
                          .in = srnn_linear_in_features(linear),
                          .out = srnn_linear_out_features(linear)};
    const int64_t count = srnn_linear_flat_size(linear);
    srnn_tensor *flat = NULL;
    srnn_status status = srnn_tensor_create(&flat, l.dtype, 1, &count);
    if (status == SRNN_OK)
        status = srnn_linear_get_flat(linear, flat);
    assert(status == SRNN_OK);
    (void)status;
    l.weight = zeros(l.out * l.in + l.out);
    l.bias = l.weight + l.out * l.in;
    for (int64_t i = 0; i < count; i++)
        l.weight[i] = element_of(flat, i);
    srnn_tensor_destroy(flat);
    return l;
}

void reference_linear_free(reference_linear *l)
{
    free(l->weight);
}

void reference_linear_forward(const reference_linear *l, int64_t rows,
                              const double *input, double *output)
{
    for (int64_t r = 0; r < rows; r++)
        for (int64_t o = 0; o < l->out; o++)
            output[r * l->out + o] = reference_add_products(
                l->dtype, l->bias[o], l->weight + o * l->in, input + r * l->in,
                l->in);
}

void reference_linear_d_input(const reference_linear *l, int64_t rows,
                              const double *d_output, double *d_input)
{
    double *const column = zeros(l->out);
    for (int64_t i = 0; i < l->in; i++) {
        for (int64_t o = 0; o < l->out; o++)
            column[o] = l->weight[o * l->in + i];
        for (int64_t r = 0; r < rows; r++)
            d_input[r * l->in + i] = reference_add_products(
                l->dtype, 0, column, d_output + r * l->out, l->out);
    }
    free(column);
}

/* Of rows first to end. i is in: that of the bias. */
static double sum_block(const reference_linear *l, const double *input,
                        const double *d_output, int64_t first, int64_t end,
                        int64_t o, int64_t i)
{
    double part = 0;
    for (int64_t r = first; r < end; r++) {
        const double d = d_output[r * l->out + o];
        part = i == l->in ? reference_rounded(l->dtype, part + d)
                          : reference_multiply_add(l->dtype, d,
                                                   input[r * l->in + i], part);
    }
    return part;
}

void reference_linear_gradients(const reference_linear *l, int64_t rows,
                                const double *input, const double *d_output,
                                bool adds, double *gradients)
{
    for (int64_t n = 0; n < l->out * (l->in + 1); n++) {
        const bool is_bias = n >= l->out * l->in;
        const int64_t o = is_bias ? n - l->out * l->in : n / l->in;
        const int64_t i = is_bias ? l->in : n % l->in;
        double sum = adds ? gradients[n] : 0;
        for (int64_t first = 0; first < rows; first += BLOCK) {
            const int64_t end = first + BLOCK < rows ? first + BLOCK : rows;
            const double part = sum_block(l, input, d_output, first, end, o, i);
            sum = adds || first > 0 ? reference_rounded(l->dtype, sum + part)
                                    : part;
        }
        gradients[n] = sum;
    }
}
