/* SPDX-License-Identifier: MIT */
/* Looks things up in the table. */
#include "io/weights.h"

#include <string.h>

#include "util/joined.h"
#include "util/memory.h"

void srnn_weights__destroy(srnn_weights *weights)
{
    if (weights == NULL)
        return;
    weights->handle.kind = 0;
    srnn_source__close(&weights->source);
    srnn_memory__destroy(weights);
}

const srnn_weights_entry *srnn_weights__behind(const char *name)
{
    const uintptr_t align = _Alignof(srnn_weights_entry);
    const char *const behind = name + strlen(name) + 1;
    return (const void *)(behind + (align - (uintptr_t)behind % align) % align);
}

const srnn_weights_entry *srnn_weights__entry(const srnn_weights *weights,
                                              int64_t place)
{
    return place < 0 ? NULL
                     : srnn_weights__behind(srnn_weights__name(weights, place));
}

/* By halves: at[low - 1] is below what is wanted, at[high] is not. */
static int64_t find(const srnn_weights *weights, const uint32_t *at,
                    int64_t count, srnn_joined wanted)
{
    int64_t low = 0;
    int64_t high = count;
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const srnn_joined found = {"", weights->table + at[middle]};
        const int order = srnn_joined__compare(found, wanted);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

int64_t srnn_weights__find(const srnn_weights *weights, const char *prefix,
                           const char *name)
{
    return find(weights, weights->names, weights->count,
                (srnn_joined){prefix, name});
}

int64_t srnn_weights__find_key(const srnn_weights *weights, const char *prefix,
                               const char *key)
{
    return find(weights, weights->keys, weights->note_count,
                (srnn_joined){prefix, key});
}

int64_t srnn_weights__size(const srnn_weights_entry *entry)
{
    int64_t size = 1;
    for (int32_t i = 0; i < entry->rank; i++)
        size *= entry->shape[i];
    return size;
}
