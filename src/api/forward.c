/* SPDX-License-Identifier: MIT */
/* The forwards of a context: checks, then src/stack. */
#include "api/forward.h"

#include "api/call.h"
#include "api/check.h"
#include "stack/forward.h"
#include "tensor/dtype.h"
#include "util/float_mode.h"

static void *data_of(const srnn_tensor *tensor)
{
    return tensor == NULL ? NULL : tensor->data;
}

/* The plan of the call before, for other memory. */
static srnn_status move_plan(srnn_context *context,
                             const srnn_call_memory *memory)
{
    if (srnn_plan__has_memory(&context->plan, memory))
        return SRNN_OK;
    srnn_plan__point(&context->plan, memory);
    const srnn_status status = srnn_call__check_aliases(&context->plan.call);
    if (status != SRNN_OK)
        srnn_context__forget(context);
    return status;
}

static srnn_status prepare(srnn_context *context,
                           const srnn_cell_kernels *kernels,
                           const srnn_call *call)
{
    const srnn_call_memory memory = {{data_of(call->input), data_of(call->h0),
                                      data_of(call->output),
                                      data_of(call->h_n)}};
    if (srnn_plan__is_for(&context->plan, kernels, call) &&
        srnn_context__has_team(context))
        return move_plan(context, &memory);
    SRNN_TRY(srnn_call__check(context, call));
    return srnn_context__prepare(context, kernels, call);
}

/* A call like the one before needs no more than a look at its handles. */
srnn_status srnn_context__call(srnn_context *context,
                               const srnn_cell_kernels *kernels,
                               const srnn_call *call)
{
    SRNN_TRY(prepare(context, kernels, call));
    srnn_forward__run(context);
    return SRNN_OK;
}

srnn_status srnn_context_forward(srnn_context *context,
                                 const srnn_tensor *input,
                                 const srnn_tensor *h0, srnn_tensor *output,
                                 srnn_tensor *h_n)
{
    const srnn_call call = {
        .input = input, .h0 = h0, .output = output, .h_n = h_n};
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_call__check_handles(&call));
    SRNN_TRY(srnn_context__enter(context));
    const uint64_t mode = srnn_float_mode__begin(context->flushes);
    const srnn_status status =
        srnn_context__call(context, &context->kernels, &call);
    srnn_float_mode__end(context->flushes, mode);
    srnn_context__leave(context);
    return status;
}

/* The tensors that steps and batch imply; false if their bytes do not fit. */
static bool describe(srnn_tensor tensors[SRNN_CALL_TENSORS],
                     const srnn_rnn *rnn, int64_t steps, int64_t batch,
                     const srnn_call_memory *memory)
{
    static const srnn_role roles[] = {SRNN_ROLE_INPUT, SRNN_ROLE_HIDDEN,
                                      SRNN_ROLE_OUTPUT, SRNN_ROLE_HIDDEN};
    bool fits = true;
    for (int i = 0; i < SRNN_CALL_TENSORS; i++)
        fits = srnn_call__wrap(&tensors[i], rnn, roles[i], steps, batch,
                               memory->of[i]) &&
               fits;
    return fits;
}

static srnn_status prepare_contiguous(srnn_context *context, int64_t steps,
                                      int64_t batch,
                                      const srnn_call_memory *memory)
{
    srnn_tensor tensors[SRNN_CALL_TENSORS];
    if (!describe(tensors, context->rnn, steps, batch, memory))
        return srnn_call__fail_size(steps, batch);
    if (memory->of[0] == NULL && tensors[0].size > 0)
        return srnn_check__pointer(NULL, "input");
    const srnn_call call = {.input = &tensors[0],
                            .h0 = memory->of[1] == NULL ? NULL : &tensors[1],
                            .output =
                                memory->of[2] == NULL ? NULL : &tensors[2],
                            .h_n = memory->of[3] == NULL ? NULL : &tensors[3]};
    SRNN_TRY(srnn_call__check_aliases(&call));
    SRNN_TRY(srnn_context__prepare(context, &context->kernels, &call));
    context->plan.is_contiguous = true;
    return SRNN_OK;
}

static srnn_status forward_contiguous(srnn_context *context, int64_t steps,
                                      int64_t batch,
                                      const srnn_call_memory *memory)
{
    if (srnn_plan__is_for_sizes(&context->plan, &context->kernels, steps, batch,
                                memory) &&
        srnn_context__has_team(context))
        SRNN_TRY(move_plan(context, memory));
    else
        SRNN_TRY(prepare_contiguous(context, steps, batch, memory));
    srnn_forward__run(context);
    return SRNN_OK;
}

srnn_status srnn_context_forward_contiguous(srnn_context *context,
                                            int64_t steps, int64_t batch,
                                            const void *input, const void *h0,
                                            void *output, void *h_n)
{
    const srnn_call_memory memory = {{(void *)input, (void *)h0, output, h_n}};
    static const char *const names[] = {"input", "h0", "output", "h_n"};
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_check__range(steps, "steps", 0, INT64_MAX));
    SRNN_TRY(srnn_check__range(batch, "batch", 0, INT64_MAX));
    const srnn_dtype dtype = (srnn_dtype)context->rnn->options.dtype;
    for (int i = 0; i < SRNN_CALL_TENSORS; i++)
        SRNN_TRY(srnn_check__aligned(memory.of[i], names[i], dtype));
    SRNN_TRY(srnn_context__enter(context));
    const uint64_t mode = srnn_float_mode__begin(context->flushes);
    const srnn_status status =
        forward_contiguous(context, steps, batch, &memory);
    srnn_float_mode__end(context->flushes, mode);
    srnn_context__leave(context);
    return status;
}

srnn_status srnn_context__call_padded(srnn_context *context,
                                      const srnn_cell_kernels *kernels,
                                      const srnn_padded_call *call)
{
    SRNN_TRY(srnn_padded_call__check(context, call));
    if (call->lengths == NULL && call->resets == NULL)
        return srnn_context__call(context, kernels, &call->tensors);
    return srnn_padded__forward(context, kernels, call);
}

srnn_status srnn_context_forward_sequences(
    srnn_context *context, const srnn_tensor *input, const srnn_tensor *lengths,
    const srnn_tensor *resets, const srnn_tensor *h0, const srnn_tensor *fresh,
    srnn_tensor *output, srnn_tensor *h_n)
{
    const srnn_padded_call call = {
        {.input = input, .h0 = h0, .output = output, .h_n = h_n},
        lengths,
        resets,
        fresh};
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_padded_call__check_handles(&call));
    SRNN_TRY(srnn_context__enter(context));
    const uint64_t mode = srnn_float_mode__begin(context->flushes);
    const srnn_status status =
        srnn_context__call_padded(context, &context->kernels, &call);
    srnn_float_mode__end(context->flushes, mode);
    srnn_context__leave(context);
    return status;
}
