/* SPDX-License-Identifier: MIT */
/* Loaded in front of the C library, it hides that OpenBLAS is installed. */
#include <dlfcn.h>
#include <string.h>

typedef void *dlopen_function(const char *, int);

void *dlopen(const char *name, int mode)
{
    dlopen_function *next = NULL;
    *(void **)&next = dlsym(RTLD_NEXT, "dlopen");
    if (name != NULL && strcmp(name, "libopenblas.so.0") == 0)
        name = "libopenblas-hidden.so.0";
    return next(name, mode);
}
