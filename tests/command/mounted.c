/* SPDX-License-Identifier: MIT */
/* Loaded in front of the C library, it tells of the file named by MOUNTED that
 * it lies on another device than it does. */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int stat(const char *path, struct stat *out)
{
    const char *const mounted = getenv("MOUNTED");
    const int result = fstatat(AT_FDCWD, path, out, 0);
    if (result == 0 && mounted != NULL && strcmp(path, mounted) == 0)
        out->st_dev--;
    return result;
}
