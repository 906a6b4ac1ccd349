/* SPDX-License-Identifier: MIT */
/* Builds the rnn with seeded weights and an input of U(-1, 1), then times
 * forward without h0, asking for output and h_n, or the step of a stream, or a
 * training step. */
#include "row.h"

#include <stdio.h>
#include <stdlib.h>

struct bench_model {
    bench_row row;
    srnn_config *config;
    srnn_rnn *rnn;
    srnn_context *context;
    srnn_stream *stream; /* in mode step */
    bench_train *train;  /* in mode train */
    srnn_tensor *input;
    srnn_tensor *output;
    srnn_tensor *h_n;
    srnn_status status; /* of the calls of forward: the first failure */
};

const char *bench_row_mode_name(bench_mode mode)
{
    static const char *const names[] = {[BENCH_MODE_FORWARD] = "forward",
                                        [BENCH_MODE_STEP] = "step",
                                        [BENCH_MODE_TRAIN] = "train"};
    return names[mode];
}

static bool create_rnn(bench_model *m)
{
    const bench_row *const row = &m->row;
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

static bool create_context(bench_model *m)
{
    const bench_row *const row = &m->row;
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

static bool fill_model(bench_model *m)
{
    const int64_t T = m->row.shape.T, B = m->row.shape.B;
    if (!create_rnn(m) || !create_context(m) ||
        !bench_values_draw(&m->input, m->rnn, SRNN_ROLE_INPUT, T, B) ||
        !bench_values_create(&m->output, m->rnn, SRNN_ROLE_OUTPUT, T, B) ||
        !bench_values_create(&m->h_n, m->rnn, SRNN_ROLE_HIDDEN, T, B))
        return false;
    switch (m->row.mode) {
    case BENCH_MODE_STEP:
        return bench_is_fine(srnn_stream_create(&m->stream, m->context, B));
    case BENCH_MODE_TRAIN:
        return bench_train_create(&m->train, m->context, m->input, T, B,
                                  m->row.loss);
    default:
        return true;
    }
}

bool bench_row_create(bench_model **out, const bench_row *row)
{
    bench_model *const m = malloc(sizeof *m);
    if (m == NULL)
        return bench_is_fine(SRNN_ERROR_NO_MEMORY);
    *m = (bench_model){.row = *row, .status = SRNN_OK};
    if (!fill_model(m)) {
        bench_row_destroy(m);
        return false;
    }
    *out = m;
    return true;
}

void bench_row_destroy(bench_model *m)
{
    if (m == NULL)
        return;
    srnn_tensor_destroy(m->h_n);
    srnn_tensor_destroy(m->output);
    srnn_tensor_destroy(m->input);
    bench_train_destroy(m->train);
    srnn_stream_destroy(m->stream);
    srnn_context_destroy(m->context);
    srnn_rnn_destroy(m->rnn);
    srnn_config_destroy(m->config);
    free(m);
}

static void note(bench_model *m, srnn_status status)
{
    if (m->status == SRNN_OK)
        m->status = status;
}

static void forward(void *argument)
{
    bench_model *const m = argument;
    note(m,
         srnn_context_forward(m->context, m->input, NULL, m->output, m->h_n));
}

static void step(void *argument)
{
    bench_model *const m = argument;
    note(m, srnn_stream_step(m->stream, srnn_tensor_data(m->input),
                             srnn_tensor_data(m->output)));
}

static void backward(void *argument)
{
    bench_model *const m = argument;
    note(m, bench_train_backward(m->train));
}

static void train(void *argument)
{
    bench_model *const m = argument;
    note(m, bench_train_record(m->train));
    backward(m);
}

static bool get(int32_t *out, const bench_model *m, srnn_context_option option)
{
    int64_t value = 0;
    if (!bench_is_fine(srnn_context_get_int(&value, m->context, option)))
        return false;
    *out = (int32_t)value;
    return true;
}

static bench_work *work_of(const bench_model *m)
{
    static bench_work *const works[] = {[BENCH_MODE_FORWARD] = forward,
                                        [BENCH_MODE_STEP] = step,
                                        [BENCH_MODE_TRAIN] = train};
    return works[m->row.mode];
}

static bool tell_memory(bool has_memory)
{
    if (!has_memory)
        (void)fprintf(stderr, "simplernn-bench: no memory for samples\n");
    return has_memory;
}

/* After the calls that warm up: short ones of training get helpers after 16 of
 * them at the earliest. */
bool bench_row_choose(bench_result *out, bench_model *m)
{
    const bench_effort least = {0};
    *out = (bench_result){.schedule = SRNN_SCHEDULE_SERIAL, .threads = 1};
    if (!tell_memory(
            bench_timing_measure(&out->times, &least, work_of(m), m)) ||
        !bench_is_fine(m->status) || !get(&out->gemm, m, SRNN_CONTEXT_GEMM) ||
        !get(&out->isa, m, SRNN_CONTEXT_ISA))
        return false;
    return m->row.mode == BENCH_MODE_STEP ||
           (get(&out->schedule, m, SRNN_CONTEXT_LAST_SCHEDULE) &&
            get(&out->threads, m, SRNN_CONTEXT_LAST_THREADS));
}

/* What the modes measure beside the one time that all of them have. */
static bool measure_more(bench_result *out, bench_model *m,
                         const bench_effort *effort)
{
    enum { STEPS = 1000000 };
    switch (m->row.mode) {
    case BENCH_MODE_STEP:
        return bench_timing_measure_each(&out->times, STEPS, step, m);
    case BENCH_MODE_TRAIN:
        return bench_timing_measure(&out->forward, effort, forward, m) &&
               bench_timing_measure(&out->backward, effort, backward, m);
    default:
        return true;
    }
}

bool bench_row_measure(bench_result *out, bench_model *m,
                       const bench_effort *effort)
{
    return tell_memory(
               bench_timing_measure(&out->times, effort, work_of(m), m) &&
               measure_more(out, m, effort)) &&
           bench_is_fine(m->status);
}
