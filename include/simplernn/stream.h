/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Endless sequences, a block or a step at a time: srnn_stream.
 */
#ifndef SIMPLERNN_STREAM_H
#define SIMPLERNN_STREAM_H

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An option of a stream. Values are pinned; later versions may add some. */
typedef int32_t srnn_stream_option;

/** Values of srnn_stream_option, each with its meaning, range and default. */
enum srnn_stream_option_values {
    SRNN_STREAM_BATCH = 201, /**< read only: the sequences side by side */
    SRNN_STREAM_FLUSH_SUBNORMALS = 202 /**< 0 or 1, as
                                            SRNN_CONTEXT_FLUSH_SUBNORMALS.
                                            Default: that of the context that
                                            the stream was made from */
};

/**
 * The states of a batch of endless sequences, which calls carry on. In the
 * forward direction, a sequence that is cut into such calls gives the values of
 * one forward; with the native kernels it gives the bits. One stream takes
 * twice its states and at most 256 bytes. It serves one thread at a time; a
 * second one gets SRNN_ERROR_BUSY. Different streams may run on different
 * threads at once.
 */
typedef struct srnn_stream srnn_stream;

/**
 * Creates a stream whose states are 0. It keeps the rnn alive, not the context.
 *
 * @param[out] out  receives the stream, to be destroyed by the caller
 * @param context   a context of the rnn. The stream takes over its gemm
 *                  implementation, its instruction set and its option about
 *                  subnormal numbers, as they are now
 * @param batch     B: the sequences side by side, 1 and up
 * @retval SRNN_ERROR_INVALID    a NULL
 * @retval SRNN_ERROR_RANGE      batch is below 1
 * @retval SRNN_ERROR_OVERFLOW   the bytes of the states do not fit 63 bits
 * @retval SRNN_ERROR_BUSY       another thread is in a call of the context, or
 *                               is writing parameters of the rnn
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_create(
    srnn_stream **out, const srnn_context *context, int64_t batch);

/**
 * Frees a stream. No thread may be using it. Waits while another thread is
 * writing parameters of the rnn.
 *
 * @param stream  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_stream_destroy(srnn_stream *stream);

/**
 * The rnn that a stream runs. Any thread; but where another thread gives the
 * stream another rnn, the one that was asked for may be gone.
 *
 * @param stream  the stream to ask
 * @return        the rnn, borrowed: it lasts until the stream is destroyed or
 *                given another rnn; NULL for NULL
 * @since 0.2
 */
SRNN_API const srnn_rnn *srnn_stream_rnn(const srnn_stream *stream);

