/* SPDX-License-Identifier: MIT */
/* What C has no operator for. Of sizes: nothing here checks for overflow. */
#ifndef SRNN_UTIL_INTEGER_H
#define SRNN_UTIL_INTEGER_H

#include <stdint.h>

static inline int64_t srnn_integer__smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* a / b, rounded up; b > 0. */
static inline int64_t srnn_integer__divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

/* Where part number i begins, if so many things are cut into parts of nearly
 * the same size; i = parts is behind all of them. */
static inline int64_t srnn_integer__part(int64_t total, int64_t parts,
                                         int64_t i)
{
    return total / parts * i + total % parts * i / parts;
}

#endif
