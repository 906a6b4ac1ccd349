/* SPDX-License-Identifier: MIT */
/* One step of a model of one layer, as torch.nn.RNNCell. */
#include "model.h"

typedef struct {
    core_array input;
    core_array hidden;
    core_array output;
    PyObject *result;
} core_step;

/* The result that the caller gave, or a new one: [B,H], or [H]. */
static int open_result(core_step *step, const core_model *model,
                       PyObject *given)
{
    const core_array *const input = &step->input;
    const int32_t rank = input->rank == 1 ? 1 : 2;
    const int64_t shape[2] = {rank == 1 ? model->hidden_size : input->shape[0],
                              model->hidden_size};
    if (given == Py_None)
        step->result = array_create(&step->output, input->exchange,
                                    model->dtype, rank, shape);
    else if (array_open_result(&step->output, given, "output", model->dtype) ==
             0)
        step->result = Py_NewRef(given);
    return step->result == NULL ? -1 : 0;
}

static int open_arrays(core_step *step, const core_model *model,
                       PyObject *input, PyObject *hidden, PyObject *output)
{
    if (array_open(&step->input, input, "input", model->dtype) < 0 ||
        (hidden != Py_None &&
         array_open(&step->hidden, hidden, "hidden", model->dtype) < 0))
        return -1;
    return open_result(step, model, output);
}

/* The view of the cell exists only while the rnn is entered, so it is never in
 * the way of a writer. */
static srnn_status run(core_model *model, srnn_tensor *const *tensors)
{
    srnn_cell *cell = NULL;
    pool_enter(&model->pool);
    srnn_status status =
        srnn_cell_create_view(&cell, model->rnn, 0, SRNN_DIRECTION_FORWARD);
    if (status == SRNN_OK)
        status = srnn_cell_forward(cell, tensors[0], tensors[1], tensors[2]);
    srnn_cell_destroy(cell);
    pool_leave(&model->pool);
    return status;
}

static int run_tensors(const core_step *step, core_model *model)
{
    srnn_tensor *tensors[3] = {NULL};
    int result = array_wrap_const(&tensors[0], &step->input);
    if (result == 0)
        result = array_wrap_const(&tensors[1], &step->hidden);
    if (result == 0)
        result = array_wrap(&tensors[2], &step->output);
    if (result == 0) {
        srnn_status status;
        Py_BEGIN_ALLOW_THREADS
        status = run(model, tensors);
        Py_END_ALLOW_THREADS
        result = status == SRNN_OK ? 0 : core_raise(status);
    }
    for (int i = 0; i < 3; i++)
        srnn_tensor_destroy(tensors[i]);
    return result;
}

PyObject *model_cell(PyObject *self, PyObject *args)
{
    core_model *const model_self = (core_model *)self;
    PyObject *input;
    PyObject *hidden;
    PyObject *output;
    core_step step;
    if (!model_is_ready(model_self) ||
        !PyArg_ParseTuple(args, "OOO", &input, &hidden, &output))
        return NULL;
    array_clear(&step.input);
    array_clear(&step.hidden);
    array_clear(&step.output);
    step.result = NULL;
    if (open_arrays(&step, model_self, input, hidden, output) < 0 ||
        run_tensors(&step, model_self) < 0)
        Py_CLEAR(step.result);
    array_close(&step.input);
    array_close(&step.hidden);
    array_close(&step.output);
    return step.result;
}
