/* SPDX-License-Identifier: MIT */
/* Loaded in front of the C library, it lets one call fail: the one of kind
 * FAIL_KIND whose number is FAIL_AT, with the error FAIL_ERROR. Of calls about
 * files, those count that are about a file in FAIL_FOLDER. Of allocations,
 * those count that come before standard output is closed, and that jansson does
 * not make while it parses: the library only sees to it that there is enough
 * memory when jansson begins. FAIL_NOTE names a file that then has the file of
 * the call, or the name of the function that allocates. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static const char *kind = "";
static const char *folder;
static int number;
static int error;
static atomic_int calls;

__attribute__((constructor)) static void begin(void)
{
    folder = getenv("FAIL_FOLDER");
    number = atoi(getenv("FAIL_AT"));
    error = atoi(getenv("FAIL_ERROR"));
    kind = getenv("FAIL_KIND");
}

static atomic_int parsers;

/* Finds the function that stands behind one of these. */
static void *next(void *found, const char *name)
{
    return found != NULL ? found : dlsym(RTLD_NEXT, name);
}

#define NEXT(name)                                                             \
    static __typeof__(&(name)) name##_next;                                    \
    *(void **)&name##_next = next(*(void **)&name##_next, #name)

static void note(const char *path)
{
    const char *const name = getenv("FAIL_NOTE");
    NEXT(open);
    NEXT(write);
    NEXT(close);
    const int file = open_next(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);
    (void)write_next(file, path, strlen(path));
    (void)close_next(file);
}

static bool is_failing(const char *of, const char *path)
{
    if (strcmp(kind, of) != 0 || atomic_fetch_add(&calls, 1) + 1 != number)
        return false;
    note(path);
    errno = error;
    return true;
}

static bool is_path_failing(const char *of, const char *path)
{
    return strcmp(kind, of) == 0 &&
           strncmp(path, folder, strlen(folder)) == 0 && is_failing(of, path);
}

/* By the name that the file had when it was opened. */
static bool is_file_failing(const char *of, int file)
{
    char entry[32], name[PATH_MAX];
    const int before = errno;
    if (strcmp(kind, of) != 0)
        return false;
    (void)snprintf(entry, sizeof entry, "/proc/self/fd/%d", file);
    const ssize_t length = readlink(entry, name, sizeof name - 1);
    name[length < 0 ? 0 : length] = '\0';
    errno = before;
    return is_path_failing(of, name);
}

/* What is relative to a folder fails as the folder would. */
static bool is_place_failing(const char *of, int at, const char *path)
{
    return *path == '/' || at == AT_FDCWD ? is_path_failing(of, path)
                                          : is_file_failing(of, at);
}

json_t *json_loadb(const char *text, size_t size, size_t flags,
                   json_error_t *failure)
{
    NEXT(json_loadb);
    atomic_fetch_add(&parsers, 1);
    json_t *const json = json_loadb_next(text, size, flags, failure);
    atomic_fetch_sub(&parsers, 1);
    return json;
}

/* dlsym() allocates, so these cannot ask it. */
void *libc_malloc(size_t size) __asm__("__libc_malloc");
void *libc_calloc(size_t count, size_t size) __asm__("__libc_calloc");
void *libc_realloc(void *old, size_t size) __asm__("__libc_realloc");
void *libc_memalign(size_t alignment, size_t size) __asm__("__libc_memalign");

static bool is_memory_failing(const char *function)
{
    return parsers == 0 && is_failing("memory", function);
}

void *malloc(size_t size)
{
    return is_memory_failing(__func__) ? NULL : libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    return is_memory_failing(__func__) ? NULL : libc_calloc(count, size);
}

