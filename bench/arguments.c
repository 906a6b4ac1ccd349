/* SPDX-License-Identifier: MIT */
/* The options and what they mean. */
#include "arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

static const char help[] =
    "simplernn-bench: how fast libsimplernn is on this machine\n"
    "\n"
    "  --shape T,B,I,H,L,D    one row: steps, batch, inputs, hidden, layers,\n"
    "                         directions\n"
    "  --suite                all rows of the suite\n"
    "  --list                 prints the rows of the suite, runs nothing\n"
    "  --limits               FMA peak and read bandwidth of one core\n"
    "  --calls                what calls with little arithmetic cost, and how\n"
    "                         large objects are\n"
    "\n"
    "  --mode WORD            forward; step: of a stream, T is 1; train:\n"
    "                         forward and backward, and a suite of its own\n"
    "  --loss all|last        of the output of all steps; last: of h_n\n"
    "  --threads auto|N       auto\n"
    "  --dtype f32|f64        f32\n"
    "  --nonlinearity WORD    an SRNN_NONLINEARITY_... in small letters: tanh\n"
    "  --gemm WORD            an SRNN_GEMM_...: the library's default\n"
    "  --isa WORD             an SRNN_ISA_...: the library's default\n"
    "  --schedule WORD        an SRNN_SCHEDULE_...: auto\n"
    "  --seconds S            at least, for each row: 0.3\n"
    "  --samples N            at least, for each row: 30\n"
    "  --json                 one JSON object a line instead of a table\n"
    "  --help\n";

enum {
    SHAPE = 1,
    SUITE,
    LIST,
    LIMITS,
    CALLS,
    MODE,
    LOSS,
    THREADS,
    DTYPE,
    NONLINEARITY,
    GEMM,
    ISA,
    SCHEDULE,
    SECONDS,
    SAMPLES,
    JSON,
    HELP
};

enum { MAX_SAMPLES = 1000000 };

static const struct option options[] = {
    {"shape", required_argument, NULL, SHAPE},
    {"suite", no_argument, NULL, SUITE},
    {"list", no_argument, NULL, LIST},
    {"limits", no_argument, NULL, LIMITS},
    {"calls", no_argument, NULL, CALLS},
    {"mode", required_argument, NULL, MODE},
    {"loss", required_argument, NULL, LOSS},
    {"threads", required_argument, NULL, THREADS},
    {"dtype", required_argument, NULL, DTYPE},
    {"nonlinearity", required_argument, NULL, NONLINEARITY},
    {"gemm", required_argument, NULL, GEMM},
    {"isa", required_argument, NULL, ISA},
    {"schedule", required_argument, NULL, SCHEDULE},
    {"seconds", required_argument, NULL, SECONDS},
    {"samples", required_argument, NULL, SAMPLES},
    {"json", no_argument, NULL, JSON},
    {"help", no_argument, NULL, HELP},
    {NULL, 0, NULL, 0}};

void bench_arguments_print_help(void)
{
    (void)fputs(help, stdout);
}

static bool parse_integer(int64_t *out, const char *text, int64_t max)
{
    char *end = NULL;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *out >= 1 &&
           *out <= max;
}

static bool parse_threads(int32_t *out, const char *text)
{
    int64_t threads = 0;
    if (strcmp(text, "auto") != 0 &&
        !parse_integer(&threads, text, SRNN_MAX_THREADS))
        return false;
    *out = (int32_t)threads;
    return true;
}

static bool parse_seconds(double *out, const char *text)
{
    char *end = NULL;
    *out = strtod(text, &end);
    return end != text && *end == '\0' && *out >= 0 && *out <= 3600;
}

static bool parse_mode(bench_mode *out, const char *text)
{
    for (int mode = BENCH_MODE_FORWARD; mode <= BENCH_MODE_TRAIN; mode++)
        if (strcmp(text, bench_row_mode_name((bench_mode)mode)) == 0) {
            *out = (bench_mode)mode;
            return true;
        }
    return false;
}

static bool parse_option(bench_arguments *out, int option, const char *text)
{
    bench_row *const row = &out->row;
    switch (option) {
    case SHAPE:
        out->task = BENCH_TASK_ROW;
        return bench_shape_parse(&row->shape, text);
    case MODE:
        return parse_mode(&row->mode, text);
    case LOSS:
        row->loss =
            strcmp(text, "last") == 0 ? BENCH_LOSS_LAST : BENCH_LOSS_ALL;
        return row->loss == BENCH_LOSS_LAST || strcmp(text, "all") == 0;
    case THREADS:
        return parse_threads(&row->threads, text);
    case DTYPE:
        return bench_names_find(&row->dtype, "SRNN_DTYPE_", text);
    case NONLINEARITY:
        return bench_names_find(&row->nonlinearity, "SRNN_NONLINEARITY_", text);
    case GEMM:
        return bench_names_find(&row->gemm, "SRNN_GEMM_", text);
    case ISA:
        return bench_names_find(&row->isa, "SRNN_ISA_", text);
    case SCHEDULE:
        return bench_names_find(&row->schedule, "SRNN_SCHEDULE_", text);
    case SECONDS:
        return parse_seconds(&out->effort.seconds, text);
    default:
        return parse_integer(&out->effort.samples, text, MAX_SAMPLES);
    }
}

static void set_flag(bench_arguments *out, int option)
{
    switch (option) {
    case SUITE:
        out->task = BENCH_TASK_SUITE;
        break;
    case LIST:
        out->task = BENCH_TASK_LIST;
        break;
    case LIMITS:
        out->task = BENCH_TASK_LIMITS;
        break;
    case CALLS:
        out->task = BENCH_TASK_CALLS;
        break;
    case JSON:
        out->json = true;
        break;
    default:
        out->task = BENCH_TASK_HELP;
        break;
    }
}

bool bench_arguments_parse(bench_arguments *out, int count, char **texts)
{
    *out = (bench_arguments){.row = {.dtype = SRNN_DTYPE_FLOAT32,
                                     .nonlinearity = SRNN_NONLINEARITY_TANH},
                             .effort = {.seconds = 0.3, .samples = 30}};
    int at = 0;
    int option = 0;
    while ((option = getopt_long(count, texts, "", options, &at)) != -1) {
        if (option == '?')
            return false; /* getopt_long has told why */
        if (options[at].has_arg == no_argument)
            set_flag(out, option);
        else if (!parse_option(out, option, optarg)) {
            (void)fprintf(stderr, "simplernn-bench: --%s: bad value '%s'\n",
                          options[at].name, optarg);
            return false;
        }
    }
    if (out->row.mode == BENCH_MODE_STEP && out->row.shape.T != 1) {
        (void)fprintf(stderr, "simplernn-bench: --mode step needs a --shape "
                              "with T = 1\n");
        return false;
    }
    if (optind == count && out->task != BENCH_TASK_NONE)
        return true;
    (void)fprintf(stderr, "simplernn-bench: %s; see --help\n",
                  optind < count ? "too many arguments" : "nothing to do");
    return false;
}
