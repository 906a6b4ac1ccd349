/* SPDX-License-Identifier: MIT */
/* A heap with the largest element in front, taken from the front one by one. */
#include "util/heapsort.h"

#include <stdbool.h>

static bool is_sorted(const uint32_t *offsets, int64_t count,
                      srnn_heapsort_compare *compare, const void *base)
{
    int64_t i = 1;
    while (i < count && compare(base, offsets[i - 1], offsets[i]) <= 0)
        i++;
    return i >= count;
}

/* In each round an element sinks to where no child of it is larger. At first
 * these are the elements of the front half, from behind, which makes a heap.
 * Then it is always the last of the heap, whose place the largest gets. */
void srnn_heapsort__sort(uint32_t *offsets, int64_t count,
                         srnn_heapsort_compare *compare, const void *base)
{
    int64_t not_in_heap = count / 2;
    if (is_sorted(offsets, count, compare, base))
        return;
    while (count > 1) {
        int64_t at = not_in_heap > 0 ? --not_in_heap : --count;
        const uint32_t sinking = offsets[at];
        if (at == count) {
            offsets[at] = offsets[0];
            at = 0;
        }
        for (int64_t child = 2 * at + 1; child < count; child = 2 * at + 1) {
            if (child + 1 < count &&
                compare(base, offsets[child], offsets[child + 1]) < 0)
                child++;
            if (compare(base, sinking, offsets[child]) >= 0)
                break;
            offsets[at] = offsets[child];
            at = child;
        }
        offsets[at] = sinking;
    }
}
