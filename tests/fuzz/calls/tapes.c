/* SPDX-License-Identifier: MIT */
#include "fuzz/calls/arguments.h"

static void call_srnn_tape_create(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    srnn_tape **const out = object_out();
    CREATE(OBJECT_TAPE, srnn_tape_create(out, rnn));
}

DESTROY(OBJECT_TAPE, srnn_tape_destroy)
QUERY(OBJECT_TAPE, srnn_tape_rnn)

static srnn_tape_option take_option(void)
{
    return input_enumerator(SRNN_TAPE_CHECKPOINT_STEPS, 5);
}

static void call_srnn_tape_set_int(void)
{
    srnn_tape *const tape = object_take(OBJECT_TAPE);
    const srnn_tape_option option = take_option();
    const int64_t value = input_index();
    (void)CALL(srnn_tape_set_int(tape, option, value));
}

static void call_srnn_tape_get_int(void)
{
    const srnn_tape *const tape = object_take(OBJECT_TAPE);
    const srnn_tape_option option = take_option();
    int64_t *const out = input_rarely() ? NULL : &results.integer;
    (void)CALL(srnn_tape_get_int(out, tape, option));
}

static void call_srnn_tape_size(void)
{
    const srnn_tape *const tape = object_take(OBJECT_TAPE);
    const int64_t steps = input_index();
    const int64_t batch = input_index();
    size_t *const out = input_rarely() ? NULL : &results.size;
    (void)CALL(srnn_tape_size(out, tape, steps, batch));
}

/* What it holds is trusted, so that no other call may write there. A block may
 * hold a recording, of this rnn or of another; then its sizes are not known. */
static void call_srnn_tape_set_memory(void)
{
    srnn_tape *const tape = object_take(OBJECT_TAPE);
    const unsigned how = input_take(16);
    unsigned char *const block = region_tape_memory(how >= 8);
    unsigned char *const memory =
        how == 7 || block == NULL ? NULL : block + (how == 6);
    const size_t bytes = how == 6 ? REGION_TAPE - 8 : REGION_TAPE;
    object_slot *const slot = object_find(tape);
    if (object_is(tape, OBJECT_TAPE)) {
        slot->steps = -1;
        slot->is_shared = memory != NULL;
    }
    (void)CALL(srnn_tape_set_memory(tape, memory, bytes));
}

/* The sizes of a recording; negative ones if they are not known. */
static void note(const srnn_tape *tape, int64_t steps, int64_t batch)
{
    object_slot *const slot = object_find(tape);
    slot->steps = slot->is_shared ? -1 : steps;
    slot->batch = batch;
}

static void call_srnn_context_tape_size(void)
{
    const srnn_context *const context = object_take(OBJECT_CONTEXT);
    const srnn_tape *const tape =
        object_take_of(OBJECT_TAPE, srnn_context_rnn(context));
    const int64_t steps = input_index();
    const int64_t batch = input_index();
    size_t *const out = input_rarely() ? NULL : &results.size;
    (void)CALL(srnn_context_tape_size(out, context, tape, steps, batch));
}

static void call_srnn_context_record(void)
{
    srnn_context *const context = object_take(OBJECT_CONTEXT);
    const srnn_rnn *const rnn = srnn_context_rnn(context);
    srnn_tape *const tape = object_take_of(OBJECT_TAPE, rnn);
    const arguments_shapes s = arguments_take_shapes(rnn);
    const srnn_tensor *const input = region_input(s.dtype, 3, s.input);
    const srnn_tensor *const lengths = arguments_lengths(&s);
    const srnn_tensor *const resets =
        region_option(SRNN_DTYPE_UINT8, 2, s.input);
    const srnn_tensor *const h0 = region_option(s.dtype, 3, s.hidden);
    const srnn_tensor *const fresh = region_option(s.dtype, 3, s.hidden);
    srnn_tensor *const output = region_option_output(s.dtype, 3, s.output);
    srnn_tensor *const h_n = region_option_output(s.dtype, 3, s.hidden);
    const srnn_status status = CALL(srnn_context_record(
        context, tape, input, lengths, resets, h0, fresh, output, h_n));
    if (status != SRNN_OK)
        return;
    const bool is_first = srnn_tensor_shape(input)[0] == s.input[0];
    const bool has_sizes = is_first && srnn_tensor_rank(input) == 3 &&
                           srnn_tensor_shape(input)[1] == s.input[1];
    note(tape, has_sizes ? s.steps : -1, s.batch);
}

