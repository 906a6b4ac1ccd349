/* SPDX-License-Identifier: MIT */
/* Loaded in front of the C library, it sends a signal twice while a file of the
 * library is being written: the second one ends a program that only notes the
 * first one. */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

typedef int fsync_function(int);

int fsync(int file)
{
    fsync_function *next = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "fsync");
    (void)raise(SIGTERM);
    (void)raise(SIGTERM);
    return next(file);
}
