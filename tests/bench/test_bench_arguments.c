/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads */
/* The command line of simplernn-bench, and that a row runs with what it says.
 */
#include <getopt.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "arguments.h"
#include "names.h"

enum { MAX_WORDS = 12, LINE = 256 };

static bool parse(bench_arguments *out, const char *line)
{
    char text[LINE];
    char *words[MAX_WORDS] = {"simplernn-bench"};
    char *rest = NULL;
    int count = 1;
    (void)snprintf(text, sizeof text, "%s", line);
    for (char *word = strtok_r(text, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        assert_true(count < MAX_WORDS - 1);
        words[count++] = word;
    }
    optind = 0; /* getopt begins anew */
    return bench_arguments_parse(out, count, words);
}

static bench_arguments parse_good(const char *line)
{
    bench_arguments a;
    if (!parse(&a, line))
        fail_msg("refused: %s", line);
    return a;
}

static void test_bench_arguments__have_defaults(void **state)
{
    const bench_shape shape = {1, 2, 3, 4, 5, 2};
    (void)state;
    const bench_arguments a = parse_good("--shape 1,2,3,4,5,2");
    assert_int_equal(a.task, BENCH_TASK_ROW);
    assert_memory_equal(&a.row.shape, &shape, sizeof shape);
    assert_int_equal(a.row.mode, BENCH_MODE_FORWARD);
    assert_int_equal(a.row.loss, BENCH_LOSS_ALL);
    assert_int_equal(a.row.dtype, SRNN_DTYPE_FLOAT32);
    assert_int_equal(a.row.nonlinearity, SRNN_NONLINEARITY_TANH);
    assert_int_equal(a.row.gemm, 0);
    assert_int_equal(a.row.isa, 0);
    assert_int_equal(a.row.schedule, 0);
    assert_int_equal(a.row.threads, 0);
    assert_true(a.effort.seconds == 0.3);
    assert_int_equal(a.effort.samples, 30);
    assert_false(a.json);
}

static void test_bench_arguments__say_what_to_run(void **state)
{
    (void)state;
    bench_arguments a = parse_good("--shape 1,2,3,4,5,1 --threads 3 --dtype f64"
                                   " --isa baseline --samples 7");
    assert_int_equal(a.row.threads, 3);
    assert_int_equal(a.row.dtype, SRNN_DTYPE_FLOAT64);
    assert_int_equal(a.row.isa, SRNN_ISA_BASELINE);
    assert_int_equal(a.effort.samples, 7);
    a = parse_good("--nonlinearity relu --gemm openblas --schedule columns "
                   "--seconds 1.5 --json --suite");
    assert_int_equal(a.task, BENCH_TASK_SUITE);
    assert_int_equal(a.row.nonlinearity, SRNN_NONLINEARITY_RELU);
    assert_int_equal(a.row.gemm, SRNN_GEMM_OPENBLAS);
    assert_int_equal(a.row.schedule, SRNN_SCHEDULE_COLUMNS);
    assert_true(a.effort.seconds == 1.5);
    assert_true(a.json);
    a = parse_good("--mode train --loss last --threads auto --list");
    assert_int_equal(a.task, BENCH_TASK_LIST);
    assert_int_equal(a.row.mode, BENCH_MODE_TRAIN);
    assert_int_equal(a.row.loss, BENCH_LOSS_LAST);
    assert_int_equal(a.row.threads, 0);
    assert_int_equal(parse_good("--limits").task, BENCH_TASK_LIMITS);
    assert_int_equal(parse_good("--calls").task, BENCH_TASK_CALLS);
    assert_int_equal(parse_good("--help").task, BENCH_TASK_HELP);
    a = parse_good("--mode step --shape 1,2,3,4,5,1 --loss all");
    assert_int_equal(a.row.mode, BENCH_MODE_STEP);
    assert_int_equal(a.row.loss, BENCH_LOSS_ALL);
}

static void test_bench_arguments__that_make_no_sense_are_refused(void **state)
{
    static const char *const lines[] = {
        "",
        "--json",
        "--suite more",
        "--unknown",
        "--shape",
        "--shape 1,2,3,4,5",
        "--shape 1,2,3,4,5,1,",
        "--shape 1,2,3,4,5,3",
        "--shape 0,2,3,4,5,1",
        "--shape 1,2,3,4,-5,1",
        "--shape 1,2,3,4000000000,5,1",
        "--shape 1,,3,4,5,1",
        "--shape 1;2,3,4,5,1",
        "--suite --threads 0",
        "--suite --threads 3x",
        "--suite --threads 100000000000",
        "--suite --samples 0",
        "--suite --samples 1000001",
        "--suite --samples 99999999999999999999",
        "--suite --seconds -1",
        "--suite --seconds 3601",
        "--suite --seconds 1s",
        "--suite --seconds nan",
        "--suite --mode backward",
        "--suite --loss first",
        "--suite --dtype 32",
        "--suite --dtype int64",
        "--suite --dtype f16",
        "--suite --nonlinearity softmax",
        "--suite --gemm avx2",
        "--suite --isa mmx",
        "--suite --schedule fast",
        "--mode step --suite",
        "--mode step --shape 2,2,3,4,5,1",
    };
    (void)state;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        bench_arguments a;
        if (parse(&a, lines[i]))
            fail_msg("accepted: %s", lines[i]);
    }
    /* A word that is longer than any constant's name. */
    char longest[LINE] = "--suite --isa avx2";
    memset(longest + strlen(longest), '2', LINE - 1 - strlen(longest));
    assert_false(parse(&(bench_arguments){0}, longest));
}

