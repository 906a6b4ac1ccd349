/* SPDX-License-Identifier: MIT */
#include "fuzz/calls/make.h"

#include <string.h>

#include "fuzz/calls/input.h"
#include "fuzz/calls/region.h"
#include "fuzz/folder.h"
#include "fuzz/require.h"

/* What is made of an ordinary input is made, or there is no memory. */
static bool is_made(srnn_status status)
{
    require(status == SRNN_OK || status == SRNN_ERROR_NO_MEMORY);
    return status == SRNN_OK;
}

static void set(srnn_config *config, srnn_option option, int64_t value)
{
    require(srnn_config_set_int(config, option, value) == SRNN_OK);
}

static srnn_config *make_config(void)
{
    srnn_config *config = NULL;
    if (srnn_config_create(&config) != SRNN_OK)
        return NULL;
    const unsigned bits = input_take(256);
    set(config, SRNN_OPTION_NUM_LAYERS, 1 + (bits & 1));
    set(config, SRNN_OPTION_DIRECTION,
        SRNN_DIRECTION_FORWARD + (bits / 2 % 4) % 3);
    set(config, SRNN_OPTION_BATCH_FIRST, bits / 8 % 2);
    set(config, SRNN_OPTION_BIAS, bits / 16 % 2);
    set(config, SRNN_OPTION_DTYPE, SRNN_DTYPE_FLOAT32 + bits / 32 % 2);
    set(config, SRNN_OPTION_NONLINEARITY, SRNN_NONLINEARITY_TANH + bits / 64);
    return config;
}

static srnn_rnn *make_rnn(void)
{
    srnn_rnn *rnn = NULL;
    srnn_config *const config = make_config();
    const int64_t input = 1 + input_take(3);
    const int64_t hidden = 1 + input_take(4);
    const srnn_status status = srnn_rnn_create(&rnn, input, hidden, config, 1);
    srnn_config_destroy(config);
    return is_made(status) ? rnn : NULL;
}

static srnn_tensor *make_tensor(void)
{
    srnn_tensor *tensor = NULL;
    int64_t shape[3];
    const srnn_dtype dtype = SRNN_DTYPE_FLOAT32 + (int32_t)input_take(4);
    const int32_t rank = (int32_t)input_take(4);
    for (int i = 0; i < 3; i++)
        shape[i] = input_take(5);
    if (input_take(4) == 0)
        return is_made(srnn_tensor_create(&tensor, dtype, rank, shape)) ? tensor
                                                                        : NULL;
    const srnn_status status = srnn_tensor_wrap(
        &tensor, region_arena + input_take(32) * 64, dtype, rank, shape, NULL);
    return is_made(status) ? tensor : NULL;
}

static srnn_cell *make_cell(void)
{
    srnn_cell *cell = NULL;
    int64_t direction = 0;
    const srnn_rnn *const rnn = object_own(OBJECT_RNN);
    if (rnn == NULL)
        return NULL;
    require(srnn_rnn_get_int(&direction, rnn, SRNN_OPTION_DIRECTION) ==
            SRNN_OK);
    return is_made(srnn_cell_create_view(&cell, rnn, 0,
                                         direction == SRNN_DIRECTION_REVERSE
                                             ? SRNN_DIRECTION_REVERSE
                                             : SRNN_DIRECTION_FORWARD))
               ? cell
               : NULL;
}

typedef struct {
    unsigned char *bytes;
    size_t size, capacity;
} file_bytes;

static int64_t append(void *user, const void *bytes, size_t size)
{
    file_bytes *const file = user;
    if (size > file->capacity - file->size)
        return -1;
    memcpy(file->bytes + file->size, bytes, size);
    file->size += size;
    return (int64_t)size;
}

const void *make_file(size_t *size, const srnn_rnn *rnn, const char *prefix,
                      const char *const *metadata)
{
    enum { LARGEST = 8192 };
    file_bytes file = {region_keep(LARGEST), 0, LARGEST};
    *size = 0;
    if (file.bytes == NULL ||
        srnn_rnn_save_callback(rnn, append, &file, prefix, metadata) != SRNN_OK)
        return NULL;
    *size = file.size;
    return file.bytes;
}

/* A file of a linear layer or of an optimizer, which only go to a path. */
static srnn_weights *make_saved(void)
{
    static const char *const names[] = {"saved", NULL};
    const char *const path = folder_path(*names);
    srnn_weights *weights = NULL;
    srnn_status status = SRNN_ERROR_STATE;
    if (input_take(2) == 0) {
        const srnn_linear *const linear = object_own(OBJECT_LINEAR);
        if (linear != NULL)
            status = srnn_linear_save(linear, path, input_prefix());
    } else {
        const srnn_optimizer *const optimizer = object_own(OBJECT_OPTIMIZER);
        if (optimizer != NULL)
            status = srnn_optimizer_save(optimizer, path, NULL, NULL, 0, NULL);
    }
    if (status == SRNN_OK)
        status = srnn_weights_open(&weights, path);
    folder_remove(names);
    return status == SRNN_OK ? weights : NULL;
}

