/* SPDX-License-Identifier: MIT */
/* Recording and going back, for a framework that owns all the memory: every
 * array is contiguous, and the tape is in bytes of the framework. */
#include <string.h>

#include "model.h"

enum { MOST_ARRAYS = 7 };

/* The arrays of one call, to close them together. */
typedef struct {
    core_array arrays[MOST_ARRAYS];
    int count;
    model_shapes shapes;
} core_opened;

static void close_all(core_opened *opened)
{
    for (int i = 0; i < opened->count; i++)
        array_close(&opened->arrays[i]);
}

/* Opens one more array, of the given shape; *out is NULL for None. */
static int open_one(core_opened *opened, core_array **out, PyObject *object,
                    const char *name, srnn_dtype dtype, bool writes,
                    const int64_t *shape)
{
    core_array *const array = &opened->arrays[opened->count];
    *out = NULL;
    if (object == Py_None)
        return 0;
    array_clear(array);
    opened->count++;
    *out = array;
    if ((writes ? array_open_result(array, object, name, dtype)
                : array_open_value(array, object, name, dtype)) < 0)
        return -1;
    if (shape == NULL || array_is(array, opened->shapes.rank, shape))
        return 0;
    return core_raise_text(SRNN_ERROR_SHAPE,
                           "%s is not contiguous with the shape that belongs "
                           "to the input",
                           name);
}

static int open_input(core_opened *opened, core_array **out,
                      const core_model *model, PyObject *object)
{
    opened->count = 0;
    if (open_one(opened, out, object, "input", model->dtype, false, NULL) < 0)
        return -1;
    if (*out != NULL && model_shapes_of(&opened->shapes, model, *out) &&
        (*out)->is_contiguous)
        return 0;
    return core_raise_text(SRNN_ERROR_SHAPE,
                           "input is not a contiguous array of %lld features",
                           (long long)model->input_size);
}

/* What stands in front of a recording: backward must not trust its caller to
 * pass arrays of the sizes of the recording. The library does the rest. */
typedef struct {
    int64_t steps;
    int64_t batch;
    int64_t unused[6]; /* so that the recording is as aligned as the tape */
} core_head;

static int open_tape(core_opened *opened, core_array **out, PyObject *object,
                     bool writes)
{
    if (open_one(opened, out, object, "tape", SRNN_DTYPE_UINT8, writes, NULL) <
        0)
        return -1;
    if (*out != NULL && (*out)->rank == 1 && (*out)->is_contiguous &&
        (*out)->shape[0] >= (int64_t)sizeof(core_head))
        return 0;
    return core_raise_text(
        SRNN_ERROR_SHAPE, "tape is not a contiguous array of at least %d bytes",
        (int)sizeof(core_head));
}

static void write_head(const core_array *tape, const model_shapes *shapes)
{
    const core_head head = {.steps = shapes->steps, .batch = shapes->batch};
    memcpy(tape->data, &head, sizeof head);
}

static int check_head(const core_array *tape, const model_shapes *shapes)
{
    core_head head = {0};
    memcpy(&head, tape->data, sizeof head);
    if (head.steps == shapes->steps && head.batch == shapes->batch)
        return 0;
    return core_raise_text(SRNN_ERROR_SHAPE,
                           "the recording has T=%lld and B=%lld, but the input "
                           "has T=%lld and B=%lld",
                           (long long)head.steps, (long long)head.batch,
                           (long long)shapes->steps, (long long)shapes->batch);
}

static srnn_status set_memory(srnn_tape *tape, const core_array *memory)
{
    return srnn_tape_set_memory(tape, (char *)memory->data + sizeof(core_head),
                                (size_t)memory->shape[0] - sizeof(core_head));
}

static const void *data_of(const core_array *array)
{
    return array == NULL ? NULL : array->data;
}

static void *result_of(core_array *array)
{
    return array == NULL ? NULL : array->data;
}

PyObject *model_tape_size(PyObject *object, PyObject *args)
{
    core_model *const self = (core_model *)object;
    long long steps;
    long long batch;
    size_t size = 0;
    pool_place *place;
    srnn_status status;
    if (!model_is_ready(self) || !PyArg_ParseTuple(args, "LL", &steps, &batch))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    status = pool_take(&place, &self->pool, self->rnn, self->num_threads);
    if (status == SRNN_OK) {
        status = srnn_tape_size(&size, place->tape, steps, batch);
        pool_give(&self->pool, place);
    }
    Py_END_ALLOW_THREADS
    return status == SRNN_OK ? PyLong_FromSize_t(size + sizeof(core_head))
                             : (core_raise(status), NULL);
}

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

