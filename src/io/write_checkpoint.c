/* SPDX-License-Identifier: MIT */
/* Gathers the state of an optimizer under its names. */
#include <math.h>
#include <string.h>

#include "io/checkpoint.h"
#include "io/decimal.h"
#include "io/metadata.h"
#include "io/notes.h"
#include "io/write.h"
#include "util/error.h"
#include "util/memory.h"

char *srnn_checkpoint__format(char *name, const char *what,
                              const srnn_optimizer_group *group, int64_t index)
{
    char *end = name;
    *end = '\0';
    if (what != NULL)
        end = stpcpy(stpcpy(end, SRNN_WEIGHTS_STATE), what);
    if (what != NULL && group != NULL)
        end = stpcpy(end, ".");
    if (group != NULL)
        end = stpcpy(stpcpy(end, group->prefix),
                     srnn_gradients__name(group->gradients, index));
    return end;
}

/* The name as a text of the contents. */
static srnn_joined take_name(srnn_contents *contents, const char *what,
                             const srnn_optimizer_group *group, int64_t index)
{
    const srnn_joined name = {"", contents->texts};
    contents->texts =
        srnn_checkpoint__format(contents->texts, what, group, index) + 1;
    return name;
}

static const char *take_number(srnn_contents *contents, double value)
{
    char *const text = contents->texts;
    *text = '-';
    srnn_decimal__format(text + (signbit(value) != 0), fabs(value));
    contents->texts += strlen(text) + 1;
    return text;
}

/* Of a group, or those that a new one gets. */
static void add_options(srnn_contents *contents,
                        const srnn_optimizer *optimizer,
                        const srnn_optimizer_group *group)
{
    const srnn_optimizer_options *const options =
        group == NULL ? &optimizer->options : &group->options;
    for (srnn_optimizer_option option = SRNN_OPTIMIZER_LEARNING_RATE;
         option <= SRNN_OPTIMIZER_CENTERED; option++) {
        const srnn_optimizer_option_row *const row =
            srnn_optimizer__option_row(option);
        const double value = options->of[srnn_optimizer__at(option)];
        if (!srnn_optimizer__has(optimizer->kind, option))
            continue;
        const srnn_joined key = take_name(contents, row->name, group, 0);
        srnn_contents__add_note(contents, key,
                                !row->is_integer ? take_number(contents, value)
                                : value != 0     ? "1"
                                                 : "0");
    }
}

static void add_int64(srnn_contents *contents, srnn_joined name,
                      const int64_t *value)
{
    const srnn_tensor tensor =
        srnn_tensor__contiguous((void *)value, SRNN_DTYPE_INT64, 0, NULL);
    srnn_contents__add(contents, name, &tensor);
}

/* Its value and its state. */
static void add_parameter(srnn_contents *contents,
                          const srnn_optimizer *optimizer,
                          const srnn_optimizer_group *group, int64_t index)
{
    const srnn_optimizer_kind_row *const row =
        srnn_optimizer__kind_row(optimizer->kind);
    const srnn_owner *const owner = &group->gradients->owner;
    srnn_tensor tensor = owner->functions->parameter(owner->object, index);
    const int64_t offset = srnn_checkpoint__offset(owner, &tensor);
    srnn_contents__add(contents, take_name(contents, NULL, group, index),
                       &tensor);
    for (int64_t i = 0; i < row->moments; i++) {
        tensor.data = (char *)group->moments[i] + offset;
        srnn_contents__add(
            contents, take_name(contents, row->moment_names[i], group, index),
            &tensor);
    }
    add_int64(contents, take_name(contents, "step", group, index),
              &group->counts[index]);
}

static void add_group(srnn_contents *contents, const srnn_optimizer *optimizer,
                      const srnn_optimizer_group *group)
{
    const srnn_rnn *const rnn = srnn_owner__rnn(&group->gradients->owner);
    for (int i = 0; rnn != NULL && i < SRNN_METADATA_OPTIONS; i++)
        srnn_notes__add_option(contents, rnn, group->prefix,
                               srnn_metadata__options[i]);
    add_options(contents, optimizer, group);
    for (int64_t i = 0; i < group->gradients->owner.count; i++)
        add_parameter(contents, optimizer, group, i);
}

