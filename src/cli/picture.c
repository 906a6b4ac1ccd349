/* SPDX-License-Identifier: MIT */
/* The tiers of a picture, from the bottom to the top. */
#include "picture.h"

#include <inttypes.h>
#include <string.h>

#include "names.h"

typedef struct {
    command_picture *picture;
    const command_model *model;
    int64_t T, B;
    int64_t layers, directions;
    bool batch_first;
} maker;

static bool is_reverse(const maker *m, int64_t direction)
{
    return direction == 1 ||
           command_model_get(m->model, SRNN_OPTION_DIRECTION) ==
               SRNN_DIRECTION_REVERSE;
}

static command_tier *add_tier(const maker *m, command_tier_kind kind)
{
    command_tier *const tier = m->picture->tiers + m->picture->tier_count++;
    *tier = (command_tier){.kind = kind};
    return tier;
}

static void name_steps(const maker *m)
{
    command_picture *const p = m->picture;
    const bool all = m->T < COMMAND_PICTURE_STEPS;
    if (p->is_cell) {
        p->step_count = 1;
        p->steps[0] = (command_label){"each step"};
        return;
    }
    p->step_count = all ? (int)m->T : COMMAND_PICTURE_STEPS;
    for (int i = 0; i < p->step_count; i++)
        (void)snprintf(p->steps[i].text, sizeof p->steps[i].text, "t=%" PRId64,
                       !all && i == p->step_count - 1 ? m->T - 1 : i);
    if (all)
        return;
    p->gap = COMMAND_PICTURE_STEPS - 2;
    p->steps[p->gap] = (command_label){"..."};
}

/* What PyTorch calls a step of input or output: input[0], or input[:, 0] if
 * batch first. */
static void name_slices(command_tier *tier, const maker *m, const char *name)
{
    const command_picture *const p = m->picture;
    for (int i = 0; i < p->step_count; i++) {
        const char *const step =
            p->is_cell ? "t" : p->steps[i].text + strlen("t=");
        if (i != p->gap)
            (void)snprintf(tier->steps[i].text, sizeof tier->steps[i].text,
                           "%s[%s%s]", name, m->batch_first ? ":, " : "", step);
    }
}

/* A tensor with all steps; slices is their name, or NULL. */
static command_result add_tensor(const maker *m, srnn_role role,
                                 command_label name, const char *slices)
{
    int64_t shape[3];
    COMMAND_TRY(command_check(
        srnn_rnn_shape(shape, m->model->rnn, role, m->T, m->B), NULL));
    const int64_t step[] = {shape[m->batch_first ? 0 : 1], shape[2]};
    command_tier *const tier = add_tier(m, COMMAND_TIER_TENSOR);
    tier->name = name;
    tier->shape = command_picture_shape(3, shape);
    tier->step = command_picture_shape(2, step);
    if (slices != NULL)
        name_slices(tier, m, slices);
    return COMMAND_OK;
}

static void add_weights(command_tier *tier, const maker *m, int64_t layer,
                        int64_t direction)
{
    for (int kind = 0; kind < COMMAND_PICTURE_WEIGHTS; kind++)
        if (command_picture_find_weight(tier->weights + tier->weight_count,
                                        m->model, layer,
                                        is_reverse(m, direction), kind))
            tier->weight_count++;
}

static command_label name_cell(const maker *m, int64_t layer, int64_t direction)
{
    command_label label;
    (void)snprintf(label.text, sizeof label.text, "layer %" PRId64 " %s", layer,
                   is_reverse(m, direction) ? "reverse" : "forward");
    return label;
}

/* h0 and h_n have a row for each of them. */
static int64_t row_of(const maker *m, int64_t layer, int64_t direction)
{
    return layer * m->directions + direction;
}