static void call_srnn_context_record_contiguous(void)
{
    srnn_context *const context = object_take(OBJECT_CONTEXT);
    const srnn_rnn *const rnn = srnn_context_rnn(context);
    srnn_tape *const tape = object_take_of(OBJECT_TAPE, rnn);
    const arguments_shapes s = arguments_take_shapes(rnn);
    const void *const input = arguments_memory(s.dtype, s.input);
    const int64_t *const lengths = arguments_length_array(&s);
    const uint8_t *const resets =
        input_take(2) == 0
            ? NULL
            : region_take(region_bytes(SRNN_DTYPE_UINT8, 2, s.input));
    const void *const h0 = arguments_memory_option(s.dtype, s.hidden);
    const void *const fresh = arguments_memory_option(s.dtype, s.hidden);
    void *const output = arguments_memory_option(s.dtype, s.output);
    void *const h_n = arguments_memory_option(s.dtype, s.hidden);
    const srnn_status status = CALL(srnn_context_record_contiguous(
        context, tape, s.steps, s.batch, input, lengths, resets, h0, fresh,
        output, h_n));
    if (status == SRNN_OK)
        note(tape, s.steps, s.batch);
}

/* The sizes of the recording, if they are known, else any. */
static arguments_shapes take_recorded(const srnn_tape *tape)
{
    const srnn_rnn *const rnn = srnn_tape_rnn(tape);
    const object_slot *const slot = object_find(tape);
    return rnn == NULL || slot->steps < 0
               ? arguments_take_shapes(rnn)
               : arguments_shapes_of(rnn, slot->steps, slot->batch);
}

static void call_srnn_context_backward(void)
{
    const srnn_tape *const tape = object_take(OBJECT_TAPE);
    const srnn_rnn *const rnn = srnn_tape_rnn(tape);
    srnn_context *const context = object_take_of(OBJECT_CONTEXT, rnn);
    srnn_gradients *const gradients =
        input_take(4) == 3 ? NULL : object_take_of(OBJECT_GRADIENTS, rnn);
    const arguments_shapes s = take_recorded(tape);
    const srnn_tensor *const input = region_input(s.dtype, 3, s.input);
    const srnn_tensor *const d_output = region_option(s.dtype, 3, s.output);
    const srnn_tensor *const d_h_n = region_option(s.dtype, 3, s.hidden);
    const srnn_accumulation accumulation =
        input_enumerator(SRNN_ACCUMULATION_SET, 2);
    srnn_tensor *const d_input = region_option_output(s.dtype, 3, s.input);
    srnn_tensor *const d_h0 = region_option_output(s.dtype, 3, s.hidden);
    srnn_tensor *const d_fresh = region_option_output(s.dtype, 3, s.hidden);
    (void)CALL(srnn_context_backward(context, tape, input, d_output, d_h_n,
                                     accumulation, gradients, d_input, d_h0,
                                     d_fresh));
}

/* One address for each parameter; NULL if none is wanted. */
static void *const *take_addresses(const srnn_rnn *rnn, srnn_dtype dtype)
{
    enum { MOST = 20 };
    static void *addresses[MOST];
    const int64_t count = srnn_rnn_parameter_count(rnn);
    if (count > MOST || input_take(4) == 3)
        return NULL;
    for (int64_t i = 0; i < count; i++)
        addresses[i] =
            region_take(region_bytes(dtype, srnn_rnn_parameter_rank(rnn, i),
                                     srnn_rnn_parameter_shape(rnn, i)));
    return addresses;
}

/* An array that is too short could not be seen, so the sizes must be known. */
static void call_srnn_context_backward_contiguous(void)
{
    const srnn_tape *const tape = object_take(OBJECT_TAPE);
    const srnn_rnn *const rnn = srnn_tape_rnn(tape);
    if (rnn != NULL && object_find(tape)->steps < 0)
        return;
    srnn_context *const context = object_take_of(OBJECT_CONTEXT, rnn);
    const arguments_shapes s = take_recorded(tape);
    const void *const input = arguments_memory(s.dtype, s.input);
    const void *const d_output = arguments_memory_option(s.dtype, s.output);
    const void *const d_h_n = arguments_memory_option(s.dtype, s.hidden);
    const srnn_accumulation accumulation =
        input_enumerator(SRNN_ACCUMULATION_SET, 2);
    void *const *const gradients = take_addresses(rnn, s.dtype);
    void *const d_input = arguments_memory_option(s.dtype, s.input);
    void *const d_h0 = arguments_memory_option(s.dtype, s.hidden);
    void *const d_fresh = arguments_memory_option(s.dtype, s.hidden);
    (void)CALL(srnn_context_backward_contiguous(context, tape, input, d_output,
                                                d_h_n, accumulation, gradients,
                                                d_input, d_h0, d_fresh));
}

call_row calls_of_tapes[] = {CALL_ROW(srnn_tape_create),
                             CALL_ROW(srnn_tape_destroy),
                             CALL_ROW(srnn_tape_rnn),
                             CALL_ROW(srnn_tape_set_int),
                             CALL_ROW(srnn_tape_get_int),
                             CALL_ROW(srnn_tape_size),
                             CALL_ROW(srnn_tape_set_memory),
                             CALL_ROW(srnn_context_tape_size),
                             CALL_ROW(srnn_context_record),
                             CALL_ROW(srnn_context_record_contiguous),
                             CALL_ROW(srnn_context_backward),
                             CALL_ROW(srnn_context_backward_contiguous),
                             {.name = NULL}};
