/* SPDX-License-Identifier: MIT */
/**
 * @file
 * Status codes and error text.
 */
#ifndef SIMPLERNN_STATUS_H
#define SIMPLERNN_STATUS_H

#include <stddef.h>
#include <stdint.h>

/** @def SRNN_API
 * Marks what the library exports. */
#if defined(__GNUC__)
#define SRNN_API __attribute__((visibility("default")))
#else
#define SRNN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/**
 * 0, which is SRNN_OK, or a negative value. Every function that returns one
 * returns SRNN_OK when it succeeds, so its comment lists the others alone: all
 * that it can return. Values are pinned; new ones may be added.
 */
typedef int32_t srnn_status;

/**
 * Values of srnn_status. From -1 down it is what the caller passed, from -20
 * down the state of a handle or of this build, from -40 down the world outside.
 */
enum {
    SRNN_OK = 0, /**< success */

    SRNN_ERROR_INVALID = -1,   /**< NULL, another kind of handle, unknown
                                    enumerator */
    SRNN_ERROR_SHAPE = -2,     /**< a tensor has the wrong shape */
    SRNN_ERROR_DTYPE = -3,     /**< a tensor has the wrong dtype */
    SRNN_ERROR_OVERFLOW = -4,  /**< arithmetic on sizes does not fit */
    SRNN_ERROR_ALIAS = -5,     /**< memory overlaps where it may not */
    SRNN_ERROR_NOT_FOUND = -6, /**< nothing has that name */
    SRNN_ERROR_RANGE = -7,     /**< a number is outside its range: a size, rank,
                                    axis, index or count */
    SRNN_ERROR_BUFFER = -8,    /**< the caller's buffer is too small */

    SRNN_ERROR_BUSY = -20,        /**< the object is in use */
    SRNN_ERROR_UNSUPPORTED = -21, /**< not in this build, on this machine or
                                       with this rnn */
    SRNN_ERROR_IN_USE = -22,      /**< other objects depend on it */
    SRNN_ERROR_STATE = -23,       /**< the object was not made for this: a
                                       read-only tensor as a result, other
                                       memory for a tensor that owns its own */

    SRNN_ERROR_NO_MEMORY = -40, /**< an allocation failed */
    SRNN_ERROR_IO = -41,        /**< opening, reading or writing failed */
    SRNN_ERROR_FORMAT = -42     /**< the bytes are not a valid file */
};

/**
 * The name of a status. Any thread.
 *
 * @param status  any value
 * @return        "SRNN_ERROR_SHAPE" say, "SRNN_UNKNOWN" if it is none: static
 *                text, never NULL
 */
SRNN_API const char *srnn_status_string(srnn_status status);

/**
 * What went wrong in the latest failed call of this thread. A call that
 * succeeds leaves it alone.
 *
 * @return  one line of UTF-8 with the names and numbers, "" if nothing has
 *          failed yet; never NULL. The text belongs to the library and lasts
 *          until the next failed call of this thread
 */
SRNN_API const char *srnn_last_error(void);

/**
 * The value of any constant of these headers by its name, for bindings that
 * cannot read C: srnn_constant(&value, "SRNN_DTYPE_FLOAT64"). Any thread.
 *
 * @param[out] out  receives the value; untouched after a failure
 * @param name      the constant's full name
 * @retval SRNN_ERROR_INVALID    out or name is NULL
 * @retval SRNN_ERROR_NOT_FOUND  no constant has that name
 */
SRNN_API srnn_status srnn_constant(int64_t *out, const char *name);

#ifdef __cplusplus
}
#endif

#endif
