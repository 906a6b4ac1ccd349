/* SPDX-License-Identifier: MIT */
/* What a header says of one tensor, and of all of them together. */
#ifndef SRNN_IO_ENTRY_H
#define SRNN_IO_ENTRY_H

#include <jansson.h>

#include "io/weights.h"

/* SRNN_ERROR_FORMAT: tensor "name": what is wrong with it. */
srnn_status srnn_entry__fail(const char *name, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An entry that has room for any shape. */
typedef union {
    srnn_weights_entry entry;
    unsigned char
        room[sizeof(srnn_weights_entry) + SRNN_MAX_RANK * sizeof(int64_t)];
} srnn_entry_largest;

/* Reads what stands behind a name of the header. SRNN_ERROR_FORMAT, naming the
 * tensor. start is where the data begin. */
srnn_status srnn_entry__read(srnn_weights_entry *entry, const char *name,
                             const json_t *value, int64_t start,
                             int64_t file_size);

/* Insists that the tensors tile the data and that no name and no key is there
 * twice, and puts both in order. */
srnn_status srnn_entry__sort(srnn_weights *weights, int64_t start);

#endif
