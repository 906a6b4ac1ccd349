/* SPDX-License-Identifier: MIT */
#include "array.h"

#include <string.h>

#include "exchange.h"
#include "ndarray.h"
#include "view.h"

/* By NumPy, as a new and contiguous array. */
static int open_copy(core_array *array, PyObject *object, const char *name,
                     srnn_dtype wanted)
{
    PyObject *const make = core_numpy("array");
    PyObject *args = Py_BuildValue("(Os)", object, view_name_of(wanted));
    PyObject *keywords = Py_BuildValue("{ss}", "order", "C");
    array_close(array);
    PyObject *copy = make == NULL || args == NULL || keywords == NULL
                         ? NULL
                         : PyObject_Call(make, args, keywords);
    Py_XDECREF(keywords);
    Py_XDECREF(args);
    const int result =
        copy == NULL ? -1 : view_open(array, copy, name, wanted, TO_COPY);
    if (result == 0)
        array->held = copy;
    else
        Py_XDECREF(copy);
    return result;
}

static int open_to_read(core_array *array, PyObject *object, const char *name,
                        srnn_dtype wanted, view_purpose purpose)
{
    const int result = view_open(array, object, name, wanted, purpose);
    return result == NOT_VIEWABLE ? open_copy(array, object, name, wanted)
                                  : result;
}

int array_open(core_array *array, PyObject *object, const char *name,
               srnn_dtype wanted)
{
    return open_to_read(array, object, name, wanted, TO_COMPUTE);
}

int array_open_contiguous(core_array *array, PyObject *object, const char *name,
                          srnn_dtype wanted)
{
    const int result = array_open(array, object, name, wanted);
    return result == 0 && !array->is_contiguous
               ? open_copy(array, object, name, wanted)
               : result;
}

int array_open_value(core_array *array, PyObject *object, const char *name,
                     srnn_dtype wanted)
{
    return open_to_read(array, object, name, wanted, TO_COPY);
}

int array_open_result(core_array *array, PyObject *object, const char *name,
                      srnn_dtype wanted)
{
    const int result = view_open(array, object, name, wanted, TO_WRITE);
    if (result != NOT_VIEWABLE)
        return result;
    return core_raise_text(SRNN_ERROR_INVALID,
                           "%s cannot be written to: its elements must be "
                           "aligned and have the byte order of the machine",
                           name);
}

/* Opens what a method of numpy.asarray(object) returns. */
static int open_converted(core_array *array, PyObject *object, const char *name,
                          srnn_dtype wanted, const char *method,
                          const char *format, const void *argument)
{
    PyObject *const convert = core_numpy("asarray");
    PyObject *given =
        convert == NULL ? NULL : PyObject_CallFunction(convert, "(O)", object);
    PyObject *made = given == NULL
                         ? NULL
                         : PyObject_CallMethod(given, method, format, argument);
    const int result = made == NULL ? -1 : open_copy(array, made, name, wanted);
    Py_XDECREF(given);
    Py_XDECREF(made);
    return result;
}

/* Also for one that must be copied, or that is refused for another reason. */
static bool is_dtype(PyObject *object, srnn_dtype wanted)
{
    core_array array;
    (void)view_open(&array, object, "", wanted, TO_COPY);
    PyErr_Clear();
    array_close(&array);
    return array.dtype == wanted;
}

srnn_dtype array_real_dtype(PyObject *object)
{
    return !is_dtype(object, SRNN_DTYPE_FLOAT32) &&
                   is_dtype(object, SRNN_DTYPE_FLOAT64)
               ? SRNN_DTYPE_FLOAT64
               : SRNN_DTYPE_FLOAT32;
}

/* NumPy makes numbers of float64 of an empty list. */
static bool is_empty(PyObject *given)
{
    const Py_ssize_t length = PyObject_Size(given);
    if (length < 0)
        PyErr_Clear();
    return length == 0;
}

/* A number of uint64 that int64 does not have became negative. */
static int check_unsigned(const core_array *array, const char *name)
{
    const int64_t *const values = array->data;
    int64_t count = 1;
    for (int32_t axis = 0; axis < array->rank; axis++)
        count *= array->shape[axis];
    for (int64_t i = 0; i < count; i++)
        if (values[i] < 0)
            return core_raise_text(SRNN_ERROR_RANGE,
                                   "%s has the number %llu, which int64 does "
                                   "not have",
                                   name, (unsigned long long)values[i]);
    return 0;
}

int array_open_integers(core_array *array, PyObject *object, const char *name)
{
    if (is_dtype(object, SRNN_DTYPE_INT64))
        return array_open(array, object, name, SRNN_DTYPE_INT64);
    array_clear(array);
    PyObject *const convert = core_numpy("asarray");
    PyObject *given =
        convert == NULL ? NULL : PyObject_CallFunction(convert, "(O)", object);
    PyObject *kind =
        given == NULL ? NULL : PyObject_GetAttrString(given, "dtype");
    PyObject *letter =
        kind == NULL ? NULL : PyObject_GetAttrString(kind, "kind");
    const bool is_unsigned =
        letter != NULL && PyUnicode_CompareWithASCIIString(letter, "u") == 0;
    int result = -1;
    if (letter != NULL && !is_unsigned &&
        PyUnicode_CompareWithASCIIString(letter, "i") != 0 && !is_empty(given))
        result = core_raise_text(SRNN_ERROR_DTYPE,
                                 "%s must be integers, not %S", name, kind);
    else if (letter != NULL)
        result = open_copy(array, given, name, SRNN_DTYPE_INT64);
    if (result == 0 && is_unsigned)
        result = check_unsigned(array, name);
    Py_XDECREF(letter);
    Py_XDECREF(kind);
    Py_XDECREF(given);
    return result;
}

