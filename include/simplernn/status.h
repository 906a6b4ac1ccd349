/* SPDX-License-Identifier: MIT */
/* Status codes and error text. */
#ifndef SIMPLERNN_STATUS_H
#define SIMPLERNN_STATUS_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define SRNN_API __attribute__((visibility("default")))
#else
#define SRNN_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* 0, or a negative value. Values are pinned; new ones may be added. */
typedef int32_t srnn_status;

enum {
    SRNN_OK = 0,

    /* What the caller passed. */
    SRNN_ERROR_INVALID = -1,   /* NULL, another kind of handle, unknown
                                  enumerator, value out of range */
    SRNN_ERROR_SHAPE = -2,     /* a tensor has the wrong shape */
    SRNN_ERROR_DTYPE = -3,     /* a tensor has the wrong dtype */
    SRNN_ERROR_OVERFLOW = -4,  /* a size does not fit its type, limit or
                                  buffer */
    SRNN_ERROR_ALIAS = -5,     /* memory overlaps where it may not */
    SRNN_ERROR_NOT_FOUND = -6, /* nothing has that name or index */

    /* The state of a handle or of this build. */
    SRNN_ERROR_BUSY = -20,        /* the object is in use */
    SRNN_ERROR_UNSUPPORTED = -21, /* not in this build, on this machine or with
                                     this rnn */

    /* The world outside. */
    SRNN_ERROR_NO_MEMORY = -40, /* an allocation failed */
    SRNN_ERROR_IO = -41,        /* opening, reading or writing failed */
    SRNN_ERROR_FORMAT = -42     /* the bytes are not a valid file */
};

/*
 * The name of a status, "SRNN_ERROR_SHAPE" say. Static text, never NULL;
 * "SRNN_UNKNOWN" for other values. Any thread.
 */
SRNN_API const char *srnn_status_string(srnn_status status);

/*
 * What went wrong in the latest failed call of this thread: one line of UTF-8
 * with the names and numbers, "" if nothing has failed yet. A call that
 * succeeds leaves it alone. The text belongs to the library and lasts until
 * the next failed call of this thread. Never NULL.
 */
SRNN_API const char *srnn_last_error(void);

/*
 * The value of any constant of these headers by its name, for bindings that
 * cannot read C: srnn_constant(&value, "SRNN_DTYPE_FLOAT64").
 *
 * out   receives the value; untouched after a failure
 * name  the constant's full name
 * SRNN_ERROR_INVALID if out or name is NULL, SRNN_ERROR_NOT_FOUND if no
 * constant has that name. Any thread.
 */
SRNN_API srnn_status srnn_constant(int64_t *out, const char *name);

#ifdef __cplusplus
}
#endif

#endif
