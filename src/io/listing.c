/* SPDX-License-Identifier: MIT */
/* Gathers what stays and what is new, and sorts it. One block of memory:
 *
 *     srnn_listing | tensors[] | notes[] | prefixes
 */
#include "io/listing.h"

#include <stdlib.h>
#include <string.h>

#include "io/notes.h"
#include "tensor/dtype.h"
#include "util/checked.h"
#include "util/error.h"
#include "util/memory.h"

/* A name that an rnn or a cell under the prefix could have. */
static bool is_own(const srnn_listing__sources *sources, const char *name)
{
    srnn_parameter_id id;
    const size_t length = strlen(sources->prefix);
    return strncmp(name, sources->prefix, length) == 0 &&
           (srnn_parameter_id__parse(&id, name + length) ||
            srnn_parameter_id__parse_cell(&id, name + length));
}

static void add_tensor(srnn_listing *listing, srnn_listing__tensor tensor)
{
    listing->tensors[listing->tensor_count++] = tensor;
}

static void add_parameter(srnn_listing *listing,
                          const srnn_listing__sources *sources, int64_t index)
{
    const srnn_rnn *const rnn = sources->rnn;
    const srnn_parameter *const parameter = &rnn->parameters[index];
    const srnn_parameter_id id = srnn_parameter_id__at(&rnn->options, index);
    const char *const name = rnn->has_cell_names
                                 ? srnn_parameter_id__cell_name(id.kind)
                                 : parameter->name;
    add_tensor(listing, (srnn_listing__tensor){
                            .name = {sources->prefix, name},
                            .type = srnn_weights__type_of(
                                (srnn_dtype)rnn->options.dtype),
                            .rank = parameter->rank,
                            .shape = parameter->shape,
                            .bytes = parameter->shape[0] * parameter->shape[1] *
                                     srnn_dtype__size(rnn->options.dtype),
                            .parameter = parameter});
}

static void add_old_tensors(srnn_listing *listing,
                            const srnn_listing__sources *sources)
{
    const int64_t old = sources->old == NULL ? 0 : sources->old->count;
    for (int64_t i = 0; i < old; i++) {
        const srnn_weights__entry *const entry = &sources->old->entries[i];
        if (!is_own(sources, entry->name))
            add_tensor(listing, (srnn_listing__tensor){
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
    const srnn_listing__tensor *const left = a;
    const srnn_listing__tensor *const right = b;
    if (left->type != right->type)
        return left->type > right->type ? -1 : 1;
    return srnn_joined__compare(left->name, right->name);
}

static srnn_status check_bytes(const srnn_listing *listing)
{
    int64_t bytes = SRNN_MAX_HEADER_SIZE + 8;
    for (int64_t i = 0; i < listing->tensor_count; i++)
        if (!srnn_checked__add(&bytes, bytes, listing->tensors[i].bytes))
            return srnn_error__fail(
                SRNN_ERROR_OVERFLOW,
                "the file would need more than 2^63 - 1 bytes");
    return SRNN_OK;
}

/* See srnn_arena: while measuring, *out is NULL. */
static void lay_out(srnn_listing **out, srnn_arena *arena,
                    const srnn_listing__sources *sources)
{
    const srnn_weights *const old = sources->old;
    srnn_listing *const listing =
        srnn_arena__take(arena, 1, (int64_t)sizeof *listing);
    srnn_listing__tensor *const tensors = srnn_arena__take(
        arena, sources->rnn->parameter_count + (old == NULL ? 0 : old->count),
        (int64_t)sizeof *tensors);
    srnn_notes__lay_out(listing, arena, sources);
    *out = listing;
    if (listing != NULL)
        listing->tensors = tensors;
}

srnn_status srnn_listing__create(srnn_listing **out,
                                 const srnn_listing__sources *sources)
{
    srnn_listing *listing = NULL;
    void *memory = NULL;
    srnn_arena arena = {NULL, 0, 0, false};
    lay_out(&listing, &arena, sources);
    SRNN_TRY(srnn_arena__check(&arena, "the new file's header"));
    SRNN_TRY(srnn_memory__create(&memory, arena.used));
    arena = (srnn_arena){memory, arena.used, 0, false};
    lay_out(&listing, &arena, sources);
    srnn_notes__add(listing, sources);
    for (int64_t i = 0; i < sources->rnn->parameter_count; i++)
        add_parameter(listing, sources, i);
    add_old_tensors(listing, sources);
    qsort(listing->tensors, (size_t)listing->tensor_count,
          sizeof *listing->tensors, in_file);
    const srnn_status status = check_bytes(listing);
    if (status == SRNN_OK)
        *out = listing;
    else
        srnn_memory__destroy(memory);
    return status;
}

void srnn_listing__destroy(srnn_listing *listing)
{
    srnn_memory__destroy(listing);
}
