/* SPDX-License-Identifier: MIT */
/* Losses with their gradients, as functions of the module. */
#ifndef CORE_LOSS_H
#define CORE_LOSS_H

#include "core.h"

PyObject *loss_cross_entropy(PyObject *module, PyObject *args,
                             PyObject *keywords);
PyObject *loss_squared_error(PyObject *module, PyObject *args,
                             PyObject *keywords);

#endif
