/* SPDX-License-Identifier: MIT */
/* Labels: long, long-qemu */
/* Sums of outer products against the scalar chains that gemm/outer.h describes,
 * bit for bit, except that a NaN may be any NaN. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <cmocka.h>

#include "gemm/outer.h"
#include "simd/isa.h"
#include "support/draws.h"
#include "support/element.h"
#include "support/enumerators.h"
#include "support/fma.h"
#include "tensor/dtype.h"

enum {
    BYTES = 1 << 22, /* room for the largest matrix */
    PAGE = 1 << 16,  /* at least one, on every machine */
    MOST = 340,      /* rows or columns of G */
    MOST_STRIDE = MOST + 40,
    RANDOM_CASES = IS_EMULATED ? 30 : 120,
    EVERY = IS_EMULATED ? 3 : 1 /* of all heights and widths */
};

/* Memory before a page that nobody may touch. */
static unsigned char *memory[2];
static _Alignas(64) unsigned char scratch
    [SRNN_OUTER_ROWS * (SRNN_OUTER_A_BYTES + SRNN_OUTER_B_BYTES) + 64];

static int make_memory(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        memory[i] = mmap(NULL, BYTES + PAGE, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        assert_true(memory[i] != MAP_FAILED);
        assert_int_equal(mprotect(memory[i] + BYTES, PAGE, PROT_NONE), 0);
    }
    return 0;
}

static int free_memory(void **state)
{
    (void)state;
    return munmap(memory[0], BYTES + PAGE) | munmap(memory[1], BYTES + PAGE);
}

enum { BEFORE = 20, ROOM = MOST * MOST_STRIDE + 2 * BEFORE };

/* Where G begins at BEFORE. */
typedef union {
    float f32[ROOM];
    double f64[ROOM];
} room;

/* What a case computes from what, and what must come of it. */
typedef struct {
    srnn_dtype dtype;
    bool adds;
    bool is_special; /* NaNs, infinities and -0 among the values */
    srnn_matrix a, b;
    int64_t g_stride;
    int64_t room; /* elements, guards among them */
    room before, product, sums;
} problem;

static problem p;

static void *at(room *g, int64_t m, int64_t n)
{
    return (char *)g +
           (BEFORE + m * p.g_stride + n) * srnn_dtype__size(p.dtype);
}

static double draw(draws *d)
{
    static const double special[] = {NAN, INFINITY, -INFINITY, -0.0, 0};
    if (p.is_special && draws_below(d, 300) == 0)
        return special[draws_below(d, 5)];
    const double more = (double)draws_below(d, 1 << 20) * 0x1p-33;
    return draws_value(d) + more;
}

/* A matrix that ends where its memory does. */
static srnn_matrix draw_matrix(int which, draws *d, int64_t rows,
                               int64_t columns, int64_t stride)
{
    const int64_t count = (rows - 1) * stride + columns;
    const int64_t bytes = count * srnn_dtype__size(p.dtype);
    assert_true(bytes <= BYTES);
    unsigned char *const data = memory[which] + BYTES - bytes;
    for (int64_t i = 0; i < count; i++)
        element_put(data, p.dtype, i, draw(d));
    return (srnn_matrix){data, rows, columns, stride};
}

/* Guards; in G itself numbers to add to, or NaNs for nobody to read. */
static void draw_before(draws *d)
{
    p.room = 2 * BEFORE + p.a.columns * p.g_stride;
    assert_true(p.room <= ROOM);
    memset(&p.before, 0xa5, (size_t)(p.room * srnn_dtype__size(p.dtype)));
    for (int64_t m = 0; m < p.a.columns; m++)
        for (int64_t n = 0; n < p.b.columns || (m == 0 && n < p.a.columns); n++)
            element_put(at(&p.before, m, n), p.dtype, 0,
                        p.adds ? draw(d) : (double)NAN);
}

static void start(room *g)
{
    memcpy(g, &p.before, (size_t)(p.room * srnn_dtype__size(p.dtype)));
}

/* The baseline rounds twice. */
static double multiply_add(double a, double b, double c, bool fuses)
{
    if (p.dtype == SRNN_DTYPE_FLOAT64)
        return fuses ? fma(a, b, c) : a * b + c;
    const float product = (float)a * (float)b;
    return (double)(fuses ? fmaf((float)a, (float)b, (float)c)
                          : product + (float)c);
}

/* What a call leaves where a chain ends. */
static void put(room *g, int64_t m, int64_t n, double chain)
{
    const double old = element_get(at(&p.before, m, n), p.dtype, 0);
    element_put(at(g, m, n), p.dtype, 0, p.adds ? old + chain : chain);
}

