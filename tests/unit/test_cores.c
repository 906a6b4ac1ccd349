/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind */
/* How many cores the library takes a process to have, on machines that are
 * made up here: affinity masks and the files of control groups. The linker lets
 * src/os/linux.c call the functions __wrap_... in place of those of the C
 * library. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "os/os.h"
#include "util/team.h"

enum { MAX_FILES = 6, LINUX_CORES = 1 << 17, LONGEST = 511 };

/* What a read of it gives; NULL: it cannot be read. */
typedef struct {
    const char *path, *text;
} file;

/* The machine: so many cores, of which a process may use some from the first
 * on; none if the kernel refuses to tell. */
typedef struct {
    const char *name;
    int64_t wanted;
    int cores, first, usable;
    file files[MAX_FILES];
} machine;

static const machine *now;
static int opened;

#define GROUPS "/proc/self/cgroup"
#define V2 "/sys/fs/cgroup"
#define V1 "/sys/fs/cgroup/cpu"
#define QUOTA "/cpu.cfs_quota_us"
#define PERIOD "/cpu.cfs_period_us"
#define LONG_NAME                                                              \
    "0123456789012345678901234567890123456789012345678901234567890123456789"   \
    "0123456789012345678901234567890123456789012345678901234567890123456789"
#define LONG_PATH "/" LONG_NAME "/" LONG_NAME "/" LONG_NAME "/" LONG_NAME

/* NOLINTBEGIN(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
ssize_t __real_read(int from, void *bytes, size_t size);
ssize_t __wrap_read(int from, void *bytes, size_t size);
int __wrap_sched_getaffinity(pid_t process, size_t size, cpu_set_t *set);
long __real_sysconf(int name);
long __wrap_sysconf(int name);
/* NOLINTEND(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp) */

/* Two slashes are one. */
static bool is_path(const char *a, const char *b)
{
    for (; *a != '\0' && *a == *b; b++) {
        a++;
        while (a[-1] == '/' && *a == '/')
            a++;
    }
    return *a == '\0' && *b == '\0';
}

/* A descriptor that gives a text and then ends. */
static int open_text(const char *text)
{
    int ends[2];
    if (text == NULL)
        return openat(AT_FDCWD, "/dev/null", O_WRONLY | O_CLOEXEC);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    const ssize_t size = (ssize_t)strlen(text);
    assert_true(write(ends[1], text, (size_t)size) == size);
    assert_int_equal(close(ends[1]), 0);
    return ends[0];
}

/* What is written are the counters of gcov, when the process ends. */
int __wrap_open(const char *path, int flags, ...)
{
    if ((flags & O_ACCMODE) != O_RDONLY)
        return __real_open(path, flags, 0666);
    assert_int_equal(flags, O_RDONLY | O_CLOEXEC);
    assert_true(strlen(path) < LONGEST); /* or it is one that was cut off */
    opened++;
    for (int i = 0; i < MAX_FILES && now->files[i].path != NULL; i++)
        if (is_path(path, now->files[i].path))
            return open_text(now->files[i].text);
    errno = ENOENT;
    return -1;
}

int __wrap_open64(const char *path, int flags, ...)
{
    return __wrap_open(path, flags);
}

/* One that fails may leave anything. */
ssize_t __wrap_read(int from, void *bytes, size_t size)
{
    const ssize_t got = __real_read(from, bytes, size);
    if (got < 0)
        memset(bytes, '1', size);
    return got;
}

/* As Linux does. */
int __wrap_sched_getaffinity(pid_t process, size_t size, cpu_set_t *set)
{
    assert_int_equal(process, 0);
    if (now->usable < 0 || size * 8 < (size_t)now->cores) {
        errno = EINVAL;
        return -1;
    }
    CPU_ZERO_S(size, set);
    for (int i = 0; i < now->usable; i++)
        CPU_SET_S((size_t)(now->first + i), size, set);
    return 0;
}

/* The second-level cache is what the files say. */
/* What the C library knows of the second-level cache. */
static long known = -1;

long __wrap_sysconf(int name)
{
#ifdef _SC_LEVEL2_CACHE_SIZE
    if (name == _SC_LEVEL2_CACHE_SIZE)
        return known;
#endif
    return __real_sysconf(name);
}

static const machine affinities[] = {
    {"no files", 8, 8, 0, 8, {{0}}},
    {"one of eight", 1, 8, 5, 1, {{0}}},
    {"beyond 1024", 3, 2048, 1500, 3, {{0}}},
    {"the most", 7, 1 << 16, (1 << 16) - 7, 7, {{0}}},
    {"too many", 1, LINUX_CORES, 0, 9, {{0}}},
    {"none", 1, 8, 0, 0, {{0}}},
    {"refused", 1, 8, 0, -1, {{0}}},
};

