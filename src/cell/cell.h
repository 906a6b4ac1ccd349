/* SPDX-License-Identifier: MIT */
/* The formula of one step, in the two halves that a layer needs apart:
 *
 *     y  = b_ih + b_hh + x W_ih^T      project: many steps at once
 *     h' = act(y + h W_hh^T)           advance: one step, in place of y
 *
 * Knows neither time nor direction. */
#ifndef SRNN_CELL_CELL_H
#define SRNN_CELL_CELL_H

#include "gemm/gemm.h"
#include "simplernn/config.h"

typedef struct {
    srnn_nonlinearity nonlinearity;
    srnn_matrix weight_ih; /* [H,I] */
    srnn_matrix weight_hh; /* [H,H] */
    const void *bias;      /* [H]: b_ih + b_hh; NULL for none */
} srnn_cell__weights;

/* sum = a + b, [H] each. */
typedef void srnn_cell__sum(void *sum, const void *a, const void *b,
                            int64_t hidden_size);
srnn_cell__sum srnn_cell__add_biases_f32, srnn_cell__add_biases_f64;

/* project: x [M,I] -> y [M,H].
 * advance: h [B,H], y [B,H] -> h' in y; h and y do not overlap. */
typedef void srnn_cell__half(const srnn_cell__weights *cell,
                             const srnn_gemm__provider *gemm, srnn_matrix in,
                             srnn_matrix y);
srnn_cell__half srnn_cell__project_f32, srnn_cell__project_f64;
srnn_cell__half srnn_cell__advance_f32, srnn_cell__advance_f64;

#endif
