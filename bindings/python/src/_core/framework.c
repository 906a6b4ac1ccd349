/* SPDX-License-Identifier: MIT */
#include "framework.h"

#include <string.h>

void framework_close(framework_arrays *opened)
{
    for (int i = 0; i < opened->count; i++)
        array_close(&opened->arrays[i]);
}

int framework_open(framework_arrays *opened, core_array **out, PyObject *object,
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

int framework_open_input(framework_arrays *opened, core_array **out,
                         const core_model *model, PyObject *object)
{
    opened->count = 0;
    if (framework_open(opened, out, object, "input", model->dtype, false,
                       NULL) < 0)
        return -1;
    if (*out != NULL && model_shapes_of(&opened->shapes, model, *out) &&
        (*out)->is_contiguous)
        return 0;
    return core_raise_text(SRNN_ERROR_SHAPE,
                           "input is not a contiguous array of %lld features",
                           (long long)model->input_size);
}

/* What stands in front of a recording. */
typedef struct {
    int64_t steps;
    int64_t batch;
    int64_t unused[6]; /* so that the recording is as aligned as the tape */
} tape_head;

int framework_open_tape(framework_arrays *opened, core_array **out,
                        PyObject *object, bool writes)
{
    if (framework_open(opened, out, object, "tape", SRNN_DTYPE_UINT8, writes,
                       NULL) < 0)
        return -1;
    if (*out != NULL && (*out)->rank == 1 && (*out)->is_contiguous &&
        (*out)->shape[0] >= (int64_t)sizeof(tape_head))
        return 0;
    return core_raise_text(
        SRNN_ERROR_SHAPE, "tape is not a contiguous array of at least %d bytes",
        (int)sizeof(tape_head));
}

void framework_write_sizes(const core_array *tape, const model_shapes *shapes)
{
    const tape_head head = {.steps = shapes->steps, .batch = shapes->batch};
    memcpy(tape->data, &head, sizeof head);
}

int framework_check_sizes(const core_array *tape, const model_shapes *shapes)
{
    tape_head head = {0};
    memcpy(&head, tape->data, sizeof head);
    if (head.steps == shapes->steps && head.batch == shapes->batch)
        return 0;
    return core_raise_text(SRNN_ERROR_SHAPE,
                           "the recording has T=%lld and B=%lld, but the input "
                           "has T=%lld and B=%lld",
                           (long long)head.steps, (long long)head.batch,
                           (long long)shapes->steps, (long long)shapes->batch);
}

srnn_status framework_put(srnn_tape *tape, const core_array *memory)
{
    return srnn_tape_set_memory(tape, (char *)memory->data + sizeof(tape_head),
                                (size_t)memory->shape[0] - sizeof(tape_head));
}

srnn_status framework_take_out(srnn_tape *tape, srnn_status status)
{
    const srnn_status gone = srnn_tape_set_memory(tape, NULL, 0);
    return status == SRNN_OK ? gone : status;
}

const void *framework_data(const core_array *array)
{
    return array == NULL ? NULL : array->data;
}

void *framework_result(core_array *array)
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
    return status == SRNN_OK ? PyLong_FromSize_t(size + sizeof(tape_head))
                             : (core_raise(status), NULL);
}
