/* SPDX-License-Identifier: MIT */
/* The rules of context.h; srnn_context_forward is in test_misuse_forward.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

static srnn_rnn *make_rnn(void)
{
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    expect_success("config", srnn_config_create(&config));
    expect_success("sizes",
                   srnn_config_set_int(config, SRNN_OPTION_INPUT_SIZE, 4) |
                       srnn_config_set_int(config, SRNN_OPTION_HIDDEN_SIZE, 2));
    expect_success("rnn", srnn_rnn_create(&rnn, config, 1));
    srnn_config_destroy(config);
    return rnn;
}

/* The context keeps its rnn. */
static srnn_context *make_context(void)
{
    srnn_rnn *const rnn = make_rnn();
    srnn_context *context = NULL;
    expect_success("context", srnn_context_create(&context, rnn));
    srnn_rnn_destroy(rnn);
    return context;
}

static void test_misuse__gemm_info(void **state)
{
    static const srnn_gemm silent[] = {
        SRNN_GEMM_NATIVE, SRNN_GEMM_OPENBLAS, 0, 3, -1, INT32_MAX, INT32_MIN};
    (void)state;
    for (size_t i = 0; i < sizeof silent / sizeof *silent; i++)
        ANSWER(0, strcmp(srnn_gemm_info(silent[i]), ""));
#if SRNN_HAVE_OPENBLAS
    srnn_context *const context = make_context();
    ACCEPT(
        srnn_context_set_int(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_OPENBLAS));
    srnn_context_destroy(context);
    const char *const says = srnn_gemm_info(SRNN_GEMM_OPENBLAS);
    assert_ptr_equal(strstr(says, "OpenBLAS "), says);
    assert_non_null(strstr(says, "; core type "));
    assert_non_null(strstr(says, "; threads "));
    ANSWER(says, srnn_gemm_info(SRNN_GEMM_OPENBLAS));
    ANSWER(0, strcmp(srnn_gemm_info(SRNN_GEMM_NATIVE), ""));
#endif
}

static void test_misuse__context_create(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    REFUSE(SRNN_ERROR_INVALID, "out is NULL", srnn_context_create(NULL, rnn));
    REFUSE_HANDLES("rnn", "rnn", srnn_context_create(&made.context, other));
    NOTHING(srnn_context_destroy(NULL));
    srnn_rnn_destroy(rnn);
}

static void test_misuse__context_environment(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    assert_int_equal(setenv("SIMPLERNN_GEMM", "fast\n", 1), 0);
    REFUSE(SRNN_ERROR_INVALID, "SIMPLERNN_GEMM is \"fast\\x0a\"...native",
           srnn_context_create(&made.context, rnn));
    assert_int_equal(setenv("SIMPLERNN_GEMM", "Native", 1), 0);
    REFUSE(SRNN_ERROR_INVALID, "SIMPLERNN_GEMM is \"Native\"...native",
           srnn_context_create(&made.context, rnn));
    assert_int_equal(setenv("SIMPLERNN_GEMM", "openblas", 1), 0);
#if SRNN_HAVE_OPENBLAS
    ACCEPT(srnn_context_create(&made.context, rnn));
    srnn_context_destroy(made.context);
#else
    REFUSE(SRNN_ERROR_UNSUPPORTED, "openblas...native",
           srnn_context_create(&made.context, rnn));
#endif
    assert_int_equal(setenv("SIMPLERNN_GEMM", "native", 1), 0);
    ACCEPT(srnn_context_create(&made.context, rnn));
    srnn_context_destroy(made.context);
    assert_int_equal(unsetenv("SIMPLERNN_GEMM"), 0);

    assert_int_equal(setenv("SIMPLERNN_ISA", "avx3", 1), 0);
    REFUSE(SRNN_ERROR_INVALID, "SIMPLERNN_ISA is \"avx3\"...has:",
           srnn_context_create(&made.context, rnn));
#if defined(__x86_64__)
    assert_int_equal(setenv("SIMPLERNN_ISA", "neon", 1), 0);
    REFUSE(SRNN_ERROR_UNSUPPORTED, "SIMPLERNN_ISA is \"neon\"...has: baseline",
           srnn_context_create(&made.context, rnn));
#endif
    assert_int_equal(unsetenv("SIMPLERNN_ISA"), 0);
    static const char *const counts[] = {"0", "257", "-1", "two", "2x", " "};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++) {
        assert_int_equal(setenv("SIMPLERNN_NUM_THREADS", counts[i], 1), 0);
        REFUSE(SRNN_ERROR_INVALID, "SIMPLERNN_NUM_THREADS...1 to 256",
               srnn_context_create(&made.context, rnn));
    }
    assert_int_equal(setenv("SIMPLERNN_NUM_THREADS", "3", 1), 0);
    int64_t threads = 0;
    srnn_context *const context = make_context();
    ACCEPT(srnn_context_get_int(&threads, context, SRNN_CONTEXT_NUM_THREADS));
    assert_int_equal(threads, 3);
    srnn_context_destroy(context);
    assert_int_equal(unsetenv("SIMPLERNN_NUM_THREADS"), 0);
    srnn_rnn_destroy(rnn);
}

