/* SPDX-License-Identifier: MIT */
/* write a temporary file, fsync it, rename it over the target, fsync the
 * folder: in this order, so that neither a failure nor a power cut shows a
 * mixture. All of it relative to an open folder, which may be renamed
 * meanwhile. */
#include "io/replacement.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/path.h"
#include "util/error.h"

enum {
    MAX_LINKS = 40,  /* as in Linux */
    MAX_TRIES = 40,  /* to find the same file twice */
    MAX_NAMES = 1000 /* temporary files beside the target, from crashes */
};

static srnn_status fail(const srnn_replacement *replacement, const char *what)
{
    return srnn_path__fail_errno(replacement->path, what, errno);
}

static int open_at(int folder, const char *name, int flags, mode_t mode)
{
    int file = -1;
    do {
        file = openat(folder, name, flags | O_CLOEXEC, mode);
    } while (file < 0 && errno == EINTR);
    return file;
}

static int sync_descriptor(int file)
{
    int result = -1;
    do {
        result = fsync(file);
    } while (result != 0 && errno == EINTR);
    return result;
}

static void close_folder(srnn_replacement *replacement)
{
    if (replacement->folder >= 0)
        (void)close(replacement->folder);
    replacement->folder = AT_FDCWD;
}

/* Goes on to the folder of a path that is relative to the present one; what the
 * path names in it is the target. */
static srnn_status enter(srnn_replacement *replacement, const char *path)
{
    char folder[PATH_MAX] = ".";
    const char *const slash = strrchr(path, '/');
    const char *const name = slash == NULL ? path : slash + 1;
    const size_t length = (size_t)(name - path);
    errno = ENAMETOOLONG;
    if (length >= sizeof folder || strlen(name) > NAME_MAX)
        return fail(replacement, "cannot open");
    if (length > 0) {
        memcpy(folder, path, length);
        folder[length] = '\0';
    }
    const int file =
        open_at(replacement->folder, folder, O_RDONLY | O_DIRECTORY, 0);
    if (file < 0)
        return fail(replacement, "cannot open the folder");
    close_folder(replacement);
    replacement->folder = file;
    /* Behind a slash at the end is the folder itself. */
    const char *const target = *name == '\0' ? "." : name;
    memcpy(replacement->target, target, strlen(target) + 1);
    return SRNN_OK;
}

/* Follows links to where the target is or would be; its mode is 0 if there is
 * none. */
static srnn_status follow(srnn_replacement *replacement, struct stat *info)
{
    char link[PATH_MAX];
    const char *path = replacement->path;
    for (int links = 0; links < MAX_LINKS; links++) {
        SRNN_TRY(enter(replacement, path));
        *info = (struct stat){.st_mode = 0};
        if (fstatat(replacement->folder, replacement->target, info,
                    AT_SYMLINK_NOFOLLOW) != 0)
            return errno == ENOENT ? SRNN_OK : fail(replacement, "cannot stat");
        if (!S_ISLNK(info->st_mode))
            return SRNN_OK;
        const ssize_t length = readlinkat(
            replacement->folder, replacement->target, link, sizeof link - 1);
        if (length < 0)
            return fail(replacement, "cannot read the link");
        link[length] = '\0';
        path = link;
    }
    errno = ELOOP;
    return fail(replacement, "cannot open");
}

/* The kernel follows some links of /proc to another file than their text names:
 * one that was deleted, or lies in another mount namespace. What stat finds and
 * what the texts lead to are also different if another program changes the path
 * in between, hence the loop. */
static srnn_status locate(srnn_replacement *replacement, struct stat *info)
{
    for (int tries = 0; tries < MAX_TRIES; tries++) {
        struct stat named = {.st_mode = 0};
        /* The kernel decides whether links may be followed
         * (protected_symlinks). */
        if (stat(replacement->path, &named) != 0 && errno != ENOENT)
            return fail(replacement, "cannot stat");
        SRNN_TRY(follow(replacement, info));
        if (info->st_dev == named.st_dev && info->st_ino == named.st_ino)
            return SRNN_OK;
        close_folder(replacement);
    }
    return srnn_path__fail(
        replacement->path,
        "the link leads to a file that its text does not name");
}

