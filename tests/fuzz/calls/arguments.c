/* SPDX-License-Identifier: MIT */
#include "fuzz/calls/arguments.h"

arguments_shapes arguments_shapes_of(const srnn_rnn *rnn, int64_t steps,
                                     int64_t batch)
{
    arguments_shapes s = {SRNN_DTYPE_FLOAT32, steps,     batch,
                          {1, 2, 1},          {1, 2, 1}, {1, 2, 1}};
    int64_t dtype = SRNN_DTYPE_FLOAT32;
    if (rnn == NULL)
        return s;
    require(srnn_rnn_get_int(&dtype, rnn, SRNN_OPTION_DTYPE) == SRNN_OK);
    s.dtype = (srnn_dtype)dtype;
    if (steps < 0 || batch < 0) /* refused */
        return s;
    require(srnn_rnn_shape(s.input, rnn, SRNN_ROLE_INPUT, steps, batch) ==
            SRNN_OK);
    require(srnn_rnn_shape(s.output, rnn, SRNN_ROLE_OUTPUT, steps, batch) ==
            SRNN_OK);
    require(srnn_rnn_shape(s.hidden, rnn, SRNN_ROLE_HIDDEN, steps, batch) ==
            SRNN_OK);
    return s;
}

arguments_shapes arguments_take_shapes(const srnn_rnn *rnn)
{
    const int64_t steps = input_size();
    const int64_t batch = input_size();
    return arguments_shapes_of(rnn, steps, batch);
}

void *arguments_memory(srnn_dtype dtype, const int64_t *shape)
{
    return region_take(region_bytes(dtype, 3, shape));
}

void *arguments_memory_option(srnn_dtype dtype, const int64_t *shape)
{
    return input_take(2) == 0 ? NULL : arguments_memory(dtype, shape);
}

/* 0 to T, mostly. */
static void fill(int64_t *lengths, int64_t stride, const arguments_shapes *s)
{
    const unsigned bits = input_take(256);
    for (int64_t i = 0; i < s->batch && bits < 240; i++)
        lengths[i * stride] =
            s->steps < 5 && s->steps >= 0 ? (bits >> i) % (s->steps + 1) : bits;
}

int64_t *arguments_length_array(const arguments_shapes *s)
{
    if (input_take(2) == 0 || s->batch < 0)
        return NULL;
    int64_t *const lengths =
        region_take(region_bytes(SRNN_DTYPE_INT64, 1, &s->batch));
    if (lengths != NULL && s->batch <= 8 && (uintptr_t)lengths % 8 == 0)
        fill(lengths, 1, s);
    return lengths;
}

srnn_tensor *arguments_lengths(const arguments_shapes *s)
{
    srnn_tensor *const tensor = region_option(SRNN_DTYPE_INT64, 1, &s->batch);
    int64_t *const lengths = srnn_tensor_data(tensor);
    if (lengths != NULL && srnn_tensor_dtype(tensor) == SRNN_DTYPE_INT64 &&
        srnn_tensor_rank(tensor) == 1 && s->batch <= 8 &&
        srnn_tensor_size(tensor) == s->batch)
        fill(lengths, *srnn_tensor_strides(tensor), s);
    return tensor;
}
