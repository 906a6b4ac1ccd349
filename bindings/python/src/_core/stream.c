/* SPDX-License-Identifier: MIT */
/* Stream: the states of endless sequences, as a Python object. */
#include "stream.h"

#include "model.h"

typedef struct {
    PyObject_HEAD core_model *model; /* owned */
    srnn_stream *stream;             /* NULL after close() */
    int64_t batch;
    int running; /* calls that are inside without the GIL */
} core_stream;

/* Around a call without the GIL: another thread may give the stream another
 * model meanwhile, but must not close it. */
static core_model *begin(core_stream *self)
{
    self->running++;
    return (core_model *)Py_NewRef((PyObject *)self->model);
}

static int end(core_stream *self, core_model *model, srnn_status status)
{
    self->running--;
    Py_DECREF((PyObject *)model);
    return status == SRNN_OK ? 0 : core_raise(status);
}

static bool is_open(const core_stream *self)
{
    if (self->stream == NULL)
        PyErr_SetString(PyExc_ValueError, "the stream is closed");
    return self->stream != NULL;
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
    return (PyObject *)self;
}

static void stream_dealloc(PyObject *object)
{
    core_stream *const self = (core_stream *)object;
    PyTypeObject *const type = Py_TYPE(object);
    Py_BEGIN_ALLOW_THREADS srnn_stream_destroy(self->stream);
    Py_END_ALLOW_THREADS Py_XDECREF((PyObject *)self->model);
    freefunc release = (freefunc)PyType_GetSlot(type, Py_tp_free);
    release(object);
    Py_DECREF(type);
}

