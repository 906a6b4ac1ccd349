/* SPDX-License-Identifier: MIT */
/* A file is known by its device and inode; one that is yet to be made by those
 * of its folder and by its name there. */
#include "files.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    struct stat info; /* of the file or the folder */
    const char *name; /* in the folder; "" if there is the file itself */
} place;

static bool find(place *out, const char *path)
{
    char folder[PATH_MAX];
    *out = (place){.name = ""};
    if (path == NULL)
        return fstat(STDOUT_FILENO, &out->info) == 0;
    if (stat(path, &out->info) == 0)
        return true;
    const char *const slash = strrchr(path, '/');
    out->name = slash == NULL ? path : slash + 1;
    const int length =
        snprintf(folder, sizeof folder, "%.*s.", (int)(out->name - path), path);
    return length < PATH_MAX && stat(folder, &out->info) == 0;
}

static bool is_same(const place *a, const place *b)
{
    return a->info.st_dev == b->info.st_dev &&
           a->info.st_ino == b->info.st_ino && strcmp(a->name, b->name) == 0;
}

bool command_files_clash(const char *a, const char *b)
{
    place x, y;
    return find(&x, a) && find(&y, b) && is_same(&x, &y) &&
           !S_ISCHR(x.info.st_mode);
}

bool command_files_is_terminal(const char *path)
{
    place x, y;
    return isatty(STDOUT_FILENO) && find(&x, path) && find(&y, NULL) &&
           is_same(&x, &y);
}
