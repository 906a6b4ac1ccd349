/* SPDX-License-Identifier: MIT */
/* Any bytes as a weight file: opened, listed, read tensor by tensor, made into
 * an rnn, and run if that is small. Each call succeeds or fails with a reason,
 * memory stays within the promise of test_weights_memory.c, and the rnn holds
 * what the tensors do. The mutator keeps the header's length right most of the
 * time: without that few inputs get past it. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "simplernn.h"
#include "support/counting.h"

enum { MEMORY_LIMIT = 64 << 20, PROMISED = 1 << 20, SMALL = 4096 };

enum { LENGTH_BYTES = 8 };

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed);

/* libFuzzer's; weak because test_corpus.c has no use for it. */
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size)
    __attribute__((weak));

static counting_allocator memory = {MEMORY_LIMIT, 0, 0};

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void require_reason(srnn_status status)
{
    require(status < 0 && *srnn_last_error() != '\0');
    require(strchr(srnn_last_error(), '\n') == NULL);
}

static size_t bytes_of(const srnn_tensor *tensor)
{
    return (size_t)srnn_tensor_size(tensor) *
           (srnn_tensor_dtype(tensor) == SRNN_DTYPE_FLOAT64 ? 8 : 4);
}

static void read_tensors(const srnn_weights *weights)
{
    for (int64_t i = 0; i < srnn_weights_count(weights); i++) {
        const char *const name = srnn_weights_name(weights, i);
        srnn_tensor *tensor = NULL;
        require(name != NULL);
        require(i == 0 || strcmp(srnn_weights_name(weights, i - 1), name) < 0);
        const srnn_status status = srnn_weights_tensor(&tensor, weights, name);
        if (status != SRNN_OK) {
            require_reason(status);
            require(status == SRNN_ERROR_DTYPE && tensor == NULL);
        }
        srnn_tensor_destroy(tensor);
    }
}

/* One parameter against the tensor of its name; returns its bytes. */
static size_t check_parameter(const srnn_rnn *rnn, int64_t index,
                              const srnn_weights *weights, const char *prefix)
{
    char name[64];
    srnn_tensor *parameter = NULL;
    srnn_tensor *tensor = NULL;
    (void)strcpy(name, prefix);
    (void)strcat(name, srnn_rnn_parameter_name(rnn, index));
    require(srnn_rnn_get_parameter_at(&parameter, rnn, index) == SRNN_OK);
    require(srnn_weights_tensor(&tensor, weights, name) == SRNN_OK);
    const size_t bytes = bytes_of(parameter);
    require(srnn_tensor_size(parameter) == srnn_tensor_size(tensor));
    if (srnn_tensor_dtype(parameter) == srnn_tensor_dtype(tensor))
        require(memcmp(srnn_tensor_data(parameter), srnn_tensor_data(tensor),
                       bytes) == 0);
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
                       size_t size)
{
    srnn_rnn *rnn = NULL;
    size_t decoded = 0;
    memory.peak = memory.living;
    const srnn_status status =
        srnn_rnn_create_from_weights(&rnn, weights, prefix, NULL);
    const size_t peak = memory.peak;
    if (status != SRNN_OK) {
        require_reason(status);
        require(rnn == NULL);
    }
    for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++)
        decoded += check_parameter(rnn, i, weights, prefix);
    require(peak <= size + decoded + PROMISED);
    if (rnn != NULL && decoded <= SMALL)
        run(rnn);
    srnn_rnn_destroy(rnn);
}

/* OpenBLAS would be warmed up for each rnn, and is not what this tests. */
int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    require(setenv("SIMPLERNN_GEMM", "native", 1) == 0);
    require(srnn_set_allocator(counting_allocate, counting_free, &memory) ==
            SRNN_OK);
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    srnn_weights *weights = NULL;
    memory.peak = 0;
    const srnn_status status = srnn_weights_open_memory(&weights, data, size);
    require(memory.peak <= size + PROMISED);
    if (status != SRNN_OK) {
        require_reason(status);
        require(weights == NULL && memory.living == 0);
        return 0;
    }
    (void)srnn_weights_metadata(weights, "nonlinearity");
    read_tensors(weights);
    create_rnn(weights, "", size);
    create_rnn(weights, "rnn.", size);
    srnn_weights_destroy(weights);
    require(memory.living == 0);
    return 0;
}

static uint64_t read_length(const uint8_t *data)
{
    uint64_t length = 0;
    for (int i = 0; i < LENGTH_BYTES; i++)
        length |= (uint64_t)data[i] << 8 * i;
    return length;
}

static void write_length(uint8_t *data, size_t length)
{
    for (int i = 0; i < LENGTH_BYTES; i++)
        data[i] = (uint8_t)((uint64_t)length >> 8 * i);
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    uint8_t *const header = data + LENGTH_BYTES;
    if (seed % 4 == 0 || size < LENGTH_BYTES ||
        read_length(data) > size - LENGTH_BYTES)
        return LLVMFuzzerMutate(data, size, max_size);
    size_t length = (size_t)read_length(data);
    const size_t left = size - LENGTH_BYTES - length;
    uint8_t *const values = malloc(left + 1);
    require(values != NULL);
    memcpy(values, header + length, left);
    length = LLVMFuzzerMutate(header, length, max_size - LENGTH_BYTES - left);
    memcpy(header + length, values, left);
    write_length(data, length);
    free(values);
    return LENGTH_BYTES + length + left;
}
