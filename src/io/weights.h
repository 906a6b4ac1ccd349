/* SPDX-License-Identifier: MIT */
/* The table behind srnn_weights: named tensors and metadata, and where the
 * values of a tensor lie. Knows no format of files and nothing of networks. */
#ifndef SRNN_IO_WEIGHTS_H
#define SRNN_IO_WEIGHTS_H

#include <stdbool.h>
#include <string.h>

#include "io/source.h"
#include "simplernn/weights.h"
#include "tensor/tensor.h"
#include "util/handle.h"

/* A type of elements in a file, little-endian; the address is that of its row
 * in the table of types, where rows with wider elements come later. */
typedef struct {
    const char *name; /* "BF16" */
    int bits;
    srnn_dtype dtype; /* it is read as; 0 if it cannot be */
    /* The value of an element; NULL if dtype is 0 or not real. */
    double (*decode)(const unsigned char *bytes);
} srnn_element_type;

typedef struct {
    const char *name;
    const srnn_element_type *type;
    int32_t rank;
    int64_t shape[SRNN_MAX_RANK];
    int64_t size;  /* elements */
    int64_t begin; /* of its bytes, from the start of the file */
} srnn_weights_entry;

typedef struct {
    const char *key;
    const char *text;
} srnn_weights_note;

struct srnn_weights {
    srnn_handle handle;
    srnn_source source;
    int64_t count;
    srnn_weights_entry *entries; /* by name */
    int64_t note_count;
    srnn_weights_note *notes; /* the metadata, by key */
};

void srnn_weights__destroy(srnn_weights *weights);

/* What the names of all state of an optimizer begin with, and no others. */
#define SRNN_WEIGHTS_STATE "optimizer."

/* Is it the name of a tensor or of a text of an optimizer? */
static inline bool srnn_weights__is_state(const char *name)
{
    return strncmp(name, SRNN_WEIGHTS_STATE, sizeof SRNN_WEIGHTS_STATE - 1) ==
           0;
}

/* The tensor whose name is prefix and then name, NULL if there is none. */
const srnn_weights_entry *srnn_weights__find(const srnn_weights *weights,
                                             const char *prefix,
                                             const char *name);

/* The metadata whose key is prefix and then key, NULL if there is none. */
const srnn_weights_note *srnn_weights__find_note(const srnn_weights *weights,
                                                 const char *prefix,
                                                 const char *key);

/* The bytes of its values; they are whole. */
int64_t srnn_weights__bytes(const srnn_weights_entry *entry);

/* The type of a name, NULL if there is none. */
const srnn_element_type *srnn_weights__find_type(const char *name);

/* The type that holds values of a dtype as they are. */
const srnn_element_type *srnn_weights__type_of(srnn_dtype dtype);

/* SRNN_ERROR_DTYPE, naming the tensor, if its values cannot be read. */
srnn_status srnn_weights__check_type(const srnn_weights_entry *entry);

/* SRNN_ERROR_DTYPE, naming the tensor, if an rnn cannot compute with them. */
srnn_status srnn_weights__check_real(const srnn_weights_entry *entry);

/* Reads the values, as many as the entry has, as a dtype: that of the type, or
 * both are real; exactly, or from F64 to float32 rounded to nearest. */
srnn_status srnn_weights__read(void *values, srnn_dtype dtype,
                               const srnn_weights *weights,
                               const srnn_weights_entry *entry);

/* Turns values of a dtype round where a machine is big-endian: to the order of
 * bytes that files have, or back. */
void srnn_weights__swap(void *values, srnn_dtype dtype, int64_t count);

#endif
