/* SPDX-License-Identifier: MIT */
/* Every network runs once in a plain way, and then in each other way into the
 * same memory, which is compared: bit by bit where products are the native
 * kernels', and within rounding where they are those of OpenBLAS. */
#include "self_test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "element.h"
#include "model.h"
#include "names.h"

/* Wide enough for every schedule, and no multiple of any vector. */
enum { T = 23, B = 6, I = 5, H = 37, L = 3, SEED = 1 };

typedef struct {
    srnn_dtype dtype;
    bool bidirectional;
    srnn_rnn *rnn;
    srnn_context *context;
    srnn_tensor *input, *h0, *output, *h_n;
    void *wanted; /* the bytes of output, then those of h_n */
} network;

command_result command_self_test_network(srnn_rnn **out, srnn_dtype dtype,
                                         bool bidirectional)
{
    const struct {
        srnn_option option;
        int64_t value;
    } options[] = {{SRNN_OPTION_NUM_LAYERS, L},
                   {SRNN_OPTION_DIRECTION, bidirectional
                                               ? SRNN_DIRECTION_BIDIRECTIONAL
                                               : SRNN_DIRECTION_FORWARD},
                   {SRNN_OPTION_DTYPE, dtype}};
    srnn_config *config = NULL;
    srnn_status status = srnn_config_create(&config);
    for (size_t i = 0;
         i < sizeof options / sizeof *options && status == SRNN_OK; i++)
        status =
            srnn_config_set_int(config, options[i].option, options[i].value);
    if (status == SRNN_OK)
        status = srnn_rnn_create(out, I, H, config, SEED);
    srnn_config_destroy(config);
    return command_check(status, NULL);
}

static int64_t directions(const network *s)
{
    return s->bidirectional ? 2 : 1;
}

static size_t bytes_of(const srnn_tensor *tensor)
{
    return (size_t)(srnn_tensor_size(tensor) *
                    command_element_size(srnn_tensor_dtype(tensor)));
}

/* Exact in both types. */
static void fill(srnn_tensor *tensor)
{
    void *const data = srnn_tensor_data(tensor);
    for (int64_t i = 0; i < srnn_tensor_size(tensor); i++) {
        const double value = (double)(i * 37 % 129 - 64) / 64;
        command_element_set(data, srnn_tensor_dtype(tensor), i, value);
    }
}

static srnn_status create(srnn_tensor **out, const network *s, int64_t first,
                          int64_t last)
{
    const int64_t shape[] = {first, B, last};
    return srnn_tensor_create(out, s->dtype, 3, shape);
}

/* Rows from row on, steps from step on, of a [.., B, ..] tensor. */
static srnn_status view(srnn_tensor **out, const srnn_tensor *tensor,
                        int64_t step, int64_t steps, int64_t row, int64_t rows)
{
    const int64_t *const shape = srnn_tensor_shape(tensor);
    const int64_t *const strides = srnn_tensor_strides(tensor);
    const int64_t part[] = {steps, rows, shape[2]};
    const int64_t width = command_element_size(srnn_tensor_dtype(tensor));
    return srnn_tensor_wrap(out,
                            (char *)srnn_tensor_data(tensor) +
                                width * (step * strides[0] + row * strides[1]),
                            srnn_tensor_dtype(tensor), 3, part, strides);
}

static srnn_status run_part(const network *s, int64_t step, int64_t steps,
                            int64_t row, int64_t rows)
{
    const int64_t cells = L * directions(s);
    srnn_tensor *parts[4] = {NULL, NULL, NULL, NULL};
    srnn_status status = view(&parts[0], s->input, step, steps, row, rows);
    if (status == SRNN_OK)
        status =
            view(&parts[1], step == 0 ? s->h0 : s->h_n, 0, cells, row, rows);
    if (status == SRNN_OK)
        status = view(&parts[2], s->output, step, steps, row, rows);
    if (status == SRNN_OK)
        status = view(&parts[3], s->h_n, 0, cells, row, rows);
    if (status == SRNN_OK)
        status = srnn_context_forward(s->context, parts[0], parts[1], parts[2],
                                      parts[3]);
    for (int i = 0; i < 4; i++)
        srnn_tensor_destroy(parts[i]);
    return status;
}

typedef srnn_status way_to_run(const network *s);

static srnn_status run_whole(const network *s)
{
    return run_part(s, 0, T, 0, B);
}

