/* SPDX-License-Identifier: MIT */
/* Contexts and forwards. */
#include "fuzz/calls/arguments.h"

static void call_srnn_context_create(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    srnn_context **const out = object_out();
    CREATE(OBJECT_CONTEXT, srnn_context_create(out, rnn));
}

DESTROY(OBJECT_CONTEXT, srnn_context_destroy)
QUERY(OBJECT_CONTEXT, srnn_context_rnn)

static srnn_context_option take_option(void)
{
    return input_enumerator(SRNN_CONTEXT_GEMM, SRNN_CONTEXT_MEASURED_RATES -
                                                   SRNN_CONTEXT_GEMM + 1);
}

/* Threads take long to start, so that there are seldom some. OpenBLAS is not
 * what this tests. */
static int64_t take_value(srnn_context_option option)
{
    switch (option) {
    case SRNN_CONTEXT_GEMM:
        return input_rarely() ? 0 : SRNN_GEMM_NATIVE;
    case SRNN_CONTEXT_ISA:
        return input_enumerator(SRNN_ISA_BASELINE, 4);
    case SRNN_CONTEXT_NUM_THREADS:
        return input_rarely() ? 2 : input_take(16) == 15 ? input_index() : 1;
    case SRNN_CONTEXT_SCHEDULE:
        return input_enumerator(SRNN_SCHEDULE_AUTO, 6);
    default:
        return input_index();
    }
}

static void call_srnn_context_set_int(void)
{
    srnn_context *const context = object_take(OBJECT_CONTEXT);
    const srnn_context_option option = take_option();
    const int64_t value = take_value(option);
    (void)CALL(srnn_context_set_int(context, option, value));
}

static void call_srnn_context_get_int(void)
{
    const srnn_context *const context = object_take(OBJECT_CONTEXT);
    const srnn_context_option option = take_option();
    int64_t *const out = input_rarely() ? NULL : &results.integer;
    (void)CALL(srnn_context_get_int(out, context, option));
}

static void call_srnn_context_forward(void)
{
    srnn_context *const context = object_take(OBJECT_CONTEXT);
    const arguments_shapes s = arguments_take_shapes(srnn_context_rnn(context));
    const srnn_tensor *const input = region_input(s.dtype, 3, s.input);
    const srnn_tensor *const h0 = region_option(s.dtype, 3, s.hidden);
    srnn_tensor *const output = region_option_output(s.dtype, 3, s.output);
    srnn_tensor *const h_n = region_option_output(s.dtype, 3, s.hidden);
    (void)CALL(srnn_context_forward(context, input, h0, output, h_n));
}

static void call_srnn_context_forward_contiguous(void)
{
    srnn_context *const context = object_take(OBJECT_CONTEXT);
    const arguments_shapes s = arguments_take_shapes(srnn_context_rnn(context));
    const void *const input = arguments_memory(s.dtype, s.input);
    const void *const h0 = arguments_memory_option(s.dtype, s.hidden);
    void *const output = arguments_memory_option(s.dtype, s.output);
    void *const h_n = arguments_memory_option(s.dtype, s.hidden);
    (void)CALL(srnn_context_forward_contiguous(context, s.steps, s.batch, input,
                                               h0, output, h_n));
}

static void call_srnn_context_forward_sequences(void)
{
    srnn_context *const context = object_take(OBJECT_CONTEXT);
    const arguments_shapes s = arguments_take_shapes(srnn_context_rnn(context));
    const srnn_tensor *const input = region_input(s.dtype, 3, s.input);
    const srnn_tensor *const lengths = arguments_lengths(&s);
    const srnn_tensor *const resets =
        region_option(SRNN_DTYPE_UINT8, 2, s.input);
    const srnn_tensor *const h0 = region_option(s.dtype, 3, s.hidden);
    const srnn_tensor *const fresh = region_option(s.dtype, 3, s.hidden);
    srnn_tensor *const output = region_option_output(s.dtype, 3, s.output);
    srnn_tensor *const h_n = region_option_output(s.dtype, 3, s.hidden);
    (void)CALL(srnn_context_forward_sequences(context, input, lengths, resets,
                                              h0, fresh, output, h_n));
}

call_row calls_of_runs[] = {CALL_ROW(srnn_context_create),
                            CALL_ROW(srnn_context_destroy),
                            CALL_ROW(srnn_context_rnn),
                            CALL_ROW(srnn_context_set_int),
                            CALL_ROW(srnn_context_get_int),
                            CALL_ROW(srnn_context_forward),
                            CALL_ROW(srnn_context_forward_contiguous),
                            CALL_ROW(srnn_context_forward_sequences),
                            {.name = NULL}};
