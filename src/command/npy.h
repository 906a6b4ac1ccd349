/* SPDX-License-Identifier: MIT */
/* NumPy's .npy files: https://numpy.org/doc/stable/reference/generated/
 * numpy.lib.format.html. Versions 1 to 3; float32 and float64, or int32 and
 * int64, of either byte order; C and Fortran order. Stricter than NumPy:
 * nothing may follow the values. */
#ifndef SRNN_COMMAND_NPY_H
#define SRNN_COMMAND_NPY_H

#include <stdbool.h>

#include "source.h"
#include "target.h"

typedef struct {
    bool is_wide; /* 8 bytes, else 4 */
    bool is_integer;
    bool is_big_endian;
    bool is_fortran;
    int32_t rank;
    int64_t shape[SRNN_MAX_RANK];
    int64_t size;  /* elements */
    int64_t bytes; /* of all values in the file */
} command_npy;

/* The header's text, which need not end with a NUL. name is for messages. The
 * type must be one of integers or one of floats. */
command_result command_npy_parse(command_npy *out, const char *text,
                                 int64_t length, const char *name,
                                 bool integers);

/* Everything in front of the values. */
command_result command_npy_read_header(command_npy *out, command_source *source,
                                       bool integers);

/* A new contiguous tensor of the given dtype, for the caller to destroy. A
 * finite value that float32 cannot hold is an error. */
command_result command_npy_read(srnn_tensor **out, command_source *source,
                                srnn_dtype dtype);

/* A list of integers, for the caller to free. */
command_result command_npy_read_integers(int64_t **out, int64_t *count,
                                         command_source *source);

/* Version 1, C order, this machine's byte order. tensor is contiguous. */
command_result command_npy_write(command_target *target,
                                 const srnn_tensor *tensor);

#endif
