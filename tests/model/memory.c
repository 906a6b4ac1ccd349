/* SPDX-License-Identifier: MIT */
#include "memory.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "search.h"

enum { STORES = 1024, HISTORY = 64 };

typedef struct {
    uint64_t value;
    int position; /* in the modification order */
    bool is_update;
    view seen; /* what an acquire joins */
    clocks time;
    clocks order;
} store;

typedef struct {
    const void *address;
    int count;
    uint16_t history[HISTORY]; /* the modification order */
    uint16_t sc;               /* the newest store of the sc operations */
    clocks stores_order;
    clocks sc_order;
    view seen; /* of mutexes: what the next owner joins */
    clocks time;
} object;

static object objects[OBJECTS];
static int object_count;
static store stores[STORES];
static int store_count;
static bool has_failed;

/* Store 0 is none: it stands before all. */
void memory_reset(void)
{
    object_count = 0;
    store_count = 1;
    has_failed = false;
}

static int add_store(store what)
{
    if (store_count == STORES)
        abort();
    stores[store_count] = what;
    return store_count++;
}

static void insert(object *o, int number, int position)
{
    if (o->count == HISTORY)
        abort();
    for (int i = o->count++; i > position; i--) {
        o->history[i] = o->history[i - 1];
        stores[o->history[i]].position = i;
    }
    o->history[position] = (uint16_t)number;
    stores[number].position = position;
}

static uint64_t read_memory(const void *address, int size)
{
    switch (size) {
    case 8:
        return *(const uint64_t *)address;
    case 4:
        return *(const uint32_t *)address;
    default:
        return *(const uint8_t *)address;
    }
}

int memory_object(const void *address, int size)
{
    for (int i = 0; i < object_count; i++)
        if (objects[i].address == address)
            return i;
    if (object_count == OBJECTS)
        abort();
    object *const o = &objects[object_count];
    memset(o, 0, sizeof *o);
    o->address = address;
    insert(o, add_store((store){.value = read_memory(address, size)}), 0);
    return object_count++;
}

static void join_views(view *into, const view *other)
{
    for (int i = 0; i < object_count; i++)
        if (stores[into->at[i]].position < stores[other->at[i]].position)
            into->at[i] = other->at[i];
}

static bool is_acquire(int order)
{
    return order == memory_order_acquire || order == memory_order_consume ||
           order == memory_order_acq_rel || order == memory_order_seq_cst;
}

static bool is_release(int order)
{
    return order == memory_order_release || order == memory_order_acq_rel ||
           order == memory_order_seq_cst;
}

/* The oldest position that the thread may read. */
static int oldest(const knowledge *who, int number, int order)
{
    const object *const o = &objects[number];
    int first = stores[who->seen.at[number]].position;
    if (order == memory_order_seq_cst && first < stores[o->sc].position)
        first = stores[o->sc].position;
    if (who->stuck_at == number && first <= stores[who->last_store].position)
        first = stores[who->last_store].position + 1;
    return first;
}

bool memory_has_news(const knowledge *who, int number)
{
    return who->stuck_at != number ||
           stores[who->last_store].position < objects[number].count - 1;
}

/* The operation has seen a store, and maybe is one itself. */
static void see(knowledge *who, int number, int seen, int order)
{
    object *const o = &objects[number];
    who->seen.at[number] = (uint16_t)seen;
    if (order == memory_order_seq_cst) {
        if (o->sc == 0 || stores[o->sc].position < stores[seen].position)
            o->sc = (uint16_t)seen;
        clocks_join(&who->order, &o->sc_order);
        clocks_join(&o->sc_order, &who->order);
    }
}

static void read_from(knowledge *who, int number, int from, int order)
{
    who->last_object = number;
    who->last_store = from;
    who->stuck_at = NONE;
    if (is_acquire(order)) {
        join_views(&who->seen, &stores[from].seen);
        clocks_join(&who->time, &stores[from].time);
    }
    clocks_join(&who->order, &stores[from].order);
    see(who, number, from, order);
}

