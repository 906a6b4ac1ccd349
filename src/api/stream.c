/* SPDX-License-Identifier: MIT */
/* The stream of a context: checks, then src/stack. */
#include <inttypes.h>

#include "api/check.h"
#include "api/context.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

static srnn_status check_stream(const srnn_context *context)
{
    if (context->stream == NULL)
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "the context has no stream; call "
                                "srnn_context_start first");
    return SRNN_OK;
}

static srnn_status start(srnn_context *context, int64_t batch)
{
    srnn_stream *stream = NULL;
    SRNN_TRY(srnn_check__range(batch, "batch", 1, INT64_MAX));
    SRNN_TRY(srnn_stream__create(&stream, context->rnn, batch));
    srnn_stream__destroy(context->stream);
    context->stream = stream;
    return SRNN_OK;
}

srnn_status srnn_context_start(srnn_context *context, int64_t batch)
{
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_context__enter(context));
    const srnn_status status = start(context, batch);
    srnn_context__leave(context);
    return status;
}

/* The batch of an input is the stream's, or it has none and the stream has 1.
 */
static srnn_status check_batch(const srnn_context *context,
                               const srnn_tensor *input)
{
    const srnn_options *const options = &context->rnn->options;
    const int64_t B = context->stream->states.shape[1];
    const srnn_dimension steps = {"T", SRNN_ANY_SIZE};
    const srnn_dimension batch = {"batch", B};
    const srnn_dimension wanted[] = {options->batch_first ? batch : steps,
                                     options->batch_first ? steps : batch,
                                     {"input_size", options->input_size}};
    if (input->rank == 2 ? B == 1
                         : input->rank != 3 ||
                               input->shape[options->batch_first ? 0 : 1] == B)
        return SRNN_OK;
    return srnn_shape__fail("input", input->rank, input->shape,
                            "the stream of the context", 3, wanted);
}

/* Where the ranks do not fit, 0: the checks of the call will tell. */
static srnn_status find_look_ahead(int64_t *look_ahead,
                                   const srnn_context *context,
                                   const srnn_tensor *input,
                                   const srnn_tensor *output)
{
    int64_t given = 0;
    int64_t wanted = 0;
    int64_t B = 0;
    if (output == NULL || output->rank != input->rank)
        return SRNN_OK;
    srnn_plan__sizes(&given, &B, context->rnn, input);
    srnn_plan__sizes(&wanted, &B, context->rnn, output);
    if (wanted > given)
        return srnn_error__fail(SRNN_ERROR_SHAPE,
                                "output has T=%" PRId64
                                " steps, input only %" PRId64
                                ": the input of a bidirectional stream has "
                                "those of the output, then those to look ahead "
                                "to",
                                wanted, given);
    *look_ahead = given - wanted;
    return SRNN_OK;
}

/* The states are both ends of a forward. */
static srnn_status advance(srnn_context *context, const srnn_tensor *input,
                           const srnn_tensor *output)
{
    const bool is_window = context->rnn->options.bidirectional != 0;
    int64_t look_ahead = 0;
    SRNN_TRY(check_stream(context));
    SRNN_TRY(check_batch(context, input));
    if (is_window)
        SRNN_TRY(find_look_ahead(&look_ahead, context, input, output));
    srnn_tensor states = context->stream->states;
    const int64_t unbatched[] = {states.shape[0], states.shape[2]};
    if (input->rank == 2)
        states =
            srnn_tensor__contiguous(states.data, states.dtype, 2, unbatched);
    const srnn_call call = {.input = input,
                            .h0 = &states,
                            .output = output,
                            .h_n = &states,
                            .is_window = is_window,
                            .look_ahead = look_ahead};
    return srnn_context__call(context, &call);
}

srnn_status srnn_context_advance(srnn_context *context,
                                 const srnn_tensor *input, srnn_tensor *output)
{
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_check__handle(input, SRNN_HANDLE_TENSOR, "input"));
    if (output != NULL)
        SRNN_TRY(srnn_check__result(output, "output"));
    SRNN_TRY(srnn_context__enter(context));
    const srnn_status status = advance(context, input, output);
    srnn_context__leave(context);
    return status;
}

static srnn_status check_aligned(const srnn_context *context,
                                 const void *values, const char *name)
{
    const int64_t size =
        srnn_dtype__size((srnn_dtype)context->rnn->options.dtype);
    if (((uintptr_t)values & ((uintptr_t)size - 1)) != 0)
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "%s is at %p, not a multiple of %" PRId64, name,
                                values, size);
    return SRNN_OK;
}

static srnn_status check_steps(const srnn_context *context)
{
    if (context->rnn->options.bidirectional)
        return srnn_error__fail(SRNN_ERROR_UNSUPPORTED,
                                "the rnn is bidirectional: a single step has "
                                "none to look ahead to; call "
                                "srnn_context_advance");
    return check_stream(context);
}

srnn_status srnn_context_step(srnn_context *context, const void *input,
                              void *output)
{
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_check__pointer(input, "input"));
    SRNN_TRY(check_aligned(context, input, "input"));
    SRNN_TRY(check_aligned(context, output, "output"));
    SRNN_TRY(srnn_context__seize(context));
    const srnn_status status = check_steps(context);
    if (status == SRNN_OK)
        srnn_stream__step(context->stream, context->rnn, &context->kernels,
                          input, output);
    srnn_context__release(context);
    return status;
}

/* [L*D,B,H] */
static srnn_status check_states(const srnn_context *context,
                                const srnn_tensor *states)
{
    const srnn_tensor *const own = &context->stream->states;
    const srnn_dimension wanted[] = {
        {"num_layers*num_directions", own->shape[0]},
        {"batch", own->shape[1]},
        {"hidden_size", own->shape[2]}};
    SRNN_TRY(srnn_check__dtype(states, "states", own->dtype, "the rnn"));
    if (srnn_shape__matches(states->rank, states->shape, 3, wanted))
        return SRNN_OK;
    return srnn_shape__fail("states", states->rank, states->shape,
                            "the stream of the context", 3, wanted);
}

static srnn_status copy_states(const srnn_context *context,
                               const srnn_tensor *states, bool to_stream)
{
    SRNN_TRY(check_stream(context));
    const srnn_tensor *const own = &context->stream->states;
    if (states == NULL) {
        srnn_tensor__fill_zero(own);
        return SRNN_OK;
    }
    SRNN_TRY(check_states(context, states));
    srnn_tensor__copy(to_stream ? own : states, to_stream ? states : own);
    return SRNN_OK;
}

srnn_status srnn_context_get_state(srnn_context *context, srnn_tensor *states)
{
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_check__result(states, "states"));
    SRNN_TRY(srnn_context__enter(context));
    const srnn_status status = copy_states(context, states, false);
    srnn_context__leave(context);
    return status;
}

srnn_status srnn_context_set_state(srnn_context *context,
                                   const srnn_tensor *states)
{
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    if (states != NULL)
        SRNN_TRY(srnn_check__handle(states, SRNN_HANDLE_TENSOR, "states"));
    SRNN_TRY(srnn_context__enter(context));
    const srnn_status status = copy_states(context, states, true);
    srnn_context__leave(context);
    return status;
}
