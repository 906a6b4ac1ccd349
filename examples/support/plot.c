/* SPDX-License-Identifier: MIT */
#include "plot.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "check.h"

enum { /* in pixels */
       WIDTH = 640,
       PANEL = 240, /* from the top of a panel to that of the next one */
       HEAD = 40,   /* above the first panel, for the title */
       LEFT = 72,
       RIGHT = 24,
       BOTTOM = 52, /* of a panel, for its numbers and its label */
       GAP = 8,     /* between an axis and its numbers */
       LINE = 16    /* of text */
};

static const char *const colors[] = {"#1f5fa8", "#d1650f"};
enum { COLORS = sizeof colors / sizeof colors[0] };

/* One direction of a panel: values from low to high, at pixels from start to
 * end, with a number at every multiple of tick. */
typedef struct {
    double low, high, tick, start, end;
} axis;

static double position(const axis *a, double value)
{
    return a->start +
           (value - a->low) / (a->high - a->low) * (a->end - a->start);
}

/* The smallest of 1, 2 and 5 times a power of 10 that is not below a value. */
static double round_up(double value)
{
    const double power = pow(10, floor(log10(value)));
    const double digit = value / power;
    const double rounded = digit <= 1   ? 1
                           : digit <= 2 ? 2
                           : digit <= 5 ? 5
                                        : 10;
    return rounded * power;
}

/* An axis that covers low to high and ends at ticks. */
static axis make_axis(double low, double high, double start, double end)
{
    enum { TICKS = 6 };
    if (!(low <= high)) { /* there is no value */
        low = 0;
        high = 1;
    }
    if (low == high) {
        low -= 0.5;
        high += 0.5;
    }
    const double tick = round_up((high - low) / TICKS);
    return (axis){floor(low / tick) * tick, ceil(high / tick) * tick, tick,
                  start, end};
}

/* The axis of the x or of the y of all curves of a panel. */
static axis fit_axis(const plot_panel *panel, bool is_y, double start,
                     double end)
{
    double low = INFINITY, high = -INFINITY;
    for (int c = 0; c < panel->curve_count; c++) {
        const plot_curve *const curve = &panel->curves[c];
        for (int64_t i = 0; i < curve->count; i++) {
            const double value = is_y ? curve->y[i] : curve->x[i];
            if (isfinite(value)) {
                low = fmin(low, value);
                high = fmax(high, value);
            }
        }
    }
    return make_axis(low, high, start, end);
}

/* Text that may hold characters that mean something in XML. */
static void write_text(FILE *file, const char *text)
{
    for (; *text != '\0'; text++)
        if (*text == '&' || *text == '<')
            (void)fputs(*text == '&' ? "&amp;" : "&lt;", file);
        else
            (void)fputc(*text, file);
}

/* Where a text stands to its position: "start", "middle" or "end". */
static void write_label(FILE *file, double x, double y, const char *anchor,
                        const char *text)
{
    (void)fprintf(file, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y,
                  anchor);
    write_text(file, text);
    (void)fputs("</text>\n", file);
}

static void draw_line(FILE *file, const char *color, double x1, double y1,
                      double x2, double y2)
{
    (void)fprintf(file,
                  "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" "
                  "stroke=\"%s\"/>\n",
                  x1, y1, x2, y2, color);
}

/* A line across the panel at each tick, with its number. */
static void draw_grid(FILE *file, const axis *x, const axis *y)
{
    char number[32];
    const char *const grey = "#e4e4e4";
    const int across = (int)lround((x->high - x->low) / x->tick);
    const int up = (int)lround((y->high - y->low) / y->tick);
    for (int i = 0; i <= across; i++) {
        const double value = x->low + i * x->tick;
        const double at = position(x, value);
        draw_line(file, grey, at, y->start, at, y->end);
        (void)snprintf(number, sizeof number, "%.6g", value);
        write_label(file, at, y->start + GAP + LINE / 2.0, "middle", number);
    }
    for (int i = 0; i <= up; i++) {
        const double value = y->low + i * y->tick;
        const double at = position(y, value);
        draw_line(file, grey, x->start, at, x->end, at);
        (void)snprintf(number, sizeof number, "%.6g", value);
        write_label(file, x->start - GAP, at + LINE / 4.0, "end", number);
    }
    draw_line(file, "#444444", x->start, y->start, x->end, y->start);
    draw_line(file, "#444444", x->start, y->start, x->start, y->end);
}

