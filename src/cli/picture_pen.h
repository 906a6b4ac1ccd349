/* SPDX-License-Identifier: MIT */
/* Draws the parts of an SVG picture. Kinds of parts are CSS classes: f and r
 * are the two directions, n is neither. */
#ifndef SRNN_CLI_PICTURE_PEN_H
#define SRNN_CLI_PICTURE_PEN_H

#include <stdbool.h>
#include <stdio.h>

enum { COMMAND_PEN_HEAD = 8 }; /* length of the head of an arrow */

typedef enum {
    COMMAND_PEN_LABEL,  /* a name or a shape */
    COMMAND_PEN_CENTER, /* the same, around x */
    COMMAND_PEN_REMARK, /* in grey */
    COMMAND_PEN_STEP,   /* in grey, around x */
    COMMAND_PEN_NAME,   /* bold */
    COMMAND_PEN_HEADING
} command_pen_text;

/* Colours for light and for dark pages, and fonts that every reader has. */
void command_pen_style(FILE *file);

/* y is that of the base line. The text has nothing that XML would escape: names
 * are those of the library. */
void command_pen_write(FILE *file, command_pen_text kind, int x, int y,
                       const char *text);

void command_pen_box(FILE *file, const char *kind, int x, int y, int width,
                     int height);

/* Straight up, to the left or to the right. */
void command_pen_arrow(FILE *file, const char *kind, int x, int y, int to_x,
                       int to_y);

/* From a place up to y, across to another, and down to the height of the
 * first. */
void command_pen_loop(FILE *file, const char *kind, int x, int y, int above,
                      int to_x);

/* Three of them, around x and y. */
void command_pen_dots(FILE *file, const char *kind, int x, int y,
                      bool is_vertical);

#endif
