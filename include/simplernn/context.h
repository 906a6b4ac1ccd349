/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Runs a network: srnn_context.
 */
#ifndef SIMPLERNN_CONTEXT_H
#define SIMPLERNN_CONTEXT_H

#include "rnn.h"
#include "tuning.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An option of a context. Values never change; later versions may add some. */
typedef int32_t srnn_context_option;

/** Values of srnn_context_option, each with its meaning, range and default. */
enum srnn_context_option_values {
    SRNN_CONTEXT_GEMM = 101, /**< a srnn_gemm. Default: the one that the
                                  environment variable SIMPLERNN_GEMM names
                                  ("native" or "openblas"), or else native */
    SRNN_CONTEXT_ISA = 102, /**< a srnn_isa. Default: the one that SIMPLERNN_ISA
                                 names, for example "avx2", or else the best one
                                 of this machine. Where that is avx512, a hidden
                                 state of at most 32 bytes gets avx2 */
    SRNN_CONTEXT_NUM_THREADS = 103, /**< the maximum number of threads of a
                                         call, including the calling thread: 1
                                         to SRNN_MAX_THREADS. Default:
                                         SIMPLERNN_NUM_THREADS, or else the
                                         number of cores that the process may
                                         use */
    SRNN_CONTEXT_SCHEDULE = 104, /**< the srnn_schedule to use. If it does not
                                      apply to a call, that call is serial.
                                      Default: auto */
    SRNN_CONTEXT_FLUSH_SUBNORMALS = 105, /**< 0 or 1. If 1, calls treat
                                              subnormal numbers in inputs and
                                              results as 0, and then restore the
                                              mode of the calling thread.
                                              Then results have the same bits on
                                              one architecture only. Some
                                              processors, for example those of
                                              s390x, cannot: no effect there.
                                              Default: 0 */
    SRNN_CONTEXT_LAST_SCHEDULE = 106, /**< read-only: the schedule that the last
                                           forward, recording or backward with T
                                           and B above 0 began with; 0 if there
                                           was none */
    SRNN_CONTEXT_LAST_THREADS = 107,  /**< read-only: the number of threads of
                                           that call; 0 if there was none */
    SRNN_CONTEXT_KEEP_TINY_GRADIENTS = 108, /**< 0 or 1. If 0, backward sets
                                                 gradients of states that are
                                                 smaller than 2^-100 (float32)
                                                 or 2^-960 (float64) to 0,
                                                 because arithmetic with
                                                 subnormal numbers is slow on
                                                 many processors. Default: 0 */
    SRNN_CONTEXT_GFLOPS = 109,  /**< what one core is taken to compute when a
                                     schedule is chosen: float32 operations in a
                                     nanosecond, 0 to 1000000. 0 leaves it to
                                     the library, which assumes a rate for the
                                     instruction set until a large call measures
                                     it; see SRNN_CONTEXT_MEASURED_RATES.
                                     Reading gives the rate in use, rounded and
                                     at least 1. A later version may ignore it.
                                     Default: 0 */
    SRNN_CONTEXT_L2_GBPS = 110, /**< the same for bytes of weights that one core
                                     reads from its second-level cache in a
                                     nanosecond. Default: 0 */
    SRNN_CONTEXT_L3_GBPS = 111, /**< the same for weights that do not fit in
                                     that cache. Default: 0 */
    SRNN_CONTEXT_MEASURED_RATES = 112 /**< read-only: how many of the three
                                           rates in use were measured, 0 to 3.
                                           A call that runs for several
                                           milliseconds, on a context with
                                           several threads and schedule auto,
                                           first measures those that are neither
                                           set nor measured. That takes at most
                                           a millisecond and 2 % of the call,
                                           and never happens in a stream. All
                                           contexts of a process share the
                                           results. They never change a result
                                           of a network */
};

/** Limits of contexts. */
enum srnn_context_limits {
    SRNN_MAX_THREADS = 256 /**< maximum of SRNN_CONTEXT_NUM_THREADS */
};

/**
 * The memory and the helper threads that running a network needs. One thread at
 * a time may use a context; a second one gets SRNN_ERROR_BUSY. A program that
 * starts and ends threads often should keep a pool of idle contexts.
 */
typedef struct srnn_context srnn_context;

