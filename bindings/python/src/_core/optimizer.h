/* SPDX-License-Identifier: MIT */
/* Optimizer: an optimizer as a Python object, of which the package makes SGD,
 * Adam, AdamW and RMSprop. optimizer.c has the object and its options, and
 * checkpoint.c saves and loads it. */
#ifndef CORE_OPTIMIZER_H
#define CORE_OPTIMIZER_H

#include "core.h"
#include "gradients.h"

typedef struct {
    PyObject_HEAD
    srnn_optimizer *_Atomic optimizer; /* NULL before _create */
    gradients_list list;               /* what it has, set before optimizer */
} core_optimizer;

/* Makes the type Optimizer. */
PyObject *optimizer_make_type(void);

/* Whether the object has an optimizer; raises otherwise. */
bool optimizer_is_ready(const core_optimizer *self);

/* The methods that another file has. */
PyObject *optimizer_save(PyObject *self, PyObject *args);
PyObject *optimizer_load(PyObject *self, PyObject *args);

#endif
