/* SPDX-License-Identifier: MIT */
/* Plots as SVG files: panels below each other, each with axes and curves. */
#ifndef SUPPORT_PLOT_H
#define SUPPORT_PLOT_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    const char *name; /* for the legend; NULL for no entry */
    const double *x, *y;
    int64_t count;
    bool is_dots; /* a dot for each point, instead of a line through them */
} plot_curve;

/* Its axes cover all points of its curves that are finite. */
typedef struct {
    const char *x_label, *y_label;
    const plot_curve *curves;
    int curve_count;
} plot_panel;

/* Writes the file at path, and ends the program if that fails. */
void plot_write(const char *path, const char *title, const plot_panel *panels,
                int panel_count);

#endif