static srnn_weights *make_weights(void)
{
    srnn_weights *weights = NULL;
    size_t size = 0;
    if (input_take(2) == 1)
        return make_saved();
    const srnn_rnn *const rnn = object_own(OBJECT_RNN);
    const void *const bytes =
        rnn == NULL
            ? NULL
            : make_file(&size, rnn, input_take(2) == 0 ? "" : "rnn.", NULL);
    return bytes == NULL                                              ? NULL
           : is_made(srnn_weights_open_memory(&weights, bytes, size)) ? weights
                                                                      : NULL;
}

/* Its states are not 0 if they are few, so that a change of them shows. */
static srnn_stream *make_stream(void)
{
    enum { FEW = 64 };
    static const double states[FEW] = {1, 2, 3, 4, 5, 6, 7, 8};
    int64_t shape[3];
    srnn_stream *stream = NULL;
    const srnn_context *const context = object_own(OBJECT_CONTEXT);
    if (context == NULL ||
        !is_made(srnn_stream_create(&stream, context, 1 + input_take(3))))
        return NULL;
    require(srnn_rnn_shape(shape, srnn_stream_rnn(stream), SRNN_ROLE_HIDDEN, 1,
                           1) == SRNN_OK);
    if (shape[0] * shape[2] <= FEW)
        require(srnn_stream_reset(stream, NULL, states, 1) == SRNN_OK);
    return stream;
}

static srnn_linear *make_linear(void)
{
    srnn_linear *linear = NULL;
    const srnn_dtype dtype = SRNN_DTYPE_FLOAT32 + (int32_t)input_take(2);
    const int64_t in = 1 + input_take(4);
    const int64_t out = 1 + input_take(4);
    return is_made(srnn_linear_create(&linear, dtype, in, out,
                                      (int32_t)input_take(2), 1))
               ? linear
               : NULL;
}

static srnn_gradients *make_gradients(void)
{
    srnn_gradients *gradients = NULL;
    if (input_take(2) == 0) {
        srnn_linear *const linear = object_own(OBJECT_LINEAR);
        if (linear == NULL)
            return NULL;
        return is_made(srnn_gradients_create_linear(&gradients, linear))
                   ? gradients
                   : NULL;
    }
    return make_of(OBJECT_GRADIENTS, object_own(OBJECT_RNN));
}

static srnn_optimizer *make_optimizer(void)
{
    srnn_optimizer *optimizer = NULL;
    const srnn_optimizer_kind kind =
        SRNN_OPTIMIZER_KIND_SGD + (int32_t)input_take(4);
    if (srnn_optimizer_create(&optimizer, kind) != SRNN_OK)
        return NULL;
    for (unsigned i = input_take(3); i > 0; i--) {
        srnn_gradients *const gradients = object_own(OBJECT_GRADIENTS);
        const srnn_status status =
            srnn_optimizer_add(optimizer, gradients, i == 1 ? "rnn." : "fc.");
        require(gradients == NULL || status == SRNN_OK ||
                status == SRNN_ERROR_INVALID || status == SRNN_ERROR_NO_MEMORY);
    }
    return optimizer;
}

void *make_of(object_kind kind, const srnn_rnn *rnn)
{
    srnn_context *context = NULL;
    srnn_tape *tape = NULL;
    srnn_gradients *gradients = NULL;
    if (kind == OBJECT_CONTEXT)
        return rnn == NULL                                   ? NULL
               : is_made(srnn_context_create(&context, rnn)) ? context
                                                             : NULL;
    if (kind == OBJECT_TAPE)
        return rnn == NULL                             ? NULL
               : is_made(srnn_tape_create(&tape, rnn)) ? tape
                                                       : NULL;
    for (int i = 0; i < OBJECT_SLOTS; i++)
        if (rnn != NULL && object_at(OBJECT_RNN, i) == rnn)
            return is_made(srnn_gradients_create(&gradients,
                                                 object_at(OBJECT_RNN, i)))
                       ? gradients
                       : NULL;
    return NULL;
}

void *make_any(object_kind kind)
{
    srnn_config *config = NULL;
    switch (kind) {
    case OBJECT_TENSOR:
        return make_tensor();
    case OBJECT_CONFIG:
        config = make_config();
        return config;
    case OBJECT_CELL:
        return make_cell();
    case OBJECT_RNN:
        return make_rnn();
    case OBJECT_CONTEXT:
    case OBJECT_TAPE:
        return make_of(kind, object_own(OBJECT_RNN));
    case OBJECT_WEIGHTS:
        return make_weights();
    case OBJECT_STREAM:
        return make_stream();
    case OBJECT_GRADIENTS:
        return make_gradients();
    case OBJECT_LINEAR:
        return make_linear();
    default:
        return make_optimizer();
    }
}
