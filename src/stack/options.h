/* SPDX-License-Identifier: MIT */
/* What an rnn is, as srnn_config sets it and srnn_rnn keeps it. */
#ifndef SRNN_STACK_OPTIONS_H
#define SRNN_STACK_OPTIONS_H

#include <stdbool.h>

#include "simplernn/config.h"
#include "util/text.h"

/* All options are int64_t here but dropout, so that one table can reach them.
 */
typedef struct {
    int64_t input_size;    /* I; 0 until set */
    int64_t hidden_size;   /* H; 0 until set */
    int64_t num_layers;    /* L */
    int64_t bidirectional; /* D - 1 */
    int64_t nonlinearity;
    int64_t bias;
    int64_t batch_first;
    int64_t dtype;
    double dropout;
    uint32_t given; /* bit 1 << SRNN_OPTION_x: not a default */
} srnn_options;

static inline bool srnn_options__has(const srnn_options *options,
                                     srnn_option option)
{
    return (options->given >> option & 1u) != 0;
}

/* D */
static inline int64_t srnn_options__directions(const srnn_options *options)
{
    return options->bidirectional + 1;
}

/* The number of a cell: layer by layer, forward before reverse. */
static inline int64_t srnn_options__cell(const srnn_options *options,
                                         int64_t layer, int64_t direction)
{
    return layer * srnn_options__directions(options) + direction;
}

/* Appends "a 2-layer bidirectional rnn". */
static inline void srnn_options__append(srnn_text *text,
                                        const srnn_options *options)
{
    srnn_text__append(text, "a %lld-layer %srnn",
                      (long long)options->num_layers,
                      options->bidirectional ? "bidirectional " : "");
}

#endif
