/* SPDX-License-Identifier: MIT */
/* To tell how far it is, the sequence runs in blocks of time steps, each from
 * the states that the one before left: the library gives the same bits for any
 * split. A reverse direction begins at the end, so there it is one call. */
#include "forward.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>

#include "element.h"

enum { FIRST_BLOCK = 16, SEQUENCE = 3 };

static const double block_seconds = 0.2;
static const double quiet_seconds = 1;

double command_seconds(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

/* A model without a batch has input [T,I]. */
static bool has_batch(const command_forward *f)
{
    return srnn_tensor_rank(f->input) == SEQUENCE;
}

static int time_axis(const command_forward *f)
{
    return has_batch(f) &&
           command_model_get(f->model, SRNN_OPTION_BATCH_FIRST) != 0;
}

static command_result check_lengths(const command_forward *f)
{
    const int64_t batch =
        has_batch(f) ? srnn_tensor_shape(f->input)[1 - time_axis(f)] : 1;
    if (f->lengths == NULL || f->length_count == batch)
        return COMMAND_OK;
    return command_fail(
        COMMAND_WRONG,
        "there are %" PRId64 " lengths for a batch of %" PRId64 "%s",
        f->length_count, batch,
        has_batch(f) ? "; see --batch-first and --time-first" : "");
}

/* A call that is known to fail is the one that can explain. */
command_result command_forward_check(const command_forward *f)
{
    const int32_t rank = srnn_tensor_rank(f->input);
    if ((rank == SEQUENCE || rank == SEQUENCE - 1) &&
        srnn_tensor_shape(f->input)[rank - 1] ==
            command_model_get(f->model, SRNN_OPTION_INPUT_SIZE))
        return check_lengths(f);
    return command_check(
        srnn_context_forward(f->context, f->input, f->h0, NULL, NULL), NULL);
}

/* shape has 3 sizes; without a batch the middle one goes. */
static command_result create(srnn_tensor **out, const command_forward *f,
                             int64_t *shape)
{
    const bool batched = has_batch(f);
    if (!batched)
        shape[1] = shape[2];
    return command_check(srnn_tensor_create(out, srnn_tensor_dtype(f->input),
                                            batched ? SEQUENCE : SEQUENCE - 1,
                                            shape),
                         NULL);
}

command_result command_forward_prepare(command_forward *f)
{
    const int64_t *const input = srnn_tensor_shape(f->input);
    const int64_t directions =
        1 + command_model_get(f->model, SRNN_OPTION_BIDIRECTIONAL);
    const int64_t hidden = command_model_get(f->model, SRNN_OPTION_HIDDEN_SIZE);
    const int64_t layers = command_model_get(f->model, SRNN_OPTION_NUM_LAYERS);
    int64_t output[] = {input[0], input[1], directions * hidden};
    int64_t states[] = {layers * directions, input[1 - time_axis(f)], hidden};
    COMMAND_TRY(create(&f->output, f, output));
    return create(&f->h_n, f, states);
}

/* count steps of a sequence tensor from step at on. */
static srnn_status view_steps(srnn_tensor **out, const srnn_tensor *tensor,
                              int axis, int64_t at, int64_t count)
{
    const int64_t width = command_element_size(srnn_tensor_dtype(tensor));
    const int64_t *const strides = srnn_tensor_strides(tensor);
    const int32_t rank = srnn_tensor_rank(tensor);
    int64_t shape[SEQUENCE] = {0};
    for (int32_t i = 0; i < rank; i++)
        shape[i] = i == axis ? count : srnn_tensor_shape(tensor)[i];
    return srnn_tensor_wrap(
        out, (char *)srnn_tensor_data(tensor) + width * at * strides[axis],
        srnn_tensor_dtype(tensor), rank, shape, strides);
}

static command_result run_block(const command_forward *f, int64_t at,
                                int64_t count)
{
    const int axis = time_axis(f);
    srnn_tensor *input = NULL;
    srnn_tensor *output = NULL;
    srnn_status status = view_steps(&input, f->input, axis, at, count);
    if (status == SRNN_OK)
        status = view_steps(&output, f->output, axis, at, count);
    if (status == SRNN_OK)
        status = srnn_context_forward(f->context, input,
                                      at == 0 ? f->h0 : f->h_n, output, f->h_n);
    srnn_tensor_destroy(input);
    srnn_tensor_destroy(output);
    return command_check(status, NULL);
}

static void print_progress(int64_t done, int64_t steps)
{
    (void)fprintf(stderr,
                  "\rsimplernn: %" PRId64 " of %" PRId64 " steps, %.0f %%",
                  done, steps, 100 * (double)done / (double)steps);
    (void)fflush(stderr);
}

/* Blocks grow until one takes long enough not to cost anything. */
static command_result run_blocks(const command_forward *f, int64_t steps)
{
    const double start = command_seconds();
    double last = start;
    int64_t block = FIRST_BLOCK;
    command_result result = COMMAND_OK;
    bool printed = false;
    for (int64_t done = 0; done < steps && result == COMMAND_OK;) {
        const int64_t count = block < steps - done ? block : steps - done;
        result = run_block(f, done, count);
        done += count;
        const double now = command_seconds();
        if (now - last < block_seconds / 2)
            block *= 2;
        if (now - start > quiet_seconds) {
            print_progress(done, steps);
            printed = true;
        }
        last = now;
    }
    if (printed)
        (void)fputs("\r\033[K", stderr);
    return result;
}

/* A value that is out of range is data here. */
static command_result run_padded(const command_forward *f)
{
    const srnn_status status = srnn_context_forward_padded(
        f->context, f->input, f->lengths, NULL, f->h0, f->output, f->h_n);
    if (status == SRNN_ERROR_INVALID)
        return command_fail(COMMAND_WRONG, "%s", srnn_last_error());
    return command_check(status, NULL);
}

command_result command_forward_run(const command_forward *f, bool progress)
{
    const int64_t steps = srnn_tensor_shape(f->input)[time_axis(f)];
    if (f->lengths != NULL)
        return run_padded(f);
    if (progress && srnn_tensor_size(f->input) > 0 &&
        command_model_get(f->model, SRNN_OPTION_BIDIRECTIONAL) == 0)
        return run_blocks(f, steps);
    return command_check(
        srnn_context_forward(f->context, f->input, f->h0, f->output, f->h_n),
        NULL);
}
