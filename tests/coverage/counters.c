/* SPDX-License-Identifier: MIT */
/* Loaded in front of the C library when coverage is measured. A process writes
 * its counters when it exits. One that a signal or _exit ends does not, so here
 * it does exit: itself, or before a signal a copy of it. */
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

typedef int raise_function(int);

/* What waits to be written to standard files is not this process's. */
static void leave(int code)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++)
        (void)close(file);
    exit(code);
}

void _exit(int code)
{
    leave(code);
    abort();
}

int raise(int signal)
{
    raise_function *next = NULL;
    const pid_t copy = fork();
    if (copy == 0)
        leave(0);
    (void)waitpid(copy, NULL, 0);
    *(void **)&next = dlsym(RTLD_NEXT, "raise");
    return next(signal);
}
