/* SPDX-License-Identifier: MIT */
/* Options, the caller's metadata, what stays, and what others need. */
#include "io/notes.h"

#include <string.h>

#include "io/metadata.h"

/* Does the new file have a text for all of its rnns? */
static bool has_common_text(const srnn_notes_rnn *saved,
                            const srnn_weights *old, const char *key)
{
    const char *const *const metadata = saved->metadata;
    if (*saved->prefix == '\0')
        return false; /* it is this rnn's own, and goes */
    for (int64_t i = 0; metadata != NULL && metadata[i] != NULL; i += 2)
        if (strcmp(metadata[i], key) == 0)
            return true;
    return old != NULL && srnn_weights__find_key(old, "", key) >= 0;
}

/* What was assumed when the rnn was read stays an assumption, or a network that
 * was read wrongly once would state it for ever. */
static bool is_assumed(const srnn_notes_rnn *saved, const srnn_weights *old,
                       srnn_option option)
{
    const srnn_options *const options = &saved->rnn->options;
    const bool is_read = options->by_file != 0;
    const bool is_stated =
        ((options->by_file | options->by_caller) >> option & 1u) != 0;
    return is_read && !is_stated &&
           !has_common_text(saved, old, srnn_option__name(option));
}

void srnn_notes__add_option(srnn_contents *contents, const srnn_rnn *rnn,
                            const char *prefix, srnn_option option)
{
    const srnn_joined key = {prefix, srnn_option__name(option)};
    const char *const text =
        srnn_metadata__text(&rnn->options, option, contents->texts);
    if (text == contents->texts)
        contents->texts += SRNN_DECIMAL_SIZE;
    srnn_contents__add_note(contents, key, text);
}

static void add_own(srnn_contents *contents, const srnn_notes_rnn *saved,
                    srnn_option option)
{
    if (!is_assumed(saved, contents->old, option))
        srnn_notes__add_option(contents, saved->rnn, saved->prefix, option);
}

/* Where the names do not tell; and under a prefix always, or a text for all
 * rnns of the file, now or later, would count for this one. */
static bool must_state_direction(const srnn_notes_rnn *saved)
{
    return *saved->prefix != '\0' ||
           (saved->rnn->has_cell_names &&
            !srnn_options__is_forward(&saved->rnn->options));
}

static void add_old_notes(srnn_contents *contents, const char *prefix)
{
    const srnn_weights *const old = contents->old;
    const int64_t count = contents->note_count;
    for (int64_t i = 0; i < old->note_count; i++) {
        const srnn_joined key = {"", srnn_weights__key(old, i)};
        if (!srnn_metadata__is_own(prefix, key.name) &&
            srnn_contents__find_note(contents, count, key) == NULL)
            srnn_contents__add_note(contents, key,
                                    srnn_weights__text(key.name));
    }
}

/* An rnn or a cell of the old file that is not saved now. */
typedef struct {
    const char *prefix;
    srnn_direction direction; /* that its names tell */
} other;

static const srnn_weights_entry *
find_first(const srnn_weights *weights, const char *prefix, int64_t direction)
{
    char name[SRNN_PARAMETER_NAME_SIZE];
    srnn_parameter_id__format(
        name, (srnn_parameter_id){SRNN_PARAMETER_WEIGHT_IH, 0, direction});
    return srnn_weights__entry(weights,
                               srnn_weights__find(weights, prefix, name));
}

/* False if another name has told of it. */
static bool take_names(other *o, const srnn_weights *weights,
                       const srnn_weights_entry *entry)
{
    const srnn_weights_entry *const forward = find_first(weights, o->prefix, 0);
    const srnn_weights_entry *const reverse = find_first(weights, o->prefix, 1);
    o->direction = reverse == NULL   ? SRNN_DIRECTION_FORWARD
                   : forward == NULL ? SRNN_DIRECTION_REVERSE
                                     : SRNN_DIRECTION_BIDIRECTIONAL;
    return entry == forward || (forward == NULL && entry == reverse) ||
           (forward == NULL && reverse == NULL);
}

/* Gives it a text of its own if the one for all would mean something else than
 * before. */
static void keep_option(srnn_contents *contents, int64_t count, const other *o,
                        srnn_option option)
{
    const srnn_weights *const old = contents->old;
    const char *const key = srnn_option__name(option);
    const srnn_joined own = {o->prefix, key};
    const int64_t place = srnn_weights__find_key(old, "", key);
    const srnn_contents_note *const new_note =
        srnn_contents__find_note(contents, count, (srnn_joined){"", key});
    const char *const before =
        place < 0 ? NULL : srnn_weights__text(srnn_weights__key(old, place));
    const char *const after = new_note == NULL ? NULL : new_note->text;
    if (srnn_contents__find_note(contents, count, own) == NULL &&
        !srnn_metadata__is_alike(option, o->direction, before, after))
        srnn_contents__add_note(
            contents, own,
            before != NULL ? before
                           : srnn_metadata__assumed(option, o->direction));
}

static void keep_others(srnn_contents *contents, const char *saved)
{
    const srnn_weights *const old = contents->old;
    const int64_t count = contents->note_count;
    for (int64_t i = 0; i < old->count; i++) {
        const char *const name = srnn_weights__name(old, i);
        const int64_t length = srnn_parameter_id__prefix_length(name);
        char *const prefix = contents->texts;
        other o = {prefix, 0};
        if (length < 0)
            continue;
        memcpy(prefix, name, (size_t)length);
        prefix[length] = '\0';
        if (strcmp(prefix, saved) == 0 ||
            !take_names(&o, old, srnn_weights__entry(old, i)))
            continue;
        for (size_t j = 0; j < SRNN_METADATA_OPTIONS; j++)
            keep_option(contents, count, &o, srnn_metadata__options[j]);
        contents->texts += length + 1;
    }
}

void srnn_notes__add(srnn_contents *contents, const srnn_notes_rnn *saved)
{
    add_own(contents, saved, SRNN_OPTION_BATCH_FIRST);
    add_own(contents, saved, SRNN_OPTION_DROPOUT);
    add_own(contents, saved, SRNN_OPTION_NONLINEARITY);
    if (must_state_direction(saved))
        add_own(contents, saved, SRNN_OPTION_DIRECTION);
    srnn_contents__add_metadata(contents, saved->metadata);
    if (contents->old == NULL)
        return;
    srnn_contents__sort_notes(contents);
    add_old_notes(contents, saved->prefix);
    srnn_contents__sort_notes(contents);
    keep_others(contents, saved->prefix);
}

void srnn_notes__measure(srnn_contents_room *room, const srnn_notes_rnn *saved,
                         const srnn_weights *old)
{
    const char *const *const metadata = saved->metadata;
    room->notes += SRNN_METADATA_OPTIONS;
    room->text_bytes += SRNN_DECIMAL_SIZE;
    for (int64_t i = 0; metadata != NULL && metadata[i] != NULL; i += 2)
        room->notes++;
    for (int64_t i = 0; old != NULL && i < old->count; i++) {
        const int64_t length =
            srnn_parameter_id__prefix_length(srnn_weights__name(old, i));
        room->notes += length < 0 ? 0 : SRNN_METADATA_OPTIONS;
        room->text_bytes += length + 1;
    }
}