/* The tape lets go of the memory, which is the caller's. */
static srnn_status let_go(srnn_tape *tape, srnn_status status)
{
    const srnn_status gone = srnn_tape_set_memory(tape, NULL, 0);
    return status == SRNN_OK ? gone : status;
}

static srnn_status record(const pool_place *place,
                          const core_recording *recording,
                          const model_shapes *shapes)
{
    srnn_tape *const tape = place->tape;
    srnn_status status = set_options(tape, recording);
    if (status == SRNN_OK)
        status = set_memory(tape, recording->tape);
    if (status == SRNN_OK)
        status = srnn_context_record_contiguous(
            place->context, tape, shapes->steps, shapes->batch,
            recording->input->data, data_of(recording->lengths), NULL,
            data_of(recording->h0), NULL, result_of(recording->output),
            result_of(recording->h_n));
    return let_go(tape, status);
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

static int open_lengths(core_opened *opened, core_array **out, PyObject *object)
{
    if (open_one(opened, out, object, "lengths", SRNN_DTYPE_INT64, false,
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
    core_opened opened = {.count = 0};
    const model_shapes *const shapes = &opened.shapes;
    if (!model_is_ready(self) ||
        !PyArg_ParseTuple(args, "OOOOOOO", &given[0], &given[1], &given[2],
                          &given[3], &given[4], &given[5], &seed))
        return NULL;
    const bool is_done =
        open_input(&opened, &recording.input, self, given[0]) == 0 &&
        open_lengths(&opened, &recording.lengths, given[1]) == 0 &&
        open_one(&opened, &recording.h0, given[2], "h0", self->dtype, false,
                 shapes->states) == 0 &&
        open_one(&opened, &recording.output, given[3], "output", self->dtype,
                 true, shapes->output) == 0 &&
        open_one(&opened, &recording.h_n, given[4], "h_n", self->dtype, true,
                 shapes->states) == 0 &&
        open_tape(&opened, &recording.tape, given[5], true) == 0 &&
        read_seed(&recording, seed) == 0 &&
        run_record(self, &recording, shapes) == 0;
    if (is_done)
        write_head(recording.tape, shapes);
    close_all(&opened);
    return is_done ? Py_NewRef(Py_None) : NULL;
}

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
    srnn_status status = set_memory(place->tape, back->tape);
    if (status == SRNN_OK)
        status = srnn_context_backward_contiguous(
            place->context, place->tape, back->input->data,
            data_of(back->d_output), data_of(back->d_h_n),
            SRNN_ACCUMULATION_SET, back->targets.addresses,
            result_of(back->d_input), result_of(back->d_h0), NULL);
    return let_go(place->tape, status);
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
    core_opened opened = {.count = 0};
    const model_shapes *const shapes = &opened.shapes;
    const srnn_dtype dtype = self->dtype;
    if (!model_is_ready(self) ||
        !PyArg_ParseTuple(args, "OOOOOOO", &given[0], &given[1], &given[2],
                          &given[3], &given[4], &given[5], &given[6]))
        return NULL;
    const bool is_done =
        open_input(&opened, &back.input, self, given[0]) == 0 &&
        open_tape(&opened, &back.tape, given[1], false) == 0 &&
        check_head(back.tape, shapes) == 0 &&
        open_one(&opened, &back.d_output, given[2], "d_output", dtype, false,
                 shapes->output) == 0 &&
        open_one(&opened, &back.d_h_n, given[3], "d_h_n", dtype, false,
                 shapes->states) == 0 &&
        open_targets(&back.targets, self, given[4]) == 0 &&
        open_one(&opened, &back.d_input, given[5], "d_input", dtype, true,
                 shapes->input) == 0 &&
        open_one(&opened, &back.d_h0, given[6], "d_h0", dtype, true,
                 shapes->states) == 0 &&
        run_backward(self, &back) == 0;
    close_targets(&back.targets);
    close_all(&opened);
    return is_done ? Py_NewRef(Py_None) : NULL;
}
