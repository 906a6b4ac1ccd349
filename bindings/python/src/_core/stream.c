/* SPDX-License-Identifier: MIT */
/* Stream: the states of endless sequences, as a Python object. */
#include "stream.h"

#include "model.h"

typedef struct {
    PyObject_HEAD core_model *model; /* owned */
    srnn_stream *stream;             /* NULL after close() */
    int64_t batch;
    bool is_running;       /* a thread is in a call, without the GIL */
    int setting;           /* threads in set_rnn() */
    int64_t forks;         /* pool_forks() of the process of these threads */
    pthread_mutex_t mutex; /* of the running call, for which set_rnn() waits */
} core_stream;

static bool is_open(const core_stream *self)
{
    if (self->stream == NULL)
        PyErr_SetString(PyExc_ValueError, "the stream is closed");
    return self->stream != NULL;
}

/* The model of an open stream, as a new reference: reading an argument may run
 * Python code that gives the stream another one. NULL if the stream is closed.
 */
static core_model *hold_model(const core_stream *self)
{
    return is_open(self) ? (core_model *)Py_NewRef((PyObject *)self->model)
                         : NULL;
}

static void release_model(const core_model *model)
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

/* Before a call without the GIL. Reading the arguments may have closed the
 * stream. */
static int begin(core_stream *self)
{
    if (!is_open(self))
        return -1;
    if (is_busy(self))
        return refuse_busy();
    self->is_running = true;
    return 0;
}

static int end(core_stream *self, srnn_status status)
{
    self->is_running = false;
    return status == SRNN_OK ? 0 : core_raise(status);
}

/* Enters the model that the stream has now, without the GIL. It stays that one
 * until leave(). */
static void enter(core_stream *self)
{
    pthread_mutex_lock(&self->mutex);
    pool_enter(&self->model->pool);
}

static void leave(core_stream *self)
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
    if (!PyObject_TypeCheck(source, stream_model_type)) {
        PyErr_Format(PyExc_TypeError, "a stream is made of an RNN, not of %R",
                     Py_TYPE(source));
        return NULL;
    }
    core_model *const model_of = (core_model *)source;
    if (!model_is_ready(model_of))
        return NULL;
    Py_BEGIN_ALLOW_THREADS status = pool_take(
        &place, &model_of->pool, model_of->rnn, model_of->num_threads);
    if (status == SRNN_OK) {
        status = srnn_stream_create(&made, place->context, batch);
        pool_give(&model_of->pool, place);
    }
    Py_END_ALLOW_THREADS if (status != SRNN_OK) return core_raise(status), NULL;
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
    Py_BEGIN_ALLOW_THREADS srnn_stream_destroy(self->stream);
    pthread_mutex_destroy(&self->mutex);
    Py_END_ALLOW_THREADS Py_XDECREF((PyObject *)self->model);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static PyObject *stream_close(PyObject *object, PyObject *ignored)
{
    core_stream *const self = (core_stream *)object;
    (void)ignored;
    if (is_busy(self) || self->setting > 0)
        return refuse_busy(), NULL;
    srnn_stream *const closed = self->stream;
    self->stream = NULL;
    Py_BEGIN_ALLOW_THREADS srnn_stream_destroy(closed);
    Py_END_ALLOW_THREADS return Py_NewRef(Py_None);
}

/* The shape that a step has at its end: [B,size], or [size] if B is 1. */
static bool is_step(const core_array *array, int64_t batch, int64_t size)
{
    const int64_t shape[2] = {batch, size};
    return array_is(array, 2, shape) ||
           (batch == 1 && array_is(array, 1, shape + 1));
}

static int refuse_step(const core_stream *self, const char *name, int64_t size)
{
    return core_raise_text(
        SRNN_ERROR_SHAPE,
        self->batch == 1
            ? "%s must be contiguous with the shape [B=%lld, %lld], or [%lld]"
            : "%s must be contiguous with the shape [B=%lld, %lld]",
        name, (long long)self->batch, (long long)size, (long long)size);
}

/* srnn_stream_step() leaves this check to its caller. */
static int check_apart(const core_stream *self, const core_model *model,
                       const core_array *input, const core_array *output)
{
    const uintptr_t size = model->dtype == SRNN_DTYPE_FLOAT32 ? 4 : 8;
    const uintptr_t rows = size * (uintptr_t)self->batch;
    const uintptr_t in = (uintptr_t)input->data;
    const uintptr_t out = (uintptr_t)output->data;
    if (in >= out + rows * (uintptr_t)model->output_size ||
        out >= in + rows * (uintptr_t)model->input_size)
        return 0;
    return core_raise_text(SRNN_ERROR_ALIAS,
                           "the memory of output at %p overlaps the memory of "
                           "input at %p",
                           output->data, input->data);
}

