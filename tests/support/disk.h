/* SPDX-License-Identifier: MIT */
/* A disk that fails while a file is saved, call by call. The functions here
 * stand in front of the C library's, so they are in a header: in the library of
 * the support, every test program would have them. */
#ifndef TESTS_SUPPORT_DISK_H
#define TESTS_SUPPORT_DISK_H

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/* One save: a letter for each call, the one to fail and how, and at most how
 * much is written at once. */
static struct {
    bool is_watched;
    int calls;
    char letters[128];
    int failing;
    bool all_follow; /* all calls from there on fail */
    int error;       /* 0: the process dies there */
    bool passes_on;  /* a file to the programs that this one starts */
    size_t most;
} disk;

/* Begins to watch a save. No call fails if failing is 0. */
static void disk_watch(int failing, int error, size_t most)
{
    memset(&disk, 0, sizeof disk);
    disk.failing = failing;
    disk.error = error;
    disk.most = most;
    disk.is_watched = true;
}

static bool disk_is_failing(char letter)
{
    if (!disk.is_watched)
        return false;
    if (disk.calls < (int)sizeof disk.letters - 1)
        disk.letters[disk.calls] = letter;
    if (++disk.calls != disk.failing &&
        !(disk.all_follow && disk.calls > disk.failing))
        return false;
    if (disk.error == 0)
        (void)raise(SIGKILL);
    errno = disk.error;
    return true;
}

int stat(const char *path, struct stat *info)
{
    return disk_is_failing('t') ? -1 : fstatat(AT_FDCWD, path, info, 0);
}

int openat(int folder, const char *name, int flags, ...)
{
    va_list arguments;
    va_start(arguments, flags);
    const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(arguments, mode_t) : 0;
    va_end(arguments);
    if (disk.is_watched && (flags & O_CLOEXEC) == 0)
        disk.passes_on = true;
    if (disk_is_failing('o'))
        return -1;
    return (int)syscall(SYS_openat, folder, name, flags, mode);
}

int fchmod(int file, mode_t mode)
{
    return disk_is_failing('m') ? -1 : (int)syscall(SYS_fchmod, file, mode);
}

int fstat(int file, struct stat *info)
{
    return disk_is_failing('f') ? -1 : fstatat(file, "", info, AT_EMPTY_PATH);
}

ssize_t pread(int file, void *target, size_t size, off_t offset)
{
    if (disk_is_failing('p'))
        return -1;
    const size_t most = disk.is_watched ? disk.most : SIZE_MAX;
    return preadv(file, &(struct iovec){target, size < most ? size : most}, 1,
                  offset);
}

ssize_t write(int file, const void *bytes, size_t size)
{
    if (disk_is_failing('w'))
        return -1;
    const size_t most = disk.is_watched ? disk.most : SIZE_MAX;
    return syscall(SYS_write, file, bytes, size < most ? size : most);
}

int fsync(int file)
{
    return disk_is_failing('s') ? -1 : (int)syscall(SYS_fsync, file);
}

/* It closes, whatever it says. */
int close(int file)
{
    const bool fails = disk_is_failing('c');
    const int error = errno;
    const int result = (int)syscall(SYS_close, file);
    if (fails)
        errno = error;
    return fails ? -1 : result;
}

int renameat(int from, const char *old, int to, const char *new)
{
    return disk_is_failing('r')
               ? -1
               : (int)syscall(SYS_renameat2, from, old, to, new, 0);
}

#endif
