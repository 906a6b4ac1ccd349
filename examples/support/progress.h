/* SPDX-License-Identifier: MIT */
/* Shows how far training is. On a terminal it is a bar that moves:
 *
 *     [=======>            ]  38 %  loss 0.412  5230 sequences/s  0:12 left
 *
 * If stdout is no terminal, it is a line every so often:
 *
 *     step 400 of 1050  loss 0.412  5230 sequences/s  0:12 left
 */
#ifndef SUPPORT_PROGRESS_H
#define SUPPORT_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t first, total; /* steps before this run, and in all */
    int64_t batch;        /* sequences in a step */
    int64_t every;        /* steps from line to line */
    bool is_terminal;
    double start, drawn; /* in seconds: of this run, and of the last drawing */
} progress;

progress progress_begin(int64_t first, int64_t total, int64_t batch,
                        int64_t every);

/* Tells that done steps of the total are done. The text, formatted as by
 * printf, says what training has reached, for example its loss. Call it after
 * every step: it draws only when there is something to see. */
void progress_show(progress *p, int64_t done, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Removes the bar, so that the program can print something. The next
 * progress_show() draws it again. */
void progress_clear(progress *p);

#endif
