/* SPDX-License-Identifier: MIT */
/* Labels: compiler, uses-threads, no-valgrind */
/* Flushing subnormals: a stream that decays through them ends at exactly 0, and
 * without the option does not; helper threads flush too; the mode of the
 * calling thread is afterwards what it was, and so are all bits where nothing
 * is subnormal. Valgrind does not flush. */
#include <fenv.h>
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/flushing.h"
#include "support/parameters.h"
#include "support/small_rnn.h"

enum { I = 3, H = 40, L = 2, B = 4, T = 50 };

/* What decides how this thread rounds and what it flushes, without the flags
 * that operations raise. */
static uint64_t mode_of_thread(void)
{
    uint64_t mode = 0;
#if defined(__SSE__)
    unsigned int mxcsr = 0;
    __asm__ volatile("stmxcsr %0" : "=m"(mxcsr));
    mode = mxcsr & ~(uint64_t)0x3f;
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
#elif defined(__arm__)
    uint32_t fpscr = 0;
    __asm__ volatile("vmrs %0, fpscr" : "=r"(fpscr));
    mode = fpscr & 0x0fffff60u; /* nor what comparisons found */
#elif defined(__s390x__)
    uint32_t fpc = 0;
    __asm__ volatile("efpc %0" : "=r"(fpc));
    mode = fpc & 0xff0000ffu;
#endif
    return mode;
}

/* h' = act(h / 2) in each layer from its own state: all weights 0 but the
 * diagonals, from which the layer above adds nothing. */
static srnn_rnn *make_decaying(srnn_dtype dtype, srnn_nonlinearity nonlinearity)
{
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){
        .I = I, .H = H, .L = L, .dtype = dtype, .nonlinearity = nonlinearity});
    for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++) {
        const char *const name = srnn_rnn_parameter_name(rnn, i);
        srnn_tensor *value = NULL;
        expect_success("value",
                       srnn_tensor_create(&value, dtype,
                                          srnn_rnn_parameter_rank(rnn, i),
                                          srnn_rnn_parameter_shape(rnn, i)));
        for (int64_t j = 0; strncmp(name, "weight_hh", 9) == 0 && j < H; j++)
            element_put(srnn_tensor_data(value), dtype, j * (H + 1), 0.5);
        parameter_set(rnn, i, value);
        srnn_tensor_destroy(value);
    }
    return rnn;
}

static srnn_context *make_context(const srnn_rnn *rnn, bool flushes)
{
    srnn_context *context = NULL;
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success(
        "flush",
        srnn_context_set_int(context, SRNN_CONTEXT_FLUSH_SUBNORMALS, flushes));
    return context;
}

/* Normal, but not after some steps: [L,B,H]. */
static srnn_tensor *make_states(srnn_dtype dtype)
{
    srnn_tensor *states = NULL;
    expect_success("states", srnn_tensor_create(&states, dtype, 3,
                                                (const int64_t[]){L, B, H}));
    const double least =
        dtype == SRNN_DTYPE_FLOAT32 ? (double)FLT_MIN : DBL_MIN;
    for (int64_t i = 0; i < srnn_tensor_size(states); i++)
        element_put(srnn_tensor_data(states), dtype, i, 4 * least);
    return states;
}

static int class_of(const srnn_tensor *values, int64_t i)
{
    return srnn_tensor_dtype(values) == SRNN_DTYPE_FLOAT32
               ? fpclassify(((float *)srnn_tensor_data(values))[i])
               : fpclassify(((double *)srnn_tensor_data(values))[i]);
}

static void expect_class(const char *what, const srnn_tensor *values,
                         int wanted)
{
    for (int64_t i = 0; i < srnn_tensor_size(values); i++)
        if (class_of(values, i) != wanted)
            fail_msg("%s: value %d is of class %d, expected %d", what, (int)i,
                     class_of(values, i), wanted);
}

static int class_if(bool flushes)
{
    return flushes && CAN_FLUSH ? FP_ZERO : FP_SUBNORMAL;
}

/* Some steps halve the states to the middle of the subnormal ones. */
enum { HALVINGS = 10 };

