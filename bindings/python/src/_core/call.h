/* SPDX-License-Identifier: MIT */
/* The arguments and results that running a model and recording it share. */
#ifndef CORE_CALL_H
#define CORE_CALL_H

#include "model.h"

/* The first arguments of both, in this order. */
enum {
    CALL_INPUT,
    CALL_H0,
    CALL_LENGTHS,
    CALL_RESETS,
    CALL_FRESH,
    CALL_OUT,
    CALL_ARGUMENTS
};

#define CALL_NAMES "input", "h0", "lengths", "resets", "fresh", "out"

/* The arrays of a call, in the order in which the library takes them. */
enum { CALL_OUTPUT = CALL_OUT, CALL_H_N, CALL_ARRAYS };

typedef struct {
    core_model *model;
    core_array arrays[CALL_ARRAYS];
    PyObject *output;
    PyObject *h_n;
    model_shapes shapes;
} core_call;

void call_begin(core_call *call, core_model *model);
void call_end(core_call *call);

/* Opens arguments and results. Returns 0, -1, or CALL_WRONG_SHAPE if the input
 * has a wrong shape, so that there are no results: the library then says what
 * is wrong. */
enum { CALL_WRONG_SHAPE = 1 };
int call_open(core_call *call, PyObject *const *values);

/* Tensors of all arrays, NULL for those that are not open. */
int call_wrap(srnn_tensor **tensors, const core_call *call);
void call_unwrap(srnn_tensor *const *tensors);

/* The tuple (output, h_n). */
PyObject *call_results(const core_call *call);

#endif
