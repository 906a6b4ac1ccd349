/* SPDX-License-Identifier: MIT */
/* What a file is to hold: named tensors, whose values are in memory or stay
 * those of an old file, and metadata. Everything in the order of the
 * safetensors package: tensors with wider elements first, then by name; and
 * metadata, which the package shuffles, by key, so that the same contents have
 * one file. Knows nothing of networks. */
#ifndef SRNN_IO_CONTENTS_H
#define SRNN_IO_CONTENTS_H

#include "io/weights.h"
#include "util/joined.h"

typedef struct {
    srnn_joined name;
    const srnn_element_type *type;
    int32_t rank;
    int64_t shape[SRNN_MAX_RANK];
    int64_t bytes;
    const void *values; /* contiguous, in memory; else NULL: */
    int64_t begin;      /* where they lie in the old file */
} srnn_contents_tensor;

typedef struct {
    srnn_joined key;
    const char *text;
} srnn_contents_note;

typedef struct {
    const srnn_weights *old; /* NULL if there is no file to keep */
    int64_t tensor_count;
    srnn_contents_tensor *tensors;
    int64_t note_count;
    srnn_contents_note *notes;
    int64_t bytes; /* of all values, once it is finished */
    char *texts;   /* room for the next text that has to be made */
} srnn_contents;

/* The most that will be added, beside the tensors and metadata of the old file.
 */
typedef struct {
    int64_t tensors;
    int64_t notes;
    int64_t text_bytes;
} srnn_contents_room;

/* Empty contents, to which the functions below add. They borrow all names,
 * texts and values. */
srnn_status srnn_contents__create(srnn_contents **out, const srnn_weights *old,
                                  srnn_contents_room room);

void srnn_contents__destroy(srnn_contents *contents);

/* A contiguous tensor in memory. */
void srnn_contents__add(srnn_contents *contents, srnn_joined name,
                        const srnn_tensor *tensor);

/* A tensor of the old file. */
void srnn_contents__keep(srnn_contents *contents,
                         const srnn_weights_entry *entry);

void srnn_contents__add_note(srnn_contents *contents, srnn_joined key,
                             const char *text);

/* All pairs of key, text, key, text, NULL; or NULL. */
void srnn_contents__add_metadata(srnn_contents *contents,
                                 const char *const *metadata);

/* Sorts the metadata, and finds a key among the first count of them. */
void srnn_contents__sort_notes(srnn_contents *contents);
const srnn_contents_note *
srnn_contents__find_note(const srnn_contents *contents, int64_t count,
                         srnn_joined key);

/* Sorts everything. SRNN_ERROR_OVERFLOW if the bytes of the file do not fit. */
srnn_status srnn_contents__finish(srnn_contents *contents);

#endif
