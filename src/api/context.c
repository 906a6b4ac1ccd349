/* SPDX-License-Identifier: MIT */
/* srnn_context_*: checks, then src/stack. */
#include "stack/context.h"

#include "api/check.h"
#include "util/cancellation.h"

srnn_status srnn_context_create(srnn_context **out, const srnn_rnn *rnn)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    const int before = srnn_cancellation__hold();
    /* Who runs an rnn is no part of what it is. */
    const srnn_status status = srnn_context__create(out, (srnn_rnn *)rnn);
    srnn_cancellation__allow(before);
    return status;
}

void srnn_context_destroy(srnn_context *context)
{
    if (!srnn_check__is(context, SRNN_HANDLE_CONTEXT))
        return;
    const int before = srnn_cancellation__hold();
    srnn_context__destroy(context);
    srnn_cancellation__allow(before);
}

const srnn_rnn *srnn_context_rnn(const srnn_context *context)
{
    return srnn_check__is(context, SRNN_HANDLE_CONTEXT) ? context->rnn : NULL;
}

static srnn_status set_gemm(srnn_context *context, int64_t value)
{
    if (value != SRNN_GEMM_NATIVE && value != SRNN_GEMM_OPENBLAS)
        return srnn_check__fail_value("SRNN_CONTEXT_GEMM", value,
                                      "SRNN_GEMM_NATIVE or SRNN_GEMM_OPENBLAS");
    SRNN_TRY(srnn_gemm__check((srnn_gemm)value));
    SRNN_TRY(srnn_gemm__warm_up((srnn_gemm)value));
    srnn_context__choose(context, (srnn_gemm)value, context->kernels.isa);
    return SRNN_OK;
}

static srnn_status set_isa(srnn_context *context, int64_t value)
{
    if (srnn_isa__at(value) == SRNN_ISA_COUNT)
        return srnn_check__fail_value("SRNN_CONTEXT_ISA", value,
                                      "an SRNN_ISA_... of tuning.h");
    SRNN_TRY(srnn_isa__check((srnn_isa)value));
    srnn_context__choose(context, context->kernels.gemm, (srnn_isa)value);
    return SRNN_OK;
}

static srnn_status set_schedule(srnn_context *context, int64_t value)
{
    if (value < SRNN_SCHEDULE_AUTO || value > SRNN_SCHEDULE_COLUMNS)
        return srnn_check__fail_value("SRNN_CONTEXT_SCHEDULE", value,
                                      "an SRNN_SCHEDULE_... of tuning.h");
    context->schedule = (srnn_schedule)value;
    return SRNN_OK;
}

static srnn_rate rate_of(srnn_context_option option)
{
    return option == SRNN_CONTEXT_GFLOPS    ? SRNN_RATE_OPERATIONS
           : option == SRNN_CONTEXT_L2_GBPS ? SRNN_RATE_L2
                                            : SRNN_RATE_L3;
}

/* In whole units, but never 0, which would mean that none is known. */
static int64_t rate_in_use(const srnn_context *context,
                           srnn_context_option option)
{
    const srnn_rates rates =
        srnn_rates__get(context->kernels.isa, context->rates);
    const double rate = rates.of[rate_of(option)];
    return rate < 1 ? 1 : (int64_t)(rate + 0.5);
}

static srnn_status set_option(srnn_context *context, srnn_context_option option,
                              int64_t value)
{
    const char *const name = srnn_constant_name(option);
    switch (option) {
    case SRNN_CONTEXT_GEMM:
        return set_gemm(context, value);
    case SRNN_CONTEXT_ISA:
        return set_isa(context, value);
    case SRNN_CONTEXT_NUM_THREADS:
        SRNN_TRY(srnn_check__range(value, name, 1, SRNN_MAX_THREADS));
        context->threads = value;
        return SRNN_OK;
    case SRNN_CONTEXT_SCHEDULE:
        return set_schedule(context, value);
    case SRNN_CONTEXT_FLUSH_SUBNORMALS:
        SRNN_TRY(srnn_check__range(value, name, 0, 1));
        context->flushes = value != 0;
        return SRNN_OK;
    case SRNN_CONTEXT_KEEP_TINY_GRADIENTS:
        SRNN_TRY(srnn_check__range(value, name, 0, 1));
        context->keeps_tiny_gradients = value != 0;
        return SRNN_OK;
    case SRNN_CONTEXT_GFLOPS:
    case SRNN_CONTEXT_L2_GBPS:
    case SRNN_CONTEXT_L3_GBPS:
        SRNN_TRY(srnn_check__range(value, name, 0, SRNN_MAX_RATE));
        context->rates[rate_of(option)] = value;
        return SRNN_OK;
    case SRNN_CONTEXT_LAST_SCHEDULE:
    case SRNN_CONTEXT_LAST_THREADS:
    case SRNN_CONTEXT_MEASURED_RATES:
        return srnn_error__fail(SRNN_ERROR_STATE, "%s is read only", name);
    default:
        return srnn_check__fail_option(option, "a context", "SRNN_CONTEXT_");
    }
}

srnn_status srnn_context_set_int(srnn_context *context,
                                 srnn_context_option option, int64_t value)
{
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_context__enter(context));
    const srnn_status status = set_option(context, option, value);
    srnn_context__forget(context);
    context->serial_walk.T = 0;
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
    case SRNN_CONTEXT_FLUSH_SUBNORMALS:
        *out = context->flushes ? 1 : 0;
        return SRNN_OK;
    case SRNN_CONTEXT_KEEP_TINY_GRADIENTS:
        *out = context->keeps_tiny_gradients ? 1 : 0;
        return SRNN_OK;
    case SRNN_CONTEXT_GFLOPS:
    case SRNN_CONTEXT_L2_GBPS:
    case SRNN_CONTEXT_L3_GBPS:
        *out = rate_in_use(context, option);
        return SRNN_OK;
    case SRNN_CONTEXT_MEASURED_RATES:
        *out = srnn_rates__count_measured(context->kernels.isa, context->rates);
        return SRNN_OK;
    case SRNN_CONTEXT_LAST_SCHEDULE:
        *out = context->last_schedule;
        return SRNN_OK;
    case SRNN_CONTEXT_LAST_THREADS:
        *out = context->last_threads;
        return SRNN_OK;
    default:
        return srnn_check__fail_option(option, "a context", "SRNN_CONTEXT_");
    }
}

srnn_status srnn_context_get_int(int64_t *out, const srnn_context *context,
                                 srnn_context_option option)
{
    srnn_context *const inside = (srnn_context *)context; /* its flag alone */
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_context__enter(inside));
    const srnn_status status = get_option(out, context, option);
    srnn_context__leave(inside);
    return status;
}
