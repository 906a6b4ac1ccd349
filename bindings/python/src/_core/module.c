/* SPDX-License-Identifier: MIT */
/* simplernn._core: libsimplernn for Python. The package around it adds what
 * need not be fast. */
#include <string.h>

#include "core.h"
#include "model.h"
#include "stream.h"

/* The command, whose main() is compiled under this name. */
int simplernn_command_main(int count, char **texts);

PyObject *core_numpy(const char *name)
{
    static PyObject *attributes; /* of NumPy, by name */
    if (attributes == NULL) {
        PyObject *numpy = PyImport_ImportModule("numpy");
        attributes = numpy == NULL ? NULL : PyModule_GetDict(numpy);
        Py_XINCREF(attributes);
        Py_XDECREF(numpy);
    }
    PyObject *found =
        attributes == NULL ? NULL : PyDict_GetItemString(attributes, name);
    if (found == NULL && attributes != NULL)
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

/* constant(name): a constant of the headers. */
static PyObject *constant(PyObject *module, PyObject *name)
{
    int64_t value;
    (void)module;
    const char *const text = PyUnicode_AsUTF8AndSize(name, NULL);
    if (text == NULL)
        return NULL;
    const srnn_status status = srnn_constant_value(&value, text);
    return status == SRNN_OK ? PyLong_FromLongLong(value)
                             : (core_raise(status), NULL);
}

/* constant_name(value), None for no enumerator. */
static PyObject *constant_name(PyObject *module, PyObject *argument)
{
    (void)module;
    const long long value = PyLong_AsLongLong(argument);
    if (value == -1 && PyErr_Occurred())
        return NULL;
    const char *const name = srnn_constant_name(value);
    return name == NULL ? Py_NewRef(Py_None) : PyUnicode_FromString(name);
}

static PyObject *build_info(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    return PyUnicode_FromString(srnn_build_info());
}

/* command(arguments as bytes, the first one the name of the program): the exit
 * status. */
static PyObject *command(PyObject *module, PyObject *list)
{
    (void)module;
    const Py_ssize_t count = PyList_Check(list) ? PyList_Size(list) : -1;
    char **texts =
        count < 0 ? NULL : PyMem_Calloc((size_t)count + 1, sizeof *texts);
    if (texts == NULL) {
        PyErr_SetString(PyExc_TypeError, "arguments must be a list");
        return NULL;
    }
    int result = 0;
    for (Py_ssize_t i = 0; i < count && result == 0; i++) {
        texts[i] = PyBytes_AsString(PyList_GetItem(list, i));
        result = texts[i] == NULL ? -1 : 0;
    }
    if (result == 0) {
        Py_BEGIN_ALLOW_THREADS
        result = simplernn_command_main((int)count, texts);
        Py_END_ALLOW_THREADS
    }
    PyMem_Free(texts);
    return PyErr_Occurred() ? NULL : PyLong_FromLong(result);
}

static PyMethodDef functions[] = {
    {"constant", constant, METH_O, NULL},
    {"constant_name", constant_name, METH_O, NULL},
    {"build_info", build_info, METH_NOARGS,
     "build_info($module)\n--\n\nHow the library was built, and what it can "
     "use on this machine. Put it into bug reports."},
    {"command", command, METH_O, NULL},
    {NULL, NULL, 0, NULL}};

static int add_types(PyObject *module)
{
    PyObject *const model = model_type();
    PyObject *const stream =
        model == NULL ? NULL : stream_type((PyTypeObject *)model);
    if (stream == NULL || PyModule_AddObjectRef(module, "Model", model) < 0)
        return -1;
    return PyModule_AddObjectRef(module, "Stream", stream);
}

static PyObject *before_fork(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    Py_BEGIN_ALLOW_THREADS
    pool_before_fork();
    Py_END_ALLOW_THREADS
    return Py_NewRef(Py_None);
}

static PyObject *after_fork(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    pool_after_fork();
    return Py_NewRef(Py_None);
}

static PyObject *after_fork_in_child(PyObject *module, PyObject *ignored)
{
    (void)module;
    (void)ignored;
    pool_after_fork_in_child();
    return Py_NewRef(Py_None);
}

/* Calls os.register_at_fork(). */
static int handle_forks(void)
{
    static PyMethodDef handlers[] = {
        {"before", before_fork, METH_NOARGS, NULL},
        {"after_in_parent", after_fork, METH_NOARGS, NULL},
        {"after_in_child", after_fork_in_child, METH_NOARGS, NULL}};
    PyObject *os = PyImport_ImportModule("os");
    PyObject *method =
        os == NULL ? NULL : PyObject_GetAttrString(os, "register_at_fork");
    PyObject *args = PyTuple_New(0);
    PyObject *keywords = PyDict_New();
    for (int i = 0; i < 3 && keywords != NULL; i++) {
        PyObject *handler = PyCFunction_New(&handlers[i], NULL);
        if (handler == NULL ||
            PyDict_SetItemString(keywords, handlers[i].ml_name, handler) < 0)
            Py_CLEAR(keywords);
        Py_XDECREF(handler);
    }
    PyObject *done = method == NULL || args == NULL || keywords == NULL
                         ? NULL
                         : PyObject_Call(method, args, keywords);
    Py_XDECREF(done);
    Py_XDECREF(keywords);
    Py_XDECREF(args);
    Py_XDECREF(method);
    Py_XDECREF(os);
    return done == NULL ? -1 : 0;
}

/* Types and exceptions are static, so there can be only one module. */
static int execute(PyObject *module)
{
    static bool is_done;
    if (is_done) {
        PyErr_SetString(PyExc_ImportError,
                        "simplernn can be imported in one interpreter only");
        return -1;
    }
    is_done = true;
    if (handle_forks() < 0 || core_add_errors(module) < 0 ||
        add_types(module) < 0)
        return -1;
    return PyModule_AddStringConstant(module, "__version__", srnn_version());
}

PyMODINIT_FUNC PyInit__core(void);

PyMODINIT_FUNC PyInit__core(void)
{
    static PyModuleDef_Slot slots[] = {{Py_mod_exec, execute}, {0, NULL}};
    static struct PyModuleDef definition = {PyModuleDef_HEAD_INIT,
                                            "_core",
                                            NULL,
                                            0,
                                            functions,
                                            slots,
                                            NULL,
                                            NULL,
                                            NULL};
    return PyModuleDef_Init(&definition);
}
