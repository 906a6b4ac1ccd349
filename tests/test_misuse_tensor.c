/* SPDX-License-Identifier: MIT */
/* The rules of tensor.h, on both sides of each limit. */
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"

/* Where tensors lie, in bytes of misuse_memory. */
enum { X = 1024, Y = 2048 };

#define POWER(exponent) (INT64_C(1) << (exponent))

static void test_misuse_tensor__create_description(void **state)
{
    (void)state;
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_tensor_create(NULL, F32, SHAPE(2)));
    REFUSE(SRNN_ERROR_INVALID,
           "dtype is 0, expected SRNN_DTYPE_FLOAT32...SRNN_DTYPE_UINT8",
           srnn_tensor_create(&made.tensor, 0, SHAPE(2)));
    REFUSE(SRNN_ERROR_INVALID,
           "dtype is 1005, expected SRNN_DTYPE_FLOAT32...SRNN_DTYPE_UINT8",
           srnn_tensor_create(&made.tensor, 1005, SHAPE(2)));
    REFUSE(SRNN_ERROR_INVALID,
           "dtype is 1000, expected SRNN_DTYPE_FLOAT32...SRNN_DTYPE_UINT8",
           srnn_tensor_create(&made.tensor, 1000, SHAPE(2)));
    REFUSE(SRNN_ERROR_INVALID,
           "dtype is SRNN_ISA_AVX2, expected SRNN_DTYPE_FLOAT32",
           srnn_tensor_create(&made.tensor, SRNN_ISA_AVX2, SHAPE(2)));
    REFUSE(SRNN_ERROR_RANGE, "rank is -1, expected 0 to 8",
           srnn_tensor_create(&made.tensor, F32, -1, LIST(2)));
    REFUSE(SRNN_ERROR_RANGE, "rank is 9, expected 0 to 8",
           srnn_tensor_create(&made.tensor, F32,
                              SHAPE(1, 1, 1, 1, 1, 1, 1, 1, 1)));
    REFUSE(SRNN_ERROR_RANGE, "rank is 2147483647, expected 0 to 8",
           srnn_tensor_create(&made.tensor, F32, INT32_MAX, LIST(2)));
    REFUSE(SRNN_ERROR_INVALID, "shape is NULL",
           srnn_tensor_create(&made.tensor, F32, 1, NULL));
    REFUSE(SRNN_ERROR_RANGE, "shape...is -1, expected at least 0",
           srnn_tensor_create(&made.tensor, F32, SHAPE(-1, 2)));
    REFUSE(SRNN_ERROR_RANGE,
           "shape...is -9223372036854775808, expected at least 0",
           srnn_tensor_create(&made.tensor, F32, SHAPE(2, INT64_MIN)));
    for (srnn_dtype dtype = F32; dtype <= U8; dtype++) {
        ACCEPT(srnn_tensor_create(&made.tensor, dtype, SHAPE(2)));
        srnn_tensor_destroy(made.tensor);
    }
    ACCEPT(srnn_tensor_create(&made.tensor, F32, 0, NULL));
    srnn_tensor_destroy(made.tensor);
    ACCEPT(
        srnn_tensor_create(&made.tensor, F64, SHAPE(1, 1, 1, 1, 1, 1, 1, 0)));
    srnn_tensor_destroy(made.tensor);
}

