/* SPDX-License-Identifier: MIT */
#include "picture_cell.h"

#include "picture_pen.h"

enum {
    LINE = COMMAND_PAGE_LINE,
    BASE = COMMAND_PAGE_BASE,
    ABOVE = 6 /* of a text above an arrow */
};

void command_cell_write_name(const command_page *page, int base,
                             const char *name, const char *shape)
{
    command_pen_write(page->file, COMMAND_PEN_NAME, page->name, base, name);
    if (*shape != '\0')
        command_pen_write(page->file, COMMAND_PEN_LABEL, page->shape, base,
                          shape);
}

static void write_weights(const command_page *page, int i)
{
    const command_tier *const tier = command_page_tier(page, i);
    int y = page->top[i] + COMMAND_PAGE_TITLE - BASE;
    command_cell_write_name(page, y - BASE, tier->name.text, "");
    for (int k = 0; k < tier->weight_count; k++) {
        y += LINE;
        command_pen_write(page->file, COMMAND_PEN_LABEL, page->name, y,
                          tier->weights[k].name.text);
        command_pen_write(page->file, COMMAND_PEN_LABEL, page->shape, y,
                          tier->weights[k].shape.text);
    }
}

void command_cell_draw_band(const command_page *page, int i)
{
    const command_tier *const tier = command_page_tier(page, i);
    const char *kind = tier->is_reverse ? "rb" : "fb";
    if (tier->kind == COMMAND_TIER_GAP)
        kind = "nb";
    else if (tier->kind != COMMAND_TIER_CELL)
        return;
    command_pen_box(page->file, kind, COMMAND_PAGE_MARGIN, page->top[i],
                    page->width - 2 * COMMAND_PAGE_MARGIN,
                    command_page_height(tier));
    write_weights(page, i);
}

/* A row of h0 or h_n, where the states come in or go out. */
static void draw_tag(const command_page *page, int i, int x,
                     const command_label *name)
{
    const command_tier *const tier = command_page_tier(page, i);
    const int y = command_page_middle(page, i) - COMMAND_PAGE_TAG / 2;
    const int center = x + page->tag / 2;
    command_pen_box(page->file, tier->is_reverse ? "rt" : "ft", x, y, page->tag,
                    COMMAND_PAGE_TAG);
    command_pen_write(page->file, COMMAND_PEN_CENTER, center, y + LINE,
                      name->text);
    command_pen_write(page->file, COMMAND_PEN_CENTER, center, y + 2 * LINE,
                      tier->step.text);
}

static void draw_state(const command_page *page, int i, int left, int right)
{
    const int y = command_page_middle(page, i);
    if (command_page_tier(page, i)->is_reverse)
        command_pen_arrow(page->file, "r", right, y, left, y);
    else
        command_pen_arrow(page->file, "f", left, y, right, y);
}

/* The shape of the state from a step to the next, in the middle of what the
 * head of the arrow and the lane of the other direction leave free. */
static void write_state(const command_page *page, int i, int step, int left,
                        int right)
{
    const command_tier *const tier = command_page_tier(page, i);
    const int head = COMMAND_PEN_HEAD;
    const int lane = command_page_is_gap(page, step + 1) ? 0 : page->shift;
    const int x = tier->is_reverse ? (left + head + right - lane) / 2
                                   : (left + page->shift + right - head) / 2;
    command_pen_write(page->file, COMMAND_PEN_CENTER, x,
                      command_page_middle(page, i) - ABOVE, tier->step.text);
}

void command_cell_draw_states(const command_page *page, int i)
{
    const command_tier *const tier = command_page_tier(page, i);
    const bool back = tier->is_reverse;
    const int last = page->picture->step_count - 1;
    if (tier->kind != COMMAND_TIER_CELL)
        return;
    draw_state(page, i, page->left + page->tag,
               command_page_begin(page, 0, back));
    for (int step = 0; step < last; step++) {
        const int left = command_page_end(page, step, back);
        const int right = command_page_begin(page, step + 1, back);
        draw_state(page, i, left, right);
        if (!command_page_is_gap(page, step))
            write_state(page, i, step, left, right);
    }
    draw_state(page, i, command_page_end(page, last, back), page->right);
    draw_tag(page, i, page->left, back ? &tier->h_n : &tier->h0);
    draw_tag(page, i, page->right, back ? &tier->h0 : &tier->h_n);
}

