/* SPDX-License-Identifier: MIT */
/* What tensors hold, apart from what they refuse (test_misuse_tensor.c). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"

static srnn_tensor *wrap(void *data, int32_t rank, const int64_t *shape,
                         const int64_t *strides)
{
    srnn_tensor *tensor = NULL;
    assert_int_equal(srnn_tensor_wrap(&tensor, data, SRNN_DTYPE_FLOAT32, rank,
                                      shape, strides),
                     SRNN_OK);
    return tensor;
}

static void test_tensor__create_gives_aligned_zeros(void **state)
{
    (void)state;
    srnn_tensor *tensor = NULL;
    const int64_t shape[] = {3, 2, 4};
    const int64_t strides[] = {8, 4, 1};
    assert_int_equal(srnn_tensor_create(&tensor, SRNN_DTYPE_FLOAT64, 3, shape),
                     SRNN_OK);
    assert_int_equal(srnn_tensor_dtype(tensor), SRNN_DTYPE_FLOAT64);
    assert_int_equal(srnn_tensor_rank(tensor), 3);
    assert_int_equal(srnn_tensor_size(tensor), 24);
    assert_memory_equal(srnn_tensor_shape(tensor), shape, sizeof shape);
    assert_memory_equal(srnn_tensor_strides(tensor), strides, sizeof strides);
    assert_int_equal((uintptr_t)srnn_tensor_data(tensor) % 64, 0);
    const double zeros[24] = {0};
    assert_memory_equal(srnn_tensor_data(tensor), zeros, sizeof zeros);
    srnn_tensor_destroy(tensor);
}

static void test_tensor__rank_zero_is_one_number(void **state)
{
    (void)state;
    srnn_tensor *a = NULL;
    srnn_tensor *b = NULL;
    assert_int_equal(srnn_tensor_create(&a, SRNN_DTYPE_FLOAT32, 0, NULL),
                     SRNN_OK);
    assert_int_equal(srnn_tensor_create(&b, SRNN_DTYPE_FLOAT32, 0, NULL),
                     SRNN_OK);
    assert_int_equal(srnn_tensor_size(a), 1);
    *(float *)srnn_tensor_data(a) = 5;
    assert_int_equal(srnn_tensor_copy(b, a), SRNN_OK);
    assert_true(*(float *)srnn_tensor_data(b) == 5);
    srnn_tensor_destroy(a);
    srnn_tensor_destroy(b);
}

static void test_tensor__empty_may_have_no_memory(void **state)
{
    (void)state;
    const int64_t shape[] = {3, 0, 4};
    srnn_tensor *const tensor = wrap(NULL, 3, shape, NULL);
    assert_int_equal(srnn_tensor_size(tensor), 0);
    assert_int_equal(srnn_tensor_copy(tensor, tensor), SRNN_OK);
    srnn_tensor_destroy(tensor);
}

/* [2,3] read as its transpose. */
static void test_tensor__copy_follows_strides(void **state)
{
    (void)state;
    float from[] = {0, 1, 2, 3, 4, 5};
    float to[6] = {0};
    const float wanted[] = {0, 3, 1, 4, 2, 5};
    const int64_t shape[] = {3, 2};
    const int64_t transposed[] = {1, 3};
    srnn_tensor *const source = wrap(from, 2, shape, transposed);
    srnn_tensor *const target = wrap(to, 2, shape, NULL);
    assert_int_equal(srnn_tensor_copy(target, source), SRNN_OK);
    assert_memory_equal(to, wanted, sizeof wanted);
    srnn_tensor_destroy(source);
    srnn_tensor_destroy(target);
}

static void test_tensor__concatenate_joins_any_axis(void **state)
{
    (void)state;
    float left[] = {1, 2, 3, 4};
    float right[] = {5, 6};
    const float wanted[] = {1, 2, 5, 3, 4, 6};
    const int64_t wide[] = {2, 2};
    const int64_t narrow[] = {2, 1};
    srnn_tensor *const parts[] = {wrap(left, 2, wide, NULL),
                                  wrap(right, 2, narrow, NULL)};
    for (int32_t axis = -1; axis <= 1; axis += 2) {
        srnn_tensor *joined = NULL;
        assert_int_equal(
            srnn_tensor_concatenate(&joined, (const srnn_tensor *const *)parts,
                                    2, axis),
            SRNN_OK);
        assert_int_equal(srnn_tensor_shape(joined)[0], 2);
        assert_int_equal(srnn_tensor_shape(joined)[1], 3);
        assert_memory_equal(srnn_tensor_data(joined), wanted, sizeof wanted);
        srnn_tensor_destroy(joined);
    }
    srnn_tensor_destroy(parts[0]);
    srnn_tensor_destroy(parts[1]);
}

