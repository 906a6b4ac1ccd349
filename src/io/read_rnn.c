/* SPDX-License-Identifier: MIT */
/* Finds out from names and shapes what rnn a file holds, insists that it is
 * all there and nothing else, and reads it. */
#include "io/read_rnn.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "io/stated.h"
#include "tensor/dtype.h"
#include "util/error.h"
#include "util/text.h"

enum {
    NAME_ROOM = 512, /* a quoted name, escaped and shortened */
    HINT_ROOM = 600  /* a few words and such a name */
};

typedef struct {
    const srnn_weights *weights;
    const char *prefix;
    srnn_options options;
    int64_t found; /* parameters under the prefix */
} survey;

/* "name" in double quotes. */
static void quote(char *buffer, const char *name)
{
    srnn_text text = {buffer, NAME_ROOM, 0};
    srnn_text__append_name(&text, name);
}

static bool is_under(const char *name, const char *prefix)
{
    return strncmp(name, prefix, strlen(prefix)) == 0;
}

/* The prefix before a name that every rnn has; -1 if it is not that name. */
static int64_t prefix_length(const char *name)
{
    static const char wanted[] = "weight_ih_l0";
    const size_t length = strlen(name);
    const size_t suffix = sizeof wanted - 1;
    if (length < suffix || strcmp(name + length - suffix, wanted) != 0)
        return -1;
    return (int64_t)(length - suffix);
}

/* Where the file has an rnn, if it has one elsewhere. */
static void hint_prefix(char *hint, const survey *s)
{
    char prefix[NAME_ROOM];
    srnn_text text = {hint, HINT_ROOM, 0};
    *hint = '\0';
    for (int64_t i = 0; i < s->weights->count; i++) {
        const char *const name = s->weights->entries[i].name;
        const int64_t length = prefix_length(name);
        if (length < 0 || length >= (int64_t)sizeof prefix)
            continue;
        memcpy(prefix, name, (size_t)length);
        prefix[length] = '\0';
        if (strcmp(prefix, s->prefix) == 0)
            continue;
        srnn_text__append(&text, "; an rnn is under the prefix ");
        srnn_text__append_name(&text, prefix);
        return;
    }
}

