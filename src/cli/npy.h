/* SPDX-License-Identifier: MIT */
/* NumPy's .npy files: https://numpy.org/doc/stable/reference/generated/
 * numpy.lib.format.html. Versions 1 to 3; either byte order; C and Fortran
 * order. Stricter than NumPy: nothing may follow the values. What a file may
 * hold depends on the dtype that is wanted of it:
 *     float32, float64  f2, f4, f8
 *     int64             i4, i8
 *     uint8             u1, b1
 *     any number        f2, f4, f8, i4, i8, u1 */
#ifndef SRNN_CLI_NPY_H
#define SRNN_CLI_NPY_H

#include <stdbool.h>

#include "source.h"
#include "target.h"

/* In the place of a wanted dtype: any number. */
enum { COMMAND_NPY_NUMBER = 0 };

typedef struct {
    char kind; /* f, i, u or b */
    int width; /* bytes of an element */
    bool is_big_endian;
    bool is_fortran;
    int32_t rank;
    int64_t shape[SRNN_MAX_RANK];
    int64_t size;  /* elements */
    int64_t bytes; /* of all values in the file */
} command_npy;

/* The header's text, which need not end with a NUL. name is for messages. */
command_result command_npy_parse(command_npy *out, const char *text,
                                 int64_t length, const char *name,
                                 srnn_dtype wanted);

/* Everything in front of the values. */
command_result command_npy_read_header(command_npy *out, command_source *source,
                                       srnn_dtype wanted);

/* A new contiguous tensor of the given dtype, for the caller to destroy. A
 * finite value that float32 cannot hold is an error. */
command_result command_npy_read(srnn_tensor **out, command_source *source,
                                srnn_dtype dtype);

/* The same of any number: integers become int64, and the others real, which is
 * float32 or float64. */
command_result command_npy_read_number(srnn_tensor **out,
                                       command_source *source, srnn_dtype real);

/* Version 1, C order, this machine's byte order. tensor is contiguous, of
 * float32, float64 or int64. */
command_result command_npy_write(command_target *target,
                                 const srnn_tensor *tensor);

#endif
