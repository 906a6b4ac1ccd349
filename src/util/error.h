/* SPDX-License-Identifier: MIT */
/* The thread's error text, and the two ways a function leaves early. */
#ifndef SRNN_UTIL_ERROR_H
#define SRNN_UTIL_ERROR_H

#include "simplernn/status.h"

/* Sets the thread's error text and gives back status:
 *     return srnn_error__fail(SRNN_ERROR_SHAPE, "h0 is ...", ...); */
srnn_status srnn_error__fail(srnn_status status, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The thread's error text. */
const char *srnn_error__text(void);

/* Forwards the failure of a call, whose text stands. */
#define SRNN_TRY(call)                                                         \
    do {                                                                       \
        const srnn_status try_status_ = (call);                                \
        if (try_status_ != SRNN_OK)                                            \
            return try_status_;                                                \
    } while (0)

#endif
