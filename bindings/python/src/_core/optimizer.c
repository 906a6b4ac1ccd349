/* SPDX-License-Identifier: MIT */
#include "optimizer.h"

bool optimizer_is_ready(const core_optimizer *self)
{
    const bool is_ready = self->optimizer != NULL; /* or soon */
    if (!is_ready)
        PyErr_SetString(PyExc_RuntimeError,
                        "this object has no optimizer: a derived class must "
                        "call super().__init__()");
    return is_ready;
}

static bool is_integer(long option)
{
    return option == SRNN_OPTIMIZER_NESTEROV ||
           option == SRNN_OPTIMIZER_CENTERED ||
           option == SRNN_OPTIMIZER_CHECK_FINITE ||
           option == SRNN_OPTIMIZER_STEPS;
}

/* The gradients of an argument; NULL for None, which stands for all. */
static int read_place(srnn_gradients **gradients, PyObject *given)
{
    *gradients = NULL;
    if (given == Py_None)
        return 0;
    *gradients = gradients_of(given);
    return *gradients == NULL ? -1 : 0;
}

static int set(srnn_optimizer *optimizer, const srnn_gradients *gradients,
               long option, PyObject *value)
{
    srnn_status status;
    if (is_integer(option)) {
        const long long integer = PyLong_AsLongLong(value);
        if (integer == -1 && PyErr_Occurred())
            return -1;
        status = srnn_optimizer_set_int(optimizer, gradients,
                                        (srnn_optimizer_option)option, integer);
    } else {
        const double real = PyFloat_AsDouble(value);
        if (real == -1.0 && PyErr_Occurred())
            return -1;
        status = srnn_optimizer_set_real(optimizer, gradients,
                                         (srnn_optimizer_option)option, real);
    }
    return status == SRNN_OK ? 0 : core_raise(status);
}

/* _set_option(option, gradients or None, value) */
static PyObject *set_option(PyObject *object, PyObject *args)
{
    core_optimizer *const self = (core_optimizer *)object;
    long option;
    PyObject *given;
    PyObject *value;
    srnn_gradients *gradients;
    if (!optimizer_is_ready(self) ||
        !PyArg_ParseTuple(args, "lOO", &option, &given, &value) ||
        read_place(&gradients, given) < 0 ||
        set(self->optimizer, gradients, option, value) < 0)
        return NULL;
    return Py_NewRef(Py_None);
}

/* _get_option(option, gradients or None) */
static PyObject *get_option(PyObject *object, PyObject *args)
{
    core_optimizer *const self = (core_optimizer *)object;
    long option;
    PyObject *given;
    srnn_gradients *gradients;
    double real = 0;
    int64_t integer = 0;
    if (!optimizer_is_ready(self) ||
        !PyArg_ParseTuple(args, "lO", &option, &given) ||
        read_place(&gradients, given) < 0)
        return NULL;
    const srnn_optimizer_option which = (srnn_optimizer_option)option;
    const srnn_status status =
        is_integer(option)
            ? srnn_optimizer_get_int(&integer, self->optimizer, gradients,
                                     which)
            : srnn_optimizer_get_real(&real, self->optimizer, gradients, which);
    if (status != SRNN_OK)
        return core_raise(status), NULL;
    return is_integer(option) ? PyLong_FromLongLong(integer)
                              : PyFloat_FromDouble(real);
}

/* Adds gradients, each behind its prefix in UTF-8. */
static int add(srnn_optimizer *optimizer, const gradients_list *list,
               const char *const *prefixes)
{
    for (int64_t i = 0; i < list->count; i++) {
        const srnn_status status =
            srnn_optimizer_add(optimizer, list->handles[i], prefixes[i]);
        if (status != SRNN_OK)
            return core_raise(status);
    }
    return 0;
}

/* Of a copy of the options, which the Python code of a number cannot change. */
static int set_all(srnn_optimizer *optimizer, PyObject *options)
{
    PyObject *key;
    PyObject *value;
    PyObject *copy = PyDict_Copy(options);
    Py_ssize_t position = 0;
    int result = copy == NULL ? -1 : 0;
    while (result == 0 && PyDict_Next(copy, &position, &key, &value)) {
        const long option = PyLong_AsLong(key);
        result = option == -1 && PyErr_Occurred()
                     ? -1
                     : set(optimizer, NULL, option, value);
    }
    Py_XDECREF(copy);
    return result;
}

