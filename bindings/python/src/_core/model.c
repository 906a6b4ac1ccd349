/* SPDX-License-Identifier: MIT */
#include "model.h"

PyTypeObject *model_type;

bool model_is_ready(const core_model *model)
{
    const bool is_ready = model->rnn != NULL; /* or soon */
    if (!is_ready)
        PyErr_SetString(PyExc_RuntimeError,
                        "this object has no network: a class derived from RNN "
                        "must call super().__init__()");
    return is_ready;
}

bool model_check(PyObject *object, const char *name)
{
    if (PyObject_TypeCheck(object, model_type))
        return model_is_ready((core_model *)object);
    PyErr_Format(PyExc_TypeError, "%s must be an RNN, not %R", name,
                 Py_TYPE(object));
    return false;
}

static int set_option(srnn_config *config, PyObject *key, PyObject *value)
{
    const long option = PyLong_AsLong(key);
    if (option == -1 && PyErr_Occurred())
        return -1;
    srnn_status status;
    if (option == SRNN_OPTION_DROPOUT) {
        const double real = PyFloat_AsDouble(value);
        if (real == -1.0 && PyErr_Occurred())
            return -1;
        status = srnn_config_set_real(config, (srnn_option)option, real);
    } else {
        const long long integer = PyLong_AsLongLong(value);
        if (integer == -1 && PyErr_Occurred())
            return -1;
        status = srnn_config_set_int(config, (srnn_option)option, integer);
    }
    return status == SRNN_OK ? 0 : core_raise(status);
}

/* Reading a number may run Python code, so the options are a copy, which
 * nobody else can change. */
static int set_options(srnn_config *config, PyObject *options)
{
    PyObject *key;
    PyObject *value;
    PyObject *copy = PyDict_Copy(options);
    Py_ssize_t position = 0;
    int result = copy == NULL ? -1 : 0;
    while (result == 0 && PyDict_Next(copy, &position, &key, &value))
        result = set_option(config, key, value);
    Py_XDECREF(copy);
    return result;
}

int model_config(srnn_config **out, PyObject *options)
{
    const srnn_status status = srnn_config_create(out);
    if (status != SRNN_OK)
        return core_raise(status);
    if (set_options(*out, options) == 0)
        return 0;
    srnn_config_destroy(*out);
    return -1;
}

static int64_t option_of(const srnn_rnn *rnn, srnn_option option)
{
    int64_t value = 0;
    const srnn_status status = srnn_rnn_get_int(&value, rnn, option);
    return status == SRNN_OK ? value : 0;
}

static void describe_rnn(core_model *model, const srnn_rnn *rnn)
{
    const int64_t directions =
        option_of(rnn, SRNN_OPTION_DIRECTION) == SRNN_DIRECTION_BIDIRECTIONAL
            ? 2
            : 1;
    model->input_size = option_of(rnn, SRNN_OPTION_INPUT_SIZE);
    model->hidden_size = option_of(rnn, SRNN_OPTION_HIDDEN_SIZE);
    model->states = option_of(rnn, SRNN_OPTION_NUM_LAYERS) * directions;
    model->output_size = model->hidden_size * directions;
    model->dtype = (srnn_dtype)option_of(rnn, SRNN_OPTION_DTYPE);
    model->is_batch_first = option_of(rnn, SRNN_OPTION_BATCH_FIRST) != 0;
}

int model_set_rnn(core_model *model, srnn_rnn *rnn)
{
    bool is_set = false;
    Py_BEGIN_CRITICAL_SECTION(model);
    if (model->rnn == NULL) {
        describe_rnn(model, rnn);
        model->rnn = rnn;
        is_set = true;
    }
    Py_END_CRITICAL_SECTION();
    if (is_set)
        return 0;
    srnn_rnn_destroy(rnn);
    PyErr_SetString(PyExc_RuntimeError, "this object has a network already");
    return -1;
}

