/* SPDX-License-Identifier: MIT */
/* srnn_context: one thread of execution over an rnn. */
#ifndef SIMPLERNN_CONTEXT_H
#define SIMPLERNN_CONTEXT_H

#include "rnn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Who computes the matrix products. */
typedef int32_t srnn_gemm;

enum {
    SRNN_GEMM_OPENBLAS = 1, /* cblas_sgemm, cblas_dgemm */
    SRNN_GEMM_PORTABLE = 2  /* plain loops, in every build; same bits for a row
                               whatever the batch and the split of T */
};

/* One thread at a time; a second one gets SRNN_ERROR_BUSY. */
typedef struct srnn_context srnn_context;

/*
 * A context, which keeps the rnn alive. Its gemm provider is the one that
 * SIMPLERNN_GEMM names in the environment ("openblas" or "portable"; ignored in
 * a setuid program), else OpenBLAS if this build has it.
 *
 * out  receives the context, to be destroyed by the caller
 * SRNN_ERROR_INVALID for a NULL or an unknown name in SIMPLERNN_GEMM,
 * SRNN_ERROR_UNSUPPORTED if this build lacks that provider,
 * SRNN_ERROR_NO_MEMORY. Any thread.
 */
SRNN_API srnn_status srnn_context_create(srnn_context **out, srnn_rnn *rnn);

/* Frees the context. No thread may be using it. NULL does nothing. */
SRNN_API void srnn_context_destroy(srnn_context *context);

/*
 * Chooses the gemm provider of this context.
 *
 * SRNN_ERROR_INVALID for a NULL or an unknown provider,
 * SRNN_ERROR_UNSUPPORTED if this build lacks it, SRNN_ERROR_BUSY.
 */
SRNN_API srnn_status srnn_context_set_gemm(srnn_context *context,
                                           srnn_gemm provider);

/* The gemm provider. */
SRNN_API srnn_gemm srnn_context_gemm(const srnn_context *context);

/*
 * Runs the rnn over a batch of sequences.
 *
 * input   [T,B,I], or [B,T,I] with batch_first, or [T,I] for one sequence
 *         without a batch; not written
 * h0      initial states, [L*D,B,H] ([L*D,H] without a batch), layer by layer,
 *         forward before reverse; not written; NULL for zeros
 * output  the last layer's states, [T,B,D*H], or [B,T,D*H] with batch_first,
 *         or [T,D*H]; forward half first; NULL if not wanted
 * h_n     final states, shaped as h0: forward ones after t = T-1, reverse ones
 *         after t = 0; NULL if not wanted
 * T and B may be 0; with T = 0, h_n becomes h0. All have the rnn's dtype, any
 * strides. h_n may be the same memory as h0 with the same strides; any other
 * overlap with a result is refused, judged by the range from a tensor's first
 * to its last element.
 * The first call of a given size takes memory, which the context keeps.
 * SRNN_ERROR_INVALID for a NULL, SRNN_ERROR_SHAPE, SRNN_ERROR_DTYPE,
 * SRNN_ERROR_ALIAS, SRNN_ERROR_OVERFLOW, SRNN_ERROR_BUSY,
 * SRNN_ERROR_NO_MEMORY.
 */
SRNN_API srnn_status srnn_context_forward(srnn_context *context,
                                          const srnn_tensor *input,
                                          const srnn_tensor *h0,
                                          srnn_tensor *output,
                                          srnn_tensor *h_n);

#ifdef __cplusplus
}
#endif

#endif
