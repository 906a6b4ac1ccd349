/* SPDX-License-Identifier: MIT */
/* Functions of several gradients: norm, scale and clip. */
#include "gradients.h"

static int fill(gradients_list *list)
{
    int64_t count = 0;
    for (int64_t i = 0; i < list->count; i++) {
        PyObject *const item = PyTuple_GetItem(list->items, (Py_ssize_t)i);
        list->handles[i] = gradients_of(item);
        if (list->handles[i] == NULL)
            return -1;
        core_pool *const pool = ((core_gradients *)item)->pool;
        if (pool != NULL)
            list->pools[count++] = pool;
    }
    list->pool_count = pool_sort(list->pools, count);
    return 0;
}

int gradients_list_begin(gradients_list *list, PyObject *object)
{
    list->handles = NULL;
    list->pools = NULL;
    list->items = PyObject_TypeCheck(object, gradients_type)
                      ? PyTuple_Pack(1, object)
                      : PySequence_Tuple(object);
    if (list->items == NULL)
        return -1;
    const size_t count = (size_t)PyTuple_Size(list->items);
    list->count = (int64_t)count;
    list->handles = PyMem_Calloc(count + 1, sizeof(srnn_gradients *));
    list->pools = PyMem_Calloc(count + 1, sizeof(core_pool *));
    if (list->handles == NULL || list->pools == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return fill(list);
}

void gradients_list_end(gradients_list *list)
{
    PyMem_Free(list->handles);
    PyMem_Free(list->pools);
    Py_XDECREF(list->items);
}

typedef enum { NORM, SCALE, CLIP_NORM, CLIP_VALUE } list_function;

/* The number is a factor or a maximum; *norm is changed by two of them. */
static srnn_status call(list_function function, const gradients_list *list,
                        double number, double *norm)
{
    switch (function) {
    case NORM:
        return srnn_gradients_norm(norm, list->handles, list->count);
    case SCALE:
        return srnn_gradients_scale(list->handles, list->count, number);
    case CLIP_NORM:
        return srnn_gradients_clip_norm(norm, list->handles, list->count,
                                        number);
    default:
        return srnn_gradients_clip_value(list->handles, list->count, number);
    }
}

/* In the pools, a fork waits until the call has ended. */
static int run(list_function function, PyObject *object, double number,
               double *norm)
{
    gradients_list list;
    int result = gradients_list_begin(&list, object);
    if (result == 0) {
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS
        pool_enter_all(list.pools, list.pool_count);
        status = call(function, &list, number, norm);
        pool_leave_all(list.pools, list.pool_count);
        Py_END_ALLOW_THREADS
        result = status == SRNN_OK ? 0 : core_raise(status);
    }
    gradients_list_end(&list);
    return result;
}

static PyObject *run_with_number(list_function function, PyObject *args)
{
    PyObject *object;
    double number;
    double norm = 0;
    if (!PyArg_ParseTuple(args, "Od", &object, &number) ||
        run(function, object, number, &norm) < 0)
        return NULL;
    return function == CLIP_NORM ? PyFloat_FromDouble(norm)
                                 : Py_NewRef(Py_None);
}

PyObject *gradients_norm(PyObject *module, PyObject *list)
{
    double norm = 0;
    (void)module;
    return run(NORM, list, 0, &norm) < 0 ? NULL : PyFloat_FromDouble(norm);
}

PyObject *gradients_scale(PyObject *module, PyObject *args)
{
    (void)module;
    return run_with_number(SCALE, args);
}

PyObject *gradients_clip_norm(PyObject *module, PyObject *args)
{
    (void)module;
    return run_with_number(CLIP_NORM, args);
}

PyObject *gradients_clip_value(PyObject *module, PyObject *args)
{
    (void)module;
    return run_with_number(CLIP_VALUE, args);
}