/**
 * Creates a context, which keeps the rnn alive. If another thread is writing
 * parameters of the rnn, this function waits until that is done. In a setuid
 * program, the environment variables are ignored. Thread-safe.
 *
 * @param[out] out  receives the context; free it with srnn_context_destroy()
 * @param rnn       the network to run
 * @retval SRNN_ERROR_INVALID      out or rnn is NULL
 * @retval SRNN_ERROR_ENVIRONMENT  SIMPLERNN_GEMM or SIMPLERNN_ISA is an unknown
 *                                 name, or SIMPLERNN_NUM_THREADS is not 1 to
 *                                 SRNN_MAX_THREADS
 * @retval SRNN_ERROR_UNSUPPORTED  this build or this machine does not have what
 *                                 they name, or OpenBLAS cannot be loaded
 * @retval SRNN_ERROR_NO_MEMORY    an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_context_create(srnn_context **out,
                                                        const srnn_rnn *rnn);

/**
 * Frees a context and ends its helper threads. No thread may be using it. If
 * another thread is writing parameters of the rnn, this function waits until
 * that is done.
 *
 * @param context  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_context_destroy(srnn_context *context);

/**
 * The rnn that a context runs. Thread-safe.
 *
 * @param context  the context to query
 * @return         the rnn, borrowed from the context; NULL for NULL
 * @since 0.2
 */
SRNN_API const srnn_rnn *srnn_context_rnn(const srnn_context *context);

