/* SPDX-License-Identifier: MIT */
/* The table of options and the words for their values. */
#include "rnn/options.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "pointwise/activation.h"

const srnn_options srnn_options__defaults = {
    .num_layers = 1,
    .direction = SRNN_DIRECTION_FORWARD,
    .nonlinearity = SRNN_NONLINEARITY_TANH,
    .bias = 1,
    .dtype = SRNN_DTYPE_FLOAT32,
};

static const struct {
    const char *name;
    size_t offset; /* of its value in srnn_options */
} table[] = {
    [SRNN_OPTION_INPUT_SIZE] = {"input_size",
                                offsetof(srnn_options, input_size)},
    [SRNN_OPTION_HIDDEN_SIZE] = {"hidden_size",
                                 offsetof(srnn_options, hidden_size)},
    [SRNN_OPTION_NUM_LAYERS] = {"num_layers",
                                offsetof(srnn_options, num_layers)},
    [SRNN_OPTION_DIRECTION] = {"direction", offsetof(srnn_options, direction)},
    [SRNN_OPTION_NONLINEARITY] = {"nonlinearity",
                                  offsetof(srnn_options, nonlinearity)},
    [SRNN_OPTION_BIAS] = {"bias", offsetof(srnn_options, bias)},
    [SRNN_OPTION_BATCH_FIRST] = {"batch_first",
                                 offsetof(srnn_options, batch_first)},
    [SRNN_OPTION_DTYPE] = {"dtype", offsetof(srnn_options, dtype)},
    [SRNN_OPTION_DROPOUT] = {"dropout", offsetof(srnn_options, dropout)},
    [SRNN_OPTION_REQUIRE_STATED] = {"require_stated",
                                    offsetof(srnn_options, require_stated)},
    [SRNN_OPTION_ALLOW_EXTRA] = {"allow_extra",
                                 offsetof(srnn_options, allow_extra)},
};

enum { OPTIONS = sizeof table / sizeof *table };

const char *srnn_option__name(srnn_option option)
{
    return option < SRNN_OPTION_INPUT_SIZE || option >= OPTIONS
               ? NULL
               : table[option].name;
}

int64_t srnn_options__get(const srnn_options *options, srnn_option option)
{
    return *(const int64_t *)(const void *)((const char *)options +
                                            table[option].offset);
}

void srnn_options__set(srnn_options *options, srnn_option option, int64_t value)
{
    *(int64_t *)(void *)((char *)options + table[option].offset) = value;
}

#define ACTIVATION(id, word, x)                                                \
    {SRNN_OPTION_NONLINEARITY, SRNN_NONLINEARITY_##id, #word},
/* Of rows with the same value, the first is the one to write. */
static const struct {
    srnn_option option;
    int64_t value;
    const char *word;
} words[] = {
    SRNN_ACTIVATION_ROWS(ACTIVATION, ){SRNN_OPTION_DIRECTION,
                                       SRNN_DIRECTION_FORWARD, "forward"},
    {SRNN_OPTION_DIRECTION, SRNN_DIRECTION_REVERSE, "reverse"},
    {SRNN_OPTION_DIRECTION, SRNN_DIRECTION_BIDIRECTIONAL, "bidirectional"},
    {SRNN_OPTION_BATCH_FIRST, 0, "false"},
    {SRNN_OPTION_BATCH_FIRST, 1, "true"},
    {SRNN_OPTION_BATCH_FIRST, 0, "False"},
    {SRNN_OPTION_BATCH_FIRST, 1, "True"},
};

enum { WORDS = sizeof words / sizeof *words };

const char *srnn_option__word(srnn_option option, int64_t value)
{
    for (int i = 0; i < WORDS; i++)
        if (words[i].option == option && words[i].value == value)
            return words[i].word;
    return NULL;
}

bool srnn_option__parse(int64_t *value, srnn_option option, const char *word)
{
    for (int i = 0; i < WORDS; i++) {
        if (words[i].option == option && strcmp(words[i].word, word) == 0) {
            *value = words[i].value;
            return true;
        }
    }
    return false;
}

void srnn_option__append_words(srnn_text *text, srnn_option option)
{
    int64_t seen = 0;
    for (int i = 0; i < WORDS; i++) {
        const char *const word = words[i].word;
        if (words[i].option != option ||
            srnn_option__word(option, words[i].value) != word)
            continue;
        srnn_text__append(text, "%s\"%s\"", seen++ == 0 ? "" : " or ", word);
    }
}

void srnn_options__append(srnn_text *text, const srnn_options *options)
{
    srnn_text__append(
        text, "a %" PRId64 "-layer %s%srnn", options->num_layers,
        srnn_options__is_forward(options)
            ? ""
            : srnn_option__word(SRNN_OPTION_DIRECTION, options->direction),
        srnn_options__is_forward(options) ? "" : " ");
}
