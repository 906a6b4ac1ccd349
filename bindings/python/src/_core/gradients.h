/* SPDX-License-Identifier: MIT */
/* Gradients: those of the parameters of a model, a linear layer or an array, as
 * a Python object. */
#ifndef CORE_GRADIENTS_H
#define CORE_GRADIENTS_H

#include "array.h"
#include "core.h"
#include "pool.h"

typedef struct {
    PyObject_HEAD
    srnn_gradients *gradients;
    PyObject *owner;   /* a Model, a Linear or an array; owned */
    core_pool *pool;   /* of the owner; NULL for an array */
    core_array value;  /* the array, which stays open */
    PyObject *names;   /* of the parameters: a tuple */
    Py_ssize_t size;   /* P */
    Py_ssize_t stride; /* in bytes */
} core_gradients;

/* The type, which gradients_make_type() makes. */
extern PyTypeObject *gradients_type;
PyObject *gradients_make_type(void);

/* Makes the gradients of self->owner, with the names of the parameters. The
 * name is for an array, and else NULL. */
int gradients_create(core_gradients *self, PyObject *name);

/* The gradients of an argument; NULL with an exception if it has none. */
srnn_gradients *gradients_of(PyObject *object);

/* Reads the arguments gradients and accumulate of a backward; NULL if they are
 * not given. */
int gradients_read(srnn_gradients **gradients, srnn_accumulation *accumulation,
                   PyObject *given, PyObject *accumulates);

/* The gradients of a sequence, or of one object. */
typedef struct {
    PyObject *items; /* a tuple, so that nobody can take them away */
    int64_t count;
    srnn_gradients **handles;
    core_pool **pools; /* of all owners, sorted */
    int64_t pool_count;
} gradients_list;

/* The caller ends it with gradients_list_end() in any case. */
int gradients_list_begin(gradients_list *list, PyObject *object);
void gradients_list_end(gradients_list *list);

/* Functions of the module. */
PyObject *gradients_norm(PyObject *module, PyObject *list);
PyObject *gradients_scale(PyObject *module, PyObject *args);
PyObject *gradients_clip_norm(PyObject *module, PyObject *args);
PyObject *gradients_clip_value(PyObject *module, PyObject *args);

#endif