static void check_steps(srnn_dtype dtype, srnn_nonlinearity nonlinearity,
                        bool flushes)
{
    static const double input[B * I]; /* zeros of either dtype */
    srnn_stream *stream = NULL;
    srnn_rnn *const rnn = make_decaying(dtype, nonlinearity);
    srnn_context *const context = make_context(rnn, flushes);
    srnn_tensor *const states = make_states(dtype);
    int64_t option = -1;
    expect_success("stream", srnn_stream_create(&stream, context, B));
    expect_success("option", srnn_stream_get_int(&option, stream,
                                                 SRNN_STREAM_FLUSH_SUBNORMALS));
    assert_int_equal(option, flushes); /* that of the context */
    expect_success("set", srnn_stream_set_state(stream, states));
    for (int i = 0; i < HALVINGS; i++)
        expect_success("step", srnn_stream_step(stream, input, NULL));
    expect_success("get", srnn_stream_get_state(stream, states));
    expect_class(flushes ? "flushed" : "kept", states, class_if(flushes));
    srnn_tensor_destroy(states);
    srnn_stream_destroy(stream);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

/* The option of the stream counts, not that of the context. */
static void check_advance(srnn_dtype dtype, bool flushes, bool has_resets)
{
    srnn_stream *stream = NULL;
    srnn_tensor *input = NULL;
    srnn_tensor *resets = NULL;
    srnn_rnn *const rnn = make_decaying(dtype, SRNN_NONLINEARITY_TANH);
    srnn_context *const context = make_context(rnn, !flushes);
    srnn_tensor *const states = make_states(dtype);
    expect_success("input",
                   srnn_tensor_create(&input, dtype, 3,
                                      (const int64_t[]){HALVINGS, B, I}));
    expect_success("resets",
                   srnn_tensor_create(&resets, SRNN_DTYPE_UINT8, 2,
                                      (const int64_t[]){HALVINGS, B}));
    expect_success("stream", srnn_stream_create(&stream, context, B));
    expect_success(
        "option",
        srnn_stream_set_int(stream, SRNN_STREAM_FLUSH_SUBNORMALS, flushes));
    expect_success("set", srnn_stream_set_state(stream, states));
    expect_success("advance",
                   srnn_stream_advance(stream, context, input,
                                       has_resets ? resets : NULL, NULL, NULL));
    expect_success("get", srnn_stream_get_state(stream, states));
    expect_class(flushes ? "flushed" : "kept", states, class_if(flushes));
    srnn_tensor_destroy(input);
    srnn_tensor_destroy(resets);
    srnn_tensor_destroy(states);
    srnn_stream_destroy(stream);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

static void test_subnormals__of_a_decaying_stream_become_zero(void **state)
{
    (void)state;
    for (int flushes = 0; flushes < 2; flushes++)
        for (srnn_dtype dtype = SRNN_DTYPE_FLOAT32; dtype <= SRNN_DTYPE_FLOAT64;
             dtype++) {
            check_steps(dtype, SRNN_NONLINEARITY_TANH, flushes);
            check_steps(dtype, SRNN_NONLINEARITY_RELU, flushes);
            check_advance(dtype, flushes, false);
            check_advance(dtype, flushes, true);
        }
}

/* What all forwards do with every schedule and helpers that were there before.
 */
static void check_forwards(srnn_schedule schedule, bool flushes)
{
    static float input[HALVINGS * B * I];
    srnn_rnn *const rnn =
        make_decaying(SRNN_DTYPE_FLOAT32, SRNN_NONLINEARITY_TANH);
    srnn_context *const context = make_context(rnn, !flushes);
    srnn_tensor *const h0 = make_states(SRNN_DTYPE_FLOAT32);
    srnn_tensor *const h_n = make_states(SRNN_DTYPE_FLOAT32);
    srnn_tensor *x = NULL;
    const int wanted = class_if(flushes);
    expect_success("x",
                   srnn_tensor_wrap(&x, input, SRNN_DTYPE_FLOAT32, 3,
                                    (const int64_t[]){HALVINGS, B, I}, NULL));
    expect_success("threads",
                   srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS, 2));
    expect_success("schedule", srnn_context_set_int(
                                   context, SRNN_CONTEXT_SCHEDULE, schedule));
    expect_success("before", srnn_context_forward(context, x, h0, NULL, h_n));
    expect_class("before", h_n, class_if(!flushes));
    expect_success(
        "flush",
        srnn_context_set_int(context, SRNN_CONTEXT_FLUSH_SUBNORMALS, flushes));
    expect_success("forward", srnn_context_forward(context, x, h0, NULL, h_n));
    expect_class("forward", h_n, wanted);
    expect_success("contiguous",
                   srnn_context_forward_contiguous(context, HALVINGS, B, input,
                                                   srnn_tensor_data(h0), NULL,
                                                   srnn_tensor_data(h_n)));
    expect_class("contiguous", h_n, wanted);
    expect_success("sequences",
                   srnn_context_forward_sequences(context, x, NULL, NULL, h0,
                                                  NULL, NULL, h_n));
    expect_class("sequences", h_n, wanted);
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(h0);
    srnn_tensor_destroy(h_n);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

static void test_subnormals__are_flushed_by_all_threads(void **state)
{
    (void)state;
    for (srnn_schedule schedule = SRNN_SCHEDULE_SERIAL;
         schedule <= SRNN_SCHEDULE_COLUMNS; schedule++)
        for (int flushes = 0; flushes < 2; flushes++)
            check_forwards(schedule, flushes);
}

/* relu(h * 2^20) of a subnormal h is normal, unless h counts as zero. */
static void test_subnormals__that_are_read_count_as_zero(void **state)
{
    static const float input[B * I];
    static float values[L * B * H], weight[H * H], h_n[L * B * H];
    (void)state;
    srnn_tensor *w = NULL;
    srnn_rnn *const rnn =
        make_decaying(SRNN_DTYPE_FLOAT32, SRNN_NONLINEARITY_RELU);
    for (int i = 0; i < L * B * H; i++)
        values[i] = FLT_MIN / 8;
    for (int i = 0; i < H; i++)
        weight[i * (H + 1)] = 1048576;
    expect_success("w", srnn_tensor_wrap(&w, weight, SRNN_DTYPE_FLOAT32, 2,
                                         (const int64_t[]){H, H}, NULL));
    expect_success("set", srnn_rnn_set_parameter(rnn, "weight_hh_l0", w));
    expect_success("set", srnn_rnn_set_parameter(rnn, "weight_hh_l1", w));
    for (int flushes = 0; flushes < 2; flushes++) {
        srnn_context *const context = make_context(rnn, flushes);
        expect_success("forward", srnn_context_forward_contiguous(
                                      context, 1, B, input, values, NULL, h_n));
        for (int i = 0; i < L * B * H; i++)
            assert_int_equal(fpclassify(h_n[i]),
                             flushes && CAN_FLUSH ? FP_ZERO : FP_NORMAL);
        srnn_context_destroy(context);
    }
    srnn_tensor_destroy(w);
    srnn_rnn_destroy(rnn);
}

typedef struct {
    srnn_context *context;
    srnn_stream *stream;
    srnn_tensor *input, *wrong, *output, *resets;
} objects;

/* Every call that computes, and each of them once more so that it fails. */
static void call_all(const objects *o)
{
    static const srnn_status shape = SRNN_ERROR_SHAPE;
    float *const x = srnn_tensor_data(o->input);
    float *const y = srnn_tensor_data(o->output);
    expect_success("forward", srnn_context_forward(o->context, o->input, NULL,
                                                   o->output, NULL));
    assert_int_equal(
        srnn_context_forward(o->context, o->wrong, NULL, o->output, NULL),
        shape);
    expect_success("contiguous", srnn_context_forward_contiguous(
                                     o->context, T, B, x, NULL, y, NULL));
    assert_int_equal(
        srnn_context_forward_contiguous(o->context, T, B, x, NULL, x, NULL),
        SRNN_ERROR_ALIAS);
    expect_success("sequences", srnn_context_forward_sequences(
                                    o->context, o->input, NULL, o->resets, NULL,
                                    NULL, o->output, NULL));
    assert_int_equal(srnn_context_forward_sequences(o->context, o->input, NULL,
                                                    o->input, NULL, NULL,
                                                    o->output, NULL),
                     SRNN_ERROR_DTYPE);
    expect_success("advance",
                   srnn_stream_advance(o->stream, o->context, o->input, NULL,
                                       NULL, o->output));
    assert_int_equal(srnn_stream_advance(o->stream, o->context, o->wrong, NULL,
                                         NULL, o->output),
                     shape);
    expect_success("step", srnn_stream_step(o->stream, x, y));
    assert_int_equal(srnn_stream_step(o->stream, (char *)x + 1, y),
                     SRNN_ERROR_INVALID);
    expect_success("reset", srnn_stream_reset(o->stream, NULL, NULL, 1));
}

static srnn_tensor *make_tensor(srnn_dtype dtype, int32_t rank,
                                const int64_t *shape)
{
    srnn_tensor *tensor = NULL;
    expect_success("tensor", srnn_tensor_create(&tensor, dtype, rank, shape));
    return tensor;
}

static void check_mode(const srnn_rnn *rnn, bool flushes, int rounding)
{
    objects o = {
        .context = make_context(rnn, flushes),
        .input = make_tensor(SRNN_DTYPE_FLOAT32, 3, (const int64_t[]){T, B, I}),
        .wrong =
            make_tensor(SRNN_DTYPE_FLOAT32, 3, (const int64_t[]){T, B, I + 1}),
        .output =
            make_tensor(SRNN_DTYPE_FLOAT32, 3, (const int64_t[]){T, B, H}),
        .resets = make_tensor(SRNN_DTYPE_UINT8, 2, (const int64_t[]){T, B})};
    expect_success("stream", srnn_stream_create(&o.stream, o.context, B));
    const int before = fegetround();
    assert_int_equal(fesetround(rounding), 0);
    const uint64_t mode = mode_of_thread();
    call_all(&o);
    const uint64_t after = mode_of_thread();
    const int rounding_after = fegetround();
    assert_int_equal(fesetround(before), 0);
    assert_int_equal(rounding_after, rounding);
    assert_int_equal(after, mode);
    srnn_stream_destroy(o.stream);
    srnn_context_destroy(o.context);
    srnn_tensor_destroy(o.input);
    srnn_tensor_destroy(o.wrong);
    srnn_tensor_destroy(o.output);
    srnn_tensor_destroy(o.resets);
}

static void test_subnormals__leave_the_mode_of_the_thread(void **state)
{
    (void)state;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = I, .H = H});
    for (int flushes = 0; flushes < 2; flushes++) {
        check_mode(rnn, flushes, FE_TONEAREST);
        check_mode(rnn, flushes, FE_DOWNWARD);
    }
    srnn_rnn_destroy(rnn);
}

