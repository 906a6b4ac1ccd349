/* SPDX-License-Identifier: MIT */
/* A picture in characters. Where the shapes would make it too wide, it has
 * names alone, and the shapes follow. */
#include <stdlib.h>
#include <string.h>

#include "picture_grid.h"

enum {
    CELL = COMMAND_GRID_CELL,
    MIDDLE = COMMAND_GRID_MIDDLE,
    BESIDE = COMMAND_GRID_BESIDE,
    WRAP = 80
};

static int length(const char *text)
{
    return (int)strlen(text);
}

static void put_line(const command_grid *grid, int from, int to, int y)
{
    for (int x = from; x < to; x++)
        command_grid_put(grid, x, y, "-");
}

static void put_column(const command_grid *grid, int x, int from, int to)
{
    for (int y = from; y < to; y++)
        command_grid_put(grid, x, y, "|");
}

static void put_named(const command_grid *grid, int y, const char *name,
                      const char *shape)
{
    command_grid_put(grid, 0, y, name);
    if (grid->has_shapes)
        command_grid_put(grid, length(name) + 1, y, shape);
}

static void put_weights(const command_grid *grid, const command_tier *tier,
                        int y)
{
    command_grid_put(grid, 0, y, tier->name.text);
    for (int k = 0; grid->has_shapes && k < tier->weight_count; k++)
        put_named(grid, y + 1 + k, tier->weights[k].name.text,
                  tier->weights[k].shape.text);
}

static void put_tensor(const command_grid *grid, const command_tier *tier,
                       int y)
{
    put_named(grid, y, tier->name.text, tier->shape.text);
    for (int step = 0; step < grid->picture->step_count; step++)
        if (command_grid_is_gap(grid, step))
            command_grid_put_center(grid, command_grid_center(grid, step), y,
                                    "...");
        else
            command_grid_put_center(grid, command_grid_center(grid, step), y,
                                    grid->has_shapes ? tier->step.text : "[]");
}

static void put_concatenation(const command_grid *grid,
                              const command_tier *tier, int y)
{
    command_grid_put(grid, 0, y + 1, tier->name.text);
    for (int step = 0; step < grid->picture->step_count; step++) {
        if (command_grid_is_gap(grid, step))
            continue;
        command_grid_put(grid, command_grid_center(grid, step), y, "^");
        command_grid_put(grid, command_grid_step(grid, step), y + 1,
                         "+--cat--+");
    }
}

static void put_gap(const command_grid *grid, const command_tier *tier, int y)
{
    static const char *const marks[CELL] = {"^", ":", ":", ":", "^"};
    put_weights(grid, tier, y);
    for (int step = 0; step < grid->picture->step_count; step++)
        for (int i = 0; i < CELL && !command_grid_is_gap(grid, step); i++)
            command_grid_put(grid, command_grid_center(grid, step), y + i,
                             marks[i]);
}

/* A row of h0 or h_n, above and below its arrow. */
static void put_tag(const command_grid *grid, const command_tier *tier, int x,
                    int y, const command_label *name)
{
    command_grid_put(grid, x, y + MIDDLE - 1, name->text);
    if (grid->has_shapes)
        command_grid_put(grid, x, y + MIDDLE + 1, tier->step.text);
}

/* h from one place to the next, left to right or the other way. */
static void put_state(const command_grid *grid, const command_tier *tier,
                      int from, int to, int y)
{
    put_line(grid, from, to, y);
    command_grid_put(grid, tier->is_reverse ? from : to - 1, y,
                     tier->is_reverse ? "<" : ">");
}

static void put_states(const command_grid *grid, const command_tier *tier,
                       int y)
{
    const bool back = tier->is_reverse;
    const int last = grid->picture->step_count - 1;
    put_state(grid, tier, grid->left, command_grid_begin(grid, 0, back),
              y + MIDDLE);
    for (int step = 0; step < last; step++)
        put_state(grid, tier, command_grid_end(grid, step, back),
                  command_grid_begin(grid, step + 1, back), y + MIDDLE);
    put_state(grid, tier, command_grid_end(grid, last, back),
              grid->right + grid->tag, y + MIDDLE);
    put_tag(grid, tier, grid->left, y, back ? &tier->h_n : &tier->h0);
    put_tag(grid, tier, grid->right, y, back ? &tier->h0 : &tier->h_n);
}

/* The values of a direction go up past the boxes of the other one. */
static void put_lanes(const command_grid *grid, const command_tier *tier, int y,
                      bool is_top)
{
    const bool both = grid->picture->has_both_directions;
    const bool back = tier->is_reverse;
    for (int step = 0; step < grid->picture->step_count; step++) {
        if (command_grid_is_gap(grid, step))
            continue;
        command_grid_put(grid, command_grid_lane(grid, step, back),
                         y + CELL - 1, "^");
        if (both)
            put_column(grid, command_grid_lane(grid, step, !back), y, y + CELL);
        if (!grid->picture->is_cell)
            command_grid_put(grid, command_grid_lane(grid, step, back), y,
                             is_top ? "^" : "|");
        if (both && is_top)
            command_grid_put(grid, command_grid_lane(grid, step, !back), y,
                             "^");
    }
}

