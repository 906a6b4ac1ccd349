/* SPDX-License-Identifier: MIT */
/* The hooks that gcc and clang call in code that is compiled with
 * -fsanitize=thread. */
#include "hooks.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "threads.h"

enum { SITES = 256 };

/* An atomic operation of the program, by the address that its hook returns to.
 * It has two orders if it may fail. */
typedef struct {
    uintptr_t at;
    const char *kind;
    int orders[2];   /* as written */
    int weakened[2]; /* as they are now */
    bool is_weakened;
    bool has_run;
} site;

static site sites[SITES];
static int site_count;

static site *find(uintptr_t at)
{
    for (int i = 0; i < site_count; i++)
        if (sites[i].at == at)
            return &sites[i];
    if (site_count == SITES)
        abort();
    sites[site_count].at = at;
    return &sites[site_count++];
}

static const int *orders_of(uintptr_t at, const char *kind, int order,
                            int failing)
{
    site *const s = find(at);
    if (s->kind == NULL) {
        s->orders[0] = order;
        s->orders[1] = failing;
        if (!s->is_weakened)
            memcpy(s->weakened, s->orders, sizeof s->orders);
        s->kind = kind;
    }
    s->has_run = true;
    return s->weakened;
}

void hooks_print_sites(uintptr_t base, const char *scenario)
{
    for (site *s = sites; s < sites + site_count; s++) {
        if (s->has_run)
            (void)printf("site %s %#lx %s %d %d\n", scenario,
                         (unsigned long)(s->at - base), s->kind, s->orders[0],
                         s->orders[1]);
        s->has_run = false;
    }
}

void hooks_weaken(uintptr_t at, int order, int failing)
{
    site *const s = find(at);
    s->weakened[0] = order;
    s->weakened[1] = failing;
    s->is_weakened = true;
}

#define HERE (uintptr_t) __builtin_return_address(0)

static op announce(op_kind kind, const void *address, int size,
                   const int orders[2])
{
    return (op){kind, memory_object(address, size),
                orders[0] == memory_order_seq_cst ||
                    orders[1] == memory_order_seq_cst};
}

static uint64_t load(uintptr_t at, const void *from, int size, int order)
{
    const int *const orders = orders_of(at, "load", order, NONE);
    const op what = announce(OP_LOAD, from, size, orders);
    knowledge *const knows = threads_reach(what);
    const uint64_t value = memory_load(knows, what.object, orders[0]);
    threads_pass();
    return value;
}

static void store(uintptr_t at, const void *to, int size, int order,
                  uint64_t value)
{
    const int *const orders = orders_of(at, "store", order, NONE);
    const op what = announce(OP_STORE, to, size, orders);
    knowledge *const knows = threads_reach(what);
    memory_store(knows, what.object, orders[0], value);
    threads_pass();
}

static uint64_t update(uintptr_t at, const void *what_of, int size, int order,
                       memory_change *change, uint64_t operand)
{
    const int *const orders = orders_of(at, "update", order, NONE);
    const op what = announce(OP_UPDATE, what_of, size, orders);
    knowledge *const knows = threads_reach(what);
    const uint64_t old =
        memory_update(knows, what.object, orders[0], change, operand);
    threads_pass();
    return old;
}

static bool exchange(uintptr_t at, const void *what_of, int size,
                     const int order[2], bool is_weak, uint64_t *expected,
                     uint64_t desired)
{
    const int *const orders = orders_of(at, "exchange", order[0], order[1]);
    const op what = announce(OP_UPDATE, what_of, size, orders);
    knowledge *const knows = threads_reach(what);
    const bool succeeds =
        memory_exchange(knows, what.object, orders, is_weak, expected, desired);
    threads_pass();
    return succeeds;
}

static uint64_t set(uint64_t old, uint64_t operand)
{
    (void)old;
    return operand;
}

static uint64_t add(uint64_t old, uint64_t operand)
{
    return old + operand;
}

static uint64_t subtract(uint64_t old, uint64_t operand)
{
    return old - operand;
}

