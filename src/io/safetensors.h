/* SPDX-License-Identifier: MIT */
/* A safetensors file: its header checked in full, its values read on demand.
 *
 *     | N: 8 bytes, little-endian | N bytes of JSON | data |
 *     {"name": {"dtype": "F32", "shape": [2, 4], "data_offsets": [0, 32]},
 *      "__metadata__": {"key": "text"}}
 *
 * Knows nothing of networks. */
#ifndef SRNN_IO_SAFETENSORS_H
#define SRNN_IO_SAFETENSORS_H

#include "io/source.h"
#include "simplernn/weights.h"
#include "tensor/tensor.h"
#include "util/handle.h"

/* An element type of the format; those with a dtype can be read. */
typedef struct {
    const char *name; /* "BF16" */
    int bits;
    srnn_dtype dtype; /* it is read as; 0 if it cannot be */
} srnn_weights__type;

typedef struct {
    const char *name;
    const srnn_weights__type *type;
    int32_t rank;
    int64_t shape[SRNN_MAX_RANK];
    int64_t size;  /* elements */
    int64_t begin; /* of its bytes, from the start of the file */
} srnn_weights__entry;

typedef struct {
    const char *key;
    const char *text;
} srnn_weights__note;

struct srnn_weights {
    srnn_handle handle;
    srnn_source source;
    int64_t count;
    srnn_weights__entry *entries; /* by name */
    int64_t note_count;
    srnn_weights__note *notes; /* the metadata */
};

/* Takes the source over: it is closed by destroy, or here after a failure. */
srnn_status srnn_weights__create(srnn_weights **out, srnn_source source);

void srnn_weights__destroy(srnn_weights *weights);

/* The tensor whose name is prefix and then name, NULL if there is none. */
const srnn_weights__entry *srnn_weights__find(const srnn_weights *weights,
                                              const char *prefix,
                                              const char *name);

/* The metadata of a key, NULL if there is none. */
const char *srnn_weights__note_text(const srnn_weights *weights,
                                    const char *key);

/* SRNN_ERROR_DTYPE, naming the tensor, if its type has no dtype. */
srnn_status srnn_weights__check_type(const srnn_weights__entry *entry);

/* Reads the values, as many as the entry has, converted to a dtype: exactly,
 * or from F64 to float32 rounded to nearest. The type has been checked. */
srnn_status srnn_weights__read(void *values, srnn_dtype dtype,
                               const srnn_weights *weights,
                               const srnn_weights__entry *entry);

#endif
