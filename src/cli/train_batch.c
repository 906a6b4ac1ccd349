/* SPDX-License-Identifier: MIT */
/* A batch has the layout of the data, so a sequence is copied as one block, or
 * as one block for each step. */
#include "train_batch.h"

#include <string.h>

#include "element.h"

/* The axis of the sequences: 0, except in arrays of [T,N,...]. */
static int axis_of(const command_data *data, bool has_steps)
{
    return has_steps && !data->is_batch_first ? 1 : 0;
}

/* A tensor of the data, or NULL, for count sequences. */
static command_result create(srnn_tensor **out, const srnn_tensor *whole,
                             int axis, int64_t count)
{
    int64_t shape[SRNN_MAX_RANK];
    if (whole == NULL)
        return COMMAND_OK;
    const int32_t rank = srnn_tensor_rank(whole);
    memcpy(shape, srnn_tensor_shape(whole), (size_t)rank * sizeof *shape);
    shape[axis] = count;
    return command_check(
        srnn_tensor_create(out, srnn_tensor_dtype(whole), rank, shape), NULL);
}

static command_result create_data(command_batch *batch,
                                  const command_data *data, int64_t count)
{
    const int steps = axis_of(data, true);
    const int targets = axis_of(data, data->has_every_step);
    COMMAND_TRY(create(&batch->input, data->input, steps, count));
    COMMAND_TRY(create(&batch->targets, data->targets, targets, count));
    COMMAND_TRY(create(&batch->lengths, data->lengths, 0, count));
    return create(&batch->counted, data->counted, steps, count);
}

/* [...,width] for each target. */
static command_result create_rows(srnn_tensor **out, const command_batch *batch,
                                  const command_data *data, int64_t width)
{
    const int32_t leading = data->has_every_step ? 2 : 1;
    int64_t shape[3] = {batch->count, width, width};
    if (data->has_every_step)
        memcpy(shape, srnn_tensor_shape(batch->input), 2 * sizeof *shape);
    return command_check(srnn_tensor_create(out,
                                            srnn_tensor_dtype(batch->input),
                                            leading + 1, shape),
                         NULL);
}

static command_result create_states(command_batch *batch,
                                    const command_network *network)
{
    const srnn_dtype dtype = srnn_tensor_dtype(batch->input);
    int64_t shape[3];
    COMMAND_TRY(command_check(srnn_rnn_shape(shape, network->model.rnn,
                                             SRNN_ROLE_HIDDEN, 1, batch->count),
                              NULL));
    COMMAND_TRY(
        command_check(srnn_tensor_create(&batch->h_n, dtype, 3, shape), NULL));
    return command_check(srnn_tensor_create(&batch->d_h_n, dtype, 3, shape),
                         NULL);
}

command_result command_batch_resize(command_batch *batch,
                                    const command_data *data,
                                    const command_network *network,
                                    int64_t count)
{
    const int64_t features = command_model_features(&network->model);
    if (batch->count == count)
        return COMMAND_OK;
    command_batch_close(batch);
    *batch = (command_batch){.count = count};
    COMMAND_TRY(create_data(batch, data, count));
    COMMAND_TRY(create_rows(&batch->features, batch, data, features));
    COMMAND_TRY(create_rows(&batch->d_features, batch, data, features));
    COMMAND_TRY(create_rows(&batch->logits, batch, data,
                            srnn_linear_out_features(network->linear)));
    return data->has_every_step ? COMMAND_OK : create_states(batch, network);
}

void command_batch_close(command_batch *batch)
{
    srnn_tensor_destroy(batch->input);
    srnn_tensor_destroy(batch->targets);
    srnn_tensor_destroy(batch->lengths);
    srnn_tensor_destroy(batch->counted);
    srnn_tensor_destroy(batch->h_n);
    srnn_tensor_destroy(batch->d_h_n);
    srnn_tensor_destroy(batch->features);
    srnn_tensor_destroy(batch->d_features);
    srnn_tensor_destroy(batch->logits);
}

static void copy_sequence(srnn_tensor *target, int64_t to,
                          const srnn_tensor *source, int64_t from, int axis)
{
    const size_t size =
        (size_t)(command_element_size(srnn_tensor_dtype(source)) *
                 srnn_tensor_strides(source)[axis]);
    const int64_t blocks = axis == 0 ? 1 : srnn_tensor_shape(source)[0];
    const int64_t have = srnn_tensor_shape(source)[axis];
    const int64_t room = srnn_tensor_shape(target)[axis];
    char *const into = srnn_tensor_data(target);
    const char *const out_of = srnn_tensor_const_data(source);
    for (int64_t i = 0; i < blocks; i++)
        memcpy(into + (size_t)(i * room + to) * size,
               out_of + (size_t)(i * have + from) * size, size);
}

void command_batch_fill(command_batch *batch, const command_data *data,
                        const int64_t *sequences)
{
    const int steps = axis_of(data, true);
    const int targets = axis_of(data, data->has_every_step);
    for (int64_t i = 0; i < batch->count; i++) {
        const int64_t from = sequences[i];
        copy_sequence(batch->input, i, data->input, from, steps);
        copy_sequence(batch->targets, i, data->targets, from, targets);
        if (data->lengths != NULL)
            copy_sequence(batch->lengths, i, data->lengths, from, 0);
        if (data->counted != NULL)
            copy_sequence(batch->counted, i, data->counted, from, steps);
    }
}
