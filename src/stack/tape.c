/* SPDX-License-Identifier: MIT */
/* A tape: its life and its block of memory. */
#include "stack/tape.h"

#include <inttypes.h>

#include "tensor/arena.h"
#include "tensor/dtype.h"
#include "util/checked.h"
#include "util/error.h"
#include "util/memory.h"

/* Unlikely in memory that holds something else. */
static const uint64_t mark = UINT64_C(0x4b2d9d5c7a01e6f3);

srnn_status srnn_tape__create(srnn_tape **out, srnn_rnn *rnn)
{
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, (int64_t)sizeof(srnn_tape)));
    srnn_tape *const tape = memory;
    tape->handle.kind = SRNN_HANDLE_TAPE;
    atomic_init(&tape->busy, 0);
    tape->rnn = rnn;
    tape->drops = 1;
    tape->is_owner = true;
    srnn_rnn__retain(rnn);
    *out = tape;
    return SRNN_OK;
}

void srnn_tape__destroy(srnn_tape *tape)
{
    tape->handle.kind = 0;
    if (tape->is_owner)
        srnn_memory__destroy(tape->memory);
    srnn_rnn__release(tape->rnn);
    srnn_memory__destroy(tape);
}

/* Whole blocks, so that no block is computed in two parts; and none where the
 * two directions would need the states of different windows at one time. */
static int64_t window_of(const srnn_tape *tape, int64_t T, int64_t B)
{
    const int64_t block = srnn_tape__block(B);
    const int64_t steps = tape->checkpoint_steps;
    if (steps == 0 || steps >= T ||
        srnn_options__is_bidirectional(&tape->rnn->options))
        return 0;
    const int64_t missing = (block - steps % block) % block;
    return missing < T - steps ? steps + missing : 0;
}

srnn_tape_sizes srnn_tape__sizes(const srnn_tape *tape, int64_t T, int64_t B)
{
    return (srnn_tape_sizes){T, B, window_of(tape, T, B)};
}

static void *take_states(srnn_arena *arena, const srnn_options *options,
                         const srnn_tape_sizes *sizes)
{
    const int64_t size = srnn_dtype__size((srnn_dtype)options->dtype);
    const int64_t width =
        srnn_options__directions(options) * options->hidden_size;
    const int64_t ends =
        srnn_tape__lead(options, 1) + srnn_tape__trail(options, 1);
    int64_t rows = 0;
    if (sizes->window > 0)
        rows = (sizes->T - 1) / sizes->window + 1;
    else if (!srnn_checked__add(&rows, sizes->T, ends))
        arena->overflow = true;
    if (!srnn_checked__multiply(&rows, rows, sizes->B))
        arena->overflow = true;
    return srnn_arena__take_matrix(arena, rows, options->num_layers * width,
                                   size);
}

static void take_parts(srnn_tape_parts *parts, srnn_arena *arena,
                       const srnn_options *options,
                       const srnn_tape_sizes *sizes)
{
    const int64_t size = srnn_dtype__size((srnn_dtype)options->dtype);
    parts->recording = srnn_arena__take(arena, 1, sizeof(srnn_recording));
    parts->order = srnn_arena__take(arena, sizes->B, sizeof(int64_t));
    parts->lengths = srnn_arena__take(arena, sizes->B, sizeof(int64_t));
    parts->starts =
        srnn_arena__take(arena, sizes->B == 0 ? 0 : sizes->T, sizeof(int64_t));
    (void)srnn_arena__take(arena, 1, sizeof(int64_t)); /* its last one */
    parts->resets = srnn_arena__take_matrix(arena, sizes->T, sizes->B, 1);
    parts->fresh = srnn_arena__take_matrix(
        arena, sizes->B, srnn_options__cells(options) * options->hidden_size,
        size);
    parts->states = take_states(arena, options, sizes);
    parts->bytes = arena->used;
}

