/* SPDX-License-Identifier: MIT */
/* A file is known by its device and inode; one that is yet to be made by those
 * of its folder and by its name there. */
#include "files.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    struct stat info;        /* of the file or the folder */
    char name[NAME_MAX + 1]; /* in the folder; "" if there is the file itself */
} place;

/* The length of the path of the folder that the file lies in, with the slash.
 */
static size_t folder_length(const char *path)
{
    const char *const slash = strrchr(path, '/');
    return slash == NULL ? 0 : (size_t)(slash + 1 - path);
}

bool command_files_follow(char out[PATH_MAX], const char *path)
{
    enum { MAX_LINKS = 40 }; /* as in Linux */
    char link[PATH_MAX];
    const char *next = path;
    size_t folder = 0;
    for (int links = 0; links <= MAX_LINKS; links++) {
        const size_t length = strlen(next);
        errno = ENAMETOOLONG;
        if (folder + length >= PATH_MAX)
            return false;
        memcpy(out + folder, next, length + 1);
        const ssize_t got = readlink(out, link, sizeof link - 1);
        if (got < 0)
            return true;
        link[got] = '\0';
        next = link;
        folder = *link == '/' ? 0 : folder_length(out);
    }
    errno = ELOOP;
    return false;
}

static bool find(place *out, const char *path)
{
    char folder[PATH_MAX + 1]; /* and a dot */
    *out = (place){.name = ""};
    if (path == NULL)
        return fstat(STDOUT_FILENO, &out->info) == 0;
    if (stat(path, &out->info) == 0)
        return true;
    if (!command_files_follow(folder, path))
        return false;
    char *const name = folder + folder_length(folder);
    if (strlen(name) > NAME_MAX)
        return false;
    memcpy(out->name, name, strlen(name) + 1);
    memcpy(name, ".", sizeof ".");
    return stat(folder, &out->info) == 0;
}

static bool is_same(const place *a, const place *b)
{
    return a->info.st_dev == b->info.st_dev &&
           a->info.st_ino == b->info.st_ino && strcmp(a->name, b->name) == 0;
}

static bool find_array(place *out, const char *path)
{
    if (strcmp(path, "-") != 0)
        return find(out, path);
    *out = (place){.name = ""};
    return fstat(STDIN_FILENO, &out->info) == 0;
}

static bool clash(const place *a, const place *b)
{
    return is_same(a, b) && !S_ISCHR(a->info.st_mode);
}

bool command_files_clash(const char *a, const char *b)
{
    place x, y;
    return find(&x, a) && find(&y, b) && clash(&x, &y);
}

bool command_files_clash_array(const char *a, const char *array)
{
    place x, y;
    return find(&x, a) && find_array(&y, array) && clash(&x, &y);
}

bool command_files_is_terminal(const char *path)
{
    place x, y;
    return isatty(STDOUT_FILENO) && find(&x, path) && find(&y, NULL) &&
           is_same(&x, &y);
}
