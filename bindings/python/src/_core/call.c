/* SPDX-License-Identifier: MIT */
/* Running a model: rnn(input, h0). */
#include "call.h"

void call_begin(core_call *call, core_model *model)
{
    call->model = model;
    for (int i = 0; i < CALL_ARRAYS; i++)
        array_clear(&call->arrays[i]);
    call->output = call->h_n = NULL;
}

void call_end(core_call *call)
{
    for (int i = 0; i < CALL_ARRAYS; i++)
        array_close(&call->arrays[i]);
    Py_XDECREF(call->output);
    Py_XDECREF(call->h_n);
}

static int open_arguments(core_call *call, PyObject *const *values)
{
    core_array *const arrays = call->arrays;
    const srnn_dtype dtype = call->model->dtype;
    if (array_open(&arrays[CALL_INPUT], values[CALL_INPUT], "input", dtype) <
            0 ||
        (values[CALL_H0] != NULL &&
         array_open(&arrays[CALL_H0], values[CALL_H0], "h0", dtype) < 0) ||
        (values[CALL_LENGTHS] != NULL &&
         array_open_integers(&arrays[CALL_LENGTHS], values[CALL_LENGTHS],
                             "lengths") < 0) ||
        (values[CALL_RESETS] != NULL &&
         array_open_flags(&arrays[CALL_RESETS], values[CALL_RESETS], "resets") <
             0) ||
        (values[CALL_FRESH] != NULL &&
         array_open(&arrays[CALL_FRESH], values[CALL_FRESH], "fresh", dtype) <
             0))
        return -1;
    return 0;
}

/* The result that the caller gave, or a new one. */
static PyObject *open_result(core_call *call, int i, PyObject *given,
                             const char *name, const int64_t *shape)
{
    const core_model *const model = call->model;
    core_array *const array = &call->arrays[i];
    if (given == NULL || given == Py_None)
        return array_create(array, call->arrays[CALL_INPUT].exchange,
                            model->dtype, call->shapes.rank, shape);
    return array_open_result(array, given, name, model->dtype) < 0
               ? NULL
               : Py_NewRef(given);
}

/* out is None or a tuple (output, h_n), as for a ufunc of NumPy. */
static int open_results(core_call *call, PyObject *out)
{
    PyObject *output = NULL;
    PyObject *h_n = NULL;
    if (out != NULL) {
        if (!PyTuple_Check(out) || PyTuple_Size(out) != 2) {
            PyErr_SetString(PyExc_TypeError,
                            "out must be a tuple (output, h_n), with None for "
                            "a new array");
            return -1;
        }
        output = PyTuple_GetItem(out, 0);
        h_n = PyTuple_GetItem(out, 1);
    }
    call->output =
        open_result(call, CALL_OUTPUT, output, "output", call->shapes.output);
    if (call->output == NULL)
        return -1;
    call->h_n = open_result(call, CALL_H_N, h_n, "h_n", call->shapes.states);
    return call->h_n == NULL ? -1 : 0;
}

int call_open(core_call *call, PyObject *const *values)
{
    if (open_arguments(call, values) < 0)
        return -1;
    if (!model_shapes_of(&call->shapes, call->model, &call->arrays[CALL_INPUT]))
        return CALL_WRONG_SHAPE;
    return open_results(call, values[CALL_OUT]);
}

int call_wrap(srnn_tensor **tensors, const core_call *call)
{
    int result = 0;
    for (int i = 0; i < CALL_ARRAYS; i++)
        tensors[i] = NULL;
    for (int i = 0; i < CALL_ARRAYS && result == 0; i++)
        result = (i < CALL_OUTPUT ? array_wrap_const
                                  : array_wrap)(&tensors[i], &call->arrays[i]);
    return result;
}

void call_unwrap(srnn_tensor *const *tensors)
{
    for (int i = 0; i < CALL_ARRAYS; i++)
        srnn_tensor_destroy(tensors[i]);
}

PyObject *call_results(const core_call *call)
{
    return PyTuple_Pack(2, call->output, call->h_n);
}

/* Whether all arrays are as srnn_context_forward_contiguous() wants them. */
static bool is_contiguous(const core_call *call)
{
    const core_array *const arrays = call->arrays;
    const model_shapes *const shapes = &call->shapes;
    return arrays[CALL_LENGTHS].dtype == 0 && arrays[CALL_RESETS].dtype == 0 &&
           arrays[CALL_FRESH].dtype == 0 && arrays[CALL_INPUT].is_contiguous &&
           (arrays[CALL_H0].dtype == 0 ||
            array_is(&arrays[CALL_H0], shapes->rank, shapes->states)) &&
           array_is(&arrays[CALL_OUTPUT], shapes->rank, shapes->output) &&
           array_is(&arrays[CALL_H_N], shapes->rank, shapes->states);
}

static int run_contiguous(core_call *call)
{
    core_model *const model = call->model;
    const core_array *const arrays = call->arrays;
    pool_place *place;
    srnn_status status;
    Py_BEGIN_ALLOW_THREADS
    status = pool_take(&place, &model->pool, model->rnn, model->num_threads);
    if (status == SRNN_OK) {
        status = srnn_context_forward_contiguous(
            place->context, call->shapes.steps, call->shapes.batch,
            arrays[CALL_INPUT].data, arrays[CALL_H0].data,
            arrays[CALL_OUTPUT].data, arrays[CALL_H_N].data);
        pool_give(&model->pool, place);
    }
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? 0 : core_raise(status);
}

static int run_tensors(core_call *call)
{
    core_model *const model = call->model;
    srnn_tensor *tensors[CALL_ARRAYS];
    pool_place *place;
    int result = call_wrap(tensors, call);
    if (result == 0) {
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS
        status =
            pool_take(&place, &model->pool, model->rnn, model->num_threads);
        if (status == SRNN_OK) {
            status = srnn_context_forward_sequences(
                place->context, tensors[CALL_INPUT], tensors[CALL_LENGTHS],
                tensors[CALL_RESETS], tensors[CALL_H0], tensors[CALL_FRESH],
                tensors[CALL_OUTPUT], tensors[CALL_H_N]);
            pool_give(&model->pool, place);
        }
        Py_END_ALLOW_THREADS
        result = status == SRNN_OK ? 0 : core_raise(status);
    }
    call_unwrap(tensors);
    return result;
}

static int run(core_call *call, PyObject *const *values)
{
    const int result = call_open(call, values);
    if (result < 0)
        return -1;
    return result == 0 && is_contiguous(call) ? run_contiguous(call)
                                              : run_tensors(call);
}

PyObject *model_call(PyObject *self, PyObject *args, PyObject *keywords)
{
    static const char *const names[CALL_ARGUMENTS] = {CALL_NAMES};
    PyObject *values[CALL_ARGUMENTS];
    PyObject *results = NULL;
    core_call call;
    if (!model_is_ready((core_model *)self) ||
        core_arguments("RNN", names, CALL_ARGUMENTS, 2, 1, args, keywords,
                       values) < 0)
        return NULL;
    call_begin(&call, (core_model *)self);
    if (run(&call, values) == 0)
        results = call_results(&call);
    call_end(&call);
    return results;
}
