/* SPDX-License-Identifier: MIT */
/**
 * @file
 * One thread of execution over an rnn: srnn_context.
 */
#ifndef SIMPLERNN_CONTEXT_H
#define SIMPLERNN_CONTEXT_H

#include "rnn.h"

#ifdef __cplusplus
extern "C" {
#endif

/** Who computes the matrix products. */
typedef int32_t srnn_gemm;

/** Values of srnn_gemm. */
enum {
    SRNN_GEMM_NATIVE = 1,  /**< the library's own kernels on packed weights: a
                                row's bits depend on the weights, its input and
                                its h0 alone, not on batch, position, the split
                                of T or, where there is FMA, the instruction
                                set */
    SRNN_GEMM_OPENBLAS = 2 /**< cblas_sgemm, cblas_dgemm of libopenblas.so.0,
                                which is loaded when it is first chosen, and
                                then stays until the process ends */
};

/**
 * What a gemm provider says of itself. Loads nothing. Any thread.
 *
 * @param gemm  any
 * @return      for SRNN_GEMM_OPENBLAS, once it has been chosen, for example
 *              "OpenBLAS 0.3.21 DYNAMIC_ARCH Haswell MAX_THREADS=64; core type
 *              Haswell; threads 4": its configuration, the kernels that it
 *              runs, and the number of its threads when it was loaded; "" for
 *              all others, known or not; static text, never NULL
 * @since 0.2
 */
SRNN_API const char *srnn_gemm_info(srnn_gemm gemm);

/** The instruction set of the kernels. */
typedef int32_t srnn_isa;

/** Values of srnn_isa. */
enum {
    SRNN_ISA_BASELINE = 1, /**< what every machine of the kind has; no FMA */
    SRNN_ISA_AVX2 = 2,     /**< AVX2 and FMA */
    SRNN_ISA_AVX512 = 3,   /**< AVX-512 F, DQ, BW, VL */
    SRNN_ISA_NEON = 4      /**< AArch64 */
};

/** How a forward is shared out among threads. */
typedef int32_t srnn_schedule;

/** Values of srnn_schedule. */
enum {
    SRNN_SCHEDULE_AUTO = 0,       /**< what a cost model holds to be fastest */
    SRNN_SCHEDULE_SERIAL = 1,     /**< the calling thread alone */
    SRNN_SCHEDULE_BATCH = 2,      /**< rows of the batch */
    SRNN_SCHEDULE_DIRECTIONS = 3, /**< forward and reverse */
    SRNN_SCHEDULE_LAYERS = 4,     /**< layers, as a wavefront of time chunks */
    SRNN_SCHEDULE_COLUMNS = 5     /**< columns of the hidden state, one
                                       synchronisation a step */
};

/** What a context can be told. Values are pinned; new ones may be added. */
typedef int32_t srnn_context_option;

/** Values of srnn_context_option: what they are; last, their default. */
enum {
    SRNN_CONTEXT_GEMM = 1, /**< srnn_gemm; the one that SIMPLERNN_GEMM names in
                                the environment ("native", "openblas"), else
                                native */
    SRNN_CONTEXT_ISA = 2,  /**< srnn_isa; the one that SIMPLERNN_ISA names
                                ("baseline", "avx2", "avx512", "neon"), else the
                                best of this machine: avx2 instead of avx512
                                where a hidden state fits into 32 bytes */
    SRNN_CONTEXT_NUM_THREADS = 3, /**< at most, with the calling thread: 1 to
                                       SRNN_MAX_THREADS; SIMPLERNN_NUM_THREADS,
                                       else the cores that the process may
                                       use */
    SRNN_CONTEXT_SCHEDULE = 4,    /**< srnn_schedule to insist on where the rnn
                                       and the sizes allow it, else serial;
                                       auto */
    SRNN_CONTEXT_LAST_SCHEDULE = 5, /**< read only: what the latest forward
                                         with T and B above 0 began with; 0
                                         before it */
    SRNN_CONTEXT_LAST_THREADS = 6   /**< read only: its threads */
};

/** Limit of SRNN_CONTEXT_NUM_THREADS. */
enum {
    SRNN_MAX_THREADS = 256 /**< of one context */
};

/**
 * What a thread needs to run an rnn: memory, helper threads, a stream. One
 * thread at a time; a second one gets SRNN_ERROR_BUSY.
 */
typedef struct srnn_context srnn_context;

/**
 * A context, which keeps the rnn alive. The environment is not read in a setuid
 * program. Any thread.
 *
 * @param[out] out  receives the context, to be destroyed by the caller
 * @param rnn       to run
 * @retval SRNN_ERROR_INVALID      a NULL, an unknown name in SIMPLERNN_GEMM or
 *                                 SIMPLERNN_ISA, or a SIMPLERNN_NUM_THREADS
 *                                 that is not 1 to SRNN_MAX_THREADS
 * @retval SRNN_ERROR_UNSUPPORTED  this build or machine lacks what they name,
 *                                 or OpenBLAS cannot be loaded
 * @retval SRNN_ERROR_NO_MEMORY    an allocation failed
 */
SRNN_API srnn_status srnn_context_create(srnn_context **out, srnn_rnn *rnn);

/**
 * Frees a context and ends its threads. No thread may be using it.
 *
 * @param context  NULL does nothing
 */
SRNN_API void srnn_context_destroy(srnn_context *context);

/**
 * Sets an option of this context. To choose OpenBLAS loads it, which takes
 * milliseconds the first time, starts its threads, and is impossible in a fully
 * static program; where that fails, a later call tries it again.
 *
 * @param context  whose
 * @param option   any that is not read only
 * @param value    in the option's range
 * @retval SRNN_ERROR_INVALID      a NULL, an unknown option or value, or an
 *                                 option that is read only
 * @retval SRNN_ERROR_UNSUPPORTED  this build or machine lacks the value, or
 *                                 OpenBLAS cannot be loaded: it is not
 *                                 installed, for example
 * @retval SRNN_ERROR_BUSY         another thread is in a call of the context
 * @retval SRNN_ERROR_NO_MEMORY    there is none to bring OpenBLAS up
 */
SRNN_API srnn_status srnn_context_set_int(srnn_context *context,
                                          srnn_context_option option,
                                          int64_t value);

/**
 * The value of an option.
 *
 * @param[out] out  receives the value; untouched after a failure
 * @param context   whose
 * @param option    any
 * @retval SRNN_ERROR_INVALID  a NULL or an unknown option
 * @retval SRNN_ERROR_BUSY     another thread is in a call of the context
 */
SRNN_API srnn_status srnn_context_get_int(int64_t *out, srnn_context *context,
                                          srnn_context_option option);

/**
 * Runs the rnn over a batch of sequences.
 *
 * T and B may be 0; with T = 0, h_n becomes h0. All have the rnn's dtype, any
 * strides. h_n may be the same memory as h0 with the same strides; any other
 * overlap with a result is refused, judged as by srnn_tensor_copy().
 *
 * The first call of a given size takes memory, which the context keeps, and may
 * start helper threads, which sleep between calls and end with the context; it
 * may set their affinity, within what they are allowed. They have the
 * scheduling policy and priority of the thread that starts them. They round and
 * flush subnormals as the calling thread does. A child after fork may go on
 * with its copy of a context that no thread was inside. A thread that is
 * cancelled inside (pthread_cancel, deferred) goes on to the end of the call.
 *
 * @param context      of the rnn
 * @param input        [T,B,I], or [B,T,I] with batch_first, or [T,I] for one
 *                     sequence without a batch; not written
 * @param h0           initial states, [L*D,B,H] ([L*D,H] without a batch),
 *                     layer by layer, forward before reverse; not written; NULL
 *                     for zeros
 * @param[out] output  the last layer's states, [T,B,D*H], or [B,T,D*H] with
 *                     batch_first, or [T,D*H]; forward half first; NULL if not
 *                     wanted
 * @param[out] h_n     final states, shaped as h0: forward ones after t = T-1,
 *                     reverse ones after t = 0; NULL if not wanted
 * @retval SRNN_ERROR_INVALID    a NULL context or input
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape
 * @retval SRNN_ERROR_DTYPE      a tensor has not the rnn's dtype
 * @retval SRNN_ERROR_ALIAS      a result overlaps where it may not
 * @retval SRNN_ERROR_STATE      a result is read only
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the buffers do not fit int64_t
 * @retval SRNN_ERROR_BUSY       another thread is in a call of the context
 * @retval SRNN_ERROR_NO_MEMORY  there is none for buffers or helper threads
 */
SRNN_API srnn_status srnn_context_forward(srnn_context *context,
                                          const srnn_tensor *input,
                                          const srnn_tensor *h0,
                                          srnn_tensor *output,
                                          srnn_tensor *h_n);

/**
 * As srnn_context_forward(), over sequences that end before T, and over several
 * episodes in one sequence. The work follows the steps that there are; what the
 * padding holds, NaN say, makes no difference. Threads share the batch; the
 * schedules directions, layers and columns are serial here.
 *
 * @param context      of the rnn
 * @param input        as srnn_context_forward()
 * @param lengths      [B]: the steps of each sequence, 0 to T, in any order;
 *                     NULL: all T; not kept
 * @param resets       [T,B], or [B,T] with batch_first, or [T]; side by side in
 *                     memory. Where not 0 an episode begins, which is run as if
 *                     it were alone, from h0 in both directions. Step 0 and
 *                     padding begin none. NULL: none; not kept
 * @param h0           as srnn_context_forward()
 * @param[out] output  as srnn_context_forward(); zeros past the end of each
 *                     sequence
 * @param[out] h_n     forward states after the last step of each sequence,
 *                     reverse states after its first; those of h0 for a
 *                     sequence without steps
 * @retval SRNN_ERROR_INVALID    a NULL context or input, or a length outside 0
 *                               to T
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape
 * @retval SRNN_ERROR_DTYPE      a tensor has not the rnn's dtype
 * @retval SRNN_ERROR_ALIAS      a result overlaps where it may not
 * @retval SRNN_ERROR_STATE      a result is read only
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the buffers do not fit int64_t
 * @retval SRNN_ERROR_BUSY       another thread is in a call of the context
 * @retval SRNN_ERROR_NO_MEMORY  there is none for buffers or helper threads
 */
SRNN_API srnn_status srnn_context_forward_padded(
    srnn_context *context, const srnn_tensor *input, const int64_t *lengths,
    const uint8_t *resets, const srnn_tensor *h0, srnn_tensor *output,
    srnn_tensor *h_n);

/**
 * Begins a stream: from now on the context has states of its own, all 0, which
 * srnn_context_advance() and srnn_context_step() carry from call to call.
 * In one direction, however a sequence is cut into such calls, the values are
 * those of one forward; with the native kernels, the bits. Begins anew if there
 * was a stream, which stays as it was after a failure; forwards leave it alone.
 *
 * A bidirectional rnn would have to know the end, so its streams are an
 * approximation: see srnn_context_advance().
 *
 * @param context  of the rnn
 * @param batch    sequences side by side in the stream, at least 1
 * @retval SRNN_ERROR_INVALID    a NULL or a batch below 1
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the states do not fit int64_t
 * @retval SRNN_ERROR_BUSY       another thread is in a call of the context
 * @retval SRNN_ERROR_NO_MEMORY  there is none for the states
 */
SRNN_API srnn_status srnn_context_start(srnn_context *context, int64_t batch);

/**
 * Runs the rnn over the next T steps of the stream, T from 0 on.
 *
 * If the rnn is bidirectional, the input is a window: the T steps of the
 * output, then N to look ahead to, which the next window begins with. N is
 * from 0 on, and may change from window to window. In each layer the reverse
 * direction starts anew behind the window's last step, from its states in the
 * stream, which stay as they are: 0, or as set. The forward states are carried
 * on from step T. So an output knows what is ahead up to step T+N of its
 * window, and is the nearer to that of one forward the larger N is; the forward
 * half of a single layer is the same. With N = 0 the sequence ends with the
 * window: one over all of it has the output of that forward.
 *
 * @param context      with a stream
 * @param input        as srnn_context_forward(), but with T+N steps where the
 *                     rnn is bidirectional; the batch is the stream's
 * @param[out] output  as srnn_context_forward(); NULL, if not wanted, is N = 0
 * @retval SRNN_ERROR_INVALID    a NULL context or input, or there is no stream
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape, or output more
 *                               steps than input
 * @retval SRNN_ERROR_DTYPE      a tensor has not the rnn's dtype
 * @retval SRNN_ERROR_ALIAS      output overlaps input
 * @retval SRNN_ERROR_STATE      output is read only
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the buffers do not fit int64_t
 * @retval SRNN_ERROR_BUSY       another thread is in a call of the context
 * @retval SRNN_ERROR_NO_MEMORY  there is none for buffers or helper threads
 */
SRNN_API srnn_status srnn_context_advance(srnn_context *context,
                                          const srnn_tensor *input,
                                          srnn_tensor *output);

/**
 * The next step of the stream, in real time: with the native kernels it neither
 * allocates nor locks nor calls the system, runs on the calling thread alone,
 * uses a few KiB of stack, and takes as long whatever the values, but where the
 * processor itself takes longer for subnormal numbers. While any other thread
 * is in a call of the context, be it srnn_context_get_state(), it fails instead
 * of waiting.
 *
 * @param context      with a stream, of an rnn that is not bidirectional
 * @param input        [B,I] of the rnn's dtype, side by side in memory
 * @param[out] output  [B,H], side by side: the last layer's states; not input;
 *                     NULL if not wanted
 * @retval SRNN_ERROR_INVALID      a NULL context or input, an address not a
 *                                 multiple of the dtype's size, or there is no
 *                                 stream
 * @retval SRNN_ERROR_UNSUPPORTED  a bidirectional rnn
 * @retval SRNN_ERROR_BUSY         another thread is in a call of the context
 */
SRNN_API srnn_status srnn_context_step(srnn_context *context, const void *input,
                                       void *output);

/**
 * Copies the states of the stream out: to keep, to go back to, or to take to
 * another context of the same rnn.
 *
 * @param context      with a stream
 * @param[out] states  [L*D,B,H] as h0 of srnn_context_forward(), any strides
 * @retval SRNN_ERROR_INVALID  a NULL, or there is no stream
 * @retval SRNN_ERROR_SHAPE    states has another shape
 * @retval SRNN_ERROR_DTYPE    states has not the rnn's dtype
 * @retval SRNN_ERROR_STATE    states is read only
 * @retval SRNN_ERROR_BUSY     another thread is in a call of the context
 */
SRNN_API srnn_status srnn_context_get_state(srnn_context *context,
                                            srnn_tensor *states);

/**
 * Copies states into the stream, such as srnn_context_get_state() gave.
 *
 * @param context  with a stream
 * @param states   [L*D,B,H], any strides; not written; NULL for zeros
 * @retval SRNN_ERROR_INVALID  a NULL context, or there is no stream
 * @retval SRNN_ERROR_SHAPE    states has another shape
 * @retval SRNN_ERROR_DTYPE    states has not the rnn's dtype
 * @retval SRNN_ERROR_BUSY     another thread is in a call of the context
 */
SRNN_API srnn_status srnn_context_set_state(srnn_context *context,
                                            const srnn_tensor *states);

#ifdef __cplusplus
}
#endif

#endif