/**
 * Sets an option of a context. Streams that were created before keep their
 * kernels.
 *
 * SRNN_GEMM_OPENBLAS loads OpenBLAS. The first time, this takes milliseconds
 * and starts the threads of OpenBLAS. It is impossible in a fully static
 * program. After a failure, a later call tries again.
 *
 * @param context  the context to change
 * @param option   any that is not read-only
 * @param value    a value in the range of the option
 * @retval SRNN_ERROR_INVALID      context is NULL, or option or value is an
 *                                 unknown enumerator
 * @retval SRNN_ERROR_RANGE        value is out of the range of the option
 * @retval SRNN_ERROR_STATE        the option is read-only
 * @retval SRNN_ERROR_UNSUPPORTED  this build or this machine does not have the
 *                                 value, or OpenBLAS cannot be loaded
 * @retval SRNN_ERROR_BUSY         another thread is using the context, or is
 *                                 writing parameters of the rnn
 * @retval SRNN_ERROR_NO_MEMORY    an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_context_set_int(
    srnn_context *context, srnn_context_option option, int64_t value);

/**
 * Reads an option of a context.
 *
 * @param[out] out  receives the value; unchanged after a failure
 * @param context   the context to read
 * @param option    any
 * @retval SRNN_ERROR_INVALID  an argument is NULL, or option is unknown
 * @retval SRNN_ERROR_BUSY     another thread is using the context, or is
 *                             writing parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_context_get_int(
    int64_t *out, const srnn_context *context, srnn_context_option option);

/**
 * Runs the network over a batch of sequences.
 *
 * T and B may be 0. If T is 0, h_n gets the values of h0. The size of the other
 * one then costs nothing. All tensors have the dtype of the rnn. Tensors that
 * are only read may have any strides. h_n may be the same memory as h0 with the
 * same strides. Apart from that, a result must not overlap another tensor of
 * the call.
 *
 * The first call of a given size allocates memory, which the context keeps. It
 * may also start helper threads, which end with the context and sleep between
 * calls. They inherit the scheduling policy and the priority of the thread that
 * starts them. The library may change their affinity, but it never adds a core
 * to it. They round and flush subnormal numbers as the calling thread does.
 *
 * After fork(), the child may use its copy of a context if, at the fork, no
 * thread was in a call of the context and none was writing parameters of the
 * rnn. If the calling thread is cancelled (pthread_cancel, deferred), it
 * finishes the call first.
 *
 * @param context      a context of the rnn
 * @param input        [T,B,I], or [B,T,I] with batch_first, or [T,I] for one
 *                     sequence without a batch; not written
 * @param h0           initial states, [L*D,B,H], or [L*D,H] without a batch:
 *                     layer by layer, forward before reverse. [L*D,1,H] is one
 *                     state for the whole batch. Not written; NULL for zeros
 * @param[out] output  the states of the last layer, [T,B,D*H], or [B,T,D*H]
 *                     with batch_first, or [T,D*H]; the forward half first;
 *                     NULL if not wanted
 * @param[out] h_n     final states, [L*D,B,H] or [L*D,H]: of the forward
 *                     direction after step T-1, of the reverse direction after
 *                     step 0; NULL if not wanted
 * @retval SRNN_ERROR_INVALID    context or input is NULL
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape
 * @retval SRNN_ERROR_DTYPE      a tensor does not have the dtype of the rnn
 * @retval SRNN_ERROR_STATE      a result is a read-only tensor
 * @retval SRNN_ERROR_ALIAS      a result overlaps memory that it must not
 *                               overlap
 * @retval SRNN_ERROR_OVERFLOW   the size of the buffers does not fit in 63 bits
 * @retval SRNN_ERROR_BUSY       another thread is using the context, or is
 *                               writing parameters of the rnn
 * @retval SRNN_ERROR_NO_MEMORY  there is no memory for buffers or helper
 *                               threads
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_context_forward(
    srnn_context *context, const srnn_tensor *input, const srnn_tensor *h0,
    srnn_tensor *output, srnn_tensor *h_n);

/**
 * Does the same as srnn_context_forward() on contiguous arrays, without
 * tensors. The shapes follow from the rnn, steps and batch. Every address must
 * be a multiple of the size of an element. h_n may be h0. Apart from that, a
 * result must not overlap other memory of the call.
 *
 * @param context      a context of the rnn
 * @param steps        T, 0 and up
 * @param batch        B, 0 and up
 * @param input        [T,B,I], or [B,T,I] with batch_first; not written; may be
 *                     NULL if T or B is 0
 * @param h0           [L*D,B,H]; not written; NULL for zeros
 * @param[out] output  [T,B,D*H], or [B,T,D*H] with batch_first; NULL if not
 *                     wanted
 * @param[out] h_n     [L*D,B,H]; NULL if not wanted
 * @retval SRNN_ERROR_INVALID    context or input is NULL, or an address is not
 *                               aligned
 * @retval SRNN_ERROR_RANGE      steps or batch is below 0
 * @retval SRNN_ERROR_ALIAS      a result overlaps memory that it must not
 *                               overlap
 * @retval SRNN_ERROR_OVERFLOW   the size of an array or of the buffers does not
 *                               fit in 63 bits
 * @retval SRNN_ERROR_BUSY       another thread is using the context, or is
 *                               writing parameters of the rnn
 * @retval SRNN_ERROR_NO_MEMORY  there is no memory for buffers or helper
 *                               threads
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_context_forward_contiguous(
    srnn_context *context, int64_t steps, int64_t batch, const void *input,
    const void *h0, void *output, void *h_n);

/**
 * Runs the network over sequences of different lengths, and over several
 * episodes in one sequence. Padding is never read or computed, so it may
 * contain anything, even NaN. Threads can only divide the batch here: the
 * schedules directions, layers and columns are serial.
 *
 * In the forward direction, a reset at step t sets the state to fresh before
 * that step. This is the loop of recurrent reinforcement learning:
 *
 *     h = h0
 *     for t in 0 .. length-1:
 *         if resets[t]: h = fresh
 *         h = step(x[t], h)
 *
 * The reverse direction comes from the end of the sequence:
 *
 *     h = h0
 *     for t in length-1 .. 0:
 *         h = step(x[t], h)
 *         if resets[t] and t > 0: h = fresh
 *
 * So in both directions, an episode between two resets has the same results as
 * if it were run alone from fresh. Without lengths and resets, this function
 * does the same as srnn_context_forward().
 *
 * @param context      a context of the rnn
 * @param input        as for srnn_context_forward()
 * @param lengths      int64 [B] ([] or [1] without a batch): the number of
 *                     steps of each sequence, 0 to T, in any order; not
 *                     written; NULL if all sequences have T steps
 * @param resets       uint8 [T,B], or [B,T] with batch_first, or [T]: a value
 *                     other than 0 is a reset. Values in the padding are
 *                     ignored. Not written; NULL for none
 * @param h0           the states at the beginning of each sequence, as for
 *                     srnn_context_forward()
 * @param fresh        the states at the beginning of a new episode, in a shape
 *                     that h0 can have; not written; NULL for zeros
 * @param[out] output  as for srnn_context_forward(); zeros in the padding
 * @param[out] h_n     the states of the forward direction after the last step
 *                     of each sequence, of the reverse direction after its step
 *                     0; the values of h0 for a sequence of length 0
 * @retval SRNN_ERROR_INVALID    context or input is NULL
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape
 * @retval SRNN_ERROR_DTYPE      a tensor has the wrong dtype
 * @retval SRNN_ERROR_RANGE      a length is not 0 to T
 * @retval SRNN_ERROR_STATE      a result is a read-only tensor
 * @retval SRNN_ERROR_ALIAS      a result overlaps memory that it must not
 *                               overlap
 * @retval SRNN_ERROR_OVERFLOW   the size of the buffers does not fit in 63 bits
 * @retval SRNN_ERROR_BUSY       another thread is using the context, or is
 *                               writing parameters of the rnn
 * @retval SRNN_ERROR_NO_MEMORY  there is no memory for buffers or helper
 *                               threads
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_context_forward_sequences(
    srnn_context *context, const srnn_tensor *input, const srnn_tensor *lengths,
    const srnn_tensor *resets, const srnn_tensor *h0, const srnn_tensor *fresh,
    srnn_tensor *output, srnn_tensor *h_n);

#ifdef __cplusplus
}
#endif

#endif
