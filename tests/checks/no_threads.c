/* SPDX-License-Identifier: MIT */
/* Loaded before the library into every test that has no label of threads: ends
 * it where it creates one. TSan would not run it. The threads of OpenBLAS do
 * not count, because nobody compiles OpenBLAS for TSan. */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int creator(pthread_t *thread, const pthread_attr_t *attributes,
                    void *(*start)(void *), void *argument);

static int is_of_openblas(const void *code)
{
    Dl_info info;
    return dladdr(code, &info) != 0 && strstr(info.dli_fname, "blas") != NULL;
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                   void *(*start)(void *), void *argument)
{
    creator *create = NULL;
    void *const next = dlsym(RTLD_NEXT, "pthread_create");
    if (!is_of_openblas(__builtin_return_address(0))) {
        (void)fprintf(stderr, "ERROR: a thread is created; the test needs the "
                              "label threads or uses-threads\n");
        abort();
    }
    memcpy(&create, &next, sizeof create);
    return create(thread, attributes, start, argument);
}
