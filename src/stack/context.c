/* SPDX-License-Identifier: MIT */
/* The life of a context. */
#include "stack/context.h"

#include <stdlib.h>

#include "os/os.h"
#include "util/error.h"
#include "util/memory.h"
#include "util/text.h"

static srnn_status fail_threads(const char *value)
{
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote(quoted, value);
    return srnn_error__fail(SRNN_ERROR_ENVIRONMENT,
                            "SIMPLERNN_NUM_THREADS is %s, expected 1 to %d",
                            quoted, SRNN_MAX_THREADS);
}

/* SIMPLERNN_NUM_THREADS, else the cores that the process may use. */
static srnn_status default_threads(int64_t *out)
{
    const char *const text = srnn_os__variable("SIMPLERNN_NUM_THREADS");
    *out = srnn_team__available();
    if (*out > SRNN_MAX_THREADS)
        *out = SRNN_MAX_THREADS;
    if (text == NULL || *text == '\0')
        return SRNN_OK;
    char *end = NULL;
    *out = strtoll(text, &end, 10);
    if (*end != '\0' || *out < 1 || *out > SRNN_MAX_THREADS)
        return fail_threads(text);
    return SRNN_OK;
}

srnn_status srnn_context__create(srnn_context **out, srnn_rnn *rnn)
{
    srnn_cell__kernels kernels;
    int64_t threads = 0;
    void *memory = NULL;
    SRNN_TRY(
        srnn_cell__choose_default(&kernels, (srnn_dtype)rnn->options.dtype,
                                  (srnn_nonlinearity)rnn->options.nonlinearity,
                                  rnn->options.hidden_size));
    SRNN_TRY(default_threads(&threads));
    SRNN_TRY(srnn_memory__create(&memory, (int64_t)sizeof(srnn_context)));
    srnn_context *const context = memory;
    context->handle.kind = SRNN_HANDLE_CONTEXT;
    atomic_init(&context->busy, 0);
    context->rnn = rnn;
    context->kernels = kernels;
    context->threads = threads;
    context->schedule = SRNN_SCHEDULE_AUTO;
    srnn_rnn__retain(rnn);
    srnn_users__add(&rnn->users, &context->user, &context->busy);
    *out = context;
    return SRNN_OK;
}

void srnn_context__destroy(srnn_context *context)
{
    context->handle.kind = 0;
    srnn_users__remove(&context->rnn->users, &context->user);
    srnn_team__destroy(context->team);
    srnn_rnn__release(context->rnn);
    srnn_memory__destroy(context->memory);
    srnn_memory__destroy(context);
}

void srnn_context__choose(srnn_context *context, srnn_gemm gemm, srnn_isa isa)
{
    const srnn_options *const options = &context->rnn->options;
    context->kernels =
        srnn_cell__choose(gemm, isa, (srnn_dtype)options->dtype,
                          (srnn_nonlinearity)options->nonlinearity);
}

srnn_status srnn_context__reserve(srnn_context *context, int64_t bytes)
{
    if (bytes <= context->capacity)
        return SRNN_OK;
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, bytes));
    srnn_memory__destroy(context->memory);
    context->memory = memory;
    context->capacity = bytes;
    return SRNN_OK;
}

srnn_status srnn_context__gather(srnn_context *context, int64_t members)
{
    srnn_team *team = NULL;
    if (context->team != NULL && srnn_team__is_usable(context->team) &&
        srnn_team__capacity(context->team) >= members)
        return SRNN_OK;
    SRNN_TRY(srnn_team__create(&team, members));
    srnn_team__destroy(context->team);
    context->team = team;
    return SRNN_OK;
}