static PyObject *stream_close(PyObject *object, PyObject *ignored)
{
    core_stream *const self = (core_stream *)object;
    (void)ignored;
    if (self->running > 0)
        return core_raise_text(SRNN_ERROR_BUSY,
                               "another thread is using the stream"),
               NULL;
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

static PyObject *open_output(core_array *output, const core_stream *self,
                             const core_array *input, PyObject *given)
{
    const core_model *const model = self->model;
    const int64_t shape[2] = {self->batch, model->output_size};
    if (given == NULL)
        return array_create(output, input->exchange, model->dtype, input->rank,
                            shape + 2 - input->rank);
    if (array_open_result(output, given, "output", model->dtype) < 0)
        return NULL;
    if (is_step(output, self->batch, model->output_size))
        return Py_NewRef(given);
    return refuse_step(self, "output", model->output_size), NULL;
}

static int run_step(core_stream *self, const core_array *input,
                    const core_array *output)
{
    core_model *const model = begin(self);
    srnn_status status;
    Py_BEGIN_ALLOW_THREADS pool_enter(&model->pool);
    status = srnn_stream_step(self->stream, input->data, output->data);
    pool_leave(&model->pool);
    Py_END_ALLOW_THREADS return end(self, model, status);
}

static PyObject *stream_step(PyObject *object, PyObject *args,
                             PyObject *keywords)
{
    static const char *const names[] = {"input", "out"};
    core_stream *const self = (core_stream *)object;
    const core_model *const model = self->model;
    PyObject *values[2];
    PyObject *result = NULL;
    core_array input;
    core_array output;
    if (!is_open(self) ||
        core_arguments("step", names, 2, 1, 1, args, keywords, values) < 0)
        return NULL;
    array_clear(&output);
    if (array_open(&input, values[0], "input", model->dtype) < 0)
        goto end;
    if (!is_step(&input, self->batch, model->input_size)) {
        refuse_step(self, "input", model->input_size);
        goto end;
    }
    result = open_output(&output, self, &input, values[1]);
    if (result != NULL && run_step(self, &input, &output) < 0)
        Py_CLEAR(result);
end:
    array_close(&input);
    array_close(&output);
    return result;
}

enum { INPUT, RESETS, FRESH, OUTPUT, ARRAYS };

/* The output has `ahead` steps less than the input. */
static int open_block(core_array *arrays, PyObject **result,
                      const core_stream *self, PyObject *const *values,
                      int64_t ahead)
{
    const core_model *const model = self->model;
    model_shapes shapes;
    if (array_open(&arrays[INPUT], values[INPUT], "input", model->dtype) < 0 ||
        (values[RESETS] != NULL &&
         array_open_flags(&arrays[RESETS], values[RESETS], "resets") < 0) ||
        (values[FRESH] != NULL &&
         array_open(&arrays[FRESH], values[FRESH], "fresh", model->dtype) < 0))
        return -1;
    if (values[OUTPUT] != NULL) {
        *result = Py_NewRef(values[OUTPUT]);
        return array_open_result(&arrays[OUTPUT], values[OUTPUT], "output",
                                 model->dtype);
    }
    if (!model_shapes_of(&shapes, model, &arrays[INPUT]))
        return 0; /* the library says what is wrong */
    int64_t *const steps =
        &shapes.output[shapes.rank == 3 && model->is_batch_first ? 1 : 0];
    if (ahead < 0 || ahead > *steps)
        return core_raise_text(SRNN_ERROR_RANGE,
                               "ahead is %lld; it must be 0 to the %lld steps "
                               "of the input",
                               (long long)ahead, (long long)*steps);
    *steps -= ahead;
    *result = array_create(&arrays[OUTPUT], arrays[INPUT].exchange,
                           model->dtype, shapes.rank, shapes.output);
    return *result == NULL ? -1 : 0;
}

static int run_block(core_stream *self, const core_array *arrays)
{
    srnn_tensor *tensors[ARRAYS] = {NULL};
    pool_place *place;
    int result = array_wrap(&tensors[OUTPUT], &arrays[OUTPUT]);
    for (int i = INPUT; i < OUTPUT && result == 0; i++)
        result = array_wrap_const(&tensors[i], &arrays[i]);
    if (result == 0) {
        core_model *const model = begin(self);
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS status =
            pool_take(&place, &model->pool, model->rnn, model->num_threads);
        if (status == SRNN_OK) {
            status = srnn_stream_advance(self->stream, place->context,
                                         tensors[INPUT], tensors[RESETS],
                                         tensors[FRESH], tensors[OUTPUT]);
            pool_give(&model->pool, place);
        }
        Py_END_ALLOW_THREADS result = end(self, model, status);
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
    if (!is_open(self) || core_arguments("advance", names, ARRAYS + 1, 1, 1,
                                         args, keywords, values) < 0)
        return NULL;
    const int64_t ahead =
        values[ARRAYS] == NULL ? 0 : PyLong_AsLongLong(values[ARRAYS]);
    if (ahead == -1 && PyErr_Occurred())
        return NULL;
    for (int i = 0; i < ARRAYS; i++)
        array_clear(&arrays[i]);
    if (open_block(arrays, &result, self, values, ahead) < 0 ||
        run_block(self, arrays) < 0)
        Py_CLEAR(result);
    for (int i = 0; i < ARRAYS; i++)
        array_close(&arrays[i]);
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
    core_model *const model = begin(self);
    Py_BEGIN_ALLOW_THREADS pool_enter(&model->pool);
    status = sets ? srnn_stream_set_state(self->stream, tensor)
                  : srnn_stream_get_state(self->stream, tensor);
    pool_leave(&model->pool);
    Py_END_ALLOW_THREADS srnn_tensor_destroy(tensor);
    return end(self, model, status);
}

static PyObject *get_state(PyObject *object, void *closure)
{
    core_stream *const self = (core_stream *)object;
    const core_model *const model = self->model;
    const int64_t shape[3] = {model->states, self->batch, model->hidden_size};
    core_array state;
    (void)closure;
    if (!is_open(self))
        return NULL;
    PyObject *made = array_create(&state, NULL, model->dtype, 3, shape);
    if (made != NULL && move_state(self, &state, false) < 0)
        Py_CLEAR(made);
    array_close(&state);
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
    core_model *const model = begin(self);
    srnn_status status;
    Py_BEGIN_ALLOW_THREADS pool_enter(&model->pool);
    status = srnn_stream_reset(self->stream, rows->data, fresh->data,
                               fresh->dtype == 0 ? 1 : fresh->shape[1]);
    pool_leave(&model->pool);
    Py_END_ALLOW_THREADS return end(self, model, status);
}

static int check_reset(const core_stream *self, const core_array *rows,
                       const core_array *fresh)
{
    const core_model *const model = self->model;
    const int64_t shared[3] = {model->states, 1, model->hidden_size};
    const int64_t single[3] = {model->states, self->batch, model->hidden_size};
    if (rows->dtype != 0 && !array_is(rows, 1, &self->batch))
        return core_raise_text(SRNN_ERROR_SHAPE,
                               "rows must be contiguous with the shape "
                               "[B=%lld]",
                               (long long)self->batch);
    if (fresh->dtype == 0 || array_is(fresh, 3, shared) ||
        array_is(fresh, 3, single))
        return 0;
    return core_raise_text(SRNN_ERROR_SHAPE,
                           "fresh must be contiguous with the shape "
                           "[L*D=%lld, B=%lld or 1, H=%lld]",
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
    if (!is_open(self) ||
        core_arguments("reset", names, 2, 1, 0, args, keywords, values) < 0)
        return NULL;
    array_clear(&rows);
    array_clear(&fresh);
    const bool is_done =
        (values[0] == NULL ||
         array_open_flags(&rows, values[0], "rows") == 0) &&
        (values[1] == NULL ||
         array_open(&fresh, values[1], "fresh", self->model->dtype) == 0) &&
        check_reset(self, &rows, &fresh) == 0 &&
        run_reset(self, &rows, &fresh) == 0;
    array_close(&rows);
    array_close(&fresh);
    return is_done ? Py_NewRef(Py_None) : NULL;
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
    const srnn_rnn *const rnn = ((core_model *)other)->rnn;
    core_model *const model = begin(self);
    srnn_status status;
    Py_BEGIN_ALLOW_THREADS status = srnn_stream_set_rnn(self->stream, rnn);
    Py_END_ALLOW_THREADS if (end(self, model, status) < 0) return NULL;
    PyObject *const old = (PyObject *)self->model;
    self->model = (core_model *)Py_NewRef(other);
    Py_DECREF(old);
    return Py_NewRef(Py_None);
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
     "step(input, *, out=None)\n--\n\n"
     "Runs one step: input [B,I], or [I] if B is 1. Returns the states of the "
     "last layer, [B,H] or [H]."},
    {"advance", (PyCFunction)(void (*)(void))stream_advance,
     METH_VARARGS | METH_KEYWORDS,
     "advance(input, *, resets=None, fresh=None, out=None, ahead=0)\n--\n\n"
     "Runs the next T steps: input [T,B,I], or [B,T,I] with batch_first, or "
     "[T,I] if B is 1. Returns the output, [T,B,D*H] in the same layout. If "
     "the network is not forward, the last `ahead` steps of the input are "
     "look-ahead, and the output has as many steps less."},
    {"reset", (PyCFunction)(void (*)(void))stream_reset,
     METH_VARARGS | METH_KEYWORDS,
     "reset(rows=None, *, fresh=None)\n--\n\n"
     "Begins new episodes: sets the states of the rows whose flag in rows [B] "
     "is true, or of all, to fresh [L*D,B,H] or [L*D,1,H], or to zeros."},
    {"set_rnn", stream_set_rnn, METH_O,
     "set_rnn(rnn)\n--\n\n"
     "Continues with another network of the same sizes. The states stay."},
    {"close", stream_close, METH_NOARGS,
     "close()\n--\n\nFrees the states. A with statement does it at its end."},
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
        {Py_tp_methods, methods},
        {Py_tp_getset, properties},
        {Py_tp_doc,
         "The states of B endless sequences, made by RNN.stream(). Each call "
         "continues where the last one ended. One thread at a time may use it; "
         "another one gets BusyError."},
        {0, NULL}};
    static PyType_Spec spec = {"simplernn.Stream", sizeof(core_stream), 0,
                               Py_TPFLAGS_DEFAULT, slots};
    stream_model_type = model_type;
    return PyType_FromSpec(&spec);
}
