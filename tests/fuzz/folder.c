/* SPDX-License-Identifier: MIT */
#include "fuzz/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/require.h"

enum { LONGEST = 1024, PATHS = 4, PRIVATE = 0700 };

static char folder[LONGEST];
static pid_t owner;

static void delete_folder(void)
{
    DIR *const entries = getpid() == owner ? opendir(folder) : NULL;
    if (entries == NULL)
        return;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        (void)unlinkat(dirfd(entries), entry->d_name, 0);
    (void)closedir(entries);
    (void)rmdir(folder);
}

static const char *place(void)
{
    const char *const chosen = getenv("TMPDIR");
    if (chosen != NULL)
        return chosen;
    return access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
}

void folder_create(void)
{
    (void)snprintf(folder, sizeof folder, "%s/simplernn-fuzz-XXXXXX", place());
    require(mkdtemp(folder) != NULL);
    owner = getpid();
    require(atexit(delete_folder) == 0);
}

const char *folder_path(const char *name)
{
    static char paths[PATHS][2 * LONGEST];
    static unsigned next;
    char *const path = paths[next++ % PATHS];
    (void)snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

void folder_write(const char *name, const void *bytes, size_t size)
{
    const int file =
        open(folder_path(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
             S_IRUSR | S_IWUSR);
    require(file >= 0);
    require(write(file, bytes, size) == (ssize_t)size);
    require(close(file) == 0);
}

void folder_remove(const char *const *names)
{
    for (; *names != NULL; names++)
        require(unlink(folder_path(*names)) == 0 || errno == ENOENT);
}

void folder_require_empty(void)
{
    require(rmdir(folder) == 0 && mkdir(folder, PRIVATE) == 0);
}