/* Eight cores of eight. */
#define EIGHT 8, 0, 8

static const machine second[] = {
    {"root",
     2,
     EIGHT,
     {{GROUPS, "0::/\n"}, {V2 "/cpu.max", "200000 100000\n"}}},
    {"max", 8, EIGHT, {{GROUPS, "0::/a\n"}, {V2 "/a/cpu.max", "max 100000\n"}}},
    {"max alone", 8, EIGHT, {{GROUPS, "0::/a\n"}, {V2 "/a/cpu.max", "max"}}},
    {"half",
     1,
     EIGHT,
     {{GROUPS, "0::/a\n"}, {V2 "/a/cpu.max", "50000 100000"}}},
    {"little", 1, EIGHT, {{GROUPS, "0::/a\n"}, {V2 "/a/cpu.max", "1 1000000"}}},
    {"one",
     1,
     EIGHT,
     {{GROUPS, "0::/a\n"}, {V2 "/a/cpu.max", "100000 100000"}}},
    {"more than one",
     2,
     EIGHT,
     {{GROUPS, "0::/a\n"}, {V2 "/a/cpu.max", "100001 100000\n"}}},
    {"one and a half",
     2,
     EIGHT,
     {{GROUPS, "0::/a\n"}, {V2 "/a/cpu.max", "75000 50000\n"}}},
    {"more than there are",
     8,
     EIGHT,
     {{GROUPS, "0::/a\n"}, {V2 "/a/cpu.max", "6400000 100000\n"}}},
    {"more than the affinity",
     3,
     8,
     2,
     3,
     {{GROUPS, "0::/a\n"}, {V2 "/a/cpu.max", "400000 100000\n"}}},
    {"the outer one",
     3,
     EIGHT,
     {{GROUPS, "0::/a/b/c\n"},
      {V2 "/a/b/c/cpu.max", "700000 100000\n"},
      {V2 "/a/b/cpu.max", "max 100000\n"},
      {V2 "/a/cpu.max", "300000 100000\n"}}},
    {"the inner one",
     2,
     EIGHT,
     {{GROUPS, "0::/a/b\n"},
      {V2 "/a/b/cpu.max", "200000 100000\n"},
      {V2 "/a/cpu.max", "500000 100000\n"}}},
    {"the root of a container",
     4,
     EIGHT,
     {{GROUPS, "0::/system.slice/docker-1.scope\n"},
      {V2 "/cpu.max", "400000 100000\n"}}},
    {"a path from outside",
     4,
     EIGHT,
     {{GROUPS, "0::/../../x\n"}, {V2 "/cpu.max", "400000 100000\n"}}},
    {"no path", 5, EIGHT, {{GROUPS, "0::"}, {V2 "/cpu.max", "500000 100000"}}},
    {"a long path",
     6,
     EIGHT,
     {{GROUPS, "0::/a" LONG_PATH "\n"}, {V2 "/a/cpu.max", "600000 100000\n"}}},
};

static const machine first[] = {
    {"cpu",
     2,
     EIGHT,
     {{GROUPS, "4:cpu:/a\n"},
      {V1 "/a" QUOTA, "200000\n"},
      {V1 "/a" PERIOD, "100000\n"}}},
    {"half",
     1,
     EIGHT,
     {{GROUPS, "4:cpu:/a\n"},
      {V1 "/a" QUOTA, "50000\n"},
      {V1 "/a" PERIOD, "100000\n"}}},
    {"one and a half, among others",
     2,
     EIGHT,
     {{GROUPS, "12:memory:/m\n4:cpuacct,cpu:/a\n3:cpuset:/s\n"},
      {V1 "/a" QUOTA, "150000\n"},
      {V1 "/a" PERIOD, "100000\n"}}},
    {"cpu first",
     5,
     EIGHT,
     {{GROUPS, "4:cpu,cpuacct:/a\n"},
      {V1 "/a" QUOTA, "500000\n"},
      {V1 "/a" PERIOD, "100000\n"}}},
    {"not cpu",
     8,
     EIGHT,
     {{GROUPS, "3:cpuset:/a\n4:cpuacct:/a\n5:xcpu:/a\n6:name=cpu:/a\n"
               "7:cpx:/a\n8:cpu+:/a\n"},
      {V1 "/a" QUOTA, "100000\n"},
      {V1 "/a" PERIOD, "100000\n"}}},
    {"no quota",
     8,
     EIGHT,
     {{GROUPS, "4:cpu:/a\n"},
      {V1 "/a" QUOTA, "-1\n"},
      {V1 "/a" PERIOD, "100000\n"}}},
    {"outer",
     3,
     EIGHT,
     {{GROUPS, "4:cpu:/a/b\n"},
      {V1 "/a/b" QUOTA, "-1\n"},
      {V1 "/a/b" PERIOD, "100000\n"},
      {V1 "/a" QUOTA, "300000\n"},
      {V1 "/a" PERIOD, "100000\n"}}},
    {"container",
     6,
     EIGHT,
     {{GROUPS, "4:cpu:/docker/0123\n"},
      {V1 QUOTA, "600000\n"},
      {V1 PERIOD, "100000\n"}}},
    {"both versions, the first less",
     2,
     EIGHT,
     {{GROUPS, "4:cpu:/a\n0::/b\n"},
      {V1 "/a" QUOTA, "200000\n"},
      {V1 "/a" PERIOD, "100000\n"},
      {V2 "/b/cpu.max", "300000 100000\n"}}},
    {"both versions, the second less",
     2,
     EIGHT,
     {{GROUPS, "4:cpu:/a\n0::/b\n"},
      {V1 "/a" QUOTA, "400000\n"},
      {V1 "/a" PERIOD, "100000\n"},
      {V2 "/b/cpu.max", "200000 100000\n"}}},
};