static int clear_environment(void **state)
{
    (void)state;
    return unsetenv("SIMPLERNN_GEMM") | unsetenv("SIMPLERNN_ISA") |
           unsetenv("SIMPLERNN_NUM_THREADS");
}

static void set(srnn_context *context, srnn_context_option option,
                int64_t value)
{
    int64_t now = -1;
    ACCEPT(srnn_context_set_int(context, option, value));
    ACCEPT(srnn_context_get_int(&now, context, option));
    assert_int_equal(now, value);
}

static void test_misuse__context_set_int(void **state)
{
    (void)state;
    srnn_context *const context = make_context();
    REFUSE_HANDLES(
        "context", "context",
        srnn_context_set_int(other, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE));
    set(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE);
    set(context, SRNN_CONTEXT_NUM_THREADS, 1);
    set(context, SRNN_CONTEXT_NUM_THREADS, SRNN_MAX_THREADS);
    set(context, SRNN_CONTEXT_SCHEDULE, SRNN_SCHEDULE_COLUMNS);
    set(context, SRNN_CONTEXT_SCHEDULE, SRNN_SCHEDULE_AUTO);
    static const struct {
        srnn_context_option option;
        int64_t value;
        const char *reason;
    } wrong[] = {
        {0, 1, "option 0...1 to 6"},
        {7, 1, "option 7...1 to 6"},
        {-1, 1, "option -1...1 to 6"},
        {SRNN_CONTEXT_GEMM, 0, "provider 0...1 (native)...2 (openblas)"},
        {SRNN_CONTEXT_GEMM, 3, "provider 3...1 (native)...2 (openblas)"},
        {SRNN_CONTEXT_GEMM, INT64_MAX, "provider 9223372036854775807"},
        {SRNN_CONTEXT_ISA, 0, "isa 0...1 to 4"},
        {SRNN_CONTEXT_ISA, 5, "isa 5...1 to 4"},
        {SRNN_CONTEXT_NUM_THREADS, 0, "num_threads is 0...1 to 256"},
        {SRNN_CONTEXT_NUM_THREADS, 257, "num_threads is 257...1 to 256"},
        {SRNN_CONTEXT_SCHEDULE, -1, "schedule is -1...0 to 5"},
        {SRNN_CONTEXT_SCHEDULE, 6, "schedule is 6...0 to 5"},
        {SRNN_CONTEXT_LAST_SCHEDULE, 1, "option 5 is read only"},
        {SRNN_CONTEXT_LAST_THREADS, 1, "option 6 is read only"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        REFUSE(SRNN_ERROR_INVALID, wrong[i].reason,
               srnn_context_set_int(context, wrong[i].option, wrong[i].value));
#if !SRNN_HAVE_OPENBLAS
    REFUSE(
        SRNN_ERROR_UNSUPPORTED, "openblas...native",
        srnn_context_set_int(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_OPENBLAS));
#endif
#if defined(__x86_64__)
    REFUSE(SRNN_ERROR_UNSUPPORTED, "isa 4...baseline",
           srnn_context_set_int(context, SRNN_CONTEXT_ISA, SRNN_ISA_NEON));
#endif
    srnn_context_destroy(context);
}

static void test_misuse__context_get_int(void **state)
{
    (void)state;
    int64_t value = 77;
    srnn_context *const context = make_context();
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_context_get_int(NULL, context, SRNN_CONTEXT_GEMM));
    REFUSE_HANDLES("context", "context",
                   srnn_context_get_int(&value, other, SRNN_CONTEXT_GEMM));
    REFUSE(SRNN_ERROR_INVALID, "option 0...1 to 6",
           srnn_context_get_int(&value, context, 0));
    REFUSE(SRNN_ERROR_INVALID, "option 7...1 to 6",
           srnn_context_get_int(&value, context, 7));
    assert_int_equal(value, 77);
    srnn_context_destroy(context);
}

/* Where tensors lie, in bytes of misuse_memory. */
enum { INPUT = 1024, OUTPUT = 2048, STATES = 3072 };

static void test_misuse__context_start(void **state)
{
    (void)state;
    srnn_context *const context = make_context();
    REFUSE_HANDLES("context", "context", srnn_context_start(other, 1));
    REFUSE(SRNN_ERROR_INVALID, "batch is 0", srnn_context_start(context, 0));
    REFUSE(SRNN_ERROR_INVALID, "batch is -1", srnn_context_start(context, -1));
    REFUSE(SRNN_ERROR_OVERFLOW, "a stream",
           srnn_context_start(context, INT64_MAX));
    REFUSE(SRNN_ERROR_NO_MEMORY, "cannot allocate",
           srnn_context_start(context, INT64_C(1) << 56));
    ACCEPT(srnn_context_start(context, 1));
    ACCEPT(srnn_context_start(context, 3));
    srnn_context_destroy(context);
}

static void test_misuse__context_stream_of_both_directions(void **state)
{
    (void)state;
    srnn_context *context = NULL;
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = 4, .H = 2, .L = 1, .D = 2});
    srnn_tensor *const x = view(INPUT, F32, SHAPE(5, 3, 4));
    srnn_tensor *const y = view(OUTPUT, F32, SHAPE(4, 3, 4));
    expect_success("context", srnn_context_create(&context, rnn));
    ACCEPT(srnn_context_start(context, 3));
    REFUSE(SRNN_ERROR_UNSUPPORTED, "bidirectional...srnn_context_advance",
           srnn_context_step(context, misuse_memory, NULL));
    REFUSE(SRNN_ERROR_SHAPE,
           "output has T=6 steps, input only 5: the input of a bidirectional "
           "stream has those of the output, then those to look ahead to",
           srnn_context_advance(context, x, view(OUTPUT, F32, SHAPE(6, 3, 4))));
    REFUSE(SRNN_ERROR_SHAPE, "output is [4, 3, 2]...num_directions",
           srnn_context_advance(context, x, view(OUTPUT, F32, SHAPE(4, 3, 2))));
    REFUSE(SRNN_ERROR_SHAPE, "output is [4, 2, 4]...[T=4, batch=3",
           srnn_context_advance(context, x, view(OUTPUT, F32, SHAPE(4, 2, 4))));
    REFUSE(SRNN_ERROR_SHAPE, "output is [12, 4]...[T=5, batch=3",
           srnn_context_advance(context, x, view(OUTPUT, F32, SHAPE(12, 4))));
    REFUSE(SRNN_ERROR_SHAPE, "output is [0, 2, 4]...[T=0, batch=3",
           srnn_context_advance(context, x, view(OUTPUT, F32, SHAPE(0, 2, 4))));
    REFUSE(SRNN_ERROR_STATE, "output is a read-only tensor",
           srnn_context_advance(context, x,
                                view_const(OUTPUT, F32, SHAPE(5, 3, 2))));
    REFUSE(SRNN_ERROR_DTYPE, "output is int64",
           srnn_context_advance(context, x, view(OUTPUT, I64, SHAPE(5, 3, 2))));
    REFUSE(SRNN_ERROR_ALIAS, "output...overlaps...input",
           srnn_context_advance(context, x, view(INPUT, F32, SHAPE(4, 3, 4))));
    REFUSE(SRNN_ERROR_SHAPE, "[num_layers*num_directions=2, batch=3",
           srnn_context_get_state(context, view(STATES, F32, SHAPE(1, 3, 2))));
    ACCEPT(srnn_context_advance(context, x, y));
    ACCEPT(srnn_context_advance(context, x, NULL));
    ACCEPT(srnn_context_advance(context, x, view(OUTPUT, F32, SHAPE(0, 3, 4))));
    ACCEPT(srnn_context_advance(context, view(INPUT, F32, SHAPE(0, 3, 4)),
                                view(OUTPUT, F32, SHAPE(0, 3, 4))));
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

