/* SPDX-License-Identifier: MIT */
/* Loaded in front of the C library, it sends a signal twice while a file of the
 * library is being written: the second one ends a program that only notes the
 * first one. It does so from the call of fsync() on whose number is
 * INTERRUPT_AT. */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

typedef int fsync_function(int);

int fsync(int file)
{
    static int calls;
    fsync_function *next = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "fsync");
    if (++calls >= atoi(getenv("INTERRUPT_AT"))) {
        (void)raise(SIGTERM);
        (void)raise(SIGTERM);
    }
    return next(file);
}
