/* SPDX-License-Identifier: MIT */
/* Options, the caller's metadata, what stays, and what others need. */
#include "io/notes.h"

#include <stdlib.h>
#include <string.h>

#include "io/metadata.h"

static void add_note(srnn_contents *contents, srnn_joined key, const char *text)
{
    contents->notes[contents->note_count++] = (srnn_contents_note){key, text};
}

/* Does the new file have a text for all of its rnns? */
static bool has_common_text(const srnn_contents_sources *sources,
                            const char *key)
{
    const srnn_weights *const old = sources->old;
    const char *const *const metadata = sources->metadata;
    if (*sources->prefix == '\0')
        return false; /* it is this rnn's own, and goes */
    for (int64_t i = 0; metadata != NULL && metadata[i] != NULL; i += 2)
        if (strcmp(metadata[i], key) == 0)
            return true;
    return old != NULL && srnn_weights__find_note(old, "", key) != NULL;
}

/* What was assumed when the rnn was read stays an assumption, or a network that
 * was read wrongly once would state it for ever. */
static bool is_assumed(const srnn_contents_sources *sources, srnn_option option)
{
    const srnn_options *const options = &sources->rnn->options;
    const bool is_read = options->by_file != 0;
    const bool is_stated =
        ((options->by_file | options->by_caller) >> option & 1u) != 0;
    return is_read && !is_stated &&
           !has_common_text(sources, srnn_option__name(option));
}

static void add_option(srnn_contents *contents,
                       const srnn_contents_sources *sources, srnn_option option)
{
    if (is_assumed(sources, option))
        return;
    add_note(
        contents, (srnn_joined){sources->prefix, srnn_option__name(option)},
        srnn_metadata__text(&sources->rnn->options, option, contents->number));
}

/* Where the names do not tell; and under a prefix always, or a text for all
 * rnns of the file, now or later, would count for this one. */
static bool must_state_direction(const srnn_contents_sources *sources)
{
    return *sources->prefix != '\0' ||
           (sources->rnn->has_cell_names &&
            !srnn_options__is_forward(&sources->rnn->options));
}

static int by_key(const void *a, const void *b)
{
    return srnn_joined__compare(((const srnn_contents_note *)a)->key,
                                ((const srnn_contents_note *)b)->key);
}

static void sort_notes(srnn_contents *contents)
{
    qsort(contents->notes, (size_t)contents->note_count,
          sizeof *contents->notes, by_key);
}

/* Among the first notes, which are sorted. */
static const srnn_contents_note *find(const srnn_contents *contents,
                                      int64_t count, srnn_joined key)
{
    const srnn_contents_note wanted = {key, NULL};
    return bsearch(&wanted, contents->notes, (size_t)count, sizeof wanted,
                   by_key);
}

static void add_old_notes(srnn_contents *contents,
                          const srnn_contents_sources *sources)
{
    const int64_t count = contents->note_count;
    const int64_t old = sources->old == NULL ? 0 : sources->old->note_count;
    for (int64_t i = 0; i < old; i++) {
        const srnn_weights_note *const from = &sources->old->notes[i];
        const srnn_joined key = {"", from->key};
        if (!srnn_metadata__is_own(sources->prefix, from->key) &&
            find(contents, count, key) == NULL)
            add_note(contents, key, from->text);
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
    return srnn_weights__find(weights, prefix, name);
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
static void keep_option(srnn_contents *contents, int64_t count,
                        const srnn_weights *old, const other *o,
                        srnn_option option)
{
    const char *const key = srnn_option__name(option);
    const srnn_joined own = {o->prefix, key};
    const srnn_weights_note *const old_note =
        srnn_weights__find_note(old, "", key);
    const srnn_contents_note *const new_note =
        find(contents, count, (srnn_joined){"", key});
    const char *const before = old_note == NULL ? NULL : old_note->text;
    const char *const after = new_note == NULL ? NULL : new_note->text;
    if (find(contents, count, own) == NULL &&
        !srnn_metadata__is_alike(option, o->direction, before, after))
        add_note(contents, own,
                 before != NULL ? before
                                : srnn_metadata__assumed(option, o->direction));
}

static void keep_others(srnn_contents *contents,
                        const srnn_contents_sources *sources)
{
    const srnn_weights *const old = sources->old;
    const int64_t count = contents->note_count;
    char *prefix = contents->prefixes;
    for (int64_t i = 0; i < old->count; i++) {
        const srnn_weights_entry *const entry = &old->entries[i];
        const int64_t length = srnn_parameter_id__prefix_length(entry->name);
        other o = {prefix, 0};
        if (length < 0)
            continue;
        memcpy(prefix, entry->name, (size_t)length);
        prefix[length] = '\0';
        if (strcmp(prefix, sources->prefix) == 0 || !take_names(&o, old, entry))
            continue;
        for (size_t j = 0; j < SRNN_METADATA_OPTIONS; j++)
            keep_option(contents, count, old, &o, srnn_metadata__options[j]);
        prefix += length + 1;
    }
}

void srnn_notes__add(srnn_contents *contents,
                     const srnn_contents_sources *sources)
{
    const char *const *const metadata = sources->metadata;
    add_option(contents, sources, SRNN_OPTION_BATCH_FIRST);
    add_option(contents, sources, SRNN_OPTION_DROPOUT);
    add_option(contents, sources, SRNN_OPTION_NONLINEARITY);
    if (must_state_direction(sources))
        add_option(contents, sources, SRNN_OPTION_DIRECTION);
    for (int64_t i = 0; metadata != NULL && metadata[i] != NULL; i += 2)
        add_note(contents, (srnn_joined){"", metadata[i]}, metadata[i + 1]);
    sort_notes(contents);
    add_old_notes(contents, sources);
    sort_notes(contents);
    if (sources->old != NULL)
        keep_others(contents, sources);
    sort_notes(contents);
}

void srnn_notes__lay_out(srnn_contents *contents, srnn_arena *arena,
                         const srnn_contents_sources *sources)
{
    const srnn_weights *const old = sources->old;
    int64_t count = SRNN_METADATA_OPTIONS;
    int64_t bytes = 0; /* of the prefixes of others */
    for (int64_t i = 0;
         sources->metadata != NULL && sources->metadata[i] != NULL; i += 2)
        count++;
    for (int64_t i = 0; old != NULL && i < old->count; i++) {
        const int64_t length =
            srnn_parameter_id__prefix_length(old->entries[i].name);
        count += length < 0 ? 0 : SRNN_METADATA_OPTIONS;
        bytes += length + 1;
    }
    count += old == NULL ? 0 : old->note_count;
    srnn_contents_note *const notes =
        srnn_arena__take(arena, count, (int64_t)sizeof *notes);
    char *const prefixes = srnn_arena__take(arena, bytes, 1);
    if (contents == NULL)
        return;
    contents->notes = notes;
    contents->prefixes = prefixes;
}