uint64_t memory_load(knowledge *who, int number, int order)
{
    const object *const o = &objects[number];
    const int choices = o->count - oldest(who, number, order);
    const int from = o->history[o->count - 1 - search_choose(choices)];
    read_from(who, number, from, order);
    return stores[from].value;
}

/* from: what an update read, whose message it hands on; 0 for a store. */
static void write_at(knowledge *who, int number, int order, uint64_t value,
                     int position, int from)
{
    object *const o = &objects[number];
    clocks_join(&who->order, &o->stores_order);
    const int made = add_store((store){.value = value, .is_update = from != 0});
    store *const s = &stores[made];
    insert(o, made, position);
    see(who, number, made, order);
    if (from != 0) {
        s->seen = stores[from].seen;
        s->time = stores[from].time;
    }
    if (is_release(order)) {
        join_views(&s->seen, &who->seen);
        clocks_join(&s->time, &who->time);
    }
    s->order = who->order;
    clocks_join(&o->stores_order, &who->order);
}

/* Nothing comes between an update and what it read. */
static bool is_free(const object *o, int position)
{
    return position == o->count || !stores[o->history[position]].is_update;
}

void memory_store(knowledge *who, int number, int order, uint64_t value)
{
    const object *const o = &objects[number];
    int places[HISTORY];
    int count = 0;
    who->stuck_at = NONE;
    for (int i = o->count; i > oldest(who, number, order); i--)
        if (is_free(o, i))
            places[count++] = i;
    write_at(who, number, order, value, places[search_choose(count)], 0);
}

uint64_t memory_update(knowledge *who, int number, int order,
                       memory_change *change, uint64_t operand)
{
    const object *const o = &objects[number];
    int places[HISTORY];
    int count = 0;
    for (int i = o->count - 1; i >= oldest(who, number, order); i--)
        if (is_free(o, i + 1))
            places[count++] = i;
    const int from = o->history[places[search_choose(count)]];
    const uint64_t old = stores[from].value;
    read_from(who, number, from, order);
    write_at(who, number, order, change(old, operand),
             stores[from].position + 1, from);
    return old;
}

bool memory_fails_spuriously(void)
{
    if (has_failed)
        return false;
    has_failed = search_choose(2) == 1;
    return has_failed;
}

bool memory_exchange(knowledge *who, int number, const int orders[2],
                     bool is_weak, uint64_t *expected, uint64_t desired)
{
    const object *const o = &objects[number];
    int places[HISTORY];
    int count = 0;
    for (int i = o->count - 1; i >= 0; i--) {
        const bool is_equal = stores[o->history[i]].value == *expected;
        if (i >= oldest(who, number, orders[is_equal ? 0 : 1]) &&
            (!is_equal || is_free(o, i + 1)))
            places[count++] = i;
    }
    const int from = o->history[places[search_choose(count)]];
    const bool succeeds = stores[from].value == *expected &&
                          !(is_weak && memory_fails_spuriously());
    *expected = stores[from].value;
    read_from(who, number, from, orders[succeeds ? 0 : 1]);
    if (succeeds)
        write_at(who, number, orders[0], desired, stores[from].position + 1,
                 from);
    return succeeds;
}

void memory_publish(knowledge *who, int number)
{
    object *const o = &objects[number];
    o->seen = who->seen;
    o->time = who->time;
    o->stores_order = who->order;
}

void memory_obtain(knowledge *who, int number)
{
    const object *const o = &objects[number];
    join_views(&who->seen, &o->seen);
    clocks_join(&who->time, &o->time);
    clocks_join(&who->order, &o->stores_order);
}

void memory_join(knowledge *who, const knowledge *other)
{
    join_views(&who->seen, &other->seen);
    clocks_join(&who->time, &other->time);
    clocks_join(&who->order, &other->order);
}

void memory_order_wait(knowledge *who, int number)
{
    object *const o = &objects[number];
    clocks_join(&who->order, &o->sc_order);
    clocks_join(&o->stores_order, &who->order);
}

void memory_order_wake(knowledge *who, int number)
{
    object *const o = &objects[number];
    clocks_join(&who->order, &o->stores_order);
    clocks_join(&o->sc_order, &who->order);
}
