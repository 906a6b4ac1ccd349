/* SPDX-License-Identifier: MIT */
#include "framework.h"

typedef struct {
    core_array *input;
    core_array *lengths;
    core_array *h0;
    core_array *output;
    core_array *h_n;
    core_array *tape;
    bool has_dropout;
    uint64_t seed;
} core_recording;

static srnn_status set_options(srnn_tape *tape, const core_recording *recording)
{
    srnn_status status =
        srnn_tape_set_int(tape, SRNN_TAPE_DROPOUT, recording->has_dropout);
    if (status == SRNN_OK)
        status = srnn_tape_set_int(tape, SRNN_TAPE_DROPOUT_SEED,
                                   (int64_t)recording->seed);
    return status;
}

static srnn_status record(const pool_place *place,
                          const core_recording *recording,
                          const model_shapes *shapes)
{
    srnn_tape *const tape = place->tape;
    srnn_status status = set_options(tape, recording);
    if (status == SRNN_OK)
        status = framework_put(tape, recording->tape);
    if (status == SRNN_OK)
        status = srnn_context_record_contiguous(
            place->context, tape, shapes->steps, shapes->batch,
            recording->input->data, framework_data(recording->lengths), NULL,
            framework_data(recording->h0), NULL,
            framework_result(recording->output),
            framework_result(recording->h_n));
    return framework_take_out(tape, status);
}

static int run_record(core_model *model, const core_recording *recording,
                      const model_shapes *shapes)
{
    pool_place *place;
    srnn_status status;
    Py_BEGIN_ALLOW_THREADS
    status = pool_take(&place, &model->pool, model->rnn, model->num_threads);
    if (status == SRNN_OK) {
        status = record(place, recording, shapes);
        pool_give(&model->pool, place);
    }
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? 0 : core_raise(status);
}

static int read_seed(core_recording *recording, PyObject *seed)
{
    recording->has_dropout = seed != Py_None;
    recording->seed = 0;
    if (recording->has_dropout)
        recording->seed = PyLong_AsUnsignedLongLongMask(seed);
    return PyErr_Occurred() ? -1 : 0;
}

static int open_lengths(framework_arrays *opened, core_array **out,
                        PyObject *object)
{
    if (framework_open(opened, out, object, "lengths", SRNN_DTYPE_INT64, false,
                       NULL) < 0)
        return -1;
    if (*out == NULL || array_is(*out, 1, &opened->shapes.batch))
        return 0;
    return core_raise_text(SRNN_ERROR_SHAPE,
                           "lengths is not a contiguous [B] of %lld",
                           (long long)opened->shapes.batch);
}

/* _record(input, lengths, h0, output, h_n, tape, dropout_seed) */
PyObject *model_record(PyObject *object, PyObject *args)
{
    core_model *const self = (core_model *)object;
    PyObject *given[6];
    PyObject *seed;
    core_recording recording;
    framework_arrays opened = {.count = 0};
    const model_shapes *const shapes = &opened.shapes;
    if (!model_is_ready(self) ||
        !PyArg_ParseTuple(args, "OOOOOOO", &given[0], &given[1], &given[2],
                          &given[3], &given[4], &given[5], &seed))
        return NULL;
    const bool is_done =
        framework_open_input(&opened, &recording.input, self, given[0]) == 0 &&
        open_lengths(&opened, &recording.lengths, given[1]) == 0 &&
        framework_open(&opened, &recording.h0, given[2], "h0", self->dtype,
                       false, shapes->states) == 0 &&
        framework_open(&opened, &recording.output, given[3], "output",
                       self->dtype, true, shapes->output) == 0 &&
        framework_open(&opened, &recording.h_n, given[4], "h_n", self->dtype,
                       true, shapes->states) == 0 &&
        framework_open_tape(&opened, &recording.tape, given[5], true) == 0 &&
        read_seed(&recording, seed) == 0 &&
        run_record(self, &recording, shapes) == 0;
    if (is_done)
        framework_write_sizes(recording.tape, shapes);
    framework_close(&opened);
    return is_done ? Py_NewRef(Py_None) : NULL;
}