/* Just below the limit only memory lacks. */
static void test_misuse_tensor__create_overflow(void **state)
{
    (void)state;
    REFUSE(SRNN_ERROR_OVERFLOW, "float32...[2305843009213693952]",
           srnn_tensor_create(&made.tensor, F32, SHAPE(POWER(61))));
    REFUSE(SRNN_ERROR_OVERFLOW, "float32...[2305843009213693951]",
           srnn_tensor_create(&made.tensor, F32, SHAPE(POWER(61) - 1)));
    REFUSE(SRNN_ERROR_NO_MEMORY, "bytes",
           srnn_tensor_create(&made.tensor, F32, SHAPE(POWER(61) - 256)));
    REFUSE(SRNN_ERROR_OVERFLOW, "float32...[1073741824, 2147483648]",
           srnn_tensor_create(&made.tensor, F32, SHAPE(POWER(30), POWER(31))));
    REFUSE(
        SRNN_ERROR_NO_MEMORY, "bytes",
        srnn_tensor_create(&made.tensor, F32, SHAPE(POWER(30), POWER(31) - 1)));
    REFUSE(SRNN_ERROR_OVERFLOW, "float64...[1073741824, 1073741824]",
           srnn_tensor_create(&made.tensor, F64, SHAPE(POWER(30), POWER(30))));
    REFUSE(
        SRNN_ERROR_NO_MEMORY, "bytes",
        srnn_tensor_create(&made.tensor, F64, SHAPE(POWER(30), POWER(30) - 1)));
    REFUSE(
        SRNN_ERROR_OVERFLOW, "[0, 4294967296, 4294967296]",
        srnn_tensor_create(&made.tensor, F32, SHAPE(0, POWER(32), POWER(32))));
    REFUSE(
        SRNN_ERROR_OVERFLOW, "9223372036854775807, 9223372036854775807]",
        srnn_tensor_create(&made.tensor, F32,
                           SHAPE(INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX,
                                 INT64_MAX, INT64_MAX, INT64_MAX, INT64_MAX)));
}

/* Up to 2^63 - 1 bytes, where addresses are that wide. */
static void check_farthest(void *data, srnn_dtype dtype, int32_t rank,
                           const int64_t *shape, const int64_t *strides)
{
    if (!MISUSE_HAS_64_BITS) {
        REFUSE(
            SRNN_ERROR_OVERFLOW, "reaches beyond the address space",
            srnn_tensor_wrap(&made.tensor, data, dtype, rank, shape, strides));
        return;
    }
    ACCEPT(srnn_tensor_wrap(&made.tensor, data, dtype, rank, shape, strides));
    srnn_tensor_destroy(made.tensor);
}

static void test_misuse_tensor__wrap_description(void **state)
{
    (void)state;
    void *const data = misuse_memory + X;
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_tensor_wrap(NULL, data, F32, SHAPE(2), NULL));
    REFUSE(SRNN_ERROR_INVALID,
           "dtype is 0, expected SRNN_DTYPE_FLOAT32...SRNN_DTYPE_UINT8",
           srnn_tensor_wrap(&made.tensor, data, 0, SHAPE(2), NULL));
    REFUSE(SRNN_ERROR_INVALID,
           "dtype is 1005, expected SRNN_DTYPE_FLOAT32...SRNN_DTYPE_UINT8",
           srnn_tensor_wrap(&made.tensor, data, 1005, SHAPE(2), NULL));
    REFUSE(SRNN_ERROR_RANGE, "rank is -1, expected 0 to 8",
           srnn_tensor_wrap(&made.tensor, data, F32, -1, LIST(2), NULL));
    REFUSE(SRNN_ERROR_RANGE, "rank is 9, expected 0 to 8",
           srnn_tensor_wrap(&made.tensor, data, F32,
                            SHAPE(1, 1, 1, 1, 1, 1, 1, 1, 1), NULL));
    REFUSE(SRNN_ERROR_INVALID, "shape is NULL",
           srnn_tensor_wrap(&made.tensor, data, F32, 1, NULL, NULL));
    REFUSE(SRNN_ERROR_RANGE, "shape...is -1, expected at least 0",
           srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, -1), NULL));
    REFUSE(SRNN_ERROR_OVERFLOW, "float32...[2305843009213693952]",
           srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(POWER(61)), NULL));
    check_farthest(data, F32, SHAPE(POWER(61) - 1), NULL);
    REFUSE(
        SRNN_ERROR_OVERFLOW, "float64...[2, 576460752303423488]",
        srnn_tensor_wrap(&made.tensor, data, F64, SHAPE(2, POWER(59)), NULL));
    check_farthest(data, F64, SHAPE(2, POWER(59) - 1), NULL);
}