static void test_misuse__context_without_stream(void **state)
{
    (void)state;
    srnn_context *const context = make_context();
    srnn_tensor *const x = view(INPUT, F32, SHAPE(5, 3, 4));
    srnn_tensor *const h = view(STATES, F32, SHAPE(1, 3, 2));
    REFUSE(SRNN_ERROR_INVALID, "no stream...srnn_context_start",
           srnn_context_advance(context, x, NULL));
    REFUSE(SRNN_ERROR_INVALID, "no stream...srnn_context_start",
           srnn_context_step(context, misuse_memory, NULL));
    REFUSE(SRNN_ERROR_INVALID, "no stream...srnn_context_start",
           srnn_context_get_state(context, h));
    REFUSE(SRNN_ERROR_INVALID, "no stream...srnn_context_start",
           srnn_context_set_state(context, NULL));
    srnn_context_destroy(context);
}

static void test_misuse__context_advance(void **state)
{
    (void)state;
    srnn_context *const context = make_context();
    srnn_tensor *const x = view(INPUT, F32, SHAPE(5, 3, 4));
    srnn_tensor *const y = view(OUTPUT, F32, SHAPE(5, 3, 2));
    expect_success("start", srnn_context_start(context, 3));
    REFUSE_HANDLES("context", "context", srnn_context_advance(other, x, y));
    REFUSE_HANDLES("tensor", "input", srnn_context_advance(context, other, y));
    REFUSE_OTHERS("tensor", "output", srnn_context_advance(context, x, other));
    REFUSE(SRNN_ERROR_SHAPE,
           "input is [5, 2, 4]; the stream of the context needs [T, batch=3, "
           "input_size=4]: dimension 1 is 2, not 3",
           srnn_context_advance(context, view(INPUT, F32, SHAPE(5, 2, 4)), y));
    REFUSE(SRNN_ERROR_SHAPE, "input is [5, 4]; the stream...3",
           srnn_context_advance(context, view(INPUT, F32, SHAPE(5, 4)), y));
    REFUSE(SRNN_ERROR_SHAPE, "input is [5, 3, 5]...input_size=4",
           srnn_context_advance(context, view(INPUT, F32, SHAPE(5, 3, 5)), y));
    REFUSE(SRNN_ERROR_SHAPE, "output is [4, 3, 2]...T=5",
           srnn_context_advance(context, x, view(OUTPUT, F32, SHAPE(4, 3, 2))));
    REFUSE(SRNN_ERROR_DTYPE, "input is float64",
           srnn_context_advance(context, view(INPUT, F64, SHAPE(5, 3, 4)), y));
    REFUSE(SRNN_ERROR_DTYPE, "input is int64",
           srnn_context_advance(context, view(INPUT, I64, SHAPE(5, 3, 4)), y));
    REFUSE(SRNN_ERROR_DTYPE, "input is uint8",
           srnn_context_advance(context, view(INPUT, U8, SHAPE(5, 3, 4)), y));
    REFUSE(SRNN_ERROR_ALIAS, "output...overlaps...input",
           srnn_context_advance(context, x, view(INPUT, F32, SHAPE(5, 3, 2))));
    ACCEPT(srnn_context_advance(context, x, y));
    ACCEPT(srnn_context_advance(context, x, NULL));
    ACCEPT(
        srnn_context_advance(context, view(INPUT, F32, SHAPE(0, 3, 4)), NULL));
    srnn_context_destroy(context);
}

