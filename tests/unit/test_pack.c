/* SPDX-License-Identifier: MIT */
/* Packed weights against the plain loop that pack.h describes, bit for bit:
 * values are random bytes, many of them NaNs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "gemm/pack.h"
#include "simd/isa.h"
#include "support/draws.h"
#include "support/enumerators.h"
#include "tensor/dtype.h"

enum {
    SOURCE_BYTES = 1 << 22, /* room for the largest W */
    PAGE = 1 << 16,         /* at least one, on every machine */
    GUARD = 1 << 10,        /* around the packed form */
    RANDOM_CASES = 200
};

typedef struct {
    srnn_dtype dtype;
    int64_t rows;
    int64_t columns;
    int64_t stride;
} shape;

/* Random bytes; whoever reads beyond them dies. */
static unsigned char *source;

static int make_source(void **state)
{
    draws d = draws_of(1, 1);
    (void)state;
    source = mmap(NULL, SOURCE_BYTES + PAGE, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_true(source != MAP_FAILED);
    for (int64_t i = 0; i < SOURCE_BYTES; i++)
        source[i] = (unsigned char)draws_below(&d, 256);
    return mprotect(source + SOURCE_BYTES, PAGE, PROT_NONE);
}

static int free_source(void **state)
{
    (void)state;
    return munmap(source, SOURCE_BYTES + PAGE);
}

static int64_t source_bytes(const shape *s)
{
    return ((s->rows - 1) * s->stride + s->columns) *
           srnn_dtype__size(s->dtype);
}

static int64_t packed_bytes(const shape *s)
{
    return srnn_pack__padded(s->rows, s->dtype) * s->columns *
           srnn_dtype__size(s->dtype);
}

/* The first W in the source, and the last. */
static srnn_matrix first_of(const shape *s)
{
    return (srnn_matrix){source, s->rows, s->columns, s->stride};
}

static srnn_matrix last_of(const shape *s)
{
    srnn_matrix w = first_of(s);
    w.data = source + SOURCE_BYTES - source_bytes(s);
    return w;
}

/* Element by element, into zeros. */
static void pack_plainly(unsigned char *packed, const shape *s, srnn_matrix w)
{
    const int64_t size = srnn_dtype__size(s->dtype);
    const int64_t panel = SRNN_PANEL_LINES * SRNN_LINE_BYTES / size;
    for (int64_t n = 0; n < s->rows; n++) {
        const int64_t first = n / panel * panel;
        const int64_t left = srnn_pack__padded(s->rows, s->dtype) - first;
        const int64_t width = left < panel ? left : panel;
        for (int64_t k = 0; k < s->columns; k++)
            memcpy(packed + (first * s->columns + k * width + n - first) * size,
                   (const unsigned char *)w.data + (n * s->stride + k) * size,
                   (size_t)size);
    }
}

static unsigned char *make_guarded(const shape *s)
{
    const size_t bytes = (size_t)packed_bytes(s);
    unsigned char *const memory = aligned_alloc(64, bytes + 2 * (size_t)GUARD);
    assert_non_null(memory);
    memset(memory, 0xa5, bytes + 2 * (size_t)GUARD);
    memset(memory + GUARD, 0, bytes);
    return memory;
}

/* Over another weight, as where a parameter is set. */
static void expect_packed(srnn_isa isa, const shape *s)
{
    unsigned char *const expected = make_guarded(s);
    unsigned char *const packed = make_guarded(s);
    pack_plainly(expected + GUARD, s, last_of(s));
    srnn_pack__find(isa, s->dtype)(packed + GUARD, first_of(s));
    srnn_pack__find(isa, s->dtype)(packed + GUARD, last_of(s));
    if (memcmp(packed, expected, (size_t)packed_bytes(s) + 2 * GUARD) != 0)
        fail_msg("%s, %s: W [%d,%d], rows %d apart", srnn_isa__name(isa),
                 srnn_dtype__name(s->dtype), (int)s->rows, (int)s->columns,
                 (int)s->stride);
    free(expected);
    free(packed);
}

/* On every instruction set of this build and machine. */
static void expect_packed_everywhere(const shape *s)
{
    assert_true(source_bytes(s) <= SOURCE_BYTES);
    const enumerators isas = enumerators_from(SRNN_ISA_BASELINE);
    for (int i = 0; i < isas.count; i++)
        if (srnn_isa__is_here(isas.values[i]))
            expect_packed(isas.values[i], s);
}

static void expect_both_dtypes(int64_t rows, int64_t columns, int64_t stride)
{
    const shape f32 = {SRNN_DTYPE_FLOAT32, rows, columns, stride};
    const shape f64 = {SRNN_DTYPE_FLOAT64, rows, columns, stride};
    expect_packed_everywhere(&f32);
    expect_packed_everywhere(&f64);
}

static void test_pack__every_small_size(void **state)
{
    enum { MOST = 70 };
    (void)state;
    for (int64_t rows = 1; rows <= MOST; rows++)
        for (int64_t columns = 1; columns <= MOST; columns++)
            expect_both_dtypes(rows, columns, columns + rows % 4);
}

static void test_pack__random_sizes(void **state)
{
    enum { MOST = 300 };
    (void)state;
    for (int i = 0; i < RANDOM_CASES; i++) {
        draws d = draws_of(i, 2);
        const int64_t rows = 1 + draws_below(&d, MOST);
        const int64_t columns = 1 + draws_below(&d, MOST);
        expect_both_dtypes(rows, columns, columns + draws_below(&d, 40));
    }
}

/* Rows a page apart, very many rows or columns, one row with any stride. */
static void test_pack__odd_shapes(void **state)
{
    static const int64_t shapes[][3] = {
        {130, 1024, 1024}, {67, 512, 1024}, {1, 5000, 0},  {3, 4099, 4099},
        {5000, 1, 1},      {5001, 3, 3},    {4099, 5, 64}, {1, 1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        expect_both_dtypes(shapes[i][0], shapes[i][1], shapes[i][2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pack__every_small_size),
        cmocka_unit_test(test_pack__random_sizes),
        cmocka_unit_test(test_pack__odd_shapes),
    };
    return cmocka_run_group_tests(tests, make_source, free_source);
}
