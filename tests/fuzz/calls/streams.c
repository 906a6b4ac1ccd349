/* SPDX-License-Identifier: MIT */
#include "fuzz/calls/arguments.h"

static void call_srnn_stream_create(void)
{
    const srnn_context *const context = object_take(OBJECT_CONTEXT);
    const int64_t batch = input_size();
    srnn_stream **const out = object_out();
    CREATE(OBJECT_STREAM, srnn_stream_create(out, context, batch));
}

DESTROY(OBJECT_STREAM, srnn_stream_destroy)
QUERY(OBJECT_STREAM, srnn_stream_rnn)

static srnn_stream_option take_option(void)
{
    return input_enumerator(SRNN_STREAM_BATCH, 2);
}

static void call_srnn_stream_set_int(void)
{
    srnn_stream *const stream = object_take(OBJECT_STREAM);
    const srnn_stream_option option = take_option();
    const int64_t value = input_index();
    (void)CALL(srnn_stream_set_int(stream, option, value));
}

static void call_srnn_stream_get_int(void)
{
    const srnn_stream *const stream = object_take(OBJECT_STREAM);
    const srnn_stream_option option = take_option();
    int64_t *const out = input_rarely() ? NULL : &results.integer;
    (void)CALL(srnn_stream_get_int(out, stream, option));
}

/* A stream, its batch, and what it reads and writes in some steps. */
static srnn_stream *take_stream(arguments_shapes *s, int64_t steps)
{
    int64_t batch = 1;
    srnn_stream *const stream = object_take(OBJECT_STREAM);
    if (object_is(stream, OBJECT_STREAM))
        require(srnn_stream_get_int(&batch, stream, SRNN_STREAM_BATCH) ==
                SRNN_OK);
    *s = arguments_shapes_of(srnn_stream_rnn(stream), steps, batch);
    return stream;
}

/* That input and output do not overlap is for the caller to see to. */
static void call_srnn_stream_step(void)
{
    arguments_shapes s;
    srnn_stream *const stream = take_stream(&s, 1);
    const int64_t read = region_bytes(s.dtype, 3, s.input);
    const int64_t written = region_bytes(s.dtype, 3, s.output);
    const bool fits = read >= 0 && written >= 0 && read < REGION_ARENA / 2 &&
                      written < REGION_ARENA / 2;
    const unsigned how = input_take(16);
    unsigned char *const input =
        how == 15 || !fits ? NULL : region_arena + (how == 14);
    unsigned char *const output =
        how == 13 || !fits
            ? NULL
            : region_arena + REGION_ARENA - written / 8 * 8 - 8 - (how == 12);
    (void)CALL(srnn_stream_step(stream, input, output));
}

static void call_srnn_stream_advance(void)
{
    arguments_shapes s;
    const int64_t steps = input_index();
    srnn_stream *const stream = take_stream(&s, steps);
    const srnn_rnn *const rnn = srnn_stream_rnn(stream);
    srnn_context *const context = object_take_of(OBJECT_CONTEXT, rnn);
    const int64_t fewer = steps > 0 && input_take(4) == 3 ? steps - 1 : steps;
    const arguments_shapes of_output = arguments_shapes_of(rnn, fewer, s.batch);
    const srnn_tensor *const input = region_input(s.dtype, 3, s.input);
    const srnn_tensor *const resets =
        region_option(SRNN_DTYPE_UINT8, 2, s.input);
    const srnn_tensor *const fresh = region_option(s.dtype, 3, s.hidden);
    srnn_tensor *const output =
        region_option_output(s.dtype, 3, of_output.output);
    (void)CALL(
        srnn_stream_advance(stream, context, input, resets, fresh, output));
}

static void call_srnn_stream_reset(void)
{
    arguments_shapes s;
    srnn_stream *const stream = take_stream(&s, 1);
    const uint8_t *const rows =
        input_take(2) == 0
            ? NULL
            : region_take(region_bytes(SRNN_DTYPE_UINT8, 1, &s.batch));
    int64_t fresh_batch = s.batch;
    if (input_take(4) == 3)
        s.hidden[1] = fresh_batch = input_index();
    const void *const fresh = arguments_memory_option(s.dtype, s.hidden);
    (void)CALL(srnn_stream_reset(stream, rows, fresh, fresh_batch));
}

static void call_srnn_stream_get_state(void)
{
    arguments_shapes s;
    const srnn_stream *const stream = take_stream(&s, 1);
    srnn_tensor *const states = region_output(s.dtype, 3, s.hidden);
    (void)CALL(srnn_stream_get_state(stream, states));
}

static void call_srnn_stream_set_state(void)
{
    arguments_shapes s;
    srnn_stream *const stream = take_stream(&s, 1);
    if (input_take(4) == 3)
        s.hidden[1] = 1;
    const srnn_tensor *const states = region_option(s.dtype, 3, s.hidden);
    (void)CALL(srnn_stream_set_state(stream, states));
}

static void call_srnn_stream_set_rnn(void)
{
    srnn_stream *const stream = object_take(OBJECT_STREAM);
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    (void)CALL(srnn_stream_set_rnn(stream, rnn));
}

call_row calls_of_streams[] = {
    CALL_ROW(srnn_stream_create),    CALL_ROW(srnn_stream_destroy),
    CALL_ROW(srnn_stream_rnn),       CALL_ROW(srnn_stream_set_int),
    CALL_ROW(srnn_stream_get_int),   CALL_ROW(srnn_stream_step),
    CALL_ROW(srnn_stream_advance),   CALL_ROW(srnn_stream_reset),
    CALL_ROW(srnn_stream_get_state), CALL_ROW(srnn_stream_set_state),
    CALL_ROW(srnn_stream_set_rnn),   {.name = NULL}};