static void test_misuse_tensor__wrap_data(void **state)
{
    (void)state;
    unsigned char *const data = misuse_memory + X;
    REFUSE(SRNN_ERROR_INVALID, "data is NULL",
           srnn_tensor_wrap(&made.tensor, NULL, F32, SHAPE(1), NULL));
    REFUSE(SRNN_ERROR_INVALID, "data is NULL",
           srnn_tensor_wrap(&made.tensor, NULL, F32, 0, NULL, NULL));
    for (int i = 1; i < (int)_Alignof(double); i++)
        REFUSE(SRNN_ERROR_INVALID,
               "data is at 0x... bytes, the alignment of float64",
               srnn_tensor_wrap(&made.tensor, data + i, F64, SHAPE(2), NULL));
    for (int i = 1; i < 4; i++)
        REFUSE(SRNN_ERROR_INVALID,
               "data is at 0x...4 bytes, the alignment of float32",
               srnn_tensor_wrap(&made.tensor, data + i, F32, SHAPE(2), NULL));
    ACCEPT(srnn_tensor_wrap(&made.tensor, data + 4, F32, SHAPE(2), NULL));
    srnn_tensor_destroy(made.tensor);
    ACCEPT(srnn_tensor_wrap(&made.tensor, data + 8, F64, SHAPE(2), NULL));
    srnn_tensor_destroy(made.tensor);
    ACCEPT(srnn_tensor_wrap(&made.tensor, NULL, F32, SHAPE(2, 0), NULL));
    srnn_tensor_destroy(made.tensor);
}

static void test_misuse_tensor__wrap_strides(void **state)
{
    (void)state;
    void *const data = misuse_memory + X;
    REFUSE(SRNN_ERROR_INVALID, "[2, 3]...[0, 1]...stride 0 is 0...at least 1",
           srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 3), LIST(0, 1)));
    REFUSE(SRNN_ERROR_INVALID, "[2, 3]...[3, 0]...stride 1 is 0...at least 1",
           srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 3), LIST(3, 0)));
    REFUSE(SRNN_ERROR_INVALID, "[2, 3]...[-2, 1]...stride 0 is -2...least 3",
           srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 3), LIST(-2, 1)));
    REFUSE(SRNN_ERROR_INVALID, "[2, 3]...[3, -2]...stride 0 is 3...least 5",
           srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 3), LIST(3, -2)));
    REFUSE(SRNN_ERROR_OVERFLOW, "[3, -9223372036854775808]",
           srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 3),
                            LIST(3, INT64_MIN)));
    REFUSE(SRNN_ERROR_INVALID, "[2, 3]...[2, 1]...stride 0 is 2...at least 3",
           srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 3), LIST(2, 1)));
    REFUSE(SRNN_ERROR_INVALID, "[2, 3]...[1, 1]...stride 1 is 1...at least 2",
           srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 3), LIST(1, 1)));
    REFUSE(SRNN_ERROR_INVALID, "[2, 3]...[1, -1]...stride 1 is -1...least 2",
           srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 3), LIST(1, -1)));
    REFUSE(SRNN_ERROR_INVALID, "[2, 2, 2]...stride 0 is 5...at least 6",
           srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 2, 2),
                            LIST(5, 2, 3)));
    REFUSE(
        SRNN_ERROR_OVERFLOW, "[3]",
        srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(3), LIST(INT64_MAX)));
    REFUSE(SRNN_ERROR_OVERFLOW, "[2]",
           srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2),
                            LIST(POWER(61) - 1)));
    check_farthest(data, F32, SHAPE(2), LIST(POWER(61) - 2));
    ACCEPT(srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 3), LIST(1, 2)));
    srnn_tensor_destroy(made.tensor);
    ACCEPT(srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 2, 2),
                            LIST(6, 2, 3)));
    srnn_tensor_destroy(made.tensor);
    ACCEPT(srnn_tensor_wrap(&made.tensor, data, F32,
                            SHAPE(1, 2, 1, 2, 1, 1, 1, 2),
                            LIST(9, 8, 9, 4, 9, 9, 9, 2)));
    srnn_tensor_destroy(made.tensor);
    ACCEPT(srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 1, 3),
                            LIST(3, -7, 1)));
    srnn_tensor_destroy(made.tensor);
    ACCEPT(
        srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 3), LIST(-3, -1)));
    srnn_tensor_destroy(made.tensor);
    ACCEPT(
        srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 3), LIST(-1, -2)));
    srnn_tensor_destroy(made.tensor);
    ACCEPT(srnn_tensor_wrap(&made.tensor, data, F32, SHAPE(2, 0, 3),
                            LIST(0, INT64_MIN, INT64_MAX)));
    srnn_tensor_destroy(made.tensor);
}

