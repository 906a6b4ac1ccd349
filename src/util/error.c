/* SPDX-License-Identifier: MIT */
/* One line of text per thread, which an error can be told with even when no
 * memory is left. Thread-local memory of a library that dlopen loads comes from
 * malloc at its first use, and glibc ends the process if that fails. Only what
 * is initial-exec is there from the start, of which all such libraries together
 * have about 1 KiB. So a pointer is thread-local, and the texts are not. */
#include "util/error.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "util/plain.h"

/* Musl makes all thread-local memory before dlopen returns. */
#ifdef __GLIBC__
#define INITIAL_EXEC __attribute__((tls_model("initial-exec")))
#else
#define INITIAL_EXEC
#endif

/* A text fits a message with two 8-dimensional shapes and a shortened name. */
enum { TEXT_SIZE = 768, KEPT = 16 };

typedef struct {
    atomic_bool is_taken;
    // cppcheck-suppress unusedStructMember // it does not see through own
    char text[TEXT_SIZE];
} message;

/* For the threads that fail first; later ones ask malloc. */
static message kept[KEPT];

/* Of a thread that got none; never written. */
static message shared = {
    .text = "a call failed; there is no memory for a text that says why"};

static INITIAL_EXEC _Thread_local message *own;

/* Its destructor gives back the message of a thread that ends. */
static pthread_key_t key;
static atomic_bool has_key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void give_back(void *given)
{
    message *const m = given;
    own = NULL;
    if (m >= kept && m < kept + KEPT)
        atomic_store(&m->is_taken, false);
    else
        free(m);
}

static void make_key(void)
{
    atomic_store(&has_key, pthread_key_create(&key, give_back) == 0);
}

/* Code that is unloaded, as a part of a plug-in, cannot be called. */
__attribute__((destructor)) static void delete_key(void)
{
    if (atomic_exchange(&has_key, false))
        (void)pthread_key_delete(key);
}

static message *find_kept(void)
{
    for (message *m = kept; m < kept + KEPT; m++)
        if (!atomic_load_explicit(&m->is_taken, memory_order_relaxed) &&
            !atomic_exchange(&m->is_taken, true))
            return m;
    return NULL;
}

static message *take(void)
{
    (void)pthread_once(&once, make_key);
    if (!atomic_load(&has_key))
        return &shared;
    message *m = find_kept();
    if (m == NULL)
        m = malloc(sizeof *m);
    if (m == NULL)
        return &shared;
    if (pthread_setspecific(key, m) == 0)
        return m;
    give_back(m);
    return &shared;
}

srnn_status srnn_error__fail(srnn_status status, const char *format, ...)
{
    if (own == NULL || own == &shared)
        own = take();
    if (own == &shared)
        return status;
    srnn_plain before;
    va_list arguments;
    srnn_plain__enter(&before);
    va_start(arguments, format);
    /* A longer message is cut: it is for people, the status is for programs. */
    (void)vsnprintf(own->text, sizeof own->text, format, arguments);
    va_end(arguments);
    srnn_plain__leave(&before);
    return status;
}

const char *srnn_error__text(void)
{
    return own == NULL ? "" : own->text;
}
