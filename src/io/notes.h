/* SPDX-License-Identifier: MIT */
/* The metadata of a file that an rnn is saved to. */
#ifndef SRNN_IO_NOTES_H
#define SRNN_IO_NOTES_H

#include "io/contents.h"
#include "rnn/rnn.h"

/* An rnn that is saved. All is borrowed. */
typedef struct {
    const srnn_rnn *rnn;
    const char *prefix;
    const char *const *metadata; /* key, text, key, text, NULL; or NULL */
} srnn_notes_rnn;

/* Adds what srnn_notes__add needs. */
void srnn_notes__measure(srnn_contents_room *room, const srnn_notes_rnn *saved,
                         const srnn_weights *old);

/* Adds the options of the rnn, the caller's metadata, and that of the old file
 * which stays. */
void srnn_notes__add(srnn_contents *contents, const srnn_notes_rnn *saved);

/* Adds an option of an rnn under the prefix. The text of dropout takes
 * SRNN_DECIMAL_SIZE bytes. */
void srnn_notes__add_option(srnn_contents *contents, const srnn_rnn *rnn,
                            const char *prefix, srnn_option option);

#endif
