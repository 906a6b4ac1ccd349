/* SPDX-License-Identifier: MIT */
/* Parameters of rnns, and cells. */
#include "fuzz/calls/call.h"

QUERY(OBJECT_RNN, srnn_rnn_parameter_count)
QUERY(OBJECT_RNN, srnn_rnn_flat_size)
QUERY_INDEX(OBJECT_RNN, srnn_rnn_parameter_name)
QUERY_INDEX(OBJECT_RNN, srnn_rnn_parameter_rank)
QUERY_INDEX(OBJECT_RNN, srnn_rnn_parameter_shape)
QUERY_INDEX(OBJECT_RNN, srnn_rnn_parameter_data)

static void call_srnn_rnn_find_parameter(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    const char *const name = input_name();
    call_begin();
    const int64_t index = srnn_rnn_find_parameter(rnn, name);
    call_answered();
    require(index == -1 || (object_is(rnn, OBJECT_RNN) && index >= 0));
}

/* An rnn and, if it is one, its dtype. */
static srnn_rnn *take_rnn(srnn_dtype *dtype)
{
    int64_t value = SRNN_DTYPE_FLOAT32;
    srnn_rnn *const rnn = object_take(OBJECT_RNN);
    if (object_is(rnn, OBJECT_RNN))
        require(srnn_rnn_get_int(&value, rnn, SRNN_OPTION_DTYPE) == SRNN_OK);
    *dtype = (srnn_dtype)value;
    return rnn;
}

/* A parameter that the rnn has, or any name. */
static const char *take_parameter(int64_t *index, const srnn_rnn *rnn)
{
    *index = input_take(16);
    return *index < srnn_rnn_parameter_count(rnn)
               ? srnn_rnn_parameter_name(rnn, *index)
               : input_name();
}

static void call_srnn_rnn_copy_parameter(void)
{
    int64_t index = 0;
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    const char *const name = take_parameter(&index, rnn);
    srnn_tensor **const out = object_out();
    CREATE(OBJECT_TENSOR, srnn_rnn_copy_parameter(out, rnn, name));
}

static const srnn_tensor *take_value(const srnn_rnn *rnn, srnn_dtype dtype,
                                     int64_t index)
{
    static const int64_t other[2] = {2, 3};
    const int64_t *const shape = srnn_rnn_parameter_shape(rnn, index);
    return shape == NULL
               ? region_input(dtype, 2, other)
               : region_input(dtype, srnn_rnn_parameter_rank(rnn, index),
                              shape);
}

static void call_srnn_rnn_set_parameter(void)
{
    int64_t index = 0;
    srnn_dtype dtype = 0;
    srnn_rnn *const rnn = take_rnn(&dtype);
    const char *const name = take_parameter(&index, rnn);
    const srnn_tensor *const value = take_value(rnn, dtype, index);
    (void)CALL(srnn_rnn_set_parameter(rnn, name, value));
}

static void call_srnn_rnn_set_parameters(void)
{
    enum { MOST = 20 };
    const srnn_tensor *values[MOST];
    srnn_dtype dtype = 0;
    srnn_rnn *const rnn = take_rnn(&dtype);
    int64_t count = srnn_rnn_parameter_count(rnn);
    if (count > MOST)
        return;
    for (int64_t i = 0; i < count; i++)
        values[i] = take_value(rnn, dtype, i);
    if (input_rarely())
        count = input_take(2) == 0 ? -1 : count - 1;
    (void)CALL(srnn_rnn_set_parameters(rnn, values, count));
}

static void call_srnn_rnn_get_flat(void)
{
    srnn_dtype dtype = 0;
    const srnn_rnn *const rnn = take_rnn(&dtype);
    const int64_t size = srnn_rnn_flat_size(rnn);
    srnn_tensor *const values = region_output(dtype, 1, &size);
    (void)CALL(srnn_rnn_get_flat(rnn, values));
}