static void *pointer_to(uintptr_t address)
{
    void *pointer = NULL;
    memcpy(&pointer, &address, sizeof pointer);
    return pointer;
}

/* The lowest and the highest address that there is. */
static void test_misuse_tensor__wrap_addresses(void **state)
{
    (void)state;
    void *const low = pointer_to(64);
    void *const high = pointer_to(UINTPTR_MAX - 63);
    REFUSE(SRNN_ERROR_OVERFLOW, "float32...[18]...[-1] at 0x40",
           srnn_tensor_wrap(&made.tensor, low, F32, SHAPE(18), LIST(-1)));
    ACCEPT(srnn_tensor_wrap(&made.tensor, low, F32, SHAPE(17), LIST(-1)));
    srnn_tensor_destroy(made.tensor);
    REFUSE(SRNN_ERROR_OVERFLOW, "uint8...[64]...[1] at 0xffff",
           srnn_tensor_wrap(&made.tensor, high, U8, SHAPE(64), NULL));
    ACCEPT(srnn_tensor_wrap(&made.tensor, high, U8, SHAPE(63), NULL));
    srnn_tensor_destroy(made.tensor);
    void *const last = pointer_to(UINTPTR_MAX);
    REFUSE(SRNN_ERROR_OVERFLOW, "uint8...[1]...[1] at 0xffff",
           srnn_tensor_wrap(&made.tensor, last, U8, SHAPE(1), NULL));
    ACCEPT(srnn_tensor_wrap(&made.tensor, last, U8, SHAPE(0), NULL));
    srnn_tensor_destroy(made.tensor);
    REFUSE(SRNN_ERROR_OVERFLOW, "[2, 2]",
           srnn_tensor_wrap(&made.tensor, misuse_memory, F32, SHAPE(2, 2),
                            LIST(POWER(60), -POWER(60))));
    REFUSE(SRNN_ERROR_OVERFLOW, "[2]...[-9223372036854775808]",
           srnn_tensor_wrap_const(&made.tensor, misuse_memory, U8, SHAPE(2),
                                  LIST(INT64_MIN)));
}

