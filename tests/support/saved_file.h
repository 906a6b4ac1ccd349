/* SPDX-License-Identifier: MIT */
/* Looks into a safetensors file with no help of the library: at tensors of all
 * types, and at the bytes of their values. */
#ifndef TESTS_SUPPORT_SAVED_FILE_H
#define TESTS_SUPPORT_SAVED_FILE_H

#include "simplernn.h"
#include "support/weights_file.h"

typedef struct {
    char type[16];
    int rank;
    int64_t shape[SRNN_MAX_RANK];
    const unsigned char *bytes; /* in the file */
    size_t size;
} saved_tensor;

/* The file at a path. */
weights_file saved_file_read(const char *path);

/* False if the file has no such tensor. */
bool saved_file_find(saved_tensor *out, const weights_file *file,
                     const char *name);

/* How many tensors and how many texts of metadata. */
int saved_file_count(const weights_file *file);
int saved_file_count_metadata(const weights_file *file);

/* Has the file this text under the key? NULL: has it no such key? */
bool saved_file_states(const weights_file *file, const char *key,
                       const char *text);

/* The file with another text in its header: where from is, which comes first
 * behind after. */
weights_file saved_file_edit(const weights_file *file, const char *after,
                             const char *from, const char *to);

/* The tensor is in both files, the same in all. */
void saved_file_check_same(const weights_file *a, const weights_file *b,
                           const char *name);

#endif