/* A caller that looks for an overflow or a NaN, as fetestexcept() tells, sees
 * those of a call. */
static void test_subnormals__leave_what_operations_raised(void **state)
{
    static float input[B * I];
    (void)state;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = I, .H = H});
    for (int flushes = 0; flushes < 2; flushes++) {
        static float output[B * H];
        srnn_stream *stream = NULL;
        srnn_context *const context = make_context(rnn, flushes);
        expect_success("threads", srnn_context_set_int(
                                      context, SRNN_CONTEXT_NUM_THREADS, 1));
        expect_success("stream", srnn_stream_create(&stream, context, B));
        input[0] = 0.7F;
        assert_int_equal(feclearexcept(FE_ALL_EXCEPT), 0);
        expect_success("forward",
                       srnn_context_forward_contiguous(context, 1, B, input,
                                                       NULL, output, NULL));
        assert_true(fetestexcept(FE_INEXACT) != 0);
        assert_int_equal(feclearexcept(FE_ALL_EXCEPT), 0);
        expect_success("step", srnn_stream_step(stream, input, output));
        assert_true(fetestexcept(FE_INEXACT) != 0);
        srnn_stream_destroy(stream);
        srnn_context_destroy(context);
    }
    srnn_rnn_destroy(rnn);
}

/* Values of usual sizes. */
static void test_subnormals__change_no_other_bits(void **state)
{
    static float input[T * B * I];
    static float outputs[2][T * B * H], h_n[2][L * B * H];
    (void)state;
    for (int i = 0; i < T * B * I; i++)
        input[i] = (float)(i % 11 - 5) / 8;
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = I, .H = H, .L = L, .seed = 2});
    for (int flushes = 0; flushes < 2; flushes++) {
        srnn_context *const context = make_context(rnn, flushes);
        expect_success("forward", srnn_context_forward_contiguous(
                                      context, T, B, input, NULL,
                                      outputs[flushes], h_n[flushes]));
        srnn_context_destroy(context);
    }
    assert_memory_equal(outputs[0], outputs[1], sizeof outputs[0]);
    assert_memory_equal(h_n[0], h_n[1], sizeof h_n[0]);
    srnn_rnn_destroy(rnn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_subnormals__of_a_decaying_stream_become_zero),
        cmocka_unit_test(test_subnormals__are_flushed_by_all_threads),
        cmocka_unit_test(test_subnormals__that_are_read_count_as_zero),
        cmocka_unit_test(test_subnormals__leave_the_mode_of_the_thread),
        cmocka_unit_test(test_subnormals__leave_what_operations_raised),
        cmocka_unit_test(test_subnormals__change_no_other_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
