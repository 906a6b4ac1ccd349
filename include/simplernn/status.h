/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Status codes, error messages and the names of constants.
 */
#ifndef SIMPLERNN_STATUS_H
#define SIMPLERNN_STATUS_H

#include <stddef.h>
#include <stdint.h>

#include "export.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The result of a function that can fail: SRNN_OK, which is 0, or a negative
 * error. The comment of a function lists every error that it can return. The
 * values never change; later versions may add some.
 */
typedef int32_t srnn_status;

/**
 * Values of srnn_status, in three groups. From -1 down, the caller passed
 * something wrong. From -20 down, an object, this build or this machine cannot
 * do what was asked. From -40 down, the cause is memory, a file or the
 * environment.
 */
enum srnn_status_values {
    SRNN_OK = 0, /**< success */

    SRNN_ERROR_INVALID = -1,    /**< an argument is NULL, another kind of handle
                                     or an unknown enumerator, or arguments
                                     contradict each other */
    SRNN_ERROR_SHAPE = -2,      /**< a tensor has the wrong shape */
    SRNN_ERROR_DTYPE = -3,      /**< a tensor has the wrong dtype */
    SRNN_ERROR_OVERFLOW = -4,   /**< a computed size does not fit in 63 bits */
    SRNN_ERROR_ALIAS = -5,      /**< a result overlaps memory that it must not
                                     overlap */
    SRNN_ERROR_NOT_FOUND = -6,  /**< nothing has that name */
    SRNN_ERROR_RANGE = -7,      /**< a number is out of range: a size, an index,
                                     a count, the value of an option */
    SRNN_ERROR_BUFFER = -8,     /**< the buffer of the caller is too small */
    SRNN_ERROR_NOT_FINITE = -9, /**< a value is NaN or infinite */

    SRNN_ERROR_BUSY = -20,        /**< another thread is using the object at
                                       this moment; try again later */
    SRNN_ERROR_UNSUPPORTED = -21, /**< this build, this machine or this rnn
                                       cannot do it */
    SRNN_ERROR_IN_USE = -22,      /**< other objects depend on this one; destroy
                                       them first */
    SRNN_ERROR_STATE = -23,       /**< the object does not allow it, for example
                                       writing to a read-only tensor */
    SRNN_ERROR_STALE = -24,       /**< parameters have changed since the object
                                       was made from them; make it again */

    SRNN_ERROR_NO_MEMORY = -40,  /**< an allocation failed */
    SRNN_ERROR_IO = -41,         /**< opening, reading or writing failed */
    SRNN_ERROR_FORMAT = -42,     /**< the bytes are not a valid file */
    SRNN_ERROR_ENVIRONMENT = -43 /**< an environment variable SIMPLERNN_... has
                                      a value that is not valid */
};

/**
 * The meaning of a status. Thread-safe.
 *
 * @param status  any value
 * @return        a static string, for example "a tensor has the wrong shape";
 *                "unknown status" if the value is not a status. Never NULL
 * @since 0.2
 */
SRNN_API const char *srnn_status_string(srnn_status status);

/**
 * The name of a status. Thread-safe.
 *
 * @param status  any value
 * @return        a static string, for example "SRNN_ERROR_SHAPE";
 *                "SRNN_UNKNOWN" if the value is not a status. Never NULL
 * @since 0.2
 */
SRNN_API const char *srnn_status_name(srnn_status status);

/**
 * The message of the last call that failed on this thread. A call that succeeds
 * leaves it as it is. Every operating-system thread has its own message. In a
 * language that moves tasks between threads, such as Go or Julia, the failed
 * call and this one must run on the same thread.
 *
 * @return  one line of English that says what was wrong, with names and
 *          numbers, in printable ASCII whatever the locale is;
 *          "" if no call has failed yet; a fixed sentence if there was no
 *          memory for a message. Never NULL. The library owns the text, which
 *          lasts until the next call that fails on this thread
 * @since 0.2
 */
SRNN_API const char *srnn_last_error(void);

/**
 * Looks up a constant of these headers by its name, for bindings that cannot
 * read C. For example, srnn_constant_value(&value, "SRNN_DTYPE_FLOAT64") gives
 * 1002. Thread-safe.
 *
 * @param[out] out  receives the value; unchanged after a failure
 * @param name      the full name of an enumerator or of a version macro
 * @retval SRNN_ERROR_INVALID    out or name is NULL
 * @retval SRNN_ERROR_NOT_FOUND  no constant has that name
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_constant_value(int64_t *out,
                                                        const char *name);

/**
 * The name of a status, an option or another enumerator. No two of them have
 * the same value. Limits and versions have no name here. Thread-safe.
 *
 * @param value  any value
 * @return       a static string, for example "SRNN_DTYPE_FLOAT64" for 1002;
 *               NULL if none of them has that value
 * @since 0.2
 */
SRNN_API const char *srnn_constant_name(int64_t value);

#ifdef __cplusplus
}
#endif

#endif
