/* SPDX-License-Identifier: MIT */
/* Recording and going back, for a framework that owns all the memory: every
 * array is contiguous, and the tape is in bytes of the framework. framework.c
 * has the arrays and the tape, framework_record.c and framework_backward.c the
 * two calls. */
#ifndef CORE_FRAMEWORK_H
#define CORE_FRAMEWORK_H

#include "model.h"

enum { FRAMEWORK_MOST_ARRAYS = 7 };

/* The arrays of one call, to close them together. */
typedef struct {
    core_array arrays[FRAMEWORK_MOST_ARRAYS];
    int count;
    model_shapes shapes; /* of the input */
} framework_arrays;

void framework_close(framework_arrays *opened);

/* Opens one more array, of the given shape, or of any if that is NULL; *out is
 * NULL for None. */
int framework_open(framework_arrays *opened, core_array **out, PyObject *object,
                   const char *name, srnn_dtype dtype, bool writes,
                   const int64_t *shape);

/* Begins with the input. */
int framework_open_input(framework_arrays *opened, core_array **out,
                         const core_model *model, PyObject *object);

/* The address of an array; NULL for NULL. */
const void *framework_data(const core_array *array);
void *framework_result(core_array *array);

/* The bytes of a tape begin with the sizes of the recording, because backward
 * must not trust its caller to pass arrays of these sizes. The library does the
 * rest. */
int framework_open_tape(framework_arrays *opened, core_array **out,
                        PyObject *object, bool writes);
void framework_write_sizes(const core_array *bytes, const model_shapes *shapes);
int framework_check_sizes(const core_array *bytes, const model_shapes *shapes);

/* Puts a tape into the bytes, and takes it out again: they are the caller's.
 * The second one passes the status of the call between on. */
srnn_status framework_put(srnn_tape *tape, const core_array *bytes);
srnn_status framework_take_out(srnn_tape *tape, srnn_status status);

#endif
