/* SPDX-License-Identifier: MIT */
/* The shapes, dtypes and aliases of a forward. */
#include "api/call.h"

#include <inttypes.h>

#include "api/check.h"
#include "tensor/dtype.h"
#include "util/integer.h"
#include "util/text.h"

/* "a 2-layer bidirectional rnn with batch 2" */
static srnn_status fail_shape(const srnn_checked_call *c,
                              const srnn_tensor *tensor, const char *name,
                              int32_t rank, const srnn_dimension *wanted)
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

srnn_status srnn_checked_call__sequence(const srnn_checked_call *c,
                                        const srnn_tensor *tensor,
                                        const char *name,
                                        srnn_dimension features)
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

srnn_status srnn_checked_call__states(const srnn_checked_call *c,
                                      const srnn_tensor *tensor,
                                      const char *name, bool is_result)
{
    const srnn_options *const options = &c->context->rnn->options;
    const int64_t cells = srnn_options__cells(options);
    const int64_t batched[] = {cells, c->B, options->hidden_size};
    const int64_t single[] = {cells, options->hidden_size};
    const int32_t rank = c->batched ? 3 : 2;
    srnn_dimension wanted[3];
    if (srnn_check__fits_states(wanted, tensor, rank,
                                c->batched ? batched : single, is_result))
        return SRNN_OK;
    return fail_shape(c, tensor, name, rank, wanted);
}

srnn_status srnn_checked_call__dtype(const srnn_checked_call *c,
                                     const srnn_tensor *tensor,
                                     const char *name)
{
    if (tensor == NULL)
        return SRNN_OK;
    return srnn_check__dtype(
        tensor, name, (srnn_dtype)c->context->rnn->options.dtype, "the rnn");
}

static srnn_status check_shapes(srnn_checked_call *c, const srnn_call *call)
{
    const srnn_options *const options = &c->context->rnn->options;
    c->batched = c->input->rank != 2;
    SRNN_TRY(srnn_checked_call__sequence(
        c, c->input, "input",
        (srnn_dimension){"input_size", options->input_size}));
    srnn_plan__sizes(&c->T, &c->B, c->context->rnn, c->input);
    c->T -= call->look_ahead;
    if (call->h0 != NULL)
        SRNN_TRY(srnn_checked_call__states(c, call->h0, "h0", false));
    if (call->output != NULL)
        SRNN_TRY(srnn_checked_call__sequence(
            c, call->output, "output",
            (srnn_dimension){"num_directions*hidden_size",
                             srnn_options__directions(options) *
                                 options->hidden_size}));
    return call->h_n == NULL
               ? SRNN_OK
               : srnn_checked_call__states(c, call->h_n, "h_n", true);
}

srnn_status srnn_call__check_aliases(const srnn_call *call)
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

static srnn_status check_optional(const srnn_tensor *tensor, const char *name)
{
    return tensor == NULL
               ? SRNN_OK
               : srnn_check__handle(tensor, SRNN_HANDLE_TENSOR, name);
}

srnn_status srnn_call__check_handles(const srnn_call *call)
{
    SRNN_TRY(srnn_check__handle(call->input, SRNN_HANDLE_TENSOR, "input"));
    SRNN_TRY(check_optional(call->h0, "h0"));
    if (call->output != NULL)
        SRNN_TRY(srnn_check__result(call->output, "output"));
    return call->h_n == NULL ? SRNN_OK : srnn_check__result(call->h_n, "h_n");
}

srnn_status srnn_padded_call__check_handles(const srnn_padded_call *call)
{
    SRNN_TRY(srnn_call__check_handles(&call->tensors));
    SRNN_TRY(check_optional(call->lengths, "lengths"));
    SRNN_TRY(check_optional(call->resets, "resets"));
    return check_optional(call->fresh, "fresh");
}

/* Gives the checked call its sizes. */
static srnn_status check_tensors(srnn_checked_call *c, const srnn_call *call)
{
    SRNN_TRY(srnn_checked_call__dtype(c, call->input, "input"));
    SRNN_TRY(srnn_checked_call__dtype(c, call->h0, "h0"));
    SRNN_TRY(srnn_checked_call__dtype(c, call->output, "output"));
    SRNN_TRY(srnn_checked_call__dtype(c, call->h_n, "h_n"));
    SRNN_TRY(check_shapes(c, call));
    return srnn_call__check_aliases(call);
}

