/* SPDX-License-Identifier: MIT */
/* The figures that simplernn-bench prints, as JSON and as a line, for rows that
 * took a known time on a known machine. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>
#include <jansson.h>

#include "report.h"

enum { SIZE = 1 << 14 };

static const bench_core core = {
    SRNN_ISA_BASELINE, {1000e9, 400e9, 100e9}, 20e9, 25e9};

static const bench_row row = {.shape = {10, 2, 8, 16, 2, 2},
                              .dtype = SRNN_DTYPE_FLOAT32,
                              .nonlinearity = SRNN_NONLINEARITY_RELU};

/* Operations of that row: inputs, then states. */
static const double operations =
    2.0 * 10 * 2 * 16 * 2 * (8 + 32) + 2.0 * 10 * 2 * 16 * 16 * 4;
static const double bytes = 4.0 * 16 * 2 * (8 + 32) + 4.0 * 10 * 16 * 16 * 4;

static bench_result result_of(void)
{
    return (bench_result){.gemm = SRNN_GEMM_NATIVE,
                          .isa = SRNN_ISA_AVX2,
                          .schedule = SRNN_SCHEDULE_DIRECTIONS,
                          .threads = 2,
                          .times = {.median = 10e-6,
                                    .mean = 12e-6,
                                    .min = 9e-6,
                                    .p99 = 20e-6,
                                    .max = 30e-6,
                                    .samples = 123},
                          .forward = {.median = 3e-6},
                          .backward = {.median = 6e-6}};
}

/* What is written to standard output meanwhile. */
static FILE *file;
static int saved;

static void begin(void)
{
    (void)fflush(stdout);
    file = tmpfile();
    assert_non_null(file);
    saved = dup(STDOUT_FILENO);
    assert_true(saved >= 0);
    assert_true(dup2(fileno(file), STDOUT_FILENO) >= 0);
}

static void end(char text[SIZE])
{
    (void)fflush(stdout);
    assert_true(dup2(saved, STDOUT_FILENO) >= 0);
    (void)close(saved);
    rewind(file);
    text[fread(text, 1, SIZE - 1, file)] = '\0';
    (void)fclose(file);
}

static json_t *report_json(const bench_row *of, const bench_result *result)
{
    char text[SIZE];
    json_error_t error;
    begin();
    const bool done = bench_report_row(of, result, &core, true);
    end(text);
    assert_true(done);
    json_t *const object = json_loads(text, 0, &error);
    if (object == NULL)
        fail_msg("%s: %s", error.text, text);
    return object;
}

/* Five digits are printed. */
static void expect_number(const json_t *object, const char *name, double wanted)
{
    const double got = json_number_value(json_object_get(object, name));
    const double error = got / wanted - 1;
    if (!(error < 1e-4 && error > -1e-4))
        fail_msg("%s is %g, not %g", name, got, wanted);
}

static void expect_word(const json_t *object, const char *name,
                        const char *wanted)
{
    const char *const got = json_string_value(json_object_get(object, name));
    if (got == NULL || strcmp(got, wanted) != 0)
        fail_msg("%s is %s, not %s", name, got == NULL ? "?" : got, wanted);
}

static void test_bench_report__of_a_row_as_json(void **state)
{
    const bench_result result = result_of();
    const bench_bound bound = bench_bound_of(&row, &result, &core);
    (void)state;
    json_t *const object = report_json(&row, &result);
    expect_word(object, "mode", "forward");
    expect_word(object, "dtype", "f32");
    expect_word(object, "nonlinearity", "relu");
    expect_word(object, "gemm", "native");
    expect_word(object, "isa", "avx2");
    expect_word(object, "schedule", "directions");
    expect_word(object, "version", srnn_version());
    expect_word(object, "bound", bound.by);
    expect_number(object, "threads", 2);
    expect_number(object, "samples", 123);
    expect_number(object, "median_us", 10);
    expect_number(object, "mean_us", 12);
    expect_number(object, "min_us", 9);
    expect_number(object, "p99_us", 20);
    expect_number(object, "max_us", 30);
    expect_number(object, "gflops", operations / 10e-6 / 1e9);
    expect_number(object, "core_fma_gflops", 25);
    expect_number(object, "core_fma_gflops_before", 20);
    expect_number(object, "core_fma_gflops_after", 25);
    expect_number(object, "fma_share", operations / 10e-6 / 50e9);
    expect_number(object, "weights_gb_per_s", bytes / 10e-6 / 1e9);
    expect_number(object, "bound_us", 1e6 * bound.seconds);
    expect_number(object, "bound_share", bound.seconds / 10e-6);
    assert_null(json_object_get(object, "loss"));
    json_t *const shape = json_object_get(object, "shape");
    const int64_t sizes[] = {10, 2, 8, 16, 2, 2};
    assert_int_equal(json_array_size(shape), 6);
    for (size_t i = 0; i < 6; i++)
        assert_int_equal(json_integer_value(json_array_get(shape, i)),
                         sizes[i]);
    json_decref(object);
}

