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

/* What is used of NumPy. */
typedef struct {
    PyObject *dtypes[DTYPES]; /* as objects of numpy.dtype */
    PyObject *type;           /* numpy.ndarray */
    PyObject *empty;          /* numpy.empty */
    bool is_readable;         /* the fields are where we think */
} numpy_parts;

static int index_of(srnn_dtype dtype)
{
    int i = 0;
    while (dtypes[i] != dtype)
        i++;
    return i;
}

/* Compares the fields of an array with its buffer. */
static int check_fields(numpy_parts *parts)
{
    const fields *made = (const fields *)PyObject_CallFunction(
        parts->empty, "(ii)O", 2, 3, parts->dtypes[0]);
    Py_buffer buffer;
    if (made == NULL || PyObject_GetBuffer((PyObject *)made, &buffer,
                                           PyBUF_STRIDES | PyBUF_WRITABLE) < 0)
        return -1;
    parts->is_readable =
        made->data == buffer.buf && made->rank == 2 && made->shape[0] == 2 &&
        made->shape[1] == 3 && made->strides[0] == 12 &&
        made->strides[1] == 4 && made->dtype == parts->dtypes[0] &&
        (made->flags & (ALIGNED | WRITEABLE)) == (ALIGNED | WRITEABLE);
    PyBuffer_Release(&buffer);
    Py_DECREF((PyObject *)made);
    return 0;
}

static int find_parts(numpy_parts *parts)
{
    PyObject *const make = core_numpy("dtype");
    if (make == NULL)
        return -1;
    for (int i = 0; i < DTYPES; i++) {
        parts->dtypes[i] =
            PyObject_CallFunction(make, "s", view_name_of(dtypes[i]));
        if (parts->dtypes[i] == NULL)
            return -1;
    }
    parts->type = Py_XNewRef(core_numpy("ndarray"));
    if (parts->type == NULL)
        return -1;
    parts->empty = Py_XNewRef(core_numpy("empty"));
    return parts->empty == NULL ? -1 : check_fields(parts);
}

static void free_parts(numpy_parts *parts)
{
    for (int i = 0; i < DTYPES; i++)
        Py_XDECREF(parts->dtypes[i]);
    Py_XDECREF(parts->type);
    Py_XDECREF(parts->empty);
    PyMem_Free(parts);
}

/* Once, and then kept until the process ends. Several threads may come first.
 */
static const numpy_parts *prepare(void)
{
    static numpy_parts *_Atomic kept;
    numpy_parts *found = kept;
    if (found != NULL)
        return found;
    numpy_parts *const made = PyMem_Calloc(1, sizeof *made);
    if (made == NULL)
        return PyErr_NoMemory(), NULL;
    const int result = find_parts(made);
    if (result == 0 && atomic_compare_exchange_strong(&kept, &found, made))
        return made;
    free_parts(made);
    return found;
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
    const numpy_parts *const parts = prepare();
    if (parts == NULL) {
        PyErr_Clear(); /* whoever needs NumPy says what is wrong */
        return false;
    }
    if (!parts->is_readable || (PyObject *)Py_TYPE(object) != parts->type ||
        given->dtype != parts->dtypes[i] || (given->flags & flags) != flags ||
        given->rank > SRNN_MAX_RANK ||
        !read_fields(array, given, view_size_of(wanted)))
        return false;
    array->dtype = wanted;
    return true;
}

/* The arguments of numpy.empty. */
static PyObject *make_arguments(const core_array *array,
                                const numpy_parts *parts)
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
        args = PyTuple_Pack(2, shape, parts->dtypes[index_of(array->dtype)]);
    Py_XDECREF(shape);
    return args;
}

#ifdef Py_GIL_DISABLED
/* Threads would wait for each other at a cache longer than it saves. */
#define arguments_of make_arguments
#else
enum { SHAPES = 8 };

/* Those of the last calls: most calls of a network have the shapes of the one
 * before. */
static struct {
    srnn_dtype dtype;
    int32_t rank;
    int64_t shape[3];
    PyObject *args;
} recent[SHAPES];

static PyObject *arguments_of(const core_array *array, const numpy_parts *parts)
{
    static int next;
    const size_t bytes = (size_t)array->rank * sizeof *array->shape;
    if (array->rank > 3)
        return make_arguments(array, parts);
    for (int i = 0; i < SHAPES; i++)
        if (recent[i].dtype == array->dtype && recent[i].rank == array->rank &&
            memcmp(recent[i].shape, array->shape, bytes) == 0)
            return Py_NewRef(recent[i].args);
    PyObject *args = make_arguments(array, parts);
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
#endif

PyObject *ndarray_create(core_array *array)
{
    const numpy_parts *const parts = prepare();
    PyObject *args = parts == NULL ? NULL : arguments_of(array, parts);
    PyObject *made =
        args == NULL ? NULL : PyObject_CallObject(parts->empty, args);
    Py_XDECREF(args);
    if (made == NULL)
        return NULL;
    if (parts->is_readable) {
        array->data = ((const fields *)made)->data;
        return made;
    }
    if (PyObject_GetBuffer(made, &array->buffer,
                           PyBUF_SIMPLE | PyBUF_WRITABLE) < 0)
        Py_CLEAR(made);
    array->data = array->buffer.buf;
    return made;
}
