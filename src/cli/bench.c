/* SPDX-License-Identifier: MIT */
/* simplernn bench: how long a forward of a model takes. bench/ of the source
 * tree compares; this is for the model and the machine at hand. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core_type.h"
#include "element.h"
#include "forward.h"
#include "names.h"
#include "report.h"
#include "verbs.h"

static const char help[] =
    "Measures the time of a forward of the network over random input. The\n"
    "measurement takes at least 0.3 seconds.\n"
    "\n"
    "  --steps T --batch B    Set the sizes. Default: 100 steps and a batch\n"
    "                         of 1.\n"
    "  --json                 Print one JSON object instead of text.\n";

static const double least_seconds = 0.3;

enum { LEAST_SAMPLES = 3 };

typedef struct {
    const command_options *options;
    command_model model;
    command_forward forward;
    double *samples; /* seconds */
    int64_t count;
} benchmark;

/* U(-1, 1), the same each time. */
static void fill(srnn_tensor *tensor)
{
    unsigned short state[3] = {1, 2, 3};
    const int64_t size = srnn_tensor_size(tensor);
    void *const data = srnn_tensor_data(tensor);
    for (int64_t i = 0; i < size; i++) {
        const double value = 2 * erand48(state) - 1;
        command_element_set(data, srnn_tensor_dtype(tensor), i, value);
    }
}

static command_result create_input(srnn_tensor **out, const benchmark *s)
{
    const int64_t steps = s->options->steps;
    const int64_t batch = s->options->batch;
    int64_t shape[3];
    const srnn_dtype dtype =
        (srnn_dtype)command_model_get(&s->model, SRNN_OPTION_DTYPE);
    COMMAND_TRY(command_check(
        srnn_rnn_shape(shape, s->model.rnn, SRNN_ROLE_INPUT, steps, batch),
        NULL));
    const command_result result =
        command_check(srnn_tensor_create(out, dtype, 3, shape), NULL);
    if (result == COMMAND_OK)
        return result;
    return command_fail_before(
        result == COMMAND_NO_MEMORY ? result : COMMAND_MISUSE,
        "--steps %" PRId64 " and --batch %" PRId64 " make the input [%" PRId64
        ", %" PRId64 ", %" PRId64 "]: ",
        steps, batch, shape[0], shape[1], shape[2]);
}

static command_result prepare(benchmark *s)
{
    command_forward *const f = &s->forward;
    COMMAND_TRY(command_model_context(&f->context, &s->model, s->options));
    COMMAND_TRY(create_input(&f->input, s));
    fill(f->input);
    f->model = &s->model;
    return command_forward_prepare(f);
}

static command_result add(benchmark *s, int64_t *capacity, double sample)
{
    if (s->count == *capacity) {
        *capacity = 2 * *capacity + 64;
        double *const grown =
            reallocarray(s->samples, (size_t)*capacity, sizeof *grown);
        if (grown == NULL)
            return command_fail_memory();
        s->samples = grown;
    }
    s->samples[s->count++] = sample;
    return COMMAND_OK;
}

static int compare(const void *a, const void *b)
{
    const double x = *(const double *)a;
    const double y = *(const double *)b;
    return (x > y) - (x < y);
}

/* The first call takes memory and starts threads, and does not count. */
static command_result measure(benchmark *s)
{
    int64_t capacity = 0;
    double elapsed = 0;
    COMMAND_TRY(command_forward_run(&s->forward, false));
    while (s->count < LEAST_SAMPLES || elapsed < least_seconds) {
        const double start = command_seconds();
        COMMAND_TRY(command_forward_run(&s->forward, false));
        const double sample = command_seconds() - start;
        COMMAND_TRY(add(s, &capacity, sample));
        elapsed += sample;
    }
    qsort(s->samples, (size_t)s->count, sizeof *s->samples, compare);
    return COMMAND_OK;
}

static int64_t option(const benchmark *s, srnn_option name)
{
    return command_model_get(&s->model, name);
}

static int64_t context_option(const benchmark *s, srnn_context_option name)
{
    int64_t value = 0;
    return srnn_context_get_int(&value, s->forward.context, name) == SRNN_OK
               ? value
               : 0;
}

