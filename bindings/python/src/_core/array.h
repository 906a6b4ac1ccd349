/* SPDX-License-Identifier: MIT */
/* Arrays of the caller: the buffer protocol, or DLPack, without a copy. */
#ifndef CORE_ARRAY_H
#define CORE_ARRAY_H

#include "core.h"
#include "dlpack.h"

/* An array that is open, or one that is not: then dtype is 0. */
typedef struct {
    void *data;
    srnn_dtype dtype;
    int32_t rank;
    bool is_contiguous;
    int64_t shape[SRNN_MAX_RANK];
    int64_t strides[SRNN_MAX_RANK];  /* in elements */
    const dlpack_exchange *exchange; /* of the type of the object, or NULL */
    PyObject *held;                  /* a capsule or a copy, or NULL */
    Py_buffer buffer;                /* if buffer.obj is not NULL */
} core_array;

/* Makes an array one that is not open. */
void array_clear(core_array *array);

/* Opens an array to read it. An object that the library cannot view, for
 * example one with bytes in another order, is copied. A dtype that is not
 * `wanted` raises DtypeError, with what to write instead. Name is that of the
 * argument. */
int array_open(core_array *array, PyObject *object, const char *name,
               srnn_dtype wanted);

/* The same, and copies an array that is not contiguous. */
int array_open_contiguous(core_array *array, PyObject *object, const char *name,
                          srnn_dtype wanted);

/* As array_open() for values that are only copied, or whose gradient the caller
 * takes care of: a tensor that requires a gradient is allowed. */
int array_open_value(core_array *array, PyObject *object, const char *name,
                     srnn_dtype wanted);

/* Opens an array to write to it. */
int array_open_result(core_array *array, PyObject *object, const char *name,
                      srnn_dtype wanted);

/* The dtype to open real numbers with: float64 if they are, and else float32.
 */
srnn_dtype array_real_dtype(PyObject *object);

/* Opens integers, of any type and also in a list, as int64. */
int array_open_integers(core_array *array, PyObject *object, const char *name);

/* Opens flags: uint8 or bool; any other numbers are compared with 0. */
int array_open_flags(core_array *array, PyObject *object, const char *name);

/* Whether an object is an array of flags: uint8 or bool. */
bool array_is_flags(PyObject *object);

/* Makes a new array of rank sizes. It is of the library that `exchange` belongs
 * to, or of NumPy if exchange is NULL. Returns the object, and opens it. */
PyObject *array_create(core_array *array, const dlpack_exchange *exchange,
                       srnn_dtype dtype, int32_t rank, const int64_t *shape);

/* Opens a result that the caller may not want: `wanted` is False for none, True
 * for a new array as by array_create(), or an array. *result receives a new
 * reference to the array, or to None. */
int array_open_wanted(core_array *array, PyObject **result, PyObject *wanted,
                      const char *name, const dlpack_exchange *exchange,
                      srnn_dtype dtype, int32_t rank, const int64_t *shape);

/* Also for an array that is not open, or that failed to open. */
void array_close(core_array *array);

/* The arrays of a sequence, none of them open yet. */
typedef struct {
    PyObject *items; /* a tuple, so that nobody can take them away */
    Py_ssize_t count;
    core_array *arrays;
} array_list;

/* The caller ends it with array_list_end() in any case. */
int array_list_begin(array_list *list, PyObject *sequence);
void array_list_end(array_list *list);

/* Whether the array is contiguous and has this shape. */
bool array_is(const core_array *array, int32_t rank, const int64_t *shape);

/* A tensor of the library over an array, read-only or to write to. NULL for an
 * array that is not open, which is no error. */
int array_wrap_const(srnn_tensor **out, const core_array *array);
int array_wrap(srnn_tensor **out, const core_array *array);

/* A new array of NumPy with the values of a contiguous tensor. */
PyObject *array_copy(const srnn_tensor *tensor);

#endif