static srnn_contents_room measure(const srnn_checkpoint *checkpoint)
{
    enum { NUMBERS = SRNN_OPTIMIZER_OPTIONS + 1 }; /* and dropout */
    const char *const *const metadata = checkpoint->metadata;
    srnn_contents_room room = {.tensors = 1 + checkpoint->count,
                               .notes = 2 + SRNN_OPTIMIZER_OPTIONS,
                               .text_bytes = (int64_t)SRNN_CHECKPOINT_NAME *
                                             (3 + SRNN_OPTIMIZER_OPTIONS)};
    for (const srnn_optimizer_group *group = checkpoint->optimizer->first;
         group != NULL; group = group->next) {
        const int64_t count = group->gradients->owner.count;
        const int64_t tensors = count * (2 + SRNN_OPTIMIZER_MOMENTS);
        room.tensors += tensors;
        room.notes += SRNN_OPTIMIZER_OPTIONS + SRNN_METADATA_OPTIONS;
        room.text_bytes +=
            (tensors + NUMBERS) *
            (SRNN_CHECKPOINT_NAME + (int64_t)strlen(group->prefix));
    }
    for (int64_t i = 0; metadata != NULL && metadata[i] != NULL; i += 2)
        room.notes++;
    return room;
}

/* A checkpoint, and its tensors without gaps. */
typedef struct {
    const srnn_checkpoint *checkpoint;
    srnn_tensor *packed;
} job;

/* See srnn_write_gather. */
static srnn_status gather(srnn_contents **out, const void *from,
                          const srnn_weights *old)
{
    const job *const j = from;
    const srnn_checkpoint *const checkpoint = j->checkpoint;
    const srnn_optimizer *const optimizer = checkpoint->optimizer;
    SRNN_TRY(srnn_contents__create(out, old, measure(checkpoint)));
    add_int64(*out, take_name(*out, "steps", NULL, 0), &optimizer->steps);
    srnn_contents__add_note(*out, take_name(*out, "kind", NULL, 0),
                            srnn_optimizer__kind_row(optimizer->kind)->name);
    srnn_contents__add_note(*out, take_name(*out, "check_finite", NULL, 0),
                            optimizer->check_finite ? "1" : "0");
    add_options(*out, optimizer, NULL);
    for (const srnn_optimizer_group *group = optimizer->first; group != NULL;
         group = group->next)
        add_group(*out, optimizer, group);
    for (int64_t i = 0; i < checkpoint->count; i++)
        srnn_contents__add(*out, (srnn_joined){"", checkpoint->names[i]},
                           &j->packed[i]);
    srnn_contents__add_metadata(*out, checkpoint->metadata);
    return SRNN_OK;
}

/* The tensor itself if it is contiguous, else room for a copy that is. */
static srnn_tensor take_contiguous(srnn_arena *arena, const srnn_tensor *tensor)
{
    const srnn_tensor contiguous = srnn_tensor__contiguous(
        tensor->data, tensor->dtype, tensor->rank, tensor->shape);
    return srnn_tensor__same_layout(tensor, &contiguous)
               ? contiguous
               : srnn_tensor__take(arena, tensor->dtype, tensor->rank,
                                   tensor->shape);
}

/* See srnn_arena. */
static void lay_out(job *j, srnn_arena *arena)
{
    const int64_t count = j->checkpoint->count;
    j->packed = srnn_arena__take(arena, count, (int64_t)sizeof *j->packed);
    for (int64_t i = 0; i < count; i++) {
        const srnn_tensor packed =
            take_contiguous(arena, j->checkpoint->tensors[i]);
        if (j->packed != NULL)
            j->packed[i] = packed;
    }
}

srnn_status srnn_checkpoint__write(const char *path,
                                   const srnn_checkpoint *checkpoint)
{
    job j = {checkpoint, NULL};
    void *memory = NULL;
    srnn_arena arena = {NULL, 0, 0, false};
    lay_out(&j, &arena);
    SRNN_TRY(srnn_arena__check(&arena, "copies of the tensors"));
    SRNN_TRY(srnn_memory__create(&memory, arena.used));
    arena = (srnn_arena){memory, arena.used, 0, false};
    lay_out(&j, &arena);
    for (int64_t i = 0; i < checkpoint->count; i++)
        if (j.packed[i].data != checkpoint->tensors[i]->data)
            srnn_tensor__copy(&j.packed[i], checkpoint->tensors[i]);
    const srnn_status status = srnn_write__to_path(path, false, gather, &j);
    srnn_memory__destroy(memory);
    return status;
}