/* What is only read may repeat elements. */
static void test_misuse_tensor__wrap_const(void **state)
{
    (void)state;
    unsigned char *const data = misuse_memory + X;
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_tensor_wrap_const(NULL, data, F32, SHAPE(2), NULL));
    REFUSE(SRNN_ERROR_INVALID, "dtype is 1005",
           srnn_tensor_wrap_const(&made.tensor, data, 1005, SHAPE(2), NULL));
    REFUSE(SRNN_ERROR_RANGE, "rank is 9, expected 0 to 8",
           srnn_tensor_wrap_const(&made.tensor, data, F32,
                                  SHAPE(1, 1, 1, 1, 1, 1, 1, 1, 1), NULL));
    REFUSE(SRNN_ERROR_INVALID, "shape is NULL",
           srnn_tensor_wrap_const(&made.tensor, data, F32, 1, NULL, NULL));
    REFUSE(SRNN_ERROR_RANGE, "shape...is -1, expected at least 0",
           srnn_tensor_wrap_const(&made.tensor, data, F32, SHAPE(-1), NULL));
    REFUSE(SRNN_ERROR_INVALID, "data is NULL",
           srnn_tensor_wrap_const(&made.tensor, NULL, F32, SHAPE(1), NULL));
    REFUSE(SRNN_ERROR_INVALID,
           "data is at 0x...4 bytes, the alignment of float32",
           srnn_tensor_wrap_const(&made.tensor, data + 2, F32, SHAPE(1), NULL));
    REFUSE(SRNN_ERROR_OVERFLOW, "[2305843009213693952]",
           srnn_tensor_wrap_const(&made.tensor, data, F32, SHAPE(POWER(61)),
                                  LIST(0)));
    const int64_t strides[][2] = {{0, 1},  {3, 0},   {0, 0}, {1, 1},
                                  {-2, 1}, {-1, -1}, {2, -3}};
    for (size_t i = 0; i < sizeof strides / sizeof *strides; i++) {
        ACCEPT(srnn_tensor_wrap_const(&made.tensor, data, F32, SHAPE(2, 3),
                                      strides[i]));
        srnn_tensor_destroy(made.tensor);
    }
}

/* Whatever refuses leaves the tensor as it is. */
static void test_misuse_tensor__rewrap(void **state)
{
    (void)state;
    unsigned char *const data = misuse_memory + X;
    srnn_tensor *own = NULL;
    expect_success("own", srnn_tensor_create(&own, F32, SHAPE(2)));
    srnn_tensor *const view = view_strided(Y, F64, SHAPE(2, 3), LIST(-3, 1));
    REFUSE_HANDLES(other, "tensor", "tensor",
                   srnn_tensor_rewrap(other, data, F32, SHAPE(2), NULL));
    REFUSE_HANDLES(other, "tensor", "tensor",
                   srnn_tensor_rewrap_const(other, data, F32, SHAPE(2), NULL));
    REFUSE(SRNN_ERROR_STATE, "tensor owns its memory",
           srnn_tensor_rewrap(own, data, F32, SHAPE(2), NULL));
    REFUSE(SRNN_ERROR_STATE, "tensor owns its memory",
           srnn_tensor_rewrap_const(own, data, F32, SHAPE(2), NULL));
    REFUSE(SRNN_ERROR_INVALID, "dtype is 1000",
           srnn_tensor_rewrap(view, data, 1000, SHAPE(2), NULL));
    REFUSE(SRNN_ERROR_RANGE, "rank is -1",
           srnn_tensor_rewrap_const(view, data, F32, -1, LIST(2), NULL));
    REFUSE(SRNN_ERROR_INVALID, "shape is NULL",
           srnn_tensor_rewrap(view, data, F32, 2, NULL, NULL));
    REFUSE(SRNN_ERROR_RANGE, "shape[1] is -5",
           srnn_tensor_rewrap(view, data, F32, SHAPE(2, -5), NULL));
    REFUSE(SRNN_ERROR_INVALID, "data is NULL",
           srnn_tensor_rewrap_const(view, NULL, F32, SHAPE(2), NULL));
    REFUSE(SRNN_ERROR_INVALID, "data is at 0x... bytes, the alignment of int64",
           srnn_tensor_rewrap(view, data + 2, I64, SHAPE(2), NULL));
    REFUSE(SRNN_ERROR_INVALID, "share memory...stride 0 is 0",
           srnn_tensor_rewrap(view, data, F32, SHAPE(2), LIST(0)));
    REFUSE(SRNN_ERROR_OVERFLOW, "float32...[2305843009213693952]",
           srnn_tensor_rewrap_const(view, data, F32, SHAPE(POWER(61)), NULL));
    REFUSE(SRNN_ERROR_OVERFLOW, "[2]...[4611686018427387904]",
           srnn_tensor_rewrap(view, data, F32, SHAPE(2), LIST(POWER(62))));
    ANSWER(true, srnn_tensor_data(view) == misuse_memory + Y &&
                     srnn_tensor_dtype(view) == F64 &&
                     srnn_tensor_rank(view) == 2 &&
                     srnn_tensor_size(view) == 6 &&
                     srnn_tensor_strides(view)[0] == -3);
    ACCEPT(srnn_tensor_rewrap_const(view, data, F32, SHAPE(2), LIST(0)));
    ACCEPT(srnn_tensor_rewrap(view, data, F32, 0, NULL, NULL));
    srnn_tensor_destroy(own);
}

