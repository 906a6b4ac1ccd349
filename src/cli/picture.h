/* SPDX-License-Identifier: MIT */
/* What a picture of a network shows: the network unrolled over time, as tiers
 * from the input at the bottom to the output at the top, with the same steps
 * side by side in each. Shapes are texts made of what the library says. */
#ifndef SRNN_CLI_PICTURE_H
#define SRNN_CLI_PICTURE_H

#include <stdio.h>

#include "model.h"

enum {
    COMMAND_PICTURE_STEPS = 4,   /* 0, 1, "...", T-1 */
    COMMAND_PICTURE_LAYERS = 4,  /* more of them are abridged */
    COMMAND_PICTURE_WEIGHTS = 4, /* of a cell */
    COMMAND_PICTURE_TIERS = 4 * COMMAND_PICTURE_LAYERS + 1,
    COMMAND_PICTURE_ROWS = 2 * COMMAND_PICTURE_LAYERS + 1,
    COMMAND_PICTURE_TEXT = 80,
    COMMAND_PICTURE_SENTENCE = 2 * COMMAND_PICTURE_TEXT
};

typedef struct {
    char text[COMMAND_PICTURE_TEXT];
} command_label;

typedef enum {
    COMMAND_TIER_TENSOR,      /* all steps of a tensor */
    COMMAND_TIER_CELL,        /* one layer and direction */
    COMMAND_TIER_CONCATENATE, /* its two directions, side by side */
    COMMAND_TIER_GAP          /* layers that are left out */
} command_tier_kind;

typedef struct {
    command_label name; /* as the file has it */
    command_label shape;
} command_picture_weight;

typedef struct {
    command_tier_kind kind;
    command_label name;
    command_label shape; /* of a whole tensor */
    command_label step;  /* the shape of one step of it */
    command_label steps[COMMAND_PICTURE_STEPS]; /* their names, if any */
    bool is_reverse;       /* a cell that goes from the last step to step 0 */
    command_label h0, h_n; /* the rows that a cell begins with, and leaves */
    int weight_count;
    command_picture_weight weights[COMMAND_PICTURE_WEIGHTS];
} command_tier;

typedef struct {
    command_label name; /* of a layer and direction */
    bool is_reverse;
    bool is_gap; /* rows that are left out */
} command_picture_row;

typedef struct {
    char heading[COMMAND_PICTURE_SENTENCE]; /* what network it is */
    char sizes[COMMAND_PICTURE_SENTENCE];   /* T, B, I and H */
    char formula[COMMAND_PICTURE_SENTENCE]; /* of a step of a cell */
    command_label nonlinearity;
    bool is_cell; /* torch.nn.RNNCell: one step, and a loop */
    bool has_both_directions;
    int step_count;
    command_label steps[COMMAND_PICTURE_STEPS]; /* "t=0" or "..." */
    int gap;                                    /* which is "..."; -1: none */
    int tier_count;
    command_tier tiers[COMMAND_PICTURE_TIERS]; /* from the bottom */
    command_label hidden;                      /* the shape of h0 and h_n */
    command_label row;                         /* of one of their rows */
    int row_count;
    command_picture_row rows[COMMAND_PICTURE_ROWS];
} command_picture;

/* The picture of a model for a number of steps and a batch. */
command_result command_picture_make(command_picture *out,
                                    const command_model *model, int64_t steps,
                                    int64_t batch);

/* "[3, 2, 4]" */
command_label command_picture_shape(int32_t rank, const int64_t *shape);

/* The weight of a kind, 0 to COMMAND_PICTURE_WEIGHTS - 1: W_ih, W_hh, b_ih and
 * b_hh. False if the rnn lacks it. */
bool command_picture_find_weight(command_picture_weight *out,
                                 const command_model *model, int64_t layer,
                                 bool is_reverse, int kind);

/* Are the names in the file those of a torch.nn.RNNCell, which have no number
 * of a layer? One that goes from the last step to the first is no cell. */
bool command_picture_is_cell(const command_model *model);

/* As SVG, into a file or, if its name is "-", to standard output. */
void command_picture_write_svg(FILE *file, const command_picture *picture);
command_result command_picture_save(const command_picture *picture,
                                    const char *path);

/* In characters, ASCII alone, so that every terminal shows it. No line is
 * longer than COMMAND_DRAWING_COLUMNS. */
enum { COMMAND_DRAWING_COLUMNS = 100 };

command_result command_picture_draw(FILE *file, const command_picture *picture);

#endif
