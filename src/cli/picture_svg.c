/* SPDX-License-Identifier: MIT */
/* A picture as SVG 1.1. It brings its own background, so that it is legible
 * wherever it is shown. What is drawn later covers what was drawn before:
 * bands, states that pass from step to step, what goes up, and boxes. */
#include "picture_cell.h"
#include "picture_pen.h"

enum { BASE = COMMAND_PAGE_BASE };

static void draw_tensor_step(const command_page *page, int i, int step)
{
    const command_tier *const tier = command_page_tier(page, i);
    const int x = command_page_center(page, step);
    const char *const name = tier->steps[step].text;
    char text[COMMAND_PICTURE_SENTENCE + 1];
    (void)snprintf(text, sizeof text, "%s%s%s", name, *name == '\0' ? "" : " ",
                   tier->step.text);
    command_pen_box(page->file, "s", x - page->content / 2, page->top[i],
                    page->content, command_page_height(tier));
    command_pen_write(page->file, COMMAND_PEN_CENTER, x,
                      command_page_middle(page, i) + BASE, text);
}

/* The two halves of a step, and an arrow from them to the tensor above. */
static void draw_concatenation_step(const command_page *page, int i, int step)
{
    const command_tier *const tier = command_page_tier(page, i);
    const int x = command_page_center(page, step);
    const int half = page->content / 2;
    const int top = page->top[i];
    const int base = command_page_middle(page, i) + BASE;
    const int height = command_page_height(tier);
    command_pen_box(page->file, "ft", x - half, top, half, height);
    command_pen_box(page->file, "rt", x, top, half, height);
    command_pen_write(page->file, COMMAND_PEN_CENTER, x - half / 2, base,
                      tier->step.text);
    command_pen_write(page->file, COMMAND_PEN_CENTER, x + half / 2, base,
                      tier->step.text);
    command_pen_arrow(page->file, "n", x, top, x,
                      command_page_bottom(page, i + 1));
}

static void draw_gap_step(const command_page *page, int i, int step)
{
    const int x = command_page_center(page, step);
    const int top = page->top[i];
    const int quarter = command_page_height(command_page_tier(page, i)) / 4;
    command_pen_arrow(page->file, "n", x, page->top[i - 1], x,
                      top + 3 * quarter);
    command_pen_dots(page->file, "n", x, top + 2 * quarter, true);
    command_pen_arrow(page->file, "n", x, top + quarter, x,
                      command_page_bottom(page, i + 1));
}

static void draw_steps(const command_page *page, int i,
                       void (*draw)(const command_page *page, int i, int step))
{
    for (int step = 0; step < page->picture->step_count; step++)
        if (!command_page_is_gap(page, step))
            draw(page, i, step);
        else if (command_page_tier(page, i)->kind == COMMAND_TIER_TENSOR)
            command_pen_dots(page->file, "n", command_page_center(page, step),
                             command_page_middle(page, i), false);
}

static void draw_tier(const command_page *page, int i)
{
    const command_tier *const tier = command_page_tier(page, i);
    const int base = command_page_middle(page, i) + BASE;
    switch (tier->kind) {
    case COMMAND_TIER_TENSOR:
        command_cell_write_name(page, base, tier->name.text, tier->shape.text);
        draw_steps(page, i, draw_tensor_step);
        break;
    case COMMAND_TIER_CONCATENATE:
        command_cell_write_name(page, base, tier->name.text, "");
        draw_steps(page, i, draw_concatenation_step);
        break;
    case COMMAND_TIER_GAP:
        draw_steps(page, i, draw_gap_step);
        break;
    default:
        command_cell_draw_cell(page, i);
        break;
    }
}

/* For those who cannot see the picture. */
static void write_description(const command_page *page)
{
    const command_picture *const p = page->picture;
    (void)fprintf(page->file, "<title>%s</title>\n<desc>%s.", p->heading,
                  p->sizes);
    for (int i = 0; i < p->tier_count; i++) {
        const command_tier *const tier = command_page_tier(page, i);
        (void)fprintf(page->file, "\n%s%s%s", tier->name.text,
                      *tier->shape.text == '\0' ? "" : " ", tier->shape.text);
        if (tier->kind == COMMAND_TIER_CELL)
            (void)fprintf(page->file, " from %s to %s", tier->h0.text,
                          tier->h_n.text);
        for (int k = 0; k < tier->weight_count; k++)
            (void)fprintf(page->file, "%s%s %s", k == 0 ? ": " : ", ",
                          tier->weights[k].name.text,
                          tier->weights[k].shape.text);
        (void)fputs(".", page->file);
    }
    (void)fprintf(page->file, "\n%s %s.</desc>\n",
                  p->is_cell ? "h and h'" : "h0 and h_n",
                  p->is_cell ? p->row.text : p->hidden.text);
}

static void write_header(const command_page *page)
{
    enum { FIRST = 28, SECOND = 48, THIRD = 66 };
    const command_picture *const p = page->picture;
    const int x = COMMAND_PAGE_MARGIN;
    command_pen_style(page->file);
    command_pen_box(page->file, "p", 0, 0, page->width, page->height);
    command_pen_write(page->file, COMMAND_PEN_HEADING, x, FIRST, p->heading);
    command_pen_write(page->file, COMMAND_PEN_REMARK, x, SECOND, p->sizes);
    command_pen_write(page->file, COMMAND_PEN_REMARK, x, THIRD, p->formula);
}

static void write_axis(const command_page *page)
{
    for (int step = 0; step < page->picture->step_count; step++)
        command_pen_write(page->file, COMMAND_PEN_STEP,
                          command_page_center(page, step),
                          command_page_bottom(page, 0) + COMMAND_PAGE_LINE,
                          page->picture->steps[step].text);
}

static void draw_rows(const command_page *page)
{
    const command_picture *const p = page->picture;
    if (p->row_count == 0)
        return;
    command_cell_write_name(page, page->rows[0].y + COMMAND_PAGE_ROW / 2 + BASE,
                            "h0 and h_n", p->hidden.text);
    for (int i = 0; i < p->row_count; i++) {
        const char *const kind = p->rows[i].is_reverse ? "rt" : "ft";
        command_pen_box(page->file, p->rows[i].is_gap ? "nb" : kind,
                        page->rows[i].x, page->rows[i].y, page->rows[i].width,
                        COMMAND_PAGE_ROW);
        command_pen_write(page->file, COMMAND_PEN_CENTER,
                          page->rows[i].x + page->rows[i].width / 2,
                          page->rows[i].y + COMMAND_PAGE_ROW / 2 + BASE,
                          p->rows[i].name.text);
    }
}

void command_picture_write_svg(FILE *file, const command_picture *picture)
{
    static void (*const passes[])(const command_page *page, int i) = {
        command_cell_draw_band, command_cell_draw_states,
        command_cell_draw_lanes, draw_tier};
    const command_page page = command_page_make(file, picture);
    (void)fprintf(file,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" version=\"1.1\" "
                  "width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n",
                  page.width, page.height, page.width, page.height);
    write_description(&page);
    write_header(&page);
    for (size_t pass = 0; pass < sizeof passes / sizeof *passes; pass++)
        for (int i = 0; i < picture->tier_count; i++)
            passes[pass](&page, i);
    write_axis(&page);
    draw_rows(&page);
    (void)fputs("</svg>\n", file);
}