/* As torch.nn.RNNCell names its parameters. */
static bool is_of_a_cell(const char *name)
{
    static const char *const names[] = {"weight_ih", "weight_hh", "bias_ih",
                                        "bias_hh"};
    for (int i = 0; i < 4; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

static srnn_status fail_stranger(const survey *s, const char *name)
{
    char quoted[NAME_ROOM];
    char hint[HINT_ROOM];
    quote(quoted, name);
    hint_prefix(hint, s);
    return srnn_error__fail(
        SRNN_ERROR_FORMAT,
        "tensor %s is no parameter of an rnn%s: expected weight_ih_l0, "
        "weight_hh_l0, bias_ih_l0, bias_hh_l0 and so on after the prefix%s",
        quoted,
        is_of_a_cell(name + strlen(s->prefix)) ? " (is this an RNNCell?)" : "",
        hint);
}

/* One name widens what the rnn must be. */
static srnn_status note_entry(survey *s, const srnn_weights__entry *entry)
{
    srnn_parameter_id id;
    if (!srnn_parameter_id__parse(&id, entry->name + strlen(s->prefix)))
        return fail_stranger(s, entry->name);
    SRNN_TRY(srnn_weights__check_type(entry));
    if (id.layer >= s->options.num_layers)
        s->options.num_layers = id.layer + 1;
    s->options.bidirectional |= id.direction;
    s->options.bias |= id.kind > SRNN_PARAMETER_WEIGHT_HH;
    assert(srnn_dtype__is_real(entry->type->dtype));
    if (srnn_dtype__size(entry->type->dtype) >
        srnn_dtype__size(s->options.dtype))
        s->options.dtype = entry->type->dtype;
    s->found++;
    return SRNN_OK;
}

static srnn_status note_names(survey *s)
{
    for (int64_t i = 0; i < s->weights->count; i++)
        if (is_under(s->weights->entries[i].name, s->prefix))
            SRNN_TRY(note_entry(s, &s->weights->entries[i]));
    if (s->found > 0)
        return SRNN_OK;
    char prefix[NAME_ROOM];
    char first[NAME_ROOM] = "none";
    char hint[HINT_ROOM];
    quote(prefix, s->prefix);
    hint_prefix(hint, s);
    if (s->weights->count > 0)
        quote(first, s->weights->entries[0].name);
    return srnn_error__fail(SRNN_ERROR_NOT_FOUND,
                            "no tensor's name begins with the prefix %s; the "
                            "first of %" PRId64 " names is %s%s",
                            prefix, s->weights->count, first, hint);
}

/* The entry of a parameter, NULL if the file lacks it. */
static const srnn_weights__entry *find(const survey *s, srnn_parameter_id id)
{
    char name[SRNN_PARAMETER_NAME_SIZE];
    srnn_parameter_id__format(name, id);
    return srnn_weights__find(s->weights, s->prefix, name);
}

static srnn_status check_complete(const survey *s)
{
    const int64_t count = srnn_parameter_id__count(&s->options);
    if (s->found == count)
        return SRNN_OK;
    int64_t i = 0;
    while (find(s, srnn_parameter_id__at(&s->options, i)) != NULL)
        i++;
    char name[SRNN_PARAMETER_NAME_SIZE];
    char prefix[NAME_ROOM];
    char owner[80];
    srnn_text text = {owner, sizeof owner, 0};
    srnn_parameter_id__format(name, srnn_parameter_id__at(&s->options, i));
    srnn_options__append(&text, &s->options);
    quote(prefix, s->prefix);
    return srnn_error__fail(
        SRNN_ERROR_NOT_FOUND,
        "tensor %s is missing under the prefix %s: %s "
        "with%s bias has %" PRId64 " parameters, the file %" PRId64,
        name, prefix, owner, s->options.bias ? "" : "out", count, s->found);
}

static srnn_status check_size(const char *what, int64_t size)
{
    if (size < 1 || size > SRNN_MAX_SIZE)
        return srnn_error__fail(
            size < 1 ? SRNN_ERROR_SHAPE : SRNN_ERROR_OVERFLOW,
            "%s is %" PRId64 " in the file, expected 1 to %d", what, size,
            SRNN_MAX_SIZE);
    return SRNN_OK;
}

/* [gates*H,H]: the usual reason why weight_hh is not square. */
static bool is_gated(const srnn_weights__entry *hh, int64_t gates)
{
    return hh->shape[0] % gates == 0 && hh->shape[0] / gates == hh->shape[1];
}

static srnn_status fail_not_square(const srnn_weights__entry *hh)
{
    const srnn_dimension wanted[] = {{"hidden_size", hh->shape[1]},
                                     {"hidden_size", hh->shape[1]}};
    char name[NAME_ROOM];
    quote(name, hh->name);
    return srnn_shape__fail(name, hh->rank, hh->shape,
                            is_gated(hh, 4)   ? "an rnn (is this an LSTM?)"
                            : is_gated(hh, 3) ? "an rnn (is this a GRU?)"
                                              : "an rnn",
                            2, wanted);
}

static srnn_status fail_no_matrix(const srnn_weights__entry *entry,
                                  const char *columns)
{
    const srnn_dimension wanted[] = {{"hidden_size", SRNN_ANY_SIZE},
                                     {columns, SRNN_ANY_SIZE}};
    char name[NAME_ROOM];
    quote(name, entry->name);
    return srnn_shape__fail(name, entry->rank, entry->shape, "an rnn", 2,
                            wanted);
}

/* I and H, from the two weights of the first cell. */
static srnn_status note_sizes(survey *s)
{
    const srnn_weights__entry *const ih =
        find(s, (srnn_parameter_id){SRNN_PARAMETER_WEIGHT_IH, 0, 0});
    const srnn_weights__entry *const hh =
        find(s, (srnn_parameter_id){SRNN_PARAMETER_WEIGHT_HH, 0, 0});
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

static srnn_status check_shapes(const survey *s)
{
    for (int64_t i = 0; i < s->found; i++) {
        const srnn_parameter_id id = srnn_parameter_id__at(&s->options, i);
        const srnn_weights__entry *const entry = find(s, id);
        srnn_dimension wanted[2];
        const int32_t rank = srnn_parameter_id__shape(wanted, &s->options, id);
        if (srnn_shape__matches(entry->rank, entry->shape, rank, wanted))
            continue;
        char name[NAME_ROOM];
        char owner[80];
        srnn_text text = {owner, sizeof owner, 0};
        quote(name, entry->name);
        srnn_options__append(&text, &s->options);
        return srnn_shape__fail(name, entry->rank, entry->shape, owner, rank,
                                wanted);
    }
    return SRNN_OK;
}

static srnn_status note_metadata(int64_t *value, const survey *s,
                                 const srnn_stated *stated)
{
    const char *const text = srnn_weights__note_text(s->weights, stated->key);
    if (text == NULL)
        return SRNN_OK;
    for (int i = 0; i < 2; i++) {
        if (strcmp(text, stated->words[i]) == 0) {
            *value = stated->values[i];
            return SRNN_OK;
        }
    }
    char quoted[NAME_ROOM];
    quote(quoted, text);
    return srnn_error__fail(SRNN_ERROR_FORMAT,
                            "the file's metadata says %s is %s, expected "
                            "\"%s\" or \"%s\"",
                            stated->key, quoted, stated->words[0],
                            stated->words[1]);
}

/* The config where it is given, else the metadata, else what is there. */
static srnn_status note_option(int64_t *value, const survey *s,
                               const srnn_stated *stated,
                               const srnn_options *wanted, int64_t given)
{
    if (!srnn_options__has(wanted, stated->option))
        return note_metadata(value, s, stated);
    *value = given;
    return SRNN_OK;
}

static srnn_status note_options(survey *s, const srnn_options *wanted)
{
    SRNN_TRY(note_option(&s->options.nonlinearity, s,
                         &srnn_stated__nonlinearity, wanted,
                         wanted->nonlinearity));
    SRNN_TRY(note_option(&s->options.batch_first, s, &srnn_stated__batch_first,
                         wanted, wanted->batch_first));
    if (srnn_options__has(wanted, SRNN_OPTION_DTYPE))
        s->options.dtype = wanted->dtype;
    s->options.dropout = wanted->dropout;
    return SRNN_OK;
}

static srnn_status check_wanted(const srnn_options *file,
                                const srnn_options *wanted)
{
    const struct {
        srnn_option option;
        const char *name;
        int64_t file;
        int64_t wanted;
    } sizes[] = {
        {SRNN_OPTION_INPUT_SIZE, "input_size", file->input_size,
         wanted->input_size},
        {SRNN_OPTION_HIDDEN_SIZE, "hidden_size", file->hidden_size,
         wanted->hidden_size},
        {SRNN_OPTION_NUM_LAYERS, "num_layers", file->num_layers,
         wanted->num_layers},
        {SRNN_OPTION_BIDIRECTIONAL, "bidirectional", file->bidirectional,
         wanted->bidirectional},
        {SRNN_OPTION_BIAS, "bias", file->bias, wanted->bias},
    };
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++)
        if (srnn_options__has(wanted, sizes[i].option) &&
            sizes[i].file != sizes[i].wanted)
            return srnn_error__fail(
                SRNN_ERROR_SHAPE,
                "%s is %" PRId64 " in the file, the config says %" PRId64,
                sizes[i].name, sizes[i].file, sizes[i].wanted);
    return SRNN_OK;
}

static srnn_status read_parameter(const srnn_rnn *rnn, const survey *s,
                                  int64_t index)
{
    const srnn_tensor target = srnn_rnn__parameter(rnn, index);
    return srnn_weights__read(
        target.data, target.dtype, s->weights,
        find(s, srnn_parameter_id__at(&s->options, index)));
}

static srnn_status read_parameters(srnn_rnn **out, const survey *s)
{
    srnn_rnn *rnn = NULL;
    SRNN_TRY(srnn_rnn__create(&rnn, &s->options));
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

srnn_status srnn_weights__read_rnn(srnn_rnn **out, const srnn_weights *weights,
                                   const char *prefix,
                                   const srnn_options *wanted)
{
    survey s = {
        weights,
        prefix,
        {.nonlinearity = SRNN_NONLINEARITY_TANH, .dtype = SRNN_DTYPE_FLOAT32},
        0};
    SRNN_TRY(note_names(&s));
    SRNN_TRY(check_complete(&s));
    SRNN_TRY(note_sizes(&s));
    SRNN_TRY(check_shapes(&s));
    SRNN_TRY(note_options(&s, wanted));
    SRNN_TRY(check_wanted(&s.options, wanted));
    return read_parameters(out, &s);
}