static srnn_optimizer *make(srnn_optimizer_kind kind, PyObject *options,
                            const gradients_list *list,
                            const char *const *prefixes)
{
    srnn_optimizer *made;
    const srnn_status status = srnn_optimizer_create(&made, kind);
    if (status != SRNN_OK)
        return core_raise(status), NULL;
    if (set_all(made, options) == 0 && add(made, list, prefixes) == 0)
        return made;
    srnn_optimizer_destroy(made);
    return NULL;
}

/* Gives the object its optimizer. */
static bool set_optimizer(core_optimizer *self, srnn_optimizer *made,
                          const gradients_list *list)
{
    bool is_set = false;
    Py_BEGIN_CRITICAL_SECTION(self);
    if (self->optimizer == NULL) {
        self->list = *list;
        self->optimizer = made;
        is_set = true;
    }
    Py_END_CRITICAL_SECTION();
    if (!is_set)
        PyErr_SetString(PyExc_RuntimeError,
                        "this object has an optimizer already");
    return is_set;
}

/* _create(kind, options as {number: value}, tuples of prefixes and of
 * gradients) */
static PyObject *create(PyObject *object, PyObject *args)
{
    core_optimizer *const self = (core_optimizer *)object;
    int kind;
    PyObject *options;
    PyObject *names;
    PyObject *given;
    gradients_list list;
    srnn_optimizer *made = NULL;
    if (!PyArg_ParseTuple(args, "iO!O!O!", &kind, &PyDict_Type, &options,
                          &PyTuple_Type, &names, &PyTuple_Type, &given))
        return NULL;
    const char **prefixes = core_texts(names, "a prefix");
    if (prefixes == NULL)
        return NULL;
    if (gradients_list_begin(&list, given) == 0)
        made = make((srnn_optimizer_kind)kind, options, &list, prefixes);
    PyMem_Free(prefixes);
    if (made != NULL && set_optimizer(self, made, &list))
        return Py_NewRef(Py_None);
    srnn_optimizer_destroy(made);
    gradients_list_end(&list);
    return NULL;
}

static PyObject *step(PyObject *object, PyObject *ignored)
{
    core_optimizer *const self = (core_optimizer *)object;
    const gradients_list *const list = &self->list;
    srnn_status status;
    (void)ignored;
    if (!optimizer_is_ready(self))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    pool_lock_all(list->pools, list->pool_count);
    status = srnn_optimizer_step(self->optimizer);
    pool_unlock_all(list->pools, list->pool_count);
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? Py_NewRef(Py_None) : (core_raise(status), NULL);
}

/* A network may keep its optimizer, as an attribute of a derived class. */
static int optimizer_traverse(PyObject *object, visitproc visit, void *arg)
{
    const core_optimizer *const self = (core_optimizer *)object;
    Py_VISIT(Py_TYPE(object));
    if (self->optimizer != NULL)
        Py_VISIT(self->list.items);
    return 0;
}

static void optimizer_dealloc(PyObject *object)
{
    core_optimizer *const self = (core_optimizer *)object;
    PyTypeObject *const type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    if (self->optimizer != NULL) {
        srnn_optimizer_destroy(self->optimizer);
        gradients_list_end(&self->list);
    }
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static PyMethodDef methods[] = {
    {"_create", create, METH_VARARGS, NULL},
    {"_set_option", set_option, METH_VARARGS, NULL},
    {"_get_option", get_option, METH_VARARGS, NULL},
    {"_save", optimizer_save, METH_VARARGS, NULL},
    {"_load", optimizer_load, METH_VARARGS, NULL},
    {"step", step, METH_NOARGS,
     "step($self)\n--\n\n"
     "Updates all parameters that are not frozen. It waits until the running "
     "calls of their networks and layers have ended.\n\n"
     "Raises NotFiniteError, with the name of the parameter, if a gradient is "
     "NaN or infinite. After an error nothing has changed."},
    {NULL, NULL, 0, NULL}};

PyObject *optimizer_make_type(void)
{
    static PyType_Slot slots[] = {{Py_tp_dealloc, optimizer_dealloc},
                                  {Py_tp_traverse, optimizer_traverse},
                                  {Py_tp_methods, methods},
                                  {0, NULL}};
    static PyType_Spec spec = {
        "simplernn._core.Optimizer", sizeof(core_optimizer), 0,
        Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC, slots};
    return PyType_FromSpec(&spec);
}
