/* SPDX-License-Identifier: MIT */
/* Linear: a linear layer as a Python object. The class Linear of the package is
 * made of it. */
#ifndef CORE_LINEAR_H
#define CORE_LINEAR_H

#include "core.h"
#include "pool.h"

typedef struct {
    PyObject_HEAD
    /* NULL before one of _create, _load and _load_bytes. */
    srnn_linear *_Atomic linear;
    core_pool pool;
} core_linear;

/* The type, which linear_make_type() makes. */
extern PyTypeObject *linear_type;
PyObject *linear_make_type(void);

/* Whether the object has a layer; raises otherwise. */
bool linear_is_ready(const core_linear *self);

/* The methods that other files have. */
PyObject *linear_call(PyObject *self, PyObject *args, PyObject *keywords);
PyObject *linear_backward(PyObject *self, PyObject *args, PyObject *keywords);

#endif
