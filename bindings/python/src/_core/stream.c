/* SPDX-License-Identifier: MIT */
#include "stream.h"

static bool is_open(const core_stream *self)
{
    if (self->stream == NULL)
        PyErr_SetString(PyExc_ValueError, "the stream is closed");
    return self->stream != NULL;
}

core_model *stream_hold_model(core_stream *self)
{
    core_model *model = NULL;
    Py_BEGIN_CRITICAL_SECTION(self);
    if (is_open(self))
        model = (core_model *)Py_NewRef((PyObject *)self->model);
    Py_END_CRITICAL_SECTION();
    return model;
}

void stream_release_model(const core_model *model)
{
    Py_XDECREF((PyObject *)model);
}

/* In the child of a fork, other threads that used the stream do not exist. */
static void forget_threads(core_stream *self)
{
    self->forks = pool_forks();
    self->is_running = false;
    self->setting = 0;
    pthread_mutex_init(&self->mutex, NULL);
}

/* Whether the stream is in a call. */
static bool is_busy(core_stream *self)
{
    if (self->forks != pool_forks())
        forget_threads(self);
    return self->is_running;
}

static int refuse_busy(void)
{
    return core_raise_text(SRNN_ERROR_BUSY,
                           "another thread is using the stream");
}

int stream_begin(core_stream *self)
{
    int result = -1;
    Py_BEGIN_CRITICAL_SECTION(self);
    if (is_open(self))
        result = is_busy(self) ? refuse_busy() : 0;
    if (result == 0)
        self->is_running = true;
    Py_END_CRITICAL_SECTION();
    return result;
}

int stream_end(core_stream *self, srnn_status status)
{
    Py_BEGIN_CRITICAL_SECTION(self);
    self->is_running = false;
    Py_END_CRITICAL_SECTION();
    return status == SRNN_OK ? 0 : core_raise(status);
}

void stream_lock(core_stream *self)
{
    pthread_mutex_lock(&self->mutex);
    pool_enter(&self->model->pool);
}

void stream_unlock(core_stream *self)
{
    pool_leave(&self->model->pool);
    pthread_mutex_unlock(&self->mutex);
}

/* Stream(model, batch). It keeps the model. */
static PyObject *stream_new(PyTypeObject *type, PyObject *args,
                            PyObject *keywords)
{
    PyObject *source;
    long long batch;
    pool_place *place;
    srnn_stream *made = NULL;
    srnn_status status;
    (void)keywords;
    if (!PyArg_ParseTuple(args, "OL", &source, &batch))
        return NULL;
    if (!PyObject_TypeCheck(source, model_type)) {
        PyErr_Format(PyExc_TypeError, "a stream is made of an RNN, not of %R",
                     Py_TYPE(source));
        return NULL;
    }
    core_model *const model_of = (core_model *)source;
    if (!model_is_ready(model_of))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = pool_take(&place, &model_of->pool, model_of->rnn,
                       model_of->num_threads);
    if (status == SRNN_OK) {
        status = srnn_stream_create(&made, place->context, batch);
        pool_give(&model_of->pool, place);
    }
    Py_END_ALLOW_THREADS
    if (status != SRNN_OK)
        return core_raise(status), NULL;
    core_stream *const self =
        (core_stream *)PyType_GenericNew(type, NULL, NULL);
    if (self == NULL) {
        srnn_stream_destroy(made);
        return NULL;
    }
    self->model = (core_model *)Py_NewRef(source);
    self->stream = made;
    self->batch = batch;
    forget_threads(self);
    return (PyObject *)self;
}

/* A model may keep its stream, as an attribute of a derived class. */
static int stream_traverse(PyObject *object, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(object));
    Py_VISIT((PyObject *)((core_stream *)object)->model);
    return 0;
}