/* What cannot be understood is no limit. */
static const machine broken[] = {
    {"empty", 8, EIGHT, {{GROUPS, ""}, {V2 "/cpu.max", "100000 100000"}}},
    {"unreadable", 8, EIGHT, {{GROUPS, NULL}}},
    {"no colons", 8, EIGHT, {{GROUPS, "0\n\n:\nx"}}},
    {"one good line",
     2,
     EIGHT,
     {{GROUPS, "\n0\n1:cpu\n0::/a"}, {V2 "/a/cpu.max", "200000 100000"}}},
    {"no number", 8, EIGHT, {{GROUPS, "0::/a"}, {V2 "/a/cpu.max", "many"}}},
    {"no period", 8, EIGHT, {{GROUPS, "0::/a"}, {V2 "/a/cpu.max", "100000"}}},
    {"period 0", 8, EIGHT, {{GROUPS, "0::/a"}, {V2 "/a/cpu.max", "100000 0"}}},
    {"0", 8, EIGHT, {{GROUPS, "0::/a"}, {V2 "/a/cpu.max", "0 100000"}}},
    {"below 0", 8, EIGHT, {{GROUPS, "0::/a"}, {V2 "/a/cpu.max", "-9 -3"}}},
    {"huge",
     8,
     EIGHT,
     {{GROUPS, "0::/a"}, {V2 "/a/cpu.max", "9223372036854775807 100000"}}},
    {"more than huge",
     1,
     EIGHT,
     {{GROUPS, "0::/a"},
      {V2 "/a/cpu.max", "99999999999999999999 99999999999999999999"}}},
    {"unreadable limit",
     4,
     EIGHT,
     {{GROUPS, "0::/a"},
      {V2 "/a/cpu.max", NULL},
      {V2 "/cpu.max", "400000 100000"}}},
    {"no quota that can be read",
     8,
     EIGHT,
     {{GROUPS, "4:cpu:/a\n"},
      {V1 "/a" QUOTA, NULL},
      {V1 "/a" PERIOD, "100000\n"}}},
    {"no period file",
     8,
     EIGHT,
     {{GROUPS, "4:cpu:/a\n"}, {V1 "/a" QUOTA, "200000\n"}}},
};

static int count_descriptors(void)
{
    int count = 0;
    for (int i = 0; i < 256; i++)
        count += fcntl(i, F_GETFD) >= 0;
    return count;
}

static void check(const machine *machines, size_t count)
{
    const int before = count_descriptors();
    for (size_t i = 0; i < count; i++) {
        now = &machines[i];
        const int64_t got = srnn_os__cores();
        if (got != now->wanted)
            fail_msg("%s: %d, not %d", now->name, (int)got, (int)now->wanted);
    }
    assert_int_equal(count_descriptors(), before);
}

#define CHECK(machines) check(machines, sizeof(machines) / sizeof *(machines))

static void test_cores__are_those_of_the_affinity(void **state)
{
    (void)state;
    CHECK(affinities);
}

static void test_cores__follow_control_groups_2(void **state)
{
    (void)state;
    CHECK(second);
}

static void test_cores__follow_control_groups_1(void **state)
{
    (void)state;
    CHECK(first);
}

static void test_cores__need_no_files_in_order(void **state)
{
    (void)state;
    CHECK(broken);
}