static void test_misuse_tensor__accessors(void **state)
{
    (void)state;
    NOTHING(srnn_tensor_destroy(NULL));
    ANSWER_OTHERS(other, "tensor", 0, srnn_tensor_dtype(other));
    ANSWER_OTHERS(other, "tensor", 0, srnn_tensor_rank(other));
    ANSWER_OTHERS(other, "tensor", NULL, srnn_tensor_shape(other));
    ANSWER_OTHERS(other, "tensor", NULL, srnn_tensor_strides(other));
    ANSWER_OTHERS(other, "tensor", 0, srnn_tensor_size(other));
    ANSWER_OTHERS(other, "tensor", NULL, srnn_tensor_data(other));
    ANSWER_OTHERS(other, "tensor", NULL, srnn_tensor_const_data(other));
    ANSWER_OTHERS(other, "tensor", 0, srnn_tensor_is_read_only(other));
}

static void test_misuse_tensor__copy(void **state)
{
    (void)state;
    srnn_tensor *const x = view(X, F32, SHAPE(2, 3));
    srnn_tensor *const y = view(Y, F32, SHAPE(2, 3));
    REFUSE_HANDLES(other, "tensor", "target", srnn_tensor_copy(other, x));
    REFUSE_HANDLES(other, "tensor", "source", srnn_tensor_copy(y, other));
    REFUSE(SRNN_ERROR_STATE, "target is a read-only tensor",
           srnn_tensor_copy(view_const(Y, F32, SHAPE(2, 3)), x));
    REFUSE(SRNN_ERROR_DTYPE, "source is float64; target is float32",
           srnn_tensor_copy(y, view(X, F64, SHAPE(2, 3))));
    REFUSE(
        SRNN_ERROR_DTYPE, "source is int64; target is float64",
        srnn_tensor_copy(view(Y, F64, SHAPE(2, 3)), view(X, I64, SHAPE(2, 3))));
    REFUSE(SRNN_ERROR_DTYPE, "source is float32; target is uint8",
           srnn_tensor_copy(view(Y, U8, SHAPE(2, 3)), x));
    REFUSE(SRNN_ERROR_DTYPE, "source is float32; target is float64",
           srnn_tensor_copy(view(Y, F64, SHAPE(2, 3)), x));
    REFUSE(SRNN_ERROR_SHAPE,
           "source is [3, 3]; target is [2, 3]: they must be equal",
           srnn_tensor_copy(y, view(X, F32, SHAPE(3, 3))));
    REFUSE(SRNN_ERROR_SHAPE, "source is [2, 2]; target is [2, 3]",
           srnn_tensor_copy(y, view(X, F32, SHAPE(2, 2))));
    REFUSE(SRNN_ERROR_SHAPE, "source is [6]; target is [2, 3]",
           srnn_tensor_copy(y, view(X, F32, SHAPE(6))));
    REFUSE(SRNN_ERROR_SHAPE, "source is [2, 3, 1]; target is [2, 3]",
           srnn_tensor_copy(y, view(X, F32, SHAPE(2, 3, 1))));
    ACCEPT(srnn_tensor_copy(y, x));
}