/* A rename asks for no right to write to the target, but who made it read-only
 * meant something. */
static srnn_status check_target(const srnn_replacement *replacement,
                                const struct stat *info)
{
    if (info->st_mode == 0)
        return SRNN_OK;
    if (S_ISDIR(info->st_mode))
        return srnn_path__fail(replacement->path,
                               "is a directory, expected a file");
    if (!S_ISREG(info->st_mode))
        return srnn_path__fail(replacement->path, "is not a regular file");
    if (faccessat(replacement->folder, replacement->target, W_OK, AT_EACCESS) !=
        0)
        return fail(replacement, "cannot replace");
    return SRNN_OK;
}

static srnn_status create_file(srnn_replacement *replacement, mode_t mode)
{
    for (int i = 0; i < MAX_NAMES; i++) {
        (void)snprintf(replacement->temporary, sizeof replacement->temporary,
                       ".simplernn-%lld-%d.tmp", (long long)getpid(), i);
        replacement->file = open_at(replacement->folder, replacement->temporary,
                                    O_WRONLY | O_CREAT | O_EXCL, mode);
        if (replacement->file >= 0)
            return SRNN_OK;
        if (errno != EEXIST)
            break;
    }
    return fail(replacement, "cannot create a temporary file beside it");
}

srnn_status srnn_replacement__create(srnn_replacement *replacement)
{
    SRNN_TRY(create_file(replacement,
                         replacement->has_old ? replacement->mode : 0666));
    /* A new file has the mode that the umask leaves, another that of the old
     * one. */
    if (!replacement->has_old ||
        fchmod(replacement->file, replacement->mode) == 0)
        return SRNN_OK;
    const srnn_status status = fail(replacement, "cannot keep the mode");
    srnn_replacement__abandon(replacement);
    return status;
}

srnn_status srnn_replacement__begin(srnn_replacement *out, const char *path)
{
    struct stat info = {0};
    *out = (srnn_replacement){.path = path, .folder = AT_FDCWD, .file = -1};
    srnn_status status = locate(out, &info);
    if (status == SRNN_OK)
        status = check_target(out, &info);
    if (status != SRNN_OK) {
        close_folder(out);
        return status;
    }
    out->has_old = info.st_mode != 0;
    out->mode = info.st_mode & 0777;
    return SRNN_OK;
}

srnn_status srnn_replacement__open_old(srnn_source *out,
                                       const srnn_replacement *replacement)
{
    return srnn_source__open_at(out, replacement->folder, replacement->target,
                                replacement->path);
}

/* close tells of writes that failed late, on a network. After EINTR, as after
 * any error, the descriptor is gone; fsync has succeeded before. */
static srnn_status finish_file(srnn_replacement *replacement)
{
    const int file = replacement->file;
    const bool is_synced = sync_descriptor(file) == 0;
    const srnn_status status =
        is_synced ? SRNN_OK : fail(replacement, "cannot sync the new file");
    const bool is_closed = close(file) == 0 || errno == EINTR;
    return is_closed || !is_synced
               ? status
               : fail(replacement, "cannot close the new file");
}

/* Some file systems, which answer EINVAL, cannot sync a folder and need not. */
static srnn_status sync_folder(const srnn_replacement *replacement)
{
    if (sync_descriptor(replacement->folder) == 0 || errno == EINVAL)
        return SRNN_OK;
    return fail(replacement, "the new file is in place, but cannot sync its "
                             "folder");
}

srnn_status srnn_replacement__commit(srnn_replacement *replacement)
{
    const int folder = replacement->folder;
    srnn_status status = finish_file(replacement);
    if (status == SRNN_OK && renameat(folder, replacement->temporary, folder,
                                      replacement->target) != 0)
        status = fail(replacement, "cannot rename the new file");
    if (status == SRNN_OK)
        status = sync_folder(replacement);
    else
        (void)unlinkat(folder, replacement->temporary, 0);
    return status;
}

void srnn_replacement__abandon(srnn_replacement *replacement)
{
    (void)close(replacement->file);
    (void)unlinkat(replacement->folder, replacement->temporary, 0);
}

void srnn_replacement__end(srnn_replacement *replacement)
{
    close_folder(replacement);
}
