/* SPDX-License-Identifier: MIT */
/* srnn_tape_*: checks, then src/stack. */
#include "stack/tape.h"

#include <inttypes.h>

#include "api/call.h"
#include "api/check.h"
#include "api/tape.h"
#include "stack/backward.h"
#include "stack/record.h"
#include "util/checked.h"

srnn_status srnn_tape_create(srnn_tape **out, const srnn_rnn *rnn)
{
    SRNN_TRY(srnn_check__pointer(out, "out"));
    *out = NULL;
    SRNN_TRY(srnn_check__handle(rnn, SRNN_HANDLE_RNN, "rnn"));
    /* Who records an rnn is no part of what it is. */
    return srnn_tape__create(out, (srnn_rnn *)rnn);
}

void srnn_tape_destroy(srnn_tape *tape)
{
    if (srnn_check__is(tape, SRNN_HANDLE_TAPE))
        srnn_tape__destroy(tape);
}

const srnn_rnn *srnn_tape_rnn(const srnn_tape *tape)
{
    return srnn_check__is(tape, SRNN_HANDLE_TAPE) ? tape->rnn : NULL;
}

srnn_status srnn_tape__enter(const srnn_tape *tape)
{
    srnn_tape *const inside = (srnn_tape *)tape; /* its flag alone */
    if (srnn_busy__take(&inside->busy))
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_BUSY,
                            "another thread is using the tape; give each "
                            "thread its own tape");
}

void srnn_tape__leave(const srnn_tape *tape)
{
    srnn_busy__release(&((srnn_tape *)tape)->busy);
}

/* Where an option is kept, and its range. NULL if there is none. */
static int64_t *find_option(srnn_tape *tape, srnn_tape_option option,
                            int64_t *minimum, int64_t *maximum)
{
    *minimum = 0;
    *maximum = INT64_MAX;
    switch (option) {
    case SRNN_TAPE_CHECKPOINT_STEPS:
        return &tape->checkpoint_steps;
    case SRNN_TAPE_DROPOUT:
        *maximum = 1;
        return &tape->drops;
    case SRNN_TAPE_DROPOUT_SEED:
        *minimum = INT64_MIN;
        return &tape->seed;
    case SRNN_TAPE_FIRST_ROW:
        *maximum = UINT32_MAX; /* as many as masks can tell apart */
        return &tape->first_row;
    case SRNN_TAPE_FIRST_STEP:
        *maximum = UINT32_MAX;
        return &tape->first_step;
    default:
        return NULL;
    }
}

srnn_status srnn_tape_set_int(srnn_tape *tape, srnn_tape_option option,
                              int64_t value)
{
    int64_t minimum = 0;
    int64_t maximum = 0;
    SRNN_TRY(srnn_check__handle(tape, SRNN_HANDLE_TAPE, "tape"));
    int64_t *const place = find_option(tape, option, &minimum, &maximum);
    if (place == NULL)
        return srnn_check__fail_option(option, "a tape", "SRNN_TAPE_");
    SRNN_TRY(
        srnn_check__range(value, srnn_constant_name(option), minimum, maximum));
    SRNN_TRY(srnn_tape__enter(tape));
    *place = value;
    srnn_tape__leave(tape);
    return SRNN_OK;
}

srnn_status srnn_tape_get_int(int64_t *out, const srnn_tape *tape,
                              srnn_tape_option option)
{
    int64_t minimum = 0;
    int64_t maximum = 0;
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__handle(tape, SRNN_HANDLE_TAPE, "tape"));
    const int64_t *const place =
        find_option((srnn_tape *)tape, option, &minimum, &maximum);
    if (place == NULL)
        return srnn_check__fail_option(option, "a tape", "SRNN_TAPE_");
    SRNN_TRY(srnn_tape__enter(tape));
    *out = *place;
    srnn_tape__leave(tape);
    return SRNN_OK;
}

srnn_status srnn_tape_set_memory(srnn_tape *tape, void *memory, size_t bytes)
{
    SRNN_TRY(srnn_check__handle(tape, SRNN_HANDLE_TAPE, "tape"));
    SRNN_TRY(srnn_check__aligned(memory, "memory", SRNN_DTYPE_INT64));
    int64_t count = 0;
    if (!srnn_checked__of_size(&count, bytes))
        count = INT64_MAX;
    SRNN_TRY(srnn_tape__enter(tape));
    srnn_tape__set_memory(tape, memory, count);
    srnn_tape__leave(tape);
    return SRNN_OK;
}

