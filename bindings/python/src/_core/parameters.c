/* SPDX-License-Identifier: MIT */
/* The parameters of a model: names, values, and writing them. */
#include <string.h>

#include "model.h"
#include "view.h"

PyObject *model_parameter_names(PyObject *object, PyObject *ignored)
{
    const core_model *const self = (core_model *)object;
    (void)ignored;
    if (!model_is_ready(self))
        return NULL;
    const int64_t count = srnn_rnn_parameter_count(self->rnn);
    PyObject *names = PyList_New((Py_ssize_t)count);
    for (int64_t i = 0; names != NULL && i < count; i++) {
        PyObject *name =
            PyUnicode_FromString(srnn_rnn_parameter_name(self->rnn, i));
        if (name == NULL)
            Py_CLEAR(names);
        else
            (void)PyList_SetItem(names, (Py_ssize_t)i, name);
    }
    return names;
}

static int64_t count_of(const core_model *model, int64_t index)
{
    const int64_t *const shape = srnn_rnn_parameter_shape(model->rnn, index);
    return srnn_rnn_parameter_rank(model->rnn, index) == 2 ? shape[0] * shape[1]
                                                           : shape[0];
}

static size_t bytes_of(const core_model *model, int64_t index)
{
    return (size_t)count_of(model, index) * view_size_of(model->dtype);
}

/* A new array of NumPy. */
PyObject *model_parameter(PyObject *object, PyObject *argument)
{
    core_model *const self = (core_model *)object;
    const long long index = PyLong_AsLongLong(argument);
    core_array copy;
    if (!model_is_ready(self) || (index == -1 && PyErr_Occurred()))
        return NULL;
    const int64_t *const shape = srnn_rnn_parameter_shape(self->rnn, index);
    if (shape == NULL)
        return core_raise_text(SRNN_ERROR_RANGE, "there is no parameter %lld",
                               index),
               NULL;
    PyObject *const made =
        array_create(&copy, NULL, self->dtype,
                     srnn_rnn_parameter_rank(self->rnn, index), shape);
    if (made != NULL) {
        Py_BEGIN_ALLOW_THREADS
        pool_enter(&self->pool);
        memcpy(copy.data, srnn_rnn_parameter_data(self->rnn, index),
               bytes_of(self, index));
        pool_leave(&self->pool);
        Py_END_ALLOW_THREADS
    }
    array_close(&copy);
    return made;
}

/* The arrays of all parameters, while their values are read. */
typedef struct {
    array_list list;
    srnn_tensor **tensors; /* NULL before write_values() */
} core_values;

static void close_values(core_values *values)
{
    for (Py_ssize_t i = 0; values->tensors != NULL && i < values->list.count;
         i++)
        srnn_tensor_destroy(values->tensors[i]);
    PyMem_Free(values->tensors);
    array_list_end(&values->list);
}

/* A tensor of PyTorch that requires a gradient may be a value: nothing is
 * computed with it here. */
static int open_values(core_values *values, const core_model *model,
                       PyObject *sequence)
{
    array_list *const list = &values->list;
    values->tensors = NULL;
    if (array_list_begin(list, sequence) < 0)
        return -1;
    for (Py_ssize_t i = 0; i < list->count; i++) {
        const char *const name = srnn_rnn_parameter_name(model->rnn, i);
        if (array_open_value(&list->arrays[i], PyTuple_GetItem(list->items, i),
                             name == NULL ? "value" : name, model->dtype) < 0)
            return -1;
    }
    return 0;
}

static int write_values(core_values *values, core_model *model)
{
    const array_list *const list = &values->list;
    srnn_status status;
    values->tensors =
        PyMem_Calloc((size_t)list->count + 1, sizeof *values->tensors);
    if (values->tensors == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < list->count; i++)
        if (array_wrap_const(&values->tensors[i], &list->arrays[i]) < 0)
            return -1;
    Py_BEGIN_ALLOW_THREADS
    pool_lock(&model->pool);
    status = srnn_rnn_set_parameters(
        model->rnn, (const srnn_tensor *const *)values->tensors, list->count);
    pool_unlock(&model->pool);
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? 0 : core_raise(status);
}

PyObject *model_set_parameters(PyObject *object, PyObject *sequence)
{
    core_model *const self = (core_model *)object;
    core_values values;
    if (!model_is_ready(self))
        return NULL;
    int result = open_values(&values, self, sequence);
    if (result == 0)
        result = write_values(&values, self);
    close_values(&values);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

/* Compares bytes, so that -0.0 is not 0.0 and NaN is itself. Arrays that are
 * not contiguous count as different. */
static bool are_equal(const array_list *values, const core_model *model)
{
    if (values->count != srnn_rnn_parameter_count(model->rnn))
        return false;
    for (Py_ssize_t i = 0; i < values->count; i++) {
        const core_array *const value = &values->arrays[i];
        if (!array_is(value, srnn_rnn_parameter_rank(model->rnn, i),
                      srnn_rnn_parameter_shape(model->rnn, i)) ||
            memcmp(value->data, srnn_rnn_parameter_data(model->rnn, i),
                   bytes_of(model, i)) != 0)
            return false;
    }
    return true;
}

PyObject *model_sync(PyObject *object, PyObject *sequence)
{
    core_model *const self = (core_model *)object;
    core_values values;
    bool is_equal = false;
    if (!model_is_ready(self))
        return NULL;
    int result = open_values(&values, self, sequence);
    if (result == 0) {
        Py_BEGIN_ALLOW_THREADS
        pool_enter(&self->pool);
        is_equal = are_equal(&values.list, self);
        pool_leave(&self->pool);
        Py_END_ALLOW_THREADS
    }
    if (result == 0 && !is_equal)
        result = write_values(&values, self);
    close_values(&values);
    return result < 0 ? NULL : PyBool_FromLong(!is_equal);
}

/* _initialise(name, kind, gain, seed) */
PyObject *model_initialise(PyObject *object, PyObject *args)
{
    core_model *const self = (core_model *)object;
    const char *name;
    int kind;
    double gain;
    PyObject *given_seed;
    uint64_t seed;
    srnn_status status;
    if (!model_is_ready(self) ||
        !PyArg_ParseTuple(args, "sidO", &name, &kind, &gain, &given_seed) ||
        model_read_seed(&seed, given_seed) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    pool_lock(&self->pool);
    status = srnn_rnn_initialise(self->rnn, name, (srnn_initialisation)kind,
                                 gain, seed);
    pool_unlock(&self->pool);
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? Py_NewRef(Py_None) : (core_raise(status), NULL);
}
