/* SPDX-License-Identifier: MIT */
/* Size arithmetic that says when it does not fit. Every size that comes from a
 * caller or a file goes through here before it is used. */
#ifndef SRNN_UTIL_CHECKED_H
#define SRNN_UTIL_CHECKED_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* *out = a + b; false if that does not fit. */
static inline bool srnn_checked__add(int64_t *out, int64_t a, int64_t b)
{
    return !__builtin_add_overflow(a, b, out);
}

/* *out = a - b; false if that does not fit. */
static inline bool srnn_checked__subtract(int64_t *out, int64_t a, int64_t b)
{
    return !__builtin_sub_overflow(a, b, out);
}

/* *out = a * b; false if that does not fit. */
static inline bool srnn_checked__multiply(int64_t *out, int64_t a, int64_t b)
{
    return !__builtin_mul_overflow(a, b, out);
}

/* *out = bytes; false if that does not fit, on 32 bits for example. *out is
 * then whatever is left of it. */
static inline bool srnn_checked__to_size(size_t *out, int64_t bytes)
{
    return !__builtin_add_overflow(bytes, 0, out);
}

/* *out = size; false if that does not fit. */
static inline bool srnn_checked__of_size(int64_t *out, size_t size)
{
    return !__builtin_add_overflow(size, 0, out);
}

#endif