srnn_status srnn_call__check(const srnn_context *context, const srnn_call *call)
{
    srnn_checked_call c = {.context = context, .input = call->input};
    return check_tensors(&c, call);
}

static srnn_status check_integers(const srnn_tensor *tensor, const char *name,
                                  srnn_dtype dtype)
{
    if (tensor->dtype == dtype)
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_DTYPE, "%s is %s, expected %s", name,
                            srnn_dtype__name(tensor->dtype),
                            srnn_dtype__name(dtype));
}

static srnn_status check_lengths(const srnn_checked_call *c,
                                 const srnn_padded_call *call)
{
    const srnn_tensor *const lengths = call->lengths;
    const srnn_dimension wanted[] = {{"batch", c->B}};
    SRNN_TRY(check_integers(lengths, "lengths", SRNN_DTYPE_INT64));
    if (!srnn_shape__matches(lengths->rank, lengths->shape, 1, wanted) &&
        (c->batched || lengths->rank != 0))
        return fail_shape(c, lengths, "lengths", 1, wanted);
    /* All rows may share one length. */
    const int64_t count = srnn_padded__stride(lengths) == 0
                              ? srnn_integer__smaller(c->B, 1)
                              : c->B;
    for (int64_t b = 0; b < count; b++) {
        const int64_t length = srnn_padded__length(call, c->T, b);
        if (length < 0 || length > c->T)
            return srnn_error__fail(SRNN_ERROR_RANGE,
                                    "lengths[%" PRId64 "] is %" PRId64
                                    ", expected 0 to T=%" PRId64,
                                    b, length, c->T);
    }
    return SRNN_OK;
}

/* The input without its features. */
static srnn_status check_resets(const srnn_checked_call *c,
                                const srnn_tensor *resets)
{
    const srnn_dimension steps = {"T", c->T};
    const srnn_dimension batch = {"batch", c->B};
    const bool batch_first = c->context->rnn->options.batch_first != 0;
    const srnn_dimension batched[] = {batch_first ? batch : steps,
                                      batch_first ? steps : batch};
    const srnn_dimension *const wanted = c->batched ? batched : &steps;
    const int32_t rank = c->batched ? 2 : 1;
    SRNN_TRY(check_integers(resets, "resets", SRNN_DTYPE_UINT8));
    if (srnn_shape__matches(resets->rank, resets->shape, rank, wanted))
        return SRNN_OK;
    return fail_shape(c, resets, "resets", rank, wanted);
}

srnn_status srnn_padded_call__check(const srnn_context *context,
                                    const srnn_padded_call *call)
{
    const srnn_call *const tensors = &call->tensors;
    srnn_checked_call c = {.context = context, .input = tensors->input};
    SRNN_TRY(check_tensors(&c, tensors));
    if (call->lengths != NULL)
        SRNN_TRY(check_lengths(&c, call));
    if (call->resets != NULL)
        SRNN_TRY(check_resets(&c, call->resets));
    if (call->fresh != NULL) {
        SRNN_TRY(srnn_checked_call__dtype(&c, call->fresh, "fresh"));
        SRNN_TRY(srnn_checked_call__states(&c, call->fresh, "fresh", false));
    }
    const srnn_tensor *const read[] = {call->lengths, call->resets,
                                       call->fresh};
    static const char *const names[] = {"lengths", "resets", "fresh"};
    for (int i = 0; i < 3; i++) {
        SRNN_TRY(
            srnn_check__apart(tensors->output, "output", read[i], names[i]));
        SRNN_TRY(srnn_check__apart(tensors->h_n, "h_n", read[i], names[i]));
    }
    return SRNN_OK;
}

bool srnn_call__wrap(srnn_tensor *tensor, const srnn_rnn *rnn, srnn_role role,
                     int64_t steps, int64_t batch, const void *data)
{
    int64_t shape[3] = {0};
    srnn_rnn__shape(shape, rnn, role, steps, batch);
    return srnn_tensor__describe(tensor, (void *)data,
                                 (srnn_dtype)rnn->options.dtype, 3, shape);
}

srnn_status srnn_call__fail_size(int64_t steps, int64_t batch)
{
    return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                            "%" PRId64 " steps of a batch of %" PRId64
                            " would need more than 2^63 - 1 bytes",
                            steps, batch);
}