static PyObject *open_output(core_array *output, const core_stream *self,
                             const core_model *model, const core_array *input,
                             PyObject *given)
{
    const int64_t shape[2] = {self->batch, model->output_size};
    if (given == NULL)
        return array_create(output, input->exchange, model->dtype, input->rank,
                            shape + 2 - input->rank);
    if (array_open_result(output, given, "output", model->dtype) < 0)
        return NULL;
    if (!is_step(output, self->batch, model->output_size))
        return refuse_step(self, "output", model->output_size), NULL;
    return check_apart(self, model, input, output) < 0 ? NULL
                                                       : Py_NewRef(given);
}

static int run_step(core_stream *self, const core_array *input,
                    const core_array *output)
{
    srnn_status status;
    if (begin(self) < 0)
        return -1;
    Py_BEGIN_ALLOW_THREADS enter(self);
    status = srnn_stream_step(self->stream, input->data, output->data);
    leave(self);
    Py_END_ALLOW_THREADS return end(self, status);
}

static PyObject *open_step(core_array *input, core_array *output,
                           const core_stream *self, const core_model *model,
                           PyObject *const *values)
{
    if (array_open_contiguous(input, values[0], "input", model->dtype) < 0)
        return NULL;
    if (!is_step(input, self->batch, model->input_size))
        return refuse_step(self, "input", model->input_size), NULL;
    return open_output(output, self, model, input, values[1]);
}

static PyObject *stream_step(PyObject *object, PyObject *args,
                             PyObject *keywords)
{
    static const char *const names[] = {"input", "out"};
    core_stream *const self = (core_stream *)object;
    PyObject *values[2];
    core_array input;
    core_array output;
    if (core_arguments("step", names, 2, 1, 1, args, keywords, values) < 0)
        return NULL;
    const core_model *const model = hold_model(self);
    if (model == NULL)
        return NULL;
    array_clear(&input);
    array_clear(&output);
    PyObject *result = open_step(&input, &output, self, model, values);
    if (result != NULL && run_step(self, &input, &output) < 0)
        Py_CLEAR(result);
    array_close(&input);
    array_close(&output);
    release_model(model);
    return result;
}

enum { INPUT, RESETS, FRESH, OUTPUT, ARRAYS };

/* An output that the caller gave says by itself how many steps are ahead. */
static int check_ahead(const core_array *output, const int64_t *shape,
                       int64_t time, int64_t ahead)
{
    if (output->rank <= time || output->shape[time] == shape[time])
        return 0; /* the library checks the shape */
    return core_raise_text(SRNN_ERROR_SHAPE,
                           "output has %lld steps, but with ahead=%lld it must "
                           "have %lld",
                           (long long)output->shape[time], (long long)ahead,
                           (long long)shape[time]);
}

/* The output has `ahead` steps less than the input. */
static int open_block(core_array *arrays, PyObject **result,
                      const core_model *model, PyObject *const *values,
                      int64_t ahead)
{
    model_shapes shapes;
    if (array_open(&arrays[INPUT], values[INPUT], "input", model->dtype) < 0 ||
        (values[RESETS] != NULL &&
         array_open_flags(&arrays[RESETS], values[RESETS], "resets") < 0) ||
        (values[FRESH] != NULL &&
         array_open(&arrays[FRESH], values[FRESH], "fresh", model->dtype) < 0))
        return -1;
    if (values[OUTPUT] != NULL) {
        *result = Py_NewRef(values[OUTPUT]);
        if (array_open_result(&arrays[OUTPUT], values[OUTPUT], "output",
                              model->dtype) < 0)
            return -1;
    }
    if (!model_shapes_of(&shapes, model, &arrays[INPUT]))
        return 0; /* the library says what is wrong */
    const int64_t time = shapes.rank == 3 && model->is_batch_first ? 1 : 0;
    if (ahead < 0 || ahead > shapes.output[time])
        return core_raise_text(SRNN_ERROR_RANGE,
                               "ahead is %lld; it must be 0 to the %lld steps "
                               "of the input",
                               (long long)ahead,
                               (long long)shapes.output[time]);
    shapes.output[time] -= ahead;
    if (*result != NULL)
        return check_ahead(&arrays[OUTPUT], shapes.output, time, ahead);
    *result = array_create(&arrays[OUTPUT], arrays[INPUT].exchange,
                           model->dtype, shapes.rank, shapes.output);
    return *result == NULL ? -1 : 0;
}

static srnn_status advance(core_stream *self, srnn_tensor *const *tensors)
{
    pool_place *place;
    pthread_mutex_lock(&self->mutex);
    core_model *const model = self->model;
    srnn_status status =
        pool_take(&place, &model->pool, model->rnn, model->num_threads);
    if (status == SRNN_OK) {
        status = srnn_stream_advance(self->stream, place->context,
                                     tensors[INPUT], tensors[RESETS],
                                     tensors[FRESH], tensors[OUTPUT]);
        pool_give(&model->pool, place);
    }
    pthread_mutex_unlock(&self->mutex);
    return status;
}