/* Without a step no row is kept, but sizes that do not fit are still wrong. */
srnn_status srnn_tape__lay_out(srnn_tape_parts *parts,
                               const srnn_options *options,
                               const srnn_tape_sizes *sizes, void *memory,
                               int64_t capacity)
{
    const srnn_tape_sizes none = {0, 0, 0};
    const srnn_arena block = {memory, capacity, 0, false};
    srnn_arena arena = {NULL, 0, 0, false};
    if (sizes->T > 0)
        arena = block;
    take_parts(parts, &arena, options, sizes);
    if (sizes->T == 0 && !arena.overflow) {
        arena = block;
        take_parts(parts, &arena, options, &none);
    }
    return srnn_arena__check(&arena, "the tape");
}

static srnn_status fail_capacity(srnn_status status, const srnn_tape *tape,
                                 int64_t bytes)
{
    return srnn_error__fail(status,
                            "the memory of the tape has %" PRId64
                            " bytes, but the recording needs %" PRId64,
                            tape->capacity, bytes);
}

srnn_status srnn_tape__reserve(srnn_tape *tape, int64_t bytes)
{
    srnn_tape__forget(tape);
    if (bytes <= tape->capacity)
        return SRNN_OK;
    if (!tape->is_owner)
        return fail_capacity(SRNN_ERROR_BUFFER, tape, bytes);
    /* The old memory goes first, so that there are never both. */
    srnn_memory__destroy(tape->memory);
    tape->memory = NULL;
    tape->capacity = 0;
    SRNN_TRY(srnn_memory__create(&tape->memory, bytes));
    tape->capacity = bytes;
    srnn_tape__forget(tape);
    return SRNN_OK;
}

void srnn_tape__set_memory(srnn_tape *tape, void *memory, int64_t bytes)
{
    if (tape->is_owner)
        srnn_memory__destroy(tape->memory);
    tape->memory = memory;
    tape->capacity = memory == NULL ? 0 : bytes;
    tape->is_owner = memory == NULL;
}

/* A version is that of one rnn in one process. Memory from elsewhere may have
 * it, too, and still need another block. */
static bool is_of(const srnn_recording *recording, const srnn_rnn *rnn)
{
    srnn_tape_parts parts;
    const srnn_tape_sizes sizes = {recording->steps, recording->batch,
                                   recording->window};
    return recording->version == rnn->version &&
           srnn_tape__lay_out(&parts, &rnn->options, &sizes, NULL, 0) ==
               SRNN_OK &&
           parts.bytes == recording->bytes;
}

srnn_status srnn_tape__check(const srnn_tape *tape)
{
    const srnn_recording *const recording = tape->memory;
    if (tape->capacity < (int64_t)sizeof *recording || recording->mark != mark)
        return srnn_error__fail(SRNN_ERROR_STATE,
                                "the tape is empty; record a forward first");
    if (recording->bytes > tape->capacity)
        return fail_capacity(SRNN_ERROR_STATE, tape, recording->bytes);
    if (is_of(recording, tape->rnn))
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_STALE,
                            "parameters of the rnn were written after the "
                            "recording, or it is one of another rnn; record "
                            "again");
}

void srnn_tape__forget(srnn_tape *tape)
{
    if (tape->capacity >= (int64_t)sizeof(srnn_recording))
        ((srnn_recording *)tape->memory)->mark = 0;
}

void srnn_tape__remember(srnn_recording *recording)
{
    recording->mark = mark;
}

srnn_rows srnn_tape__rows(const srnn_tape_parts *parts)
{
    const srnn_recording *const r = parts->recording;
    const bool has_lengths = r->has_lengths != 0;
    return (srnn_rows){.T = r->used,
                       .B = r->batch,
                       .order = has_lengths ? parts->order : NULL,
                       .lengths = has_lengths ? parts->lengths : NULL,
                       .starts = has_lengths ? parts->starts : NULL,
                       .resets = r->has_resets != 0 ? parts->resets : NULL};
}