/**
 * Sets an option of a stream.
 *
 * @param stream  the stream to change
 * @param option  any that is not read only
 * @param value   in the range of the option
 * @retval SRNN_ERROR_INVALID  stream is NULL, or an unknown option
 * @retval SRNN_ERROR_RANGE    value is out of the range of the option
 * @retval SRNN_ERROR_STATE    the option is read only
 * @retval SRNN_ERROR_BUSY     another thread is in a call of the stream, or is
 *                             writing parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_set_int(
    srnn_stream *stream, srnn_stream_option option, int64_t value);

/**
 * Reads an option of a stream.
 *
 * @param[out] out  receives the value; untouched after a failure
 * @param stream    the stream to read
 * @param option    any
 * @retval SRNN_ERROR_INVALID  a NULL or an unknown option
 * @retval SRNN_ERROR_BUSY     another thread is in a call of the stream, or is
 *                             writing parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_get_int(
    int64_t *out, const srnn_stream *stream, srnn_stream_option option);

/**
 * Runs one step in real time. With the native kernels it neither allocates nor
 * locks nor calls the operating system, runs on the calling thread alone and
 * needs a few KiB of stack. Its duration does not depend on the values, except
 * that some processors are slow on subnormal numbers.
 *
 * @param stream       of an rnn whose direction is forward
 * @param input        [B,I] of the dtype of the rnn, contiguous; not written
 * @param[out] output  [B,H], contiguous: the states of the last layer; it
 *                     shares no byte with input; NULL if not wanted
 * @retval SRNN_ERROR_INVALID      stream or input is NULL, or an address is not
 *                                 a multiple of the size of the dtype
 * @retval SRNN_ERROR_UNSUPPORTED  the rnn is bidirectional or reverse
 * @retval SRNN_ERROR_BUSY         another thread is in a call of the stream, or
 *                                 is writing parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_step(srnn_stream *stream,
                                                     const void *input,
                                                     void *output);

/**
 * Runs the next T steps of a stream, T from 0 on.
 *
 * If the direction of the rnn is not forward, the input is a window: the T
 * steps of the output, and behind them N steps of look-ahead, with which the
 * next window begins. N is 0 and up, and may change from window to window:
 *
 *     window 1:  | T steps of output | N ahead |
 *     window 2:                      | T steps of output | N ahead |
 *
 * In each layer the reverse direction starts behind the last step of the
 * window, from its states in the stream. Those states stay as they are: 0, or
 * what srnn_stream_set_state() or srnn_stream_reset() set. The forward states
 * are carried on from step T. So each output sees up to N steps of the future,
 * and a larger N brings it closer to the result of a single forward. In a
 * single layer the forward half is equal to it. With N = 0 the sequence ends
 * with the window.
 *
 * @param stream       the stream to carry on; its kernels are used
 * @param context      any context of the same rnn. It lends memory and threads,
 *                     and its schedule
 * @param input        [T,B,I] as for srnn_context_forward(), or T+N steps if
 *                     the rnn is not forward; B is that of the stream
 * @param resets       uint8 [T,B], or [B,T] with batch_first, or [T], as for
 *                     srnn_context_forward_sequences(); NULL for none
 * @param fresh        the states of a new episode, as for
 *                     srnn_context_forward_sequences(); NULL for zeros
 * @param[out] output  as for srnn_context_forward(); NULL if not wanted, and
 *                     then N is 0
 * @retval SRNN_ERROR_INVALID      stream, context or input is NULL, or context
 *                                 is one of another rnn
 * @retval SRNN_ERROR_SHAPE        a tensor has the wrong shape, or output has
 *                                 more steps than input
 * @retval SRNN_ERROR_DTYPE        a tensor has the wrong dtype
 * @retval SRNN_ERROR_STATE        output is a read-only tensor
 * @retval SRNN_ERROR_ALIAS        output shares memory with another tensor
 * @retval SRNN_ERROR_OVERFLOW     the bytes of the buffers do not fit 63 bits
 * @retval SRNN_ERROR_UNSUPPORTED  resets or fresh is given and the rnn is not
 *                                 forward
 * @retval SRNN_ERROR_BUSY         another thread is in a call of the stream or
 *                                 of the context, or is writing parameters of
 *                                 the rnn
 * @retval SRNN_ERROR_NO_MEMORY    memory for buffers or helper threads cannot
 *                                 be had
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_advance(
    srnn_stream *stream, srnn_context *context, const srnn_tensor *input,
    const srnn_tensor *resets, const srnn_tensor *fresh, srnn_tensor *output);

/**
 * Begins new episodes: sets the states of some sequences, in all layers. It is
 * as fit for real time as srnn_stream_step().
 *
 * @param stream       the stream to change
 * @param rows         [B]: a byte other than 0 resets that sequence; NULL
 *                     resets all
 * @param fresh        [L*D,fresh_batch,H] of the dtype of the rnn, contiguous:
 *                     the new states; NULL for zeros
 * @param fresh_batch  B, or 1 for states that all sequences share; ignored if
 *                     fresh is NULL
 * @retval SRNN_ERROR_INVALID  stream is NULL, or fresh is not a multiple of the
 *                             size of the dtype
 * @retval SRNN_ERROR_RANGE    fresh_batch is neither 1 nor B
 * @retval SRNN_ERROR_BUSY     another thread is in a call of the stream, or is
 *                             writing parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_reset(srnn_stream *stream,
                                                      const uint8_t *rows,
                                                      const void *fresh,
                                                      int64_t fresh_batch);

/**
 * Copies the states of a stream out: to keep, to go back to, or to move to
 * another stream.
 *
 * @param stream       the stream to read
 * @param[out] states  [L*D,B,H], as h0 of srnn_context_forward(); any strides
 *                     by which no two elements share memory
 * @retval SRNN_ERROR_INVALID  a NULL
 * @retval SRNN_ERROR_SHAPE    states has another shape
 * @retval SRNN_ERROR_DTYPE    states does not have the dtype of the rnn
 * @retval SRNN_ERROR_STATE    states is a read-only tensor
 * @retval SRNN_ERROR_BUSY     another thread is in a call of the stream, or is
 *                             writing parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_stream_get_state(const srnn_stream *stream, srnn_tensor *states);

/**
 * Copies states into a stream, for example what srnn_stream_get_state() gave.
 *
 * @param stream  the stream to change
 * @param states  [L*D,B,H], or [L*D,1,H] for states that all sequences share;
 *                any strides; not written; NULL for zeros
 * @retval SRNN_ERROR_INVALID  stream is NULL
 * @retval SRNN_ERROR_SHAPE    states has another shape
 * @retval SRNN_ERROR_DTYPE    states does not have the dtype of the rnn
 * @retval SRNN_ERROR_BUSY     another thread is in a call of the stream, or is
 *                             writing parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_stream_set_state(srnn_stream *stream, const srnn_tensor *states);

/**
 * Gives a stream another rnn, while another thread steps it: no step is refused
 * or delayed. A step that is running finishes with the old rnn, the next one
 * uses the new rnn, the states are carried on. For new weights in real time:
 * srnn_rnn_clone(), write the clone, and hand it to the streams. This function
 * itself waits for a call of the stream that is running, and takes locks, so it
 * belongs on a thread without deadlines. Afterwards, srnn_stream_advance()
 * needs a context of the new rnn.
 *
 * @param stream  the stream to change. It lets the old rnn go
 * @param rnn     an rnn with the same options, except dropout, bias and
 *                batch_first; the stream keeps it alive
 * @retval SRNN_ERROR_INVALID  a NULL, or another nonlinearity or direction
 * @retval SRNN_ERROR_SHAPE    the rnn has other sizes
 * @retval SRNN_ERROR_DTYPE    the rnn has another dtype
 * @retval SRNN_ERROR_BUSY     another thread is in srnn_stream_set_rnn() of the
 *                             stream
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_set_rnn(srnn_stream *stream,
                                                        const srnn_rnn *rnn);

#ifdef __cplusplus
}
#endif

#endif
