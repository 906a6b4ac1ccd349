/* SPDX-License-Identifier: MIT */
/* Bytes to read at any offset: of a regular file, of memory or from a callback.
 * Knows no format. */
#ifndef SRNN_IO_SOURCE_H
#define SRNN_IO_SOURCE_H

#include "simplernn/weights.h"

/* One of the three is there. */
typedef struct {
    int file;                   /* else -1 */
    const unsigned char *bytes; /* else NULL */
    srnn_read_function read;    /* else NULL */
    void *user;                 /* of read */
    int64_t size;
} srnn_source;

/* SRNN_ERROR_IO, naming the path, if it is no regular file or cannot be
 * opened. */
srnn_status srnn_source__open(srnn_source *out, const char *path);

/* The same for a name in an open folder, which is not followed if it is a link.
 */
srnn_status srnn_source__open_at(srnn_source *out, int folder, const char *name,
                                 const char *path);

/* The caller's memory, borrowed. */
srnn_source srnn_source__from_memory(const void *bytes, int64_t size);

/* The caller's function, borrowed with what user is. */
srnn_source srnn_source__from_callback(srnn_read_function read, void *user,
                                       int64_t size);

/* Reads count bytes at offset; the range lies inside size. SRNN_ERROR_IO, also
 * if the file has shrunk. Safe from several threads, if a callback is. */
srnn_status srnn_source__read(const srnn_source *source, void *target,
                              int64_t offset, int64_t count);

void srnn_source__close(srnn_source *source);

#endif
