/* SPDX-License-Identifier: MIT */
/* From an rnn to the bytes of a file. */
#ifndef SRNN_IO_WRITE_RNN_H
#define SRNN_IO_WRITE_RNN_H

#include "io/sink.h"
#include "stack/rnn.h"

/* See srnn_rnn_save. Fails before the first byte, or because of the sink. The
 * prefix is valid UTF-8. */
srnn_status srnn_weights__write_rnn(const srnn_sink *sink, const srnn_rnn *rnn,
                                    const char *prefix);

/* The same into the file at path. The thread is not cancelled meanwhile, which
 * would leave a file behind. */
srnn_status srnn_weights__write_rnn_file(const char *path, const srnn_rnn *rnn,
                                         const char *prefix);

#endif