static void draw_labels(FILE *file, const plot_panel *panel, const axis *x,
                        const axis *y)
{
    const double middle = (y->start + y->end) / 2;
    if (panel->x_label != NULL)
        write_label(file, (x->start + x->end) / 2, y->start + GAP + 2.0 * LINE,
                    "middle", panel->x_label);
    if (panel->y_label == NULL)
        return;
    (void)fprintf(file, "<g transform=\"rotate(-90 %d %.1f)\">", LINE, middle);
    write_label(file, LINE, middle, "middle", panel->y_label);
    (void)fputs("</g>\n", file);
}

static void draw_dots(FILE *file, const plot_curve *curve, const axis *x,
                      const axis *y, const char *color)
{
    for (int64_t i = 0; i < curve->count; i++)
        if (isfinite(curve->x[i]) && isfinite(curve->y[i]))
            (void)fprintf(file,
                          "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"4\" "
                          "fill=\"%s\"/>\n",
                          position(x, curve->x[i]), position(y, curve->y[i]),
                          color);
}

/* A line with a gap where a point is not finite. */
static void draw_curve(FILE *file, const plot_curve *curve, const axis *x,
                       const axis *y, const char *color)
{
    char verb = 'M'; /* move there, or else draw a line to there */
    (void)fprintf(file,
                  "<path fill=\"none\" stroke=\"%s\" stroke-width=\"2\" "
                  "stroke-linejoin=\"round\" d=\"",
                  color);
    for (int64_t i = 0; i < curve->count; i++) {
        const bool is_point = isfinite(curve->x[i]) && isfinite(curve->y[i]);
        if (is_point)
            (void)fprintf(file, "%c%.1f %.1f", verb, position(x, curve->x[i]),
                          position(y, curve->y[i]));
        verb = is_point ? 'L' : 'M';
    }
    (void)fputs("\"/>\n", file);
}

/* The names of curves, in their colors, in the upper left corner. */
static void draw_legend(FILE *file, const plot_panel *panel, const axis *x,
                        const axis *y)
{
    double at = y->end + LINE;
    for (int c = 0; c < panel->curve_count; c++) {
        if (panel->curves[c].name == NULL)
            continue;
        (void)fprintf(file, "<g fill=\"%s\">", colors[c % COLORS]);
        write_label(file, x->start + GAP, at, "start", panel->curves[c].name);
        (void)fputs("</g>\n", file);
        at += LINE;
    }
}

static void draw_panel(FILE *file, const plot_panel *panel, double top)
{
    const axis x = fit_axis(panel, false, LEFT, WIDTH - RIGHT);
    const axis y = fit_axis(panel, true, top + PANEL - BOTTOM, top);
    draw_grid(file, &x, &y);
    draw_labels(file, panel, &x, &y);
    for (int c = 0; c < panel->curve_count; c++)
        (panel->curves[c].is_dots ? draw_dots : draw_curve)(
            file, &panel->curves[c], &x, &y, colors[c % COLORS]);
    draw_legend(file, panel, &x, &y);
}

void plot_write(const char *path, const char *title, const plot_panel *panels,
                int panel_count)
{
    const int height = HEAD + panel_count * PANEL;
    FILE *const file = fopen(path, "w");
    if (file == NULL)
        fail("cannot write %s: %s", path, strerror(errno));
    (void)fprintf(file,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
                  "height=\"%d\" viewBox=\"0 0 %d %d\" "
                  "font-family=\"sans-serif\" font-size=\"12\" "
                  "fill=\"#222222\">\n",
                  WIDTH, height, WIDTH, height);
    (void)fputs("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n",
                file);
    (void)fputs("<g font-size=\"15\">", file);
    write_label(file, LEFT, HEAD / 2.0 + LINE / 4.0, "start", title);
    (void)fputs("</g>\n", file);
    for (int p = 0; p < panel_count; p++)
        draw_panel(file, &panels[p], HEAD + p * (double)PANEL);
    (void)fputs("</svg>\n", file);
    const bool is_whole = ferror(file) == 0;
    if (fclose(file) != 0 || !is_whole)
        fail("cannot write %s: %s", path, strerror(errno));
}