/* The suites are rows that the option takes. */
static void test_bench_arguments__take_every_shape_of_the_suites(void **state)
{
    const bench_suite *const suites[] = {&bench_suite_forward,
                                         &bench_suite_train};
    (void)state;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < suites[i]->count; j++) {
            char text[BENCH_SHAPE_TEXT];
            bench_shape again;
            bench_shape_print(text, &suites[i]->shapes[j]);
            assert_true(bench_shape_parse(&again, text));
            assert_memory_equal(&again, &suites[i]->shapes[j], sizeof again);
        }
    const bench_shape deep = {1, 1, 7, 5, 2, 2};
    assert_int_equal(bench_shape_inputs(&deep, 0), 7);
    assert_int_equal(bench_shape_inputs(&deep, 1), 10);
}

static void test_bench_arguments__have_words_for_constants(void **state)
{
    int32_t value = -1;
    (void)state;
    assert_string_equal(bench_names_of(SRNN_DTYPE_FLOAT32).text, "f32");
    assert_string_equal(bench_names_of(SRNN_ISA_AVX512).text, "avx512");
    assert_string_equal(bench_names_of(SRNN_SCHEDULE_COLUMNS).text, "columns");
    assert_string_equal(bench_names_of(12345).text, "?");
    assert_true(bench_names_find(&value, "SRNN_ISA_", "avx2"));
    assert_int_equal(value, SRNN_ISA_AVX2);
    assert_false(bench_names_find(&value, "SRNN_ISA_", "tanh"));
    assert_int_equal(value, SRNN_ISA_AVX2);
}

/* What the library did, when it was told what to do. */
static bench_result run(const char *line)
{
    const bench_arguments a = parse_good(line);
    bench_model *model = NULL;
    bench_result result;
    assert_true(bench_row_create(&model, &a.row));
    assert_true(bench_row_choose(&result, model));
    bench_row_destroy(model);
    return result;
}

static void test_bench_arguments__reach_the_library(void **state)
{
    (void)state;
    bench_result r = run("--shape 5,4,3,8,2,1 --threads 3 --schedule batch "
                         "--isa baseline --gemm native");
    assert_int_equal(r.threads, 3);
    assert_int_equal(r.schedule, SRNN_SCHEDULE_BATCH);
    assert_int_equal(r.isa, SRNN_ISA_BASELINE);
    assert_int_equal(r.gemm, SRNN_GEMM_NATIVE);
    r = run("--shape 5,4,3,8,2,1 --threads 1 --schedule batch");
    assert_int_equal(r.threads, 1);
    assert_int_equal(r.schedule, SRNN_SCHEDULE_SERIAL);
    r = run("--shape 5,4,3,8,2,2 --threads 4 --schedule directions");
    assert_int_equal(r.threads, 2);
    assert_int_equal(r.schedule, SRNN_SCHEDULE_DIRECTIONS);
    r = run("--shape 5,4,3,8,3,1 --threads 4 --schedule layers");
    assert_int_equal(r.threads, 3);
    r = run("--shape 5,4,3,8,3,1 --threads 2 --schedule batch --mode train");
    assert_int_equal(r.threads, 2);
    assert_int_equal(r.schedule, SRNN_SCHEDULE_BATCH);
    r = run("--shape 1,4,3,8,3,1 --threads 2 --schedule batch --mode step");
    assert_int_equal(r.threads, 1);
    assert_int_equal(r.schedule, SRNN_SCHEDULE_SERIAL);
    if (srnn_supports(SRNN_GEMM_OPENBLAS)) {
        r = run("--shape 5,4,3,8,3,1 --gemm openblas");
        assert_int_equal(r.gemm, SRNN_GEMM_OPENBLAS);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bench_arguments__have_defaults),
        cmocka_unit_test(test_bench_arguments__say_what_to_run),
        cmocka_unit_test(test_bench_arguments__that_make_no_sense_are_refused),
        cmocka_unit_test(test_bench_arguments__take_every_shape_of_the_suites),
        cmocka_unit_test(test_bench_arguments__have_words_for_constants),
        cmocka_unit_test(test_bench_arguments__reach_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
