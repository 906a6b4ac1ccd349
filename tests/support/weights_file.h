/* SPDX-License-Identifier: MIT */
/* Builds safetensors files in memory, right ones and wrong ones. It checks
 * nothing: what the library makes of the bytes is the test's business. */
#ifndef TESTS_SUPPORT_WEIGHTS_FILE_H
#define TESTS_SUPPORT_WEIGHTS_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that grow; all zero is empty. */
typedef struct {
    unsigned char *bytes;
    size_t size;
    size_t capacity;
} weights_file;

void weights_file_append(weights_file *file, const void *bytes, size_t size);
void weights_file_append_text(weights_file *file, const char *text);
void weights_file_append_repeated(weights_file *file, const char *text,
                                  size_t times);
void weights_file_free(weights_file *file);

/* The file of a header, whatever is in it, and data_size bytes of data. */
weights_file weights_file_of_header(const void *header, size_t header_size,
                                    size_t data_size);
weights_file weights_file_of_text(const char *header, size_t data_size);

/* A file tensor by tensor; all zero is one without tensors. */
typedef struct {
    weights_file header;
    weights_file data;
    weights_file metadata;
} weights_builder;

/* Element k of the tensor is weights_value(name, k), zero for the dtypes that
 * the library does not read. */
void weights_builder_add(weights_builder *builder, const char *name,
                         const char *dtype, int rank, const int64_t *shape);

/* The name of an element type, NULL behind the last. */
const char *weights_type(int number);

/* A tensor [elements] with these bytes as its data. */
void weights_builder_add_bytes(weights_builder *builder, const char *name,
                               const char *dtype, const void *bytes,
                               size_t size);

/* One key and text, JSON-escaped already. */
void weights_builder_add_metadata(weights_builder *builder, const char *key,
                                  const char *text);

/* The file; the builder is empty afterwards. */
weights_file weights_builder_finish(weights_builder *builder);

/* A number that F32, F64, F16 and BF16 all hold exactly. */
double weights_value(const char *name, int64_t k);

typedef struct {
    int64_t I, H, L, D;
    bool bias;
    const char *dtype;
    const char *prefix;
} weights_topology;

/* Adds all parameters of an rnn but those named in skip (up to a NULL; may be
 * NULL), in state_dict order. */
void weights_builder_add_rnn(weights_builder *builder,
                             const weights_topology *topology,
                             const char *const *skip);

/* The file of an rnn and nothing else. */
weights_file weights_file_of_rnn(const weights_topology *topology);

#endif
