/* SPDX-License-Identifier: MIT */
/* srnn_stream_*: checks, then src/stack. */
#include "stack/stream.h"

#include <inttypes.h>

#include "api/call.h"
#include "api/check.h"
#include "api/forward.h"
#include "tensor/shape.h"
#include "util/cancellation.h"
#include "util/float_mode.h"

srnn_status srnn_stream_create(srnn_stream **out, const srnn_context *context,
                               int64_t batch)
{
    srnn_context *const inside = (srnn_context *)context; /* its flag alone */
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_check__range(batch, "batch", 1, INT64_MAX));
    SRNN_TRY(srnn_context__enter(inside));
    const srnn_status status = srnn_stream__create(out, context, batch);
    srnn_context__leave(inside);
    return status;
}

void srnn_stream_destroy(srnn_stream *stream)
{
    if (!srnn_check__is(stream, SRNN_HANDLE_STREAM))
        return;
    const int before = srnn_cancellation__hold();
    srnn_stream__destroy(stream);
    srnn_cancellation__allow(before);
}

const srnn_rnn *srnn_stream_rnn(const srnn_stream *stream)
{
    return srnn_check__is(stream, SRNN_HANDLE_STREAM)
               ? atomic_load(&stream->rnn)
               : NULL;
}

/* No call in between has a cancellation point, except where it says so. */
static srnn_status seize(srnn_stream *stream)
{
    if (srnn_busy__take(&stream->busy))
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_BUSY,
                            "another thread is using the stream or writing "
                            "parameters of its rnn");
}

static void release(srnn_stream *stream)
{
    srnn_busy__release(&stream->busy);
}

srnn_status srnn_stream_set_int(srnn_stream *stream, srnn_stream_option option,
                                int64_t value)
{
    SRNN_TRY(srnn_check__handle(stream, SRNN_HANDLE_STREAM, "stream"));
    if (option == SRNN_STREAM_BATCH)
        return srnn_error__fail(SRNN_ERROR_STATE, "%s is read only",
                                srnn_constant_name(option));
    if (option != SRNN_STREAM_FLUSH_SUBNORMALS)
        return srnn_check__fail_option(option, "a stream", "SRNN_STREAM_");
    SRNN_TRY(srnn_check__range(value, srnn_constant_name(option), 0, 1));
    SRNN_TRY(seize(stream));
    stream->flushes = value != 0;
    release(stream);
    return SRNN_OK;
}

srnn_status srnn_stream_get_int(int64_t *out, const srnn_stream *stream,
                                srnn_stream_option option)
{
    srnn_stream *const inside = (srnn_stream *)stream; /* its flag alone */
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__handle(stream, SRNN_HANDLE_STREAM, "stream"));
    if (option == SRNN_STREAM_BATCH) { /* it never changes */
        *out = stream->batch;
        return SRNN_OK;
    }
    if (option != SRNN_STREAM_FLUSH_SUBNORMALS)
        return srnn_check__fail_option(option, "a stream", "SRNN_STREAM_");
    SRNN_TRY(seize(inside));
    *out = stream->flushes ? 1 : 0;
    release(inside);
    return SRNN_OK;
}

/* The options of the rnn, which are the same for any that a stream can get,
 * except dropout, bias and batch_first: the rnn may change during a call. From
 * inside a call or a change, or another thread may let the rnn go. */
static const srnn_options *options_of(const srnn_stream *stream)
{
    return &atomic_load(&stream->rnn)->options;
}

/* The batch of an input is the stream's, or it has none and the stream has 1.
 */
