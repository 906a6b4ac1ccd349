/* SPDX-License-Identifier: MIT */
/* What every file of the extension needs. */
#ifndef CORE_CORE_H
#define CORE_CORE_H

/* One file for all versions of Python from 3.11 on. A free-threaded Python has
 * no stable ABI, so there the extension is built for its version. */
#ifndef Py_GIL_DISABLED
#define Py_LIMITED_API 0x030b0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <simplernn.h>

#include <stdbool.h>
#include <stdint.h>

/* Raises the exception of a status, with the text of the library. A status that
 * has no exception, of a newer library, raises SimpleRNNError. Returns -1. */
int core_raise(srnn_status status);

/* Raises the exception of a status with a text of the extension, as
 * PyErr_Format does. Returns -1. */
int core_raise_text(srnn_status status, const char *format, ...);

/* Adds the exceptions, SimpleRNNError and one for each status. */
int core_add_errors(PyObject *module);

/* A function of NumPy, which is imported when it is first needed. Borrowed. */
PyObject *core_numpy(const char *name);

/* Reads the arguments of a call. names is a list of count names; the first
 * `positional` of them may be given by position, and the first `required` must
 * be given. values receives count borrowed references, NULL for one that is
 * not given or is None. */
int core_arguments(const char *function, const char *const *names, int count,
                   int positional, int required, PyObject *args,
                   PyObject *keywords, PyObject **values);

#endif
