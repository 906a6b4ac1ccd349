/* SPDX-License-Identifier: MIT */
/* The formula of one step, in the two halves that a layer needs apart:
 *
 *     y  = b_ih + b_hh + x W_ih^T      project: many steps at once
 *     h' = act(y + h W_hh^T)           advance: one step, in place of y
 *
 * Knows neither time nor direction. */
#ifndef SRNN_CELL_CELL_H
#define SRNN_CELL_CELL_H

#include <stdbool.h>

#include "cell/recur.h"
#include "gemm/gemm.h"
#include "gemm/pack.h"
#include "pointwise/activation.h"

typedef struct {
    srnn_gemm_weight weight_ih; /* [H,I] */
    srnn_gemm_weight weight_hh; /* [H,H] */
    void *bias;                 /* [H]: b_ih + b_hh, or zeros */
} srnn_cell_weights;

/* What a step computes with, chosen once. */
typedef struct {
    srnn_gemm gemm;
    srnn_isa isa;
    srnn_gemm_product *product;
    srnn_activation_function *activate;
    srnn_recur_function *recur; /* NULL unless gemm is native */
} srnn_cell_kernels;

/* Is a step of this size the one of recur.h? */
static inline bool srnn_cell__recurs(const srnn_cell_kernels *kernels,
                                     int64_t hidden_size)
{
    return kernels->recur != NULL && hidden_size <= SRNN_RECUR_MAX;
}

/* And can it make its input products too? */
static inline bool srnn_cell__recurs_on_input(const srnn_cell_kernels *kernels,
                                              int64_t input_size,
                                              int64_t hidden_size)
{
    return srnn_cell__recurs(kernels, hidden_size) &&
           input_size <= SRNN_SEGMENTS_MAX;
}

/* Does recur put the states of a batch, so long each, into tiles? */
bool srnn_cell__tiles(const srnn_cell_kernels *kernels, int64_t B,
                      int64_t row_bytes);

/* gemm and isa have been checked. */
srnn_cell_kernels srnn_cell__choose(srnn_gemm gemm, srnn_isa isa,
                                    srnn_dtype dtype,
                                    srnn_nonlinearity nonlinearity);

/* The way back of kernels->recur, which is NULL where that is. It stands alone
 * because a stream, which keeps kernels, never goes back. */
srnn_recur_backward_function *
srnn_cell__choose_recur_backward(const srnn_cell_kernels *kernels,
                                 srnn_dtype dtype,
                                 srnn_nonlinearity nonlinearity);

/* What the environment names, else the best; SRNN_ERROR_ENVIRONMENT or
 * SRNN_ERROR_UNSUPPORTED if it names nothing that is here. */
srnn_status srnn_cell__choose_default(srnn_cell_kernels *out, srnn_dtype dtype,
                                      srnn_nonlinearity nonlinearity,
                                      int64_t hidden_size);

/* sum = a + b, so many elements each; sum may be a or b. */
typedef void srnn_cell_sum(void *sum, const void *a, const void *b,
                           int64_t count);
srnn_cell_sum srnn_cell__add_f32, srnn_cell__add_f64;

/* The two halves of a step. y is n columns of the hidden state from first on, a
 * multiple of SRNN_GEMM_PANEL: all of them, or one thread's.
 *
 * x [M,I] -> y [M,n] */
typedef void srnn_cell_projection(const srnn_cell_weights *cell,
                                  const srnn_cell_kernels *kernels,
                                  srnn_matrix x, srnn_matrix y, int64_t first);
srnn_cell_projection srnn_cell__project_f32, srnn_cell__project_f64;

/* h [B,H], y [B,n] -> h' in y; h and y do not overlap. turn: the number of the
 * step, see srnn_gemm__block_at. */
typedef void srnn_cell_advance(const srnn_cell_weights *cell,
                               const srnn_cell_kernels *kernels, srnn_matrix h,
                               srnn_matrix y, int64_t first, int64_t turn);
srnn_cell_advance srnn_cell__advance_f32, srnn_cell__advance_f64;

#endif
