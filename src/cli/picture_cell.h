/* SPDX-License-Identifier: MIT */
/* Draws the cells of an SVG picture, in passes: a later one covers what an
 * earlier one has drawn. A tier that is no cell is left alone, except that
 * layers that are left out have a band too. i is the index of a tier. */
#ifndef SRNN_CLI_PICTURE_CELL_H
#define SRNN_CLI_PICTURE_CELL_H

#include "picture_page.h"

/* The background and, at the left, the weights, which serve all steps. */
void command_cell_draw_band(const command_page *page, int i);

/* From h0 through all steps to h_n. */
void command_cell_draw_states(const command_page *page, int i);

/* The input of each step, and its output. */
void command_cell_draw_lanes(const command_page *page, int i);

/* What computes each step. */
void command_cell_draw_cell(const command_page *page, int i);

/* What a tier is called, at the left, and its shape or "". */
void command_cell_write_name(const command_page *page, int base,
                             const char *name, const char *shape);

#endif
