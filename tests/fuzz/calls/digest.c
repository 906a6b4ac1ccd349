/* SPDX-License-Identifier: MIT */
#include "fuzz/calls/digest.h"

#include <string.h>

#include "fuzz/calls/object.h"
#include "fuzz/require.h"

enum { TOUCHED = 24 };

static const void *touched[TOUCHED];
static int touched_count;
static uint64_t sum;

void digest_touch(const void *handle)
{
    if (handle != NULL && touched_count < TOUCHED)
        touched[touched_count++] = handle;
}

void digest_forget(void)
{
    touched_count = 0;
}

static void add(uint64_t value)
{
    sum = (sum ^ value) * UINT64_C(0x9e3779b97f4a7c15);
    sum ^= sum >> 29;
}

static void add_bytes(const void *bytes, int64_t size)
{
    const unsigned char *at = bytes;
    for (; size >= 8; size -= 8, at += 8) {
        uint64_t word = 0;
        memcpy(&word, at, 8);
        add(word);
    }
    for (; size > 0; size--)
        add(*at++);
}

static void add_real(double value)
{
    add_bytes(&value, sizeof value);
}

/* The values of a tensor of the caller lie in the arena. */
static void add_tensor(const srnn_tensor *tensor)
{
    const int32_t rank = srnn_tensor_rank(tensor);
    add((uint64_t)srnn_tensor_dtype(tensor));
    add_bytes(srnn_tensor_shape(tensor), rank * 8);
    add_bytes(srnn_tensor_strides(tensor), rank * 8);
    add((uint64_t)srnn_tensor_size(tensor));
    add((uintptr_t)srnn_tensor_data(tensor));
    add((uintptr_t)srnn_tensor_const_data(tensor));
}

static void add_config(const srnn_config *config)
{
    double real = 0;
    for (srnn_option option = 1; option <= SRNN_OPTION_ALLOW_EXTRA; option++) {
        int64_t value = 0;
        if (srnn_config_get_int(&value, config, option) == SRNN_OK)
            add((uint64_t)value);
    }
    require(srnn_config_get_real(&real, config, SRNN_OPTION_DROPOUT) ==
            SRNN_OK);
    add_real(real);
}

static int64_t size_of_element(const srnn_rnn *rnn)
{
    int64_t dtype = 0;
    require(srnn_rnn_get_int(&dtype, rnn, SRNN_OPTION_DTYPE) == SRNN_OK);
    return dtype == SRNN_DTYPE_FLOAT64 ? 8 : 4;
}

static void add_rnn(const srnn_rnn *rnn)
{
    for (srnn_option option = 1; option < SRNN_OPTION_DROPOUT; option++) {
        int64_t value = 0;
        require(srnn_rnn_get_int(&value, rnn, option) == SRNN_OK);
        add((uint64_t)value);
        add((uint64_t)srnn_rnn_origin(rnn, option));
    }
    add_bytes(srnn_rnn_parameter_data(rnn, 0),
              srnn_rnn_flat_size(rnn) * size_of_element(rnn));
}

/* Not the rates, which a call may measure. */
static void add_context(const srnn_context *context)
{
    for (srnn_context_option option = SRNN_CONTEXT_GEMM;
         option <= SRNN_CONTEXT_KEEP_TINY_GRADIENTS; option++) {
        int64_t value = 0;
        require(srnn_context_get_int(&value, context, option) == SRNN_OK);
        add((uint64_t)value);
    }
}

static void add_stream(const srnn_stream *stream)
{
    static double states[1024];
    int64_t batch = 0;
    int64_t shape[3] = {0};
    srnn_tensor *tensor = NULL;
    const srnn_rnn *const rnn = srnn_stream_rnn(stream);
    require(srnn_stream_get_int(&batch, stream, SRNN_STREAM_BATCH) == SRNN_OK);
    require(srnn_rnn_shape(shape, rnn, SRNN_ROLE_HIDDEN, 1, batch) == SRNN_OK);
    if (batch > 4 || shape[0] * shape[1] * shape[2] > 1024)
        return;
    require(srnn_tensor_wrap(&tensor, states,
                             size_of_element(rnn) == 8 ? SRNN_DTYPE_FLOAT64
                                                       : SRNN_DTYPE_FLOAT32,
                             3, shape, NULL) == SRNN_OK);
    require(srnn_stream_get_state(stream, tensor) == SRNN_OK);
    add_bytes(states, shape[0] * shape[1] * shape[2] * size_of_element(rnn));
    srnn_tensor_destroy(tensor);
}

