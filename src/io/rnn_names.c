/* SPDX-License-Identifier: MIT */
/* Two passes over the names: what kinds there are, then each for what it says.
 */
#include "io/rnn_names.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "io/hint.h"
#include "tensor/dtype.h"
#include "util/error.h"

enum { HINT_ROOM = 700 }; /* a sentence or two and a quoted name */

static void put_hint(char *buffer, const srnn_rnn_names *rnn_names)
{
    srnn_text text = {buffer, HINT_ROOM, 0};
    *buffer = '\0';
    srnn_hint__append(&text, rnn_names->weights, rnn_names->prefix);
}

/* What comes behind the prefix; NULL if the name is not under it. */
static const char *strip(const srnn_rnn_names *rnn_names, int64_t index)
{
    const char *const name = srnn_weights__name(rnn_names->weights, index);
    const size_t length = strlen(rnn_names->prefix);
    return strncmp(name, rnn_names->prefix, length) == 0 ? name + length : NULL;
}

/* What ignores it is no advice where nothing would be left. */
static srnn_status fail_stranger(const srnn_rnn_names *rnn_names,
                                 const char *name, bool is_beside_others)
{
    char quoted[SRNN_QUOTED_SIZE];
    char hint[HINT_ROOM];
    srnn_text__quote(quoted, name);
    put_hint(hint, rnn_names);
    return srnn_error__fail(
        SRNN_ERROR_FORMAT,
        "tensor %s is not a parameter of an rnn: expected weight_ih_l0, "
        "weight_hh_l0, bias_ih_l0, bias_hh_l0 and so on after the prefix%s%s",
        quoted,
        is_beside_others ? " (SRNN_OPTION_ALLOW_EXTRA ignores others)" : "",
        hint);
}

static srnn_status fail_nothing(const srnn_rnn_names *rnn_names)
{
    char prefix[SRNN_QUOTED_SIZE];
    char first[SRNN_QUOTED_SIZE];
    char hint[HINT_ROOM];
    srnn_text__quote(prefix, rnn_names->prefix);
    if (rnn_names->weights->count == 0)
        return srnn_error__fail(SRNN_ERROR_NOT_FOUND,
                                "no parameter of an rnn is under the prefix "
                                "%s; the file has no tensors",
                                prefix);
    put_hint(hint, rnn_names);
    srnn_text__quote(first, srnn_weights__name(rnn_names->weights, 0));
    return srnn_error__fail(SRNN_ERROR_NOT_FOUND,
                            "no parameter of an rnn is under the prefix %s; "
                            "the first of %" PRId64 " names is %s%s",
                            prefix, rnn_names->weights->count, first, hint);
}

static srnn_status fail_both_kinds(const char *cell)
{
    char name[SRNN_QUOTED_SIZE];
    srnn_text__quote(name, cell);
    return srnn_error__fail(
        SRNN_ERROR_FORMAT,
        "tensor %s belongs to a torch.nn.RNNCell, but there is a torch.nn.RNN "
        "under the prefix, too: expected one of them (with "
        "SRNN_OPTION_ALLOW_EXTRA, the torch.nn.RNN is read)",
        name);
}

/* One of the names of each kind, NULL if there is none. */
typedef struct {
    const char *rnn;
    const char *cell;
    const char *other;
} kinds;

static kinds find_kinds(const srnn_rnn_names *rnn_names)
{
    kinds found = {NULL, NULL, NULL};
    for (int64_t i = 0; i < rnn_names->weights->count; i++) {
        srnn_parameter_id id;
        const char *const name = strip(rnn_names, i);
        if (name == NULL || srnn_weights__is_state(name))
            continue;
        const char **const kind =
            srnn_parameter_id__parse(&id, name)        ? &found.rnn
            : srnn_parameter_id__parse_cell(&id, name) ? &found.cell
                                                       : &found.other;
        if (*kind == NULL)
            *kind = srnn_weights__name(rnn_names->weights, i);
    }
    return found;
}

static srnn_status check_kinds(const srnn_rnn_names *rnn_names, kinds found,
                               bool allow_extra)
{
    const bool has_none = found.rnn == NULL && found.cell == NULL;
    if (!allow_extra && found.other != NULL)
        return fail_stranger(rnn_names, found.other, !has_none);
    if (!allow_extra && found.rnn != NULL && found.cell != NULL)
        return fail_both_kinds(found.cell);
    return has_none ? fail_nothing(rnn_names) : SRNN_OK;
}

static bool parse(srnn_parameter_id *id, const srnn_rnn_names *rnn_names,
                  const char *name)
{
    return rnn_names->has_cell_names ? srnn_parameter_id__parse_cell(id, name)
                                     : srnn_parameter_id__parse(id, name);
}

