/* SPDX-License-Identifier: MIT */
/* A text as a sequence of symbols: one symbol for each byte that occurs in the
 * text. A character of UTF-8 outside ASCII is several bytes, and so it is
 * several symbols.
 *
 * The end of the text is held out: training never sees it. The rest is cut into
 * BATCH strips of equal length, which are read side by side, a window of WINDOW
 * symbols at a time. */
#ifndef CHAR_RNN_TEXT_H
#define CHAR_RNN_TEXT_H

#include <stdint.h>

#include <simplernn.h>

enum { BATCH = 20, WINDOW = 35 };

typedef struct {
    const char *path;
    int64_t checksum;      /* of the file */
    int64_t size;          /* in symbols */
    uint8_t *symbols;      /* [size] */
    int64_t alphabet_size; /* C, how many symbols there are */
    uint8_t alphabet[256]; /* the byte of each symbol, in ascending order */
    int64_t held_out;      /* where the end begins that is held out */
    int64_t strip;         /* the length of a strip */
    int64_t windows;       /* in a strip; one pass over them is an epoch */
} text;

/* Reads a file, and ends the program if it is too short to train with. */
text text_read(const char *path);

void text_free(text *t);

/* Copies a window of all strips: the symbols as one-hot rows to input
 * [WINDOW,BATCH,C], and the symbol after each of them to targets
 * [WINDOW,BATCH]. */
void text_copy_window(const text *t, int64_t window, srnn_tensor *input,
                      srnn_tensor *targets);

/* The same for the held-out end as one sequence: input is [T,1,C] and targets
 * is [T,1], with T = size - held_out - 1. */
void text_copy_held_out(const text *t, srnn_tensor *input,
                        srnn_tensor *targets);

#endif
