/* SPDX-License-Identifier: MIT */
/* srnn_context_record: checks, then src/stack. */
#include "stack/record.h"

#include "api/call.h"
#include "api/check.h"
#include "api/tape.h"
#include "util/float_mode.h"

/* The tape is written too. */
static srnn_status check_tape(const srnn_tape *tape,
                              const srnn_padded_call *call)
{
    enum { COUNT = 7 };
    const srnn_tensor *const tensors[COUNT] = {
        call->tensors.input, call->lengths, call->resets,
        call->tensors.h0,    call->fresh,   call->tensors.output,
        call->tensors.h_n};
    static const char *const names[COUNT] = {"input", "lengths", "resets", "h0",
                                             "fresh", "output",  "h_n"};
    int64_t T = 0;
    int64_t B = 0;
    srnn_tape_parts parts;
    if (tape->is_owner)
        return SRNN_OK;
    srnn_plan__sizes(&T, &B, tape->rnn, call->tensors.input);
    const srnn_tape_sizes sizes = srnn_tape__sizes(tape, T, B);
    SRNN_TRY(srnn_tape__lay_out(&parts, &tape->rnn->options, &sizes, NULL, 0));
    if (parts.bytes > tape->capacity)
        return SRNN_OK; /* it is refused */
    const srnn_tensor memory = srnn_tape__memory(tape, parts.bytes);
    for (int i = 0; i < COUNT; i++)
        SRNN_TRY(srnn_check__apart(tensors[i], names[i], &memory, "the tape"));
    return SRNN_OK;
}

/* From inside. */
static srnn_status record(srnn_context *context, srnn_tape *tape,
                          const srnn_padded_call *call)
{
    SRNN_TRY(srnn_tape__check_rnn(context, tape));
    SRNN_TRY(srnn_padded_call__check(context, call));
    SRNN_TRY(check_tape(tape, call));
    const uint64_t mode = srnn_float_mode__begin(context->flushes);
    const srnn_status status = srnn_record__run(context, tape, call);
    srnn_float_mode__end(context->flushes, mode);
    return status;
}

static srnn_status enter_and_record(srnn_context *context, srnn_tape *tape,
                                    const srnn_padded_call *call)
{
    SRNN_TRY(srnn_context__enter(context));
    srnn_status status = srnn_tape__enter(tape);
    if (status == SRNN_OK) {
        status = record(context, tape, call);
        srnn_tape__leave(tape);
    }
    srnn_context__leave(context);
    return status;
}

/* What a recording returns: a failure other than SRNN_ERROR_BUSY empties the
 * tape, unless another thread has come in since. */
static srnn_status end_recording(srnn_tape *tape, srnn_status status)
{
    if (status == SRNN_OK || status == SRNN_ERROR_BUSY ||
        !srnn_check__is(tape, SRNN_HANDLE_TAPE) ||
        !srnn_busy__take(&tape->busy))
        return status;
    srnn_tape__forget(tape);
    srnn_tape__leave(tape);
    return status;
}

static srnn_status record_tensors(srnn_context *context, srnn_tape *tape,
                                  const srnn_padded_call *call)
{
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_check__handle(tape, SRNN_HANDLE_TAPE, "tape"));
    SRNN_TRY(srnn_padded_call__check_handles(call));
    return enter_and_record(context, tape, call);
}

srnn_status srnn_context_record(srnn_context *context, srnn_tape *tape,
                                const srnn_tensor *input,
                                const srnn_tensor *lengths,
                                const srnn_tensor *resets,
                                const srnn_tensor *h0, const srnn_tensor *fresh,
                                srnn_tensor *output, srnn_tensor *h_n)
{
    const srnn_padded_call call = {
        {.input = input, .h0 = h0, .output = output, .h_n = h_n},
        lengths,
        resets,
        fresh};
    return end_recording(tape, record_tensors(context, tape, &call));
}

static srnn_status record_arrays(srnn_context *context, srnn_tape *tape,
                                 int64_t steps, int64_t batch,
                                 const void *input, const int64_t *lengths,
                                 const uint8_t *resets, const void *h0,
                                 const void *fresh, void *output, void *h_n)
{
    const void *const addresses[] = {input, h0, fresh, output, h_n};
    static const char *const names[] = {"input", "h0", "fresh", "output",
                                        "h_n"};
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_check__handle(tape, SRNN_HANDLE_TAPE, "tape"));
    SRNN_TRY(srnn_check__range(steps, "steps", 0, INT64_MAX));
    SRNN_TRY(srnn_check__range(batch, "batch", 0, INT64_MAX));
    const srnn_rnn *const rnn = context->rnn;
    SRNN_TRY(srnn_arrays__check(addresses, names, 5,
                                (srnn_dtype)rnn->options.dtype));
    SRNN_TRY(srnn_check__aligned(lengths, "lengths", SRNN_DTYPE_INT64));
    srnn_arrays w = {.fits = true};
    const bool batch_first = rnn->options.batch_first != 0;
    const int64_t grid[] = {batch_first ? batch : steps,
                            batch_first ? steps : batch};
    srnn_padded_call call = {
        {.input = srnn_arrays__wrap_input(&w, rnn, steps, batch, input),
         .h0 = srnn_arrays__wrap(&w, rnn, SRNN_ROLE_HIDDEN, steps, batch, h0),
         .output =
             srnn_arrays__wrap(&w, rnn, SRNN_ROLE_OUTPUT, steps, batch, output),
         .h_n =
             srnn_arrays__wrap(&w, rnn, SRNN_ROLE_HIDDEN, steps, batch, h_n)},
        .fresh =
            srnn_arrays__wrap(&w, rnn, SRNN_ROLE_HIDDEN, steps, batch, fresh)};
    if (!w.fits)
        return srnn_call__fail_size(steps, batch);
    if (input == NULL && call.tensors.input->size > 0)
        return srnn_check__pointer(NULL, "input");
    srnn_tensor all_lengths;
    srnn_tensor all_resets;
    if (lengths != NULL) {
        all_lengths = srnn_tensor__contiguous((void *)lengths, SRNN_DTYPE_INT64,
                                              1, &batch);
        call.lengths = &all_lengths;
    }
    if (resets != NULL) {
        all_resets =
            srnn_tensor__contiguous((void *)resets, SRNN_DTYPE_UINT8, 2, grid);
        call.resets = &all_resets;
    }
    return enter_and_record(context, tape, &call);
}

srnn_status srnn_context_record_contiguous(
    srnn_context *context, srnn_tape *tape, int64_t steps, int64_t batch,
    const void *input, const int64_t *lengths, const uint8_t *resets,
    const void *h0, const void *fresh, void *output, void *h_n)
{
    return end_recording(tape, record_arrays(context, tape, steps, batch, input,
                                             lengths, resets, h0, fresh, output,
                                             h_n));
}
