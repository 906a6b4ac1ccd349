/* SPDX-License-Identifier: MIT */
/* The order in which a step goes through the columns of a hidden state. No bit
 * depends on it, so a product of this file looks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cell/cell.h"

enum { H = 300, FIRST = 128, BLOCKS = 3 };

/* The blocks that were multiplied. */
static struct {
    int count;
    int64_t first[BLOCKS];
    int64_t columns[BLOCKS];
} seen;

static void see(srnn_matrix a, const srnn_gemm_weight *w, int64_t first,
                const void *start, srnn_matrix c)
{
    (void)a;
    (void)w;
    (void)start;
    assert_true(seen.count < BLOCKS);
    seen.first[seen.count] = first;
    seen.columns[seen.count] = c.columns;
    seen.count++;
}

static void leave(void *values, int64_t count)
{
    (void)values;
    (void)count;
}

static void advance(int64_t rows, int64_t turn)
{
    static float h[SRNN_GEMM_FETCHING_ROWS * H];
    static float y[SRNN_GEMM_FETCHING_ROWS * H];
    const srnn_cell_weights cell = {.bias = NULL};
    const srnn_cell_kernels kernels = {.product = see, .activate = leave};
    seen.count = 0;
    srnn_cell__advance_f32(&cell, &kernels, (srnn_matrix){h, rows, H, H},
                           (srnn_matrix){y, rows, H, H}, FIRST, turn);
    assert_int_equal(seen.count, BLOCKS);
}

static void check_block(int at, int64_t first, int64_t columns)
{
    assert_int_equal(seen.first[at], FIRST + first);
    assert_int_equal(seen.columns[at], columns);
}

static void check_forwards(void)
{
    check_block(0, 0, 128);
    check_block(1, 128, 128);
    check_block(2, 256, 44);
}

static void test_columns__go_backwards_every_other_step(void **state)
{
    (void)state;
    for (int64_t rows = 1; rows < SRNN_GEMM_FETCHING_ROWS; rows++) {
        advance(rows, 4);
        check_forwards();
        advance(rows, 5);
        check_block(0, 256, 44);
        check_block(1, 128, 128);
        check_block(2, 0, 128);
    }
}

/* The next panel of weights is fetched. */
static void test_columns__go_forwards_with_many_rows(void **state)
{
    (void)state;
    for (int64_t turn = 0; turn < 2; turn++) {
        advance(SRNN_GEMM_FETCHING_ROWS, turn);
        check_forwards();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_columns__go_backwards_every_other_step),
        cmocka_unit_test(test_columns__go_forwards_with_many_rows),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