static void test_bench_report__of_training_has_its_parts(void **state)
{
    const bench_result result = result_of();
    bench_row train = row;
    (void)state;
    train.mode = BENCH_MODE_TRAIN;
    train.loss = BENCH_LOSS_LAST;
    json_t *const object = report_json(&train, &result);
    expect_word(object, "mode", "train");
    expect_word(object, "loss", "last");
    expect_number(object, "forward_us", 3);
    expect_number(object, "backward_us", 6);
    expect_number(object, "gflops", 3 * operations / 10e-6 / 1e9);
    json_decref(object);
}

static void test_bench_report__of_a_row_as_a_line(void **state)
{
    const bench_result result = result_of();
    const bench_bound bound = bench_bound_of(&row, &result, &core);
    bench_row train = row;
    char text[SIZE], wanted[256];
    (void)state;
    begin();
    assert_true(bench_report_row(&row, &result, &core, false));
    end(text);
    (void)snprintf(wanted, sizeof wanted,
                   "10,2,8,16,2,2          f32   native     avx2 directions  2 "
                   "      10.00        9.00 %8.1f %4.0f%% %8.1f %4.0f%% (%s)\n",
                   operations / 10e-6 / 1e9, 100 * operations / 10e-6 / 50e9,
                   bytes / 10e-6 / 1e9, 100 * bound.seconds / 10e-6, bound.by);
    assert_string_equal(text, wanted);
    train.mode = BENCH_MODE_TRAIN;
    begin();
    assert_true(bench_report_row(&train, &result, &core, false));
    end(text);
    assert_non_null(strstr(text, ", backward 2.00 of forward's 3.00 us\n"));
}

static void test_bench_report__of_calls(void **state)
{
    const bench_call calls[] = {
        {.name = "a call",
         .inputs = 3,
         .hidden = 4,
         .times = {.median = 123e-9, .min = 45e-9, .samples = 7}},
        {.name = "an object", .inputs = 5, .hidden = 6, .bytes = 789}};
    char text[SIZE];
    json_error_t error;
    (void)state;
    begin();
    assert_true(bench_report_calls(calls, 2, false));
    end(text);
    assert_string_equal(text, "a call                         I    3, H    4 "
                              "       123.0 ns, at least 45.0\n"
                              "an object                      I    5, H    6 "
                              "         789 bytes\n");
    begin();
    assert_true(bench_report_calls(calls, 2, true));
    end(text);
    json_t *const object = json_loads(text, 0, &error);
    assert_non_null(object);
    const json_t *const list = json_object_get(object, "calls");
    const json_t *const first = json_array_get(list, 0);
    const json_t *const second = json_array_get(list, 1);
    assert_int_equal(json_array_size(list), 2);
    expect_word(first, "name", "a call");
    expect_number(first, "I", 3);
    expect_number(first, "H", 4);
    expect_number(first, "median_ns", 123);
    expect_number(first, "min_ns", 45);
    expect_number(first, "samples", 7);
    expect_number(second, "bytes", 789);
    assert_null(json_object_get(second, "median_ns"));
    json_decref(object);
}

/* A stream has twice its states and at most 256 bytes (stream.h). */
static void test_bench_report__weighs_objects(void **state)
{
    bench_call calls[BENCH_CALLS_AT_MOST];
    int weighed = 0;
    (void)state;
    const int count =
        bench_calls_measure(calls, &(bench_effort){.seconds = 0, .samples = 1});
    assert_true(count > 6);
    for (int i = 0; i < count; i++) {
        const bench_call *const c = &calls[i];
        if (c->times.samples > 0) {
            assert_int_equal(c->times.samples, 1);
            assert_true(c->times.median > 0 && c->times.median < 10);
            continue;
        }
        weighed++;
        assert_true(c->bytes > 0);
        if (strcmp(c->name, "stream") == 0)
            assert_in_range(c->bytes, 2 * 4 * c->hidden,
                            2 * 4 * c->hidden + 256);
    }
    assert_int_equal(weighed, 6);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bench_report__of_a_row_as_json),
        cmocka_unit_test(test_bench_report__of_training_has_its_parts),
        cmocka_unit_test(test_bench_report__of_a_row_as_a_line),
        cmocka_unit_test(test_bench_report__of_calls),
        cmocka_unit_test(test_bench_report__weighs_objects),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
