/* SPDX-License-Identifier: MIT */
/* srnn_context_*: checks, then src/stack. */
#include <inttypes.h>

#include "api/check.h"
#include "api/context.h"
#include "stack/context.h"
#include "stack/padded.h"
#include "stack/plan.h"
#include "util/cancellation.h"
#include "util/text.h"

srnn_status srnn_context_create(srnn_context **out, srnn_rnn *rnn)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    return srnn_context__create(out, rnn);
}

void srnn_context_destroy(srnn_context *context)
{
    if (srnn_check__is(context, SRNN_HANDLE_CONTEXT))
        srnn_context__destroy(context);
}

srnn_status srnn_context__seize(srnn_context *context)
{
    if (atomic_flag_test_and_set_explicit(&context->busy, memory_order_acquire))
        return srnn_error__fail(SRNN_ERROR_BUSY,
                                "the context is in a call of another thread; "
                                "give each thread a context of its own");
    return SRNN_OK;
}

void srnn_context__release(srnn_context *context)
{
    atomic_flag_clear_explicit(&context->busy, memory_order_release);
}

srnn_status srnn_context__enter(srnn_context *context)
{
    SRNN_TRY(srnn_context__seize(context));
    context->cancellation = srnn_cancellation__hold();
    return SRNN_OK;
}

void srnn_context__leave(srnn_context *context)
{
    const int before = context->cancellation;
    srnn_context__release(context);
    srnn_cancellation__allow(before);
}

static srnn_status fail_option(srnn_context_option option)
{
    return srnn_error__fail(
        SRNN_ERROR_INVALID, "context option %d is unknown; expected %d to %d",
        (int)option, SRNN_CONTEXT_GEMM, SRNN_CONTEXT_LAST_THREADS);
}

static srnn_status set_option(srnn_context *context, srnn_context_option option,
                              int64_t value)
{
    const srnn_cell__kernels now = context->kernels;
    switch (option) {
    case SRNN_CONTEXT_GEMM:
        SRNN_TRY(srnn_gemm__check(value));
        SRNN_TRY(srnn_gemm__warm_up((srnn_gemm)value));
        srnn_context__choose(context, (srnn_gemm)value, now.isa);
        return SRNN_OK;
    case SRNN_CONTEXT_ISA:
        SRNN_TRY(srnn_isa__check(value));
        srnn_context__choose(context, now.gemm, (srnn_isa)value);
        return SRNN_OK;
    case SRNN_CONTEXT_NUM_THREADS:
        SRNN_TRY(srnn_check__range(value, "num_threads", 1, SRNN_MAX_THREADS));
        context->threads = value;
        return SRNN_OK;
    case SRNN_CONTEXT_SCHEDULE:
        SRNN_TRY(srnn_check__range(value, "schedule", SRNN_SCHEDULE_AUTO,
                                   SRNN_SCHEDULE_COLUMNS));
        context->schedule = (srnn_schedule)value;
        return SRNN_OK;
    case SRNN_CONTEXT_LAST_SCHEDULE:
    case SRNN_CONTEXT_LAST_THREADS:
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "context option %d is read only", (int)option);
    default:
        return fail_option(option);
    }
}

srnn_status srnn_context_set_int(srnn_context *context,
                                 srnn_context_option option, int64_t value)
{
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_context__enter(context));
    const srnn_status status = set_option(context, option, value);
    srnn_context__forget(context);
    srnn_context__leave(context);
    return status;
}

static srnn_status get_option(int64_t *out, const srnn_context *context,
                              srnn_context_option option)
{
    switch (option) {
    case SRNN_CONTEXT_GEMM:
        *out = context->kernels.gemm;
        return SRNN_OK;
    case SRNN_CONTEXT_ISA:
        *out = context->kernels.isa;
        return SRNN_OK;
    case SRNN_CONTEXT_NUM_THREADS:
        *out = context->threads;
        return SRNN_OK;
    case SRNN_CONTEXT_SCHEDULE:
        *out = context->schedule;
        return SRNN_OK;
    case SRNN_CONTEXT_LAST_SCHEDULE:
        *out = context->last_schedule;
        return SRNN_OK;
    case SRNN_CONTEXT_LAST_THREADS:
        *out = context->last_threads;
        return SRNN_OK;
    default:
        return fail_option(option);
    }
}

