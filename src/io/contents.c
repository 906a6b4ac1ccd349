/* SPDX-License-Identifier: MIT */
/* Gathers what stays and what is new, and sorts it. One block of memory:
 *
 *     srnn_contents | tensors[] | notes[] | prefixes
 */
#include "io/contents.h"

#include <stdlib.h>
#include <string.h>

#include "io/notes.h"
#include "tensor/dtype.h"
#include "util/checked.h"
#include "util/error.h"
#include "util/memory.h"

/* A name that an rnn or a cell under the prefix could have. */
static bool is_own(const srnn_contents_sources *sources, const char *name)
{
    srnn_parameter_id id;
    const size_t length = strlen(sources->prefix);
    return strncmp(name, sources->prefix, length) == 0 &&
           (srnn_parameter_id__parse(&id, name + length) ||
            srnn_parameter_id__parse_cell(&id, name + length));
}

static void add_tensor(srnn_contents *contents, srnn_contents_tensor tensor)
{
    contents->tensors[contents->tensor_count++] = tensor;
}

static void add_parameter(srnn_contents *contents,
                          const srnn_contents_sources *sources, int64_t index)
{
    const srnn_rnn *const rnn = sources->rnn;
    const srnn_parameter *const parameter = &rnn->parameters[index];
    const srnn_parameter_id id = srnn_parameter_id__at(&rnn->options, index);
    const char *const name = rnn->has_cell_names
                                 ? srnn_parameter_id__cell_name(id.kind)
                                 : parameter->name;
    add_tensor(
        contents,
        (srnn_contents_tensor){
            .name = {sources->prefix, name},
            .type = srnn_weights__type_of((srnn_dtype)rnn->options.dtype),
            .rank = parameter->rank,
            .shape = parameter->shape,
            .bytes = parameter->shape[0] * parameter->shape[1] *
                     srnn_dtype__size(rnn->options.dtype),
            .parameter = parameter});
}

static void add_old_tensors(srnn_contents *contents,
                            const srnn_contents_sources *sources)
{
    const int64_t old = sources->old == NULL ? 0 : sources->old->count;
    for (int64_t i = 0; i < old; i++) {
        const srnn_weights_entry *const entry = &sources->old->entries[i];
        if (!is_own(sources, entry->name))
            add_tensor(contents, (srnn_contents_tensor){
                                     .name = {"", entry->name},
                                     .type = entry->type,
                                     .rank = entry->rank,
                                     .shape = entry->shape,
                                     .bytes = srnn_weights__bytes(entry),
                                     .begin = entry->begin});
    }
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

static srnn_status check_bytes(const srnn_contents *contents)
{
    int64_t bytes = SRNN_MAX_HEADER_SIZE + 8;
    for (int64_t i = 0; i < contents->tensor_count; i++)
        if (!srnn_checked__add(&bytes, bytes, contents->tensors[i].bytes))
            return srnn_error__fail(
                SRNN_ERROR_OVERFLOW,
                "the file would need more than 2^63 - 1 bytes");
    return SRNN_OK;
}

/* See srnn_arena: while measuring, *out is NULL. */
static void lay_out(srnn_contents **out, srnn_arena *arena,
                    const srnn_contents_sources *sources)
{
    const srnn_weights *const old = sources->old;
    srnn_contents *const contents =
        srnn_arena__take(arena, 1, (int64_t)sizeof *contents);
    srnn_contents_tensor *const tensors = srnn_arena__take(
        arena, sources->rnn->parameter_count + (old == NULL ? 0 : old->count),
        (int64_t)sizeof *tensors);
    srnn_notes__lay_out(contents, arena, sources);
    *out = contents;
    if (contents != NULL)
        contents->tensors = tensors;
}

srnn_status srnn_contents__create(srnn_contents **out,
                                  const srnn_contents_sources *sources)
{
    srnn_contents *contents = NULL;
    void *memory = NULL;
    srnn_arena arena = {NULL, 0, 0, false};
    lay_out(&contents, &arena, sources);
    SRNN_TRY(srnn_arena__check(&arena, "the new file's header"));
    SRNN_TRY(srnn_memory__create(&memory, arena.used));
    arena = (srnn_arena){memory, arena.used, 0, false};
    lay_out(&contents, &arena, sources);
    srnn_notes__add(contents, sources);
    for (int64_t i = 0; i < sources->rnn->parameter_count; i++)
        add_parameter(contents, sources, i);
    add_old_tensors(contents, sources);
    qsort(contents->tensors, (size_t)contents->tensor_count,
          sizeof *contents->tensors, in_file);
    const srnn_status status = check_bytes(contents);
    if (status == SRNN_OK)
        *out = contents;
    else
        srnn_memory__destroy(memory);
    return status;
}

void srnn_contents__destroy(srnn_contents *contents)
{
    srnn_memory__destroy(contents);
}
