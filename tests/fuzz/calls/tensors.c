/* SPDX-License-Identifier: MIT */
#include "fuzz/calls/call.h"

static void call_srnn_tensor_create(void)
{
    region_view v;
    region_take_view(&v);
    srnn_tensor **const out = object_out();
    CREATE(OBJECT_TENSOR, srnn_tensor_create(out, v.dtype, v.rank, v.shape));
}

static void call_srnn_tensor_wrap(void)
{
    region_view v;
    region_take_view(&v);
    srnn_tensor **const out = object_out();
    CREATE(OBJECT_TENSOR, srnn_tensor_wrap(out, v.data, v.dtype, v.rank,
                                           v.shape, region_strides(&v)));
}

static void call_srnn_tensor_wrap_const(void)
{
    region_view v;
    region_take_view(&v);
    srnn_tensor **const out = object_out();
    CREATE(OBJECT_TENSOR, srnn_tensor_wrap_const(out, v.data, v.dtype, v.rank,
                                                 v.shape, region_strides(&v)));
}

static void call_srnn_tensor_rewrap(void)
{
    region_view v;
    srnn_tensor *const tensor = object_take(OBJECT_TENSOR);
    region_take_view(&v);
    (void)CALL(srnn_tensor_rewrap(tensor, v.data, v.dtype, v.rank, v.shape,
                                  region_strides(&v)));
}

static void call_srnn_tensor_rewrap_const(void)
{
    region_view v;
    srnn_tensor *const tensor = object_take(OBJECT_TENSOR);
    region_take_view(&v);
    (void)CALL(srnn_tensor_rewrap_const(tensor, v.data, v.dtype, v.rank,
                                        v.shape, region_strides(&v)));
}

DESTROY(OBJECT_TENSOR, srnn_tensor_destroy)
QUERY(OBJECT_TENSOR, srnn_tensor_dtype)
QUERY(OBJECT_TENSOR, srnn_tensor_rank)
QUERY(OBJECT_TENSOR, srnn_tensor_shape)
QUERY(OBJECT_TENSOR, srnn_tensor_strides)
QUERY(OBJECT_TENSOR, srnn_tensor_size)
QUERY(OBJECT_TENSOR, srnn_tensor_data)
QUERY(OBJECT_TENSOR, srnn_tensor_const_data)
QUERY(OBJECT_TENSOR, srnn_tensor_is_read_only)

static void call_srnn_tensor_copy(void)
{
    int64_t shape[3];
    const srnn_tensor *const source = object_take(OBJECT_TENSOR);
    srnn_tensor *target = object_take(OBJECT_TENSOR);
    if (input_take(2) == 0) {
        for (int i = 0; i < 3; i++)
            shape[i] = input_take(5);
        target = region_output(SRNN_DTYPE_FLOAT32, 3, shape);
    } else if (object_is(source, OBJECT_TENSOR) && input_take(4) != 3) {
        target =
            region_output(srnn_tensor_dtype(source), srnn_tensor_rank(source),
                          srnn_tensor_shape(source));
    }
    (void)CALL(srnn_tensor_copy(target, source));
}

static void call_srnn_tensor_concatenate(void)
{
    enum { MOST = 4 };
    const srnn_tensor *tensors[MOST];
    int64_t shape[3];
    const int32_t axis = (int32_t)input_take(8) - 4;
    int64_t count = input_take(MOST + 1);
    const int rank = (int)input_take(4);
    const srnn_dtype dtype = SRNN_DTYPE_FLOAT32 + (int32_t)input_take(4);
    for (int i = 0; i < 3; i++)
        shape[i] = input_take(4);
    for (int i = 0; i < MOST; i++)
        tensors[i] = region_input(dtype, rank, shape);
    if (input_rarely())
        count = -count;
    srnn_tensor **const out = object_out();
    CREATE(OBJECT_TENSOR, srnn_tensor_concatenate(out, tensors, count, axis));
}

call_row calls_of_tensors[] = {CALL_ROW(srnn_tensor_create),
                               CALL_ROW(srnn_tensor_wrap),
                               CALL_ROW(srnn_tensor_wrap_const),
                               CALL_ROW(srnn_tensor_rewrap),
                               CALL_ROW(srnn_tensor_rewrap_const),
                               CALL_ROW(srnn_tensor_destroy),
                               CALL_ROW(srnn_tensor_dtype),
                               CALL_ROW(srnn_tensor_rank),
                               CALL_ROW(srnn_tensor_shape),
                               CALL_ROW(srnn_tensor_strides),
                               CALL_ROW(srnn_tensor_size),
                               CALL_ROW(srnn_tensor_data),
                               CALL_ROW(srnn_tensor_const_data),
                               CALL_ROW(srnn_tensor_is_read_only),
                               CALL_ROW(srnn_tensor_copy),
                               CALL_ROW(srnn_tensor_concatenate),
                               {.name = NULL}};