srnn_status srnn_context_get_int(int64_t *out, srnn_context *context,
                                 srnn_context_option option)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_context__enter(context));
    const srnn_status status = get_option(out, context, option);
    srnn_context__leave(context);
    return status;
}

/* What forward was called with. */
typedef struct {
    const srnn_context *context;
    const srnn_tensor *input;
    int64_t T; /* of the output */
    int64_t B;
    bool batched;
} subject;

/* "a 2-layer bidirectional rnn with batch 2" */
static srnn_status fail_shape(const subject *c, const srnn_tensor *tensor,
                              const char *name, int32_t rank,
                              const srnn_dimension *wanted)
{
    const srnn_options *const options = &c->context->rnn->options;
    char owner[120];
    srnn_text text = {owner, sizeof owner, 0};
    srnn_options__append(&text, options);
    if (tensor == c->input)
        srnn_text__append(&text, "%s",
                          options->batch_first ? " with batch_first" : "");
    else if (c->batched)
        srnn_text__append(&text, " with batch %" PRId64, c->B);
    else
        srnn_text__append(&text, " with input of rank 2, no batch,");
    return srnn_shape__fail(name, tensor->rank, tensor->shape, owner, rank,
                            wanted);
}

/* [T,B,features], [B,T,features] or [T,features] */
static srnn_status check_sequence(const subject *c, const srnn_tensor *tensor,
                                  const char *name, srnn_dimension features)
{
    const bool is_input = tensor == c->input;
    const srnn_dimension steps = {"T", is_input ? SRNN_ANY_SIZE : c->T};
    const srnn_dimension batch = {"batch", is_input ? SRNN_ANY_SIZE : c->B};
    const bool batch_first = c->context->rnn->options.batch_first != 0;
    const srnn_dimension batched[] = {batch_first ? batch : steps,
                                      batch_first ? steps : batch, features};
    const srnn_dimension single[] = {steps, features};
    const srnn_dimension *const wanted = c->batched ? batched : single;
    const int32_t rank = c->batched ? 3 : 2;
    if (srnn_shape__matches(tensor->rank, tensor->shape, rank, wanted))
        return SRNN_OK;
    return fail_shape(c, tensor, name, rank, wanted);
}

/* [L*D,B,H] or [L*D,H] */
static srnn_status check_states(const subject *c, const srnn_tensor *tensor,
                                const char *name)
{
    const srnn_options *const options = &c->context->rnn->options;
    const srnn_dimension cells = {"num_layers*num_directions",
                                  options->num_layers *
                                      srnn_options__directions(options)};
    const srnn_dimension hidden = {"hidden_size", options->hidden_size};
    const srnn_dimension batched[] = {cells, {"batch", c->B}, hidden};
    const srnn_dimension single[] = {cells, hidden};
    const srnn_dimension *const wanted = c->batched ? batched : single;
    const int32_t rank = c->batched ? 3 : 2;
    if (srnn_shape__matches(tensor->rank, tensor->shape, rank, wanted))
        return SRNN_OK;
    return fail_shape(c, tensor, name, rank, wanted);
}

static srnn_status check_dtype(const subject *c, const srnn_tensor *tensor,
                               const char *name)
{
    if (tensor == NULL)
        return SRNN_OK;
    return srnn_check__dtype(
        tensor, name, (srnn_dtype)c->context->rnn->options.dtype, "the rnn");
}

static srnn_status check_shapes(subject *c, const srnn_call *call)
{
    const srnn_options *const options = &c->context->rnn->options;
    c->batched = c->input->rank != 2;
    SRNN_TRY(
        check_sequence(c, c->input, "input",
                       (srnn_dimension){"input_size", options->input_size}));
    srnn_plan__sizes(&c->T, &c->B, c->context->rnn, c->input);
    c->T -= call->look_ahead;
    if (call->h0 != NULL)
        SRNN_TRY(check_states(c, call->h0, "h0"));
    if (call->output != NULL)
        SRNN_TRY(
            check_sequence(c, call->output, "output",
                           (srnn_dimension){"num_directions*hidden_size",
                                            srnn_options__directions(options) *
                                                options->hidden_size}));
    return call->h_n == NULL ? SRNN_OK : check_states(c, call->h_n, "h_n");
}

