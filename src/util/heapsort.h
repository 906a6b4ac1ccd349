/* SPDX-License-Identifier: MIT */
/* Sorts offsets in their place. qsort of the C library may take as much memory
 * again from malloc, and its comparison does not learn what offsets are into.
 */
#ifndef SRNN_UTIL_HEAPSORT_H
#define SRNN_UTIL_HEAPSORT_H

#include <stdint.h>

/* Below 0, 0 or above 0, as in qsort. */
typedef int srnn_heapsort_compare(const void *base, uint32_t a, uint32_t b);

/* Takes at most count * log2(count) steps, and only count if they are in order
 * already. */
void srnn_heapsort__sort(uint32_t *offsets, int64_t count,
                         srnn_heapsort_compare *compare, const void *base);

#endif
