/* SPDX-License-Identifier: MIT */
/* srnn_tensor__overlap against a map of the bytes of both tensors: it may call
 * tensors overlapping that are apart, never the other way round, and it knows
 * slices of one buffer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/draws.h"
#include "support/expect.h"
#include "tensor/dtype.h"
#include "tensor/tensor.h"

enum { PAIRS = 200000, BYTES = 1 << 12, RANK = 4, SLICED = 20000 };

static unsigned char buffer[BYTES];

static const srnn_dtype dtypes[] = {SRNN_DTYPE_UINT8, SRNN_DTYPE_FLOAT32,
                                    SRNN_DTYPE_FLOAT64};

/* Any strides, all elements in the buffer. */
static void pick(srnn_tensor *tensor, draws *d)
{
    const srnn_dtype dtype = dtypes[draws_below(d, 3)];
    const int64_t size = srnn_dtype__size(dtype);
    const int64_t most = draws_below(d, 3) == 0 ? 24 : 6;
    const int32_t rank = (int32_t)draws_below(d, RANK + 1);
    int64_t shape[RANK], strides[RANK];
    int64_t below = 0;
    int64_t above = 1;
    for (int32_t i = 0; i < rank; i++) {
        shape[i] = draws_below(d, 20) == 0 ? 0 : 1 + draws_below(d, 3);
        strides[i] = draws_below(d, 2 * most + 1) - most;
        if (shape[i] > 0 && strides[i] < 0)
            below -= (shape[i] - 1) * strides[i];
        else if (shape[i] > 0)
            above += (shape[i] - 1) * strides[i];
    }
    const int64_t room = 128 / size - below - above;
    assert_in_range(below + above, 1, BYTES / 8 - 16);
    const int64_t at = below + draws_below(d, room > 0 ? room : 16);
    expect_success("view",
                   srnn_tensor_rewrap_const(tensor, buffer + at * size, dtype,
                                            rank, shape, strides));
}

static bool next_index(const srnn_tensor *tensor, int64_t *index)
{
    for (int32_t i = tensor->rank - 1; i >= 0; i--) {
        if (++index[i] < tensor->shape[i])
            return true;
        index[i] = 0;
    }
    return false;
}

static const unsigned char *element(const srnn_tensor *tensor,
                                    const int64_t *index)
{
    int64_t offset = 0;
    for (int32_t i = 0; i < tensor->rank; i++)
        offset += index[i] * tensor->strides[i];
    return (const unsigned char *)tensor->data +
           offset * srnn_dtype__size(tensor->dtype);
}

/* Marks the bytes of a tensor; true if one was marked. */
static bool mark(bool *marks, const srnn_tensor *tensor, bool set)
{
    int64_t index[SRNN_MAX_RANK] = {0};
    bool found = false;
    if (tensor->size == 0)
        return false;
    do {
        const ptrdiff_t at = element(tensor, index) - buffer;
        for (int64_t i = 0; i < srnn_dtype__size(tensor->dtype); i++) {
            assert_in_range(at + i, 0, BYTES - 1);
            found = found || marks[at + i];
            marks[at + i] = set;
        }
    } while (next_index(tensor, index));
    return found;
}

static bool shares_a_byte(const srnn_tensor *a, const srnn_tensor *b)
{
    static bool marks[BYTES];
    (void)mark(marks, a, true);
    const bool shares = mark(marks, b, false);
    (void)mark(marks, a, false);
    return shares;
}

static bool are_ranges_apart(const srnn_tensor *a, const srnn_tensor *b)
{
    const char *const first = (const char *)a->data - a->below;
    const char *const second = (const char *)b->data - b->below;
    return first >= second + b->bytes || second >= first + a->bytes;
}

static srnn_tensor *make(void)
{
    srnn_tensor *tensor = NULL;
    expect_success("tensor",
                   srnn_tensor_wrap_const(&tensor, buffer, SRNN_DTYPE_UINT8, 0,
                                          NULL, NULL));
    return tensor;
}

/* Sound for any views; and each answer is given often enough to mean something.
 */
static void test_overlap__is_never_missed(void **state)
{
    (void)state;
    int shared = 0;
    int interleaved = 0;
    srnn_tensor *const a = make();
    srnn_tensor *const b = make();
    for (int number = 0; number < PAIRS; number++) {
        draws d = draws_of(number, 1401);
        pick(a, &d);
        pick(b, &d);
        const bool shares = shares_a_byte(a, b);
        const bool overlaps = srnn_tensor__overlap(a, b);
        if ((shares && !overlaps) || overlaps != srnn_tensor__overlap(b, a))
            fail_msg("pair %d", number);
        shared += shares;
        interleaved +=
            !overlaps && a->size > 0 && b->size > 0 && !are_ranges_apart(a, b);
    }
    assert_in_range(shared, PAIRS / 10, PAIRS);
    assert_in_range(interleaved, PAIRS / 100, PAIRS);
    srnn_tensor_destroy(a);
    srnn_tensor_destroy(b);
}

/* Part of a contiguous buffer along one axis, with any of the outer indices,
 * perhaps backwards, perhaps without an outer dimension of size 1. */
static void slice(srnn_tensor *tensor, draws *d, srnn_dtype dtype,
                  const int64_t *whole, int32_t axis, int64_t first,
                  int64_t count)
{
    int64_t shape[RANK], strides[RANK];
    int64_t stride = 1;
    int64_t at = 0;
    for (int32_t i = RANK - 1; i >= 0; i--) {
        int64_t from = i == axis ? first : 0;
        shape[i] = i == axis ? count : whole[i];
        if (i < axis) {
            shape[i] = 1 + draws_below(d, whole[i]);
            from = draws_below(d, whole[i] - shape[i] + 1);
        }
        const bool backwards = draws_below(d, 3) == 0;
        at += (backwards ? from + shape[i] - 1 : from) * stride;
        strides[i] = backwards ? -stride : stride;
        stride *= whole[i];
    }
    const int skipped = axis > 0 && shape[0] == 1 && draws_below(d, 2) == 0;
    expect_success(
        "slice",
        srnn_tensor_rewrap(tensor, buffer + at * srnn_dtype__size(dtype), dtype,
                           RANK - skipped, shape + skipped, strides + skipped));
}

static void test_overlap__tells_slices_of_a_buffer_apart(void **state)
{
    (void)state;
    srnn_tensor *const a = make();
    srnn_tensor *const b = make();
    int interleaved = 0;
    for (int number = 0; number < SLICED; number++) {
        draws d = draws_of(number, 1402);
        const srnn_dtype dtype = dtypes[draws_below(&d, 3)];
        const int32_t axis = (int32_t)draws_below(&d, RANK);
        int64_t whole[RANK];
        for (int i = 0; i < RANK; i++)
            whole[i] = 1 + draws_below(&d, 4);
        whole[axis]++;
        const int64_t cut = 1 + draws_below(&d, whole[axis] - 1);
        const int64_t left = 1 + draws_below(&d, cut);
        slice(a, &d, dtype, whole, axis, draws_below(&d, cut - left + 1), left);
        slice(b, &d, dtype, whole, axis, cut, whole[axis] - cut);
        assert_false(shares_a_byte(a, b));
        if (srnn_tensor__overlap(a, b) || srnn_tensor__overlap(b, a))
            fail_msg("slices %d", number);
        interleaved += !are_ranges_apart(a, b);
    }
    assert_in_range(interleaved, SLICED / 4, SLICED);
    srnn_tensor_destroy(a);
    srnn_tensor_destroy(b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_overlap__is_never_missed),
        cmocka_unit_test(test_overlap__tells_slices_of_a_buffer_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
