/* SPDX-License-Identifier: MIT */
/* From an rnn to the bytes of a file. Prefix and metadata are valid. */
#ifndef SRNN_IO_WRITE_RNN_H
#define SRNN_IO_WRITE_RNN_H

#include "io/write.h"
#include "rnn/rnn.h"

/* See srnn_rnn_save_callback and srnn_write__to_sink. */
srnn_status srnn_rnn__write(const srnn_sink *sink, const srnn_rnn *rnn,
                            const char *prefix, const char *const *metadata);

/* The same into the file at path; with is_merged, what is in it and not the
 * rnn's stays: see srnn_rnn_save. */
srnn_status srnn_rnn__write_file(const char *path, bool is_merged,
                                 const srnn_rnn *rnn, const char *prefix,
                                 const char *const *metadata);

#endif
