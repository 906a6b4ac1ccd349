/* SPDX-License-Identifier: MIT */
/* Configs, rnns and their options. */
#include "fuzz/calls/call.h"

static void call_srnn_config_create(void)
{
    srnn_config **const out = object_out();
    CREATE(OBJECT_CONFIG, srnn_config_create(out));
}

DESTROY(OBJECT_CONFIG, srnn_config_destroy)

static srnn_option take_option(void)
{
    return input_enumerator(SRNN_OPTION_INPUT_SIZE, SRNN_OPTION_ALLOW_EXTRA);
}

/* Of an option, in or out of its range. */
static int64_t take_value(srnn_option option)
{
    switch (option) {
    case SRNN_OPTION_DIRECTION:
        return input_enumerator(SRNN_DIRECTION_FORWARD, 3);
    case SRNN_OPTION_NONLINEARITY:
        return input_enumerator(SRNN_NONLINEARITY_TANH, 4);
    case SRNN_OPTION_DTYPE:
        return input_enumerator(SRNN_DTYPE_FLOAT32, 2);
    default:
        return input_index();
    }
}

static void call_srnn_config_set_int(void)
{
    srnn_config *const config = object_take(OBJECT_CONFIG);
    const srnn_option option = take_option();
    const int64_t value = take_value(option);
    (void)CALL(srnn_config_set_int(config, option, value));
}

static void call_srnn_config_set_real(void)
{
    srnn_config *const config = object_take(OBJECT_CONFIG);
    const srnn_option option =
        input_rarely() ? take_option() : SRNN_OPTION_DROPOUT;
    const double value = input_real();
    (void)CALL(srnn_config_set_real(config, option, value));
}

static void call_srnn_config_get_int(void)
{
    const srnn_config *const config = object_take(OBJECT_CONFIG);
    const srnn_option option = take_option();
    int64_t *const out = input_rarely() ? NULL : &results.integer;
    (void)CALL(srnn_config_get_int(out, config, option));
}

static void call_srnn_config_get_real(void)
{
    const srnn_config *const config = object_take(OBJECT_CONFIG);
    const srnn_option option =
        input_rarely() ? take_option() : SRNN_OPTION_DROPOUT;
    double *const out = input_rarely() ? NULL : &results.real;
    (void)CALL(srnn_config_get_real(out, config, option));
}

/* Rarely any handle, and NULL half of the time. */
static const srnn_config *take_config(void)
{
    return input_take(2) == 0 ? NULL : object_take(OBJECT_CONFIG);
}

static void call_srnn_rnn_create(void)
{
    const srnn_config *const config = take_config();
    const int64_t input = input_size();
    const int64_t hidden = input_size();
    const uint64_t seed = input_take(256);
    srnn_rnn **const out = object_out();
    CREATE(OBJECT_RNN, srnn_rnn_create(out, input, hidden, config, seed));
}

/* The parameters of an rnn, mostly all. */
static void call_srnn_rnn_create_from_tensors(void)
{
    enum { MOST = 20 };
    const srnn_tensor *values[MOST];
    const srnn_config *const config = take_config();
    const srnn_rnn *const like = object_own(OBJECT_RNN);
    int64_t dtype = SRNN_DTYPE_FLOAT32;
    int64_t count = srnn_rnn_parameter_count(like);
    if (like == NULL || count > MOST)
        return;
    require(srnn_rnn_get_int(&dtype, like, SRNN_OPTION_DTYPE) == SRNN_OK);
    for (int64_t i = 0; i < count; i++)
        values[i] =
            region_input((srnn_dtype)dtype, srnn_rnn_parameter_rank(like, i),
                         srnn_rnn_parameter_shape(like, i));
    if (input_rarely())
        count = input_take(2) == 0 ? -1 : count - 1;
    srnn_rnn **const out = object_out();
    CREATE(OBJECT_RNN,
           srnn_rnn_create_from_tensors(out, values, count, config));
}

static void call_srnn_rnn_create_from_weights(void)
{
    const srnn_config *const config = take_config();
    const srnn_weights *const weights = object_take(OBJECT_WEIGHTS);
    const char *const prefix = input_prefix();
    srnn_rnn **const out = object_out();
    CREATE(OBJECT_RNN,
           srnn_rnn_create_from_weights(out, weights, prefix, config));
}

static void call_srnn_rnn_clone(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    srnn_rnn **const out = object_out();
    CREATE(OBJECT_RNN, srnn_rnn_clone(out, rnn));
}

DESTROY(OBJECT_RNN, srnn_rnn_destroy)

static void call_srnn_rnn_get_int(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    const srnn_option option = take_option();
    int64_t *const out = input_rarely() ? NULL : &results.integer;
    (void)CALL(srnn_rnn_get_int(out, rnn, option));
}

static void call_srnn_rnn_get_real(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    const srnn_option option =
        input_rarely() ? take_option() : SRNN_OPTION_DROPOUT;
    double *const out = input_rarely() ? NULL : &results.real;
    (void)CALL(srnn_rnn_get_real(out, rnn, option));
}

static void call_srnn_rnn_origin(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    const srnn_option option = take_option();
    call_begin();
    const srnn_origin origin = srnn_rnn_origin(rnn, option);
    call_answered();
    require(origin == 0 || object_is(rnn, OBJECT_RNN));
}

static void call_srnn_rnn_shape(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    const srnn_role role = input_enumerator(SRNN_ROLE_INPUT, 3);
    const int64_t steps = input_index();
    const int64_t batch = input_index();
    int64_t *const out = input_rarely() ? NULL : results.sizes;
    (void)CALL(srnn_rnn_shape(out, rnn, role, steps, batch));
}

/* Mostly enough room; a table has a line for each layer and direction. */
static void call_srnn_rnn_describe(void)
{
    const srnn_rnn *const rnn = object_take(OBJECT_RNN);
    const int64_t steps = input_index();
    const int64_t batch = input_index();
    const size_t capacity =
        input_take(4) == 3 ? input_take(256) : sizeof results.text;
    char *const text = input_rarely() ? NULL : results.text;
    size_t *const length = input_rarely() ? NULL : &results.size;
    (void)CALL(srnn_rnn_describe(text, capacity, length, rnn, steps, batch));
}

call_row calls_of_rnns[] = {CALL_ROW(srnn_config_create),
                            CALL_ROW(srnn_config_destroy),
                            CALL_ROW(srnn_config_set_int),
                            CALL_ROW(srnn_config_set_real),
                            CALL_ROW(srnn_config_get_int),
                            CALL_ROW(srnn_config_get_real),
                            CALL_ROW(srnn_rnn_create),
                            CALL_ROW(srnn_rnn_create_from_tensors),
                            CALL_ROW(srnn_rnn_create_from_weights),
                            CALL_ROW(srnn_rnn_clone),
                            CALL_ROW(srnn_rnn_destroy),
                            CALL_ROW(srnn_rnn_get_int),
                            CALL_ROW(srnn_rnn_get_real),
                            CALL_ROW(srnn_rnn_origin),
                            CALL_ROW(srnn_rnn_shape),
                            CALL_ROW(srnn_rnn_describe),
                            {.name = NULL}};
