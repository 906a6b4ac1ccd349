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

#endif
