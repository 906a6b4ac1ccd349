/* SPDX-License-Identifier: MIT */
/* Going back through a recording. */
#include "gradients.h"
#include "tape.h"

/* The arrays of backward, in the order in which the library takes them. */
enum { INPUT, D_OUTPUT, D_H_N, D_INPUT, D_H0, D_FRESH, ARRAYS };

typedef struct {
    core_array arrays[ARRAYS];
    PyObject *input;
    PyObject *results[ARRAYS]; /* from D_INPUT on */
    srnn_gradients *gradients;
    srnn_accumulation accumulation;
} tape_back;

static void begin(tape_back *back, const core_tape *self)
{
    back->input = Py_XNewRef(self->input);
    for (int i = 0; i < ARRAYS; i++) {
        array_clear(&back->arrays[i]);
        back->results[i] = NULL;
    }
}

static void end(tape_back *back)
{
    for (int i = 0; i < ARRAYS; i++) {
        array_close(&back->arrays[i]);
        Py_XDECREF(back->results[i]);
    }
    Py_XDECREF(back->input);
}

enum {
    GIVEN_D_OUTPUT,
    GIVEN_D_H_N,
    GIVEN_GRADIENTS,
    GIVEN_ACCUMULATE,
    GIVEN_D_INPUT,
    GIVEN_D_H0,
    GIVEN_D_FRESH,
    GIVEN
};

static int open_values(tape_back *back, const core_model *model,
                       PyObject *const *values)
{
    core_array *const arrays = back->arrays;
    const srnn_dtype dtype = model->dtype;
    if (back->input == NULL)
        return core_raise_text(SRNN_ERROR_STATE,
                               "the tape is empty: record() comes first");
    if (gradients_read(&back->gradients, &back->accumulation,
                       values[GIVEN_GRADIENTS], values[GIVEN_ACCUMULATE]) < 0 ||
        array_open(&arrays[INPUT], back->input, "input", dtype) < 0 ||
        (values[GIVEN_D_OUTPUT] != NULL &&
         array_open(&arrays[D_OUTPUT], values[GIVEN_D_OUTPUT], "d_output",
                    dtype) < 0) ||
        (values[GIVEN_D_H_N] != NULL &&
         array_open(&arrays[D_H_N], values[GIVEN_D_H_N], "d_h_n", dtype) < 0))
        return -1;
    return 0;
}

static int open_results(tape_back *back, const core_model *model,
                        PyObject *const *values)
{
    static const char *const names[ARRAYS] = {NULL,      NULL,   NULL,
                                              "d_input", "d_h0", "d_fresh"};
    const core_array *const input = &back->arrays[INPUT];
    model_shapes shapes;
    if (!model_shapes_of(&shapes, model, input))
        return core_raise_text(SRNN_ERROR_SHAPE,
                               "the input does not have the shape any more "
                               "that it had when it was recorded");
    for (int i = D_INPUT; i < ARRAYS; i++) {
        PyObject *const wanted = values[GIVEN_D_INPUT + i - D_INPUT];
        if (array_open_wanted(&back->arrays[i], &back->results[i],
                              wanted == NULL ? Py_False : wanted, names[i],
                              input->exchange, model->dtype, shapes.rank,
                              i == D_INPUT ? shapes.input : shapes.states) < 0)
            return -1;
    }
    return 0;
}

static srnn_status go_back(const core_tape *self, const tape_back *back,
                           srnn_tensor *const *tensors)
{
    core_model *const model = self->model;
    pool_place *place;
    srnn_status status =
        pool_take(&place, &model->pool, model->rnn, model->num_threads);
    if (status == SRNN_OK) {
        status = srnn_context_backward(
            place->context, self->tape, tensors[INPUT], tensors[D_OUTPUT],
            tensors[D_H_N], back->accumulation, back->gradients,
            tensors[D_INPUT], tensors[D_H0], tensors[D_FRESH]);
        pool_give(&model->pool, place);
    }
    return status;
}

static int run_backward(const core_tape *self, const tape_back *back)
{
    srnn_tensor *tensors[ARRAYS] = {NULL};
    int result = 0;
    for (int i = 0; i < ARRAYS && result == 0; i++)
        result = (i < D_INPUT ? array_wrap_const
                              : array_wrap)(&tensors[i], &back->arrays[i]);
    if (result == 0) {
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS
        status = go_back(self, back, tensors);
        Py_END_ALLOW_THREADS
        result = status == SRNN_OK ? 0 : core_raise(status);
    }
    for (int i = 0; i < ARRAYS; i++)
        srnn_tensor_destroy(tensors[i]);
    return result;
}

PyObject *tape_backward(PyObject *object, PyObject *args, PyObject *keywords)
{
    static const char *const names[GIVEN] = {
        "d_output", "d_h_n", "gradients", "accumulate",
        "d_input",  "d_h0",  "d_fresh"};
    core_tape *const self = (core_tape *)object;
    PyObject *values[GIVEN];
    PyObject *results = NULL;
    tape_back back;
    if (core_arguments("backward", names, GIVEN, 2, 0, args, keywords, values) <
            0 ||
        tape_begin(self) < 0)
        return NULL;
    begin(&back, self);
    if (open_values(&back, self->model, values) == 0 &&
        open_results(&back, self->model, values) == 0 &&
        run_backward(self, &back) == 0)
        results = PyTuple_Pack(3, back.results[D_INPUT], back.results[D_H0],
                               back.results[D_FRESH]);
    end(&back);
    tape_end(self);
    return results;
}
