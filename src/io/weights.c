/* SPDX-License-Identifier: MIT */
/* Looks things up in the table. */
#include "io/weights.h"

#include <stdlib.h>
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

static int compare_name(const void *key, const void *entry)
{
    return srnn_joined__compare(
        *(const srnn_joined *)key,
        (srnn_joined){"", ((const srnn_weights_entry *)entry)->name});
}

const srnn_weights_entry *srnn_weights__find(const srnn_weights *weights,
                                             const char *prefix,
                                             const char *name)
{
    const srnn_joined wanted = {prefix, name};
    return bsearch(&wanted, weights->entries, (size_t)weights->count,
                   sizeof *weights->entries, compare_name);
}

static int compare_key(const void *key, const void *note)
{
    return srnn_joined__compare(
        *(const srnn_joined *)key,
        (srnn_joined){"", ((const srnn_weights_note *)note)->key});
}

const srnn_weights_note *srnn_weights__find_note(const srnn_weights *weights,
                                                 const char *prefix,
                                                 const char *key)
{
    const srnn_joined wanted = {prefix, key};
    return bsearch(&wanted, weights->notes, (size_t)weights->note_count,
                   sizeof *weights->notes, compare_key);
}

int64_t srnn_weights__bytes(const srnn_weights_entry *entry)
{
    return entry->size * entry->type->bits / 8;
}
