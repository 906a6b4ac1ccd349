/* SPDX-License-Identifier: MIT */
/* Finds out from names and shapes what rnn a file holds, insists that it is
 * all there and nothing else, and reads it. */
#include "io/read_rnn.h"

#include <inttypes.h>

#include "io/metadata.h"
#include "io/rnn_names.h"
#include "util/error.h"
#include "util/text.h"

static srnn_status check_size(const char *what, int64_t size)
{
    if (size < 1 || size > SRNN_MAX_SIZE)
        return srnn_error__fail(
            SRNN_ERROR_RANGE, "%s is %" PRId64 " in the file, expected 1 to %d",
            what, size, SRNN_MAX_SIZE);
    return SRNN_OK;
}

/* [gates*H,H]: the usual reason why weight_hh is not square. */
static bool is_gated(const srnn_weights_entry *hh, int64_t gates)
{
    return hh->shape[0] % gates == 0 && hh->shape[0] / gates == hh->shape[1];
}

static srnn_status fail_not_square(const srnn_weights_entry *hh)
{
    const srnn_dimension wanted[] = {{"hidden_size", hh->shape[1]},
                                     {"hidden_size", hh->shape[1]}};
    char name[SRNN_QUOTED_SIZE];
    srnn_text__quote(name, srnn_weights__name_of(hh));
    return srnn_shape__fail(name, hh->rank, hh->shape,
                            is_gated(hh, 4)   ? "an rnn (is this an LSTM?)"
                            : is_gated(hh, 3) ? "an rnn (is this a GRU?)"
                                              : "an rnn",
                            2, wanted);
}

static srnn_status fail_no_matrix(const srnn_weights_entry *entry,
                                  const char *columns)
{
    const srnn_dimension wanted[] = {{"hidden_size", SRNN_ANY_SIZE},
                                     {columns, SRNN_ANY_SIZE}};
    char name[SRNN_QUOTED_SIZE];
    srnn_text__quote(name, srnn_weights__name_of(entry));
    return srnn_shape__fail(name, entry->rank, entry->shape, "an rnn", 2,
                            wanted);
}

/* I and H, from the two weights of the first cell. */
static srnn_status take_sizes(srnn_rnn_names *s)
{
    const srnn_weights_entry *const ih = srnn_rnn_names__find(
        s, srnn_parameter_id__at(&s->options, SRNN_PARAMETER_WEIGHT_IH));
    const srnn_weights_entry *const hh = srnn_rnn_names__find(
        s, srnn_parameter_id__at(&s->options, SRNN_PARAMETER_WEIGHT_HH));
    if (ih->rank != 2)
        return fail_no_matrix(ih, "input_size");
    if (hh->rank != 2)
        return fail_no_matrix(hh, "hidden_size");
    if (hh->shape[0] != hh->shape[1])
        return fail_not_square(hh);
    s->options.input_size = ih->shape[1];
    s->options.hidden_size = hh->shape[1];
    SRNN_TRY(check_size("input_size", s->options.input_size));
    return check_size("hidden_size", s->options.hidden_size);
}

static srnn_status check_shapes(const srnn_rnn_names *s)
{
    const int64_t count = srnn_parameter_id__count(&s->options);
    for (int64_t i = 0; i < count; i++) {
        const srnn_parameter_id id = srnn_parameter_id__at(&s->options, i);
        const srnn_weights_entry *const entry = srnn_rnn_names__find(s, id);
        srnn_dimension wanted[2];
        const int32_t rank = srnn_parameter_id__shape(wanted, &s->options, id);
        if (entry == NULL ||
            srnn_shape__matches(entry->rank, entry->shape, rank, wanted))
            continue;
        char name[SRNN_QUOTED_SIZE];
        char owner[80];
        srnn_text text = {owner, sizeof owner, 0};
        srnn_text__quote(name, srnn_weights__name_of(entry));
        srnn_options__append(&text, &s->options);
        return srnn_shape__fail(name, entry->rank, entry->shape, owner, rank,
                                wanted);
    }
    return SRNN_OK;
}

/* Names without "_reverse" are a reverse rnn's if the config or the metadata
 * say so. */
static srnn_status take_direction(srnn_rnn_names *s, const srnn_options *wanted)
{
    if (!srnn_options__has(wanted, SRNN_OPTION_DIRECTION))
        return srnn_metadata__read_direction(&s->options, s->weights, s->prefix,
                                             s->direction);
    if (s->direction == SRNN_DIRECTION_FORWARD &&
        wanted->direction == SRNN_DIRECTION_REVERSE)
        s->options.direction = SRNN_DIRECTION_REVERSE;
    return SRNN_OK;
}