/* One name widens what the rnn must be. */
static srnn_status take_entry(srnn_rnn_names *rnn_names, srnn_parameter_id id,
                              const srnn_weights_entry *entry)
{
    srnn_options *const options = &rnn_names->options;
    SRNN_TRY(srnn_weights__check_real(entry));
    if (id.layer >= options->num_layers)
        options->num_layers = id.layer + 1;
    if (id.kind > SRNN_PARAMETER_WEIGHT_HH)
        options->bias = 1;
    if (srnn_dtype__size(entry->type->dtype) > srnn_dtype__size(options->dtype))
        options->dtype = entry->type->dtype;
    rnn_names->found++;
    return SRNN_OK;
}

srnn_status srnn_rnn_names__take_names(srnn_rnn_names *rnn_names,
                                       bool allow_extra)
{
    bool has[2] = {false, false}; /* names of either direction */
    const kinds found = find_kinds(rnn_names);
    SRNN_TRY(check_kinds(rnn_names, found, allow_extra));
    rnn_names->has_cell_names = found.rnn == NULL;
    rnn_names->options.num_layers = 1;
    rnn_names->options.bias = 0;
    for (int64_t i = 0; i < rnn_names->weights->count; i++) {
        srnn_parameter_id id;
        const char *const name = strip(rnn_names, i);
        if (name == NULL || !parse(&id, rnn_names, name))
            continue;
        SRNN_TRY(take_entry(rnn_names, id,
                            srnn_weights__entry(rnn_names->weights, i)));
        has[id.direction] = true;
    }
    rnn_names->direction = !has[1]  ? SRNN_DIRECTION_FORWARD
                           : has[0] ? SRNN_DIRECTION_BIDIRECTIONAL
                                    : SRNN_DIRECTION_REVERSE;
    rnn_names->options.direction = rnn_names->direction;
    return SRNN_OK;
}

/* The name in the file. There a reverse rnn may have the names of a forward
 * one. */
static void format(char *name, const srnn_rnn_names *rnn_names,
                   srnn_parameter_id id)
{
    if (rnn_names->direction == SRNN_DIRECTION_FORWARD)
        id.direction = 0;
    if (rnn_names->has_cell_names)
        (void)snprintf(name, SRNN_PARAMETER_NAME_SIZE, "%s",
                       srnn_parameter_id__cell_name(id.kind));
    else
        srnn_parameter_id__format(name, id);
}

const srnn_weights_entry *srnn_rnn_names__find(const srnn_rnn_names *rnn_names,
                                               srnn_parameter_id id)
{
    char name[SRNN_PARAMETER_NAME_SIZE];
    format(name, rnn_names, id);
    return srnn_weights__entry(
        rnn_names->weights,
        srnn_weights__find(rnn_names->weights, rnn_names->prefix, name));
}

/* The other bias stands in for one that is missing. */
static bool is_missing(const srnn_rnn_names *rnn_names, srnn_parameter_id id)
{
    srnn_parameter_id other = id;
    if (srnn_rnn_names__find(rnn_names, id) != NULL)
        return false;
    if (id.kind <= SRNN_PARAMETER_WEIGHT_HH)
        return true;
    other.kind = id.kind == SRNN_PARAMETER_BIAS_IH ? SRNN_PARAMETER_BIAS_HH
                                                   : SRNN_PARAMETER_BIAS_IH;
    return srnn_rnn_names__find(rnn_names, other) == NULL;
}

static srnn_status fail_missing(const srnn_rnn_names *rnn_names,
                                srnn_parameter_id id)
{
    char name[SRNN_PARAMETER_NAME_SIZE];
    char prefix[SRNN_QUOTED_SIZE];
    char owner[80];
    srnn_text text = {owner, sizeof owner, 0};
    format(name, rnn_names, id);
    srnn_options__append(&text, &rnn_names->options);
    srnn_text__quote(prefix, rnn_names->prefix);
    return srnn_error__fail(
        SRNN_ERROR_NOT_FOUND,
        "tensor %s is missing under the prefix %s: %s with%s bias has "
        "%" PRId64 " parameters, but the file has %" PRId64,
        name, prefix, owner, rnn_names->options.bias ? "" : "out",
        srnn_parameter_id__count(&rnn_names->options), rnn_names->found);
}

srnn_status srnn_rnn_names__check_complete(const srnn_rnn_names *rnn_names)
{
    const int64_t count = srnn_parameter_id__count(&rnn_names->options);
    for (int64_t i = 0; rnn_names->found < count && i < count; i++) {
        const srnn_parameter_id id =
            srnn_parameter_id__at(&rnn_names->options, i);
        if (is_missing(rnn_names, id))
            return fail_missing(rnn_names, id);
    }
    return SRNN_OK;
}
