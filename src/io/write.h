/* SPDX-License-Identifier: MIT */
/* From contents to the bytes of a safetensors file. */
#ifndef SRNN_IO_WRITE_H
#define SRNN_IO_WRITE_H

#include "io/contents.h"
#include "io/sink.h"

/* Creates the contents of a file from what is saved and from the old file,
 * which is NULL if there is nothing to keep. */
typedef srnn_status srnn_write_gather(srnn_contents **out, const void *saved,
                                      const srnn_weights *old);

/* Writes the contents of a new file. Fails before the first byte, or because of
 * the sink. */
srnn_status srnn_write__to_sink(const srnn_sink *sink,
                                srnn_write_gather *gather, const void *saved);

/* Writes them to the file at path: see srnn_rnn_save. With is_merged, the file
 * that is there is the old one. The thread is not cancelled meanwhile, which
 * would leave a file behind. */
srnn_status srnn_write__to_path(const char *path, bool is_merged,
                                srnn_write_gather *gather, const void *saved);

#endif