static srnn_status run_rows(const network *s)
{
    srnn_status status = SRNN_OK;
    for (int64_t row = 0; row < B && status == SRNN_OK; row++)
        status = run_part(s, 0, T, row, 1);
    return status;
}

/* A reverse direction cannot be split: it begins at the end. */
static srnn_status run_two_calls(const network *s)
{
    enum { SPLIT = 9 };
    if (s->bidirectional)
        return run_whole(s);
    const srnn_status status = run_part(s, 0, SPLIT, 0, B);
    return status == SRNN_OK ? run_part(s, SPLIT, T - SPLIT, 0, B) : status;
}

typedef struct {
    const char *name;
    way_to_run *run;
    int threads;
    srnn_schedule schedule;
    srnn_isa isa;   /* 0: the one in use */
    srnn_gemm gemm; /* 0: native */
} way;

static const way plain = {"plain", run_whole, 1, SRNN_SCHEDULE_SERIAL, 0, 0};

static const way ways[] = {
    {"the same again", run_whole, 1, SRNN_SCHEDULE_SERIAL, 0, 0},
    {"each row of the batch alone", run_rows, 1, SRNN_SCHEDULE_SERIAL, 0, 0},
    {"in two calls", run_two_calls, 1, SRNN_SCHEDULE_SERIAL, 0, 0},
    {"two threads", run_whole, 2, SRNN_SCHEDULE_AUTO, 0, 0},
    {"two threads, schedule batch", run_whole, 2, SRNN_SCHEDULE_BATCH, 0, 0},
    {"two threads, schedule directions", run_whole, 2, SRNN_SCHEDULE_DIRECTIONS,
     0, 0},
    {"two threads, schedule layers", run_whole, 2, SRNN_SCHEDULE_LAYERS, 0, 0},
    {"two threads, schedule columns", run_whole, 2, SRNN_SCHEDULE_COLUMNS, 0,
     0},
    {"gemm openblas, within rounding", run_whole, 1, SRNN_SCHEDULE_SERIAL, 0,
     SRNN_GEMM_OPENBLAS},
};

static command_result prepare(network *s)
{
    const int64_t cells = L * directions(s);
    COMMAND_TRY(command_self_test_network(&s->rnn, s->dtype, s->bidirectional));
    srnn_status status = srnn_context_create(&s->context, s->rnn);
    if (status == SRNN_OK)
        status = create(&s->input, s, T, I);
    if (status == SRNN_OK)
        status = create(&s->h0, s, cells, H);
    if (status == SRNN_OK)
        status = create(&s->output, s, T, directions(s) * H);
    if (status == SRNN_OK)
        status = create(&s->h_n, s, cells, H);
    COMMAND_TRY(command_check(status, NULL));
    fill(s->input);
    fill(s->h0);
    s->wanted = malloc(bytes_of(s->output) + bytes_of(s->h_n));
    return s->wanted == NULL ? command_fail_memory() : COMMAND_OK;
}

/* What a way leaves unwritten must not look right. */
static srnn_status run_way(const network *s, const way *w)
{
    srnn_status status =
        srnn_context_set_int(s->context, SRNN_CONTEXT_NUM_THREADS, w->threads);
    if (status == SRNN_OK)
        status = srnn_context_set_int(s->context, SRNN_CONTEXT_SCHEDULE,
                                      w->schedule);
    if (status == SRNN_OK)
        status =
            srnn_context_set_int(s->context, SRNN_CONTEXT_GEMM,
                                 w->gemm != 0 ? w->gemm : SRNN_GEMM_NATIVE);
    if (status == SRNN_OK && w->isa != 0)
        status = srnn_context_set_int(s->context, SRNN_CONTEXT_ISA, w->isa);
    if (status != SRNN_OK)
        return status;
    memset(srnn_tensor_data(s->output), 0xff, bytes_of(s->output));
    memset(srnn_tensor_data(s->h_n), 0xff, bytes_of(s->h_n));
    return w->run(s);
}

/* The tolerance is some ten times what OpenBLAS 0.3.21 differs by. */
static bool is_close(const srnn_tensor *tensor, const void *wanted)
{
    const srnn_dtype dtype = srnn_tensor_dtype(tensor);
    const double tolerance = dtype == SRNN_DTYPE_FLOAT64 ? 1e-14 : 5e-6;
    for (int64_t i = 0; i < srnn_tensor_size(tensor); i++) {
        const double difference =
            command_element_get(srnn_tensor_data(tensor), dtype, i) -
            command_element_get(wanted, dtype, i);
        if (!(fabs(difference) <= tolerance))
            return false;
    }
    return true;
}

