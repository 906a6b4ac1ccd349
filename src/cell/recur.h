/* SPDX-License-Identifier: MIT */
/* Many steps of a cell in one call, for a hidden state so small that a step
 * takes less time than the calls it would be made of:
 *
 *     y[t] = act(y[t] + y[t-1] W_hh^T)       y[-1] = h
 *
 * or, where even the input products of many steps are not worth a call,
 *
 *     y[t] = act(bias + x[t] W_ih^T + y[t-1] W_hh^T)
 *
 * Product and activation are one function here, and between steps only the
 * state goes through memory. */
#ifndef SRNN_CELL_RECUR_H
#define SRNN_CELL_RECUR_H

#include "gemm/gemm.h"
#include "pointwise/activation.h"

/* The largest hidden size it is for: W_hh and h stay in the first-level cache,
 * and no team splits its columns. */
enum { SRNN_RECUR_MAX = SRNN_GEMM_PANEL };

/* From so many rows on, rows share what is loaded of the weights, if they are
 * no longer than srnn_recur__tiled_bytes of the instruction set: a longer row
 * fills the machine by itself. */
enum { SRNN_RECUR_TILED = 4 };

/* [T,B,features] in memory. */
typedef struct {
    void *data;
    int64_t time_stride; /* below 0 from the last step to the first */
    int64_t batch_stride;
} srnn_recur_sequence;

typedef struct {
    int64_t T;
    const srnn_gemm_weight *weight_hh; /* [H,H] */
    srnn_matrix h;                     /* [B,H] */
    srnn_recur_sequence y; /* [T,B,H]: input products, or nothing yet, which
                               become states; not h */
    const srnn_gemm_weight *weight_ih; /* [H,I]; NULL: y has the products */
    const void *bias;                  /* [H] */
    srnn_recur_sequence x;             /* [T,B,I]; I to SRNN_SEGMENTS_MAX */
} srnn_recur_pass;

typedef void srnn_recur_function(const srnn_recur_pass *pass);

/* What a kernel file has: the functions of all activations, and how long rows
 * in tiles may be. */
#define SRNN_RECUR_ALL(id, type, name, bytes, real, isa)                       \
    extern srnn_recur_function                                                 \
        *const srnn_recur__all_##real##_##isa[SRNN_ACTIVATION_COUNT];          \
    extern const int64_t srnn_recur__tiled_bytes_##real##_##isa;
#define SRNN_RECUR_OF_ISA(id, isa, ...) SRNN_REALS(SRNN_RECUR_ALL, isa)
SRNN_BUILT_ISAS(SRNN_RECUR_OF_ISA, )

/* The same way back. With f' the derivative as a function of y, from the last
 * step of the forward to the first:
 *
 *     g[t] = flushed((dy[t] + dh) f'(y[t]))
 *     dh   = g[t] W_hh
 */
typedef struct {
    int64_t T;
    const srnn_gemm_weight *weight_hh_t; /* [H,H]: W_hh^T */
    srnn_matrix dh; /* [B,H]: the gradient of the last state, which becomes that
                       of the state before the first step */
    srnn_recur_sequence y;  /* [T,B,H]: the states, in this order */
    srnn_recur_sequence dy; /* [T,B,H]: the gradients of the outputs; g, or a
                               row of zeros with strides of 0 */
    srnn_recur_sequence g;  /* [T,B,H]: receives those before the activation */
    bool is_shared;         /* is g in the caches of other cores, too? */
    double tiny;            /* smaller gradients become 0; 0 keeps all */
} srnn_recur_backward_pass;

typedef void srnn_recur_backward_function(const srnn_recur_backward_pass *pass);

#define SRNN_RECUR_BACKWARD_ALL(id, type, name, bytes, real, isa)              \
    extern srnn_recur_backward_function                                        \
        *const srnn_recur_backward__all_##real##_##isa[SRNN_ACTIVATION_COUNT];
#define SRNN_RECUR_BACKWARD_OF_ISA(id, isa, ...)                               \
    SRNN_REALS(SRNN_RECUR_BACKWARD_ALL, isa)
SRNN_BUILT_ISAS(SRNN_RECUR_BACKWARD_OF_ISA, )

#endif
