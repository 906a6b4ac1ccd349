/* SPDX-License-Identifier: MIT */
/* The parts of softmax on every instruction set here: how near exp is to the
 * true value, which is printed, and that all instruction sets with FMA give the
 * same bits, for every number of values. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "pointwise/softmax.h"
#include "support/draws.h"
#include "support/element.h"
#include "support/enumerators.h"
#include "support/fma.h"

enum {
    CHUNK = SRNN_SOFTMAX_CHUNK,
    PAGE = 1 << 16,
    DRAWS = IS_EMULATED ? 2000 : 20000
};

/* Values end where no byte may be read, and results where none may be written.
 */
static unsigned char *pages[2];

static int make_pages(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        pages[i] = mmap(NULL, (size_t)2 * PAGE, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_ptr_not_equal(pages[i], MAP_FAILED);
        assert_int_equal(mprotect(pages[i] + PAGE, PAGE, PROT_NONE), 0);
    }
    return 0;
}

static int free_pages(void **state)
{
    (void)state;
    return munmap(pages[0], (size_t)2 * PAGE) |
           munmap(pages[1], (size_t)2 * PAGE);
}

static void *place(int page, srnn_dtype dtype, int64_t count)
{
    return pages[page] + PAGE - count * element_bytes(dtype);
}

/* Those that can be used here, each with a number; false behind the last. */
static bool next_isa(int number, srnn_isa *isa)
{
    const enumerators all = enumerators_from(SRNN_ISA_BASELINE);
    int found = 0;
    for (int i = 0; i < all.count; i++)
        if (srnn_isa__is_here(all.values[i]) && found++ == number) {
            *isa = all.values[i];
            return true;
        }
    return false;
}

/* The unit in the last place of a result, whose smallest is subnormal. */
static long double last_place(long double value, srnn_dtype dtype)
{
    const bool is_float = dtype == SRNN_DTYPE_FLOAT32;
    int exponent = 0;
    (void)frexpl(value, &exponent);
    const int lowest = is_float ? -125 : -1021;
    return ldexpl(1, (exponent < lowest ? lowest : exponent) -
                         (is_float ? 24 : 53));
}

/* exp of numbers from 0 down to where it is 0. */
static double measure(srnn_isa isa, srnn_dtype dtype)
{
    const srnn_softmax_kernels *const k = srnn_softmax__find(isa, dtype);
    const double reach = dtype == SRNN_DTYPE_FLOAT32 ? 108 : 760;
    draws random = draws_of(1, 83);
    double worst = 0;
    for (int n = 0; n < DRAWS; n++) {
        const double scale = n % 3 == 0 ? 1 : reach;
        void *const x = place(0, dtype, CHUNK);
        void *const y = place(1, dtype, CHUNK);
        for (int i = 0; i < CHUNK; i++)
            element_put(x, dtype, i,
                        -scale * fabs(draws_value(&random) +
                                      draws_value(&random) / 1024));
        (void)k->weigh(y, x, CHUNK, 0);
        for (int i = 0; i < CHUNK; i++) {
            const long double wanted = expl(element_get(x, dtype, i));
            const long double error = fabsl(element_get(y, dtype, i) - wanted) /
                                      last_place(wanted, dtype);
            worst = fmax(worst, (double)error);
        }
    }
    return worst;
}

static void check_errors(srnn_dtype dtype, double bound)
{
    srnn_isa isa = 0;
    for (int i = 0; next_isa(i, &isa); i++) {
        const double worst = measure(isa, dtype);
        print_message("%s %s: %.3f units in the last place\n",
                      srnn_isa__name(isa), srnn_dtype__name(dtype), worst);
        assert_true(worst <= bound);
    }
}

static void test_softmax__exponentials_are_near(void **state)
{
    (void)state;
    check_errors(SRNN_DTYPE_FLOAT32, 1.1);
    check_errors(SRNN_DTYPE_FLOAT64, 1.1);
}

