/* SPDX-License-Identifier: MIT */
/* What an rnn is, as srnn_config sets it and srnn_rnn keeps it. */
#ifndef SRNN_RNN_OPTIONS_H
#define SRNN_RNN_OPTIONS_H

#include <stdbool.h>

#include "simplernn/config.h"
#include "util/text.h"

/* All options except dropout are int64_t here, so that one table can reach
 * them. */
typedef struct {
    int64_t input_size;  /* I; 0 until set */
    int64_t hidden_size; /* H; 0 until set */
    int64_t num_layers;  /* L */
    int64_t direction;   /* srnn_direction */
    int64_t nonlinearity;
    int64_t bias;
    int64_t batch_first;
    int64_t dtype;
    int64_t require_stated; /* how to read weights; not options of an rnn */
    int64_t allow_extra;
    double dropout;
    /* Who stated an option, as bits 1 << SRNN_OPTION_x. */
    uint32_t by_caller;
    uint32_t by_file;
} srnn_options;

/* Did the caller state it? */
static inline bool srnn_options__has(const srnn_options *options,
                                     srnn_option option)
{
    return (options->by_caller >> option & 1u) != 0;
}

static inline bool srnn_options__is_bidirectional(const srnn_options *options)
{
    return options->direction == SRNN_DIRECTION_BIDIRECTIONAL;
}

/* Only this direction can be cut anywhere, and stepped. */
static inline bool srnn_options__is_forward(const srnn_options *options)
{
    return options->direction == SRNN_DIRECTION_FORWARD;
}

/* D */
static inline int64_t srnn_options__directions(const srnn_options *options)
{
    return srnn_options__is_bidirectional(options) ? 2 : 1;
}

/* Does direction number 0 to D-1 read from the last step to the first? */
static inline bool srnn_options__reverses(const srnn_options *options,
                                          int64_t direction)
{
    return options->direction == SRNN_DIRECTION_REVERSE || direction == 1;
}

/* L*D */
static inline int64_t srnn_options__cells(const srnn_options *options)
{
    return options->num_layers * srnn_options__directions(options);
}

/* The number of a cell: layer by layer, forward before reverse. */
static inline int64_t srnn_options__cell(const srnn_options *options,
                                         int64_t layer, int64_t direction)
{
    return layer * srnn_options__directions(options) + direction;
}

/* Those of a new config. */
extern const srnn_options srnn_options__defaults;

/* The value of an integer option. */
int64_t srnn_options__get(const srnn_options *options, srnn_option option);
void srnn_options__set(srnn_options *options, srnn_option option,
                       int64_t value);

/* "num_layers"; NULL if there is no such option. */
const char *srnn_option__name(srnn_option option);

/* The word for a value of an option that has words: "relu", "reverse", "true";
 * NULL if there is none. */
const char *srnn_option__word(srnn_option option, int64_t value);

/* The value of a word, which may also be as Python's str() writes it: "True".
 * False if the option has no such word. */
bool srnn_option__parse(int64_t *value, srnn_option option, const char *word);

/* Appends the words of an option: "tanh" or "relu", in quotes. */
void srnn_option__append_words(srnn_text *text, srnn_option option);

/* Appends "a 2-layer bidirectional rnn". */
void srnn_options__append(srnn_text *text, const srnn_options *options);

#endif
