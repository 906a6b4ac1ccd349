/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <string.h>

#include "core.h"

enum { MOST_STATUSES = 64 };

static PyObject *base;                   /* SimpleRNNError */
static PyObject *classes[MOST_STATUSES]; /* by -status */

/* The built-in class that an exception also is. A status that is not named
 * here gets that of its group. */
static PyObject *builtin_of(srnn_status status)
{
    switch (status) {
    case SRNN_ERROR_DTYPE:
        return PyExc_TypeError;
    case SRNN_ERROR_NOT_FOUND:
        return PyExc_KeyError;
    case SRNN_ERROR_NO_MEMORY:
        return PyExc_MemoryError;
    case SRNN_ERROR_IO:
        return PyExc_OSError;
    case SRNN_ERROR_FORMAT:
        return PyExc_ValueError;
    default:
        return status > -20 ? PyExc_ValueError : PyExc_RuntimeError;
    }
}

/* SRNN_ERROR_NOT_FOUND gives NotFoundError. */
static void write_name(char *name, const char *status_name)
{
    bool begins = true;
    for (const char *c = status_name + strlen("SRNN_ERROR_"); *c != '\0'; c++) {
        if (*c == '_') {
            begins = true;
            continue;
        }
        *name++ = (char)(begins ? *c : *c - 'A' + 'a');
        begins = false;
    }
    strcpy(name, "Error");
}

static int set_attribute(PyObject *dict, const char *name, PyObject *value)
{
    const int result =
        value == NULL ? -1 : PyDict_SetItemString(dict, name, value);
    Py_XDECREF(value);
    return result;
}

static PyObject *make_class(srnn_status status, const char *name)
{
    char full[64] = "simplernn.";
    PyObject *dict = PyDict_New();
    PyObject *bases = PyTuple_Pack(2, base, builtin_of(status));
    PyObject *made = NULL;
    strcat(full, name);
    if (dict != NULL && bases != NULL &&
        set_attribute(dict, "status", PyLong_FromLong(status)) == 0 &&
        set_attribute(dict, "name",
                      PyUnicode_FromString(srnn_status_name(status))) == 0)
        made = PyErr_NewExceptionWithDoc(full, srnn_status_string(status),
                                         bases, dict);
    Py_XDECREF(bases);
    Py_XDECREF(dict);
    return made;
}

/* KeyError would show its text in quotes, so all of them have the str() of
 * Exception. */
static int make_base(PyObject *module)
{
    PyObject *dict = PyDict_New();
    if (dict != NULL && set_attribute(dict, "__str__",
                                      PyObject_GetAttrString(
                                          PyExc_BaseException, "__str__")) == 0)
        base = PyErr_NewExceptionWithDoc(
            "simplernn.SimpleRNNError",
            "An error of the library. Its classes are also built-in ones, for "
            "example ValueError.\n\nstatus is the number that the library "
            "returned, and name is its name in C.",
            NULL, dict);
    Py_XDECREF(dict);
    return base == NULL ? -1
                        : PyModule_AddObjectRef(module, "SimpleRNNError", base);
}

int core_add_errors(PyObject *module)
{
    if (make_base(module) < 0)
        return -1;
    for (srnn_status status = -1; status > -MOST_STATUSES; status--) {
        const char *const status_name = srnn_status_name(status);
        char name[48];
        if (strcmp(status_name, "SRNN_UNKNOWN") == 0)
            continue;
        write_name(name, status_name);
        classes[-status] = make_class(status, name);
        if (classes[-status] == NULL ||
            PyModule_AddObjectRef(module, name, classes[-status]) < 0)
            return -1;
    }
    return 0;
}

int core_raise(srnn_status status)
{
    return core_raise_text(status, "%s", srnn_last_error());
}

int core_raise_text(srnn_status status, const char *format, ...)
{
    PyObject *const known = -status < MOST_STATUSES ? classes[-status] : NULL;
    va_list arguments;
    va_start(arguments, format);
    PyErr_FormatV(known == NULL ? base : known, format, arguments);
    va_end(arguments);
    return -1;
}
