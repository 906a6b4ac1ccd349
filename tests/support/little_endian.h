/* SPDX-License-Identifier: MIT */
/* The bytes of values as files have them, so that hashes of values are the same
 * on every machine. */
#ifndef TESTS_SUPPORT_LITTLE_ENDIAN_H
#define TESTS_SUPPORT_LITTLE_ENDIAN_H

#include <stddef.h>
#include <stdint.h>

/* Byte i of count elements of so many bytes each. */
static inline unsigned char little_endian_byte(const void *elements,
                                               size_t bytes, size_t i)
{
    const unsigned char *const from = elements;
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return from[i / bytes * bytes + (bytes - 1 - i % bytes)];
#else
    (void)bytes;
    return from[i];
#endif
}

/* The bytes of all, to another place. */
static inline void little_endian_put(void *to, const void *elements,
                                     size_t bytes, size_t count)
{
    unsigned char *const target = to;
    for (size_t i = 0; i < bytes * count; i++)
        target[i] = little_endian_byte(elements, bytes, i);
}

/* FNV-1a, 64 bits, which goes on from a hash. */
#define LITTLE_ENDIAN_HASH UINT64_C(0xcbf29ce484222325)

static inline uint64_t little_endian_hash(uint64_t hash, const void *elements,
                                          size_t bytes, size_t count)
{
    for (size_t i = 0; i < bytes * count; i++)
        hash = (hash ^ little_endian_byte(elements, bytes, i)) *
               UINT64_C(0x100000001b3);
    return hash;
}

#endif
