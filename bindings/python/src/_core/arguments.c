/* SPDX-License-Identifier: MIT */
/* What calls have in common: arguments by name, texts, and NumPy. */
#include <string.h>

#include "core.h"

PyObject *core_keep(PyObject *_Atomic *place, PyObject *made)
{
    PyObject *found = NULL;
    if (made == NULL || atomic_compare_exchange_strong(place, &found, made))
        return made;
    Py_DECREF(made);
    return found;
}

PyObject *core_numpy(const char *name)
{
    static PyObject *_Atomic kept;
    PyObject *numpy = kept;
    if (numpy == NULL)
        numpy = core_keep(&kept, PyImport_ImportModule("numpy"));
    PyObject *found = numpy == NULL
                          ? NULL
                          : PyDict_GetItemString(PyModule_GetDict(numpy), name);
    if (found == NULL && numpy != NULL)
        PyErr_Format(PyExc_ImportError, "numpy has no %s", name);
    return found;
}

/* The place of a keyword among the names; -1 if it is none of them. */
static int find_name(const char *const *names, int count, PyObject *keyword)
{
    for (int i = 0; i < count; i++)
        if (PyUnicode_CompareWithASCIIString(keyword, names[i]) == 0)
            return i;
    return -1;
}

static int read_keywords(const char *function, const char *const *names,
                         int count, PyObject *keywords, PyObject **values)
{
    PyObject *key;
    PyObject *value;
    Py_ssize_t position = 0;
    while (PyDict_Next(keywords, &position, &key, &value)) {
        const int i = find_name(names, count, key);
        if (i < 0 || values[i] != NULL) {
            PyErr_Format(PyExc_TypeError,
                         i < 0 ? "%s() has no argument %R"
                               : "%s() got the argument %R twice",
                         function, key);
            return -1;
        }
        values[i] = value;
    }
    return 0;
}

int core_arguments(const char *function, const char *const *names, int count,
                   int positional, int required, PyObject *args,
                   PyObject *keywords, PyObject **values)
{
    const Py_ssize_t given = PyTuple_Size(args);
    if (given > positional) {
        PyErr_Format(PyExc_TypeError,
                     "%s() takes at most %d arguments by position, not %zd",
                     function, positional, given);
        return -1;
    }
    for (int i = 0; i < count; i++)
        values[i] = i < given ? PyTuple_GetItem(args, i) : NULL;
    if (keywords != NULL &&
        read_keywords(function, names, count, keywords, values) < 0)
        return -1;
    for (int i = 0; i < count; i++) {
        if (values[i] == Py_None)
            values[i] = NULL;
        if (values[i] == NULL && i < required) {
            PyErr_Format(PyExc_TypeError, "%s() needs the argument %s",
                         function, names[i]);
            return -1;
        }
    }
    return 0;
}

/* The text belongs to the object. */
static const char *text_of(PyObject *object, const char *what)
{
    Py_ssize_t length;
    if (!PyUnicode_Check(object)) {
        PyErr_Format(PyExc_TypeError, "%s must be a text, not %R", what,
                     Py_TYPE(object));
        return NULL;
    }
    const char *const text = PyUnicode_AsUTF8AndSize(object, &length);
    if (text == NULL || strlen(text) == (size_t)length)
        return text;
    PyErr_Format(PyExc_ValueError, "embedded null character in %s", what);
    return NULL;
}

const char **core_texts(PyObject *tuple, const char *what)
{
    const Py_ssize_t count = PyTuple_Size(tuple);
    const char **texts = PyMem_Calloc((size_t)count + 1, sizeof *texts);
    if (texts == NULL)
        PyErr_NoMemory();
    for (Py_ssize_t i = 0; texts != NULL && i < count; i++) {
        texts[i] = text_of(PyTuple_GetItem(tuple, i), what);
        if (texts[i] == NULL) {
            PyMem_Free(texts);
            return NULL;
        }
    }
    return texts;
}
