/* SPDX-License-Identifier: MIT */
#include "picture_grid.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    BOX = COMMAND_GRID_BOX,
    SHIFT = 3,  /* of the reverse cells to the right of the forward ones */
    PITCH = 12, /* from step to step */
    DOTS = 5,   /* " ... " */
    APART = 3
};

static int max(int a, int b)
{
    return a > b ? a : b;
}

static int length(const char *text)
{
    return (int)strlen(text);
}

int command_grid_lines(const command_tier *tier)
{
    switch (tier->kind) {
    case COMMAND_TIER_TENSOR:
        return 1;
    case COMMAND_TIER_CONCATENATE:
        return 2; /* with the arrow out of it */
    default:
        return COMMAND_GRID_CELL;
    }
}

bool command_grid_is_gap(const command_grid *grid, int step)
{
    return step == grid->picture->gap;
}

int command_grid_step(const command_grid *grid, int step)
{
    const int gap = grid->picture->gap;
    return grid->first + step * grid->pitch +
           (gap >= 0 && step > gap ? grid->gap_pitch - grid->pitch : 0);
}

int command_grid_center(const command_grid *grid, int step)
{
    return command_grid_step(grid, step) +
           (command_grid_is_gap(grid, step) ? DOTS : grid->content) / 2;
}

int command_grid_lane(const command_grid *grid, int step, bool is_reverse)
{
    if (!grid->picture->has_both_directions)
        return command_grid_center(grid, step);
    return command_grid_step(grid, step) + (is_reverse ? grid->content - 2 : 1);
}

int command_grid_begin(const command_grid *grid, int step, bool is_reverse)
{
    const bool shifted = is_reverse && grid->picture->has_both_directions;
    return command_grid_step(grid, step) +
           (shifted && !command_grid_is_gap(grid, step) ? SHIFT : 0);
}

int command_grid_end(const command_grid *grid, int step, bool is_reverse)
{
    return command_grid_begin(grid, step, is_reverse) +
           (command_grid_is_gap(grid, step) ? DOTS : BOX);
}

/* Of the names and shapes at the left. */
static int width_of_texts(const command_grid *grid, const command_tier *tier)
{
    const int with_shape =
        *tier->shape.text == '\0' ? 0 : 1 + length(tier->shape.text);
    int width = length(tier->name.text) + (grid->has_shapes ? with_shape : 0);
    for (int k = 0; grid->has_shapes && k < tier->weight_count; k++)
        width = max(width, length(tier->weights[k].name.text) + 1 +
                               length(tier->weights[k].shape.text));
    return width;
}

static void measure(command_grid *grid, bool has_shapes)
{
    const command_picture *const p = grid->picture;
    int texts = 0;
    int step = 0;
    grid->has_shapes = has_shapes;
    grid->tag = has_shapes ? length(p->row.text) : 0;
    for (int i = 0; i < p->tier_count; i++) {
        const command_tier *const tier = p->tiers + i;
        texts = max(texts, width_of_texts(grid, tier));
        grid->tag = max(grid->tag, length(tier->h0.text));
        grid->tag = max(grid->tag, length(tier->h_n.text));
        step = max(step, has_shapes ? length(tier->step.text) : 0);
    }
    grid->content = BOX + (p->has_both_directions ? SHIFT : 0);
    grid->pitch = max(PITCH, step + 2);
    grid->gap_pitch = max(DOTS + APART, DOTS + (step - grid->content) / 2 + 1);
    grid->left = texts + 2 + (p->is_cell ? COMMAND_GRID_BESIDE : 0);
    grid->first = grid->left + grid->tag + APART;
    grid->right =
        command_grid_step(grid, p->step_count - 1) + grid->content + APART;
    grid->width = grid->right + grid->tag;
    grid->width += p->is_cell ? COMMAND_GRID_BESIDE : 0;
    grid->height = 1; /* for the steps */
    for (int i = 0; i < p->tier_count; i++)
        grid->height += command_grid_lines(p->tiers + i);
}

void command_grid_put(const command_grid *grid, int x, int y, const char *text)
{
    assert(x >= 0 && x + length(text) <= grid->width);
    assert(y >= 0 && y < grid->height);
    memcpy(grid->characters + (ptrdiff_t)y * grid->width + x, text,
           strlen(text));
}

void command_grid_put_center(const command_grid *grid, int x, int y,
                             const char *text)
{
    command_grid_put(grid, x - length(text) / 2, y, text);
}

void command_grid_print(FILE *file, const command_grid *grid)
{
    for (int y = 0; y < grid->height; y++) {
        const char *const line = grid->characters + (ptrdiff_t)y * grid->width;
        int end = grid->width;
        while (end > 0 && line[end - 1] == ' ')
            end--;
        (void)fprintf(file, "%.*s\n", end, line);
    }
}

command_result command_grid_make(command_grid *out,
                                 const command_picture *picture)
{
    *out = (command_grid){.picture = picture};
    measure(out, true);
    if (out->width > COMMAND_DRAWING_COLUMNS)
        measure(out, false);
    const size_t size = (size_t)out->width * (size_t)out->height;
    out->characters = malloc(size);
    if (out->characters == NULL)
        return command_fail_memory();
    memset(out->characters, ' ', size);
    return COMMAND_OK;
}
