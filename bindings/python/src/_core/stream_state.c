/* SPDX-License-Identifier: MIT */
/* The states of a stream, and new episodes. */
#include "stream.h"

/* Calls get_state or set_state of the library on an array. */
static int move_state(core_stream *self, const core_array *array, bool sets)
{
    srnn_tensor *tensor;
    srnn_status status;
    if ((sets ? array_wrap_const(&tensor, array) : array_wrap(&tensor, array)) <
        0)
        return -1;
    int result = stream_begin(self);
    if (result == 0) {
        Py_BEGIN_ALLOW_THREADS
        stream_lock(self);
        status = sets ? srnn_stream_set_state(self->stream, tensor)
                      : srnn_stream_get_state(self->stream, tensor);
        stream_unlock(self);
        Py_END_ALLOW_THREADS
        result = stream_end(self, status);
    }
    srnn_tensor_destroy(tensor);
    return result;
}

PyObject *stream_get_state(PyObject *object, void *closure)
{
    core_stream *const self = (core_stream *)object;
    core_array state;
    (void)closure;
    const core_model *const model = stream_hold_model(self);
    if (model == NULL)
        return NULL;
    const int64_t shape[3] = {model->states, self->batch, model->hidden_size};
    PyObject *made = array_create(&state, NULL, model->dtype, 3, shape);
    if (made != NULL && move_state(self, &state, false) < 0)
        Py_CLEAR(made);
    array_close(&state);
    stream_release_model(model);
    return made;
}

int stream_set_state(PyObject *object, PyObject *value, void *closure)
{
    core_stream *const self = (core_stream *)object;
    core_array state;
    (void)closure;
    if (value == NULL) {
        PyErr_SetString(PyExc_AttributeError, "state cannot be deleted");
        return -1;
    }
    const core_model *const model = stream_hold_model(self);
    if (model == NULL)
        return -1;
    array_clear(&state);
    int result =
        value == Py_None ? 0 : array_open(&state, value, "state", model->dtype);
    if (result == 0)
        result = move_state(self, &state, true);
    array_close(&state);
    stream_release_model(model);
    return result;
}

static int run_reset(core_stream *self, const core_array *rows,
                     const core_array *fresh)
{
    srnn_status status;
    if (stream_begin(self) < 0)
        return -1;
    Py_BEGIN_ALLOW_THREADS
    stream_lock(self);
    status = srnn_stream_reset(self->stream, rows->data, fresh->data,
                               fresh->dtype == 0 ? 1 : fresh->shape[1]);
    stream_unlock(self);
    Py_END_ALLOW_THREADS
    return stream_end(self, status);
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

PyObject *stream_reset(PyObject *object, PyObject *args, PyObject *keywords)
{
    static const char *const names[] = {"rows", "fresh"};
    core_stream *const self = (core_stream *)object;
    PyObject *values[2];
    core_array rows;
    core_array fresh;
    if (core_arguments("reset", names, 2, 1, 0, args, keywords, values) < 0)
        return NULL;
    const core_model *const model = stream_hold_model(self);
    if (model == NULL)
        return NULL;
    array_clear(&rows);
    array_clear(&fresh);
    const bool is_done = open_reset(&rows, &fresh, self, model, values) == 0 &&
                         check_reset(self, model, &rows, &fresh) == 0 &&
                         run_reset(self, &rows, &fresh) == 0;
    array_close(&rows);
    array_close(&fresh);
    stream_release_model(model);
    return is_done ? Py_NewRef(Py_None) : NULL;
}