static srnn_status take_options(srnn_rnn_names *s, const srnn_options *wanted)
{
    static const srnn_option of_tensors[] = {
        SRNN_OPTION_INPUT_SIZE, SRNN_OPTION_HIDDEN_SIZE, SRNN_OPTION_NUM_LAYERS,
        SRNN_OPTION_DIRECTION,  SRNN_OPTION_BIAS,        SRNN_OPTION_DTYPE};
    for (size_t i = 0; i < sizeof of_tensors / sizeof *of_tensors; i++)
        s->options.by_file |= 1u << of_tensors[i];
    s->options.by_caller = wanted->by_caller;
    SRNN_TRY(take_direction(s, wanted));
    SRNN_TRY(srnn_metadata__read(&s->options, s->weights, s->prefix, wanted));
    if (srnn_options__has(wanted, SRNN_OPTION_DTYPE))
        s->options.dtype = wanted->dtype;
    return wanted->require_stated
               ? srnn_metadata__require(&s->options, s->prefix)
               : SRNN_OK;
}

/* Appends "reverse" in quotes, or a number. */
static void append_value(srnn_text *text, srnn_option option, int64_t value)
{
    const char *const word = srnn_option__word(option, value);
    if (word == NULL)
        srnn_text__append(text, "%" PRId64, value);
    else
        srnn_text__append(text, "\"%s\"", word);
}

static srnn_status fail_unwanted(srnn_option option, int64_t file,
                                 int64_t wanted)
{
    char buffer[200];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text__append(&text, "%s is ", srnn_option__name(option));
    append_value(&text, option, file);
    srnn_text__append(&text, " in the file, but the config says ");
    append_value(&text, option, wanted);
    return srnn_error__fail(SRNN_ERROR_SHAPE, "%s", buffer);
}

static srnn_status check_wanted(const srnn_options *file,
                                const srnn_options *wanted)
{
    static const srnn_option options[] = {
        SRNN_OPTION_INPUT_SIZE, SRNN_OPTION_HIDDEN_SIZE, SRNN_OPTION_NUM_LAYERS,
        SRNN_OPTION_DIRECTION, SRNN_OPTION_BIAS};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        const int64_t found = srnn_options__get(file, options[i]);
        const int64_t value = srnn_options__get(wanted, options[i]);
        if (srnn_options__has(wanted, options[i]) && found != value)
            return fail_unwanted(options[i], found, value);
    }
    return SRNN_OK;
}

/* A bias that the file lacks is zero, as all of a new rnn is. */
static srnn_status read_parameter(const srnn_rnn *rnn, const srnn_rnn_names *s,
                                  int64_t index)
{
    const srnn_tensor target = srnn_rnn__parameter(rnn, index);
    const srnn_weights_entry *const entry =
        srnn_rnn_names__find(s, srnn_parameter_id__at(&s->options, index));
    return entry == NULL ? SRNN_OK
                         : srnn_weights__read(target.data, target.dtype,
                                              s->weights, entry);
}

static srnn_status read_parameters(srnn_rnn **out, const srnn_rnn_names *s)
{
    srnn_rnn *rnn = NULL;
    SRNN_TRY(srnn_rnn__create(&rnn, &s->options));
    rnn->has_cell_names = s->has_cell_names;
    for (int64_t i = 0; i < rnn->parameter_count; i++) {
        const srnn_status status = read_parameter(rnn, s, i);
        if (status != SRNN_OK) {
            srnn_rnn__release(rnn);
            return status;
        }
    }
    srnn_rnn__update(rnn);
    *out = rnn;
    return SRNN_OK;
}

srnn_status srnn_rnn__read(srnn_rnn **out, const srnn_weights *weights,
                           const char *prefix, const srnn_options *wanted)
{
    srnn_rnn_names s = {.weights = weights,
                        .prefix = prefix,
                        .options = srnn_options__defaults};
    SRNN_TRY(srnn_rnn_names__take_names(&s, wanted->allow_extra));
    SRNN_TRY(srnn_rnn_names__check_complete(&s));
    SRNN_TRY(take_sizes(&s));
    SRNN_TRY(check_shapes(&s));
    SRNN_TRY(take_options(&s, wanted));
    SRNN_TRY(check_wanted(&s.options, wanted));
    return read_parameters(out, &s);
}
