/* SPDX-License-Identifier: MIT */
/* Linux, with glibc or musl. */
#include "os/os.h"

#include <fcntl.h>
#include <link.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_CORES = 1 << 16, PATH = 512 };

_Static_assert(sizeof(srnn_os_core_set) == sizeof(cpu_set_t), "a cpu_set_t");

const char *srnn_os__variable(const char *name)
{
    return secure_getenv(name);
}

void srnn_os__ask_for_huge_pages(void *memory, size_t bytes)
{
    (void)madvise(memory, bytes, MADV_HUGEPAGE);
}

bool srnn_os__keep_off_this_core(pthread_t thread, srnn_os_core_set *before)
{
    cpu_set_t cores = {{0}};
    const int core = sched_getcpu();
    if (core < 0 || pthread_getaffinity_np(thread, sizeof cores, &cores) != 0 ||
        !CPU_ISSET((size_t)core, &cores) || CPU_COUNT(&cores) < 2)
        return false;
    memcpy(before, &cores, sizeof cores);
    CPU_CLR((size_t)core, &cores);
    (void)pthread_setaffinity_np(thread, sizeof cores, &cores);
    return true;
}

void srnn_os__set_cores(pthread_t thread, const srnn_os_core_set *cores)
{
    cpu_set_t set;
    memcpy(&set, cores, sizeof set);
    (void)pthread_setaffinity_np(thread, sizeof set, &set);
}

/* Some of it may lie elsewhere, in what is loaded later. */
static int add_thread_local(struct dl_phdr_info *object, size_t size,
                            void *bytes)
{
    (void)size;
    for (int i = 0; i < object->dlpi_phnum; i++)
        if (object->dlpi_phdr[i].p_type == PT_TLS)
            *(size_t *)bytes +=
                object->dlpi_phdr[i].p_memsz + object->dlpi_phdr[i].p_align;
    return 0;
}

size_t srnn_os__thread_local_bytes(void)
{
    size_t bytes = 0;
    (void)dl_iterate_phdr(add_thread_local, &bytes);
    return bytes;
}

/* The kernel refuses a set that is too small for the machine. */
static int64_t affinity(void)
{
    for (size_t cores = CPU_SETSIZE; cores <= MAX_CORES; cores *= 2) {
        const size_t bytes = CPU_ALLOC_SIZE(cores);
        cpu_set_t *const set = CPU_ALLOC(cores);
        if (set == NULL)
            return 1;
        const bool fits = sched_getaffinity(0, bytes, set) == 0;
        const int count = fits ? CPU_COUNT_S(bytes, set) : 0;
        CPU_FREE(set);
        if (fits)
            return count < 1 ? 1 : count;
    }
    return 1;
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

/* A file of a control group: mount, the group's path, name. */
static void read_group(const char *mount, const char *group, const char *name,
                       char *text, size_t capacity)
{
    char path[PATH];
    const int length =
        snprintf(path, sizeof path, "%s%s/%s", mount, group, name);
    text[0] = '\0';
    if (length > 0 && length < PATH)
        read_text(path, text, capacity);
}

/* Microseconds of processor time a period, rounded up to whole cores; 0 for no
 * limit: "200000 100000" or "max 100000" in version 2, two files in version 1.
 */
static int64_t quota_of(const char *mount, const char *group)
{
    char text[64];
    char *end = text;
    read_group(mount, group, "cpu.max", text, sizeof text);
    long long allowed = strtoll(text, &end, 10);
    long long period = strtoll(end, NULL, 10);
    if (text[0] == '\0') {
        read_group(mount, group, "cpu.cfs_quota_us", text, sizeof text);
        allowed = strtoll(text, NULL, 10);
        read_group(mount, group, "cpu.cfs_period_us", text, sizeof text);
        period = strtoll(text, NULL, 10);
    }
    if (allowed <= 0 || period <= 0)
        return 0;
    return (allowed - 1) / period + 1;
}

/* The least quota of a group and of those around it. In a container the path
 * may be the host's: then what is mounted as the root is the container's. */
static int64_t least_quota(const char *mount, char *group, int64_t least)
{
    for (;;) {
        const int64_t quota = quota_of(mount, group);
        if (quota > 0 && quota < least)
            least = quota;
        char *const slash = strrchr(group, '/');
        if (slash == NULL)
            return least;
        *slash = '\0';
    }
}

/* Is cpu one of the names between commas? */
static bool has_cpu(const char *names)
{
    for (; names != NULL && *names != '\0'; names = strchr(names, ',')) {
        names += *names == ',' ? 1 : 0;
        if (strncmp(names, "cpu", 3) == 0 &&
            (names[3] == '\0' || names[3] == ','))
            return true;
    }
    return false;
}

/* Lines of "number:controllers:path"; version 2 names no controllers. */
static int64_t limit_by_groups(int64_t cores)
{
    char text[8192];
    char *rest = NULL;
    read_text("/proc/self/cgroup", text, sizeof text);
    for (char *line = strtok_r(text, "\n", &rest); line != NULL;
         line = strtok_r(NULL, "\n", &rest)) {
        char *const names = strchr(line, ':');
        char *const group = names == NULL ? NULL : strchr(names + 1, ':');
        if (group == NULL)
            continue;
        *group = '\0';
        if (names[1] == '\0')
            cores = least_quota("/sys/fs/cgroup", group + 1, cores);
        else if (has_cpu(names + 1))
            cores = least_quota("/sys/fs/cgroup/cpu", group + 1, cores);
    }
    return cores;
}

int64_t srnn_os__cores(void)
{
    return limit_by_groups(affinity());
}

/* "2048K" or "1M", of the cache that the kernel lists at this place; 0 if that
 * is not on the second level. */
static int64_t size_of_cache(int place)
{
    char path[PATH];
    char text[64];
    char *unit = NULL;
    static const char folder[] = "/sys/devices/system/cpu/cpu0/cache";
    (void)snprintf(path, sizeof path, "%s/index%d/level", folder, place);
    read_text(path, text, sizeof text);
    if (strtol(text, NULL, 10) != 2)
        return 0;
    (void)snprintf(path, sizeof path, "%s/index%d/size", folder, place);
    read_text(path, text, sizeof text);
    const long long size = strtoll(text, &unit, 10);
    const int shift = *unit == 'K' ? 10 : *unit == 'M' ? 20 : 0;
    return size < 0 || size > INT64_MAX >> shift ? 0 : size << shift;
}

/* Glibc asks the processor on x86-64, and knows nothing on others. */
int64_t srnn_os__l2_bytes(void)
{
    enum { PLACES = 8 };
    int64_t size = 0;
#ifdef _SC_LEVEL2_CACHE_SIZE
    size = sysconf(_SC_LEVEL2_CACHE_SIZE);
#endif
    for (int place = 0; size <= 0 && place < PLACES; place++)
        size = size_of_cache(place);
    return size < 0 ? 0 : size;
}