static int run_block(core_stream *self, const core_array *arrays)
{
    srnn_tensor *tensors[ARRAYS] = {NULL};
    int result = array_wrap(&tensors[OUTPUT], &arrays[OUTPUT]);
    for (int i = INPUT; i < OUTPUT && result == 0; i++)
        result = array_wrap_const(&tensors[i], &arrays[i]);
    if (result == 0)
        result = begin(self);
    if (result == 0) {
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS status = advance(self, tensors);
        Py_END_ALLOW_THREADS result = end(self, status);
    }
    for (int i = 0; i < ARRAYS; i++)
        srnn_tensor_destroy(tensors[i]);
    return result;
}

static PyObject *stream_advance(PyObject *object, PyObject *args,
                                PyObject *keywords)
{
    static const char *const names[] = {"input", "resets", "fresh", "out",
                                        "ahead"};
    core_stream *const self = (core_stream *)object;
    PyObject *values[ARRAYS + 1];
    PyObject *result = NULL;
    core_array arrays[ARRAYS];
    if (core_arguments("advance", names, ARRAYS + 1, 1, 1, args, keywords,
                       values) < 0)
        return NULL;
    const int64_t ahead =
        values[ARRAYS] == NULL ? 0 : PyLong_AsLongLong(values[ARRAYS]);
    if (ahead == -1 && PyErr_Occurred())
        return NULL;
    const core_model *const model = hold_model(self);
    if (model == NULL)
        return NULL;
    for (int i = 0; i < ARRAYS; i++)
        array_clear(&arrays[i]);
    if (open_block(arrays, &result, model, values, ahead) < 0 ||
        run_block(self, arrays) < 0)
        Py_CLEAR(result);
    for (int i = 0; i < ARRAYS; i++)
        array_close(&arrays[i]);
    release_model(model);
    return result;
}

/* Calls get_state or set_state of the library on an array. */
static int move_state(core_stream *self, const core_array *array, bool sets)
{
    srnn_tensor *tensor;
    srnn_status status;
    if ((sets ? array_wrap_const(&tensor, array) : array_wrap(&tensor, array)) <
        0)
        return -1;
    int result = begin(self);
    if (result == 0) {
        Py_BEGIN_ALLOW_THREADS enter(self);
        status = sets ? srnn_stream_set_state(self->stream, tensor)
                      : srnn_stream_get_state(self->stream, tensor);
        leave(self);
        Py_END_ALLOW_THREADS result = end(self, status);
    }
    srnn_tensor_destroy(tensor);
    return result;
}

static PyObject *get_state(PyObject *object, void *closure)
{
    core_stream *const self = (core_stream *)object;
    core_array state;
    (void)closure;
    const core_model *const model = hold_model(self);
    if (model == NULL)
        return NULL;
    const int64_t shape[3] = {model->states, self->batch, model->hidden_size};
    PyObject *made = array_create(&state, NULL, model->dtype, 3, shape);
    if (made != NULL && move_state(self, &state, false) < 0)
        Py_CLEAR(made);
    array_close(&state);
    release_model(model);
    return made;
}

static int set_state(PyObject *object, PyObject *value, void *closure)
{
    core_stream *const self = (core_stream *)object;
    core_array state;
    (void)closure;
    if (!is_open(self))
        return -1;
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "state cannot be deleted");
        return -1;
    }
    array_clear(&state);
    int result = value == Py_None
                     ? 0
                     : array_open(&state, value, "state", self->model->dtype);
    if (result == 0)
        result = move_state(self, &state, true);
    array_close(&state);
    return result;
}

static int run_reset(core_stream *self, const core_array *rows,
                     const core_array *fresh)
{
    srnn_status status;
    if (begin(self) < 0)
        return -1;
    Py_BEGIN_ALLOW_THREADS enter(self);
    status = srnn_stream_reset(self->stream, rows->data, fresh->data,
                               fresh->dtype == 0 ? 1 : fresh->shape[1]);
    leave(self);
    Py_END_ALLOW_THREADS return end(self, status);
}

/* Makes flags [B] of what can be an index of an array [B] in NumPy. The tuple
 * around it lets a tuple of integers be a list of them. */
static int open_index(core_array *rows, PyObject *index, int64_t batch)
{
    static const char type[] = "uint8";
    PyObject *const zeros = core_numpy("zeros");
    PyObject *flags =
        zeros == NULL ? NULL : PyObject_CallFunction(zeros, "Ls", batch, type);
    PyObject *key = PyTuple_Pack(1, index);
    PyObject *one = PyLong_FromLong(1);
    int result = -1;
    if (flags != NULL && key != NULL && one != NULL &&
        PyObject_SetItem(flags, key, one) == 0)
        result = array_open_flags(rows, flags, "rows");
    Py_XDECREF(one);
    Py_XDECREF(key);
    if (result == 0 && rows->held == NULL)
        rows->held = flags;
    else
        Py_XDECREF(flags);
    return result;
}

