/* SPDX-License-Identifier: MIT */
/* Tape: a recorded forward as a Python object. framework.h is for tapes in the
 * memory of a framework. */
#ifndef CORE_TAPE_H
#define CORE_TAPE_H

#include "model.h"

typedef struct {
    PyObject_HEAD
    core_model *model; /* owned */
    srnn_tape *tape;
    int64_t process; /* of the thread in a call: pool_forks() + 1; else 0 */
    PyObject *input; /* of the recording, owned; NULL before there is one */
} core_tape;

/* Makes the type Tape. */
PyObject *tape_make_type(void);

/* Around a call. The library would refuse another thread only while it
 * computes, and not while its options and its input are those of one call. */
int tape_begin(core_tape *self);
void tape_end(core_tape *self);

/* The method that another file has. */
PyObject *tape_backward(PyObject *object, PyObject *args, PyObject *keywords);

#endif
