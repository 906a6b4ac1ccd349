/* SPDX-License-Identifier: MIT */
/* Builds the rnn with seeded weights and an input of U(-1, 1), then times
 * forward without h0, asking for output and h_n, or the step of a stream. */
#include "row.h"

#include <stdio.h>
#include <stdlib.h>

typedef struct {
    srnn_config *config;
    srnn_rnn *rnn;
    srnn_context *context;
    srnn_stream *stream; /* in mode step */
    srnn_tensor *input;
    srnn_tensor *output;
    srnn_tensor *h_n;
    srnn_status status; /* of the calls of forward: the first failure */
} model;

bool bench_is_fine(srnn_status status)
{
    if (status != SRNN_OK)
        (void)fprintf(stderr, "simplernn-bench: %s: %s\n",
                      srnn_status_name(status), srnn_last_error());
    return status == SRNN_OK;
}

static bool create_rnn(model *m, const bench_row *row)
{
    const struct {
        srnn_option option;
        int64_t value;
    } options[] = {{SRNN_OPTION_NUM_LAYERS, row->shape.L},
                   {SRNN_OPTION_DIRECTION, row->shape.D == 2
                                               ? SRNN_DIRECTION_BIDIRECTIONAL
                                               : SRNN_DIRECTION_FORWARD},
                   {SRNN_OPTION_NONLINEARITY, row->nonlinearity},
                   {SRNN_OPTION_DTYPE, row->dtype}};
    if (!bench_is_fine(srnn_config_create(&m->config)))
        return false;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (!bench_is_fine(srnn_config_set_int(m->config, options[i].option,
                                               options[i].value)))
            return false;
    return bench_is_fine(
        srnn_rnn_create(&m->rnn, row->shape.I, row->shape.H, m->config, 0));
}

static bool create_context(model *m, const bench_row *row)
{
    const struct {
        srnn_context_option option;
        int64_t value;
    } options[] = {{SRNN_CONTEXT_GEMM, row->gemm},
                   {SRNN_CONTEXT_ISA, row->isa},
                   {SRNN_CONTEXT_NUM_THREADS, row->threads},
                   {SRNN_CONTEXT_SCHEDULE, row->schedule}};
    if (!bench_is_fine(srnn_context_create(&m->context, m->rnn)))
        return false;
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].value != 0 &&
            !bench_is_fine(srnn_context_set_int(m->context, options[i].option,
                                                options[i].value)))
            return false;
    return true;
}

static bool create_tensor(srnn_tensor **out, const model *m, srnn_role role,
                          const bench_row *row)
{
    int64_t shape[3];
    return bench_is_fine(srnn_rnn_shape(shape, m->rnn, role, row->shape.T,
                                        row->shape.B)) &&
           bench_is_fine(srnn_tensor_create(out, row->dtype, 3, shape));
}

static void fill(srnn_tensor *tensor)
{
    unsigned short state[3] = {1, 2, 3};
    const int64_t size = srnn_tensor_size(tensor);
    void *const data = srnn_tensor_data(tensor);
    for (int64_t i = 0; i < size; i++) {
        const double value = 2 * erand48(state) - 1;
        if (srnn_tensor_dtype(tensor) == SRNN_DTYPE_FLOAT64)
            ((double *)data)[i] = value;
        else
            ((float *)data)[i] = (float)value;
    }
}

static bool create_model(model *m, const bench_row *row)
{
    if (!create_rnn(m, row) || !create_context(m, row) ||
        !create_tensor(&m->input, m, SRNN_ROLE_INPUT, row) ||
        !create_tensor(&m->output, m, SRNN_ROLE_OUTPUT, row) ||
        !create_tensor(&m->h_n, m, SRNN_ROLE_HIDDEN, row))
        return false;
    fill(m->input);
    return true;
}

static void destroy_model(model *m)
{
    srnn_tensor_destroy(m->h_n);
    srnn_tensor_destroy(m->output);
    srnn_tensor_destroy(m->input);
    srnn_stream_destroy(m->stream);
    srnn_context_destroy(m->context);
    srnn_rnn_destroy(m->rnn);
    srnn_config_destroy(m->config);
}

static void forward(void *argument)
{
    model *const m = argument;
    const srnn_status status =
        srnn_context_forward(m->context, m->input, NULL, m->output, m->h_n);
    if (m->status == SRNN_OK)
        m->status = status;
}

static void step(void *argument)
{
    model *const m = argument;
    const srnn_status status = srnn_stream_step(
        m->stream, srnn_tensor_data(m->input), srnn_tensor_data(m->output));
    if (m->status == SRNN_OK)
        m->status = status;
}

static bool get(int32_t *out, const model *m, srnn_context_option option)
{
    int64_t value = 0;
    if (!bench_is_fine(srnn_context_get_int(&value, m->context, option)))
        return false;
    *out = (int32_t)value;
    return true;
}

static bool time_calls(bench_result *out, model *m, const bench_row *row,
                       const bench_effort *effort)
{
    enum { STEPS = 1000000 };
    const bool is_step = row->mode == BENCH_MODE_STEP;
    bench_work *const work = is_step ? step : forward;
    if (is_step && !bench_is_fine(srnn_stream_create(&m->stream, m->context,
                                                     row->shape.B)))
        return false;
    const bool done =
        bench_timing_measure(&out->times, effort, work, m) &&
        (!is_step || bench_timing_measure_each(&out->times, STEPS, work, m));
    if (!done)
        (void)fprintf(stderr, "simplernn-bench: no memory for samples\n");
    return done && bench_is_fine(m->status);
}

static bool measure(bench_result *out, model *m, const bench_row *row,
                    const bench_effort *effort)
{
    if (!time_calls(out, m, row, effort) ||
        !get(&out->gemm, m, SRNN_CONTEXT_GEMM) ||
        !get(&out->isa, m, SRNN_CONTEXT_ISA))
        return false;
    if (row->mode == BENCH_MODE_STEP) {
        out->schedule = SRNN_SCHEDULE_SERIAL;
        out->threads = 1;
        return true;
    }
    return get(&out->schedule, m, SRNN_CONTEXT_LAST_SCHEDULE) &&
           get(&out->threads, m, SRNN_CONTEXT_LAST_THREADS);
}

bool bench_row_measure(bench_result *out, const bench_row *row,
                       const bench_effort *effort)
{
    model m = {.status = SRNN_OK};
    const bool done = create_model(&m, row) && measure(out, &m, row, effort);
    destroy_model(&m);
    return done;
}
