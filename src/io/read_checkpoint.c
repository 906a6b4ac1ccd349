/* SPDX-License-Identifier: MIT */
/* Reads and checks everything into memory of its own, and only then touches the
 * optimizer and its parameters. */
#include <inttypes.h>
#include <string.h>

#include "io/checkpoint.h"
#include "io/decimal.h"
#include "util/error.h"
#include "util/memory.h"
#include "util/plain.h"
#include "util/text.h"

/* What a group is to get. */
typedef struct {
    srnn_optimizer_options options;
    void *values; /* [P] */
    void *moments[SRNN_OPTIMIZER_MOMENTS];
    int64_t *counts;
} new_group;

typedef struct {
    srnn_optimizer *optimizer;
    const srnn_weights *weights;
    char *name;           /* of what is looked up now */
    bool *is_tensor_used; /* by index in weights */
    bool *is_note_used;
    int64_t steps;
    int64_t check_finite;
    srnn_optimizer_options options;
    new_group *groups; /* as many as the optimizer has */
} job;

/* More than any training makes. From there, counts can still grow. */
#define MAX_STEPS ((int64_t)1 << 53)

static srnn_status fail_missing(const job *j, const char *what)
{
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote(quoted, j->name);
    return srnn_error__fail(SRNN_ERROR_NOT_FOUND,
                            "the checkpoint has no %s %s, which the optimizer "
                            "needs",
                            what, quoted);
}

static srnn_status fail_text(const job *j, srnn_status status, const char *text,
                             const char *expected)
{
    char key[SRNN_QUOTED_SIZE];
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote(key, j->name);
    srnn_text__quote(quoted, text);
    return srnn_error__fail(status, "the metadata %s is %s, expected %s", key,
                            quoted, expected);
}

/* The text of the key in j->name; NULL if there is none. */
static const char *find_text(const job *j)
{
    const int64_t place = srnn_weights__find_key(j->weights, "", j->name);
    if (place < 0)
        return NULL;
    j->is_note_used[place] = true;
    return srnn_weights__text(srnn_weights__key(j->weights, place));
}

static srnn_status read_number(double *out, const job *j,
                               const srnn_optimizer_option_row *row)
{
    const char *const text = find_text(j);
    double value = 0;
    if (text == NULL)
        return fail_missing(j, "metadata");
    const bool is_negative = *text == '-';
    if (!srnn_decimal__parse(&value, text + is_negative))
        return fail_text(j, SRNN_ERROR_FORMAT, text, row->range);
    *out = srnn_plain__number(is_negative ? -value : value);
    if (!(*out >= row->minimum && *out <= row->maximum) ||
        (row->is_integer && *out != (int)*out))
        return fail_text(j, SRNN_ERROR_RANGE, text, row->range);
    return SRNN_OK;
}

/* Of a group, or those that a new one gets. */
static srnn_status read_options(srnn_optimizer_options *options, const job *j,
                                const srnn_optimizer_group *group)
{
    for (srnn_optimizer_option option = SRNN_OPTIMIZER_LEARNING_RATE;
         option <= SRNN_OPTIMIZER_CENTERED; option++) {
        const srnn_optimizer_option_row *const row =
            srnn_optimizer__option_row(option);
        if (!srnn_optimizer__has(j->optimizer->kind, option))
            continue;
        (void)srnn_checkpoint__format(j->name, row->name, group, 0);
        SRNN_TRY(read_number(&options->of[srnn_optimizer__at(option)], j, row));
    }
    return SRNN_OK;
}

static srnn_status fail_shape(const char *name, const srnn_weights_entry *entry,
                              const srnn_tensor *wanted)
{
    char buffer[400];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text__append_shape(&text, entry->rank, entry->shape);
    srnn_text__append(&text, "; the optimizer needs ");
    srnn_text__append_shape(&text, wanted->rank, wanted->shape);
    return srnn_error__fail(SRNN_ERROR_SHAPE, "tensor %s is %s", name, buffer);
}

static srnn_status check_tensor(const srnn_weights_entry *entry,
                                const srnn_tensor *wanted)
{
    const srnn_element_type *const type = srnn_weights__type_of(wanted->dtype);
    char name[SRNN_QUOTED_SIZE];
    srnn_text__quote(name, srnn_weights__name_of(entry));
    if (entry->type != type)
        return srnn_error__fail(SRNN_ERROR_DTYPE,
                                "tensor %s is %s; the optimizer needs %s", name,
                                entry->type->name, type->name);
    if (entry->rank != wanted->rank ||
        memcmp(entry->shape, wanted->shape,
               (size_t)wanted->rank * sizeof *wanted->shape) != 0)
        return fail_shape(name, entry, wanted);
    return SRNN_OK;
}

