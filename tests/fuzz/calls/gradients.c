/* SPDX-License-Identifier: MIT */
/* Gradients and losses. */
#include "fuzz/calls/call.h"

enum { MOST = 3 };

static void call_srnn_gradients_create(void)
{
    srnn_rnn *const rnn = object_take(OBJECT_RNN);
    srnn_gradients **const out = object_out();
    CREATE(OBJECT_GRADIENTS, srnn_gradients_create(out, rnn));
}

static void call_srnn_gradients_wrap(void)
{
    int64_t dtype = SRNN_DTYPE_FLOAT32;
    srnn_rnn *const rnn = object_take(OBJECT_RNN);
    const int64_t size = srnn_rnn_flat_size(rnn);
    if (object_is(rnn, OBJECT_RNN))
        require(srnn_rnn_get_int(&dtype, rnn, SRNN_OPTION_DTYPE) == SRNN_OK);
    void *const data = region_take(region_bytes((srnn_dtype)dtype, 1, &size));
    srnn_gradients **const out = object_out();
    CREATE(OBJECT_GRADIENTS, srnn_gradients_wrap(out, rnn, data));
}

/* A tensor that owns its values must last as long as the gradients. */
static void call_srnn_gradients_create_tensor(void)
{
    const int64_t rows = 1 + input_take(3);
    const int64_t shape[2] = {rows, 1 + input_take(3)};
    const srnn_dtype dtype = SRNN_DTYPE_FLOAT32 + (int32_t)input_take(2);
    srnn_tensor *const value = region_output(dtype, 2, shape);
    const char *const name = input_name();
    srnn_gradients **const out = object_out();
    CREATE(OBJECT_GRADIENTS, srnn_gradients_create_tensor(out, value, name));
    if (object_is(value, OBJECT_TENSOR))
        object_pin(value);
}

static void call_srnn_gradients_create_linear(void)
{
    srnn_linear *const linear = object_take(OBJECT_LINEAR);
    srnn_gradients **const out = object_out();
    CREATE(OBJECT_GRADIENTS, srnn_gradients_create_linear(out, linear));
}

DESTROY(OBJECT_GRADIENTS, srnn_gradients_destroy)
QUERY(OBJECT_GRADIENTS, srnn_gradients_rnn)
QUERY(OBJECT_GRADIENTS, srnn_gradients_flat)

static void call_srnn_gradients_tensor(void)
{
    srnn_gradients *const gradients = object_take(OBJECT_GRADIENTS);
    const char *const name = input_name();
    call_begin();
    const srnn_tensor *const tensor = srnn_gradients_tensor(gradients, name);
    call_answered();
    require(tensor == NULL || object_is(gradients, OBJECT_GRADIENTS));
}

static void call_srnn_gradients_set_trained(void)
{
    srnn_gradients *const gradients = object_take(OBJECT_GRADIENTS);
    const char *const name = input_name();
    const int32_t trained = (int32_t)input_take(8) % 3;
    (void)CALL(srnn_gradients_set_trained(gradients, name, trained));
}

static void call_srnn_gradients_is_trained(void)
{
    const srnn_gradients *const gradients = object_take(OBJECT_GRADIENTS);
    const char *const name = input_name();
    call_begin();
    const int32_t is_trained = srnn_gradients_is_trained(gradients, name);
    call_answered();
    require(is_trained == 0 || is_trained == 1);
    require(is_trained == 0 || object_is(gradients, OBJECT_GRADIENTS));
}

/* Some gradients and their number. */
static srnn_gradients **take_list(int64_t *count)
{
    static srnn_gradients *list[MOST];
    *count = 1 + input_take(MOST);
    for (int i = 0; i < MOST; i++)
        list[i] = object_take(OBJECT_GRADIENTS);
    if (!input_rarely())
        return list;
    *count = 1 - *count;
    return *count == 0 ? NULL : list;
}

static void call_srnn_gradients_scale(void)
{
    int64_t count = 0;
    srnn_gradients **const list = take_list(&count);
    const double factor = input_real();
    (void)CALL(srnn_gradients_scale(list, count, factor));
}

