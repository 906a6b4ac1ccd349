/* SPDX-License-Identifier: MIT */
/* A thread that were cancelled in the middle of a call would leave helpers at
 * work on its stack, a context busy, a file behind: it is cancelled afterwards.
 */
#ifndef SRNN_UTIL_CANCELLATION_H
#define SRNN_UTIL_CANCELLATION_H

#include <pthread.h>

/* What it was before, for the other. */
static inline int srnn_cancellation__hold(void)
{
    int before = PTHREAD_CANCEL_ENABLE;
    (void)pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &before);
    return before;
}

static inline void srnn_cancellation__allow(int before)
{
    (void)pthread_setcancelstate(before, &before);
}

#endif