/* An arrow up the lane of a direction. Where it crosses a state of the other
 * direction, that one goes below it. */
static void draw_lane(const command_page *page, int i, int step,
                      const char *kind, int from, int end)
{
    enum { WIDTH = 8, HEIGHT = 14 };
    const bool back = command_page_tier(page, i)->is_reverse;
    const int x = command_page_lane(page, step, back);
    if (page->picture->has_both_directions) {
        const int y = command_page_middle(page, back ? i - 1 : i + 1);
        if (end < y && y < from)
            command_pen_box(page->file, back ? "fb" : "rb", x - WIDTH / 2,
                            y - HEIGHT / 2, WIDTH, HEIGHT);
    }
    command_pen_arrow(page->file, kind, x, from, x, end);
}

/* The nearest tier below or above that is no cell; -1 if there is none. */
static int find_neighbour(const command_page *page, int i, int way)
{
    do
        i += way;
    while (i < page->picture->tier_count &&
           command_page_tier(page, i)->kind == COMMAND_TIER_CELL);
    return i < page->picture->tier_count ? i : -1;
}

void command_cell_draw_lanes(const command_page *page, int i)
{
    const command_tier *const tier = command_page_tier(page, i);
    if (tier->kind != COMMAND_TIER_CELL)
        return;
    const int top = command_page_middle(page, i) - COMMAND_PAGE_BOX / 2;
    const int input = find_neighbour(page, i, -1);
    const int output = find_neighbour(page, i, 1);
    for (int step = 0; step < page->picture->step_count; step++) {
        if (command_page_is_gap(page, step))
            continue;
        draw_lane(page, i, step, "n", page->top[input], top + COMMAND_PAGE_BOX);
        if (output >= 0)
            draw_lane(page, i, step, tier->is_reverse ? "r" : "f", top,
                      command_page_bottom(page, output));
    }
}

static void draw_box(const command_page *page, int i, int step)
{
    char text[COMMAND_PICTURE_SENTENCE];
    const command_tier *const tier = command_page_tier(page, i);
    const int x = command_page_begin(page, step, tier->is_reverse);
    const int y = command_page_middle(page, i);
    const int center = x + page->box / 2;
    command_pen_box(page->file, tier->is_reverse ? "rx" : "fx", x,
                    y - COMMAND_PAGE_BOX / 2, page->box, COMMAND_PAGE_BOX);
    (void)snprintf(text, sizeof text, "W_hh %s", tier->weights[1].shape.text);
    command_pen_write(page->file, COMMAND_PEN_CENTER, center, y - BASE, text);
    (void)snprintf(text, sizeof text, "W_ih %s", tier->weights[0].shape.text);
    command_pen_write(page->file, COMMAND_PEN_CENTER, center, y - BASE + LINE,
                      text);
}

static void draw_loop(const command_page *page, int i)
{
    const int from = page->right + page->tag / 2;
    const int back = page->left + page->tag / 2;
    const int above = page->top[i] - COMMAND_PAGE_LOOP / 2;
    command_pen_loop(page->file, "f", from,
                     command_page_middle(page, i) - COMMAND_PAGE_TAG / 2, above,
                     back);
    command_pen_write(page->file, COMMAND_PEN_CENTER, (from + back) / 2,
                      above - ABOVE, "h' is the h of the next step");
}

void command_cell_draw_cell(const command_page *page, int i)
{
    const command_tier *const tier = command_page_tier(page, i);
    for (int step = 0; step < page->picture->step_count; step++)
        if (command_page_is_gap(page, step))
            command_pen_dots(page->file, tier->is_reverse ? "r" : "f",
                             command_page_center(page, step),
                             command_page_middle(page, i), false);
        else
            draw_box(page, i, step);
    if (page->picture->is_cell)
        draw_loop(page, i);
}
