/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Endless sequences, run in blocks or in single steps: srnn_stream.
 */
#ifndef SIMPLERNN_STREAM_H
#define SIMPLERNN_STREAM_H

#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An option of a stream. Values never change; later versions may add some. */
typedef int32_t srnn_stream_option;

/** Values of srnn_stream_option, each with its meaning, range and default. */
enum srnn_stream_option_values {
    SRNN_STREAM_BATCH = 201, /**< read-only: the number of sequences */
    SRNN_STREAM_FLUSH_SUBNORMALS = 202 /**< 0 or 1, as
                                            SRNN_CONTEXT_FLUSH_SUBNORMALS.
                                            Default: the value of the context
                                            that the stream was created from */
};

/**
 * The states of a batch of endless sequences. Each call continues where the
 * last one ended. In the forward direction, a sequence that is cut into calls
 * has the results of a single forward; with the native kernels, bit for bit.
 *
 * A stream needs the memory of its states twice and at most 256 bytes more. One
 * thread at a time may use it; a second one gets SRNN_ERROR_BUSY. Different
 * streams may run on different threads at once.
 */
typedef struct srnn_stream srnn_stream;

/**
 * Creates a stream. Its states are 0. It keeps the rnn alive, but not the
 * context.
 *
 * @param[out] out  receives the stream; free it with srnn_stream_destroy()
 * @param context   a context of the rnn. The stream copies its present gemm
 *                  implementation, instruction set and option about subnormal
 *                  numbers
 * @param batch     B, the number of sequences, 1 and up
 * @retval SRNN_ERROR_INVALID    out or context is NULL
 * @retval SRNN_ERROR_RANGE      batch is below 1
 * @retval SRNN_ERROR_OVERFLOW   the size of the states does not fit in 63 bits
 * @retval SRNN_ERROR_BUSY       another thread is using the context, or is
 *                               writing parameters of the rnn
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_create(
    srnn_stream **out, const srnn_context *context, int64_t batch);

/**
 * Frees a stream. No thread may be using it. If another thread is writing
 * parameters of the rnn, this function waits until that is done.
 *
 * @param stream  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_stream_destroy(srnn_stream *stream);

/**
 * The rnn that a stream runs. Thread-safe, except that the rnn may already be
 * freed if another thread calls srnn_stream_set_rnn().
 *
 * @param stream  the stream to query
 * @return        the rnn, borrowed until the stream is destroyed or has another
 *                rnn; NULL for NULL
 * @since 0.2
 */
SRNN_API const srnn_rnn *srnn_stream_rnn(const srnn_stream *stream);

