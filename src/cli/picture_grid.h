/* SPDX-License-Identifier: MIT */
/* A grid of characters that a picture is put on, and where its parts lie there,
 * in columns and lines. */
#ifndef SRNN_CLI_PICTURE_GRID_H
#define SRNN_CLI_PICTURE_GRID_H

#include "picture.h"

enum {
    COMMAND_GRID_BOX = 6,    /* columns of a cell at one step */
    COMMAND_GRID_CELL = 5,   /* lines: a name, three of a box, an arrow */
    COMMAND_GRID_MIDDLE = 2, /* the line of a cell that states pass on */
    COMMAND_GRID_BESIDE = 2  /* columns at each side of a cell for its loop */
};

/* As in command_page, with everything in characters. */
typedef struct {
    const command_picture *picture;
    bool has_shapes; /* else names alone */
    int width, height;
    int left, right, tag;
    int first, pitch, gap_pitch;
    int content;
    char *characters;
} command_grid;

/* With shapes if that is not too wide. The caller frees the characters, also
 * after a failure. */
command_result command_grid_make(command_grid *out,
                                 const command_picture *picture);

bool command_grid_is_gap(const command_grid *grid, int step);
int command_grid_lines(const command_tier *tier);
int command_grid_step(const command_grid *grid, int step);
int command_grid_center(const command_grid *grid, int step);
int command_grid_lane(const command_grid *grid, int step, bool is_reverse);
int command_grid_begin(const command_grid *grid, int step, bool is_reverse);
int command_grid_end(const command_grid *grid, int step, bool is_reverse);

void command_grid_put(const command_grid *grid, int x, int y, const char *text);
void command_grid_put_center(const command_grid *grid, int x, int y,
                             const char *text);

/* Without the spaces at the ends of the lines. */
void command_grid_print(FILE *file, const command_grid *grid);

#endif