bool model_shapes_of(model_shapes *shapes, const core_model *model,
                     const core_array *input)
{
    const int32_t rank = input->rank;
    const int time = rank == 3 && model->is_batch_first ? 1 : 0;
    if ((rank != 2 && rank != 3) || input->shape[rank - 1] != model->input_size)
        return false;
    shapes->rank = rank;
    shapes->steps = input->shape[time];
    shapes->batch = rank == 3 ? input->shape[1 - time] : 1;
    for (int32_t axis = 0; axis < rank; axis++)
        shapes->input[axis] = shapes->output[axis] = input->shape[axis];
    shapes->output[rank - 1] = model->output_size;
    shapes->states[0] = model->states;
    shapes->states[1] = shapes->batch;
    shapes->states[rank - 1] = model->hidden_size;
    return true;
}

static PyObject *model_new(PyTypeObject *type, PyObject *args,
                           PyObject *keywords)
{
    (void)args;
    (void)keywords;
    core_model *const self = (core_model *)PyType_GenericNew(type, NULL, NULL);
    if (self != NULL) {
        Py_BEGIN_ALLOW_THREADS
        pool_begin(&self->pool);
        Py_END_ALLOW_THREADS
    }
    return (PyObject *)self;
}

/* Freeing ends helper threads, so others may run meanwhile. */
static void model_dealloc(PyObject *object)
{
    core_model *const self = (core_model *)object;
    PyTypeObject *const type = Py_TYPE(object);
    Py_BEGIN_ALLOW_THREADS
    pool_end(&self->pool);
    srnn_rnn_destroy(self->rnn);
    Py_END_ALLOW_THREADS
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

int model_read_seed(uint64_t *seed, PyObject *object)
{
    PyObject *number = PyNumber_Index(object);
    if (number == NULL)
        return -1;
    *seed = PyLong_AsUnsignedLongLong(number);
    if (PyErr_Occurred()) {
        PyErr_Clear();
        *seed = (uint64_t)PyLong_AsLongLong(number);
    }
    if (PyErr_Occurred()) {
        PyErr_Clear();
        core_raise_text(SRNN_ERROR_RANGE,
                        "seed is %S, expected -2^63 to 2^64-1", number);
    }
    Py_DECREF(number);
    return PyErr_Occurred() ? -1 : 0;
}

static PyObject *create(PyObject *self, PyObject *args)
{
    long long input_size;
    long long hidden_size;
    PyObject *options;
    PyObject *given_seed;
    uint64_t seed;
    srnn_config *config;
    srnn_rnn *rnn = NULL;
    if (!PyArg_ParseTuple(args, "LLO!O", &input_size, &hidden_size,
                          &PyDict_Type, &options, &given_seed) ||
        model_read_seed(&seed, given_seed) < 0 ||
        model_config(&config, options) < 0)
        return NULL;
    srnn_status status;
    Py_BEGIN_ALLOW_THREADS
    status = srnn_rnn_create(&rnn, input_size, hidden_size, config, seed);
    srnn_config_destroy(config);
    Py_END_ALLOW_THREADS
    if (status != SRNN_OK)
        return core_raise(status), NULL;
    return model_set_rnn((core_model *)self, rnn) < 0 ? NULL
                                                      : Py_NewRef(Py_None);
}

static PyObject *get_option(PyObject *object, PyObject *argument)
{
    const core_model *const self = (core_model *)object;
    const long option = PyLong_AsLong(argument);
    if (!model_is_ready(self) || (option == -1 && PyErr_Occurred()))
        return NULL;
    double real = 0;
    int64_t integer = 0;
    const bool is_real = option == SRNN_OPTION_DROPOUT;
    const srnn_status status =
        is_real ? srnn_rnn_get_real(&real, self->rnn, (srnn_option)option)
                : srnn_rnn_get_int(&integer, self->rnn, (srnn_option)option);
    if (status != SRNN_OK)
        return core_raise(status), NULL;
    return is_real ? PyFloat_FromDouble(real) : PyLong_FromLongLong(integer);
}

static PyObject *describe(PyObject *object, PyObject *args)
{
    const core_model *const self = (core_model *)object;
    long long steps;
    long long batch;
    size_t length = 0;
    if (!model_is_ready(self) || !PyArg_ParseTuple(args, "LL", &steps, &batch))
        return NULL;
    srnn_status status =
        srnn_rnn_describe(NULL, 0, &length, self->rnn, steps, batch);
    if (status != SRNN_OK && status != SRNN_ERROR_BUFFER)
        return core_raise(status), NULL;
    char *text = PyMem_Malloc(length + 1);
    if (text == NULL)
        return PyErr_NoMemory();
    status = srnn_rnn_describe(text, length + 1, NULL, self->rnn, steps, batch);
    PyObject *const described =
        status == SRNN_OK
            ? PyUnicode_FromStringAndSize(text, (Py_ssize_t)length)
            : (core_raise(status), NULL);
    PyMem_Free(text);
    return described;
}

static PyObject *get_num_threads(PyObject *object, void *closure)
{
    (void)closure;
    const int64_t threads = ((core_model *)object)->num_threads;
    return threads == 0 ? Py_NewRef(Py_None) : PyLong_FromLongLong(threads);
}

static int set_num_threads(PyObject *object, PyObject *value, void *closure)
{
    (void)closure;
    long long threads = 0;
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "num_threads cannot be deleted");
        return -1;
    }
    if (value != Py_None) {
        threads = PyLong_AsLongLong(value);
        if (threads == -1 && PyErr_Occurred())
            return -1;
        if (threads < 1 || threads > SRNN_MAX_THREADS)
            return core_raise_text(SRNN_ERROR_RANGE,
                                   "num_threads is %lld; it must be 1 to %d, "
                                   "or None for the choice of the library",
                                   threads, SRNN_MAX_THREADS);
    }
    ((core_model *)object)->num_threads = threads;
    return 0;
}