static srnn_status check_batch(const srnn_stream *stream,
                               const srnn_options *options,
                               const srnn_tensor *input)
{
    const srnn_dimension steps = {"T", SRNN_ANY_SIZE};
    const srnn_dimension batch = {"batch", stream->batch};
    const srnn_dimension wanted[] = {options->batch_first ? batch : steps,
                                     options->batch_first ? steps : batch,
                                     {"input_size", options->input_size}};
    if (input->rank == 2
            ? stream->batch == 1
            : input->rank != 3 ||
                  input->shape[options->batch_first ? 0 : 1] == stream->batch)
        return SRNN_OK;
    return srnn_shape__fail("input", input->rank, input->shape, "the stream", 3,
                            wanted);
}

/* Where the ranks do not fit, 0: the checks of the call will tell. */
static srnn_status find_look_ahead(int64_t *look_ahead, const srnn_rnn *rnn,
                                   const srnn_tensor *input,
                                   const srnn_tensor *output)
{
    int64_t given = 0;
    int64_t wanted = 0;
    int64_t B = 0;
    if (output == NULL || output->rank != input->rank || input->rank < 2 ||
        input->rank > 3)
        return SRNN_OK;
    srnn_plan__sizes(&given, &B, rnn, input);
    srnn_plan__sizes(&wanted, &B, rnn, output);
    if (wanted > given)
        return srnn_error__fail(SRNN_ERROR_SHAPE,
                                "output has T=%" PRId64
                                " steps, but input has only %" PRId64
                                ": if the rnn is not forward, input has the "
                                "steps of output and then those of look-ahead",
                                wanted, given);
    *look_ahead = given - wanted;
    return SRNN_OK;
}

/* The states are both ends of a forward. The rnn is the context's all along:
 * that of the stream may change meanwhile. */
static srnn_status advance(srnn_stream *stream, srnn_context *context,
                           const srnn_padded_call *given)
{
    const srnn_options *const options = &context->rnn->options;
    const srnn_tensor *const input = given->tensors.input;
    const bool is_window = !srnn_options__is_forward(options);
    srnn_padded_call call = *given;
    if (atomic_load(&stream->rnn) != context->rnn)
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "context and stream run different rnns");
    const bool has_episodes = call.resets != NULL || call.fresh != NULL;
    if (is_window && has_episodes)
        return srnn_error__fail(
            SRNN_ERROR_UNSUPPORTED,
            "%s is given, but the rnn is %s: episodes in a stream need a "
            "forward rnn",
            call.resets != NULL ? "resets" : "fresh",
            srnn_option__word(SRNN_OPTION_DIRECTION, options->direction));
    SRNN_TRY(check_batch(stream, options, input));
    if (is_window)
        SRNN_TRY(find_look_ahead(&call.tensors.look_ahead, context->rnn, input,
                                 call.tensors.output));
    srnn_tensor states = srnn_stream__states(stream);
    const int64_t unbatched[] = {states.shape[0], states.shape[2]};
    if (input->rank == 2)
        states =
            srnn_tensor__contiguous(states.data, states.dtype, 2, unbatched);
    call.tensors.h0 = &states;
    call.tensors.h_n = &states;
    call.tensors.is_window = is_window;
    call.tensors.is_of_stream = true;
    if (has_episodes)
        return srnn_context__call_padded(context, &stream->kernels, &call);
    return srnn_context__call(context, &stream->kernels, &call.tensors);
}

static srnn_status enter_both(srnn_stream *stream, srnn_context *context)
{
    SRNN_TRY(seize(stream));
    const srnn_status status = srnn_context__enter(context);
    if (status != SRNN_OK)
        release(stream);
    return status;
}

srnn_status srnn_stream_advance(srnn_stream *stream, srnn_context *context,
                                const srnn_tensor *input,
                                const srnn_tensor *resets,
                                const srnn_tensor *fresh, srnn_tensor *output)
{
    const srnn_padded_call call = {
        .tensors = {.input = input, .output = output},
        .resets = resets,
        .fresh = fresh};
    SRNN_TRY(srnn_check__handle(stream, SRNN_HANDLE_STREAM, "stream"));
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(srnn_padded_call__check_handles(&call));
    SRNN_TRY(enter_both(stream, context));
    const uint64_t mode = srnn_float_mode__begin(stream->flushes);
    const srnn_status status = advance(stream, context, &call);
    srnn_float_mode__end(stream->flushes, mode);
    release(stream); /* first: leaving the context may end the thread */
    srnn_context__leave(context);
    return status;
}