bool array_is_flags(PyObject *object)
{
    return is_dtype(object, SRNN_DTYPE_UINT8);
}

int array_open_flags(core_array *array, PyObject *object, const char *name)
{
    if (is_dtype(object, SRNN_DTYPE_UINT8))
        return array_open(array, object, name, SRNN_DTYPE_UINT8);
    array_clear(array);
    return open_converted(array, object, name, SRNN_DTYPE_UINT8, "astype", "s",
                          "bool");
}

void array_clear(core_array *array)
{
    array->data = NULL;
    array->dtype = 0;
    array->exchange = NULL;
    array->held = NULL;
    array->buffer.obj = NULL;
}

/* The destructor of a capsule may be Python code. It must neither meet the
 * exception of a call that failed nor leave one of its own. */
static void drop_held(core_array *array)
{
    PyObject *error[3];
    PyErr_Fetch(&error[0], &error[1], &error[2]);
    Py_CLEAR(array->held);
    PyErr_Restore(error[0], error[1], error[2]);
}

void array_close(core_array *array)
{
    if (array->buffer.obj != NULL)
        PyBuffer_Release(&array->buffer);
    if (array->held != NULL)
        drop_held(array);
}

int array_list_begin(array_list *list, PyObject *sequence)
{
    list->count = 0;
    list->arrays = NULL;
    list->items = PySequence_Tuple(sequence);
    if (list->items == NULL)
        return -1;
    const Py_ssize_t count = PyTuple_Size(list->items);
    list->arrays = PyMem_Calloc((size_t)count + 1, sizeof *list->arrays);
    if (list->arrays == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    list->count = count;
    return 0;
}

void array_list_end(array_list *list)
{
    for (Py_ssize_t i = 0; i < list->count; i++)
        array_close(&list->arrays[i]);
    PyMem_Free(list->arrays);
    Py_XDECREF(list->items);
}

PyObject *array_create(core_array *array, const dlpack_exchange *exchange,
                       srnn_dtype dtype, int32_t rank, const int64_t *shape)
{
    int64_t stride = 1;
    array_clear(array);
    array->dtype = dtype;
    array->rank = rank;
    array->is_contiguous = true;
    for (int32_t axis = rank - 1; axis >= 0; axis--) {
        array->shape[axis] = shape[axis];
        array->strides[axis] = stride;
        stride = view_multiply(stride, shape[axis]);
    }
    if (exchange == NULL)
        return ndarray_create(array);
    return exchange_create(exchange, view_size_of(dtype) * 8, rank,
                           array->shape, &array->data);
}

int array_open_wanted(core_array *array, PyObject **result, PyObject *wanted,
                      const char *name, const dlpack_exchange *exchange,
                      srnn_dtype dtype, int32_t rank, const int64_t *shape)
{
    if (wanted == Py_True)
        *result = array_create(array, exchange, dtype, rank, shape);
    else if (wanted == Py_False)
        *result = Py_NewRef(Py_None);
    else if (array_open_result(array, wanted, name, dtype) == 0)
        *result = Py_NewRef(wanted);
    return *result == NULL ? -1 : 0;
}

bool array_is(const core_array *array, int32_t rank, const int64_t *shape)
{
    if (!array->is_contiguous || array->rank != rank)
        return false;
    for (int32_t axis = 0; axis < rank; axis++)
        if (array->shape[axis] != shape[axis])
            return false;
    return true;
}

int array_wrap_const(srnn_tensor **out, const core_array *array)
{
    *out = NULL;
    if (array->dtype == 0)
        return 0;
    const srnn_status status =
        srnn_tensor_wrap_const(out, array->data, array->dtype, array->rank,
                               array->shape, array->strides);
    return status == SRNN_OK ? 0 : core_raise(status);
}

int array_wrap(srnn_tensor **out, const core_array *array)
{
    *out = NULL;
    if (array->dtype == 0)
        return 0;
    const srnn_status status =
        srnn_tensor_wrap(out, array->data, array->dtype, array->rank,
                         array->shape, array->strides);
    return status == SRNN_OK ? 0 : core_raise(status);
}

PyObject *array_copy(const srnn_tensor *tensor)
{
    core_array copy;
    PyObject *const made =
        array_create(&copy, NULL, srnn_tensor_dtype(tensor),
                     srnn_tensor_rank(tensor), srnn_tensor_shape(tensor));
    if (made != NULL && srnn_tensor_size(tensor) > 0)
        memcpy(copy.data, srnn_tensor_const_data(tensor),
               (size_t)srnn_tensor_size(tensor) * view_size_of(copy.dtype));
    array_close(&copy);
    return made;
}