void *realloc(void *old, size_t size)
{
    return is_memory_failing(__func__) ? NULL : libc_realloc(old, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return is_memory_failing(__func__) ? NULL : libc_memalign(alignment, size);
}

static mode_t mode_of(int flags, va_list arguments)
{
    return (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
}

int open(const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    NEXT(open);
    return is_path_failing("open", path) ? -1 : open_next(path, flags, mode);
}

int openat(int at, const char *path, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = mode_of(flags, arguments);
    va_end(arguments);
    NEXT(openat);
    return is_place_failing("open", at, path)
               ? -1
               : openat_next(at, path, flags, mode);
}

int mkostemp(char *path, int flags)
{
    NEXT(mkostemp);
    return is_path_failing("create", path) ? -1 : mkostemp_next(path, flags);
}

FILE *fopen(const char *path, const char *mode)
{
    NEXT(fopen);
    return is_path_failing("create", path) ? NULL : fopen_next(path, mode);
}

ssize_t read(int file, void *target, size_t size)
{
    NEXT(read);
    return is_file_failing("read", file) ? -1 : read_next(file, target, size);
}

ssize_t pread(int file, void *target, size_t size, off_t at)
{
    NEXT(pread);
    return is_file_failing("read", file) ? -1
                                         : pread_next(file, target, size, at);
}

ssize_t write(int file, const void *bytes, size_t size)
{
    NEXT(write);
    return is_file_failing("write", file) ? -1 : write_next(file, bytes, size);
}

int fflush(FILE *file)
{
    NEXT(fflush);
    if (file == NULL || !is_file_failing("flush", fileno(file)))
        return fflush_next(file);
    return EOF;
}

off_t lseek(int file, off_t offset, int whence)
{
    NEXT(lseek);
    return is_file_failing("seek", file) ? -1
                                         : lseek_next(file, offset, whence);
}

int fsync(int file)
{
    NEXT(fsync);
    return is_file_failing("sync", file) ? -1 : fsync_next(file);
}

/* It closes, whatever it says. */
int close(int file)
{
    NEXT(close);
    const bool fails = is_file_failing("close", file);
    const int result = close_next(file);
    if (file == STDOUT_FILENO)
        kind = "";
    if (fails)
        errno = error;
    return fails ? -1 : result;
}

int fclose(FILE *file)
{
    NEXT(fclose);
    const bool fails = is_file_failing("close", fileno(file));
    const int result = fclose_next(file);
    if (fails)
        errno = error;
    return fails ? EOF : result;
}

int stat(const char *path, struct stat *info)
{
    NEXT(stat);
    return is_path_failing("stat", path) ? -1 : stat_next(path, info);
}

int fstat(int file, struct stat *info)
{
    NEXT(fstat);
    return is_file_failing("stat", file) ? -1 : fstat_next(file, info);
}

int access(const char *path, int mode)
{
    NEXT(access);
    return is_path_failing("access", path) ? -1 : access_next(path, mode);
}

int faccessat(int at, const char *path, int mode, int flags)
{
    NEXT(faccessat);
    return is_place_failing("access", at, path)
               ? -1
               : faccessat_next(at, path, mode, flags);
}

int chmod(const char *path, mode_t mode)
{
    NEXT(chmod);
    return is_path_failing("chmod", path) ? -1 : chmod_next(path, mode);
}

int fchmod(int file, mode_t mode)
{
    NEXT(fchmod);
    return is_file_failing("chmod", file) ? -1 : fchmod_next(file, mode);
}

int rename(const char *old, const char *new)
{
    NEXT(rename);
    return is_path_failing("rename", old) ? -1 : rename_next(old, new);
}

int renameat(int from, const char *old, int to, const char *new)
{
    NEXT(renameat);
    return is_place_failing("rename", from, old)
               ? -1
               : renameat_next(from, old, to, new);
}

/* A clock that runs fast, so that a measurement is short. */
int clock_gettime(clockid_t clock, struct timespec *time)
{
    enum { FASTER = 64, BILLION = 1000000000 };
    NEXT(clock_gettime);
    const int result = clock_gettime_next(clock, time);
    const long long nanoseconds = FASTER * (long long)time->tv_nsec;
    time->tv_sec = FASTER * time->tv_sec + (time_t)(nanoseconds / BILLION);
    time->tv_nsec = (long)(nanoseconds % BILLION);
    return result;
}