static void compute(bool fuses)
{
    static double a[SRNN_OUTER_ROWS];
    start(&p.product);
    start(&p.sums);
    for (int64_t m = 0; m < p.a.columns; m++) {
        double sum = 0;
        for (int64_t r = 0; r < p.a.rows; r++) {
            a[r] = element_get(p.a.data, p.dtype, r * p.a.stride + m);
            sum = multiply_add(1, a[r], sum, fuses);
        }
        put(&p.sums, 0, m, sum);
        for (int64_t n = 0; n < p.b.columns; n++) {
            double chain = 0;
            for (int64_t r = 0; r < p.a.rows; r++)
                chain = multiply_add(
                    a[r], element_get(p.b.data, p.dtype, r * p.b.stride + n),
                    chain, fuses);
            put(&p.product, m, n, chain);
        }
    }
}

/* Guards and all, except that one NaN is as good as another. */
static void expect_same(srnn_isa isa, const char *what, const room *got,
                        const room *wanted)
{
    const int64_t size = srnn_dtype__size(p.dtype);
    if (memcmp(got, wanted, (size_t)(p.room * size)) == 0)
        return;
    for (int64_t i = 0; i < p.room; i++) {
        const double x = element_get(got, p.dtype, i);
        const double y = element_get(wanted, p.dtype, i);
        if (memcmp((const char *)got + i * size,
                   (const char *)wanted + i * size, (size_t)size) != 0 &&
            !(isnan(x) && isnan(y)))
            fail_msg("%s, %s, %s%s: A [%d,%d], rows %d apart, B [.,%d], %d "
                     "apart, G %d apart: [%d] is %.17g, expected %.17g",
                     srnn_isa__name(isa), srnn_dtype__name(p.dtype), what,
                     p.adds ? " added" : "", (int)p.a.rows, (int)p.a.columns,
                     (int)p.a.stride, (int)p.b.columns, (int)p.b.stride,
                     (int)p.g_stride, (int)i - BEFORE, x, y);
    }
}

/* Columns `first` to `end` - 1. */
static srnn_matrix part(srnn_matrix matrix, int64_t first, int64_t end)
{
    matrix.data = (char *)matrix.data + first * srnn_dtype__size(p.dtype);
    matrix.columns = end - first;
    return matrix;
}

/* As if for four threads: G is cut at [m,n]. */
static void multiply_parts(const srnn_outer_kernels *kernels, room *g,
                           int64_t m, int64_t n)
{
    const int64_t M = p.a.columns;
    const int64_t N = p.b.columns;
    const int64_t cuts[][4] = {
        {0, m, 0, n}, {0, m, n, N}, {m, M, 0, n}, {m, M, n, N}};
    for (int i = 0; i < 4; i++) {
        const int64_t *const c = cuts[i];
        if (c[0] < c[1] && c[2] < c[3])
            kernels->product(part(p.a, c[0], c[1]), part(p.b, c[2], c[3]),
                             (srnn_matrix){at(g, c[0], c[2]), c[1] - c[0],
                                           c[3] - c[2], p.g_stride},
                             p.adds, scratch);
    }
}

/* Bytes that the products may write to. */
static size_t promised_scratch(void)
{
    const int64_t stride = p.a.stride > p.b.stride ? p.a.stride : p.b.stride;
    return (size_t)srnn_outer__scratch_bytes(
        p.a.rows, stride * srnn_dtype__size(p.dtype));
}

static void expect_right(srnn_isa isa, draws *d)
{
    static room g, second;
    const srnn_outer_kernels kernels = srnn_outer__find(isa, p.dtype);
    const int64_t M = p.a.columns;
    const int64_t N = p.b.columns;
    memset(scratch, 0xff, sizeof scratch);
    start(&g);
    multiply_parts(&kernels, &g, 0, 0);
    expect_same(isa, "product", &g, &p.product);
    start(&g);
    multiply_parts(&kernels, &g, draws_below(d, M), draws_below(d, N));
    expect_same(isa, "parts", &g, &p.product);
    start(&g);
    start(&second);
    kernels.sums(p.a, (void *[]){at(&g, 0, 0), at(&second, 0, 0)}, p.adds);
    expect_same(isa, "sums", &g, &p.sums);
    expect_same(isa, "second sums", &second, &p.sums);
    start(&second);
    kernels.sums(p.a, (void *[]){NULL, at(&second, 0, 0)}, p.adds);
    expect_same(isa, "second sums alone", &second, &p.sums);
    size_t written = 0;
    for (size_t i = promised_scratch(); i < sizeof scratch; i++)
        written += scratch[i] != 0xff;
    assert_int_equal(written, 0);
}