/* A file is read in part: what is at its beginning counts. */
static void test_cores__of_a_process_in_many_groups(void **state)
{
    enum { SIZE = 20000 };
    static char text[SIZE];
    machine many = {
        "many", 2, EIGHT, {{GROUPS, text}, {V2 "/a/cpu.max", "200000 100000"}}};
    (void)state;
    (void)strcpy(text, "0::/a\n");
    while (strlen(text) + 32 < SIZE)
        (void)strcat(text, "3:memory:/some/where\n");
    check(&many, 1);
}

/* Without a standard input, the first file that is opened takes its place. */
static void test_cores__close_what_has_descriptor_0(void **state)
{
    const int kept = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);
    (void)state;
    (void)close(STDIN_FILENO);
    CHECK(second);
    if (kept < 0)
        return;
    assert_int_equal(dup2(kept, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(kept), 0);
}

/* Once in a process; a child may be in another group. */
static void test_cores__are_asked_for_once(void **state)
{
    int status = -1;
    (void)state;
    now = &second[0];
    const int before = opened;
    assert_int_equal(srnn_team__available(), 2);
    const int after = opened;
    assert_true(after > before);
    now = &affinities[0];
    assert_int_equal(srnn_team__available(), 2);
    assert_int_equal(opened, after);
    const pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        const int64_t once = srnn_team__available();
        _exit(once == 8 && srnn_team__available() == once ? 0 : 1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(srnn_team__available(), 2);
}

#define CACHE "/sys/devices/system/cpu/cpu0/cache"

/* wanted: bytes of the cache. */
static const machine caches[] = {
    {"KiB",
     2 << 20,
     EIGHT,
     {{CACHE "/index0/level", "1\n"},
      {CACHE "/index0/size", "32K\n"},
      {CACHE "/index2/level", "2\n"},
      {CACHE "/index2/size", "2048K\n"}}},
    {"MiB",
     1 << 20,
     EIGHT,
     {{CACHE "/index7/level", "2\n"}, {CACHE "/index7/size", "1M\n"}}},
    {"bytes",
     4096,
     EIGHT,
     {{CACHE "/index1/level", "2\n"}, {CACHE "/index1/size", "4096"}}},
    {"no second level",
     0,
     EIGHT,
     {{CACHE "/index0/level", "1\n"}, {CACHE "/index0/size", "32K\n"}}},
    {"no size", 0, EIGHT, {{CACHE "/index2/level", "2\n"}}},
    {"below 0",
     0,
     EIGHT,
     {{CACHE "/index2/level", "2\n"}, {CACHE "/index2/size", "-1K\n"}}},
    {"huge",
     0,
     EIGHT,
     {{CACHE "/index2/level", "2\n"},
      {CACHE "/index2/size", "9007199254740993M\n"}}},
    {"none", 0, EIGHT, {{0}}},
};

static void test_cores__have_a_cache_of_the_second_level(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof caches / sizeof *caches; i++) {
        now = &caches[i];
        const int64_t got = srnn_os__l2_bytes();
        if (got != now->wanted)
            fail_msg("%s: %d, not %d", now->name, (int)got, (int)now->wanted);
    }
}

/* Files are for where the C library does not know. */
static void test_cores__have_the_cache_that_the_c_library_knows(void **state)
{
    (void)state;
#ifndef _SC_LEVEL2_CACHE_SIZE
    skip();
#endif
    now = &caches[0];
    known = 3 << 20;
    assert_int_equal(srnn_os__l2_bytes(), known);
    known = 0;
    assert_int_equal(srnn_os__l2_bytes(), now->wanted);
    known = -1;
}

/* What this program declares is most of it. */
static void test_cores__count_thread_local_memory(void **state)
{
    enum { OWN = 3 << 20, OTHERS = 1 << 19 };
    static _Thread_local char own[OWN];
    (void)state;
    *(volatile char *)own = 1;
    assert_in_range(srnn_os__thread_local_bytes(), OWN, OWN + OTHERS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cores__are_those_of_the_affinity),
        cmocka_unit_test(test_cores__follow_control_groups_2),
        cmocka_unit_test(test_cores__follow_control_groups_1),
        cmocka_unit_test(test_cores__need_no_files_in_order),
        cmocka_unit_test(test_cores__of_a_process_in_many_groups),
        cmocka_unit_test(test_cores__close_what_has_descriptor_0),
        cmocka_unit_test(test_cores__are_asked_for_once),
        cmocka_unit_test(test_cores__have_a_cache_of_the_second_level),
        cmocka_unit_test(test_cores__have_the_cache_that_the_c_library_knows),
        cmocka_unit_test(test_cores__count_thread_local_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
