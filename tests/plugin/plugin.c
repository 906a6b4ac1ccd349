/* SPDX-License-Identifier: MIT */
/* usage: plugin LIBRARY
 *
 * A program that loads the library by dlopen, as plug-ins and bindings do. Many
 * threads fail for the first time when no memory is left: each must get its
 * status and a text, where thread-local memory that the C library makes at its
 * first use would end the process. Ends with 1 if one does not. */
#include <dlfcn.h>
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "simplernn/status.h"

enum { THREADS = 40 }; /* more than the library keeps texts for */

typedef srnn_status create_function(void **out, const void *rnn);
typedef const char *text_function(void);

static create_function *create_context;
static text_function *last_error;
static pthread_barrier_t barrier;
static atomic_int failures;

/* Whatever is left, to the last block of this thread too. Never given back. */
static void take_all_memory(void)
{
    for (size_t size = (size_t)1 << 24; size >= 16; size /= 2)
        for (void *volatile memory = malloc(size); memory != NULL;)
            memory = malloc(size);
}

/* A text that another thread has cannot be the own one. */
static bool has_text_of_its_own(const char *wanted)
{
    void *out = NULL;
    if (create_context(&out, NULL) != SRNN_ERROR_INVALID)
        return false;
    const bool has_text = *last_error() != '\0';
    return wanted == NULL ? has_text : strcmp(last_error(), wanted) == 0;
}

static void *fail_without_memory(void *unused)
{
    (void)unused;
    (void)pthread_barrier_wait(&barrier);
    take_all_memory();
    (void)pthread_barrier_wait(&barrier);
    for (int i = 0; i < 2; i++)
        if (!has_text_of_its_own(NULL))
            atomic_fetch_add(&failures, 1);
    return NULL;
}

static void *fail_with_memory(void *wanted)
{
    if (*last_error() != '\0' || !has_text_of_its_own(wanted))
        atomic_fetch_add(&failures, 1);
    return NULL;
}

/* As many at once as that: memory of a thread that ended serves the next. */
static bool run(void *(*function)(void *), void *argument)
{
    pthread_t threads[THREADS];
    pthread_attr_t small;
    if (pthread_attr_init(&small) != 0 ||
        pthread_attr_setstacksize(&small, (size_t)1 << 18) != 0)
        return false;
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], &small, function, argument) != 0)
            return false;
    for (int i = 0; i < THREADS; i++)
        if (pthread_join(threads[i], NULL) != 0)
            return false;
    return true;
}

static bool load(const char *name)
{
    void *const library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
    if (library == NULL)
        return false;
    create_context = (create_function *)dlsym(library, "srnn_context_create");
    last_error = (text_function *)dlsym(library, "srnn_last_error");
    return create_context != NULL && last_error != NULL;
}

int main(int count, char **arguments)
{
    static char wanted[] = "rnn is NULL";
    struct rlimit limit;
    (void)mallopt(M_ARENA_MAX, 1); /* one more takes 64 MiB */
    if (count != 2 || !load(arguments[1]) || !run(fail_with_memory, wanted) ||
        getrlimit(RLIMIT_AS, &limit) != 0 ||
        pthread_barrier_init(&barrier, NULL, THREADS) != 0)
        return 2;
    limit.rlim_cur = (rlim_t)1 << 28;
    if (setrlimit(RLIMIT_AS, &limit) != 0 || !run(fail_without_memory, NULL))
        return 2;
    return atomic_load(&failures) == 0 ? 0 : 1;
}
