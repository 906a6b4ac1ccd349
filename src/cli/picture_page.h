/* SPDX-License-Identifier: MIT */
/* Where the parts of a picture lie on a page, in pixels. */
#ifndef SRNN_CLI_PICTURE_PAGE_H
#define SRNN_CLI_PICTURE_PAGE_H

#include "picture.h"

enum {
    COMMAND_PAGE_MARGIN = 16,
    COMMAND_PAGE_PADDING = 12,
    COMMAND_PAGE_LINE = 16,  /* of text */
    COMMAND_PAGE_BASE = 4,   /* from the middle of it to its base line */
    COMMAND_PAGE_TITLE = 28, /* of a cell, above its weights */
    COMMAND_PAGE_BOX = 46,   /* height of a cell at one step */
    COMMAND_PAGE_TAG = 40,   /* height of a row of h0 or h_n */
    COMMAND_PAGE_DOTS = 18,  /* half the width of "..." */
    COMMAND_PAGE_LOOP = 40,  /* above a cell, for the way back */
    COMMAND_PAGE_ROW = 20    /* height of a row in the list of rows */
};

/* What all steps share stands at the left. Each direction of a step has a lane
 * that its values go up; the reverse cells stand to the right of the forward
 * ones, so that a lane meets no cell of the other direction. */
typedef struct {
    FILE *file; /* where it is written */
    const command_picture *picture;
    int width, height;
    int name, shape;                /* x of the two columns at the left */
    int left, right, tag;           /* x of the rows of h0 and h_n; width */
    int first, pitch, gap_pitch;    /* x of step 0, and from step to step */
    int content, box, shift;        /* widths in a step */
    int top[COMMAND_PICTURE_TIERS]; /* y of each tier */
    struct {
        int x, y, width;
    } rows[COMMAND_PICTURE_ROWS]; /* in the list at the foot */
} command_page;

command_page command_page_make(FILE *file, const command_picture *picture);

const command_tier *command_page_tier(const command_page *page, int tier);
bool command_page_is_gap(const command_page *page, int step);

int command_page_height(const command_tier *tier);

/* y */
int command_page_middle(const command_page *page, int tier);
int command_page_bottom(const command_page *page, int tier);

/* x in the step with an index. */
int command_page_center(const command_page *page, int step);
int command_page_lane(const command_page *page, int step, bool is_reverse);

/* The left and the right edge of a cell there, or of "...". */
int command_page_begin(const command_page *page, int step, bool is_reverse);
int command_page_end(const command_page *page, int step, bool is_reverse);

#endif
