/* SPDX-License-Identifier: MIT */
/* Steps and blocks of a stream. */
#include "stream.h"
#include "view.h"

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
    const uintptr_t rows = view_size_of(model->dtype) * (uintptr_t)self->batch;
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
    if (stream_begin(self) < 0)
        return -1;
    Py_BEGIN_ALLOW_THREADS
    stream_lock(self);
    status = srnn_stream_step(self->stream, input->data, output->data);
    stream_unlock(self);
    Py_END_ALLOW_THREADS
    return stream_end(self, status);
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

PyObject *stream_step(PyObject *object, PyObject *args, PyObject *keywords)
{
    static const char *const names[] = {"input", "out"};
    core_stream *const self = (core_stream *)object;
    PyObject *values[2];
    core_array input;
    core_array output;
    if (core_arguments("step", names, 2, 1, 1, args, keywords, values) < 0)
        return NULL;
    const core_model *const model = stream_hold_model(self);
    if (model == NULL)
        return NULL;
    array_clear(&input);
    array_clear(&output);
    PyObject *result = open_step(&input, &output, self, model, values);
    if (result != NULL && run_step(self, &input, &output) < 0)
        Py_CLEAR(result);
    array_close(&input);
    array_close(&output);
    stream_release_model(model);
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
        result = stream_begin(self);
    if (result == 0) {
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS
        status = advance(self, tensors);
        Py_END_ALLOW_THREADS
        result = stream_end(self, status);
    }
    for (int i = 0; i < ARRAYS; i++)
        srnn_tensor_destroy(tensors[i]);
    return result;
}

PyObject *stream_advance(PyObject *object, PyObject *args, PyObject *keywords)
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
    const core_model *const model = stream_hold_model(self);
    if (model == NULL)
        return NULL;
    for (int i = 0; i < ARRAYS; i++)
        array_clear(&arrays[i]);
    if (open_block(arrays, &result, model, values, ahead) < 0 ||
        run_block(self, arrays) < 0)
        Py_CLEAR(result);
    for (int i = 0; i < ARRAYS; i++)
        array_close(&arrays[i]);
    stream_release_model(model);
    return result;
}