static void call_srnn_rnn_set_flat(void)
{
    srnn_dtype dtype = 0;
    srnn_rnn *const rnn = take_rnn(&dtype);
    const int64_t size = srnn_rnn_flat_size(rnn);
    const srnn_tensor *const values = region_input(dtype, 1, &size);
    (void)CALL(srnn_rnn_set_flat(rnn, values));
}

static void call_srnn_rnn_initialise(void)
{
    int64_t index = 0;
    srnn_rnn *const rnn = object_take(OBJECT_RNN);
    const char *const name = take_parameter(&index, rnn);
    const srnn_initialisation kind =
        input_enumerator(SRNN_INITIALISATION_UNIFORM, 4);
    const double gain = input_real();
    const uint64_t seed = input_take(256);
    (void)CALL(srnn_rnn_initialise(rnn, name, kind, gain, seed));
}

static void call_srnn_cell_create(void)
{
    const srnn_dtype dtype = SRNN_DTYPE_FLOAT32 + (int32_t)input_take(2);
    const srnn_nonlinearity nonlinearity =
        input_enumerator(SRNN_NONLINEARITY_TANH, 4);
    const int64_t hidden = 1 + input_take(4);
    const int64_t ih[] = {hidden, 1 + input_take(3)};
    const int64_t hh[] = {hidden, hidden};
    const srnn_tensor *const weight_ih = region_input(dtype, 2, ih);
    const srnn_tensor *const weight_hh = region_input(dtype, 2, hh);
    const srnn_tensor *const bias_ih = region_option(dtype, 1, hh);
    const srnn_tensor *const bias_hh = region_option(dtype, 1, hh);
    srnn_cell **const out = object_out();
    CREATE(OBJECT_CELL, srnn_cell_create(out, nonlinearity, weight_ih,
                                         weight_hh, bias_ih, bias_hh));
}

static void call_srnn_cell_create_view(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    const int64_t layer = input_index();
    const srnn_direction direction =
        input_enumerator(SRNN_DIRECTION_FORWARD, 3);
    srnn_cell **const out = object_out();
    CREATE(OBJECT_CELL, srnn_cell_create_view(out, rnn, layer, direction));
}

DESTROY(OBJECT_CELL, srnn_cell_destroy)
QUERY(OBJECT_CELL, srnn_cell_input_size)
QUERY(OBJECT_CELL, srnn_cell_hidden_size)

static void call_srnn_cell_forward(void)
{
    const srnn_cell *const cell = object_take(OBJECT_CELL);
    const srnn_dtype dtype = SRNN_DTYPE_FLOAT32 + (int32_t)input_take(2);
    const int64_t batch = input_index();
    const int64_t x[] = {batch, srnn_cell_input_size(cell)};
    const int64_t h[] = {batch, srnn_cell_hidden_size(cell)};
    const srnn_tensor *const input = region_input(dtype, 2, x);
    const srnn_tensor *const hidden = region_option(dtype, 2, h);
    srnn_tensor *const output = region_output(dtype, 2, h);
    (void)CALL(srnn_cell_forward(cell, input, hidden, output));
}

call_row calls_of_parameters[] = {
    CALL_ROW(srnn_rnn_parameter_count), CALL_ROW(srnn_rnn_flat_size),
    CALL_ROW(srnn_rnn_parameter_name),  CALL_ROW(srnn_rnn_parameter_rank),
    CALL_ROW(srnn_rnn_parameter_shape), CALL_ROW(srnn_rnn_parameter_data),
    CALL_ROW(srnn_rnn_find_parameter),  CALL_ROW(srnn_rnn_copy_parameter),
    CALL_ROW(srnn_rnn_set_parameter),   CALL_ROW(srnn_rnn_set_parameters),
    CALL_ROW(srnn_rnn_get_flat),        CALL_ROW(srnn_rnn_set_flat),
    CALL_ROW(srnn_rnn_initialise),      CALL_ROW(srnn_cell_create),
    CALL_ROW(srnn_cell_create_view),    CALL_ROW(srnn_cell_destroy),
    CALL_ROW(srnn_cell_input_size),     CALL_ROW(srnn_cell_hidden_size),
    CALL_ROW(srnn_cell_forward),        {.name = NULL}};