static void call_srnn_gradients_norm(void)
{
    int64_t count = 0;
    srnn_gradients **const list = take_list(&count);
    double *const norm = input_rarely() ? NULL : &results.real;
    (void)CALL(srnn_gradients_norm(norm, list, count));
}

static void call_srnn_gradients_clip_norm(void)
{
    int64_t count = 0;
    srnn_gradients **const list = take_list(&count);
    double *const norm = input_rarely() ? NULL : &results.real;
    const double maximum = input_real();
    (void)CALL(srnn_gradients_clip_norm(norm, list, count, maximum));
}

static void call_srnn_gradients_clip_value(void)
{
    int64_t count = 0;
    srnn_gradients **const list = take_list(&count);
    const double maximum = input_real();
    (void)CALL(srnn_gradients_clip_value(list, count, maximum));
}

/* A tensor for the gradient: none, that of the values, or one of its own. */
static srnn_tensor *take_result(srnn_tensor *values, srnn_dtype dtype, int rank,
                                const int64_t *shape)
{
    switch (input_take(4)) {
    case 0:
        return NULL;
    case 1:
        return values;
    default:
        return region_output(dtype, rank, shape);
    }
}

static void call_srnn_loss_cross_entropy(void)
{
    int64_t shape[3];
    const int rank = (int)input_take(4);
    const srnn_dtype dtype = SRNN_DTYPE_FLOAT32 + (int32_t)input_take(2);
    for (int i = 0; i < 3; i++)
        shape[i] = (input_take(5) + 3) % 5;
    srnn_tensor *const logits = region_output(dtype, rank, shape);
    const srnn_tensor *const targets =
        region_input(SRNN_DTYPE_INT64, rank == 0 ? 0 : rank - 1, shape);
    srnn_tensor *const d_logits = take_result(logits, dtype, rank, shape);
    double *const sum = input_rarely() ? NULL : &results.real;
    int64_t *const count = input_rarely() ? NULL : &results.integer;
    const double divisor = input_real();
    (void)CALL(srnn_loss_cross_entropy(sum, count, d_logits, logits, targets,
                                       divisor));
}

static void call_srnn_loss_squared_error(void)
{
    int64_t shape[3];
    const int rank = (int)input_take(4);
    const srnn_dtype dtype = SRNN_DTYPE_FLOAT32 + (int32_t)input_take(2);
    for (int i = 0; i < 3; i++)
        shape[i] = (input_take(5) + 3) % 5;
    srnn_tensor *const output = region_output(dtype, rank, shape);
    const srnn_tensor *const target = region_input(dtype, rank, shape);
    const srnn_tensor *const counted =
        region_option(SRNN_DTYPE_UINT8, rank == 0 ? 0 : rank - 1, shape);
    srnn_tensor *const d_output = take_result(output, dtype, rank, shape);
    double *const sum = input_rarely() ? NULL : &results.real;
    int64_t *const count = input_rarely() ? NULL : &results.integer;
    const double divisor = input_real();
    (void)CALL(srnn_loss_squared_error(sum, count, d_output, output, target,
                                       counted, divisor));
}

call_row calls_of_gradients[] = {CALL_ROW(srnn_gradients_create),
                                 CALL_ROW(srnn_gradients_wrap),
                                 CALL_ROW(srnn_gradients_create_tensor),
                                 CALL_ROW(srnn_gradients_create_linear),
                                 CALL_ROW(srnn_gradients_destroy),
                                 CALL_ROW(srnn_gradients_rnn),
                                 CALL_ROW(srnn_gradients_flat),
                                 CALL_ROW(srnn_gradients_tensor),
                                 CALL_ROW(srnn_gradients_set_trained),
                                 CALL_ROW(srnn_gradients_is_trained),
                                 CALL_ROW(srnn_gradients_scale),
                                 CALL_ROW(srnn_gradients_norm),
                                 CALL_ROW(srnn_gradients_clip_norm),
                                 CALL_ROW(srnn_gradients_clip_value),
                                 CALL_ROW(srnn_loss_cross_entropy),
                                 CALL_ROW(srnn_loss_squared_error),
                                 {.name = NULL}};