/* By the rule of softmax.h, from the terms that weigh gives. */
static double sum_of_lanes(const void *terms, srnn_dtype dtype, int64_t count)
{
    const int lanes = dtype == SRNN_DTYPE_FLOAT32 ? 16 : 8;
    double sums[16] = {0};
    for (int64_t i = 0; i < count; i++) {
        const double sum = sums[i % lanes] + element_get(terms, dtype, i);
        sums[i % lanes] =
            dtype == SRNN_DTYPE_FLOAT32 ? (double)(float)sum : sum;
    }
    for (int width = lanes / 2; width > 0; width /= 2)
        for (int lane = 0; lane < width; lane++)
            sums[lane] += sums[lane + width];
    return sums[0];
}

/* What the first instruction set with FMA made of a chunk. */
typedef struct {
    bool is_known;
    double largest;
    double sum;
    unsigned char weighed[CHUNK * sizeof(double)];
} results;

static void check_chunk(srnn_isa isa, srnn_dtype dtype, int64_t count,
                        results *first)
{
    const srnn_softmax_kernels *const k = srnn_softmax__find(isa, dtype);
    const size_t bytes = (size_t)(count * element_bytes(dtype));
    void *const x = place(0, dtype, count);
    void *const y = place(1, dtype, count);
    double most = -INFINITY;
    for (int64_t i = 0; i < count; i++)
        most = fmax(most, element_get(x, dtype, i));
    results now = {true, k->find_largest(x, count, -INFINITY), 0, {0}};
    assert_true(now.largest == most);
    assert_true(k->find_largest(x, count, 2) == 2);
    now.sum = k->weigh(y, x, count, 1);
    assert_true(now.sum == sum_of_lanes(y, dtype, count));
    memcpy(now.weighed, y, bytes);
    assert_true(k->weigh(x, x, count, 1) == now.sum); /* in place */
    assert_memory_equal(x, y, bytes);
    if (!has_fma(isa))
        return;
    if (!first->is_known)
        *first = now;
    assert_true(now.sum == first->sum);
    assert_memory_equal(now.weighed, first->weighed, sizeof now.weighed);
}

static void test_softmax__bits_do_not_depend_on_the_isa(void **state)
{
    static const srnn_dtype dtypes[] = {SRNN_DTYPE_FLOAT32, SRNN_DTYPE_FLOAT64};
    (void)state;
    for (int d = 0; d < 2; d++)
        for (int64_t count = 0; count <= CHUNK; count++) {
            results first = {0};
            srnn_isa isa = 0;
            for (int i = 0; next_isa(i, &isa); i++) {
                draws random = draws_of((int)count, 89);
                for (int64_t n = 0; n < count; n++)
                    element_put(place(0, dtypes[d], count), dtypes[d], n,
                                draws_value(&random));
                check_chunk(isa, dtypes[d], count, &first);
            }
        }
}

static void test_softmax__nan_and_infinities(void **state)
{
    static const srnn_dtype dtypes[] = {SRNN_DTYPE_FLOAT32, SRNN_DTYPE_FLOAT64};
    static const double values[] = {-INFINITY, NAN, INFINITY, -1e300, -0.0};
    (void)state;
    srnn_isa isa = 0;
    for (int i = 0; next_isa(i, &isa); i++)
        for (int d = 0; d < 2; d++)
            for (int v = 0; v < 5; v++) {
                const srnn_softmax_kernels *const k =
                    srnn_softmax__find(isa, dtypes[d]);
                void *const x = place(0, dtypes[d], 1);
                double y = 7;
                element_put(x, dtypes[d], 0, values[v]);
                /* What is passed as largest is not below any value. */
                (void)k->weigh(&y, x, 1, v == 2 ? INFINITY : 0);
                y = element_get(&y, dtypes[d], 0);
                assert_true(v == 1 || v == 2 ? isnan(y) : y == (v == 4));
                assert_true(k->find_largest(x, 1, -1) == (v == 2   ? INFINITY
                                                          : v == 4 ? 0
                                                                   : -1));
            }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_softmax__exponentials_are_near),
        cmocka_unit_test(test_softmax__bits_do_not_depend_on_the_isa),
        cmocka_unit_test(test_softmax__nan_and_infinities),
    };
    return cmocka_run_group_tests(tests, make_pages, free_pages);
}
