/* SPDX-License-Identifier: MIT */
#include "fuzz/calls/call.h"

static void call_srnn_linear_create(void)
{
    const srnn_dtype dtype = input_enumerator(SRNN_DTYPE_FLOAT32, 2);
    const int64_t in = input_size();
    const int64_t out_features = input_size();
    const int32_t bias = (int32_t)input_take(16) % 3;
    const uint64_t seed = input_take(256);
    srnn_linear **const out = object_out();
    CREATE(OBJECT_LINEAR,
           srnn_linear_create(out, dtype, in, out_features, bias, seed));
}

static void call_srnn_linear_create_from_weights(void)
{
    const srnn_weights *const weights = object_take(OBJECT_WEIGHTS);
    const char *const prefix = input_prefix();
    srnn_linear **const out = object_out();
    CREATE(OBJECT_LINEAR,
           srnn_linear_create_from_weights(out, weights, prefix));
}

DESTROY(OBJECT_LINEAR, srnn_linear_destroy)
QUERY(OBJECT_LINEAR, srnn_linear_dtype)
QUERY(OBJECT_LINEAR, srnn_linear_in_features)
QUERY(OBJECT_LINEAR, srnn_linear_out_features)
QUERY(OBJECT_LINEAR, srnn_linear_has_bias)
QUERY(OBJECT_LINEAR, srnn_linear_flat_size)

static const char *take_name(void)
{
    static const char *const names[] = {"weight", "bias"};
    const unsigned number = input_take(16);
    return number == 15 ? input_name() : names[number % 2];
}

static void call_srnn_linear_copy_parameter(void)
{
    const srnn_linear *const linear = object_take(OBJECT_LINEAR);
    const char *const name = take_name();
    srnn_tensor **const out = object_out();
    CREATE(OBJECT_TENSOR, srnn_linear_copy_parameter(out, linear, name));
}

static void call_srnn_linear_set_parameter(void)
{
    srnn_linear *const linear = object_take(OBJECT_LINEAR);
    const char *const name = take_name();
    const int64_t shape[] = {srnn_linear_out_features(linear),
                             srnn_linear_in_features(linear)};
    const int rank = name != NULL && *name == 'b' ? 1 : 2;
    const srnn_tensor *const value =
        region_input(srnn_linear_dtype(linear), rank, shape);
    (void)CALL(srnn_linear_set_parameter(linear, name, value));
}

static void call_srnn_linear_initialise(void)
{
    srnn_linear *const linear = object_take(OBJECT_LINEAR);
    const char *const name = take_name();
    const srnn_initialisation kind =
        input_enumerator(SRNN_INITIALISATION_UNIFORM, 4);
    const double gain = input_real();
    const uint64_t seed = input_take(256);
    (void)CALL(srnn_linear_initialise(linear, name, kind, gain, seed));
}

static void call_srnn_linear_get_flat(void)
{
    const srnn_linear *const linear = object_take(OBJECT_LINEAR);
    const int64_t size = srnn_linear_flat_size(linear);
    srnn_tensor *const values =
        region_output(srnn_linear_dtype(linear), 1, &size);
    (void)CALL(srnn_linear_get_flat(linear, values));
}

static void call_srnn_linear_set_flat(void)
{
    srnn_linear *const linear = object_take(OBJECT_LINEAR);
    const int64_t size = srnn_linear_flat_size(linear);
    const srnn_tensor *const values =
        region_input(srnn_linear_dtype(linear), 1, &size);
    (void)CALL(srnn_linear_set_flat(linear, values));
}

typedef struct {
    int rank;
    int64_t input[3], output[3];
} rows_shapes;

static rows_shapes take_rows(const srnn_linear *linear)
{
    rows_shapes s = {.rank = 1 + (int)input_take(3)};
    for (int i = 0; i < s.rank; i++)
        s.input[i] = s.output[i] = input_take(4);
    s.input[s.rank - 1] = srnn_linear_in_features(linear);
    s.output[s.rank - 1] = srnn_linear_out_features(linear);
    return s;
}

static void call_srnn_linear_forward(void)
{
    const srnn_linear *const linear = object_take(OBJECT_LINEAR);
    srnn_context *const context =
        input_take(2) == 0 ? NULL : object_take(OBJECT_CONTEXT);
    const srnn_dtype dtype = srnn_linear_dtype(linear);
    const rows_shapes s = take_rows(linear);
    const srnn_tensor *const input = region_input(dtype, s.rank, s.input);
    srnn_tensor *const output = region_output(dtype, s.rank, s.output);
    (void)CALL(srnn_linear_forward(linear, context, input, output));
}

static void call_srnn_linear_backward(void)
{
    const srnn_linear *const linear = object_take(OBJECT_LINEAR);
    srnn_gradients *const gradients =
        input_take(4) == 3 ? NULL : object_take(OBJECT_GRADIENTS);
    srnn_context *const context =
        input_take(2) == 0 ? NULL : object_take(OBJECT_CONTEXT);
    const srnn_dtype dtype = srnn_linear_dtype(linear);
    const rows_shapes s = take_rows(linear);
    const srnn_tensor *const input = region_input(dtype, s.rank, s.input);
    const srnn_tensor *const d_output = region_input(dtype, s.rank, s.output);
    const srnn_accumulation accumulation =
        input_enumerator(SRNN_ACCUMULATION_SET, 2);
    srnn_tensor *const d_input = region_option_output(dtype, s.rank, s.input);
    (void)CALL(srnn_linear_backward(linear, context, input, d_output,
                                    accumulation, gradients, d_input));
}

call_row calls_of_linears[] = {CALL_ROW(srnn_linear_create),
                               CALL_ROW(srnn_linear_create_from_weights),
                               CALL_ROW(srnn_linear_destroy),
                               CALL_ROW(srnn_linear_dtype),
                               CALL_ROW(srnn_linear_in_features),
                               CALL_ROW(srnn_linear_out_features),
                               CALL_ROW(srnn_linear_has_bias),
                               CALL_ROW(srnn_linear_flat_size),
                               CALL_ROW(srnn_linear_copy_parameter),
                               CALL_ROW(srnn_linear_set_parameter),
                               CALL_ROW(srnn_linear_initialise),
                               CALL_ROW(srnn_linear_get_flat),
                               CALL_ROW(srnn_linear_set_flat),
                               CALL_ROW(srnn_linear_forward),
                               CALL_ROW(srnn_linear_backward),
                               {.name = NULL}};
