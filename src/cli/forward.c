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

bool command_forward_has_batch(const command_forward *f)
{
    return srnn_tensor_rank(f->input) == SEQUENCE;
}

/* Without a batch, the input is [T,I]. */
static int time_axis(const command_forward *f)
{
    return command_forward_has_batch(f) &&
           command_model_get(f->model, SRNN_OPTION_BATCH_FIRST) != 0;
}

/* A call that is known to fail is the one that can explain. */
command_result command_forward_check(const command_forward *f)
{
    const int32_t rank = srnn_tensor_rank(f->input);
    if ((rank == SEQUENCE || rank == SEQUENCE - 1) &&
        srnn_tensor_shape(f->input)[rank - 1] ==
            command_model_get(f->model, SRNN_OPTION_INPUT_SIZE))
        return COMMAND_OK;
    return command_check(
        srnn_context_forward(f->context, f->input, f->h0, NULL, NULL), NULL);
}

bool command_forward_is_padding(const srnn_tensor *lengths, bool is_batch_first,
                                int64_t inner, int64_t row)
{
    const int64_t step = is_batch_first ? row % inner : row / inner;
    const int64_t sequence = is_batch_first ? row / inner : row % inner;
    return step >= ((const int64_t *)srnn_tensor_const_data(lengths))[sequence];
}

/* Without a batch its axis goes. */
static command_result create(srnn_tensor **out, const command_forward *f,
                             srnn_role role)
{
    const bool has_batch = command_forward_has_batch(f);
    const int64_t *const input = srnn_tensor_shape(f->input);
    int64_t shape[SEQUENCE];
    COMMAND_TRY(
        command_check(srnn_rnn_shape(shape, srnn_context_rnn(f->context), role,
                                     input[time_axis(f)],
                                     has_batch ? input[1 - time_axis(f)] : 1),
                      NULL));
    if (!has_batch) {
        shape[0] = role == SRNN_ROLE_OUTPUT ? input[0] : shape[0];
        shape[1] = shape[2];
    }
    return command_check(srnn_tensor_create(out, srnn_tensor_dtype(f->input),
                                            srnn_tensor_rank(f->input), shape),
                         NULL);
}

command_result command_forward_prepare(command_forward *f)
{
    COMMAND_TRY(create(&f->output, f, SRNN_ROLE_OUTPUT));
    return create(&f->h_n, f, SRNN_ROLE_HIDDEN);
}

void command_forward_close(command_forward *f)
{
    srnn_tensor_destroy(f->input);
    srnn_tensor_destroy(f->h0);
    srnn_tensor_destroy(f->lengths);
    srnn_tensor_destroy(f->resets);
    srnn_tensor_destroy(f->fresh);
    srnn_tensor_destroy(f->output);
    srnn_tensor_destroy(f->h_n);
    srnn_context_destroy(f->context);
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

/* Another tensor that does not fit the input may tell that the input's axes are
 * not what they are taken for. */
static command_result check_call(srnn_status status, const command_forward *f)
{
    if (status != SRNN_ERROR_SHAPE || !command_forward_has_batch(f))
        return command_check(status, NULL);
    return command_fail(COMMAND_WRONG,
                        "%s; the input is taken as %s; see --batch-first and "
                        "--time-first",
                        srnn_last_error(),
                        time_axis(f) == 0 ? "time first" : "batch first");
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
    return check_call(status, f);
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

command_result command_forward_run(const command_forward *f, bool progress)
{
    const int64_t steps = srnn_tensor_shape(f->input)[time_axis(f)];
    if (f->lengths != NULL || f->resets != NULL)
        return check_call(srnn_context_forward_sequences(
                              f->context, f->input, f->lengths, f->resets,
                              f->h0, f->fresh, f->output, f->h_n),
                          f);
    if (progress && srnn_tensor_size(f->input) > 0 &&
        command_model_get(f->model, SRNN_OPTION_DIRECTION) ==
            SRNN_DIRECTION_FORWARD)
        return run_blocks(f, steps);
    return check_call(
        srnn_context_forward(f->context, f->input, f->h0, f->output, f->h_n),
        f);
}
