/* SPDX-License-Identifier: MIT */
/* Any bytes as a .npy file for the command's reader: read as each type, it
 * gives a tensor or a reason, and what the command writes of a tensor reads as
 * that tensor. The mutator keeps the header's length right most of the time. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cli/element.h"
#include "cli/npy.h"
#include "fuzz/target.h"

enum { PREFACE = 10 };

static size_t bytes_of(const srnn_tensor *tensor)
{
    return (size_t)(srnn_tensor_size(tensor) *
                    command_element_size(srnn_tensor_dtype(tensor)));
}

static bool is_same(const srnn_tensor *a, const srnn_tensor *b)
{
    const int32_t rank = srnn_tensor_rank(a);
    return rank == srnn_tensor_rank(b) &&
           (rank == 0 ||
            memcmp(srnn_tensor_shape(a), srnn_tensor_shape(b),
                   (size_t)rank * sizeof *srnn_tensor_shape(a)) == 0) &&
           (bytes_of(a) == 0 ||
            memcmp(srnn_tensor_data(a), srnn_tensor_data(b), bytes_of(a)) == 0);
}

/* Through a file that is in memory only. */
static void check_round_trip(const srnn_tensor *tensor)
{
    srnn_tensor *again = NULL;
    command_target target = {.name = "written", .file = memfd_create("npy", 0)};
    require(target.file > STDERR_FILENO);
    require(command_npy_write(&target, tensor) == COMMAND_OK);
    require(lseek(target.file, 0, SEEK_SET) == 0);
    command_source source = {
        .name = "written", .file = target.file, .left = -1};
    require(command_npy_read(&again, &source, srnn_tensor_dtype(tensor)) ==
            COMMAND_OK);
    require(is_same(tensor, again));
    srnn_tensor_destroy(again);
    command_source_close(&source);
}

/* What becomes of the narrowest elements that the dtype is read from. */
static size_t growth_of(srnn_dtype dtype)
{
    switch (dtype) {
    case SRNN_DTYPE_FLOAT64:
        return 4;
    case SRNN_DTYPE_UINT8:
        return 1;
    case COMMAND_NPY_NUMBER: /* int64 from bytes */
        return 8;
    default:
        return 2;
    }
}

static bool read_as(const uint8_t *data, size_t size, srnn_dtype dtype)
{
    command_source source = {.file = -1, .bytes = data, .left = (int64_t)size};
    (void)command_quote(source.name, "odd\n\xff");
    srnn_tensor *tensor = NULL;
    const bool is_any = dtype == COMMAND_NPY_NUMBER;
    const command_result result =
        is_any ? command_npy_read_number(&tensor, &source, SRNN_DTYPE_FLOAT32)
               : command_npy_read(&tensor, &source, dtype);
    require((result == COMMAND_OK) == (tensor != NULL));
    if (result == COMMAND_OK) {
        require(is_any || srnn_tensor_dtype(tensor) == dtype);
        require(bytes_of(tensor) <= growth_of(dtype) * size);
        if (srnn_tensor_dtype(tensor) != SRNN_DTYPE_UINT8)
            check_round_trip(tensor);
    } else {
        require(result == COMMAND_WRONG || result == COMMAND_NO_MEMORY);
        require(*command_failure() != '\0');
        require(strchr(command_failure(), '\n') == NULL);
    }
    srnn_tensor_destroy(tensor);
    return result == COMMAND_OK;
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    require(srnn_allocator_set(counting_allocate, counting_free, &memory) ==
            SRNN_OK);
    return 0;
}

/* What float32 holds, float64 holds too, except sizes beside a 0 whose bytes
 * only just fitted. Of a type that is for one use nothing else is made. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const bool narrow = read_as(data, size, SRNN_DTYPE_FLOAT32);
    const bool wide = read_as(data, size, SRNN_DTYPE_FLOAT64);
    require(wide || !narrow || strstr(command_failure(), "2^63") != NULL);
    require(read_as(data, size, SRNN_DTYPE_INT64) +
                read_as(data, size, SRNN_DTYPE_UINT8) + wide <=
            1);
    const bool number = read_as(data, size, COMMAND_NPY_NUMBER);
    require(number || !(narrow || read_as(data, size, SRNN_DTYPE_INT64)));
    require(memory.living == 0);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned int seed)
{
    enum { MAX_LENGTH = 65535 };
    uint8_t *const header = data + PREFACE;
    if (seed % 4 == 0 || size < PREFACE)
        return LLVMFuzzerMutate(data, size, max_size);
    size_t length = (size_t)data[8] | (size_t)data[9] << 8;
    if (data[6] != 1 || length > size - PREFACE)
        return LLVMFuzzerMutate(data, size, max_size);
    const size_t left = size - PREFACE - length;
    const size_t room = max_size - PREFACE - left;
    uint8_t *const values = malloc(left + 1);
    require(values != NULL);
    memcpy(values, header + length, left);
    length = LLVMFuzzerMutate(header, length,
                              room < MAX_LENGTH ? room : (size_t)MAX_LENGTH);
    memcpy(header + length, values, left);
    data[8] = (uint8_t)length;
    data[9] = (uint8_t)(length >> 8);
    free(values);
    return PREFACE + length + left;
}
