/* SPDX-License-Identifier: MIT */
/* Options of an rnn that names and shapes do not tell: as texts of a file's
 * metadata. Each has a key, which is the name of the option, behind the prefix
 * of the rnn's tensors or alone, for all rnns of the file. */
#ifndef SRNN_IO_METADATA_H
#define SRNN_IO_METADATA_H

#include "io/decimal.h"
#include "io/weights.h"
#include "rnn/options.h"

/* The options that a file may state. */
enum { SRNN_METADATA_OPTIONS = 4 };
extern const srnn_option srnn_metadata__options[SRNN_METADATA_OPTIONS];

/* Takes nonlinearity, batch_first and dropout from wanted where the caller set
 * them, else from the file where it states them, else leaves them.
 * SRNN_ERROR_FORMAT if a text that counts cannot be read. */
srnn_status srnn_metadata__read(srnn_options *options,
                                const srnn_weights *weights, const char *prefix,
                                const srnn_options *wanted);

/* The same for the direction, where by_names is what the names of the tensors
 * say. Names without "_reverse" may be those of a reverse rnn; any other
 * contradiction is SRNN_ERROR_FORMAT. */
srnn_status srnn_metadata__read_direction(srnn_options *options,
                                          const srnn_weights *weights,
                                          const char *prefix,
                                          srnn_direction by_names);

/* SRNN_ERROR_NOT_FOUND if nonlinearity or batch_first was stated by nobody. */
srnn_status srnn_metadata__require(const srnn_options *options,
                                   const char *prefix);

/* Is this the key of an option of the rnn under the prefix? */
bool srnn_metadata__is_own(const char *prefix, const char *key);

/* The text of an option; number is room for it, should it be one. */
const char *srnn_metadata__text(const srnn_options *options, srnn_option option,
                                char number[SRNN_DECIMAL_SIZE]);

/* The text of an option that nobody stated. */
const char *srnn_metadata__assumed(srnn_option option, srnn_direction by_names);

/* Is an rnn read as before, and as much stated, once another text counts for
 * it? NULL for no text. */
bool srnn_metadata__is_alike(srnn_option option, srnn_direction by_names,
                             const char *before, const char *after);

#endif
