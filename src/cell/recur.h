/* SPDX-License-Identifier: MIT */
/* Many steps of a cell in one call, for a hidden state so small that a step
 * takes less time than the calls it would be made of:
 *
 *     y[t] = act(y[t] + y[t-1] W_hh^T)       y[-1] = h
 *
 * Product and activation are one function here, and between steps only the
 * state goes through memory. */
#ifndef SRNN_CELL_RECUR_H
#define SRNN_CELL_RECUR_H

#include "gemm/gemm.h"

/* The largest hidden size it is for: W_hh and h stay in the first-level cache,
 * and no team splits its columns. */
enum { SRNN_RECUR__MOST = SRNN_GEMM__PANEL };

typedef struct {
    const srnn_gemm__weight *weight_hh; /* [H,H] */
    srnn_matrix h;                      /* [B,H] */
    void *y; /* [T,B,H]: input products, which become states; not h */
    int64_t time_stride; /* below 0 from the last step to the first */
    int64_t batch_stride;
    int64_t T;
} srnn_recur__run;

typedef void srnn_recur__function(const srnn_recur__run *run);

#define SRNN_ISA(id, suffix, test)                                             \
    srnn_recur__function srnn_recur__tanh_f32_##suffix,                        \
        srnn_recur__tanh_f64_##suffix, srnn_recur__relu_f32_##suffix,          \
        srnn_recur__relu_f64_##suffix;
#include "tensor/isa.def"
#undef SRNN_ISA

#endif
