/* SPDX-License-Identifier: MIT */
#include "checksum.h"

/* FNV-1a with 64 bits. */
int64_t checksum(const void *bytes, size_t size)
{
    const unsigned char *const values = bytes;
    uint64_t sum = 0xcbf29ce484222325;
    for (size_t i = 0; i < size; i++)
        sum = (sum ^ values[i]) * 0x100000001b3;
    return (int64_t)sum;
}
