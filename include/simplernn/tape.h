/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Records a forward and differentiates it: srnn_tape.
 *
 * Training in three calls, where the loss is any function of output and h_n:
 *
 *     srnn_context_record(context, tape, input, ..., output, h_n);
 *     // the program computes d_output, the gradient of its loss
 *     srnn_context_backward(context, tape, input, d_output, NULL,
 *                           SRNN_ACCUMULATION_SET, gradients, NULL, ...);
 */
#ifndef SIMPLERNN_TAPE_H
#define SIMPLERNN_TAPE_H

#include <stddef.h>

#include "context.h"
#include "gradients.h"

#ifdef __cplusplus
extern "C" {
#endif

/** An option of a tape. Values never change; later versions may add some. */
typedef int32_t srnn_tape_option;

/** Values of srnn_tape_option, each with its meaning, range and default. */
enum srnn_tape_option_values {
    SRNN_TAPE_CHECKPOINT_STEPS = 301, /**< 0: keep the states of all steps. k
                                           from 1 on: keep the states of one
                                           step in k, and compute the others
                                           again in backward. Then T in the size
                                           of the tape becomes about T/k, and
                                           the context needs memory for k steps.
                                           k is rounded up to whole blocks of
                                           max(1, 512/B) steps. An rnn in both
                                           directions ignores it, because its
                                           directions meet in all steps.
                                           Gradients have the same bits for any
                                           k. Default: 0 */
    SRNN_TAPE_DROPOUT = 302, /**< 0 or 1. If 1, recording applies the dropout of
                                  the rnn between layers. Default: 1 */
    SRNN_TAPE_DROPOUT_SEED = 303, /**< any value: the seed of the dropout masks.
                                       A recording of the same rows with the
                                       same seed has the same masks. Default: 0
                                   */
    SRNN_TAPE_FIRST_ROW = 304,    /**< 0 to 2^32 - 1: the number of row 0 in
                                       the whole batch. With it, the parts of a
                                       batch get the dropout masks of the whole.
                                       Default: 0 */
    SRNN_TAPE_FIRST_STEP = 305    /**< 0 to 2^32 - 1: the number of step 0 in
                                       the whole sequence. With it, the pieces
                                       of a sequence get the dropout masks of
                                       the whole. Default: 0 */
};

/** Whether a gradient replaces what its memory holds. */
typedef int32_t srnn_accumulation;

/** Values of srnn_accumulation. */
enum srnn_accumulation_values {
    SRNN_ACCUMULATION_SET = 1801, /**< overwrite, without reading */
    SRNN_ACCUMULATION_ADD = 1802  /**< add to it */
};

/**
 * What one recorded forward keeps for backward: the states of all layers, h0,
 * fresh, lengths and resets. It does not keep the input or the output. One
 * thread at a time may use a tape; a second one gets SRNN_ERROR_BUSY.
 */
typedef struct srnn_tape srnn_tape;

/**
 * Creates an empty tape, which keeps the rnn alive. Thread-safe.
 *
 * @param[out] out  receives the tape; free it with srnn_tape_destroy()
 * @param rnn       the network to record
 * @retval SRNN_ERROR_INVALID    out or rnn is NULL
 * @retval SRNN_ERROR_NO_MEMORY  an allocation failed
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tape_create(srnn_tape **out,
                                                     const srnn_rnn *rnn);

/**
 * Frees a tape. No thread may be using it.
 *
 * @param tape  NULL does nothing
 * @since 0.2
 */
SRNN_API void srnn_tape_destroy(srnn_tape *tape);

/**
 * The rnn of a tape. Thread-safe.
 *
 * @param tape  the tape to query
 * @return      the rnn, borrowed from the tape; NULL for NULL
 * @since 0.2
 */
SRNN_API const srnn_rnn *srnn_tape_rnn(const srnn_tape *tape);

/**
 * Sets an option of a tape, for the recordings to come. What the tape holds
 * stays as it was recorded.
 *
 * @param tape    the tape to change
 * @param option  any
 * @param value   a value in the range of the option
 * @retval SRNN_ERROR_INVALID  tape is NULL, or option is unknown
 * @retval SRNN_ERROR_RANGE    value is out of the range of the option
 * @retval SRNN_ERROR_BUSY     another thread is using the tape
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tape_set_int(srnn_tape *tape,
                                                      srnn_tape_option option,
                                                      int64_t value);

/**
 * Reads an option of a tape.
 *
 * @param[out] out  receives the value; unchanged after a failure
 * @param tape      the tape to read
 * @param option    any
 * @retval SRNN_ERROR_INVALID  an argument is NULL, or option is unknown
 * @retval SRNN_ERROR_BUSY     another thread is using the tape
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tape_get_int(int64_t *out,
                                                      const srnn_tape *tape,
                                                      srnn_tape_option option);

/**
 * The memory that a recording takes in a tape, with the options that the tape
 * has now. It does not depend on the use of lengths, resets and states.
 *
 * @param[out] out  receives a number of bytes; unchanged after a failure
 * @param tape      the tape to query
 * @param steps     T, 0 and up
 * @param batch     B, 0 and up
 * @retval SRNN_ERROR_INVALID   out or tape is NULL
 * @retval SRNN_ERROR_RANGE     steps or batch is below 0
 * @retval SRNN_ERROR_OVERFLOW  the size does not fit in 63 bits or in size_t
 * @retval SRNN_ERROR_BUSY      another thread is using the tape
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tape_size(size_t *out,
                                                   const srnn_tape *tape,
                                                   int64_t steps,
                                                   int64_t batch);

/**
 * Puts a tape into memory of the caller, which has to last as long as the tape
 * uses it. The memory contains no pointers: the caller may copy a recording to
 * another place, give that place to a tape of the same rnn, and run backward
 * from it. A recording is valid only in the process that made it. What is in
 * the memory is trusted: changed bytes can make backward read elsewhere. Two
 * tapes over the same memory may go back at the same time, but not record. The
 * tape gives up its own memory.
 *
 * @param tape    the tape to change
 * @param memory  the memory, at a multiple of 8 bytes; 64 is faster. If it
 * holds a recording, the tape has that recording now. NULL: the tape becomes
 * empty and takes its own memory again
 * @param bytes   the size of the memory
 * @retval SRNN_ERROR_INVALID  tape is NULL, or memory is not aligned
 * @retval SRNN_ERROR_BUSY     another thread is using the tape
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_tape_set_memory(srnn_tape *tape,
                                                         void *memory,
                                                         size_t bytes);

/**
 * The memory that a context takes beyond the tape, for recording and for
 * backward with all gradients, on as many threads as it may use. The context
 * keeps it. It does not count what a forward has made it take before, nor the
 * stacks of helper threads, which do not come from the allocator.
 *
 * @param[out] out  receives a number of bytes; unchanged after a failure
 * @param context   a context of the rnn of the tape
 * @param tape      the tape, whose options count
 * @param steps     T, 0 and up
 * @param batch     B, 0 and up
 * @retval SRNN_ERROR_INVALID   an argument is NULL, or context and tape have
 *                              different rnns
 * @retval SRNN_ERROR_RANGE     steps or batch is below 0
 * @retval SRNN_ERROR_OVERFLOW  the size does not fit in 63 bits or in size_t
 * @retval SRNN_ERROR_BUSY      another thread is using the context or the tape,
 *                              or is writing parameters of the rnn
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status
srnn_context_tape_size(size_t *out, const srnn_context *context,
                       const srnn_tape *tape, int64_t steps, int64_t batch);

/**
 * Does the same as srnn_context_forward_sequences(), and records it. Without
 * dropout, output and h_n have the same bits. The schedule layers is serial
 * here.
 *
 * The tape keeps what it needs of all arguments except the input, which the
 * caller passes to srnn_context_backward() again. After a failure, the tape is
 * empty, unless the failure is SRNN_ERROR_BUSY.
 *
 * For truncated backpropagation, record one piece of the sequences after the
 * other, with the h_n of the last piece as h0. No gradient goes beyond a
 * recording, except d_h0.
 *
 * @param context      a context of the rnn
 * @param tape         a tape of the same rnn
 * @param input        as for srnn_context_forward(); it must stay unchanged
 *                     until the last backward of this recording
 * @param lengths      as for srnn_context_forward_sequences(); NULL if all
 *                     sequences have T steps
 * @param resets       as for srnn_context_forward_sequences(); NULL for none
 * @param h0           as for srnn_context_forward(); NULL for zeros
 * @param fresh        as for srnn_context_forward_sequences(); NULL for zeros
 * @param[out] output  as for srnn_context_forward_sequences(); NULL if not
 *                     wanted. The caller may overwrite it before backward
 * @param[out] h_n     as for srnn_context_forward_sequences(); NULL if not
 *                     wanted
 * @retval SRNN_ERROR_INVALID    context, tape or input is NULL, or context and
 *                               tape have different rnns
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape
 * @retval SRNN_ERROR_DTYPE      a tensor has the wrong dtype
 * @retval SRNN_ERROR_RANGE      a length is not 0 to T
 * @retval SRNN_ERROR_STATE      a result is a read-only tensor
 * @retval SRNN_ERROR_ALIAS      a result overlaps memory that it must not
 *                               overlap, or a tensor the memory of the tape
 * @retval SRNN_ERROR_OVERFLOW   the size of the tape or of the buffers does not
 *                               fit in 63 bits
 * @retval SRNN_ERROR_BUFFER     the memory that was given to the tape is too
 *                               small
 * @retval SRNN_ERROR_BUSY       another thread is using the context or the
 *                               tape, or is writing parameters of the rnn
 * @retval SRNN_ERROR_NO_MEMORY  there is no memory for the tape, for buffers or
 *                               for helper threads
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_context_record(
    srnn_context *context, srnn_tape *tape, const srnn_tensor *input,
    const srnn_tensor *lengths, const srnn_tensor *resets,
    const srnn_tensor *h0, const srnn_tensor *fresh, srnn_tensor *output,
    srnn_tensor *h_n);

/**
 * Does the same as srnn_context_record() on contiguous arrays, without tensors.
 * The shapes follow from the rnn, steps and batch. Every address must be a
 * multiple of the size of an element.
 *
 * @param context      a context of the rnn
 * @param tape         a tape of the same rnn
 * @param steps        T, 0 and up
 * @param batch        B, 0 and up
 * @param input        [T,B,I], or [B,T,I] with batch_first; may be NULL if T or
 *                     B is 0
 * @param lengths      int64 [B]; NULL if all sequences have T steps
 * @param resets       uint8 [T,B], or [B,T] with batch_first; NULL for none
 * @param h0           [L*D,B,H]; NULL for zeros
 * @param fresh        [L*D,B,H]; NULL for zeros
 * @param[out] output  [T,B,D*H], or [B,T,D*H] with batch_first; NULL if not
 *                     wanted
 * @param[out] h_n     [L*D,B,H]; NULL if not wanted
 * @retval SRNN_ERROR_INVALID    context, tape or input is NULL, context and
 *                               tape have different rnns, or an address is not
 *                               aligned
 * @retval SRNN_ERROR_RANGE      steps or batch is below 0, or a length is not 0
 *                               to T
 * @retval SRNN_ERROR_ALIAS      a result overlaps memory that it must not
 *                               overlap, or an array the memory of the tape
 * @retval SRNN_ERROR_OVERFLOW   the size of an array, of the tape or of the
 *                               buffers does not fit in 63 bits
 * @retval SRNN_ERROR_BUFFER     the memory that was given to the tape is too
 *                               small
 * @retval SRNN_ERROR_BUSY       another thread is using the context or the
 *                               tape, or is writing parameters of the rnn
 * @retval SRNN_ERROR_NO_MEMORY  there is no memory for the tape, for buffers or
 *                               for helper threads
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_context_record_contiguous(
    srnn_context *context, srnn_tape *tape, int64_t steps, int64_t batch,
    const void *input, const int64_t *lengths, const uint8_t *resets,
    const void *h0, const void *fresh, void *output, void *h_n);

/**
 * Computes the gradients of a recorded forward. The program gives the gradients
 * of its loss with respect to the results, and gets those with respect to the
 * arguments and the parameters. A tape may be used any number of times, with
 * the same bits.
 *
 * With native kernels, gradients of parameters have the same bits for any
 * number of threads, schedule, checkpoint interval, padding and instruction set
 * with FMA. Rows of d_input and d_h0 also do not depend on the rest of the
 * batch.
 *
 * Gradients of states smaller than 2^-100 (float32) or 2^-960 (float64) become
 * 0, because arithmetic with subnormal numbers is slow on many processors. See
 * SRNN_CONTEXT_KEEP_TINY_GRADIENTS.
 *
 * @param context        any context of the rnn of the tape
 * @param tape           a recording
 * @param input          the input of the recording, in the same shape and with
 *                       the same values
 * @param d_output       the gradient of the output, in its shape; values in the
 *                       padding are not read. NULL for zeros
 * @param d_h_n          the gradient of h_n, in its shape; NULL for zeros
 * @param accumulation   whether gradients of parameters are set or added; the
 *                       others are always set
 * @param gradients      receives the gradients of the parameters that are
 *                       trained; NULL if not wanted
 * @param[out] d_input   the gradient of the input, in its shape; zeros in the
 *                       padding; NULL if not wanted
 * @param[out] d_h0      the gradient of h0, [L*D,B,H], or [L*D,H] without a
 *                       batch, or [L*D,1,H]: the sum over the batch, for a
 *                       state that it shares; NULL if not wanted
 * @param[out] d_fresh   the gradient of fresh, as d_h0; NULL if not wanted
 * @retval SRNN_ERROR_INVALID    context, tape or input is NULL, accumulation is
 *                               unknown, or context, tape and gradients have
 *                               different rnns
 * @retval SRNN_ERROR_SHAPE      a tensor has the wrong shape
 * @retval SRNN_ERROR_DTYPE      a tensor has the wrong dtype
 * @retval SRNN_ERROR_STATE      the tape is empty, its memory has a part of a
 *                               recording, or a result is a read-only tensor
 * @retval SRNN_ERROR_STALE      parameters of the rnn were written after the
 *                               recording, or it is one of another rnn
 * @retval SRNN_ERROR_ALIAS      a result overlaps another tensor of the call or
 *                               the memory of the tape
 * @retval SRNN_ERROR_BUSY       another thread is using the context, the tape
 *                               or the gradients, or is writing parameters of
 *                               the rnn
 * @retval SRNN_ERROR_NO_MEMORY  there is no memory for buffers or helper
 *                               threads
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_context_backward(
    srnn_context *context, const srnn_tape *tape, const srnn_tensor *input,
    const srnn_tensor *d_output, const srnn_tensor *d_h_n,
    srnn_accumulation accumulation, srnn_gradients *gradients,
    srnn_tensor *d_input, srnn_tensor *d_h0, srnn_tensor *d_fresh);

/**
 * Does the same as srnn_context_backward() on contiguous arrays, without
 * tensors. Every address must be a multiple of the size of an element. A result
 * must not overlap other memory of the call.
 *
 * @param context        any context of the rnn of the tape
 * @param tape           a recording
 * @param input          [T,B,I], or [B,T,I] with batch_first; may be NULL if T
 *                       or B is 0
 * @param d_output       as the output; NULL for zeros
 * @param d_h_n          [L*D,B,H]; NULL for zeros
 * @param accumulation   whether gradients of parameters are set or added; the
 *                       others are always set
 * @param gradients      one address for each parameter, in state_dict order,
 *                       where its gradient goes, in the shape of the parameter;
 *                       an address is NULL if that gradient is not wanted. NULL
 *                       if none is wanted
 * @param[out] d_input   as the input; NULL if not wanted
 * @param[out] d_h0      [L*D,B,H]; NULL if not wanted
 * @param[out] d_fresh   [L*D,B,H]; NULL if not wanted
 * @retval SRNN_ERROR_INVALID    context, tape or input is NULL, accumulation is
 *                               unknown, context and tape have different rnns,
 *                               or an address is not aligned
 * @retval SRNN_ERROR_STATE      the tape is empty, or its memory has a part of
 *                               a recording
 * @retval SRNN_ERROR_STALE      parameters of the rnn were written after the
 *                               recording, or it is one of another rnn
 * @retval SRNN_ERROR_ALIAS      a result overlaps other memory of the call or
 *                               the memory of the tape, or a gradient the
 *                               parameters of the rnn
 * @retval SRNN_ERROR_OVERFLOW   the recording has no rows, but so many steps
 *                               that a result of one row would need more than
 *                               2^63 - 1 bytes
 * @retval SRNN_ERROR_BUSY       another thread is using the context or the
 *                               tape, or is writing parameters of the rnn
 * @retval SRNN_ERROR_NO_MEMORY  there is no memory for buffers or helper
 *                               threads
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_context_backward_contiguous(
    srnn_context *context, const srnn_tape *tape, const void *input,
    const void *d_output, const void *d_h_n, srnn_accumulation accumulation,
    void *const *gradients, void *d_input, void *d_h0, void *d_fresh);

#ifdef __cplusplus
}
#endif

#endif
