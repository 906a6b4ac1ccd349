/* SPDX-License-Identifier: MIT */
/* Arrays of NumPy, read directly.
 *
 * The buffer protocol takes 100 ns for an array, as long as a small network.
 * So this reads the structure that the ABI of NumPy fixes, PyArrayObject_fields
 * in numpy/ndarraytypes.h: all extensions that are compiled against NumPy
 * contain its offsets. The headers of NumPy are not needed to build, and NumPy
 * 1 and 2 are read alike. When NumPy is first used, the fields of an array are
 * compared with its buffer. If they differ, the buffer protocol is used. */
#ifndef CORE_NDARRAY_H
#define CORE_NDARRAY_H

#include "array.h"

/* Reads an array of NumPy of the wanted dtype whose elements are aligned and
 * in the byte order of the machine, and writable if `writes`. Any other object
 * is not read: the result is false, without an exception. */
bool ndarray_read(core_array *array, PyObject *object, srnn_dtype wanted,
                  bool writes);

/* Makes a contiguous array with the dtype, the rank and the shape of `array`,
 * and sets the data of it. */
PyObject *ndarray_create(core_array *array);

#endif