static void add_gradients(srnn_gradients *gradients)
{
    const srnn_tensor *const flat = srnn_gradients_flat(gradients);
    add_tensor(flat);
    add_bytes(srnn_tensor_const_data(flat),
              srnn_tensor_size(flat) *
                  (srnn_tensor_dtype(flat) == SRNN_DTYPE_FLOAT64 ? 8 : 4));
    add((uint64_t)srnn_gradients_is_trained(gradients, "weight_ih_l0"));
    add((uint64_t)srnn_gradients_is_trained(gradients, "weight"));
}

static void add_tape(const srnn_tape *tape)
{
    for (srnn_tape_option option = SRNN_TAPE_CHECKPOINT_STEPS;
         option <= SRNN_TAPE_FIRST_STEP; option++) {
        int64_t value = 0;
        require(srnn_tape_get_int(&value, tape, option) == SRNN_OK);
        add((uint64_t)value);
    }
}

static void add_linear(const srnn_linear *linear)
{
    static double values[1024];
    const int64_t size = srnn_linear_flat_size(linear);
    const srnn_dtype dtype = srnn_linear_dtype(linear);
    srnn_tensor *tensor = NULL;
    if (size > 1024)
        return;
    require(srnn_tensor_wrap(&tensor, values, dtype, 1, &size, NULL) ==
            SRNN_OK);
    require(srnn_linear_get_flat(linear, tensor) == SRNN_OK);
    add_bytes(values, size * (dtype == SRNN_DTYPE_FLOAT64 ? 8 : 4));
    srnn_tensor_destroy(tensor);
}

static void add_optimizer(const srnn_optimizer *optimizer)
{
    for (srnn_optimizer_option option = SRNN_OPTIMIZER_LEARNING_RATE;
         option <= SRNN_OPTIMIZER_STEPS; option++) {
        int64_t value = 0;
        double real = 0;
        if (srnn_optimizer_get_int(&value, optimizer, NULL, option) == SRNN_OK)
            add((uint64_t)value);
        else if (srnn_optimizer_get_real(&real, optimizer, NULL, option) ==
                 SRNN_OK)
            add_real(real);
    }
}

/* A cell shows only its sizes, and weights cannot change. */
static void add_object(object_kind kind, void *handle)
{
    add((uint64_t)kind);
    switch (kind) {
    case OBJECT_TENSOR:
        add_tensor(handle);
        break;
    case OBJECT_CONFIG:
        add_config(handle);
        break;
    case OBJECT_RNN:
        add_rnn(handle);
        break;
    case OBJECT_CONTEXT:
        add_context(handle);
        break;
    case OBJECT_STREAM:
        add_stream(handle);
        break;
    case OBJECT_GRADIENTS:
        add_gradients(handle);
        break;
    case OBJECT_TAPE:
        add_tape(handle);
        break;
    case OBJECT_LINEAR:
        add_linear(handle);
        break;
    case OBJECT_OPTIMIZER:
        add_optimizer(handle);
        break;
    default:
        break;
    }
}

static bool is_touched(const void *handle)
{
    for (int i = 0; i < touched_count; i++)
        if (touched[i] == handle)
            return true;
    return false;
}

uint64_t digest(bool is_whole)
{
    sum = 0;
    for (int kind = 0; kind < OBJECT_KINDS; kind++) {
        for (int i = 0; i < OBJECT_SLOTS; i++) {
            void *const handle = object_at((object_kind)kind, i);
            if (handle != NULL && (is_whole || is_touched(handle)))
                add_object((object_kind)kind, handle);
        }
    }
    return sum;
}