static int open_reset(core_array *rows, core_array *fresh,
                      const core_stream *self, const core_model *model,
                      PyObject *const *values)
{
    if (values[0] != NULL &&
        (array_is_flags(values[0])
             ? array_open_contiguous(rows, values[0], "rows", SRNN_DTYPE_UINT8)
             : open_index(rows, values[0], self->batch)) < 0)
        return -1;
    return values[1] == NULL
               ? 0
               : array_open_contiguous(fresh, values[1], "fresh", model->dtype);
}

static int check_reset(const core_stream *self, const core_model *model,
                       const core_array *rows, const core_array *fresh)
{
    const int64_t shared[3] = {model->states, 1, model->hidden_size};
    const int64_t single[3] = {model->states, self->batch, model->hidden_size};
    if (rows->dtype != 0 && !array_is(rows, 1, &self->batch))
        return core_raise_text(SRNN_ERROR_SHAPE,
                               "rows must have the shape [B=%lld]",
                               (long long)self->batch);
    if (fresh->dtype == 0 || array_is(fresh, 3, shared) ||
        array_is(fresh, 3, single))
        return 0;
    return core_raise_text(SRNN_ERROR_SHAPE,
                           "fresh must have the shape [L*D=%lld, B=%lld or 1, "
                           "H=%lld]",
                           (long long)model->states, (long long)self->batch,
                           (long long)model->hidden_size);
}

static PyObject *stream_reset(PyObject *object, PyObject *args,
                              PyObject *keywords)
{
    static const char *const names[] = {"rows", "fresh"};
    core_stream *const self = (core_stream *)object;
    PyObject *values[2];
    core_array rows;
    core_array fresh;
    if (core_arguments("reset", names, 2, 1, 0, args, keywords, values) < 0)
        return NULL;
    const core_model *const model = hold_model(self);
    if (model == NULL)
        return NULL;
    array_clear(&rows);
    array_clear(&fresh);
    const bool is_done = open_reset(&rows, &fresh, self, model, values) == 0 &&
                         check_reset(self, model, &rows, &fresh) == 0 &&
                         run_reset(self, &rows, &fresh) == 0;
    array_close(&rows);
    array_close(&fresh);
    release_model(model);
    return is_done ? Py_NewRef(Py_None) : NULL;
}

/* Without the GIL. Gives the stream another model when its running call has
 * ended, and returns the old one. */
static srnn_status exchange(core_stream *self, core_model **model)
{
    enter(self);
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

/* set_rnn(rnn) */
static PyObject *stream_set_rnn(PyObject *object, PyObject *other)
{
    core_stream *const self = (core_stream *)object;
    if (!is_open(self))
        return NULL;
    if (!PyObject_TypeCheck(other, stream_model_type)) {
        PyErr_Format(PyExc_TypeError, "rnn must be an RNN, not %R",
                     Py_TYPE(other));
        return NULL;
    }
    if (!model_is_ready((core_model *)other))
        return NULL;
    core_model *model = (core_model *)Py_NewRef(other);
    srnn_status status;
    (void)is_busy(self); /* set_rnn() waits, but not for threads of a parent */
    self->setting++;
    Py_BEGIN_ALLOW_THREADS status = exchange(self, &model);
    Py_END_ALLOW_THREADS self->setting--;
    release_model(model);
    return status == SRNN_OK ? Py_NewRef(Py_None) : (core_raise(status), NULL);
}

static PyObject *stream_enter(PyObject *self, PyObject *ignored)
{
    (void)ignored;
    return is_open((core_stream *)self) ? Py_NewRef(self) : NULL;
}

static PyObject *stream_exit(PyObject *self, PyObject *ignored)
{
    return stream_close(self, ignored);
}

static PyObject *get_rnn(PyObject *self, void *closure)
{
    (void)closure;
    return Py_NewRef((PyObject *)((core_stream *)self)->model);
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
    {"state", get_state, set_state,
     "The states, [L*D,B,H]: a new array. It can be set to an array, also "
     "[L*D,1,H], or to None for zeros.",
     NULL},
    {"rnn", get_rnn, NULL, "The network.", NULL},
    {"batch", get_batch, NULL, "B, the number of sequences.", NULL},
    {NULL, NULL, NULL, NULL, NULL}};

PyTypeObject *stream_model_type;

PyObject *stream_type(PyTypeObject *model_type)
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
    stream_model_type = model_type;
    return PyType_FromSpec(&spec);
}
