/* SPDX-License-Identifier: MIT */
/* Each layout takes the memory from its lowest to its highest element. */
#include "support/view_pair.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/element.h"
#include "support/expect.h"

enum { RANK = VIEW_PAIR_RANK, FILLING = 0xa5 };

static int64_t below(view_pairs *of, int64_t limit)
{
    return draws_below(&of->random, limit);
}

static int64_t size_of(const view_pairs *of)
{
    return element_bytes(of->dtype);
}

/* Memory that ends, or begins, where no byte may be read. */
static void guard(view_pairs *of, view_pair *p)
{
    const guarded_side side =
        below(of, 2) == 0 ? GUARDED_END : GUARDED_BEGINNING;
    p->is_guarded = true;
    p->pages = guarded_create("the view", p->bytes);
    p->memory = guarded_place(&p->pages, p->bytes, side);
}

static bool next_index(int rank, const int64_t *shape, int64_t *index)
{
    for (int i = rank - 1; i >= 0; i--) {
        if (++index[i] < shape[i])
            return true;
        index[i] = 0;
    }
    return false;
}

/* Copies the elements of a view that begins at data to plain memory in C order,
 * or back. */
static void move(const view_pairs *of, const srnn_tensor *tensor,
                 unsigned char *data, const int64_t *strides,
                 unsigned char *plain, bool to_plain)
{
    const int rank = srnn_tensor_rank(tensor);
    const int64_t *const shape = srnn_tensor_shape(tensor);
    const size_t size = (size_t)size_of(of);
    int64_t index[RANK] = {0};
    if (srnn_tensor_size(tensor) == 0)
        return;
    do {
        int64_t at = 0;
        for (int i = 0; i < rank; i++)
            at += index[i] * strides[i];
        unsigned char *const here = data + at * (int64_t)size;
        memcpy(to_plain ? plain : here, to_plain ? here : plain, size);
        plain += size;
    } while (next_index(rank, shape, index));
}

/* How far a layout reaches, and where its first element is. */
static void take_memory(view_pairs *of, view_pair *p, int rank,
                        const int64_t *shape, const int64_t *strides,
                        bool is_guarded)
{
    int64_t lowest = 0;
    int64_t highest = 1;
    for (int i = 0; i < rank; i++) {
        if (shape[i] == 0)
            highest = lowest = 0;
        else if (strides[i] < 0)
            lowest += (shape[i] - 1) * strides[i];
        else
            highest += (shape[i] - 1) * strides[i];
        if (shape[i] == 0)
            break;
    }
    p->bytes = (size_t)((highest - lowest) * size_of(of));
    if (is_guarded)
        guard(of, p);
    else
        p->memory = malloc(p->bytes + 1);
    assert_non_null(p->memory);
    memset(p->memory, FILLING, p->bytes);
    p->data = p->memory - lowest * size_of(of);
}

/* Strides of a view that is only read: as they come. */
static void pick_any(view_pairs *of, int rank, const int64_t *shape,
                     int64_t *strides)
{
    int64_t extent = below(of, 6) == 0 ? 2 : 1;
    for (int i = rank - 1; i >= 0; i--) {
        const int64_t choice = below(of, 8);
        strides[i] = choice == 0   ? 0
                     : choice == 1 ? 1 + below(of, extent)
                     : choice == 2 ? -extent
                     : choice == 3 ? -1 - below(of, extent)
                                   : extent + below(of, 3);
        if (i == rank - 1 && choice > 0 && below(of, 4) > 0)
            strides[i] = 1; /* rows that no copy is made of */
        const int64_t step = strides[i] < 0 ? -strides[i] : strides[i];
        if (shape[i] > 1)
            extent += (shape[i] - 1) * step;
    }
}

/* Strides of a result: any order, either way, gaps. */
static void pick_apart(view_pairs *of, int rank, const int64_t *shape,
                       int64_t *strides)
{
    int order[RANK] = {0, 1, 2};
    const int other = (int)below(of, rank);
    if (below(of, 3) == 0) {
        order[rank - 1] = other;
        order[other] = rank - 1;
    }
    int64_t extent = 1;
    for (int i = rank - 1; i >= 0; i--) {
        const int axis = order[i];
        const bool backwards = below(of, axis == rank - 1 ? 5 : 2) == 0;
        extent += below(of, 3) == 0;
        strides[axis] = backwards ? -extent : extent;
        extent += shape[axis] > 1 ? (shape[axis] - 1) * extent : 0;
    }
}

static srnn_tensor *create(const view_pairs *of, int rank, const int64_t *shape)
{
    srnn_tensor *tensor = NULL;
    expect_success("create",
                   srnn_tensor_create(&tensor, of->dtype, rank, shape));
    return tensor;
}

view_pair view_pair_read(view_pairs *of, int rank, const int64_t *shape)
{
    view_pair p = {.plain = create(of, rank, shape)};
    int64_t strides[RANK];
    pick_any(of, rank, shape, strides);
    take_memory(of, &p, rank, shape, strides, below(of, 4) == 0);
    for (size_t i = 0; i < p.bytes / (size_t)size_of(of); i++)
        element_put(p.memory, of->dtype, (int64_t)i, draws_value(&of->random));
    if (p.is_guarded)
        guarded_allow_writes(&p.pages, false);
    if (srnn_tensor_size(p.plain) == 0)
        memset(strides, 0, sizeof strides); /* as NumPy has them */
    expect_success("operand", srnn_tensor_wrap_const(&p.view, p.data, of->dtype,
                                                     rank, shape, strides));
    move(of, p.plain, p.data, strides, srnn_tensor_data(p.plain), true);
    return p;
}

view_pair view_pair_written(view_pairs *of, int rank, const int64_t *shape)
{
    view_pair p = {.plain = create(of, rank, shape)};
    int64_t strides[RANK];
    pick_apart(of, rank, shape, strides);
    take_memory(of, &p, rank, shape, strides, below(of, 4) == 0);
    if (srnn_tensor_size(p.plain) == 0)
        memset(strides, 0, sizeof strides);
    expect_success("result", srnn_tensor_wrap(&p.view, p.data, of->dtype, rank,
                                              shape, strides));
    return p;
}

void view_pair_free(view_pair *p)
{
    srnn_tensor_destroy(p->view);
    srnn_tensor_destroy(p->plain);
    if (p->is_guarded)
        guarded_destroy(&p->pages);
    else
        free(p->memory);
}

void view_pair_check(const view_pairs *of, const view_pair *p, const char *name)
{
    unsigned char *const wanted = malloc(p->bytes + 1);
    assert_non_null(wanted);
    memset(wanted, FILLING, p->bytes);
    move(of, p->plain, wanted + (p->data - p->memory),
         srnn_tensor_strides(p->view), srnn_tensor_data(p->plain), false);
    if (memcmp(p->memory, wanted, p->bytes) != 0)
        fail_msg("case %d: %s differs", of->number, name);
    free(wanted);
}
