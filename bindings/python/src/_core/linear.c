/* SPDX-License-Identifier: MIT */
#include "linear.h"

#include "array.h"
#include "model.h"

PyTypeObject *linear_type;

bool linear_is_ready(const core_linear *self)
{
    const bool is_ready = self->linear != NULL; /* or soon */
    if (!is_ready)
        PyErr_SetString(PyExc_RuntimeError,
                        "this object has no layer: a class derived from Linear "
                        "must call super().__init__()");
    return is_ready;
}

static PyObject *linear_new(PyTypeObject *type, PyObject *args,
                            PyObject *keywords)
{
    (void)args;
    (void)keywords;
    core_linear *const self =
        (core_linear *)PyType_GenericNew(type, NULL, NULL);
    if (self != NULL) {
        Py_BEGIN_ALLOW_THREADS
        pool_begin(&self->pool);
        Py_END_ALLOW_THREADS
    }
    return (PyObject *)self;
}

static void linear_dealloc(PyObject *object)
{
    core_linear *const self = (core_linear *)object;
    PyTypeObject *const type = Py_TYPE(object);
    Py_BEGIN_ALLOW_THREADS
    pool_end(&self->pool);
    srnn_linear_destroy(self->linear);
    Py_END_ALLOW_THREADS
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

/* Gives the object the layer that a call has made. */
static PyObject *set_linear(PyObject *object, srnn_linear *made,
                            srnn_status status)
{
    core_linear *const self = (core_linear *)object;
    srnn_linear *found = NULL;
    if (status != SRNN_OK)
        return core_raise(status), NULL;
    if (atomic_compare_exchange_strong(&self->linear, &found, made))
        return Py_NewRef(Py_None);
    srnn_linear_destroy(made);
    PyErr_SetString(PyExc_RuntimeError, "this object has a layer already");
    return NULL;
}

/* _create(dtype, in_features, out_features, bias, seed) */
static PyObject *create(PyObject *self, PyObject *args)
{
    int dtype;
    long long sizes[2];
    int has_bias;
    PyObject *given_seed;
    uint64_t seed;
    srnn_linear *made = NULL;
    srnn_status status;
    if (!PyArg_ParseTuple(args, "iLLpO", &dtype, &sizes[0], &sizes[1],
                          &has_bias, &given_seed) ||
        model_read_seed(&seed, given_seed) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = srnn_linear_create(&made, (srnn_dtype)dtype, sizes[0], sizes[1],
                                has_bias, seed);
    Py_END_ALLOW_THREADS
    return set_linear(self, made, status);
}

/* _load(path in bytes, prefix) */
static PyObject *load(PyObject *self, PyObject *args)
{
    const char *path;
    const char *prefix;
    srnn_weights *weights = NULL;
    srnn_linear *made = NULL;
    srnn_status status;
    if (!PyArg_ParseTuple(args, "ys", &path, &prefix))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = srnn_weights_open(&weights, path);
    if (status == SRNN_OK)
        status = srnn_linear_create_from_weights(&made, weights, prefix);
    srnn_weights_destroy(weights);
    Py_END_ALLOW_THREADS
    return set_linear(self, made, status);
}

/* _load_bytes(bytes of a file, prefix) */
static PyObject *load_bytes(PyObject *self, PyObject *args)
{
    Py_buffer bytes;
    const char *prefix;
    srnn_weights *weights = NULL;
    srnn_linear *made = NULL;
    if (!PyArg_ParseTuple(args, "y*s", &bytes, &prefix))
        return NULL;
    srnn_status status =
        srnn_weights_open_memory(&weights, bytes.buf, (size_t)bytes.len);
    if (status == SRNN_OK)
        status = srnn_linear_create_from_weights(&made, weights, prefix);
    srnn_weights_destroy(weights);
    PyBuffer_Release(&bytes);
    return set_linear(self, made, status);
}

/* _save(path in bytes, prefix) */
static PyObject *save(PyObject *object, PyObject *args)
{
    core_linear *const self = (core_linear *)object;
    const char *path;
    const char *prefix;
    srnn_status status;
    if (!linear_is_ready(self) || !PyArg_ParseTuple(args, "ys", &path, &prefix))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    pool_enter(&self->pool);
    status = srnn_linear_save(self->linear, path, prefix);
    pool_leave(&self->pool);
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? Py_NewRef(Py_None) : (core_raise(status), NULL);
}

/* _get_flat(): a new array of NumPy, [P]. */
static PyObject *get_flat(PyObject *object, PyObject *ignored)
{
    core_linear *const self = (core_linear *)object;
    core_array values;
    srnn_tensor *tensor = NULL;
    (void)ignored;
    if (!linear_is_ready(self))
        return NULL;
    const int64_t size = srnn_linear_flat_size(self->linear);
    PyObject *made =
        array_create(&values, NULL, srnn_linear_dtype(self->linear), 1, &size);
    if (made != NULL && array_wrap(&tensor, &values) == 0) {
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS
        pool_enter(&self->pool);
        status = srnn_linear_get_flat(self->linear, tensor);
        pool_leave(&self->pool);
        Py_END_ALLOW_THREADS
        if (status != SRNN_OK)
            core_raise(status);
    }
    srnn_tensor_destroy(tensor);
    array_close(&values);
    if (PyErr_Occurred())
        Py_CLEAR(made);
    return made;
}

/* _set_flat(values) */
static PyObject *set_flat(PyObject *object, PyObject *given)
{
    core_linear *const self = (core_linear *)object;
    core_array values;
    srnn_tensor *tensor = NULL;
    if (!linear_is_ready(self))
        return NULL;
    array_clear(&values);
    int result =
        array_open(&values, given, "values", srnn_linear_dtype(self->linear));
    if (result == 0)
        result = array_wrap_const(&tensor, &values);
    if (result == 0) {
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS
        pool_lock(&self->pool);
        status = srnn_linear_set_flat(self->linear, tensor);
        pool_unlock(&self->pool);
        Py_END_ALLOW_THREADS
        result = status == SRNN_OK ? 0 : core_raise(status);
    }
    srnn_tensor_destroy(tensor);
    array_close(&values);
    return result == 0 ? Py_NewRef(Py_None) : NULL;
}

/* _initialise(name, kind, gain, seed) */
static PyObject *initialise(PyObject *object, PyObject *args)
{
    core_linear *const self = (core_linear *)object;
    const char *name;
    int kind;
    double gain;
    PyObject *given_seed;
    uint64_t seed;
    srnn_status status;
    if (!linear_is_ready(self) ||
        !PyArg_ParseTuple(args, "sidO", &name, &kind, &gain, &given_seed) ||
        model_read_seed(&seed, given_seed) < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    pool_lock(&self->pool);
    status = srnn_linear_initialise(self->linear, name,
                                    (srnn_initialisation)kind, gain, seed);
    pool_unlock(&self->pool);
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? Py_NewRef(Py_None) : (core_raise(status), NULL);
}

static PyObject *get_in_features(PyObject *object, void *closure)
{
    const core_linear *const self = (core_linear *)object;
    (void)closure;
    return linear_is_ready(self)
               ? PyLong_FromLongLong(srnn_linear_in_features(self->linear))
               : NULL;
}

static PyObject *get_out_features(PyObject *object, void *closure)
{
    const core_linear *const self = (core_linear *)object;
    (void)closure;
    return linear_is_ready(self)
               ? PyLong_FromLongLong(srnn_linear_out_features(self->linear))
               : NULL;
}

static PyObject *get_bias(PyObject *object, void *closure)
{
    const core_linear *const self = (core_linear *)object;
    (void)closure;
    return linear_is_ready(self)
               ? PyBool_FromLong(srnn_linear_has_bias(self->linear))
               : NULL;
}

static PyObject *get_dtype(PyObject *object, void *closure)
{
    const core_linear *const self = (core_linear *)object;
    (void)closure;
    return linear_is_ready(self)
               ? PyLong_FromLong(srnn_linear_dtype(self->linear))
               : NULL;
}

static PyMethodDef methods[] = {
    {"_create", create, METH_VARARGS, NULL},
    {"_load", load, METH_VARARGS, NULL},
    {"_load_bytes", load_bytes, METH_VARARGS, NULL},
    {"_save", save, METH_VARARGS, NULL},
    {"_get_flat", get_flat, METH_NOARGS, NULL},
    {"_set_flat", set_flat, METH_O, NULL},
    {"_initialise", initialise, METH_VARARGS, NULL},
    {"backward", (PyCFunction)(void (*)(void))linear_backward,
     METH_VARARGS | METH_KEYWORDS,
     "backward($self, input, d_output, *, gradients=None, accumulate=False, "
     "d_input=True, rnn=None)\n--\n\n"
     "Computes the gradients of output = linear(input). There is no tape: "
     "input and parameters must be those of the forward. Returns d_input.\n\n"
     "input       [...,in_features]\n"
     "d_output    the gradient of the output, [...,out_features]\n"
     "gradients   Gradients of this layer, which receive those of the "
     "parameters\n"
     "accumulate  whether they are added to what gradients holds\n"
     "d_input     True for a new array, an array to write to, or False for "
     "none\n"
     "rnn         an RNN whose threads compute; by default this thread "
     "alone\n\n"
     "Raises ShapeError or DtypeError for a wrong array."},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef properties[] = {
    {"in_features", get_in_features, NULL, "The size of an input row.", NULL},
    {"out_features", get_out_features, NULL, "The size of an output row.",
     NULL},
    {"bias", get_bias, NULL, "Whether the layer has a bias.", NULL},
    {"_dtype", get_dtype, NULL, NULL, NULL},
    {NULL, NULL, NULL, NULL, NULL}};

PyObject *linear_make_type(void)
{
    static PyType_Slot slots[] = {
        {Py_tp_new, linear_new},    {Py_tp_dealloc, linear_dealloc},
        {Py_tp_call, linear_call},  {Py_tp_methods, methods},
        {Py_tp_getset, properties}, {0, NULL}};
    static PyType_Spec spec = {"simplernn._core.Linear", sizeof(core_linear), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    linear_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return (PyObject *)linear_type;
}
