/* SPDX-License-Identifier: MIT */
/* Any texts as the metadata of a file with an rnn of one parameter each. The
 * input has two bytes that say how the file and the config look, and then lines
 *
 *     key=text
 *
 * The rnn that is read has the options that the texts state by the rules of
 * srnn_rnn_create_from_weights(), which are written a second time here; or a
 * text is wrong, and then a config that sets the option ignores it. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "fuzz/metadata_case.h"

static const struct {
    int option;
    const char *word;
    double value;
} words[] = {
    {NONLINEARITY, "tanh", SRNN_NONLINEARITY_TANH},
    {NONLINEARITY, "relu", SRNN_NONLINEARITY_RELU},
    {NONLINEARITY, "sigmoid", SRNN_NONLINEARITY_SIGMOID},
    {NONLINEARITY, "identity", SRNN_NONLINEARITY_IDENTITY},
    {BATCH_FIRST, "false", 0},
    {BATCH_FIRST, "False", 0},
    {BATCH_FIRST, "true", 1},
    {BATCH_FIRST, "True", 1},
    {DIRECTION, "forward", SRNN_DIRECTION_FORWARD},
    {DIRECTION, "reverse", SRNN_DIRECTION_REVERSE},
    {DIRECTION, "bidirectional", SRNN_DIRECTION_BIDIRECTIONAL},
};

static const char *find_text(const file_case *c, const char *prefix, int option)
{
    char key[32];
    (void)snprintf(key, sizeof key, "%s%s", prefix, option_names[option]);
    for (int i = 0; i < c->note_count; i++)
        if (strcmp(c->notes[i].key, key) == 0)
            return c->notes[i].text;
    return NULL;
}

/* The text that counts; NULL if there is none. */
static const char *stated(const file_case *c, int option)
{
    const char *const own = find_text(c, prefix_of(c), option);
    return own != NULL ? own : find_text(c, "", option);
}

static const char *skip_digits(const char *text)
{
    while (isdigit((unsigned char)*text))
        text++;
    return text;
}

/* 1, 1., .1, 1.5, each perhaps with an exponent: e5, E+5, e-5 */
static bool is_number(const char *text)
{
    const char *at = skip_digits(text);
    bool has_digits = at > text;
    if (*at == '.') {
        const char *const fraction = at + 1;
        at = skip_digits(fraction);
        has_digits = has_digits || at > fraction;
    }
    if (has_digits && (*at == 'e' || *at == 'E')) {
        const char *const exponent = at + 1 + (at[1] == '+' || at[1] == '-');
        at = skip_digits(exponent);
        has_digits = at > exponent;
    }
    return has_digits && *at == '\0';
}

/* False if the text is wrong. */
static bool value_of(double *value, int option, const char *text)
{
    if (option == DROPOUT) {
        *value = is_number(text) ? strtod(text, NULL) : -1;
        return *value >= 0 && *value <= 1;
    }
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (words[i].option == option && strcmp(words[i].word, text) == 0) {
            *value = words[i].value;
            return true;
        }
    return false;
}

/* What the config sets: never what is assumed. */
static double set_value(const file_case *c, int option)
{
    static const double values[OPTIONS] = {SRNN_NONLINEARITY_SIGMOID, 1, 0.25,
                                           0};
    return option == DIRECTION ? direction_of_names(c) : values[option];
}

/* What the rnn must have, and who stated it. False if a text is wrong. */
static bool expect(double *value, srnn_origin *origin, const file_case *c,
                   int option)
{
    const srnn_direction names = direction_of_names(c);
    const char *const text = stated(c, option);
    *origin = c->is_set[option] || option == DIRECTION ? SRNN_ORIGIN_CALLER
              : text != NULL                           ? SRNN_ORIGIN_FILE
                                                       : SRNN_ORIGIN_DEFAULT;
    *value = c->is_set[option]        ? set_value(c, option)
             : option == DIRECTION    ? names
             : option == NONLINEARITY ? SRNN_NONLINEARITY_TANH
                                      : 0;
    if (c->is_set[option] || text == NULL)
        return true;
    if (!value_of(value, option, text))
        return false;
    return option != DIRECTION || *value == names ||
           (names == SRNN_DIRECTION_FORWARD &&
            *value == SRNN_DIRECTION_REVERSE);
}