/* The tensor in j->name into the memory, dtype and shape of target. */
static srnn_status read_tensor(const job *j, const srnn_tensor *target)
{
    const int64_t place = srnn_weights__find(j->weights, "", j->name);
    if (place < 0)
        return fail_missing(j, "tensor");
    const srnn_weights_entry *const entry =
        srnn_weights__entry(j->weights, place);
    SRNN_TRY(check_tensor(entry, target));
    j->is_tensor_used[place] = true;
    return srnn_weights__read(target->data, target->dtype, j->weights, entry);
}

/* The count in j->name, which is at most maximum. */
static srnn_status read_count(int64_t *out, const job *j, int64_t maximum)
{
    char name[SRNN_QUOTED_SIZE];
    const srnn_tensor target =
        srnn_tensor__contiguous(out, SRNN_DTYPE_INT64, 0, NULL);
    SRNN_TRY(read_tensor(j, &target));
    if (*out >= 0 && *out <= maximum)
        return SRNN_OK;
    srnn_text__quote(name, j->name);
    return srnn_error__fail(SRNN_ERROR_RANGE,
                            "tensor %s is %" PRId64 ", expected 0 to %" PRId64,
                            name, *out, maximum);
}

/* Its value and its state. */
static srnn_status read_parameter(const job *j, const new_group *to,
                                  const srnn_optimizer_group *group,
                                  int64_t index)
{
    const srnn_optimizer_kind_row *const row =
        srnn_optimizer__kind_row(j->optimizer->kind);
    const srnn_owner *const owner = &group->gradients->owner;
    srnn_tensor tensor = owner->functions->parameter(owner->object, index);
    const int64_t offset = srnn_checkpoint__offset(owner, &tensor);
    tensor.data = (char *)to->values + offset;
    (void)srnn_checkpoint__format(j->name, NULL, group, index);
    SRNN_TRY(read_tensor(j, &tensor));
    for (int64_t i = 0; i < row->moments; i++) {
        tensor.data = (char *)to->moments[i] + offset;
        (void)srnn_checkpoint__format(j->name, row->moment_names[i], group,
                                      index);
        SRNN_TRY(read_tensor(j, &tensor));
    }
    (void)srnn_checkpoint__format(j->name, "step", group, index);
    return read_count(&to->counts[index], j, j->steps);
}

/* The names of parameters tell all of an rnn but this. */
static srnn_status check_nonlinearity(const job *j, const srnn_rnn *rnn,
                                      const char *prefix)
{
    const char *const key = srnn_option__name(SRNN_OPTION_NONLINEARITY);
    const char *const own =
        srnn_option__word(SRNN_OPTION_NONLINEARITY, rnn->options.nonlinearity);
    (void)stpcpy(stpcpy(j->name, prefix), key);
    const char *const text = find_text(j);
    if (text == NULL)
        return fail_missing(j, "metadata");
    return strcmp(text, own) == 0 ? SRNN_OK
                                  : fail_text(j, SRNN_ERROR_STATE, text, own);
}

static srnn_status read_group(const job *j, new_group *to,
                              const srnn_optimizer_group *group)
{
    const srnn_rnn *const rnn = srnn_owner__rnn(&group->gradients->owner);
    if (rnn != NULL)
        SRNN_TRY(check_nonlinearity(j, rnn, group->prefix));
    SRNN_TRY(read_options(&to->options, j, group));
    for (int64_t i = 0; i < group->gradients->owner.count; i++)
        SRNN_TRY(read_parameter(j, to, group, i));
    return SRNN_OK;
}

static srnn_status check_kind(const job *j)
{
    const char *const kind = srnn_optimizer__kind_row(j->optimizer->kind)->name;
    (void)srnn_checkpoint__format(j->name, "kind", NULL, 0);
    const char *const text = find_text(j);
    if (text == NULL)
        return srnn_error__fail(SRNN_ERROR_NOT_FOUND,
                                "the file is no checkpoint: it has no metadata "
                                "\"%s\", which srnn_optimizer_save writes",
                                j->name);
    return strcmp(text, kind) == 0 ? SRNN_OK
                                   : fail_text(j, SRNN_ERROR_STATE, text, kind);
}

/* State that the optimizer has no place for would be lost. */
static srnn_status check_rest(const job *j)
{
    char name[SRNN_QUOTED_SIZE];
    const char *rest = NULL;
    for (int64_t i = 0; i < j->weights->note_count; i++)
        if (!j->is_note_used[i] &&
            srnn_weights__is_state(srnn_weights__key(j->weights, i)))
            rest = srnn_weights__key(j->weights, i);
    for (int64_t i = 0; i < j->weights->count; i++)
        if (!j->is_tensor_used[i] &&
            srnn_weights__is_state(srnn_weights__name(j->weights, i)))
            rest = srnn_weights__name(j->weights, i);
    if (rest == NULL)
        return SRNN_OK;
    srnn_text__quote(name, rest);
    return srnn_error__fail(SRNN_ERROR_STATE,
                            "the checkpoint has %s, but the optimizer has no "
                            "gradients that it belongs to",
                            name);
}

