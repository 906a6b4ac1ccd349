/* SPDX-License-Identifier: MIT */
/* What targets that read safetensors files share. The mutator keeps the
 * header's length right most of the time: without that few inputs get past it.
 */
#ifndef TESTS_FUZZ_SAFETENSORS_H
#define TESTS_FUZZ_SAFETENSORS_H

#include <string.h>

#include "fuzz/library.h"

enum { LENGTH_BYTES = 8 };

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

#endif
