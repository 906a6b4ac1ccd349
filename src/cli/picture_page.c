/* SPDX-License-Identifier: MIT */
#include "picture_page.h"

#include <string.h>

enum {
    MARGIN = COMMAND_PAGE_MARGIN,
    PADDING = COMMAND_PAGE_PADDING,
    LINE = COMMAND_PAGE_LINE,
    HEADER = 84,
    TENSOR = 30, /* heights of tiers */
    CONCATENATION = 24,
    LEAST = 3,  /* lines of a cell */
    AXIS = 20,  /* "t=0" */
    RISE = 28,  /* between tiers, for an arrow */
    NARROW = 8, /* between the two directions of a layer */
    SHIFT = 32, /* of the reverse cells */
    ENTRY = 36, /* from h0 to the first cell */
    FREE = 30,  /* beside the shape of a state, for the head of its arrow */
    BESIDE = 8  /* between rows of the list */
};

static int max(int a, int b)
{
    return a > b ? a : b;
}

/* Widths of texts are estimated, on the generous side: nobody knows the
 * reader's fonts. */
static int mono(const char *text)
{
    return (int)strlen(text) * 15 / 2; /* at 12 px */
}

static int bold(const char *text)
{
    return (int)strlen(text) * 8; /* at 13 px */
}

static int heading(const char *text)
{
    return (int)strlen(text) * 11; /* at 17 px */
}

const command_tier *command_page_tier(const command_page *page, int tier)
{
    return page->picture->tiers + tier;
}

bool command_page_is_gap(const command_page *page, int step)
{
    return step == page->picture->gap;
}

int command_page_height(const command_tier *tier)
{
    switch (tier->kind) {
    case COMMAND_TIER_TENSOR:
        return TENSOR;
    case COMMAND_TIER_CONCATENATE:
        return CONCATENATION;
    default:
        return COMMAND_PAGE_TITLE + LINE * max(tier->weight_count, LEAST) +
               PADDING / 2;
    }
}

int command_page_middle(const command_page *page, int tier)
{
    return page->top[tier] +
           command_page_height(command_page_tier(page, tier)) / 2;
}

int command_page_bottom(const command_page *page, int tier)
{
    return page->top[tier] + command_page_height(command_page_tier(page, tier));
}

static int x_of_step(const command_page *page, int step)
{
    const int gap = page->picture->gap;
    return page->first + step * page->pitch +
           (gap >= 0 && step > gap ? page->gap_pitch - page->pitch : 0);
}

int command_page_center(const command_page *page, int step)
{
    return x_of_step(page, step) + (step == page->picture->gap
                                        ? COMMAND_PAGE_DOTS + page->shift / 2
                                        : page->content / 2);
}

int command_page_lane(const command_page *page, int step, bool is_reverse)
{
    if (!page->picture->has_both_directions || step == page->picture->gap)
        return command_page_center(page, step);
    const int x = x_of_step(page, step);
    return is_reverse ? x + page->content - page->shift / 2
                      : x + page->shift / 2;
}

int command_page_begin(const command_page *page, int step, bool is_reverse)
{
    if (step == page->picture->gap)
        return command_page_center(page, step) - COMMAND_PAGE_DOTS;
    if (!page->picture->has_both_directions)
        return command_page_center(page, step) - page->box / 2;
    return x_of_step(page, step) + (is_reverse ? page->shift : 0);
}

int command_page_end(const command_page *page, int step, bool is_reverse)
{
    return step == page->picture->gap
               ? command_page_center(page, step) + COMMAND_PAGE_DOTS
               : command_page_begin(page, step, is_reverse) + page->box;
}

static void measure_columns(command_page *page)
{
    const command_picture *const p = page->picture;
    int names = bold("h0 and h_n");
    int shapes = mono(p->hidden.text);
    for (int i = 0; i < p->tier_count; i++) {
        const command_tier *const tier = p->tiers + i;
        names = max(names, bold(tier->name.text));
        shapes = max(shapes, mono(tier->shape.text));
        for (int k = 0; k < tier->weight_count; k++) {
            const command_picture_weight *const w = tier->weights + k;
            names = max(names, mono(w->name.text));
            shapes = max(shapes, mono(w->shape.text));
        }
    }
    page->name = MARGIN + PADDING;
    page->shape = page->name + names + PADDING;
    page->left = page->shape + shapes + 2 * PADDING;
}