/* The hooks have no header. */
#define HOOK(type, name, ...)                                                  \
    type name(__VA_ARGS__);                                                    \
    type name(__VA_ARGS__)

/* gcc calls the first and clang the second, weak or not. */
#define EXCHANGE(bits, word, is_weak)                                          \
    HOOK(int, __tsan_atomic##bits##_compare_exchange_##word,                   \
         volatile uint##bits##_t *a, uint##bits##_t *expected,                 \
         uint##bits##_t desired, int order, int failing)                       \
    {                                                                          \
        uint64_t value = *expected;                                            \
        const int orders[] = {order, failing};                                 \
        const bool succeeds = exchange(HERE, (const void *)a, sizeof *a,       \
                                       orders, is_weak, &value, desired);      \
        *expected = (uint##bits##_t)value;                                     \
        return succeeds;                                                       \
    }

#define EXCHANGE_VALUE(bits)                                                   \
    HOOK(uint##bits##_t, __tsan_atomic##bits##_compare_exchange_val,           \
         volatile uint##bits##_t *a, uint##bits##_t expected,                  \
         uint##bits##_t desired, int order, int failing)                       \
    {                                                                          \
        uint64_t value = expected;                                             \
        const int orders[] = {order, failing};                                 \
        (void)exchange(HERE, (const void *)a, sizeof *a, orders, false,        \
                       &value, desired);                                       \
        return (uint##bits##_t)value;                                          \
    }

#define UPDATE(bits, word, change)                                             \
    HOOK(uint##bits##_t, __tsan_atomic##bits##_##word,                         \
         volatile uint##bits##_t *a, uint##bits##_t value, int order)          \
    {                                                                          \
        return (uint##bits##_t)update(HERE, (const void *)a, sizeof *a, order, \
                                      change, value);                          \
    }

#define ATOMIC(bits)                                                           \
    HOOK(uint##bits##_t, __tsan_atomic##bits##_load,                           \
         const volatile uint##bits##_t *a, int order)                          \
    {                                                                          \
        return (uint##bits##_t)load(HERE, (const void *)a, sizeof *a, order);  \
    }                                                                          \
    HOOK(void, __tsan_atomic##bits##_store, volatile uint##bits##_t *a,        \
         uint##bits##_t value, int order)                                      \
    {                                                                          \
        store(HERE, (const void *)a, sizeof *a, order, value);                 \
    }                                                                          \
    UPDATE(bits, exchange, set)                                                \
    UPDATE(bits, fetch_add, add)                                               \
    UPDATE(bits, fetch_sub, subtract)                                          \
    EXCHANGE(bits, strong, false)                                              \
    EXCHANGE(bits, weak, true)                                                 \
    EXCHANGE_VALUE(bits)

ATOMIC(8)
ATOMIC(32)
ATOMIC(64)

#define PLAIN(bytes)                                                           \
    HOOK(void, __tsan_read##bytes, const void *address)                        \
    {                                                                          \
        threads_access(address, bytes, false);                                 \
    }                                                                          \
    HOOK(void, __tsan_write##bytes, const void *address)                       \
    {                                                                          \
        threads_access(address, bytes, true);                                  \
    }

PLAIN(1)
PLAIN(2)
PLAIN(4)
PLAIN(8)
PLAIN(16)

HOOK(void, __tsan_read_range, const void *address, size_t size)
{
    threads_access(address, size, false);
}

HOOK(void, __tsan_write_range, const void *address, size_t size)
{
    threads_access(address, size, true);
}

HOOK(void *, __tsan_memset, void *to, int value, size_t size)
{
    threads_access(to, size, true);
    return memset(to, value, size);
}

HOOK(void *, __tsan_memcpy, void *to, const void *from, size_t size)
{
    threads_access(from, size, false);
    threads_access(to, size, true);
    return memcpy(to, from, size);
}

HOOK(void, __tsan_init, void)
{
}

HOOK(void, __tsan_func_entry, const void *caller)
{
    (void)caller;
}

HOOK(void, __tsan_func_exit, void)
{
}