static srnn_status check_aliases(const srnn_call *call)
{
    const srnn_tensor *const output = call->output;
    const srnn_tensor *const h_n = call->h_n;
    SRNN_TRY(srnn_check__apart(output, "output", call->input, "input"));
    SRNN_TRY(srnn_check__apart(output, "output", call->h0, "h0"));
    SRNN_TRY(srnn_check__apart(output, "output", h_n, "h_n"));
    SRNN_TRY(srnn_check__apart(h_n, "h_n", call->input, "input"));
    if (h_n != NULL && call->h0 != NULL &&
        srnn_tensor__same_memory(h_n, call->h0))
        return SRNN_OK;
    return srnn_check__apart(h_n, "h_n", call->h0, "h0");
}

static srnn_status check_handles(const srnn_call *call)
{
    SRNN_TRY(srnn_check__handle(call->input, SRNN_HANDLE_TENSOR, "input"));
    if (call->h0 != NULL)
        SRNN_TRY(srnn_check__handle(call->h0, SRNN_HANDLE_TENSOR, "h0"));
    if (call->output != NULL)
        SRNN_TRY(srnn_check__result(call->output, "output"));
    if (call->h_n != NULL)
        SRNN_TRY(srnn_check__result(call->h_n, "h_n"));
    return SRNN_OK;
}

static srnn_status check_call(const srnn_context *context,
                              const srnn_call *call)
{
    subject c = {.context = context, .input = call->input};
    SRNN_TRY(check_dtype(&c, call->input, "input"));
    SRNN_TRY(check_dtype(&c, call->h0, "h0"));
    SRNN_TRY(check_dtype(&c, call->output, "output"));
    SRNN_TRY(check_dtype(&c, call->h_n, "h_n"));
    SRNN_TRY(check_shapes(&c, call));
    return check_aliases(call);
}

/* A call like the one before needs no more than a look at its handles. */
srnn_status srnn_context__call(srnn_context *context, const srnn_call *call)
{
    if (!srnn_context__is_prepared(context, call)) {
        SRNN_TRY(check_call(context, call));
        SRNN_TRY(srnn_context__prepare(context, call));
    }
    srnn_context__forward(context);
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
    SRNN_TRY(check_handles(&call));
    SRNN_TRY(srnn_context__enter(context));
    const srnn_status status = srnn_context__call(context, &call);
    srnn_context__leave(context);
    return status;
}

static srnn_status check_lengths(const srnn_context *context,
                                 const srnn_padded_call *call)
{
    int64_t T = 0;
    int64_t B = 0;
    srnn_plan__sizes(&T, &B, context->rnn, call->tensors.input);
    for (int64_t b = 0; call->lengths != NULL && b < B; b++)
        if (call->lengths[b] < 0 || call->lengths[b] > T)
            return srnn_error__fail(SRNN_ERROR_INVALID,
                                    "lengths[%" PRId64 "] is %" PRId64
                                    ", expected 0 to T=%" PRId64,
                                    b, call->lengths[b], T);
    return SRNN_OK;
}

static srnn_status forward_padded(srnn_context *context,
                                  const srnn_padded_call *call)
{
    SRNN_TRY(check_call(context, &call->tensors));
    SRNN_TRY(check_lengths(context, call));
    return srnn_padded__forward(context, call);
}

srnn_status srnn_context_forward_padded(srnn_context *context,
                                        const srnn_tensor *input,
                                        const int64_t *lengths,
                                        const uint8_t *resets,
                                        const srnn_tensor *h0,
                                        srnn_tensor *output, srnn_tensor *h_n)
{
    const srnn_padded_call call = {
        {.input = input, .h0 = h0, .output = output, .h_n = h_n},
        lengths,
        resets};
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(check_handles(&call.tensors));
    SRNN_TRY(srnn_context__enter(context));
    const srnn_status status = forward_padded(context, &call);
    srnn_context__leave(context);
    return status;
}
