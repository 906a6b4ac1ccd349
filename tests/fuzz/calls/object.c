/* SPDX-License-Identifier: MIT */
#include "fuzz/calls/object.h"

#include <string.h>

#include "fuzz/calls/digest.h"
#include "fuzz/calls/input.h"
#include "fuzz/calls/make.h"
#include "fuzz/require.h"
#include "support/any_handle.h"

static object_slot slots[OBJECT_KINDS][OBJECT_SLOTS];

static any_handle made;

static bool is_put; /* somewhere */

object_slot *object_find(const void *handle)
{
    for (int kind = 0; kind < OBJECT_KINDS && handle != NULL; kind++)
        for (int i = 0; i < OBJECT_SLOTS; i++)
            if (slots[kind][i].handle == handle)
                return &slots[kind][i];
    return NULL;
}

bool object_is(const void *handle, object_kind kind)
{
    const object_slot *const slot = object_find(handle);
    return slot >= slots[kind] && slot < slots[kind] + OBJECT_SLOTS;
}

/* The one of the kind with this number or, if there is none, another. */
static void *choose(object_kind kind, unsigned number)
{
    for (unsigned i = 0; i < OBJECT_SLOTS; i++) {
        const object_slot *const slot =
            &slots[kind][(number + i) % OBJECT_SLOTS];
        if (slot->handle != NULL)
            return slot->handle;
    }
    void *const handle = make_any(kind);
    object_keep(kind, handle);
    return handle;
}

/* True for what need not be an object of the kind. */
static bool take_another(void **out)
{
    const unsigned byte = input_take(64);
    *out = NULL;
    if (byte == 62)
        *out = slots[input_take(OBJECT_KINDS)][0].handle;
    return byte >= 62;
}

void *object_own(object_kind kind)
{
    return choose(kind, input_take(OBJECT_SLOTS));
}

void *object_take(object_kind kind)
{
    void *handle = NULL;
    if (!take_another(&handle))
        handle = object_own(kind);
    digest_touch(handle);
    return handle;
}

static const srnn_rnn *rnn_of(object_kind kind, const void *handle)
{
    switch (kind) {
    case OBJECT_CONTEXT:
        return srnn_context_rnn(handle);
    case OBJECT_TAPE:
        return srnn_tape_rnn(handle);
    case OBJECT_STREAM:
        return srnn_stream_rnn(handle);
    case OBJECT_GRADIENTS:
        return srnn_gradients_rnn(handle);
    default:
        return NULL;
    }
}

void *object_take_of(object_kind kind, const srnn_rnn *rnn)
{
    void *handle = NULL;
    if (take_another(&handle) || rnn == NULL)
        return handle;
    for (int i = 0; i < OBJECT_SLOTS; i++)
        if (slots[kind][i].handle != NULL &&
            rnn_of(kind, slots[kind][i].handle) == rnn)
            handle = slots[kind][i].handle;
    if (handle == NULL && input_take(8) != 7) {
        handle = make_of(kind, rnn);
        object_keep(kind, handle);
    }
    if (handle == NULL || object_find(handle) == NULL)
        handle = choose(kind, 0);
    digest_touch(handle);
    return handle;
}

void *object_out(void)
{
    is_put = !input_rarely();
    return is_put ? &made : NULL;
}

void object_expect(void)
{
    made.any = &made;
}

void *object_made(void)
{
    return is_put ? made.any : NULL;
}

static void destroy(object_kind kind, void *handle)
{
    switch (kind) {
    case OBJECT_TENSOR:
        srnn_tensor_destroy(handle);
        break;
    case OBJECT_CONFIG:
        srnn_config_destroy(handle);
        break;
    case OBJECT_CELL:
        srnn_cell_destroy(handle);
        break;
    case OBJECT_RNN:
        srnn_rnn_destroy(handle);
        break;
    case OBJECT_CONTEXT:
        srnn_context_destroy(handle);
        break;
    case OBJECT_WEIGHTS:
        srnn_weights_destroy(handle);
        break;
    case OBJECT_STREAM:
        srnn_stream_destroy(handle);
        break;
    case OBJECT_GRADIENTS:
        srnn_gradients_destroy(handle);
        break;
    case OBJECT_TAPE:
        srnn_tape_destroy(handle);
        break;
    case OBJECT_LINEAR:
        srnn_linear_destroy(handle);
        break;
    default:
        srnn_optimizer_destroy(handle);
        break;
    }
}

void object_destroy(object_kind kind, object_slot *slot)
{
    destroy(kind, slot->handle);
    memset(slot, 0, sizeof *slot);
}

void object_keep(object_kind kind, void *handle)
{
    unsigned number = input_take(OBJECT_SLOTS);
    for (unsigned i = 0; i < OBJECT_SLOTS; i++)
        if (slots[kind][i].handle == NULL)
            number = i;
    if (slots[kind][number].is_pinned)
        number = (number + 1) % OBJECT_SLOTS;
    if (slots[kind][number].is_pinned) {
        destroy(kind, handle);
        return;
    }
    object_destroy(kind, &slots[kind][number]);
    slots[kind][number] =
        (object_slot){.handle = handle, .steps = -1, .batch = -1};
}

void object_pin(const void *handle)
{
    object_slot *const slot = object_find(handle);
    if (slot != NULL)
        slot->is_pinned = true;
}

void *object_at(object_kind kind, int number)
{
    return slots[kind][number].handle;
}

void object_destroy_all(void)
{
    enum { ALL = OBJECT_KINDS * OBJECT_SLOTS };
    const unsigned first = input_take(ALL);
    const unsigned step = 1 + 2 * input_take(5); /* has no factor in common */
    for (unsigned i = 0; i < ALL; i++) {
        const unsigned k = (first + i * step) % ALL;
        object_slot *const slot = &slots[k / OBJECT_SLOTS][k % OBJECT_SLOTS];
        if (!slot->is_pinned)
            object_destroy((object_kind)(k / OBJECT_SLOTS), slot);
    }
    for (int i = 0; i < OBJECT_SLOTS; i++)
        object_destroy(OBJECT_TENSOR, &slots[OBJECT_TENSOR][i]);
}
