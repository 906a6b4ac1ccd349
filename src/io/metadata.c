/* SPDX-License-Identifier: MIT */
/* Reads and words the options. */
#include "io/metadata.h"

#include <string.h>

#include "util/error.h"

const srnn_option srnn_metadata__options[SRNN_METADATA_OPTIONS] = {
    SRNN_OPTION_NONLINEARITY, SRNN_OPTION_BATCH_FIRST, SRNN_OPTION_DROPOUT,
    SRNN_OPTION_DIRECTION};

/* Appends "SRNN_OPTION_BATCH_FIRST". */
static void append_constant(srnn_text *text, srnn_option option)
{
    srnn_text__append(text, "SRNN_OPTION_");
    for (const char *at = srnn_option__name(option); *at != '\0'; at++)
        srnn_text__append(text, "%c", *at == '_' ? '_' : *at - 'a' + 'A');
}

static void append_expected(srnn_text *text, srnn_option option)
{
    if (option == SRNN_OPTION_DROPOUT)
        srnn_text__append(text, "a number from 0 to 1");
    else
        srnn_option__append_words(text, option);
}

/* The key that counts for an rnn: that with its prefix, if there is one. NULL
 * if there is neither. */
static const char *find(const srnn_weights *weights, const char *prefix,
                        srnn_option option)
{
    const char *const key = srnn_option__name(option);
    int64_t place = srnn_weights__find_key(weights, prefix, key);
    if (place < 0)
        place = srnn_weights__find_key(weights, "", key);
    return place < 0 ? NULL : srnn_weights__key(weights, place);
}

static bool parse(srnn_options *options, srnn_option option, const char *word)
{
    int64_t value = 0;
    if (option == SRNN_OPTION_DROPOUT)
        return srnn_decimal__parse(&options->dropout, word) &&
               options->dropout <= 1;
    if (!srnn_option__parse(&value, option, word))
        return false;
    srnn_options__set(options, option, value);
    return true;
}

static srnn_status fail(const char *key, srnn_option option)
{
    char buffer[2 * SRNN_QUOTED_SIZE];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text__append(&text, "the metadata ");
    srnn_text__append_name(&text, key);
    srnn_text__append(&text, " of the file is ");
    srnn_text__append_name(&text, srnn_weights__text(key));
    srnn_text__append(&text, ", expected ");
    append_expected(&text, option);
    srnn_text__append(&text, "; set ");
    append_constant(&text, option);
    srnn_text__append(&text, " to ignore it");
    return srnn_error__fail(SRNN_ERROR_FORMAT, "%s", buffer);
}

static srnn_status read_option(srnn_options *options,
                               const srnn_weights *weights, const char *prefix,
                               srnn_option option)
{
    const char *const key = find(weights, prefix, option);
    if (key == NULL)
        return SRNN_OK;
    if (!parse(options, option, srnn_weights__text(key)))
        return fail(key, option);
    options->by_file |= 1u << option;
    return SRNN_OK;
}

srnn_status srnn_metadata__read(srnn_options *options,
                                const srnn_weights *weights, const char *prefix,
                                const srnn_options *wanted)
{
    for (int i = 0; i < SRNN_METADATA_OPTIONS; i++) {
        const srnn_option option = srnn_metadata__options[i];
        if (option == SRNN_OPTION_DIRECTION)
            continue;
        if (!srnn_options__has(wanted, option))
            SRNN_TRY(read_option(options, weights, prefix, option));
        else if (option == SRNN_OPTION_DROPOUT)
            options->dropout = wanted->dropout;
        else
            srnn_options__set(options, option,
                              srnn_options__get(wanted, option));
    }
    return SRNN_OK;
}

static srnn_status fail_direction(const char *key, srnn_direction by_names)
{
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote(quoted, key);
    return srnn_error__fail(
        SRNN_ERROR_FORMAT,
        "the metadata %s of the file is \"%s\", but the names of the tensors "
        "are those of a %s rnn; set SRNN_OPTION_DIRECTION to ignore it",
        quoted, srnn_weights__text(key),
        srnn_option__word(SRNN_OPTION_DIRECTION, by_names));
}

