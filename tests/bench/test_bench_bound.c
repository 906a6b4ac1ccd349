/* SPDX-License-Identifier: MIT */
/* What a row costs and what bounds it, held against counts of single operations
 * and against figures by hand. The linker puts __wrap_sysconf, with caches that
 * are made up, in place of the C library's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "bound.h"

enum { F32 = SRNN_DTYPE_FLOAT32, F64 = SRNN_DTYPE_FLOAT64 };

static long level_1 = 32768;
static long level_2 = 1048576;

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
long __real_sysconf(int name);
long __wrap_sysconf(int name);

long __wrap_sysconf(int name)
{
    return name == _SC_LEVEL1_DCACHE_SIZE  ? level_1
           : name == _SC_LEVEL2_CACHE_SIZE ? level_2
                                           : __real_sysconf(name);
}
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* One by one: a multiplication and an addition for each weight that a step of a
 * row of a cell reads. */
static int64_t count_operations(const bench_shape *s)
{
    int64_t count = 0;
    for (int64_t layer = 0; layer < s->L; layer++)
        for (int64_t d = 0; d < s->D; d++)
            for (int64_t t = 0; t < s->T; t++)
                for (int64_t b = 0; b < s->B; b++)
                    for (int64_t h = 0; h < s->H; h++) {
                        count += 2 * (layer == 0 ? s->I : s->D * s->H);
                        count += 2 * s->H;
                    }
    return count;
}

static int64_t count_bytes(const bench_shape *s, int64_t size)
{
    int64_t count = 0;
    for (int64_t layer = 0; layer < s->L; layer++)
        for (int64_t d = 0; d < s->D; d++) {
            count += size * s->H * (layer == 0 ? s->I : s->D * s->H);
            for (int64_t t = 0; t < s->T; t++)
                count += size * s->H * s->H;
        }
    return count;
}

static void test_bench_bound__counts_operations_and_bytes(void **state)
{
    static const bench_shape shapes[] = {
        {1, 1, 1, 1, 1, 1}, {3, 2, 4, 2, 1, 1}, {3, 2, 4, 5, 1, 2},
        {4, 3, 7, 5, 3, 1}, {3, 2, 4, 5, 2, 2}, {10, 6, 1, 9, 4, 2}};
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++) {
        bench_row row = {.shape = shapes[i], .dtype = F32};
        const double operations = (double)count_operations(&shapes[i]);
        const double bytes = (double)count_bytes(&shapes[i], 4);
        for (int mode = BENCH_MODE_FORWARD; mode <= BENCH_MODE_TRAIN; mode++) {
            const int trains = mode == BENCH_MODE_TRAIN;
            row.mode = (bench_mode)mode;
            row.dtype = F32;
            assert_true(bench_bound_operations(&row) ==
                        operations * (trains ? 3 : 1));
            assert_true(bench_bound_bytes(&row) == bytes * (trains ? 2 : 1));
            row.dtype = F64;
            assert_true(bench_bound_bytes(&row) ==
                        2 * bytes * (trains ? 2 : 1));
        }
    }
}

/* Bytes a second of L1, L2 and L3, and operations a second. */
static const bench_core core = {0, {1000e9, 400e9, 100e9}, 500e9, 640e9};

typedef struct {
    const char *name, *by;
    bench_shape shape;
    srnn_dtype dtype;
    bool trains;
    srnn_schedule schedule;
    int32_t threads;
    double seconds;
} bound_case;

enum {
    SERIAL = SRNN_SCHEDULE_SERIAL,
    BATCH = SRNN_SCHEDULE_BATCH,
    COLUMNS = SRNN_SCHEDULE_COLUMNS
};

