/* SPDX-License-Identifier: MIT */
/* What a file is to hold once an rnn is saved: its parameters and the metadata
 * of its options, the caller's metadata, and all that is in the old file and
 * not the rnn's. Everything in the order of the safetensors package: tensors
 * with wider elements first, then by name; and metadata, which the package
 * shuffles, by key, so that a model has one file. */
#ifndef SRNN_IO_CONTENTS_H
#define SRNN_IO_CONTENTS_H

#include "io/decimal.h"
#include "io/weights.h"
#include "rnn/rnn.h"
#include "util/joined.h"

typedef struct {
    srnn_joined name;
    const srnn_element_type *type;
    int32_t rank;
    const int64_t *shape;
    int64_t bytes;
    const srnn_parameter *parameter; /* that gives the values; else NULL: */
    int64_t begin;                   /* where they lie in the old file */
} srnn_contents_tensor;

typedef struct {
    srnn_joined key;
    const char *text;
} srnn_contents_note;

typedef struct {
    int64_t tensor_count;
    srnn_contents_tensor *tensors;
    int64_t note_count;
    srnn_contents_note *notes;
    char *prefixes;                 /* copies, of other rnns */
    char number[SRNN_DECIMAL_SIZE]; /* the text of a note */
} srnn_contents;

/* What belongs where. All is borrowed. */
typedef struct {
    const srnn_rnn *rnn;
    const char *prefix;
    const char *const *metadata; /* key, text, key, text, NULL; or NULL */
    const srnn_weights *old;     /* NULL if there is no file to keep */
} srnn_contents_sources;

/* SRNN_ERROR_OVERFLOW if the bytes of the file do not fit. */
srnn_status srnn_contents__create(srnn_contents **out,
                                  const srnn_contents_sources *sources);

void srnn_contents__destroy(srnn_contents *contents);

#endif
