/* SPDX-License-Identifier: MIT */
/* Bytes to write, one after another, to a file or to a callback. Knows no
 * format. */
#ifndef SRNN_IO_SINK_H
#define SRNN_IO_SINK_H

#include "simplernn/rnn.h"

typedef struct {
    srnn_write_function write; /* NULL for a file */
    void *user;                /* of write */
    int file;                  /* of the caller */
    const char *path;          /* of the file, for messages */
} srnn_sink;

/* Writes count bytes (count > 0) behind the earlier ones, or SRNN_ERROR_IO. */
srnn_status srnn_sink__write(const srnn_sink *sink, const void *bytes,
                             int64_t count);

#endif
