/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Status codes, error text and the names of constants.
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
 * SRNN_OK, which is 0, or a negative value. Every function that returns a
 * status returns SRNN_OK when it succeeds. The comment of a function lists
 * every error that it can return. Values are pinned; later versions may add
 * some.
 */
typedef int32_t srnn_status;

/**
 * Values of srnn_status. The caller passed something wrong: -1 and below. An
 * object, this build or this machine cannot do it: -20 and below. The world
 * outside failed: -40 and below.
 */
enum srnn_status_values {
    SRNN_OK = 0, /**< success */

    SRNN_ERROR_INVALID = -1,   /**< NULL, another kind of handle, an unknown
                                    enumerator, arguments that contradict each
                                    other */
    SRNN_ERROR_SHAPE = -2,     /**< a tensor has the wrong shape */
    SRNN_ERROR_DTYPE = -3,     /**< a tensor has the wrong dtype */
    SRNN_ERROR_OVERFLOW = -4,  /**< a computed size does not fit 63 bits */
    SRNN_ERROR_ALIAS = -5,     /**< a result shares memory where it may not */
    SRNN_ERROR_NOT_FOUND = -6, /**< nothing has that name */
    SRNN_ERROR_RANGE = -7,     /**< a number is outside its range: a size, an
                                    index, a count, the value of an option */
    SRNN_ERROR_BUFFER = -8,    /**< the caller's buffer is too small */

    SRNN_ERROR_BUSY = -20, /**< another thread is using the object at this
                                moment; the call may be tried again */
    SRNN_ERROR_UNSUPPORTED = -21, /**< this build, this machine or this rnn
                                       cannot do it */
    SRNN_ERROR_IN_USE = -22,      /**< other objects depend on this one; destroy
                                       them first */
    SRNN_ERROR_STATE = -23,       /**< the object was not made for this, for
                                       example a read-only tensor as a result */

    SRNN_ERROR_NO_MEMORY = -40,  /**< an allocation failed */
    SRNN_ERROR_IO = -41,         /**< opening, reading or writing failed */
    SRNN_ERROR_FORMAT = -42,     /**< the bytes are not a valid file */
    SRNN_ERROR_ENVIRONMENT = -43 /**< an environment variable SIMPLERNN_... has
                                      a value that is not valid */
};

/**
 * The meaning of a status. Any thread.
 *
 * @param status  any value
 * @return        a sentence, for example "a tensor has the wrong shape"; for a
 *                value that is no status, "unknown status". Static text, never
 *                NULL
 * @since 0.2
 */
SRNN_API const char *srnn_status_string(srnn_status status);

/**
 * The name of a status. Any thread.
 *
 * @param status  any value
 * @return        for example "SRNN_ERROR_SHAPE"; for a value that is no status,
 *                "SRNN_UNKNOWN". Static text, never NULL
 * @since 0.2
 */
SRNN_API const char *srnn_status_name(srnn_status status);

/**
 * What went wrong in the latest failed call of this operating-system thread. A
 * call that succeeds leaves the text alone. Where tasks move between threads,
 * as in Go or Julia, a call and this one must run on the same thread.
 *
 * @return  one line of UTF-8 with names and numbers, "" if nothing has failed
 *          yet; never NULL. The text belongs to the library and lasts until the
 *          next failed call of this thread
 * @since 0.2
 */
SRNN_API const char *srnn_last_error(void);

/**
 * Looks up a constant of these headers by its name, for bindings that cannot
 * read C: for example srnn_constant_value(&value, "SRNN_DTYPE_FLOAT64"). Any
 * thread.
 *
 * @param[out] out  receives the value; untouched after a failure
 * @param name      the full name of an enumerator or of a version macro
 * @retval SRNN_ERROR_INVALID    out or name is NULL
 * @retval SRNN_ERROR_NOT_FOUND  no constant has that name
 * @since 0.2
 */
SRNN_NODISCARD SRNN_API srnn_status srnn_constant_value(int64_t *out,
                                                        const char *name);

/**
 * The name of a status, an option or an enumerator. No two of them have the
 * same value. Any thread.
 *
 * @param value  any value
 * @return       for example "SRNN_DTYPE_FLOAT64" for 1002; NULL if no status,
 *               option or enumerator has that value. Static text
 * @since 0.2
 */
SRNN_API const char *srnn_constant_name(int64_t value);

#ifdef __cplusplus
}
#endif

#endif
