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
    SRNN_GEMM_NATIVE = 1,  /* the library's own kernels on packed weights: a
                              row's bits depend on the weights, its input and its
                              h0 alone, not on batch, position, the split of T
                              or, where there is FMA, the instruction set */
    SRNN_GEMM_OPENBLAS = 2 /* cblas_sgemm, cblas_dgemm */
};

/* The instruction set of the kernels. */
typedef int32_t srnn_isa;

enum {
    SRNN_ISA_BASELINE = 1, /* what every machine of the kind has; no FMA */
    SRNN_ISA_AVX2 = 2,     /* AVX2 and FMA */
    SRNN_ISA_AVX512 = 3,   /* AVX-512 F, DQ, BW, VL */
    SRNN_ISA_NEON = 4      /* AArch64 */
};

/* How a forward is shared out among threads. */
typedef int32_t srnn_schedule;

enum {
    SRNN_SCHEDULE_AUTO = 0,       /* what a cost model holds to be fastest */
    SRNN_SCHEDULE_SERIAL = 1,     /* the calling thread alone */
    SRNN_SCHEDULE_BATCH = 2,      /* rows of the batch */
    SRNN_SCHEDULE_DIRECTIONS = 3, /* forward and reverse */
    SRNN_SCHEDULE_LAYERS = 4,     /* layers, as a wavefront of time chunks */
    SRNN_SCHEDULE_COLUMNS = 5     /* columns of the hidden state, one
                                     synchronisation a step */
};

/* What a context can be told. Values are pinned; new ones may be added. */
typedef int32_t srnn_context_option;

enum {
    SRNN_CONTEXT_GEMM = 1, /* srnn_gemm; the one that SIMPLERNN_GEMM names in
                              the environment ("native", "openblas"), else
                              native */
    SRNN_CONTEXT_ISA = 2,  /* srnn_isa; the one that SIMPLERNN_ISA names
                              ("baseline", "avx2", "avx512", "neon"), else the
                              best of this machine: avx2 instead of avx512
                              where a hidden state fits into 32 bytes */
    SRNN_CONTEXT_NUM_THREADS = 3,   /* at most, with the calling thread: 1 to
                                       SRNN_MAX_THREADS; SIMPLERNN_NUM_THREADS,
                                       else the cores that the process may use */
    SRNN_CONTEXT_SCHEDULE = 4,      /* srnn_schedule to insist on where the rnn
                                       and the sizes allow it, else serial; auto */
    SRNN_CONTEXT_LAST_SCHEDULE = 5, /* read only: what the latest forward
                                         with T and B above 0 began with; 0
                                         before it */
    SRNN_CONTEXT_LAST_THREADS = 6   /* read only: its threads */
};

enum { SRNN_MAX_THREADS = 256 };

/* One thread at a time; a second one gets SRNN_ERROR_BUSY. */
typedef struct srnn_context srnn_context;

/*
 * A context, which keeps the rnn alive. The environment is not read in a setuid
 * program.
 *
 * out  receives the context, to be destroyed by the caller
 * SRNN_ERROR_INVALID for a NULL or an unknown name in the environment,
 * SRNN_ERROR_UNSUPPORTED if this build or machine lacks what it names,
 * SRNN_ERROR_NO_MEMORY. Any thread.
 */
SRNN_API srnn_status srnn_context_create(srnn_context **out, srnn_rnn *rnn);

/* Frees the context and ends its threads. No thread may be using it. NULL does
 * nothing. */
SRNN_API void srnn_context_destroy(srnn_context *context);

/*
 * Sets an option of this context.
 *
 * SRNN_ERROR_INVALID for a NULL, an unknown option or value,
 * SRNN_ERROR_UNSUPPORTED if this build or machine lacks it, SRNN_ERROR_BUSY,
 * SRNN_ERROR_NO_MEMORY.
 */
SRNN_API srnn_status srnn_context_set_int(srnn_context *context,
                                          srnn_context_option option,
                                          int64_t value);

/*
 * The value of an option.
 *
 * out  receives the value; untouched after a failure
 * SRNN_ERROR_INVALID for a NULL or an unknown option, SRNN_ERROR_BUSY.
 */
SRNN_API srnn_status srnn_context_get_int(int64_t *out, srnn_context *context,
                                          srnn_context_option option);

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
 * The first call of a given size takes memory, which the context keeps, and may
 * start helper threads, which sleep between calls and end with the context.
 * They round and flush subnormals as the calling thread does. A child after
 * fork may go on with its copy of a context that no thread was inside. A thread
 * that is cancelled inside (pthread_cancel, deferred) goes on to the end of the
 * call.
 * SRNN_ERROR_INVALID for a NULL, SRNN_ERROR_SHAPE, SRNN_ERROR_DTYPE,
 * SRNN_ERROR_ALIAS, SRNN_ERROR_OVERFLOW, SRNN_ERROR_BUSY,
 * SRNN_ERROR_NO_MEMORY.
 */
SRNN_API srnn_status srnn_context_forward(srnn_context *context,
                                          const srnn_tensor *input,
                                          const srnn_tensor *h0,
                                          srnn_tensor *output,
                                          srnn_tensor *h_n);

/*
 * As srnn_context_forward, over sequences that end before T, and over several
 * episodes in one sequence. The work follows the steps that there are; padding
 * is not read.
 *
 * lengths  [B]: the steps of each sequence, 0 to T, in any order; NULL: all T
 * resets   [T,B], or [B,T] with batch_first, or [T], side by side in memory:
 * where not 0 an episode begins, which is run as if it were alone, from h0 in
 *          both directions; NULL: none. What step 0 says makes no difference,
 * nor what padding says output   zeros past the end of each sequence h_n
 * forward states after the last step of each sequence, reverse states after its
 * first; those of h0 for a sequence without steps Neither array is kept.
 * Threads share the batch; the schedules directions, layers and columns are
 * serial here. The statuses of srnn_context_forward; SRNN_ERROR_INVALID too for
 * a length outside 0 to T.
 */
SRNN_API srnn_status srnn_context_forward_padded(
    srnn_context *context, const srnn_tensor *input, const int64_t *lengths,
    const uint8_t *resets, const srnn_tensor *h0, srnn_tensor *output,
    srnn_tensor *h_n);

#ifdef __cplusplus
}
#endif

#endif
