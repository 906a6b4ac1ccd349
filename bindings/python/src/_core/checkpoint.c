/* SPDX-License-Identifier: MIT */
/* Checkpoints of an optimizer: one safetensors file. */
#include <string.h>

#include "optimizer.h"

/* The names, tensors and texts of the caller, while they are saved. */
typedef struct {
    const char **names;
    const char **metadata;
    array_list arrays;
    srnn_tensor **tensors;
} core_extras;

static int open_arrays(core_extras *extras, PyObject *dtypes)
{
    array_list *const list = &extras->arrays;
    extras->tensors =
        PyMem_Calloc((size_t)list->count + 1, sizeof *extras->tensors);
    if (extras->tensors == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < list->count; i++) {
        const long dtype = PyLong_AsLong(PyTuple_GetItem(dtypes, i));
        if (PyErr_Occurred() ||
            array_open_value(&list->arrays[i], PyTuple_GetItem(list->items, i),
                             extras->names[i], (srnn_dtype)dtype) < 0 ||
            array_wrap_const(&extras->tensors[i], &list->arrays[i]) < 0)
            return -1;
    }
    return 0;
}

/* Three tuples of one length, and the metadata. */
static int open_extras(core_extras *extras, PyObject *names, PyObject *arrays,
                       PyObject *dtypes, PyObject *metadata)
{
    extras->tensors = NULL;
    extras->metadata = NULL;
    extras->names = core_texts(names, "the name of a tensor");
    if (array_list_begin(&extras->arrays, arrays) < 0 || extras->names == NULL)
        return -1;
    if (PyTuple_Size(names) != extras->arrays.count)
        return core_raise_text(SRNN_ERROR_RANGE,
                               "there must be a name for each tensor");
    extras->metadata = core_texts(metadata, "metadata");
    return extras->metadata == NULL ? -1 : open_arrays(extras, dtypes);
}

static void close_extras(core_extras *extras)
{
    for (Py_ssize_t i = 0; extras->tensors != NULL && i < extras->arrays.count;
         i++)
        srnn_tensor_destroy(extras->tensors[i]);
    PyMem_Free(extras->tensors);
    PyMem_Free(extras->names);
    PyMem_Free(extras->metadata);
    array_list_end(&extras->arrays);
}

static int save(core_optimizer *self, const char *path,
                const core_extras *extras)
{
    const gradients_list *const list = &self->list;
    srnn_status status;
    Py_BEGIN_ALLOW_THREADS
    pool_enter_all(list->pools, list->pool_count);
    status = srnn_optimizer_save(self->optimizer, path, extras->names,
                                 (const srnn_tensor *const *)extras->tensors,
                                 extras->arrays.count, extras->metadata);
    pool_leave_all(list->pools, list->pool_count);
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? 0 : core_raise(status);
}

/* _save(path in bytes, tuples of names, of arrays, of their dtypes and of
 * metadata) */
PyObject *optimizer_save(PyObject *object, PyObject *args)
{
    core_optimizer *const self = (core_optimizer *)object;
    const char *path;
    PyObject *tuples[4];
    core_extras extras;
    if (!optimizer_is_ready(self) ||
        !PyArg_ParseTuple(args, "yO!O!O!O!", &path, &PyTuple_Type, &tuples[0],
                          &PyTuple_Type, &tuples[1], &PyTuple_Type, &tuples[2],
                          &PyTuple_Type, &tuples[3]))
        return NULL;
    int result =
        open_extras(&extras, tuples[0], tuples[1], tuples[2], tuples[3]);
    if (result == 0)
        result = save(self, path, &extras);
    close_extras(&extras);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

/* Adds a value, of which it takes the reference, to a dict. */
static int put(PyObject *dict, const char *name, PyObject *value)
{
    const int result =
        value == NULL ? -1 : PyDict_SetItemString(dict, name, value);
    Py_XDECREF(value);
    return result;
}

static PyObject *read_tensor(const srnn_weights *weights, const char *name)
{
    srnn_tensor *tensor = NULL;
    srnn_status status;
    Py_BEGIN_ALLOW_THREADS
    status = srnn_weights_read_tensor(&tensor, weights, name);
    Py_END_ALLOW_THREADS
    if (status != SRNN_OK)
        return core_raise(status), NULL;
    PyObject *const made = array_copy(tensor);
    srnn_tensor_destroy(tensor);
    return made;
}

/* Whether a name or a key belongs to the optimizer; -1 after an error. */
static int is_own(const char *name, PyObject *own)
{
    if (strncmp(name, "optimizer.", strlen("optimizer.")) == 0)
        return 1;
    PyObject *text = PyUnicode_FromString(name);
    const int result = text == NULL ? -1 : PySequence_Contains(own, text);
    Py_XDECREF(text);
    return result;
}

static int read_extras(PyObject *tensors, PyObject *metadata,
                       const srnn_weights *weights, PyObject *own_names,
                       PyObject *own_keys)
{
    const char *name;
    const int64_t count = srnn_weights_count(weights);
    for (int64_t i = 0; i < count; i++) {
        name = srnn_weights_name(weights, i);
        const int known = is_own(name, own_names);
        if (known < 0 ||
            (known == 0 && put(tensors, name, read_tensor(weights, name)) < 0))
            return -1;
    }
    for (int64_t i = 0; (name = srnn_weights_metadata_key(weights, i)) != NULL;
         i++) {
        const int known = is_own(name, own_keys);
        if (known < 0 ||
            (known == 0 && put(metadata, name,
                               PyUnicode_FromString(
                                   srnn_weights_metadata(weights, name))) < 0))
            return -1;
    }
    return 0;
}

static int load(core_optimizer *self, const srnn_weights *weights)
{
    const gradients_list *const list = &self->list;
    srnn_status status;
    Py_BEGIN_ALLOW_THREADS
    pool_lock_all(list->pools, list->pool_count);
    status = srnn_optimizer_load(self->optimizer, weights);
    pool_unlock_all(list->pools, list->pool_count);
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? 0 : core_raise(status);
}

/* _load(path in bytes, tuples of names of tensors and of keys that are not the
 * caller's): (tensors, metadata) of the caller, which are read first. */
PyObject *optimizer_load(PyObject *object, PyObject *args)
{
    core_optimizer *const self = (core_optimizer *)object;
    const char *path;
    PyObject *names;
    PyObject *keys;
    srnn_weights *weights = NULL;
    srnn_status status;
    if (!optimizer_is_ready(self) ||
        !PyArg_ParseTuple(args, "yO!O!", &path, &PyTuple_Type, &names,
                          &PyTuple_Type, &keys))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = srnn_weights_open(&weights, path);
    Py_END_ALLOW_THREADS
    if (status != SRNN_OK)
        return core_raise(status), NULL;
    PyObject *tensors = PyDict_New();
    PyObject *metadata = PyDict_New();
    PyObject *results = NULL;
    if (tensors != NULL && metadata != NULL &&
        read_extras(tensors, metadata, weights, names, keys) == 0 &&
        load(self, weights) == 0)
        results = PyTuple_Pack(2, tensors, metadata);
    Py_XDECREF(tensors);
    Py_XDECREF(metadata);
    srnn_weights_destroy(weights);
    return results;
}