static bool is_as_wanted(const network *s, const way *w)
{
    const size_t bytes = bytes_of(s->output);
    if (w->gemm != 0)
        return is_close(s->output, s->wanted) &&
               is_close(s->h_n, (char *)s->wanted + bytes);
    return memcmp(srnn_tensor_data(s->output), s->wanted, bytes) == 0 &&
           memcmp(srnn_tensor_data(s->h_n), (char *)s->wanted + bytes,
                  bytes_of(s->h_n)) == 0;
}

static command_result run_plain(network *s)
{
    COMMAND_TRY(prepare(s));
    COMMAND_TRY(command_check(run_way(s, &plain), NULL));
    memcpy(s->wanted, srnn_tensor_data(s->output), bytes_of(s->output));
    memcpy((char *)s->wanted + bytes_of(s->output), srnn_tensor_data(s->h_n),
           bytes_of(s->h_n));
    return COMMAND_OK;
}

static void destroy(network *s)
{
    free(s->wanted);
    srnn_tensor_destroy(s->h_n);
    srnn_tensor_destroy(s->output);
    srnn_tensor_destroy(s->h0);
    srnn_tensor_destroy(s->input);
    srnn_context_destroy(s->context);
    srnn_rnn_destroy(s->rnn);
}

static void print_result(const way *w, const char *text)
{
    (void)printf("%-34s %s\n", w->name, text);
}

static void print_difference(const way *w, const network *s)
{
    (void)printf("%-34s DIFFERS (%s, %s)\n", w->name,
                 command_word_of(s->dtype).text,
                 s->bidirectional ? "bidirectional" : "one direction");
}

/* Without FMA an instruction set promises nothing to those with it. */
static bool has_fma(const network *s)
{
    int64_t isa = SRNN_ISA_BASELINE;
    return srnn_context_get_int(&isa, s->context, SRNN_CONTEXT_ISA) ==
               SRNN_OK &&
           isa != SRNN_ISA_BASELINE;
}

static command_result compare(network *networks, int count, const way *w,
                              bool *differs)
{
    if (w->isa != 0 && !has_fma(&networks[0])) {
        print_result(w, "skipped: the isa in use has no FMA");
        return COMMAND_OK;
    }
    for (int i = 0; i < count; i++) {
        const srnn_status status = run_way(&networks[i], w);
        if (status == SRNN_ERROR_UNSUPPORTED && (w->isa != 0 || w->gemm != 0))
            return COMMAND_OK; /* not of this machine */
        COMMAND_TRY(command_check(status, w->name));
        if (!is_as_wanted(&networks[i], w)) {
            print_difference(w, &networks[i]);
            *differs = true;
            return COMMAND_OK;
        }
    }
    print_result(w, "ok");
    return COMMAND_OK;
}

/* With each instruction set that has FMA. */
static command_result compare_isas(network *networks, int count, bool *differs)
{
    for (srnn_isa isa = SRNN_ISA_BASELINE + 1;
         command_word_is_in(SRNN_ISA_BASELINE, isa); isa++) {
        char name[64];
        const way w = {name, run_whole, 1, SRNN_SCHEDULE_SERIAL, isa, 0};
        (void)snprintf(name, sizeof name, "isa %s", command_word_of(isa).text);
        COMMAND_TRY(compare(networks, count, &w, differs));
    }
    return COMMAND_OK;
}

static command_result compare_all(network *networks, int count)
{
    bool differs = false;
    for (int i = 0; i < count; i++)
        COMMAND_TRY(run_plain(&networks[i]));
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        COMMAND_TRY(compare(networks, count, &ways[i], &differs));
    COMMAND_TRY(compare_isas(networks, count, &differs));
    return differs ? command_fail(COMMAND_WRONG,
                                  "the library does not give the same bits on "
                                  "this machine; please report the lines "
                                  "above")
                   : COMMAND_OK;
}

command_result command_self_test(void)
{
    network networks[] = {{.dtype = SRNN_DTYPE_FLOAT32, .bidirectional = false},
                          {.dtype = SRNN_DTYPE_FLOAT32, .bidirectional = true},
                          {.dtype = SRNN_DTYPE_FLOAT64, .bidirectional = false},
                          {.dtype = SRNN_DTYPE_FLOAT64, .bidirectional = true}};
    const int count = sizeof networks / sizeof *networks;
    const command_result result = compare_all(networks, count);
    for (int i = 0; i < count; i++)
        destroy(&networks[i]);
    return result;
}
