/* SPDX-License-Identifier: MIT */
/* Bytes to read at any offset: a regular file or memory. Knows no format. */
#ifndef SRNN_IO_SOURCE_H
#define SRNN_IO_SOURCE_H

#include "simplernn/status.h"

typedef struct {
    int file;                   /* -1 for memory */
    const unsigned char *bytes; /* NULL for a file */
    int64_t size;
} srnn_source;

/* SRNN_ERROR_IO, naming the path, if it is no regular file or cannot be
 * opened. */
srnn_status srnn_source__open(srnn_source *out, const char *path);

/* The caller's memory, borrowed. */
srnn_source srnn_source__from_memory(const void *bytes, int64_t size);

/* Reads count bytes at offset; the range lies inside size. SRNN_ERROR_IO, also
 * if the file has shrunk. Safe from several threads. */
srnn_status srnn_source__read(const srnn_source *source, void *target,
                              int64_t offset, int64_t count);

void srnn_source__close(srnn_source *source);

#endif
