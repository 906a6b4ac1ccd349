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
    char name[12]; /* "BF16" */
    int16_t bits;
    int16_t dtype; /* it is read as; 0 if it cannot be */
    /* The value of an element; NULL if dtype is 0 or not real. */
    double (*decode)(const unsigned char *bytes);
} srnn_element_type;

/* A tensor. Its name lies in front of it. It takes the same bytes on every
 * machine, so that all can open the same files: how many shapes a header may
 * have depends on them. */
typedef struct {
    const srnn_element_type *type;
    _Alignas(8) int64_t begin; /* of its bytes, from the start of the file */
    int32_t name_bytes; /* with the NUL, and up to where the entry begins */
    int32_t rank;
    _Alignas(8) int64_t shape[];
} srnn_weights_entry;

/* All texts and all that is known of tensors lie in the table, in the order of
 * the file:
 *
 *     name, entry, name, entry, ..., key, text, key, text, ..., name, entry
 *
 * The table is made in the memory of the header that it is read from, so that
 * opening a file takes hardly more memory than its header has bytes. */
struct srnn_weights {
    srnn_handle handle;
    srnn_source source;
    int64_t count;
    int64_t note_count;
    uint32_t *names; /* where those of tensors lie in the table, in order */
    uint32_t *keys;  /* the same of the metadata */
    _Alignas(srnn_weights_entry) char table[];
};

void srnn_weights__destroy(srnn_weights *weights);

/* What the names of all state of an optimizer begin with, and no others. */
#define SRNN_WEIGHTS_STATE "optimizer."

/* What stands for the name of a tensor in front of the metadata. */
#define SRNN_WEIGHTS_METADATA "__metadata__"

/* Is it the name of a tensor or of a text of an optimizer? */
static inline bool srnn_weights__is_state(const char *name)
{
    return strncmp(name, SRNN_WEIGHTS_STATE, sizeof SRNN_WEIGHTS_STATE - 1) ==
           0;
}

/* The entry behind a name of the table, and the text behind a key. */
const srnn_weights_entry *srnn_weights__behind(const char *name);
static inline const char *srnn_weights__text(const char *key)
{
    return key + strlen(key) + 1;
}

/* The name of the tensor at a place in the order of names. */
static inline const char *srnn_weights__name(const srnn_weights *weights,
                                             int64_t place)
{
    return weights->table + weights->names[place];
}

static inline const char *srnn_weights__name_of(const srnn_weights_entry *entry)
{
    return (const char *)entry - entry->name_bytes;
}

/* The tensor at a place; NULL if that is -1. */
const srnn_weights_entry *srnn_weights__entry(const srnn_weights *weights,
                                              int64_t place);

/* The key of the metadata at a place in the order of keys. */
static inline const char *srnn_weights__key(const srnn_weights *weights,
                                            int64_t place)
{
    return weights->table + weights->keys[place];
}

/* The place of the tensor whose name is prefix and then name, or of the
 * metadata whose key is prefix and then key; -1 if there is none. */
int64_t srnn_weights__find(const srnn_weights *weights, const char *prefix,
                           const char *name);
int64_t srnn_weights__find_key(const srnn_weights *weights, const char *prefix,
                               const char *key);

/* Its elements. */
int64_t srnn_weights__size(const srnn_weights_entry *entry);

/* The bytes of its values; they are whole. */
static inline int64_t srnn_weights__bytes(const srnn_weights_entry *entry)
{
    return srnn_weights__size(entry) * entry->type->bits / 8;
}

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
