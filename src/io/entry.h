/* SPDX-License-Identifier: MIT */
/* What a header says of one tensor, and of all of them together. */
#ifndef SRNN_IO_ENTRY_H
#define SRNN_IO_ENTRY_H

#include <jansson.h>

#include "io/weights.h"

/* Reads what stands behind a name of the header, which the entry has already.
 * SRNN_ERROR_FORMAT, naming the tensor. start is where the data begin. */
srnn_status srnn_entry__read(srnn_weights_entry *entry, json_t *value,
                             int64_t start, int64_t file_size);

/* Insists that the tensors tile the data, and puts them in order of names. */
srnn_status srnn_entry__sort(srnn_weights *weights, int64_t start);

#endif