static void put_boxes(const command_grid *grid, const command_tier *tier, int y)
{
    char text[COMMAND_GRID_BOX + 1];
    (void)snprintf(text, sizeof text, "|%-4.4s|",
                   grid->picture->nonlinearity.text);
    for (int step = 0; step < grid->picture->step_count; step++) {
        const int x = command_grid_begin(grid, step, tier->is_reverse);
        if (command_grid_is_gap(grid, step)) {
            command_grid_put(grid, x, y + MIDDLE, " ... ");
            continue;
        }
        command_grid_put(grid, x, y + MIDDLE - 1, "+----+");
        command_grid_put(grid, x, y + MIDDLE, text);
        command_grid_put(grid, x, y + MIDDLE + 1, "+----+");
    }
}

/* From h' over the cell back to h. */
static void put_loop(const command_grid *grid, int y)
{
    const int left = grid->left - BESIDE;
    const int right = grid->right + grid->tag + BESIDE - 1;
    put_line(grid, left, right, y);
    put_line(grid, left, grid->left, y + MIDDLE);
    put_line(grid, right - BESIDE, right, y + MIDDLE);
    for (int i = 0; i <= MIDDLE; i++) {
        command_grid_put(grid, left, y + i, i == 1 ? "|" : "+");
        command_grid_put(grid, right, y + i, i == 1 ? "|" : "+");
    }
    command_grid_put(grid, left + 1, y, "<");
    command_grid_put_center(grid, (left + right) / 2 + 1, y, " next step ");
}

static void put_cell(const command_grid *grid, int i, int y)
{
    const command_tier *const tier = grid->picture->tiers + i;
    const bool is_top =
        i + 1 == grid->picture->tier_count || tier[1].kind != COMMAND_TIER_CELL;
    put_weights(grid, tier, y);
    put_states(grid, tier, y);
    put_lanes(grid, tier, y, is_top);
    put_boxes(grid, tier, y);
    if (grid->picture->is_cell)
        put_loop(grid, y);
}

static void put_tier(const command_grid *grid, int i, int y)
{
    const command_tier *const tier = grid->picture->tiers + i;
    switch (tier->kind) {
    case COMMAND_TIER_TENSOR:
        put_tensor(grid, tier, y);
        break;
    case COMMAND_TIER_CONCATENATE:
        put_concatenation(grid, tier, y);
        break;
    case COMMAND_TIER_GAP:
        put_gap(grid, tier, y);
        break;
    default:
        put_cell(grid, i, y);
        break;
    }
}

static void put_tiers(const command_grid *grid)
{
    int y = 0;
    for (int i = grid->picture->tier_count - 1; i >= 0; i--) {
        put_tier(grid, i, y);
        y += command_grid_lines(grid->picture->tiers + i);
    }
    for (int step = 0; step < grid->picture->step_count; step++)
        command_grid_put_center(grid, command_grid_center(grid, step), y,
                                grid->picture->steps[step].text);
}

/* What had no room in the drawing. */
static void print_shapes(FILE *file, const command_picture *p)
{
    (void)fputs("\n", file);
    for (int i = p->tier_count - 1; i >= 0; i--) {
        const command_tier *const tier = p->tiers + i;
        if (tier->kind == COMMAND_TIER_TENSOR)
            (void)fprintf(file, "%s %s, a step %s\n", tier->name.text,
                          tier->shape.text, tier->step.text);
        else if (tier->kind == COMMAND_TIER_CELL)
            (void)fprintf(file, "%s, a state %s\n", tier->name.text,
                          tier->step.text);
        else if (tier->kind == COMMAND_TIER_GAP)
            (void)fprintf(file, "%s\n", tier->name.text);
        for (int k = 0; k < tier->weight_count; k++)
            (void)fprintf(file, "  %s %s\n", tier->weights[k].name.text,
                          tier->weights[k].shape.text);
    }
}

static void print_rows(FILE *file, const command_picture *p)
{
    if (p->row_count == 0)
        return;
    const int indent = fprintf(file, "\nh0 and h_n %s:", p->hidden.text) - 1;
    int at = indent;
    for (int i = 0; i < p->row_count; i++) {
        const char *const name = p->rows[i].name.text;
        if (i > 0 && at + length(name) + 2 > WRAP)
            at = fprintf(file, "\n%*s", indent, "") - 1;
        at += fprintf(file, " %s%s", name, i + 1 < p->row_count ? "," : "");
    }
    (void)fputs("\n", file);
}

command_result command_picture_draw(FILE *file, const command_picture *picture)
{
    command_grid grid;
    const command_result result = command_grid_make(&grid, picture);
    if (result == COMMAND_OK) {
        put_tiers(&grid);
        (void)fprintf(file, "%s\n%s\n%s\n\n", picture->heading, picture->sizes,
                      picture->formula);
        command_grid_print(file, &grid);
        if (!grid.has_shapes)
            print_shapes(file, picture);
        print_rows(file, picture);
    }
    free(grid.characters);
    return result;
}