/* An empty part adds nothing, before or after the others. */
static void test_tensor__concatenate_takes_empty_parts(void **state)
{
    (void)state;
    float values[] = {1, 2};
    const int64_t none[] = {0, 2};
    const int64_t one[] = {1, 2};
    srnn_tensor *const empty = wrap(NULL, 2, none, NULL);
    srnn_tensor *const full = wrap(values, 2, one, NULL);
    const srnn_tensor *const orders[][3] = {{empty, full, empty},
                                            {empty, empty, empty}};
    for (int i = 0; i < 2; i++) {
        srnn_tensor *joined = NULL;
        assert_int_equal(srnn_tensor_concatenate(&joined, orders[i], 3, 0),
                         SRNN_OK);
        assert_int_equal(srnn_tensor_shape(joined)[0], 1 - i);
        srnn_tensor_destroy(joined);
    }
    srnn_tensor_destroy(empty);
    srnn_tensor_destroy(full);
}

static srnn_tensor *wrap_const(const void *data, int32_t rank,
                               const int64_t *shape, const int64_t *strides)
{
    srnn_tensor *tensor = NULL;
    assert_int_equal(srnn_tensor_wrap_const(&tensor, data, SRNN_DTYPE_FLOAT32,
                                            rank, shape, strides),
                     SRNN_OK);
    return tensor;
}

static void test_tensor__wrap_const_is_read_only(void **state)
{
    (void)state;
    static const float values[] = {1, 2, 3};
    float more[] = {4, 5};
    const int64_t shape[] = {3};
    const int64_t fewer[] = {2};
    srnn_tensor *const tensor = wrap_const(values, 1, shape, NULL);
    assert_int_equal(srnn_tensor_is_read_only(tensor), 1);
    assert_null(srnn_tensor_data(tensor));
    assert_ptr_equal(srnn_tensor_const_data(tensor), values);
    assert_int_equal(
        srnn_tensor_rewrap(tensor, more, SRNN_DTYPE_FLOAT32, 1, fewer, NULL),
        SRNN_OK);
    assert_int_equal(srnn_tensor_is_read_only(tensor), 0);
    assert_int_equal(srnn_tensor_size(tensor), 2);
    assert_ptr_equal(srnn_tensor_data(tensor), more);
    assert_ptr_equal(srnn_tensor_const_data(tensor), more);
    srnn_tensor_destroy(tensor);
}

/* Rows that are one, windows, backwards, elements that are one. */
static void test_tensor__wrap_const_takes_any_strides(void **state)
{
    (void)state;
    static const float values[] = {1, 2, 3, 4};
    static const struct {
        int first;
        int64_t strides[2];
        float wanted[6];
    } rows[] = {
        {0, {0, 1}, {1, 2, 3, 1, 2, 3}},   {0, {1, 1}, {1, 2, 3, 2, 3, 4}},
        {3, {-1, -1}, {4, 3, 2, 3, 2, 1}}, {1, {2, 0}, {2, 2, 2, 4, 4, 4}},
        {2, {0, 0}, {3, 3, 3, 3, 3, 3}},   {2, {1, -1}, {3, 2, 1, 4, 3, 2}}};
    const int64_t shape[] = {2, 3};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        float got[6] = {0};
        srnn_tensor *const source =
            wrap_const(values + rows[i].first, 2, shape, rows[i].strides);
        srnn_tensor *const target = wrap(got, 2, shape, NULL);
        assert_int_equal(srnn_tensor_copy(target, source), SRNN_OK);
        assert_memory_equal(got, rows[i].wanted, sizeof got);
        srnn_tensor_destroy(source);
        srnn_tensor_destroy(target);
    }
}

static void test_tensor__may_be_written_backwards(void **state)
{
    (void)state;
    float from[] = {1, 2, 3, 4, 5, 6};
    float to[6] = {0};
    const float wanted[] = {6, 5, 4, 3, 2, 1};
    const int64_t shape[] = {2, 3};
    const int64_t backwards[] = {-3, -1};
    srnn_tensor *const source = wrap(from, 2, shape, NULL);
    srnn_tensor *const target = wrap(to + 5, 2, shape, backwards);
    assert_int_equal(srnn_tensor_copy(target, source), SRNN_OK);
    assert_memory_equal(to, wanted, sizeof wanted);
    srnn_tensor_destroy(source);
    srnn_tensor_destroy(target);
}

/* As NumPy describes them. */
static void test_tensor__empty_has_no_strides(void **state)
{
    (void)state;
    const int64_t shape[] = {2, 0, 3};
    const int64_t none[] = {0, 0, 0};
    const int64_t contiguous[] = {3, 3, 1};
    srnn_tensor *const views[] = {wrap(NULL, 3, shape, none),
                                  wrap_const(NULL, 3, shape, none)};
    for (int i = 0; i < 2; i++) {
        assert_memory_equal(srnn_tensor_strides(views[i]), contiguous,
                            sizeof contiguous);
        assert_int_equal(srnn_tensor_copy(views[0], views[i]), SRNN_OK);
    }
    srnn_tensor_destroy(views[0]);
    srnn_tensor_destroy(views[1]);
}

