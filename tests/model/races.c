/* SPDX-License-Identifier: MIT */
#include "races.h"

#include <stdlib.h>

enum { BYTES = 1 << 14 };

/* Of one byte: who wrote it last, and when; and when each thread read it. */
typedef struct {
    const char *address;
    unsigned int execution;
    int writer;
    uint16_t written;
    clocks read;
} cell;

static cell cells[BYTES];
static unsigned int execution;
static int used;

void races_reset(void)
{
    execution++;
    used = 0;
}

static cell *find(const char *address)
{
    size_t i =
        (size_t)((uintptr_t)address * UINT64_C(0x9e3779b97f4a7c15) >> 50);
    while (cells[i % BYTES].execution == execution) {
        if (cells[i % BYTES].address == address)
            return &cells[i % BYTES];
        i++;
    }
    if (++used > BYTES / 2)
        abort();
    cells[i % BYTES] = (cell){.address = address, .execution = execution};
    return &cells[i % BYTES];
}

static bool is_known(const clocks *time, const cell *c, bool writes)
{
    if (c->written > time->at[c->writer])
        return false;
    for (int i = 0; writes && i < THREADS; i++)
        if (c->read.at[i] > time->at[i])
            return false;
    return true;
}

bool races_access(int thread, const clocks *time, const void *address,
                  size_t size, bool writes)
{
    for (size_t i = 0; i < size; i++) {
        cell *const c = find((const char *)address + i);
        if (!is_known(time, c, writes))
            return false;
        if (writes) {
            c->writer = thread;
            c->written = time->at[thread];
        } else {
            c->read.at[thread] = time->at[thread];
        }
    }
    return true;
}