static void add_cell(const maker *m, int64_t layer, int64_t direction)
{
    command_picture *const p = m->picture;
    command_tier *const tier = add_tier(m, COMMAND_TIER_CELL);
    const int64_t row = row_of(m, layer, direction);
    tier->name = name_cell(m, layer, direction);
    tier->step = p->row;
    tier->is_reverse = is_reverse(m, direction);
    add_weights(tier, m, layer, direction);
    if (p->is_cell) {
        tier->name = (command_label){"cell"};
        tier->h0 = (command_label){"h"};
        tier->h_n = (command_label){"h'"};
        return;
    }
    (void)snprintf(tier->h0.text, sizeof tier->h0.text, "h0[%" PRId64 "]", row);
    (void)snprintf(tier->h_n.text, sizeof tier->h_n.text, "h_n[%" PRId64 "]",
                   row);
    command_picture_row *const drawn = p->rows + p->row_count++;
    drawn->is_reverse = tier->is_reverse;
    (void)snprintf(drawn->name.text, sizeof drawn->name.text,
                   "[%" PRId64 "] layer %" PRId64 " %s", row, layer,
                   tier->is_reverse ? "reverse" : "forward");
}

/* Directly above the cells of one direction, or of both and what puts them
 * side by side. */
static command_result add_output(const maker *m, int64_t layer)
{
    const bool is_top = layer == m->layers - 1;
    command_label name = {"output"};
    if (!is_top)
        (void)snprintf(name.text, sizeof name.text, "output of layer %" PRId64,
                       layer);
    return add_tensor(m, SRNN_ROLE_OUTPUT, name, is_top ? "output" : NULL);
}

static command_result add_layer(const maker *m, int64_t layer)
{
    for (int64_t direction = 0; direction < m->directions; direction++)
        add_cell(m, layer, direction);
    if (m->picture->is_cell)
        return COMMAND_OK;
    if (m->directions == 2) {
        command_tier *const tier = add_tier(m, COMMAND_TIER_CONCATENATE);
        tier->name = (command_label){"concatenation"};
        tier->step = m->picture->row;
    }
    return add_output(m, layer);
}

static void add_row_of_gap(const maker *m, int64_t first, int64_t last)
{
    command_picture_row *const row = m->picture->rows + m->picture->row_count++;
    row->is_gap = true;
    (void)snprintf(
        row->name.text, sizeof row->name.text,
        "[%" PRId64 "] to [%" PRId64 "] layers %" PRId64 " to %" PRId64,
        row_of(m, first, 0), row_of(m, last, m->directions - 1), first, last);
}

/* The layers from first to last, which all have the shapes of the first. */
static command_result add_gap(const maker *m, int64_t first, int64_t last)
{
    static const char *const names[COMMAND_PICTURE_WEIGHTS] = {
        "each W_ih", "each W_hh", "each b_ih", "each b_hh"};
    command_tier *const tier = add_tier(m, COMMAND_TIER_GAP);
    (void)snprintf(tier->name.text, sizeof tier->name.text,
                   "%" PRId64 " more layers, %" PRId64 " to %" PRId64,
                   last - first + 1, first, last);
    add_weights(tier, m, first, 0);
    for (int i = 0; i < tier->weight_count; i++) {
        command_picture_weight *const weight = tier->weights + i;
        (void)snprintf(weight->name.text, sizeof weight->name.text, "%s",
                       names[i]);
        /* That a bias is absent goes for the first of them alone. */
        strchr(weight->shape.text, ']')[1] = '\0';
    }
    add_row_of_gap(m, first, last);
    return add_output(m, last);
}

static command_result add_layers(const maker *m)
{
    enum { BELOW = 2 }; /* layers below a gap; one is above it */
    const int64_t L = m->layers;
    const int64_t below = L > COMMAND_PICTURE_LAYERS ? BELOW : L;
    for (int64_t layer = 0; layer < below; layer++)
        COMMAND_TRY(add_layer(m, layer));
    if (below == L)
        return COMMAND_OK;
    COMMAND_TRY(add_gap(m, below, L - 2));
    return add_layer(m, L - 1);
}