static void test_misuse_tensor__copy_overlap(void **state)
{
    (void)state;
    srnn_tensor *const x = view(X, F32, SHAPE(2, 3));
    REFUSE(SRNN_ERROR_ALIAS, "target at 0x...source at 0x",
           srnn_tensor_copy(view(X + 20, F32, SHAPE(2, 3)), x));
    REFUSE(SRNN_ERROR_ALIAS, "target at 0x...source at 0x",
           srnn_tensor_copy(view(X - 20, F32, SHAPE(2, 3)), x));
    REFUSE(SRNN_ERROR_ALIAS, "target at 0x...source at 0x",
           srnn_tensor_copy(view_strided(X, F32, SHAPE(2, 3), LIST(1, 2)), x));
    REFUSE(SRNN_ERROR_ALIAS, "target at 0x...source at 0x",
           srnn_tensor_copy(view_strided(X - 40, F32, SHAPE(2, 3), LIST(10, 1)),
                            x));
    ACCEPT(srnn_tensor_copy(view(X + 24, F32, SHAPE(2, 3)), x));
    ACCEPT(srnn_tensor_copy(view(X - 24, F32, SHAPE(2, 3)), x));
    ACCEPT(srnn_tensor_copy(x, x));
}

#define TENSORS(...) ((const srnn_tensor *const[]){__VA_ARGS__})

static void test_misuse_tensor__concatenate_arguments(void **state)
{
    (void)state;
    srnn_tensor *const x = view(X, F32, SHAPE(2, 3));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_tensor_concatenate(NULL, TENSORS(x), 1, 0));
    REFUSE(SRNN_ERROR_INVALID, "tensors is NULL",
           srnn_tensor_concatenate(&made.tensor, NULL, 1, 0));
    REFUSE(SRNN_ERROR_RANGE, "count is 0, expected at least 1",
           srnn_tensor_concatenate(&made.tensor, TENSORS(x), 0, 0));
    REFUSE(SRNN_ERROR_RANGE, "count is -1, expected at least 1",
           srnn_tensor_concatenate(&made.tensor, TENSORS(x), -1, 0));
    REFUSE_HANDLES(
        other, "tensor", "tensors[0]",
        srnn_tensor_concatenate(&made.tensor, TENSORS(other, x), 2, 0));
    REFUSE_HANDLES(
        other, "tensor", "tensors[1]",
        srnn_tensor_concatenate(&made.tensor, TENSORS(x, other), 2, 0));
    REFUSE(SRNN_ERROR_RANGE, "axis is 2, expected -2 to 1",
           srnn_tensor_concatenate(&made.tensor, TENSORS(x), 1, 2));
    REFUSE(SRNN_ERROR_RANGE, "axis is -3, expected -2 to 1",
           srnn_tensor_concatenate(&made.tensor, TENSORS(x), 1, -3));
    REFUSE(SRNN_ERROR_RANGE, "axis is -2147483648, expected -2 to 1",
           srnn_tensor_concatenate(&made.tensor, TENSORS(x), 1, INT32_MIN));
    REFUSE(SRNN_ERROR_RANGE, "rank of tensors[0] is 0, expected 1 to 8",
           srnn_tensor_concatenate(&made.tensor, TENSORS(view(X, F32, 0, NULL)),
                                   1, 0));
    for (int32_t axis = -2; axis <= 1; axis++) {
        ACCEPT(srnn_tensor_concatenate(&made.tensor, TENSORS(x, x), 2, axis));
        srnn_tensor_destroy(made.tensor);
    }
}

