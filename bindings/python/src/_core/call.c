/* SPDX-License-Identifier: MIT */
/* Running a model: rnn(input, h0), and one step of a cell. */
#include <string.h>

#include "model.h"

enum { INPUT, H0, LENGTHS, RESETS, FRESH, OUT, ARGUMENTS };

static const char *const names[ARGUMENTS] = {"input",  "h0",    "lengths",
                                             "resets", "fresh", "out"};

typedef struct {
    core_model *model;
    core_array arrays[OUT]; /* INPUT to FRESH */
    core_array output;
    core_array h_n;
    PyObject *results[2]; /* output, h_n */
    model_shapes shapes;
} core_call;

static void begin(core_call *call, core_model *model)
{
    call->model = model;
    for (int i = INPUT; i < OUT; i++)
        array_clear(&call->arrays[i]);
    array_clear(&call->output);
    array_clear(&call->h_n);
    call->results[0] = call->results[1] = NULL;
}

static void end(core_call *call)
{
    for (int i = INPUT; i < OUT; i++)
        array_close(&call->arrays[i]);
    array_close(&call->output);
    array_close(&call->h_n);
    Py_XDECREF(call->results[0]);
    Py_XDECREF(call->results[1]);
}

static int open_arguments(core_call *call, PyObject *const *values)
{
    core_array *const arrays = call->arrays;
    const srnn_dtype dtype = call->model->dtype;
    if (array_open(&arrays[INPUT], values[INPUT], "input", dtype) < 0 ||
        (values[H0] != NULL &&
         array_open(&arrays[H0], values[H0], "h0", dtype) < 0) ||
        (values[LENGTHS] != NULL &&
         array_open_integers(&arrays[LENGTHS], values[LENGTHS], "lengths") <
             0) ||
        (values[RESETS] != NULL &&
         array_open_flags(&arrays[RESETS], values[RESETS], "resets") < 0) ||
        (values[FRESH] != NULL &&
         array_open(&arrays[FRESH], values[FRESH], "fresh", dtype) < 0))
        return -1;
    return 0;
}

/* The result that the caller gave, or a new one. */
static PyObject *open_result(const core_call *call, core_array *array,
                             PyObject *given, const char *name,
                             const int64_t *shape)
{
    const core_model *const model = call->model;
    if (given == NULL || given == Py_None)
        return array_create(array, call->arrays[INPUT].exchange, model->dtype,
                            call->shapes.rank, shape);
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
    call->results[0] =
        open_result(call, &call->output, output, "output", call->shapes.output);
    if (call->results[0] == NULL)
        return -1;
    call->results[1] =
        open_result(call, &call->h_n, h_n, "h_n", call->shapes.states);
    return call->results[1] == NULL ? -1 : 0;
}

/* Whether all arrays are as srnn_context_forward_contiguous() wants them. */
static bool is_contiguous(const core_call *call)
{
    const core_array *const arrays = call->arrays;
    const model_shapes *const shapes = &call->shapes;
    return arrays[LENGTHS].dtype == 0 && arrays[RESETS].dtype == 0 &&
           arrays[FRESH].dtype == 0 && arrays[INPUT].is_contiguous &&
           (arrays[H0].dtype == 0 ||
            array_is(&arrays[H0], shapes->rank, shapes->states)) &&
           array_is(&call->output, shapes->rank, shapes->output) &&
           array_is(&call->h_n, shapes->rank, shapes->states);
}

static int run_contiguous(core_call *call)
{
    core_model *const model = call->model;
    pool_place *place;
    srnn_status status;
    Py_BEGIN_ALLOW_THREADS
    status = pool_take(&place, &model->pool, model->rnn, model->num_threads);
    if (status == SRNN_OK) {
        status = srnn_context_forward_contiguous(
            place->context, call->shapes.steps, call->shapes.batch,
            call->arrays[INPUT].data, call->arrays[H0].data, call->output.data,
            call->h_n.data);
        pool_give(&model->pool, place);
    }
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? 0 : core_raise(status);
}

static int run_tensors(core_call *call)
{
    core_model *const model = call->model;
    srnn_tensor *tensors[OUT + 2] = {NULL};
    pool_place *place;
    int result = 0;
    for (int i = INPUT; i < OUT && result == 0; i++)
        result = array_wrap_const(&tensors[i], &call->arrays[i]);
    if (result == 0)
        result = array_wrap(&tensors[OUT], &call->output);
    if (result == 0)
        result = array_wrap(&tensors[OUT + 1], &call->h_n);
    if (result == 0) {
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS
        status =
            pool_take(&place, &model->pool, model->rnn, model->num_threads);
        if (status == SRNN_OK) {
            status = srnn_context_forward_sequences(
                place->context, tensors[INPUT], tensors[LENGTHS],
                tensors[RESETS], tensors[H0], tensors[FRESH], tensors[OUT],
                tensors[OUT + 1]);
            pool_give(&model->pool, place);
        }
        Py_END_ALLOW_THREADS
        result = status == SRNN_OK ? 0 : core_raise(status);
    }
    for (int i = INPUT; i < OUT + 2; i++)
        srnn_tensor_destroy(tensors[i]);
    return result;
}

/* An input of a wrong shape goes to the library too, which says what is wrong.
 */
static int run(core_call *call, PyObject *const *values)
{
    if (open_arguments(call, values) < 0)
        return -1;
    if (!model_shapes_of(&call->shapes, call->model, &call->arrays[INPUT]))
        return run_tensors(call);
    if (open_results(call, values[OUT]) < 0)
        return -1;
    return is_contiguous(call) ? run_contiguous(call) : run_tensors(call);
}

PyObject *model_call(PyObject *self, PyObject *args, PyObject *keywords)
{
    PyObject *values[ARGUMENTS];
    PyObject *results = NULL;
    core_call call;
    if (!model_is_ready((core_model *)self) ||
        core_arguments("RNN", names, ARGUMENTS, 2, 1, args, keywords, values) <
            0)
        return NULL;
    begin(&call, (core_model *)self);
    if (run(&call, values) == 0)
        results = PyTuple_Pack(2, call.results[0], call.results[1]);
    end(&call);
    return results;
}
