/* SPDX-License-Identifier: MIT */
/* One block of memory:
 *
 *     srnn_contents | tensors[] | notes[] | texts
 */
#include "io/contents.h"

#include <stdlib.h>
#include <string.h>

#include "tensor/dtype.h"
#include "util/checked.h"
#include "util/error.h"
#include "util/memory.h"

/* See srnn_arena: while measuring, *out is NULL. */
static void lay_out(srnn_contents **out, srnn_arena *arena,
                    const srnn_weights *old, srnn_contents_room room)
{
    srnn_contents *const contents =
        srnn_arena__take(arena, 1, (int64_t)sizeof *contents);
    srnn_contents_tensor *const tensors =
        srnn_arena__take(arena, room.tensors, (int64_t)sizeof *tensors);
    srnn_contents_note *const notes =
        srnn_arena__take(arena, room.notes, (int64_t)sizeof *notes);
    char *const texts = srnn_arena__take(arena, room.text_bytes, 1);
    *out = contents;
    if (contents == NULL)
        return;
    contents->old = old;
    contents->tensors = tensors;
    contents->notes = notes;
    contents->texts = texts;
}

srnn_status srnn_contents__create(srnn_contents **out, const srnn_weights *old,
                                  srnn_contents_room room)
{
    void *memory = NULL;
    srnn_arena arena = {NULL, 0, 0, false};
    if (old != NULL) {
        room.tensors += old->count;
        room.notes += old->note_count;
    }
    lay_out(out, &arena, old, room);
    SRNN_TRY(srnn_arena__check(&arena, "the new file's header"));
    SRNN_TRY(srnn_memory__create(&memory, arena.used));
    arena = (srnn_arena){memory, arena.used, 0, false};
    lay_out(out, &arena, old, room);
    return SRNN_OK;
}

void srnn_contents__destroy(srnn_contents *contents)
{
    srnn_memory__destroy(contents);
}

void srnn_contents__add(srnn_contents *contents, srnn_joined name,
                        const srnn_tensor *tensor)
{
    srnn_contents_tensor *const added =
        &contents->tensors[contents->tensor_count++];
    *added = (srnn_contents_tensor){
        .name = name,
        .type = srnn_weights__type_of(tensor->dtype),
        .rank = tensor->rank,
        .bytes = tensor->size * srnn_dtype__size(tensor->dtype),
        .values = tensor->data};
    memcpy(added->shape, tensor->shape, sizeof added->shape);
}

void srnn_contents__keep(srnn_contents *contents,
                         const srnn_weights_entry *entry)
{
    srnn_contents_tensor *const kept =
        &contents->tensors[contents->tensor_count++];
    *kept = (srnn_contents_tensor){.name = {"", srnn_weights__name_of(entry)},
                                   .type = entry->type,
                                   .rank = entry->rank,
                                   .bytes = srnn_weights__bytes(entry),
                                   .begin = entry->begin};
    memcpy(kept->shape, entry->shape,
           (size_t)entry->rank * sizeof *entry->shape);
}

void srnn_contents__add_note(srnn_contents *contents, srnn_joined key,
                             const char *text)
{
    contents->notes[contents->note_count++] = (srnn_contents_note){key, text};
}

void srnn_contents__add_metadata(srnn_contents *contents,
                                 const char *const *metadata)
{
    for (int64_t i = 0; metadata != NULL && metadata[i] != NULL; i += 2)
        srnn_contents__add_note(contents, (srnn_joined){"", metadata[i]},
                                metadata[i + 1]);
}

static int by_key(const void *a, const void *b)
{
    return srnn_joined__compare(((const srnn_contents_note *)a)->key,
                                ((const srnn_contents_note *)b)->key);
}

void srnn_contents__sort_notes(srnn_contents *contents)
{
    qsort(contents->notes, (size_t)contents->note_count,
          sizeof *contents->notes, by_key);
}

const srnn_contents_note *
srnn_contents__find_note(const srnn_contents *contents, int64_t count,
                         srnn_joined key)
{
    const srnn_contents_note wanted = {key, NULL};
    return bsearch(&wanted, contents->notes, (size_t)count, sizeof wanted,
                   by_key);
}

/* The address of a type is its place in the order of types. */
static int in_file(const void *a, const void *b)
{
    const srnn_contents_tensor *const left = a;
    const srnn_contents_tensor *const right = b;
    if (left->type != right->type)
        return left->type > right->type ? -1 : 1;
    return srnn_joined__compare(left->name, right->name);
}

srnn_status srnn_contents__finish(srnn_contents *contents)
{
    const int64_t most = INT64_MAX - SRNN_MAX_HEADER_SIZE - 8;
    qsort(contents->tensors, (size_t)contents->tensor_count,
          sizeof *contents->tensors, in_file);
    srnn_contents__sort_notes(contents);
    for (int64_t i = 0; i < contents->tensor_count; i++)
        if (!srnn_checked__add(&contents->bytes, contents->bytes,
                               contents->tensors[i].bytes) ||
            contents->bytes > most)
            return srnn_error__fail(
                SRNN_ERROR_OVERFLOW,
                "the file would need more than 2^63 - 1 bytes");
    return SRNN_OK;
}
