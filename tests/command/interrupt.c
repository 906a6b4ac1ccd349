/* SPDX-License-Identifier: MIT */
/* Loaded in front of the C library, it sends a signal at the moment when a
 * temporary file has appeared. */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>

typedef int mkostemp_function(char *, int);

int mkostemp(char *path, int flags)
{
    mkostemp_function *next = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "mkostemp");
    const int file = next(path, flags);
    (void)raise(SIGTERM);
    return file;
}