/**
 * Sets an option of a stream.
 *
 * @param stream  the stream to change
 * @param option  any that is not read-only
 * @param value   a value in the range of the option
 * @retval SRNN_ERROR_INVALID  stream is NULL, or option is unknown
 * @retval SRNN_ERROR_RANGE    value is out of the range of the option
 * @retval SRNN_ERROR_STATE    the option is read-only
 * @retval SRNN_ERROR_BUSY     another thread is using the stream, or is writing
 *                             parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_set_int(
    srnn_stream *stream, srnn_stream_option option, int64_t value);

/**
 * Reads an option of a stream.
 *
 * @param[out] out  receives the value; unchanged after a failure
 * @param stream    the stream to read
 * @param option    any
 * @retval SRNN_ERROR_INVALID  an argument is NULL, or option is unknown
 * @retval SRNN_ERROR_BUSY     another thread is using the stream, or is writing
 *                             parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_get_int(
    int64_t *out, const srnn_stream *stream, srnn_stream_option option);

/**
 * Runs one step of a stream. It is made for real time: with the native kernels
 * it does not allocate, lock or call the operating system, runs on the calling
 * thread alone and needs a few KiB of stack. Its duration does not depend on
 * the values, except that some processors are slow on subnormal numbers.
 *
 * @param stream       the stream to continue; the direction of its rnn must be
 *                     forward
 * @param input        [B,I] of the dtype of the rnn, contiguous; not written
 * @param[out] output  the states of the last layer, [B,H], contiguous; must not
 *                     overlap input; NULL if not wanted
 * @retval SRNN_ERROR_INVALID      stream or input is NULL, or an address is not
 *                                 a multiple of the size of an element
 * @retval SRNN_ERROR_UNSUPPORTED  the rnn is bidirectional or reverse
 * @retval SRNN_ERROR_BUSY         another thread is using the stream, or is
 *                                 writing parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_step(srnn_stream *stream,
                                                     const void *input,
                                                     void *output);

/**
 * Runs the next T steps of a stream. T may be 0.
 *
 * If the direction of the rnn is not forward, the input is a window: the T
 * steps of the output, and after them N steps of look-ahead, with which the
 * next window begins. N is 0 and up, and may differ from window to window:
 *
 *     window 1:  | T steps of output | N ahead |
 *     window 2:                      | T steps of output | N ahead |
 *
 * In each layer, the reverse direction starts after the last step of the
 * window, from its states in the stream. This function does not change those
 * states: they are 0, or what srnn_stream_set_state() or srnn_stream_reset()
 * set. The forward direction of the next window starts from the states after
 * step T-1 of this one.
 *
 * So each output sees up to N steps of the future, and a larger N brings it
 * closer to the result of a single forward. In a network of one layer, the
 * forward half is equal to that result. If N is 0, the sequence ends with the
 * window.
 *
 * @param stream       the stream to continue; its kernels are used
 * @param context      any context of the same rnn; its memory, its threads and
 *                     its schedule are used
 * @param input        [T,B,I] as for srnn_context_forward(), or T+N steps if
 *                     the rnn is not forward; B is that of the stream
 * @param resets       uint8 [T,B], or [B,T] with batch_first, or [T], as for
 *                     srnn_context_forward_sequences(); NULL for none
 * @param fresh        the states at the beginning of a new episode, as for
 *                     srnn_context_forward_sequences(); NULL for zeros
 * @param[out] output  as for srnn_context_forward(), with T steps. NULL if not
 *                     wanted; N is 0 then
 * @retval SRNN_ERROR_INVALID      stream, context or input is NULL, or context
 *                                 is of another rnn
 * @retval SRNN_ERROR_SHAPE        a tensor has the wrong shape, or output has
 *                                 more steps than input
 * @retval SRNN_ERROR_DTYPE        a tensor has the wrong dtype
 * @retval SRNN_ERROR_STATE        output is a read-only tensor
 * @retval SRNN_ERROR_ALIAS        output overlaps another tensor
 * @retval SRNN_ERROR_OVERFLOW     the size of the buffers does not fit in 63
 *                                 bits
 * @retval SRNN_ERROR_UNSUPPORTED  resets or fresh is given, but the rnn is not
 *                                 forward
 * @retval SRNN_ERROR_BUSY         another thread is using the stream or the
 *                                 context, or is writing parameters of the rnn
 * @retval SRNN_ERROR_NO_MEMORY    there is no memory for buffers or helper
 *                                 threads
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_advance(
    srnn_stream *stream, srnn_context *context, const srnn_tensor *input,
    const srnn_tensor *resets, const srnn_tensor *fresh, srnn_tensor *output);

/**
 * Begins new episodes: sets the states of some sequences, in all layers. It is
 * as suitable for real time as srnn_stream_step().
 *
 * @param stream       the stream to change
 * @param rows         [B]: a byte other than 0 resets that sequence; NULL
 *                     resets all
 * @param fresh        the new states, [L*D,fresh_batch,H] of the dtype of the
 *                     rnn, contiguous; NULL for zeros
 * @param fresh_batch  B, or 1 for one state for all sequences; ignored if fresh
 *                     is NULL
 * @retval SRNN_ERROR_INVALID  stream is NULL, or the address fresh is not a
 *                             multiple of the size of an element
 * @retval SRNN_ERROR_RANGE    fresh_batch is neither 1 nor B
 * @retval SRNN_ERROR_BUSY     another thread is using the stream, or is writing
 *                             parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_stream_reset(srnn_stream *stream,
                                                      const uint8_t *rows,
                                                      const void *fresh,
                                                      int64_t fresh_batch);

/**
 * Copies the states of a stream to a tensor, for example to restore them later
 * or to give them to another stream.
 *
 * @param stream       the stream to read
 * @param[out] states  [L*D,B,H], as h0 of srnn_context_forward(). Any strides
 *                     are allowed, as long as no two elements share memory
 * @retval SRNN_ERROR_INVALID  an argument is NULL
 * @retval SRNN_ERROR_SHAPE    states has another shape
 * @retval SRNN_ERROR_DTYPE    states does not have the dtype of the rnn
 * @retval SRNN_ERROR_STATE    states is a read-only tensor
 * @retval SRNN_ERROR_BUSY     another thread is using the stream, or is writing
 *                             parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_stream_get_state(const srnn_stream *stream, srnn_tensor *states);

/**
 * Sets the states of a stream, for example to those of srnn_stream_get_state().
 *
 * @param stream  the stream to change
 * @param states  [L*D,B,H], or [L*D,1,H] for one state for all sequences; any
 *                strides; not written; NULL for zeros
 * @retval SRNN_ERROR_INVALID  stream is NULL
 * @retval SRNN_ERROR_SHAPE    states has another shape
 * @retval SRNN_ERROR_DTYPE    states does not have the dtype of the rnn
 * @retval SRNN_ERROR_BUSY     another thread is using the stream, or is writing
 *                             parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_stream_set_state(srnn_stream *stream, const srnn_tensor *states);

/**
 * Gives a stream another rnn, while another thread may be running steps of the
 * stream. No step is refused or delayed: a step that is running finishes with
 * the old rnn, and the next step uses the new one. The states stay.
 *
 * This brings new weights into a program in real time: clone the rnn with
 * srnn_rnn_clone(), write the clone, and give it to the streams. Call this
 * function on a thread without deadlines, because it takes locks and waits
 * until the running call of the stream has ended. After it,
 * srnn_stream_advance() needs a context of the new rnn.
 *
 * @param stream  the stream to change; it does not keep the old rnn alive any
 *                more
 * @param rnn     an rnn with the same options; only dropout, bias and
 *                batch_first may differ. The stream keeps it alive
 * @retval SRNN_ERROR_INVALID  an argument is NULL, or rnn has another
 *                             nonlinearity or direction
 * @retval SRNN_ERROR_SHAPE    rnn has other sizes
 * @retval SRNN_ERROR_DTYPE    rnn has another dtype
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
