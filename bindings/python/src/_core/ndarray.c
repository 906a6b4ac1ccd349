/* SPDX-License-Identifier: MIT */
#include "ndarray.h"

#include <string.h>

#include "view.h"

/* PyArrayObject_fields of NumPy. */
typedef struct {
    PyObject_HEAD
    char *data;
    int rank;
    Py_ssize_t *shape;
    Py_ssize_t *strides; /* in bytes */
    PyObject *base;
    PyObject *dtype;
    int flags;
} fields;

enum { ALIGNED = 0x100, WRITEABLE = 0x400 }; /* NPY_ARRAY_... */

enum { DTYPES = 4 };

static const srnn_dtype dtypes[DTYPES] = {
    SRNN_DTYPE_FLOAT32, SRNN_DTYPE_FLOAT64, SRNN_DTYPE_INT64, SRNN_DTYPE_UINT8};
static PyObject *objects[DTYPES]; /* the same as objects of numpy.dtype */
static PyObject *type;            /* numpy.ndarray */
static PyObject *empty;           /* numpy.empty */
static bool is_readable;          /* the fields are where we think */

static int index_of(srnn_dtype dtype)
{
    int i = 0;
    while (dtypes[i] != dtype)
        i++;
    return i;
}

/* Compares the fields of an array with its buffer. */
static int check_fields(void)
{
    const fields *made =
        (const fields *)PyObject_CallFunction(empty, "(ii)O", 2, 3, objects[0]);
    Py_buffer buffer;
    if (made == NULL || PyObject_GetBuffer((PyObject *)made, &buffer,
                                           PyBUF_STRIDES | PyBUF_WRITABLE) < 0)
        return -1;
    is_readable =
        made->data == buffer.buf && made->rank == 2 && made->shape[0] == 2 &&
        made->shape[1] == 3 && made->strides[0] == 12 &&
        made->strides[1] == 4 && made->dtype == objects[0] &&
        (made->flags & (ALIGNED | WRITEABLE)) == (ALIGNED | WRITEABLE);
    PyBuffer_Release(&buffer);
    Py_DECREF((PyObject *)made);
    return 0;
}

/* Once. The references are kept until the process ends. */
static int prepare(void)
{
    if (type != NULL)
        return 0;
    PyObject *const make = core_numpy("dtype");
    if (make == NULL)
        return -1;
    for (int i = 0; i < DTYPES; i++) {
        Py_XDECREF(objects[i]);
        objects[i] = PyObject_CallFunction(make, "s", view_name_of(dtypes[i]));
        if (objects[i] == NULL)
            return -1;
    }
    empty = core_numpy("empty");
    if (empty == NULL || check_fields() < 0)
        return -1;
    type = core_numpy("ndarray");
    Py_INCREF(empty);
    Py_XINCREF(type);
    return type == NULL ? -1 : 0;
}

/* Only a stride of a dimension of more than one element counts. */
static bool read_fields(core_array *array, const fields *object, size_t size)
{
    for (int axis = 0; axis < object->rank; axis++) {
        const Py_ssize_t stride = object->strides[axis];
        if (stride % (Py_ssize_t)size != 0)
            return false;
        array->shape[axis] = object->shape[axis];
        array->strides[axis] = stride / (Py_ssize_t)size;
    }
    array->data = object->data;
    array->rank = object->rank;
    return true;
}

bool ndarray_read(core_array *array, PyObject *object, srnn_dtype wanted,
                  bool writes)
{
    const fields *const given = (const fields *)object;
    const int i = index_of(wanted);
    const int flags = writes ? ALIGNED | WRITEABLE : ALIGNED;
    if (prepare() < 0) {
        PyErr_Clear(); /* whoever needs NumPy says what is wrong */
        return false;
    }
    if (!is_readable || (PyObject *)Py_TYPE(object) != type ||
        given->dtype != objects[i] || (given->flags & flags) != flags ||
        given->rank > SRNN_MAX_RANK ||
        !read_fields(array, given, view_size_of(wanted)))
        return false;
    array->dtype = wanted;
    return true;
}

enum { SHAPES = 8 };

/* The arguments of the last calls of numpy.empty: most calls of a network have
 * the shapes of the one before. */
static struct {
    srnn_dtype dtype;
    int32_t rank;
    int64_t shape[3];
    PyObject *args;
} recent[SHAPES];

static PyObject *make_arguments(const core_array *array)
{
    PyObject *shape = PyTuple_New(array->rank);
    PyObject *args = NULL;
    for (int32_t axis = 0; shape != NULL && axis < array->rank; axis++) {
        PyObject *size = PyLong_FromLongLong(array->shape[axis]);
        if (size == NULL)
            Py_CLEAR(shape);
        else
            (void)PyTuple_SetItem(shape, axis, size);
    }
    if (shape != NULL)
        args = PyTuple_Pack(2, shape, objects[index_of(array->dtype)]);
    Py_XDECREF(shape);
    return args;
}

/* A new reference. */
static PyObject *arguments_of(const core_array *array)
{
    static int next;
    const size_t bytes = (size_t)array->rank * sizeof *array->shape;
    if (array->rank > 3)
        return make_arguments(array);
    for (int i = 0; i < SHAPES; i++)
        if (recent[i].dtype == array->dtype && recent[i].rank == array->rank &&
            memcmp(recent[i].shape, array->shape, bytes) == 0)
            return Py_NewRef(recent[i].args);
    PyObject *args = make_arguments(array);
    if (args != NULL) {
        const int i = next;
        next = (next + 1) % SHAPES;
        Py_XDECREF(recent[i].args);
        recent[i].args = Py_NewRef(args);
        recent[i].dtype = array->dtype;
        recent[i].rank = array->rank;
        memcpy(recent[i].shape, array->shape, bytes);
    }
    return args;
}

PyObject *ndarray_create(core_array *array)
{
    if (prepare() < 0)
        return NULL;
    PyObject *args = arguments_of(array);
    PyObject *made = args == NULL ? NULL : PyObject_CallObject(empty, args);
    Py_XDECREF(args);
    if (made == NULL)
        return NULL;
    if (is_readable) {
        array->data = ((const fields *)made)->data;
        return made;
    }
    if (PyObject_GetBuffer(made, &array->buffer,
                           PyBUF_SIMPLE | PyBUF_WRITABLE) < 0)
        Py_CLEAR(made);
    array->data = array->buffer.buf;
    return made;
}
