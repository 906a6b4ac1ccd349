/* SPDX-License-Identifier: MIT */
/* Offsets in order, with few comparisons however they lay before. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "util/heapsort.h"

enum { MOST = 300 };

/* What the offsets point to, and how often it was compared. */
typedef struct {
    int values[MOST];
    int comparisons;
} numbers;

static int by_value(const void *base, uint32_t a, uint32_t b)
{
    numbers *const n = (numbers *)base; /* to count, too */
    n->comparisons++;
    return (n->values[a] > n->values[b]) - (n->values[a] < n->values[b]);
}

/* Numbers below a bound, from a generator that is the same everywhere. */
static void fill(numbers *n, int count, uint32_t bound, uint32_t seed)
{
    n->comparisons = 0;
    for (int i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        n->values[i] = (int)((seed >> 8) % bound);
    }
}

/* The offsets are in order and all there; returns the comparisons. */
static int sort(numbers *n, int count)
{
    uint32_t offsets[MOST + 1];
    int seen[MOST] = {0};
    for (int i = 0; i < count; i++)
        offsets[i] = (uint32_t)i;
    offsets[count] = UINT32_MAX;
    srnn_heapsort__sort(offsets, count, by_value, n);
    for (int i = 0; i < count; i++) {
        assert_true(i == 0 ||
                    n->values[offsets[i - 1]] <= n->values[offsets[i]]);
        assert_int_equal(seen[offsets[i]]++, 0);
    }
    assert_true(offsets[count] == UINT32_MAX);
    return n->comparisons;
}

static int logarithm(int count)
{
    int bits = 0;
    while (count >> bits > 1)
        bits++;
    return bits;
}

static void test_heapsort__sorts_any_order(void **state)
{
    static const uint32_t bounds[] = {1, 2, 10, 1000000};
    (void)state;
    for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
        for (int count = 0; count <= MOST; count++) {
            numbers n;
            fill(&n, count, bounds[i], (uint32_t)count);
            assert_in_range(sort(&n, count), 0,
                            count + 2 * count * (logarithm(count) + 1));
        }
    }
}

static void test_heapsort__takes_one_pass_over_what_is_in_order(void **state)
{
    (void)state;
    for (int count = 1; count <= MOST; count++) {
        numbers n = {.comparisons = 0};
        for (int i = 0; i < count; i++)
            n.values[i] = i / 2;
        assert_int_equal(sort(&n, count), count - 1);
    }
}

static void test_heapsort__turns_round_what_is_backwards(void **state)
{
    (void)state;
    for (int count = 2; count <= MOST; count++) {
        numbers n = {.comparisons = 0};
        for (int i = 0; i < count; i++)
            n.values[i] = -i;
        assert_in_range(sort(&n, count), 1,
                        count + 2 * count * (logarithm(count) + 1));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heapsort__sorts_any_order),
        cmocka_unit_test(test_heapsort__takes_one_pass_over_what_is_in_order),
        cmocka_unit_test(test_heapsort__turns_round_what_is_backwards),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
