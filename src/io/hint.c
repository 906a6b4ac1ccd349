/* SPDX-License-Identifier: MIT */
/* Prefixes by edit distance; other frameworks by their names. */
#include "io/hint.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "io/foreign.h"
#include "rnn/parameter.h"
#include "util/integer.h"

/* A prefix counts up to here, which bounds the work that a file can cause. */
enum { MAX_BYTES = 128 };

/* One row of the table of distances between beginnings. */
static int64_t advance(int64_t row[MAX_BYTES + 1], char byte, const char *b,
                       int64_t length)
{
    int64_t diagonal = row[0];
    int64_t smallest = ++row[0];
    for (int64_t j = 1; j <= length; j++) {
        const int64_t replaced = diagonal + (byte != b[j - 1]);
        diagonal = row[j];
        row[j] = srnn_integer__smaller(
            replaced, srnn_integer__smaller(row[j - 1], row[j]) + 1);
        smallest = srnn_integer__smaller(smallest, row[j]);
    }
    return smallest;
}

/* Levenshtein's distance: bytes to insert, remove or replace. At least limit
 * if it is not below. */
static int64_t distance(const char *a, int64_t length_a, const char *b,
                        int64_t length_b, int64_t limit)
{
    int64_t row[MAX_BYTES + 1];
    if (length_a - length_b >= limit || length_b - length_a >= limit)
        return limit;
    for (int64_t j = 0; j <= length_b; j++)
        row[j] = j;
    for (int64_t i = 0; i < length_a; i++)
        if (advance(row, a[i], b, length_b) >= limit)
            return limit;
    return row[length_b];
}

/* Does a name belong to an rnn under another prefix than these? */
static bool is_elsewhere(const char *name, const char *own, const char *other)
{
    const int64_t length = srnn_parameter_id__prefix_length(name);
    const char *const prefixes[] = {own, other};
    for (int i = 0; i < 2; i++)
        if (prefixes[i] != NULL && length == (int64_t)strlen(prefixes[i]) &&
            memcmp(name, prefixes[i], (size_t)length) == 0)
            return false;
    return length >= 0 && !srnn_weights__is_state(name);
}

/* The name of a tensor of the rnn whose prefix is nearest, NULL if there is
 * none elsewhere. */
static const char *find_nearest(const srnn_weights *weights, const char *prefix)
{
    const char *nearest = NULL;
    int64_t limit = INT64_C(2) * MAX_BYTES;
    const int64_t own =
        srnn_integer__smaller((int64_t)strlen(prefix), MAX_BYTES);
    for (int64_t i = 0; i < weights->count; i++) {
        const char *const name = srnn_weights__name(weights, i);
        if (!is_elsewhere(name, prefix, NULL))
            continue;
        const int64_t length = srnn_integer__smaller(
            srnn_parameter_id__prefix_length(name), MAX_BYTES);
        const int64_t steps = distance(name, length, prefix, own, limit);
        if (steps >= limit)
            continue;
        limit = steps;
        nearest = name;
    }
    return nearest;
}

static bool append_nearest(srnn_text *text, const srnn_weights *weights,
                           const char *prefix)
{
    char nearest[1024];
    const char *const name = find_nearest(weights, prefix);
    const int64_t length =
        name == NULL ? 0 : srnn_parameter_id__prefix_length(name);
    if (name == NULL || length >= (int64_t)sizeof nearest)
        return false;
    memcpy(nearest, name, (size_t)length);
    nearest[length] = '\0';
    bool has_more = false;
    for (int64_t i = 0; i < weights->count && !has_more; i++)
        has_more =
            is_elsewhere(srnn_weights__name(weights, i), prefix, nearest);
    srnn_text__append(text, "; an rnn is under the prefix ");
    srnn_text__append_name(text, nearest);
    if (has_more)
        srnn_text__append(text, ", the nearest of several");
    return true;
}

/* Is the text the whole name, or the end of it behind a separator? */
static bool ends_with(const char *name, const char *text)
{
    const size_t length = strlen(name);
    const size_t suffix = strlen(text);
    if (length < suffix || strcmp(name + length - suffix, text) != 0)
        return false;
    return length == suffix || strchr("./", name[length - suffix - 1]) != NULL;
}

#define CONVERT_IT "convert the file with " SRNN_FOREIGN_CONVERT
#define BY_KERAS "Keras; " CONVERT_IT
#define BY_FLAX "Flax; " CONVERT_IT
#define BY_PARAMETRIZATION                                                     \
    "torch.nn.utils.parametrize: remove_parametrizations() before saving"
#define BY_WEIGHT_NORM                                                         \
    "torch.nn.utils.weight_norm: remove_weight_norm() before saving"

/* Tensors that a layer of another framework has, and torch's has not. */
static const struct {
    const char *name;
    const char *says;
} known[] = {
    {"recurrent_kernel:0", BY_KERAS},
    {"recurrent_kernel", BY_KERAS},
    {"h/kernel", BY_FLAX},
    {"h.kernel", BY_FLAX},
    {"dense_h/kernel", BY_FLAX},
    {"dense_h.kernel", BY_FLAX},
    {"parametrizations.weight_ih_l0.original0", BY_PARAMETRIZATION},
    {"parametrizations.weight_hh_l0.original0", BY_PARAMETRIZATION},
    {"parametrizations.weight_ih_l0.original", BY_PARAMETRIZATION},
    {"parametrizations.weight_hh_l0.original", BY_PARAMETRIZATION},
    {"weight_ih_l0_g", BY_WEIGHT_NORM},
    {"weight_hh_l0_g", BY_WEIGHT_NORM},
    {"Whh", "MLX; " CONVERT_IT},
};

/* What a name under the prefix says. */
static const char *find_framework(const srnn_weights *weights,
                                  const char *prefix)
{
    const size_t length = strlen(prefix);
    for (int64_t i = 0; i < weights->count; i++) {
        const char *const name = srnn_weights__name(weights, i);
        for (size_t j = 0; j < sizeof known / sizeof *known; j++)
            if (strncmp(name, prefix, length) == 0 &&
                ends_with(name, known[j].name))
                return known[j].says;
    }
    return NULL;
}

static bool append_framework(srnn_text *text, const srnn_weights *weights,
                             const char *prefix)
{
    const char *const says = find_framework(weights, prefix);
    if (says == NULL)
        return false;
    srnn_text__append(text, "; these are the names of %s", says);
    return true;
}

void srnn_hint__append(srnn_text *text, const srnn_weights *weights,
                       const char *prefix)
{
    if (append_framework(text, weights, prefix) ||
        append_nearest(text, weights, prefix))
        return;
    (void)append_framework(text, weights, "");
}