static srnn_status fail_direction(const srnn_options *options)
{
    return srnn_error__fail(
        SRNN_ERROR_UNSUPPORTED,
        "the rnn is %s, but a single step cannot look ahead; call "
        "srnn_stream_advance",
        srnn_option__word(SRNN_OPTION_DIRECTION, options->direction));
}

/* Nothing is called where all is well. */
static srnn_status check_step(const srnn_stream *stream, const void *input,
                              const void *output)
{
    const uintptr_t below = (uintptr_t)stream->alignment - 1;
    if (!stream->is_forward)
        return fail_direction(options_of(stream));
    if ((((uintptr_t)input | (uintptr_t)output) & below) == 0)
        return SRNN_OK;
    const srnn_dtype dtype = (srnn_dtype)options_of(stream)->dtype;
    SRNN_TRY(srnn_check__aligned(input, "input", dtype));
    return srnn_check__aligned(output, "output", dtype);
}

static void step(srnn_stream *stream, const void *input, void *output)
{
    const uint64_t mode = srnn_float_mode__begin(stream->flushes);
    srnn_stream__step(stream, input, output);
    srnn_float_mode__end(stream->flushes, mode);
}

srnn_status srnn_stream_step(srnn_stream *stream, const void *input,
                             void *output)
{
    SRNN_TRY(srnn_check__handle(stream, SRNN_HANDLE_STREAM, "stream"));
    SRNN_TRY(srnn_check__pointer(input, "input"));
    SRNN_TRY(seize(stream));
    const srnn_status status = check_step(stream, input, output);
    if (status == SRNN_OK)
        step(stream, input, output);
    release(stream);
    return status;
}

srnn_status srnn_stream_reset(srnn_stream *stream, const uint8_t *rows,
                              const void *fresh, int64_t fresh_batch)
{
    SRNN_TRY(srnn_check__handle(stream, SRNN_HANDLE_STREAM, "stream"));
    if (fresh != NULL && fresh_batch != 1 && fresh_batch != stream->batch)
        return srnn_error__fail(SRNN_ERROR_RANGE,
                                "fresh_batch is %" PRId64
                                ", expected 1 or %" PRId64
                                ", the batch of the stream",
                                fresh_batch, stream->batch);
    SRNN_TRY(seize(stream));
    const srnn_status status = srnn_check__aligned(
        fresh, "fresh", (srnn_dtype)options_of(stream)->dtype);
    if (status == SRNN_OK)
        srnn_stream__reset(stream, rows, fresh, fresh_batch);
    release(stream);
    return status;
}

static srnn_status check_states(const srnn_tensor *states,
                                const srnn_tensor *own, bool is_result)
{
    srnn_dimension wanted[3];
    SRNN_TRY(srnn_check__dtype(states, "states", own->dtype, "the rnn"));
    if (srnn_check__fits_states(wanted, states, own->rank, own->shape,
                                is_result))
        return SRNN_OK;
    return srnn_shape__fail("states", states->rank, states->shape, "the stream",
                            own->rank, wanted);
}

static srnn_status get_state(const srnn_stream *stream,
                             const srnn_tensor *states)
{
    const srnn_tensor own = srnn_stream__states(stream);
    SRNN_TRY(check_states(states, &own, true));
    srnn_tensor__copy(states, &own);
    return SRNN_OK;
}

srnn_status srnn_stream_get_state(const srnn_stream *stream,
                                  srnn_tensor *states)
{
    srnn_stream *const inside = (srnn_stream *)stream; /* its flag alone */
    SRNN_TRY(srnn_check__handle(stream, SRNN_HANDLE_STREAM, "stream"));
    SRNN_TRY(srnn_check__result(states, "states"));
    SRNN_TRY(seize(inside));
    const srnn_status status = get_state(stream, states);
    release(inside);
    return status;
}

