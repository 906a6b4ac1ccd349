/* SPDX-License-Identifier: MIT */
/* How many cores this process may keep busy. */
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <unistd.h>

#include "util/team.h"

static int64_t affinity(void)
{
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0)
        return 1; /* more than CPU_SETSIZE cores, or none to be had */
    const int count = CPU_COUNT(&set);
    return count < 1 ? 1 : count;
}

/* A small file's text; "" if there is none. */
static void read_text(const char *path, char *text, size_t capacity)
{
    const int file = open(path, O_RDONLY | O_CLOEXEC);
    const ssize_t got = file < 0 ? 0 : read(file, text, capacity - 1);
    text[got < 0 ? 0 : got] = '\0';
    if (file >= 0)
        (void)close(file);
}

/* Microseconds of processor time a period, rounded up to whole cores; 0 for no
 * limit: "200000 100000" or "max 100000" in version 2, two files in version 1.
 */
static int64_t quota(void)
{
    char text[64];
    char *end = text;
    read_text("/sys/fs/cgroup/cpu.max", text, sizeof text);
    long long allowed = strtoll(text, &end, 10);
    long long period = strtoll(end, NULL, 10);
    if (text[0] == '\0') {
        read_text("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", text, sizeof text);
        allowed = strtoll(text, NULL, 10);
        read_text("/sys/fs/cgroup/cpu/cpu.cfs_period_us", text, sizeof text);
        period = strtoll(text, NULL, 10);
    }
    if (allowed <= 0 || period <= 0)
        return 0;
    return (allowed + period - 1) / period;
}

int64_t srnn_team__available(void)
{
    const int64_t cores = affinity();
    const int64_t limit = quota();
    return limit > 0 && limit < cores ? limit : cores;
}
