/* SPDX-License-Identifier: MIT */
/* What every file of the extension needs. */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <pyconfig.h> /* Py_GIL_DISABLED */

/* One file for all versions of Python from 3.11 on. A free-threaded one has no
 * stable ABI before 3.15, so there the extension is built for its version. */
#ifndef Py_GIL_DISABLED
#define Py_LIMITED_API 0x030b0000
#endif
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <simplernn.h>

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* What the GIL guards elsewhere, a free-threaded Python leaves to us. One
 * thread at a time is in a critical section of an object. It lets others in
 * where it detaches from the interpreter, as it would give up the GIL, so
 * threads never wait for each other in a circle. What no critical section
 * guards is atomic, or never changes once it is made, or the library refuses a
 * second thread. */
#ifndef Py_BEGIN_CRITICAL_SECTION
#define Py_BEGIN_CRITICAL_SECTION(object) {
#define Py_END_CRITICAL_SECTION() }
#endif

/* Raises the exception of a status, with the text of the library. A status that
 * has no exception, of a newer library, raises SimpleRNNError. Returns -1. */
int core_raise(srnn_status status);

/* Raises the exception of a status with a text of the extension, as
 * PyErr_Format does. Returns -1. */
int core_raise_text(srnn_status status, const char *format, ...);

/* Adds the exceptions, SimpleRNNError and one for each status. */
int core_add_errors(PyObject *module);

/* Puts a new object where there is none, to stay there for ever. If another
 * thread was faster, its object stays instead. Returns the one that stays,
 * borrowed. After an error made is NULL, and so is the result. */
PyObject *core_keep(PyObject *_Atomic *place, PyObject *made);

/* A function of NumPy, which is imported when it is first needed. Borrowed:
 * NumPy itself keeps its functions. */
PyObject *core_numpy(const char *name);

/* Reads the arguments of a call. names is a list of count names; the first
 * `positional` of them may be given by position, and the first `required` must
 * be given. values receives count borrowed references, NULL for one that is
 * not given or is None. */
int core_arguments(const char *function, const char *const *names, int count,
                   int positional, int required, PyObject *args,
                   PyObject *keywords, PyObject **values);

/* The texts of a tuple in UTF-8, and a NULL. They belong to the tuple, which
 * unlike a list no other thread can change. The caller frees the array with
 * PyMem_Free(). What names one of them in an error. */
const char **core_texts(PyObject *tuple, const char *what);

#endif