srnn_status srnn_metadata__read_direction(srnn_options *options,
                                          const srnn_weights *weights,
                                          const char *prefix,
                                          srnn_direction by_names)
{
    const char *const key = find(weights, prefix, SRNN_OPTION_DIRECTION);
    options->direction = by_names;
    if (key == NULL)
        return SRNN_OK;
    SRNN_TRY(read_option(options, weights, prefix, SRNN_OPTION_DIRECTION));
    if (options->direction == by_names ||
        (by_names == SRNN_DIRECTION_FORWARD &&
         options->direction == SRNN_DIRECTION_REVERSE))
        return SRNN_OK;
    return fail_direction(key, by_names);
}

/* "tanh" or "relu" under "nonlinearity" or "decoder.nonlinearity" */
static void append_place(srnn_text *text, srnn_option option,
                         const char *prefix)
{
    const char *const key = srnn_option__name(option);
    append_expected(text, option);
    srnn_text__append(text, " under \"%s\"", key);
    if (*prefix == '\0')
        return;
    srnn_text__append(text, " or ");
    srnn_text__append_joined(text, (srnn_joined){prefix, key});
}

static srnn_status fail_unstated(const srnn_option *options, int count,
                                 const char *prefix)
{
    char buffer[4 * SRNN_QUOTED_SIZE];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text__append(&text, "neither the config nor the file states ");
    for (int i = 0; i < count; i++)
        srnn_text__append(&text, "%s%s", i == 0 ? "" : " or ",
                          srnn_option__name(options[i]));
    srnn_text__append(&text, ": set ");
    for (int i = 0; i < count; i++) {
        srnn_text__append(&text, i == 0 ? "" : " and ");
        append_constant(&text, options[i]);
    }
    srnn_text__append(&text, ", or write into the metadata ");
    for (int i = 0; i < count; i++) {
        srnn_text__append(&text, i == 0 ? "" : " and ");
        append_place(&text, options[i], prefix);
    }
    return srnn_error__fail(SRNN_ERROR_NOT_FOUND, "%s", buffer);
}

srnn_status srnn_metadata__require(const srnn_options *options,
                                   const char *prefix)
{
    static const srnn_option required[] = {SRNN_OPTION_NONLINEARITY,
                                           SRNN_OPTION_BATCH_FIRST};
    const unsigned known = options->by_caller | options->by_file;
    srnn_option missing[2];
    int count = 0;
    for (int i = 0; i < 2; i++)
        if ((known >> required[i] & 1u) == 0)
            missing[count++] = required[i];
    return count == 0 ? SRNN_OK : fail_unstated(missing, count, prefix);
}

bool srnn_metadata__is_own(const char *prefix, const char *key)
{
    const size_t length = strlen(prefix);
    if (strncmp(key, prefix, length) != 0)
        return false;
    for (int i = 0; i < SRNN_METADATA_OPTIONS; i++)
        if (strcmp(key + length,
                   srnn_option__name(srnn_metadata__options[i])) == 0)
            return true;
    return false;
}

const char *srnn_metadata__text(const srnn_options *options, srnn_option option,
                                char number[SRNN_DECIMAL_SIZE])
{
    if (option != SRNN_OPTION_DROPOUT)
        return srnn_option__word(option, srnn_options__get(options, option));
    srnn_decimal__format(number, options->dropout);
    return number;
}

const char *srnn_metadata__assumed(srnn_option option, srnn_direction by_names)
{
    if (option == SRNN_OPTION_DROPOUT)
        return "0.0";
    return srnn_option__word(
        option, option == SRNN_OPTION_DIRECTION
                    ? by_names
                    : srnn_options__get(&srnn_options__defaults, option));
}

/* What a text is read as; NULL if it cannot be. */
static const char *read_text(char number[SRNN_DECIMAL_SIZE], srnn_option option,
                             srnn_direction by_names, const char *text)
{
    srnn_options options = srnn_options__defaults;
    options.direction = by_names;
    return text == NULL || parse(&options, option, text)
               ? srnn_metadata__text(&options, option, number)
               : NULL;
}

bool srnn_metadata__is_alike(srnn_option option, srnn_direction by_names,
                             const char *before, const char *after)
{
    char numbers[2][SRNN_DECIMAL_SIZE];
    const char *const a = read_text(numbers[0], option, by_names, before);
    const char *const b = read_text(numbers[1], option, by_names, after);
    const bool is_unstated =
        before != NULL && after == NULL && option != SRNN_OPTION_DIRECTION;
    if (a == NULL || b == NULL)
        return a == b;
    return !is_unstated && strcmp(a, b) == 0;
}