/* A multiplication and an addition for each weight, step and row. */
static double operations(const benchmark *s)
{
    const double hidden = (double)option(s, SRNN_OPTION_HIDDEN_SIZE);
    const double layers = (double)option(s, SRNN_OPTION_NUM_LAYERS);
    const double directions =
        option(s, SRNN_OPTION_DIRECTION) == SRNN_DIRECTION_BIDIRECTIONAL ? 2
                                                                         : 1;
    const double inputs = (double)option(s, SRNN_OPTION_INPUT_SIZE) +
                          (layers - 1) * directions * hidden;
    return 2 * (double)s->options->steps * (double)s->options->batch *
           directions * hidden * (inputs + layers * hidden);
}

typedef struct {
    double median_us;
    double min_us;
    double ns_per_step;
    double gflops;
} figures;

static figures figures_of(const benchmark *s)
{
    const double median =
        (s->samples[(s->count - 1) / 2] + s->samples[s->count / 2]) / 2;
    return (figures){1e6 * median, 1e6 * s->samples[0],
                     1e9 * median / (double)s->options->steps,
                     1e-9 * operations(s) / median};
}

static command_result print_text(const benchmark *s, const figures *f)
{
    (void)printf("steps: %" PRId64 "\nbatch: %" PRId64 "\n", s->options->steps,
                 s->options->batch);
    (void)printf(
        "isa: %s\ngemm: %s\nschedule: %s\nthreads: %" PRId64 "\n",
        command_word_of(context_option(s, SRNN_CONTEXT_ISA)).text,
        command_word_of(context_option(s, SRNN_CONTEXT_GEMM)).text,
        command_word_of(context_option(s, SRNN_CONTEXT_LAST_SCHEDULE)).text,
        context_option(s, SRNN_CONTEXT_LAST_THREADS));
    if (context_option(s, SRNN_CONTEXT_GEMM) == SRNN_GEMM_OPENBLAS)
        (void)printf("openblas: %s\n", srnn_gemm_info(SRNN_GEMM_OPENBLAS));
    (void)printf("samples: %" PRId64 "\n", s->count);
    (void)printf("median: %.2f us\nmin: %.2f us\n", f->median_us, f->min_us);
    (void)printf("per step: %.1f ns\nspeed: %.3f GFLOP/s\n", f->ns_per_step,
                 f->gflops);
    return COMMAND_OK;
}

static command_result print_json(const benchmark *s, const figures *f)
{
    return command_report_json(json_pack(
        "{s:o, s:s, s:I, s:I, s:s, s:s, s:s, s:s, s:I, s:I, s:f, s:f, s:f, "
        "s:f}",
        "file", command_report_string(s->options->model), "prefix",
        s->model.prefix, "steps", (json_int_t)s->options->steps, "batch",
        (json_int_t)s->options->batch, "isa",
        command_word_of(context_option(s, SRNN_CONTEXT_ISA)).text, "gemm",
        command_word_of(context_option(s, SRNN_CONTEXT_GEMM)).text, "gemm_info",
        srnn_gemm_info((srnn_gemm)context_option(s, SRNN_CONTEXT_GEMM)),
        "schedule",
        command_word_of(context_option(s, SRNN_CONTEXT_LAST_SCHEDULE)).text,
        "threads", (json_int_t)context_option(s, SRNN_CONTEXT_LAST_THREADS),
        "samples", (json_int_t)s->count, "median_us", f->median_us, "min_us",
        f->min_us, "ns_per_step", f->ns_per_step, "gflops", f->gflops));
}

/* Beside the figures, whichever form they have. */
static void warn(const benchmark *s)
{
    char advice[COMMAND_ADVICE];
    if (context_option(s, SRNN_CONTEXT_GEMM) == SRNN_GEMM_OPENBLAS &&
        *command_core_type_advice(advice) != '\0')
        (void)fprintf(stderr, "simplernn: warning: %s\n", advice);
}

static command_result report(const benchmark *s)
{
    const figures f = figures_of(s);
    warn(s);
    return s->options->json ? print_json(s, &f) : print_text(s, &f);
}

static command_result run(const command_options *options)
{
    benchmark s = {.options = options};
    command_result result = command_model_open(&s.model, options, false);
    if (result == COMMAND_OK)
        result = prepare(&s);
    if (result == COMMAND_OK)
        result = measure(&s);
    if (result == COMMAND_OK)
        result = report(&s);
    free(s.samples);
    command_forward_close(&s.forward);
    command_model_close(&s.model);
    return result;
}

const command_verb command_bench = {"bench",
                                    "MODEL",
                                    1,
                                    COMMAND_TAKES_MODEL | COMMAND_TAKES_JSON |
                                        COMMAND_TAKES_SIZES |
                                        COMMAND_TAKES_CONTEXT,
                                    help,
                                    run};