static void test_misuse__context_step(void **state)
{
    (void)state;
    srnn_context *const context = make_context();
    expect_success("start", srnn_context_start(context, 3));
    REFUSE_HANDLES("context", "context",
                   srnn_context_step(other, misuse_memory, NULL));
    REFUSE(SRNN_ERROR_INVALID, "input is NULL",
           srnn_context_step(context, NULL, misuse_memory));
    REFUSE(SRNN_ERROR_INVALID, "input...not a multiple of 4",
           srnn_context_step(context, misuse_memory + 2, misuse_memory));
    REFUSE(SRNN_ERROR_INVALID, "output...not a multiple of 4",
           srnn_context_step(context, misuse_memory, misuse_memory + 1025));
    ACCEPT(srnn_context_step(context, misuse_memory, misuse_memory + OUTPUT));
    ACCEPT(srnn_context_step(context, misuse_memory, NULL));
    srnn_context_destroy(context);
}

static void test_misuse__context_states(void **state)
{
    (void)state;
    srnn_context *const context = make_context();
    srnn_tensor *const h = view(STATES, F32, SHAPE(1, 3, 2));
    expect_success("start", srnn_context_start(context, 3));
    REFUSE_HANDLES("context", "context", srnn_context_get_state(other, h));
    REFUSE_HANDLES("context", "context", srnn_context_set_state(other, h));
    REFUSE_HANDLES("tensor", "states", srnn_context_get_state(context, other));
    REFUSE_OTHERS("tensor", "states", srnn_context_set_state(context, other));
    REFUSE(SRNN_ERROR_SHAPE,
           "states is [1, 2, 2]; the stream of the context needs "
           "[num_layers*num_directions=1, batch=3, hidden_size=2]: dimension 1 "
           "is 2, not 3",
           srnn_context_get_state(context, view(STATES, F32, SHAPE(1, 2, 2))));
    REFUSE(SRNN_ERROR_SHAPE, "states is [3, 2]",
           srnn_context_set_state(context, view(STATES, F32, SHAPE(3, 2))));
    REFUSE(SRNN_ERROR_DTYPE, "states is float64",
           srnn_context_set_state(context, view(STATES, F64, SHAPE(1, 3, 2))));
    REFUSE(SRNN_ERROR_DTYPE, "states is int64",
           srnn_context_set_state(context, view(STATES, I64, SHAPE(1, 3, 2))));
    REFUSE(SRNN_ERROR_DTYPE, "states is uint8",
           srnn_context_set_state(context, view(STATES, U8, SHAPE(1, 3, 2))));
    REFUSE(SRNN_ERROR_DTYPE, "states is int64",
           srnn_context_get_state(context, view(STATES, I64, SHAPE(1, 3, 2))));
    REFUSE(SRNN_ERROR_STATE, "states is a read-only tensor",
           srnn_context_get_state(context,
                                  view_const(STATES, F32, SHAPE(1, 3, 2))));
    ACCEPT(srnn_context_set_state(context,
                                  view_const(STATES, F32, SHAPE(1, 3, 2))));
    ACCEPT(srnn_context_get_state(context, h));
    ACCEPT(srnn_context_set_state(context, h));
    ACCEPT(srnn_context_set_state(context, NULL));
    srnn_context_destroy(context);
}

static void test_misuse__context_rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("context.h", "srnn_context_forward");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse__gemm_info), /* before any is chosen */
        cmocka_unit_test(test_misuse__context_create),
        cmocka_unit_test_teardown(test_misuse__context_environment,
                                  clear_environment),
        cmocka_unit_test(test_misuse__context_set_int),
        cmocka_unit_test(test_misuse__context_get_int),
        cmocka_unit_test(test_misuse__context_start),
        cmocka_unit_test(test_misuse__context_stream_of_both_directions),
        cmocka_unit_test(test_misuse__context_without_stream),
        cmocka_unit_test(test_misuse__context_advance),
        cmocka_unit_test(test_misuse__context_step),
        cmocka_unit_test(test_misuse__context_states),
        cmocka_unit_test(test_misuse__context_rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