/* Seconds: of the products of inputs, then of the steps. */
static const bound_case cases[] = {
    {"small batch reads L1",
     "L1",
     {10, 1, 8, 64, 1, 1},
     F32,
     false,
     SERIAL,
     1,
     10 * 2 * 8 * 64 / 640e9 + 10 * 64 * 64 * 4 / 1000e9},
    {"L1 is full",
     "L1",
     {10, 1, 8, 90, 1, 1},
     F32,
     false,
     SERIAL,
     1,
     10 * 2 * 8 * 90 / 640e9 + 10 * 90 * 90 * 4 / 1000e9},
    {"more than L1",
     "L2",
     {10, 1, 8, 91, 1, 1},
     F32,
     false,
     SERIAL,
     1,
     10 * 2 * 8 * 91 / 640e9 + 10 * 91 * 91 * 4 / 400e9},
    {"wide numbers",
     "L2",
     {10, 1, 8, 65, 1, 1},
     F64,
     false,
     SERIAL,
     1,
     10 * 2 * 8 * 65 / 640e9 + 10 * 65 * 65 * 8 / 400e9},
    {"L2 is full",
     "L2",
     {1, 1, 1, 512, 1, 1},
     F32,
     false,
     SERIAL,
     1,
     2 * 512 / 640e9 + 512.0 * 512 * 4 / 400e9},
    {"more than L2",
     "L3",
     {1, 1, 1, 513, 1, 1},
     F32,
     false,
     SERIAL,
     1,
     2 * 513 / 640e9 + 513.0 * 513 * 4 / 100e9},
    {"a batch computes",
     "FMA",
     {10, 64, 8, 64, 1, 1},
     F32,
     false,
     SERIAL,
     1,
     10.0 * 64 * 2 * 8 * 64 / 640e9 + 10.0 * 64 * 2 * 64 * 64 / 640e9},
    {"two threads compute",
     "FMA",
     {10, 64, 8, 64, 1, 1},
     F32,
     false,
     BATCH,
     2,
     10.0 * 64 * 2 * 8 * 64 / 1280e9 + 10.0 * 64 * 2 * 64 * 64 / 1280e9},
    {"half of the columns each",
     "L2",
     {1, 1, 1, 720, 1, 1},
     F32,
     false,
     COLUMNS,
     2,
     2 * 720 / 1280e9 + 720.0 * 720 * 4 / 800e9},
    {"all of the columns each",
     "L3",
     {1, 2, 1, 720, 1, 1},
     F32,
     false,
     BATCH,
     2,
     2 * 2 * 720 / 1280e9 + 720.0 * 720 * 4 / 100e9},
    {"two layers, both directions",
     "L1",
     {5, 1, 8, 16, 2, 2},
     F32,
     false,
     SERIAL,
     1,
     5 * 2 * 16 * (2 * 8 + 2 * 32) / 640e9 + 5 * 16 * 16 * 4 * 4 / 1000e9},
    {"training",
     "L1",
     {10, 1, 8, 64, 1, 1},
     F32,
     true,
     SERIAL,
     1,
     3 * 10 * 2 * 8 * 64 / 640e9 + 10 * 2 * 64 * 64 / 640e9 +
         2 * 10 * 64 * 64 * 4 / 1000e9},
    {"training a batch",
     "FMA",
     {10, 64, 8, 64, 1, 1},
     F32,
     true,
     SERIAL,
     1,
     3 * (10.0 * 64 * 2 * 8 * 64 + 10.0 * 64 * 2 * 64 * 64) / 640e9},
};

static void test_bench_bound__is_what_the_machine_allows(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const bound_case *const c = &cases[i];
        const bench_row row = {.mode = c->trains ? BENCH_MODE_TRAIN
                                                 : BENCH_MODE_FORWARD,
                               .shape = c->shape,
                               .dtype = c->dtype};
        const bench_result result = {.schedule = c->schedule,
                                     .threads = c->threads};
        const bench_bound bound = bench_bound_of(&row, &result, &core);
        const double error = bound.seconds / c->seconds - 1;
        if (strcmp(bound.by, c->by) != 0)
            fail_msg("%s: %s", c->name, bound.by);
        if (error > 1e-12 || error < -1e-12)
            fail_msg("%s: %g, not %g", c->name, bound.seconds, c->seconds);
    }
}

/* The machine could do the larger one, before or after. */
static void test_bench_bound__takes_the_larger_peak(void **state)
{
    (void)state;
    assert_true(bench_bound_fma(&core) == 640e9);
    assert_true(bench_bound_fma(
                    &(bench_core){.fma_before = 3e9, .fma_after = 2e9}) == 3e9);
}

static void test_bench_bound__knows_the_caches(void **state)
{
    (void)state;
    assert_int_equal(bench_limits_cache(1), 32768);
    assert_int_equal(bench_limits_cache(2), 1048576);
    assert_int_equal(bench_limits_buffer(1), 16384);
    assert_int_equal(bench_limits_buffer(2), 524288);
    assert_int_equal(bench_limits_buffer(3), 8388608);
    level_1 = 49152;
    level_2 = 2097152;
    assert_int_equal(bench_limits_cache(1), 49152);
    assert_int_equal(bench_limits_cache(2), 2097152);
    level_1 = level_2 = -1; /* not known */
    assert_int_equal(bench_limits_cache(1), 32768);
    assert_int_equal(bench_limits_cache(2), 1048576);
    level_1 = 32768;
    level_2 = 1048576;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bench_bound__counts_operations_and_bytes),
        cmocka_unit_test(test_bench_bound__is_what_the_machine_allows),
        cmocka_unit_test(test_bench_bound__takes_the_larger_peak),
        cmocka_unit_test(test_bench_bound__knows_the_caches),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