static srnn_status check_sizes(const srnn_tape *tape, int64_t steps,
                               int64_t batch)
{
    SRNN_TRY(srnn_check__handle(tape, SRNN_HANDLE_TAPE, "tape"));
    SRNN_TRY(srnn_check__range(steps, "steps", 0, INT64_MAX));
    return srnn_check__range(batch, "batch", 0, INT64_MAX);
}

/* On 32 bits more can be needed than there can be. */
static srnn_status put_size(size_t *out, int64_t bytes)
{
    size_t size = 0;
    if (!srnn_checked__to_size(&size, bytes))
        return srnn_error__fail(SRNN_ERROR_OVERFLOW,
                                "%" PRId64 " bytes are needed, but size_t has "
                                "%zu bits",
                                bytes, 8 * sizeof size);
    *out = size;
    return SRNN_OK;
}

srnn_status srnn_tape_size(size_t *out, const srnn_tape *tape, int64_t steps,
                           int64_t batch)
{
    srnn_tape_parts parts;
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(check_sizes(tape, steps, batch));
    SRNN_TRY(srnn_tape__enter(tape));
    const srnn_tape_sizes sizes = srnn_tape__sizes(tape, steps, batch);
    srnn_tape__leave(tape);
    SRNN_TRY(srnn_tape__lay_out(&parts, &tape->rnn->options, &sizes, NULL, 0));
    return put_size(out, parts.bytes);
}

srnn_status srnn_tape__check_rnn(const srnn_context *context,
                                 const srnn_tape *tape)
{
    if (context->rnn == tape->rnn)
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_INVALID,
                            "context and tape are of different rnns; create "
                            "both for the same one");
}

srnn_tensor srnn_tape__memory(const srnn_tape *tape, int64_t bytes)
{
    return srnn_tensor__contiguous(tape->memory, SRNN_DTYPE_UINT8, 1, &bytes);
}

const srnn_tensor *srnn_arrays__wrap(srnn_arrays *arrays, const srnn_rnn *rnn,
                                     srnn_role role, int64_t steps,
                                     int64_t batch, const void *data)
{
    srnn_tensor *const tensor = &arrays->of[arrays->count];
    if (data == NULL)
        return NULL;
    arrays->count++;
    arrays->fits =
        srnn_call__wrap(tensor, rnn, role, steps, batch, data) && arrays->fits;
    return tensor;
}

const srnn_tensor *srnn_arrays__wrap_input(srnn_arrays *arrays,
                                           const srnn_rnn *rnn, int64_t steps,
                                           int64_t batch, const void *data)
{
    srnn_tensor *const tensor = &arrays->of[arrays->count++];
    arrays->fits =
        srnn_call__wrap(tensor, rnn, SRNN_ROLE_INPUT, steps, batch, data) &&
        arrays->fits;
    return tensor;
}

srnn_status srnn_arrays__check(const void *const *addresses,
                               const char *const *names, int count,
                               srnn_dtype dtype)
{
    for (int i = 0; i < count; i++)
        SRNN_TRY(srnn_check__aligned(addresses[i], names[i], dtype));
    return SRNN_OK;
}

/* What backward takes, which begins with what recording takes. */
static srnn_status context_size(size_t *out, const srnn_context *context,
                                const srnn_tape *tape, int64_t steps,
                                int64_t batch)
{
    const srnn_tape_sizes sizes = srnn_tape__sizes(tape, steps, batch);
    srnn_tape_parts parts;
    int64_t backward = 0;
    SRNN_TRY(srnn_tape__check_rnn(context, tape));
    /* The sizes of the buffers are computed for a tape that fits. */
    SRNN_TRY(srnn_tape__lay_out(&parts, &tape->rnn->options, &sizes, NULL, 0));
    SRNN_TRY(srnn_backward__size(&backward, context, &sizes));
    return put_size(out, backward);
}

srnn_status srnn_context_tape_size(size_t *out, const srnn_context *context,
                                   const srnn_tape *tape, int64_t steps,
                                   int64_t batch)
{
    srnn_context *const inside = (srnn_context *)context; /* its flag alone */
    SRNN_TRY(srnn_check__pointer(out, "out"));
    SRNN_TRY(srnn_check__handle(context, SRNN_HANDLE_CONTEXT, "context"));
    SRNN_TRY(check_sizes(tape, steps, batch));
    SRNN_TRY(srnn_context__enter(inside));
    srnn_status status = srnn_tape__enter(tape);
    if (status == SRNN_OK) {
        status = context_size(out, context, tape, steps, batch);
        srnn_tape__leave(tape);
    }
    srnn_context__leave(inside);
    return status;
}