static double get(const srnn_rnn *rnn, int option)
{
    int64_t integer = 0;
    double real = 0;
    if (option == DROPOUT) {
        require(srnn_rnn_get_real(&real, rnn, options[option]) == SRNN_OK);
        return real;
    }
    require(srnn_rnn_get_int(&integer, rnn, options[option]) == SRNN_OK);
    return (double)integer;
}

static srnn_config *make_config(const file_case *c)
{
    srnn_config *config = NULL;
    require(srnn_config_create(&config) == SRNN_OK);
    require(srnn_config_set_int(config, SRNN_OPTION_REQUIRE_STATED,
                                c->requires_stated) == SRNN_OK);
    for (int i = 0; i < OPTIONS; i++) {
        const double value = set_value(c, i);
        if (!c->is_set[i])
            continue;
        require((i == DROPOUT
                     ? srnn_config_set_real(config, options[i], value)
                     : srnn_config_set_int(config, options[i],
                                           (int64_t)value)) == SRNN_OK);
    }
    return config;
}

/* Does the rnn, or the failure, follow from the texts? */
static void check_result(const file_case *c, const srnn_rnn *rnn,
                         srnn_status status)
{
    bool is_right = true;
    bool is_stated = true;
    for (int i = 0; i < OPTIONS; i++) {
        double value = 0;
        srnn_origin origin = 0;
        const bool is_valid = expect(&value, &origin, c, i);
        is_right = is_right && is_valid;
        is_stated = is_stated &&
                    (i > BATCH_FIRST || c->is_set[i] || stated(c, i) != NULL);
        if (status != SRNN_OK)
            continue;
        require(is_valid && get(rnn, i) == value);
        if (i != DIRECTION)
            require(srnn_rnn_origin(rnn, options[i]) == origin);
    }
    const bool is_enough = is_stated || !c->requires_stated;
    require((status == SRNN_OK) == (is_right && is_enough));
    if (status == SRNN_ERROR_FORMAT)
        require(!is_right);
    else if (status != SRNN_OK)
        require(status == SRNN_ERROR_NOT_FOUND && !is_enough);
}

static bool has_duplicates(const file_case *c)
{
    for (int i = 0; i < c->note_count; i++)
        for (int j = 0; j < i; j++)
            if (strcmp(c->notes[i].key, c->notes[j].key) == 0)
                return true;
    return false;
}

static void check_texts(const file_case *c, const srnn_weights *weights)
{
    int count = 0;
    while (srnn_weights_metadata_key(weights, count) != NULL)
        count++;
    require(count == c->note_count);
    for (int i = 0; i < count; i++) {
        const char *const text =
            srnn_weights_metadata(weights, c->notes[i].key);
        require(text != NULL && strcmp(text, c->notes[i].text) == 0);
    }
}

/* Does an rnn come of it? */
static bool load_case(const file_case *c)
{
    srnn_rnn *rnn = NULL;
    const grown_bytes file = make_file(c);
    srnn_weights *const weights = open_within(file.bytes, file.size);
    require((weights == NULL) == has_duplicates(c));
    if (weights != NULL) {
        srnn_config *const config = make_config(c);
        check_texts(c, weights);
        const srnn_status status =
            srnn_rnn_create_from_weights(&rnn, weights, prefix_of(c), config);
        require((rnn == NULL) == (status != SRNN_OK));
        if (rnn == NULL)
            require_reason(status);
        else
            require_saved(rnn, prefix_of(c));
        check_result(c, rnn, status);
        srnn_config_destroy(config);
    }
    srnn_rnn_destroy(rnn);
    srnn_weights_destroy(weights);
    free(file.bytes);
    require(memory.living == 0);
    return weights != NULL && rnn != NULL;
}

static bool load(const uint8_t *data, size_t size)
{
    file_case c;
    if (size < 2)
        return false;
    take_case(&c, data, size);
    return load_case(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)load(data, size);
    return 0;
}