static srnn_status read_all(job *j)
{
    static const srnn_optimizer_option_row check_finite = {"check_finite", true,
                                                           0, 1, "0 or 1"};
    double number = 0;
    int64_t i = 0;
    SRNN_TRY(check_kind(j));
    (void)srnn_checkpoint__format(j->name, "steps", NULL, 0);
    SRNN_TRY(read_count(&j->steps, j, MAX_STEPS));
    (void)srnn_checkpoint__format(j->name, check_finite.name, NULL, 0);
    SRNN_TRY(read_number(&number, j, &check_finite));
    j->check_finite = number != 0;
    SRNN_TRY(read_options(&j->options, j, NULL));
    for (const srnn_optimizer_group *group = j->optimizer->first; group != NULL;
         group = group->next)
        SRNN_TRY(read_group(j, &j->groups[i++], group));
    return check_rest(j);
}

/* Takes what was read. */
static void set_group(srnn_optimizer_group *group, const new_group *from,
                      int64_t moments)
{
    const srnn_owner *const owner = &group->gradients->owner;
    const size_t bytes =
        (size_t)(owner->value_count * srnn_dtype__size(owner->dtype));
    group->options = from->options;
    memcpy(owner->values, from->values, bytes);
    owner->functions->update(owner->object);
    for (int64_t i = 0; i < moments; i++)
        memcpy(group->moments[i], from->moments[i], bytes);
    memcpy(group->counts, from->counts,
           (size_t)owner->count * sizeof *from->counts);
}

static srnn_status apply(const job *j)
{
    srnn_optimizer *const optimizer = j->optimizer;
    const new_group *from = j->groups;
    SRNN_TRY(srnn_optimizer__begin_write(optimizer));
    optimizer->steps = j->steps;
    optimizer->check_finite = j->check_finite;
    optimizer->options = j->options;
    for (srnn_optimizer_group *group = optimizer->first; group != NULL;
         group = group->next)
        set_group(group, from++,
                  srnn_optimizer__kind_row(optimizer->kind)->moments);
    srnn_optimizer__end_write(optimizer);
    return SRNN_OK;
}

/* The memory of a group; to is NULL while measuring. */
static void lay_out_group(new_group *to, srnn_arena *arena,
                          const srnn_owner *owner, int64_t moments)
{
    const int64_t size = srnn_dtype__size(owner->dtype);
    new_group group = {.values =
                           srnn_arena__take(arena, owner->value_count, size)};
    for (int64_t i = 0; i < moments; i++)
        group.moments[i] = srnn_arena__take(arena, owner->value_count, size);
    group.counts =
        srnn_arena__take(arena, owner->count, (int64_t)sizeof *group.counts);
    if (to != NULL)
        *to = group;
}

/* See srnn_arena. */
static void lay_out(job *j, srnn_arena *arena)
{
    const srnn_optimizer *const optimizer = j->optimizer;
    int64_t count = 0;
    size_t longest = 0; /* prefix */
    for (const srnn_optimizer_group *group = optimizer->first; group != NULL;
         group = group->next) {
        const size_t length = strlen(group->prefix);
        longest = length > longest ? length : longest;
        count++;
    }
    j->name =
        srnn_arena__take(arena, SRNN_CHECKPOINT_NAME + (int64_t)longest, 1);
    j->is_tensor_used = srnn_arena__take(arena, j->weights->count, 1);
    j->is_note_used = srnn_arena__take(arena, j->weights->note_count, 1);
    j->groups = srnn_arena__take(arena, count, (int64_t)sizeof *j->groups);
    count = 0;
    for (const srnn_optimizer_group *group = optimizer->first; group != NULL;
         group = group->next)
        lay_out_group(j->groups == NULL ? NULL : &j->groups[count++], arena,
                      &group->gradients->owner,
                      srnn_optimizer__kind_row(optimizer->kind)->moments);
}

srnn_status srnn_checkpoint__read(srnn_optimizer *optimizer,
                                  const srnn_weights *weights)
{
    job j = {.optimizer = optimizer, .weights = weights};
    void *memory = NULL;
    srnn_arena arena = {NULL, 0, 0, false};
    lay_out(&j, &arena);
    SRNN_TRY(srnn_arena__check(&arena, "the values of the checkpoint"));
    SRNN_TRY(srnn_memory__create(&memory, arena.used));
    arena = (srnn_arena){memory, arena.used, 0, false};
    lay_out(&j, &arena);
    srnn_status status = read_all(&j);
    if (status == SRNN_OK)
        status = apply(&j);
    srnn_memory__destroy(memory);
    return status;
}
