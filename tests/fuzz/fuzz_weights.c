/* SPDX-License-Identifier: MIT */
/* Any bytes as a weight file: opened, listed, read tensor by tensor, made into
 * a linear layer, and into an rnn, which is run if it is small. Each call
 * succeeds or fails with a reason, memory stays within the promise of
 * test_weights_memory.c, the rnn holds what the tensors do, and comes back from
 * the bytes that it is saved as. */
#include <stdbool.h>
#include <string.h>

#include "fuzz/safetensors.h"

enum { PROMISED = 1 << 20, SMALL = 4096 };

static void read_metadata(const srnn_weights *weights)
{
    const char *before = NULL;
    const char *key = NULL;
    for (int64_t i = 0; (key = srnn_weights_metadata_key(weights, i)) != NULL;
         i++) {
        require(before == NULL || strcmp(before, key) < 0);
        require(srnn_weights_metadata(weights, key) != NULL);
        before = key;
    }
}

static void read_tensors(const srnn_weights *weights)
{
    for (int64_t i = 0; i < srnn_weights_count(weights); i++) {
        const char *const name = srnn_weights_name(weights, i);
        srnn_tensor *tensor = NULL;
        require(name != NULL);
        require(i == 0 || strcmp(srnn_weights_name(weights, i - 1), name) < 0);
        const srnn_status status =
            srnn_weights_read_tensor(&tensor, weights, name);
        if (status != SRNN_OK) {
            require_reason(status);
            require(status == SRNN_ERROR_DTYPE && tensor == NULL);
        }
        srnn_tensor_destroy(tensor);
    }
}

/* The tensor of a parameter whose name in the file lacks what ends[i] is: none,
 * a cell's, a reverse cell's, a reverse rnn's. NULL if there is none. */
static srnn_tensor *find_as(const srnn_weights *weights, const char *prefix,
                            const char *parameter, int i)
{
    static const char *const ends[] = {"", "_l0", "_l0_reverse", "_reverse"};
    char name[64];
    srnn_tensor *tensor = NULL;
    const size_t length = strlen(prefix) + strlen(parameter);
    const size_t end = strlen(ends[i]);
    (void)strcpy(name, prefix);
    (void)strcat(name, parameter);
    if (strcmp(name + length - end, ends[i]) != 0)
        return NULL;
    name[length - end] = '\0';
    return srnn_weights_read_tensor(&tensor, weights, name) == SRNN_OK ? tensor
                                                                       : NULL;
}

/* All have the names of one kind; NULL for a bias that is not there. */
static srnn_tensor *find_tensor(const srnn_rnn *rnn,
                                const srnn_weights *weights, const char *prefix,
                                const char *parameter)
{
    for (int i = 0; i < 4; i++) {
        srnn_tensor *const first =
            find_as(weights, prefix, srnn_rnn_parameter_name(rnn, 0), i);
        srnn_tensor_destroy(first);
        if (first != NULL)
            return find_as(weights, prefix, parameter, i);
    }
    require(false);
    return NULL;
}

/* One parameter against its tensor; returns its bytes. */
static size_t check_parameter(const srnn_rnn *rnn, int64_t index,
                              const srnn_weights *weights, const char *prefix)
{
    const char *const name = srnn_rnn_parameter_name(rnn, index);
    const unsigned char *const values = srnn_rnn_parameter_data(rnn, index);
    srnn_tensor *parameter = NULL;
    srnn_tensor *const tensor = find_tensor(rnn, weights, prefix, name);
    require(srnn_rnn_copy_parameter(&parameter, rnn, name) == SRNN_OK);
    const size_t bytes = bytes_of(parameter);
    require(tensor != NULL || memcmp(name, "bias", 4) == 0);
    for (size_t i = 0; tensor == NULL && i < bytes; i++)
        require(values[i] == 0);
    require(tensor == NULL ||
            srnn_tensor_size(parameter) == srnn_tensor_size(tensor));
    if (tensor != NULL &&
        srnn_tensor_dtype(parameter) == srnn_tensor_dtype(tensor))
        require(memcmp(values, srnn_tensor_data(tensor), bytes) == 0);
    srnn_tensor_destroy(tensor);
    srnn_tensor_destroy(parameter);
    return bytes;
}

static srnn_tensor *zeros(const srnn_rnn *rnn, srnn_role role, int64_t dtype)
{
    int64_t shape[3] = {0};
    srnn_tensor *tensor = NULL;
    require(srnn_rnn_shape(shape, rnn, role, 3, 2) == SRNN_OK);
    require(srnn_tensor_create(&tensor, (srnn_dtype)dtype, 3, shape) ==
            SRNN_OK);
    return tensor;
}

static void run(srnn_rnn *rnn)
{
    int64_t dtype = 0;
    srnn_context *context = NULL;
    require(srnn_rnn_get_int(&dtype, rnn, SRNN_OPTION_DTYPE) == SRNN_OK);
    require(srnn_context_create(&context, rnn) == SRNN_OK);
    srnn_tensor *const input = zeros(rnn, SRNN_ROLE_INPUT, dtype);
    srnn_tensor *const output = zeros(rnn, SRNN_ROLE_OUTPUT, dtype);
    srnn_tensor *const hidden = zeros(rnn, SRNN_ROLE_HIDDEN, dtype);
    require(srnn_context_forward(context, input, hidden, output, hidden) ==
            SRNN_OK);
    srnn_tensor_destroy(hidden);
    srnn_tensor_destroy(output);
    srnn_tensor_destroy(input);
    srnn_context_destroy(context);
}

static void create_rnn(const srnn_weights *weights, const char *prefix,
                       const srnn_config *config, size_t size)
{
    srnn_rnn *rnn = NULL;
    size_t decoded = 0;
    memory.peak = memory.living;
    const srnn_status status =
        srnn_rnn_create_from_weights(&rnn, weights, prefix, config);
    const size_t peak = memory.peak;
    if (status != SRNN_OK) {
        require_reason(status);
        require(rnn == NULL);
    }
    for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++)
        decoded += check_parameter(rnn, i, weights, prefix);
    require(peak <= size + decoded + PROMISED);
    if (rnn != NULL && decoded <= SMALL) {
        require_saved(rnn, prefix);
        run(rnn);
    }
    srnn_rnn_destroy(rnn);
}

static void create_linear(const srnn_weights *weights, const char *prefix)
{
    srnn_linear *linear = NULL;
    const srnn_status status =
        srnn_linear_create_from_weights(&linear, weights, prefix);
    if (status != SRNN_OK) {
        require_reason(status);
        require(linear == NULL);
    }
    srnn_linear_destroy(linear);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    srnn_config *extra = NULL;
    srnn_weights *const weights = open_within(data, size);
    if (weights == NULL)
        return 0;
    read_metadata(weights);
    read_tensors(weights);
    require(srnn_config_create(&extra) == SRNN_OK);
    require(srnn_config_set_int(extra, SRNN_OPTION_ALLOW_EXTRA, 1) == SRNN_OK);
    create_rnn(weights, "", NULL, size);
    create_rnn(weights, "rnn.", NULL, size);
    create_rnn(weights, "", extra, size);
    create_linear(weights, "");
    create_linear(weights, "fc.");
    srnn_config_destroy(extra);
    srnn_weights_destroy(weights);
    require(memory.living == 0);
    return 0;
}