static void test_misuse_tensor__concatenate_parts(void **state)
{
    (void)state;
    srnn_tensor *const x = view(X, F32, SHAPE(2, 3));
    const struct {
        srnn_tensor *part;
        int32_t axis;
        srnn_status status;
        const char *says;
    } rows[] = {
        {view(Y, F64, SHAPE(2, 3)), 0, SRNN_ERROR_DTYPE,
         "tensors[1] is float64; tensors[0] is float32"},
        {view(Y, I64, SHAPE(2, 3)), 0, SRNN_ERROR_DTYPE,
         "tensors[1] is int64; tensors[0] is float32"},
        {view(Y, U8, SHAPE(2, 3)), 0, SRNN_ERROR_DTYPE,
         "tensors[1] is uint8; tensors[0] is float32"},
        {view(Y, F32, SHAPE(2)), 0, SRNN_ERROR_SHAPE,
         "tensors[1] is [2]; tensors[0] is [2, 3]"},
        {view(Y, F32, SHAPE(2, 3, 1)), 0, SRNN_ERROR_SHAPE,
         "tensors[1] is [2, 3, 1]; tensors[0] is [2, 3]"},
        {view(Y, F32, 0, NULL), 0, SRNN_ERROR_SHAPE,
         "tensors[1] is []; tensors[0] is [2, 3]"},
        {view(Y, F32, SHAPE(2, 4)), 0, SRNN_ERROR_SHAPE,
         "tensors[1] is [2, 4]; tensors[0] is [2, 3]: only dimension 0 may "
         "differ"},
        {view(Y, F32, SHAPE(1, 3)), 1, SRNN_ERROR_SHAPE,
         "tensors[1] is [1, 3]; tensors[0] is [2, 3]: only dimension 1 may "
         "differ"},
        {view(Y, F32, SHAPE(1, 3)), -1, SRNN_ERROR_SHAPE,
         "tensors[1] is [1, 3]; tensors[0] is [2, 3]: only dimension 1 may "
         "differ"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        REFUSE(rows[i].status, rows[i].says,
               srnn_tensor_concatenate(&made.tensor, TENSORS(x, rows[i].part),
                                       2, rows[i].axis));
}

static void test_misuse_tensor__concatenate_overflow(void **state)
{
    (void)state;
    const srnn_tensor *const most = view_nowhere(F32, SHAPE(POWER(61) - 1));
    const srnn_tensor *const half = view_nowhere(F32, SHAPE(POWER(60)));
    const srnn_tensor *const less = view_nowhere(F32, SHAPE(POWER(60) - 256));
    REFUSE(SRNN_ERROR_OVERFLOW, "axis 0",
           srnn_tensor_concatenate(
               &made.tensor, TENSORS(most, most, most, most, most), 5, 0));
    REFUSE(SRNN_ERROR_OVERFLOW, "float32...[2305843009213693952]",
           srnn_tensor_concatenate(&made.tensor, TENSORS(half, half), 2, 0));
    REFUSE(SRNN_ERROR_NO_MEMORY, "bytes",
           srnn_tensor_concatenate(&made.tensor, TENSORS(less, half), 2, 0));
}

static void test_misuse_tensor__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("tensor.h", NULL);
    misuse_covers_statuses("srnn_tensor_", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_tensor__create_description),
        cmocka_unit_test(test_misuse_tensor__create_overflow),
        cmocka_unit_test(test_misuse_tensor__wrap_description),
        cmocka_unit_test(test_misuse_tensor__wrap_data),
        cmocka_unit_test(test_misuse_tensor__wrap_strides),
        cmocka_unit_test(test_misuse_tensor__wrap_addresses),
        cmocka_unit_test(test_misuse_tensor__wrap_const),
        cmocka_unit_test(test_misuse_tensor__rewrap),
        cmocka_unit_test(test_misuse_tensor__accessors),
        cmocka_unit_test(test_misuse_tensor__copy),
        cmocka_unit_test(test_misuse_tensor__copy_overlap),
        cmocka_unit_test(test_misuse_tensor__concatenate_arguments),
        cmocka_unit_test(test_misuse_tensor__concatenate_parts),
        cmocka_unit_test(test_misuse_tensor__concatenate_overflow),
        cmocka_unit_test(test_misuse_tensor__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