static srnn_status set_state(const srnn_stream *stream,
                             const srnn_tensor *states)
{
    const srnn_tensor own = srnn_stream__states(stream);
    if (states == NULL) {
        srnn_tensor__fill_zero(&own);
        return SRNN_OK;
    }
    SRNN_TRY(check_states(states, &own, false));
    srnn_tensor spread = *states;
    if (states->shape[1] != own.shape[1]) {
        spread.shape[1] = own.shape[1];
        spread.strides[1] = 0;
        spread.size = own.size;
    }
    srnn_tensor__copy(&own, &spread);
    return SRNN_OK;
}

srnn_status srnn_stream_set_state(srnn_stream *stream,
                                  const srnn_tensor *states)
{
    SRNN_TRY(srnn_check__handle(stream, SRNN_HANDLE_STREAM, "stream"));
    if (states != NULL)
        SRNN_TRY(srnn_check__handle(states, SRNN_HANDLE_TENSOR, "states"));
    SRNN_TRY(seize(stream));
    const srnn_status status = set_state(stream, states);
    release(stream);
    return status;
}

/* Everything that the states and the kernels of the stream follow from. */
static srnn_status check_fits(const srnn_options *now, const srnn_options *next)
{
    static const struct {
        srnn_option option;
        srnn_status status;
    } same[] = {{SRNN_OPTION_INPUT_SIZE, SRNN_ERROR_SHAPE},
                {SRNN_OPTION_HIDDEN_SIZE, SRNN_ERROR_SHAPE},
                {SRNN_OPTION_NUM_LAYERS, SRNN_ERROR_SHAPE},
                {SRNN_OPTION_DIRECTION, SRNN_ERROR_INVALID},
                {SRNN_OPTION_NONLINEARITY, SRNN_ERROR_INVALID},
                {SRNN_OPTION_DTYPE, SRNN_ERROR_DTYPE}};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        const srnn_option option = same[i].option;
        const int64_t before = srnn_options__get(now, option);
        const int64_t after = srnn_options__get(next, option);
        if (before == after)
            continue;
        const char *const word = srnn_constant_name(after);
        const char *const name = srnn_option__name(option);
        if (option == SRNN_OPTION_DIRECTION ||
            option == SRNN_OPTION_NONLINEARITY || option == SRNN_OPTION_DTYPE)
            return srnn_error__fail(same[i].status,
                                    "%s of rnn is %s, but the stream needs %s",
                                    name, word, srnn_constant_name(before));
        return srnn_error__fail(same[i].status,
                                "%s of rnn is %" PRId64
                                ", but the stream needs %" PRId64,
                                name, after, before);
    }
    return SRNN_OK;
}

/* The rnn that it has is looked at too, so it may not change meanwhile. */
static srnn_status set_rnn(srnn_stream *stream, const srnn_rnn *rnn)
{
    if (!srnn_stream__begin_change(stream))
        return srnn_error__fail(SRNN_ERROR_BUSY,
                                "another thread is in srnn_stream_set_rnn of "
                                "the stream");
    const srnn_status status = check_fits(options_of(stream), &rnn->options);
    if (status == SRNN_OK)
        srnn_stream__set_rnn(stream, (srnn_rnn *)rnn);
    srnn_stream__end_change(stream);
    return status;
}

srnn_status srnn_stream_set_rnn(srnn_stream *stream, const srnn_rnn *rnn)
{
    SRNN_TRY(srnn_check__handle(stream, SRNN_HANDLE_STREAM, "stream"));
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    const int before = srnn_cancellation__hold();
    const srnn_status status = set_rnn(stream, rnn);
    srnn_cancellation__allow(before);
    return status;
}
