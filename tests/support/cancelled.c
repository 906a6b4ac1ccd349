/* SPDX-License-Identifier: MIT */
/* A thread that ends runs the destructors of its keys; a process that ends does
 * not. */
#include "support/cancelled.h"

#include <pthread.h>
#include <stdio.h>
#include <unistd.h>

static pthread_key_t key;
static const char *finished = "none";

static void report(void *unused)
{
    (void)unused;
    (void)fprintf(stderr,
                  "ERROR: a call was cancelled\n"
                  "[  FAILED  ] the call after %s\n",
                  finished);
    _exit(1);
}

void cancelled_begin(void)
{
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, NULL);
    if (pthread_key_create(&key, report) != 0 ||
        pthread_setspecific(key, &key) != 0 ||
        pthread_cancel(pthread_self()) != 0)
        _exit(1);
}

void cancelled_enter(void)
{
    (void)pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, NULL);
}

void cancelled_leave(const char *call)
{
    int state = PTHREAD_CANCEL_DISABLE;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    if (state != PTHREAD_CANCEL_ENABLE) {
        (void)fprintf(stderr, "ERROR: %s: is not to be cancelled\n", call);
        _exit(1);
    }
    finished = call;
}