static void stream_dealloc(PyObject *object)
{
    core_stream *const self = (core_stream *)object;
    PyTypeObject *const type = Py_TYPE(object);
    PyObject_GC_UnTrack(object);
    Py_BEGIN_ALLOW_THREADS
    srnn_stream_destroy(self->stream);
    pthread_mutex_destroy(&self->mutex);
    Py_END_ALLOW_THREADS
    Py_XDECREF((PyObject *)self->model);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static PyObject *stream_close(PyObject *object, PyObject *ignored)
{
    core_stream *const self = (core_stream *)object;
    srnn_stream *closed = NULL;
    int result = 0;
    (void)ignored;
    Py_BEGIN_CRITICAL_SECTION(self);
    if (is_busy(self) || self->setting > 0) {
        result = refuse_busy();
    } else {
        closed = self->stream;
        self->stream = NULL;
    }
    Py_END_CRITICAL_SECTION();
    if (result < 0)
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    srnn_stream_destroy(closed);
    Py_END_ALLOW_THREADS
    return Py_NewRef(Py_None);
}

/* Without the GIL. Gives the stream another model when its running call has
 * ended, and returns the old one. */
static srnn_status exchange(core_stream *self, core_model **model)
{
    stream_lock(self);
    core_model *const old = self->model;
    const srnn_status status = srnn_stream_set_rnn(self->stream, (*model)->rnn);
    pool_leave(&old->pool);
    if (status == SRNN_OK) {
        self->model = *model;
        *model = old;
    }
    pthread_mutex_unlock(&self->mutex);
    return status;
}

/* set_rnn() waits, but not for threads of a parent. */
static int begin_setting(core_stream *self)
{
    int result = -1;
    Py_BEGIN_CRITICAL_SECTION(self);
    if (is_open(self)) {
        (void)is_busy(self);
        self->setting++;
        result = 0;
    }
    Py_END_CRITICAL_SECTION();
    return result;
}

/* After it, nobody is about to hold the old model, which can be released. */
static void end_setting(core_stream *self)
{
    Py_BEGIN_CRITICAL_SECTION(self);
    self->setting--;
    Py_END_CRITICAL_SECTION();
}

/* set_rnn(rnn) */
static PyObject *stream_set_rnn(PyObject *object, PyObject *other)
{
    core_stream *const self = (core_stream *)object;
    if (!model_check(other, "rnn") || begin_setting(self) < 0)
        return NULL;
    core_model *model = (core_model *)Py_NewRef(other);
    srnn_status status;
    Py_BEGIN_ALLOW_THREADS
    status = exchange(self, &model);
    Py_END_ALLOW_THREADS
    end_setting(self);
    stream_release_model(model);
    return status == SRNN_OK ? Py_NewRef(Py_None) : (core_raise(status), NULL);
}

static PyObject *stream_enter(PyObject *self, PyObject *ignored)
{
    bool can_enter;
    (void)ignored;
    Py_BEGIN_CRITICAL_SECTION(self);
    can_enter = is_open((core_stream *)self);
    Py_END_CRITICAL_SECTION();
    return can_enter ? Py_NewRef(self) : NULL;
}

static PyObject *stream_exit(PyObject *self, PyObject *ignored)
{
    return stream_close(self, ignored);
}

static PyObject *get_rnn(PyObject *self, void *closure)
{
    PyObject *model;
    (void)closure;
    Py_BEGIN_CRITICAL_SECTION(self);
    model = Py_NewRef((PyObject *)((core_stream *)self)->model);
    Py_END_CRITICAL_SECTION();
    return model;
}

static PyObject *get_batch(PyObject *self, void *closure)
{
    (void)closure;
    return PyLong_FromLongLong(((core_stream *)self)->batch);
}

static PyMethodDef methods[] = {
    {"step", (PyCFunction)(void (*)(void))stream_step,
     METH_VARARGS | METH_KEYWORDS,
     "step($self, input, *, out=None)\n--\n\n"
     "Runs one step: input [B,I], or [I] if B is 1. Returns the states of the "
     "last layer, [B,H] or [H]. An input that is not contiguous is copied."},
    {"advance", (PyCFunction)(void (*)(void))stream_advance,
     METH_VARARGS | METH_KEYWORDS,
     "advance($self, input, *, resets=None, fresh=None, out=None, ahead=0)\n"
     "--\n\n"
     "Runs the next T steps: input [T,B,I], or [B,T,I] with batch_first, or "
     "[T,I] if B is 1. Returns the output, [T,B,D*H] in the same layout. If "
     "the network is not forward, the last `ahead` steps of the input are "
     "look-ahead, and the output has as many steps less."},
    {"reset", (PyCFunction)(void (*)(void))stream_reset,
     METH_VARARGS | METH_KEYWORDS,
     "reset($self, rows=None, *, fresh=None)\n--\n\n"
     "Begins new episodes: sets the states of some sequences, or of all, to "
     "fresh [L*D,B,H] or [L*D,1,H], or to zeros.\n\n"
     "rows says which ones, as an index of an array [B] in NumPy: flags [B], "
     "integers such as [0, 2] or -1, or a slice. Flags may be bool or uint8."},
    {"set_rnn", stream_set_rnn, METH_O,
     "set_rnn($self, rnn, /)\n--\n\n"
     "Continues with another network of the same sizes. The states stay."},
    {"close", stream_close, METH_NOARGS,
     "close($self)\n--\n\n"
     "Frees the states. A with statement does it at its end."},
    {"__enter__", stream_enter, METH_NOARGS, NULL},
    {"__exit__", stream_exit, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL}};

static PyGetSetDef properties[] = {
    {"state", stream_get_state, stream_set_state,
     "The states, [L*D,B,H]: a new array. It can be set to an array, also "
     "[L*D,1,H], or to None for zeros.",
     NULL},
    {"rnn", get_rnn, NULL, "The network.", NULL},
    {"batch", get_batch, NULL, "B, the number of sequences.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

PyObject *stream_make_type(void)
{
    static PyType_Slot slots[] = {
        {Py_tp_new, stream_new},
        {Py_tp_dealloc, stream_dealloc},
        {Py_tp_traverse, stream_traverse},
        {Py_tp_methods, methods},
        {Py_tp_getset, properties},
        {Py_tp_doc,
         "The states of B endless sequences, made by RNN.stream(). Each call "
         "continues where the last one ended. One thread at a time may use it; "
         "another one gets BusyError."},
        {0, NULL}};
    static PyType_Spec spec = {"simplernn.Stream", sizeof(core_stream), 0,
                               Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC, slots};
    return PyType_FromSpec(&spec);
}
