/* SPDX-License-Identifier: MIT */
#include "framework.h"

/* Where the gradients of the parameters go. */
typedef struct {
    array_list list;
    void **addresses; /* NULL if no gradient is wanted */
} core_targets;

static void close_targets(core_targets *targets)
{
    PyMem_Free(targets->addresses);
    array_list_end(&targets->list);
}

static int open_target(core_targets *targets, const core_model *model,
                       Py_ssize_t i)
{
    core_array *const array = &targets->list.arrays[i];
    const char *const name = srnn_rnn_parameter_name(model->rnn, i);
    PyObject *const item = PyTuple_GetItem(targets->list.items, i);
    if (item == Py_None)
        return 0;
    if (array_open_result(array, item, name, model->dtype) < 0)
        return -1;
    targets->addresses[i] = array->data;
    if (array_is(array, srnn_rnn_parameter_rank(model->rnn, i),
                 srnn_rnn_parameter_shape(model->rnn, i)))
        return 0;
    return core_raise_text(
        SRNN_ERROR_SHAPE, "the gradient of %s is not contiguous with its shape",
        name);
}

static int open_targets(core_targets *targets, const core_model *model,
                        PyObject *gradients)
{
    array_list *const list = &targets->list;
    const int64_t count = srnn_rnn_parameter_count(model->rnn);
    if (gradients == Py_None)
        return 0;
    if (array_list_begin(list, gradients) < 0)
        return -1;
    if (list->count != count)
        return core_raise_text(SRNN_ERROR_RANGE,
                               "gradients must be %lld arrays or None",
                               (long long)count);
    targets->addresses =
        PyMem_Calloc((size_t)count, sizeof *targets->addresses);
    if (targets->addresses == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (Py_ssize_t i = 0; i < list->count; i++)
        if (open_target(targets, model, i) < 0)
            return -1;
    return 0;
}

typedef struct {
    core_array *input;
    core_array *tape;
    core_array *d_output;
    core_array *d_h_n;
    core_array *d_input;
    core_array *d_h0;
    core_targets targets;
} core_going_back;

static srnn_status go_back(const pool_place *place, const core_going_back *back)
{
    srnn_status status = framework_put(place->tape, back->tape);
    if (status == SRNN_OK)
        status = srnn_context_backward_contiguous(
            place->context, place->tape, back->input->data,
            framework_data(back->d_output), framework_data(back->d_h_n),
            SRNN_ACCUMULATION_SET, back->targets.addresses,
            framework_result(back->d_input), framework_result(back->d_h0),
            NULL);
    return framework_take_out(place->tape, status);
}

static int run_backward(core_model *model, const core_going_back *back)
{
    pool_place *place;
    srnn_status status;
    Py_BEGIN_ALLOW_THREADS
    status = pool_take(&place, &model->pool, model->rnn, model->num_threads);
    if (status == SRNN_OK) {
        status = go_back(place, back);
        pool_give(&model->pool, place);
    }
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? 0 : core_raise(status);
}

/* _backward(input, tape, d_output, d_h_n, gradients, d_input, d_h0) */
PyObject *model_backward(PyObject *object, PyObject *args)
{
    core_model *const self = (core_model *)object;
    PyObject *given[7];
    core_going_back back = {.targets = {{NULL, 0, NULL}, NULL}};
    framework_arrays opened = {.count = 0};
    const model_shapes *const shapes = &opened.shapes;
    if (!model_is_ready(self) ||
        !PyArg_ParseTuple(args, "OOOOOOO", &given[0], &given[1], &given[2],
                          &given[3], &given[4], &given[5], &given[6]))
        return NULL;
    const srnn_dtype dtype = self->dtype;
    const bool is_done =
        framework_open_input(&opened, &back.input, self, given[0]) == 0 &&
        framework_open_tape(&opened, &back.tape, given[1], false) == 0 &&
        framework_check_sizes(back.tape, shapes) == 0 &&
        framework_open(&opened, &back.d_output, given[2], "d_output", dtype,
                       false, shapes->output) == 0 &&
        framework_open(&opened, &back.d_h_n, given[3], "d_h_n", dtype, false,
                       shapes->states) == 0 &&
        open_targets(&back.targets, self, given[4]) == 0 &&
        framework_open(&opened, &back.d_input, given[5], "d_input", dtype, true,
                       shapes->input) == 0 &&
        framework_open(&opened, &back.d_h0, given[6], "d_h0", dtype, true,
                       shapes->states) == 0 &&
        run_backward(self, &back) == 0;
    close_targets(&back.targets);
    framework_close(&opened);
    return is_done ? Py_NewRef(Py_None) : NULL;
}