/* Its own shape and strides are still there when they are read. */
static void test_tensor__rewrap_takes_what_the_tensor_has(void **state)
{
    (void)state;
    float first[] = {1, 2, 3, 4, 5, 6};
    float second[] = {7, 8, 9, 10, 11, 12};
    const int64_t shape[] = {2, 2};
    const int64_t strides[] = {-3, 1};
    srnn_tensor *const tensor = wrap(first + 3, 2, shape, strides);
    assert_int_equal(srnn_tensor_rewrap(tensor, second + 3, SRNN_DTYPE_FLOAT32,
                                        2, srnn_tensor_shape(tensor),
                                        srnn_tensor_strides(tensor)),
                     SRNN_OK);
    assert_memory_equal(srnn_tensor_shape(tensor), shape, sizeof shape);
    assert_memory_equal(srnn_tensor_strides(tensor), strides, sizeof strides);
    srnn_tensor *copy = NULL;
    const float wanted[] = {10, 11, 7, 8};
    assert_int_equal(srnn_tensor_create(&copy, SRNN_DTYPE_FLOAT32, 2, shape),
                     SRNN_OK);
    assert_int_equal(srnn_tensor_copy(copy, tensor), SRNN_OK);
    assert_memory_equal(srnn_tensor_data(copy), wanted, sizeof wanted);
    srnn_tensor_destroy(copy);
    srnn_tensor_destroy(tensor);
}

/* Columns of the same rows. */
static void test_tensor__copies_between_slices_of_a_buffer(void **state)
{
    (void)state;
    float rows[] = {1, 2, 0, 0, 3, 4, 0, 0};
    const float wanted[] = {1, 2, 1, 2, 3, 4, 3, 4};
    const int64_t shape[] = {2, 2};
    const int64_t strides[] = {4, 1};
    srnn_tensor *const left = wrap(rows, 2, shape, strides);
    srnn_tensor *const right = wrap(rows + 2, 2, shape, strides);
    srnn_tensor *const middle = wrap(rows + 1, 2, shape, strides);
    assert_int_equal(srnn_tensor_copy(right, left), SRNN_OK);
    assert_memory_equal(rows, wanted, sizeof wanted);
    assert_int_equal(srnn_tensor_copy(middle, left), SRNN_ERROR_ALIAS);
    assert_memory_equal(rows, wanted, sizeof wanted);
    srnn_tensor_destroy(left);
    srnn_tensor_destroy(right);
    srnn_tensor_destroy(middle);
}

/* Lengths and flags are only moved. */
static void test_tensor__of_integers_are_copied_and_joined(void **state)
{
    (void)state;
    static const srnn_dtype dtypes[] = {SRNN_DTYPE_INT64, SRNN_DTYPE_UINT8};
    int64_t longs[] = {INT64_MIN, -1, 0, 1, INT64_C(1) << 53, INT64_MAX};
    uint8_t bytes[] = {0, 1, 127, 128, 254, 255};
    void *const values[] = {longs, bytes};
    const size_t widths[] = {8, 1};
    const int64_t shape[] = {2, 3};
    for (int i = 0; i < 2; i++) {
        srnn_tensor *view = NULL;
        srnn_tensor *copy = NULL;
        srnn_tensor *joined = NULL;
        assert_int_equal(
            srnn_tensor_wrap(&view, values[i], dtypes[i], 2, shape, NULL), 0);
        assert_int_equal(srnn_tensor_create(&copy, dtypes[i], 2, shape), 0);
        assert_int_equal(srnn_tensor_dtype(copy), dtypes[i]);
        assert_int_equal(srnn_tensor_copy(copy, view), SRNN_OK);
        assert_memory_equal(srnn_tensor_data(copy), values[i], 6 * widths[i]);
        const srnn_tensor *const parts[] = {view, copy};
        assert_int_equal(srnn_tensor_concatenate(&joined, parts, 2, 0), 0);
        const unsigned char *const data = srnn_tensor_data(joined);
        assert_memory_equal(data, values[i], 6 * widths[i]);
        assert_memory_equal(data + 6 * widths[i], values[i], 6 * widths[i]);
        srnn_tensor_destroy(view);
        srnn_tensor_destroy(copy);
        srnn_tensor_destroy(joined);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tensor__create_gives_aligned_zeros),
        cmocka_unit_test(test_tensor__rank_zero_is_one_number),
        cmocka_unit_test(test_tensor__empty_may_have_no_memory),
        cmocka_unit_test(test_tensor__copy_follows_strides),
        cmocka_unit_test(test_tensor__concatenate_joins_any_axis),
        cmocka_unit_test(test_tensor__concatenate_takes_empty_parts),
        cmocka_unit_test(test_tensor__wrap_const_is_read_only),
        cmocka_unit_test(test_tensor__wrap_const_takes_any_strides),
        cmocka_unit_test(test_tensor__may_be_written_backwards),
        cmocka_unit_test(test_tensor__empty_has_no_strides),
        cmocka_unit_test(test_tensor__rewrap_takes_what_the_tensor_has),
        cmocka_unit_test(test_tensor__copies_between_slices_of_a_buffer),
        cmocka_unit_test(test_tensor__of_integers_are_copied_and_joined),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
