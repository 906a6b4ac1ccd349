/* SPDX-License-Identifier: MIT */
/* A temporary file and a rename for regular files, plain writes for the rest:
 * pipes and devices have nothing that could be left behind. */
#include "target.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files.h"

enum { MAX_WRITE = 1 << 30, WATCHED = 2 };

/* Read by the signal handler. */
static char *volatile watched[WATCHED];

static void watch(char *path)
{
    for (int i = 0; i < WATCHED; i++) {
        if (watched[i] == NULL) {
            watched[i] = path;
            return;
        }
    }
}

static void unwatch(const char *path)
{
    for (int i = 0; i < WATCHED; i++)
        if (watched[i] == path)
            watched[i] = NULL;
}

/* The handler was reset when it was called, so the signal now ends us, with a
 * core if it asks for one. */
static void remove_all(int signal)
{
    for (int i = 0; i < WATCHED; i++)
        if (watched[i] != NULL)
            (void)unlink(watched[i]);
    (void)raise(signal);
}

void command_target_watch_signals(void)
{
    static const int ending[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGXCPU};
    struct sigaction action = {.sa_handler = remove_all,
                               .sa_flags = (int)SA_RESETHAND};
    struct sigaction before;
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        if (sigaction(ending[i], NULL, &before) == 0 &&
            before.sa_handler != SIG_IGN) /* as nohup leaves it */
            (void)sigaction(ending[i], &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN); /* a limit on the size of files */
}

sigset_t command_target_block_signals(void)
{
    sigset_t all;
    sigset_t before;
    (void)sigfillset(&all);
    (void)sigprocmask(SIG_BLOCK, &all, &before);
    return before;
}

void command_target_restore_signals(const sigset_t *before)
{
    (void)sigprocmask(SIG_SETMASK, before, NULL);
}

static command_result fail(const command_target *target, const char *what)
{
    return command_fail_errno(target->name, what, errno);
}

/* The permissions that open() would give, or those of the file to replace. */
static mode_t mode_for(const struct stat *old)
{
    enum { EVERYBODY = 0666, PERMISSIONS = 07777 };
    if (old != NULL)
        return old->st_mode & PERMISSIONS;
    const mode_t mask = umask(0);
    (void)umask(mask);
    return EVERYBODY & ~mask;
}

/* A temporary file that a signal finds watched or not there. */
static int create_watched(char *path)
{
    const sigset_t before = command_target_block_signals();
    const int file = mkostemp(path, O_CLOEXEC);
    const int error = errno;
    if (file >= 0)
        watch(path);
    command_target_restore_signals(&before);
    errno = error;
    return file;
}

/* The kernel follows some links of /proc to another file than their text names,
 * for example to one that was deleted. */
static command_result check_path(const command_target *target,
                                 const struct stat *old)
{
    struct stat found;
    if (stat(target->path, &found) != 0)
        return fail(target, "cannot stat");
    if (found.st_dev == old->st_dev && found.st_ino == old->st_ino)
        return COMMAND_OK;
    return command_fail(COMMAND_IO,
                        "%s: the link leads to a file that its text does not "
                        "name",
                        target->name);
}

static command_result open_temporary(command_target *out, const char *path,
                                     const struct stat *old)
{
    char place[PATH_MAX];
    char *temporary = NULL;
    /* A rename asks for no right to write to the file, but who made it
     * read-only meant something. */
    if (old != NULL && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
        return fail(out, "cannot replace");
    /* Through symbolic links, which stay. */
    if (old == NULL && !command_files_follow(place, path))
        return fail(out, "cannot follow the link");
    out->path = old == NULL ? strdup(place) : realpath(path, NULL);
    if (out->path == NULL)
        return fail(out, "cannot find its folder");
    if (old != NULL)
        COMMAND_TRY(check_path(out, old));
    if (asprintf(&temporary, "%s.XXXXXX", out->path) < 0)
        return command_fail_memory();
    out->file = create_watched(temporary);
    if (out->file < 0) {
        free(temporary);
        return fail(out, "cannot create a temporary file in its folder");
    }
    out->temporary = temporary;
    out->mode = mode_for(old);
    /* Until then, whatever the umask is, it can be replaced by its name. */
    if (fchmod(out->file, S_IRUSR | S_IWUSR) != 0)
        return fail(out, "cannot set its permissions");
    return COMMAND_OK;
}

command_result command_target_open(command_target *out, const char *path)
{
    const bool standard = strcmp(path, "-") == 0;
    struct stat old = {0};
    *out = (command_target){"standard output", STDOUT_FILENO, NULL, NULL, 0};
    if (standard)
        return COMMAND_OK;
    (void)command_quote(out->name, path);
    const bool exists = stat(path, &old) == 0;
    if (!exists && errno != ENOENT)
        return fail(out, "cannot open");
    if (!exists || S_ISREG(old.st_mode))
        return open_temporary(out, path, exists ? &old : NULL);
    do {
        out->file = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    } while (out->file < 0 && errno == EINTR);
    return out->file < 0 ? fail(out, "cannot open") : COMMAND_OK;
}

command_result command_target_open_regular(command_target *out,
                                           const char *path)
{
    struct stat old = {0};
    *out = (command_target){"", STDOUT_FILENO, NULL, NULL, 0};
    (void)command_quote(out->name, path);
    if (strcmp(path, "-") == 0 ||
        (stat(path, &old) == 0 && !S_ISREG(old.st_mode)))
        return command_fail(COMMAND_MISUSE, "%s is not a regular file",
                            out->name);
    return command_target_open(out, path);
}

command_result command_target_write(command_target *target, const void *bytes,
                                    int64_t size)
{
    for (int64_t done = 0; done < size;) {
        const int64_t ask = size - done;
        const ssize_t count =
            write(target->file, (const char *)bytes + done,
                  (size_t)(ask < MAX_WRITE ? ask : MAX_WRITE));
        if (count < 0 && errno == EINTR)
            continue;
        if (count < 0)
            return fail(target, "cannot write");
        done += count;
    }
    return COMMAND_OK;
}

command_result command_target_check(srnn_status status,
                                    const command_target *target)
{
    const command_result result = command_check(status, target->name);
    const char *const text = srnn_last_error();
    const char *const end =
        result == COMMAND_IO && *text == '"' ? strchr(text + 1, '"') : NULL;
    return end == NULL ? result
                       : command_fail(result, "%s%s", target->name, end + 1);
}

/* Standard output is closed by main(), after its last line. */
command_result command_target_finish(command_target *target)
{
    const int file = target->file;
    if (file <= STDOUT_FILENO)
        return COMMAND_OK;
    target->file = -1;
    if (close(file) != 0)
        return fail(target, "cannot write");
    if (target->temporary != NULL &&
        chmod(target->temporary, target->mode) != 0)
        return fail(target, "cannot set its permissions");
    return COMMAND_OK;
}

command_result command_target_publish(command_target *target)
{
    if (target->temporary == NULL)
        return COMMAND_OK;
    if (rename(target->temporary, target->path) != 0)
        return fail(target, "cannot replace");
    unwatch(target->temporary);
    free(target->temporary);
    target->temporary = NULL;
    return COMMAND_OK;
}

void command_target_close(command_target *target)
{
    if (target->file > STDOUT_FILENO)
        (void)close(target->file);
    if (target->temporary != NULL) {
        (void)unlink(target->temporary);
        unwatch(target->temporary);
    }
    free(target->temporary);
    free(target->path);
}