static PyMethodDef methods[] = {
    {"_create", create, METH_VARARGS, NULL},
    {"_option", get_option, METH_O, NULL},
    {"_describe", describe, METH_VARARGS, NULL},
    {"_cell", model_cell, METH_VARARGS, NULL},
    {"_tape_size", model_tape_size, METH_VARARGS, NULL},
    {"_record", model_record, METH_VARARGS, NULL},
    {"_backward", model_backward, METH_VARARGS, NULL},
    {"_parameter_names", model_parameter_names, METH_NOARGS, NULL},
    {"_parameter", model_parameter, METH_O, NULL},
    {"_set_parameters", model_set_parameters, METH_O, NULL},
    {"_initialise", model_initialise, METH_VARARGS, NULL},
    {"_sync", model_sync, METH_O, NULL},
    {"_load", model_load, METH_VARARGS, NULL},
    {"_load_bytes", model_load_bytes, METH_VARARGS, NULL},
    {"_save", model_save, METH_VARARGS, NULL},
    {"_save_bytes", model_save_bytes, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef properties[] = {
    {"num_threads", get_num_threads, set_num_threads,
     "The maximum number of threads of a call, including the calling one. None "
     "leaves it to the library.",
     NULL},
    {NULL, NULL, NULL, NULL, NULL}};

PyObject *model_make_type(void)
{
    static PyType_Slot slots[] = {
        {Py_tp_new, model_new},     {Py_tp_dealloc, model_dealloc},
        {Py_tp_call, model_call},   {Py_tp_methods, methods},
        {Py_tp_getset, properties}, {0, NULL}};
    static PyType_Spec spec = {"simplernn._core.Model", sizeof(core_model), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE, slots};
    model_type = (PyTypeObject *)PyType_FromSpec(&spec);
    return (PyObject *)model_type;
}
