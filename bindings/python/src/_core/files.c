/* SPDX-License-Identifier: MIT */
/* Reading a model from a file or from bytes, and saving it. */
#include <stdlib.h>
#include <string.h>

#include "model.h"

/* Makes the rnn of an open file, which is then closed. */
static int read_rnn(core_model *model, srnn_weights *weights,
                    const char *prefix, PyObject *options)
{
    srnn_config *config;
    srnn_rnn *rnn = NULL;
    srnn_status status;
    if (model_config(&config, options) < 0) {
        srnn_weights_destroy(weights);
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    status = srnn_rnn_create_from_weights(&rnn, weights, prefix, config);
    srnn_config_destroy(config);
    srnn_weights_destroy(weights);
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? model_set_rnn(model, rnn) : core_raise(status);
}

/* _load(path in bytes, prefix, options) */
PyObject *model_load(PyObject *self, PyObject *args)
{
    const char *path;
    const char *prefix;
    PyObject *options;
    srnn_weights *weights = NULL;
    srnn_status status;
    if (!PyArg_ParseTuple(args, "ysO!", &path, &prefix, &PyDict_Type, &options))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = srnn_weights_open(&weights, path);
    Py_END_ALLOW_THREADS
    if (status != SRNN_OK)
        return core_raise(status), NULL;
    return read_rnn((core_model *)self, weights, prefix, options) < 0
               ? NULL
               : Py_NewRef(Py_None);
}

/* _load_bytes(bytes of a file, prefix, options) */
PyObject *model_load_bytes(PyObject *self, PyObject *args)
{
    Py_buffer bytes;
    const char *prefix;
    PyObject *options;
    srnn_weights *weights = NULL;
    if (!PyArg_ParseTuple(args, "y*sO!", &bytes, &prefix, &PyDict_Type,
                          &options))
        return NULL;
    const srnn_status status =
        srnn_weights_open_memory(&weights, bytes.buf, (size_t)bytes.len);
    const int result = status == SRNN_OK ? read_rnn((core_model *)self, weights,
                                                    prefix, options)
                                         : core_raise(status);
    PyBuffer_Release(&bytes);
    return result < 0 ? NULL : Py_NewRef(Py_None);
}

/* _save(path in bytes, prefix, tuple of metadata, alone) */
PyObject *model_save(PyObject *object, PyObject *args)
{
    core_model *const self = (core_model *)object;
    const char *path;
    const char *prefix;
    PyObject *texts;
    int is_alone;
    srnn_status status;
    if (!model_is_ready(self) ||
        !PyArg_ParseTuple(args, "ysO!p", &path, &prefix, &PyTuple_Type, &texts,
                          &is_alone))
        return NULL;
    const char **metadata = core_texts(texts, "metadata");
    if (metadata == NULL)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    pool_enter(&self->pool);
    status = is_alone ? srnn_rnn_save_alone(self->rnn, path, prefix, metadata)
                      : srnn_rnn_save(self->rnn, path, prefix, metadata);
    pool_leave(&self->pool);
    Py_END_ALLOW_THREADS
    PyMem_Free(metadata);
    return status == SRNN_OK ? Py_NewRef(Py_None) : (core_raise(status), NULL);
}

typedef struct {
    char *bytes;
    size_t size;
    size_t capacity;
} core_growing;

/* Runs without the GIL, so it must not use the allocator of Python. */
static int64_t append(void *user, const void *bytes, size_t size)
{
    core_growing *const all = user;
    if (size > all->capacity - all->size) {
        const size_t capacity = 2 * all->capacity + size;
        char *const more = realloc(all->bytes, capacity);
        if (more == NULL)
            return -1;
        all->bytes = more;
        all->capacity = capacity;
    }
    memcpy(all->bytes + all->size, bytes, size);
    all->size += size;
    return (int64_t)size;
}

/* _save_bytes(prefix, tuple of metadata) */
PyObject *model_save_bytes(PyObject *object, PyObject *args)
{
    core_model *const self = (core_model *)object;
    const char *prefix;
    PyObject *texts;
    core_growing all = {NULL, 0, 0};
    srnn_status status;
    if (!model_is_ready(self) ||
        !PyArg_ParseTuple(args, "sO!", &prefix, &PyTuple_Type, &texts))
        return NULL;
    const char **metadata = core_texts(texts, "metadata");
    if (metadata == NULL)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    pool_enter(&self->pool);
    status = srnn_rnn_save_callback(self->rnn, append, &all, prefix, metadata);
    pool_leave(&self->pool);
    Py_END_ALLOW_THREADS
    PyMem_Free(metadata);
    PyObject *const bytes =
        status == SRNN_OK
            ? PyBytes_FromStringAndSize(all.bytes, (Py_ssize_t)all.size)
            : (core_raise(status), NULL);
    free(all.bytes);
    return bytes;
}
