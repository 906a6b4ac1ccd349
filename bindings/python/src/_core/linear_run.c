/* SPDX-License-Identifier: MIT */
/* Running a linear layer: linear(input), and backward. */
#include "array.h"
#include "gradients.h"
#include "linear.h"
#include "model.h"

enum { INPUT, D_OUTPUT, RESULT, ARRAYS };

typedef struct {
    core_linear *layer;
    core_model *model; /* whose threads compute, or NULL */
    core_array arrays[ARRAYS];
    PyObject *result;
    srnn_gradients *gradients;
    srnn_accumulation accumulation;
} linear_run;

static int begin(linear_run *run, PyObject *layer, PyObject *model)
{
    run->layer = (core_linear *)layer;
    run->model = (core_model *)model;
    run->result = NULL;
    for (int i = 0; i < ARRAYS; i++)
        array_clear(&run->arrays[i]);
    return model == NULL || model_check(model, "rnn") ? 0 : -1;
}

static void end(linear_run *run)
{
    for (int i = 0; i < ARRAYS; i++)
        array_close(&run->arrays[i]);
}

/* Without the GIL. The newest pool first, as all do. */
static srnn_status take(pool_place **place, const linear_run *run)
{
    core_pool *const pool = &run->layer->pool;
    core_model *const model = run->model;
    srnn_status status = SRNN_OK;
    const bool is_newest = model == NULL || pool->number > model->pool.number;
    *place = NULL;
    if (is_newest)
        pool_enter(pool);
    if (model != NULL)
        status = pool_take(place, &model->pool, model->rnn, model->num_threads);
    if (!is_newest)
        pool_enter(pool);
    return status;
}

static void give(pool_place *place, const linear_run *run)
{
    if (place != NULL)
        pool_give(&run->model->pool, place);
    pool_leave(&run->layer->pool);
}

static srnn_status compute(const linear_run *run, srnn_context *context,
                           srnn_tensor *const *tensors)
{
    const srnn_linear *const linear = run->layer->linear;
    if (tensors[D_OUTPUT] == NULL)
        return srnn_linear_forward(linear, context, tensors[INPUT],
                                   tensors[RESULT]);
    return srnn_linear_backward(linear, context, tensors[INPUT],
                                tensors[D_OUTPUT], run->accumulation,
                                run->gradients, tensors[RESULT]);
}

static int run_tensors(const linear_run *run)
{
    srnn_tensor *tensors[ARRAYS] = {NULL};
    int result = array_wrap_const(&tensors[INPUT], &run->arrays[INPUT]);
    if (result == 0)
        result = array_wrap_const(&tensors[D_OUTPUT], &run->arrays[D_OUTPUT]);
    if (result == 0)
        result = array_wrap(&tensors[RESULT], &run->arrays[RESULT]);
    if (result == 0) {
        pool_place *place;
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS
        status = take(&place, run);
        if (status == SRNN_OK)
            status =
                compute(run, place == NULL ? NULL : place->context, tensors);
        give(place, run);
        Py_END_ALLOW_THREADS
        result = status == SRNN_OK ? 0 : core_raise(status);
    }
    for (int i = 0; i < ARRAYS; i++)
        srnn_tensor_destroy(tensors[i]);
    return result;
}

/* A wrong input gets an output too, so that the library says what is wrong. */
static int open_forward(linear_run *run, PyObject *input, PyObject *out)
{
    const srnn_linear *const linear = run->layer->linear;
    const srnn_dtype dtype = srnn_linear_dtype(linear);
    core_array *const array = &run->arrays[INPUT];
    int64_t shape[SRNN_MAX_RANK];
    if (array_open(array, input, "input", dtype) < 0)
        return -1;
    const int32_t rank = array->rank == 0 ? 1 : array->rank;
    for (int32_t axis = 0; axis < rank - 1; axis++)
        shape[axis] = array->shape[axis];
    shape[rank - 1] = srnn_linear_out_features(linear);
    return array_open_wanted(&run->arrays[RESULT], &run->result,
                             out == NULL ? Py_True : out, "output",
                             array->exchange, dtype, rank, shape);
}

/* linear(input, *, out=None, rnn=None) */
PyObject *linear_call(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const char *const names[] = {"input", "out", "rnn"};
    PyObject *values[3];
    linear_run run;
    if (!linear_is_ready((core_linear *)self) ||
        core_arguments("Linear", names, 3, 1, 1, args, keywords, values) < 0 ||
        begin(&run, self, values[2]) < 0)
        return NULL;
    if (open_forward(&run, values[0], values[1]) < 0 || run_tensors(&run) < 0)
        Py_CLEAR(run.result);
    end(&run);
    return run.result;
}

enum { GIVEN_GRADIENTS = 2, GIVEN_ACCUMULATE, GIVEN_D_INPUT, GIVEN_RNN, GIVEN };

static int open_backward(linear_run *run, PyObject *const *values)
{
    const srnn_dtype dtype = srnn_linear_dtype(run->layer->linear);
    core_array *const input = &run->arrays[INPUT];
    PyObject *const wanted = values[GIVEN_D_INPUT];
    if (gradients_read(&run->gradients, &run->accumulation,
                       values[GIVEN_GRADIENTS], values[GIVEN_ACCUMULATE]) < 0 ||
        array_open(input, values[INPUT], "input", dtype) < 0 ||
        array_open(&run->arrays[D_OUTPUT], values[D_OUTPUT], "d_output",
                   dtype) < 0)
        return -1;
    return array_open_wanted(&run->arrays[RESULT], &run->result,
                             wanted == NULL ? Py_True : wanted, "d_input",
                             input->exchange, dtype, input->rank, input->shape);
}

PyObject *linear_backward(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const char *const names[GIVEN] = {
        "input", "d_output", "gradients", "accumulate", "d_input", "rnn"};
    PyObject *values[GIVEN];
    linear_run run;
    if (!linear_is_ready((core_linear *)self) ||
        core_arguments("backward", names, GIVEN, 2, 2, args, keywords, values) <
            0 ||
        begin(&run, self, values[GIVEN_RNN]) < 0)
        return NULL;
    if (open_backward(&run, values) < 0 || run_tensors(&run) < 0)
        Py_CLEAR(run.result);
    end(&run);
    return run.result;
}
