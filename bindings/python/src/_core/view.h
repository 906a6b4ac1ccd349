/* SPDX-License-Identifier: MIT */
/* Finds the memory of an object: by the table of DLPack, the fields of NumPy,
 * the buffer protocol or a capsule of DLPack, in this order. */
#ifndef CORE_VIEW_H
#define CORE_VIEW_H

#include "array.h"

/* What an array is opened for. */
typedef enum { TO_COMPUTE, TO_COPY, TO_WRITE } view_purpose;

enum { NOT_VIEWABLE = 1 }; /* beside 0 and -1: the object must be copied */

/* Opens an array over the memory of an object. Returns 0, -1 with an exception,
 * or NOT_VIEWABLE. The caller closes the array in any case. */
int view_open(core_array *array, PyObject *object, const char *name,
              srnn_dtype wanted, view_purpose purpose);

/* The size of an element in bytes, and the name of a dtype in NumPy. */
size_t view_size_of(srnn_dtype dtype);
const char *view_name_of(srnn_dtype dtype);

/* Wraps around where the product does not fit. An array of memory has no such
 * shape, so it is one that repeats its elements, or one that cannot be made. */
int64_t view_multiply(int64_t a, int64_t b);

#endif