/* A step of a tensor has a name, or only a shape. */
static int tensor_width(const command_picture *p, const command_tier *tier)
{
    int name = 0;
    for (int i = 0; i < p->step_count; i++)
        name = max(name, mono(tier->steps[i].text));
    return name + (name > 0 ? LINE / 2 : 0) + mono(tier->step.text) + PADDING;
}

/* A step is as wide as its widest part. */
static void measure_step(command_page *page, int tensor, int weights, int state)
{
    const bool both = page->picture->has_both_directions;
    page->shift = both ? SHIFT : 0;
    page->box = weights + mono("W_ih ") + PADDING;
    page->content = max(tensor, page->box + page->shift);
    if (both) {
        page->content = max(page->content, 2 * (state + PADDING));
        page->box = page->content - page->shift;
    }
    page->pitch = max(page->content + LINE,
                      (page->content + page->box) / 2 + state + FREE);
    page->gap_pitch = 2 * COMMAND_PAGE_DOTS + page->shift / 2 + ENTRY;
}

static void measure_steps(command_page *page)
{
    const command_picture *const p = page->picture;
    const int state = mono(p->row.text);
    int tensor = 0;
    int weights = 0;
    page->tag = state;
    for (int i = 0; i < p->tier_count; i++) {
        const command_tier *const tier = p->tiers + i;
        tensor = max(tensor, tensor_width(p, tier));
        page->tag = max(page->tag, mono(tier->h0.text));
        page->tag = max(page->tag, mono(tier->h_n.text));
        for (int k = 0; k < tier->weight_count && k < 2; k++)
            weights = max(weights, mono(tier->weights[k].shape.text));
    }
    page->tag += PADDING;
    measure_step(page, tensor, weights, state);
}

/* The list of the rows of h0, at the foot, with the directions of a layer side
 * by side. Returns the y below it. */
static int place_rows(command_page *page, int y)
{
    const command_picture *const p = page->picture;
    const int directions = p->has_both_directions ? 2 : 1;
    int width = 0;
    for (int i = 0; i < p->row_count; i++)
        width = max(width, mono(p->rows[i].name.text) + PADDING);
    const int wide = directions * (width + BESIDE);
    page->width = max(page->width, page->left + wide - BESIDE + MARGIN);
    const int fit = (page->width - MARGIN + BESIDE - page->left) / wide;
    int at = 0; /* rows in the line */
    for (int i = 0; i < p->row_count; i++) {
        const int taken = p->rows[i].is_gap ? directions : 1;
        if (at + taken > fit * directions) {
            at = 0;
            y += COMMAND_PAGE_ROW + BESIDE;
        }
        page->rows[i].x = page->left + at * (width + BESIDE);
        page->rows[i].y = y;
        page->rows[i].width = taken * (width + BESIDE) - BESIDE;
        at += taken;
    }
    return p->row_count > 0 ? y + COMMAND_PAGE_ROW : y - PADDING;
}

/* What is free below a tier. */
static int space_below(const command_picture *p, int i)
{
    if (i == 0)
        return AXIS;
    return p->tiers[i].kind == COMMAND_TIER_CELL &&
                   p->tiers[i - 1].kind == COMMAND_TIER_CELL
               ? NARROW
               : RISE;
}

static int measure_width(const command_page *page)
{
    const command_picture *const p = page->picture;
    const int text =
        max(heading(p->heading), max(mono(p->sizes), mono(p->formula)));
    return max(page->right + page->tag + PADDING, text + MARGIN) + MARGIN;
}

command_page command_page_make(FILE *file, const command_picture *picture)
{
    command_page page = {.file = file, .picture = picture};
    measure_columns(&page);
    measure_steps(&page);
    page.first = page.left + page.tag + ENTRY;
    page.right =
        x_of_step(&page, picture->step_count - 1) + page.content + ENTRY;
    page.width = measure_width(&page);
    int y = HEADER + (picture->is_cell ? COMMAND_PAGE_LOOP : 0);
    for (int i = picture->tier_count - 1; i >= 0; i--) {
        page.top[i] = y;
        y += command_page_height(picture->tiers + i) + space_below(picture, i);
    }
    page.height = place_rows(&page, y + PADDING) + MARGIN;
    return page;
}
