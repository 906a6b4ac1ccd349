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
    out->name = "";
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

bool command_files_clash(const char *a, const char *b)
{
    place x, y;
    return find(&x, a) && find(&y, b) && x.info.st_dev == y.info.st_dev &&
           x.info.st_ino == y.info.st_ino && strcmp(x.name, y.name) == 0 &&
           !S_ISCHR(x.info.st_mode);
}