static command_result set_hidden(const maker *m)
{
    int64_t shape[3];
    COMMAND_TRY(command_check(
        srnn_rnn_shape(shape, m->model->rnn, SRNN_ROLE_HIDDEN, m->T, m->B),
        NULL));
    m->picture->hidden = command_picture_shape(3, shape);
    m->picture->row = command_picture_shape(2, shape + 1);
    return COMMAND_OK;
}

static command_word word_of(const maker *m, srnn_option option)
{
    return command_word_of(command_model_get(m->model, option));
}

static void set_heading(const maker *m)
{
    command_picture *const p = m->picture;
    char layers[COMMAND_PICTURE_TEXT] = "a cell in a loop";
    const char *const layout = m->batch_first ? ", batch first" : "";
    const char *const bias =
        command_model_get(m->model, SRNN_OPTION_BIAS) != 0 ? "" : ", no bias";
    if (!p->is_cell)
        (void)snprintf(layers, sizeof layers, "%" PRId64 " layer%s, %s",
                       m->layers, m->layers == 1 ? "" : "s",
                       word_of(m, SRNN_OPTION_DIRECTION).text);
    (void)snprintf(p->heading, sizeof p->heading, "%s, %s%s%s, %s", layers,
                   word_of(m, SRNN_OPTION_NONLINEARITY).text, bias,
                   p->is_cell ? "" : layout,
                   word_of(m, SRNN_OPTION_DTYPE).text);
}

static void set_texts(const maker *m)
{
    command_picture *const p = m->picture;
    const bool bias = command_model_get(m->model, SRNN_OPTION_BIAS) != 0;
    set_heading(m);
    (void)snprintf(p->nonlinearity.text, sizeof p->nonlinearity.text, "%s",
                   word_of(m, SRNN_OPTION_NONLINEARITY).text);
    (void)snprintf(p->sizes, sizeof p->sizes,
                   "T=%" PRId64 " step%s, a batch of B=%" PRId64
                   ", input_size I=%" PRId64 ", hidden_size H=%" PRId64,
                   m->T, m->T == 1 ? "" : "s", m->B,
                   command_model_get(m->model, SRNN_OPTION_INPUT_SIZE),
                   command_model_get(m->model, SRNN_OPTION_HIDDEN_SIZE));
    (void)snprintf(p->formula, sizeof p->formula,
                   "%sh' = %s(W_ih x%s + W_hh h%s)",
                   p->is_cell ? "" : "Each row of boxes is one cell: ",
                   word_of(m, SRNN_OPTION_NONLINEARITY).text,
                   bias ? " + b_ih" : "", bias ? " + b_hh" : "");
}

command_result command_picture_make(command_picture *out,
                                    const command_model *model, int64_t steps,
                                    int64_t batch)
{
    maker m = {.picture = out, .model = model, .T = steps, .B = batch};
    *out = (command_picture){.gap = -1};
    m.layers = command_model_get(model, SRNN_OPTION_NUM_LAYERS);
    out->has_both_directions =
        command_model_get(model, SRNN_OPTION_DIRECTION) ==
        SRNN_DIRECTION_BIDIRECTIONAL;
    m.directions = out->has_both_directions ? 2 : 1;
    out->is_cell = command_picture_is_cell(model);
    m.batch_first = command_model_get(model, SRNN_OPTION_BATCH_FIRST) != 0;
    COMMAND_TRY(set_hidden(&m));
    set_texts(&m);
    name_steps(&m);
    COMMAND_TRY(
        add_tensor(&m, SRNN_ROLE_INPUT, (command_label){"input"}, "input"));
    if (out->is_cell) {
        out->tiers[0].name = (command_label){"input of a step"};
        out->tiers[0].shape = out->tiers[0].step;
    }
    return add_layers(&m);
}