/* On every instruction set of this build and machine. */
static void expect_right_everywhere(draws *d)
{
    const enumerators isas = enumerators_from(SRNN_ISA_BASELINE);
    for (int fuses = 0; fuses < 2; fuses++) {
        compute(fuses);
        for (int i = 0; i < isas.count; i++)
            if (srnn_isa__is_here(isas.values[i]) &&
                has_fma(isas.values[i]) == fuses)
                expect_right(isas.values[i], d);
    }
}

/* Rows of A and B are at least `apart` elements from each other. */
static void draw_case(draws *d, int64_t R, int64_t M, int64_t N, int64_t apart)
{
    const int64_t more = draws_below(d, 2) * draws_below(d, 40);
    const int64_t a_stride = (M > apart ? M : apart) + more;
    const int64_t b_stride = (N > apart ? N : apart) + draws_below(d, 2) * 7;
    p.dtype = draws_dtype(d);
    p.adds = draws_below(d, 2);
    p.is_special = draws_below(d, 2);
    p.g_stride = N + draws_below(d, 2) * draws_below(d, 40);
    p.a = draw_matrix(0, d, R, M, a_stride);
    p.b = draw_matrix(1, d, R, N, b_stride);
    draw_before(d);
    expect_right_everywhere(d);
}

static void test_outer__random_shapes(void **state)
{
    static const int64_t depths[] = {1, 2, 3, 17, 100, 101, 256, 511, 512};
    (void)state;
    for (int i = 0; i < RANDOM_CASES; i++) {
        draws d = draws_of(i, 1);
        const int64_t R =
            depths[draws_below(&d, sizeof depths / sizeof *depths)];
        const int64_t M = 1 + draws_below(&d, 130);
        const int64_t N = 1 + draws_below(&d, 130);
        draw_case(&d, R, M, N, 0);
    }
}

/* All sizes at which tiles change, and a few rows only. */
static void test_outer__many_sizes(void **state)
{
    (void)state;
    for (int i = 0; i < 10 * RANDOM_CASES; i++) {
        draws d = draws_of(i, 2);
        const int64_t R = 1 + draws_below(&d, 40);
        const int64_t M = draws_size(&d);
        const int64_t N = draws_size(&d);
        draw_case(&d, R, M, N, 0);
    }
}

static void test_outer__every_height_and_width(void **state)
{
    (void)state;
    for (int64_t M = 1; M <= 40; M++)
        for (int64_t N = 1 + M % EVERY; N <= 40; N += EVERY) {
            draws d = draws_of((int)(M * 100 + N), 3);
            const int64_t R = 1 + draws_below(&d, 9);
            draw_case(&d, R, M, N, 0);
        }
}

/* Whole lines of B in half of the cases: the matrix ends on a page. */
static void test_outer__rows_on_lines(void **state)
{
    (void)state;
    for (int i = 0; i < RANDOM_CASES; i++) {
        draws d = draws_of(i, 6);
        const int64_t R = 1 + draws_below(&d, 60);
        const int64_t M = 1 + draws_below(&d, 90);
        const int64_t N = 16 * (1 + draws_below(&d, 7));
        draw_case(&d, R, M, N, 0);
    }
}

/* Where A and B are packed, A in more than one block. */
static void test_outer__rows_far_apart(void **state)
{
    (void)state;
    for (int i = 0; i < RANDOM_CASES; i++) {
        draws d = draws_of(i, 4);
        const int64_t R = 1 + draws_below(&d, 30);
        const int64_t M = 1 + draws_below(&d, MOST);
        const int64_t N = 1 + draws_below(&d, MOST);
        draw_case(&d, R, M, N, 512 + draws_below(&d, 100));
    }
}

/* As many rows as there may be, for what they take of scratch. */
static void test_outer__most_rows_far_apart(void **state)
{
    (void)state;
    for (int i = 0; i < (IS_EMULATED ? 1 : 4); i++) {
        draws d = draws_of(i, 5);
        const int64_t M = 265 + draws_below(&d, 10);
        const int64_t N = 192 + draws_below(&d, 10);
        draw_case(&d, SRNN_OUTER_ROWS, M, N, 512);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_outer__random_shapes),
        cmocka_unit_test(test_outer__many_sizes),
        cmocka_unit_test(test_outer__every_height_and_width),
        cmocka_unit_test(test_outer__rows_on_lines),
        cmocka_unit_test(test_outer__rows_far_apart),
        cmocka_unit_test(test_outer__most_rows_far_apart),
    };
    return cmocka_run_group_tests(tests, make_memory, free_memory);
}
