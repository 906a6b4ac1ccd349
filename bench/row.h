/* SPDX-License-Identifier: MIT */
/* One row: an rnn of some sizes, run or trained through the public API. */
#ifndef BENCH_ROW_H
#define BENCH_ROW_H

#include <stdbool.h>

#include <simplernn.h>

#include "shape.h"
#include "timing.h"
#include "train.h"
#include "values.h"

typedef enum {
    BENCH_MODE_FORWARD,
    BENCH_MODE_STEP, /* of a stream: T is 1, one direction; a million of them */
    BENCH_MODE_TRAIN /* forward and backward, with all gradients */
} bench_mode;

/* As a word of the command line and of results. */
const char *bench_row_mode_name(bench_mode mode);

/* What to run. 0 leaves a choice to the library. */
typedef struct {
    bench_mode mode;
    bench_loss loss; /* in mode train */
    bench_shape shape;
    srnn_dtype dtype;
    srnn_nonlinearity nonlinearity;
    srnn_gemm gemm;
    srnn_isa isa;
    srnn_schedule schedule;
    int32_t threads;
} bench_row;

/* What the library chose, and how long a call took. */
typedef struct {
    srnn_gemm gemm;
    srnn_isa isa;
    srnn_schedule schedule;
    int32_t threads;
    bench_times times;
    bench_times forward;  /* of mode train: the parts of it, where forward */
    bench_times backward; /* is the usual one, which records nothing */
} bench_result;

/* A row that is ready to run. */
typedef struct bench_model bench_model;

/* All of them return false after a failure, which they have told on stderr. */
bool bench_row_create(bench_model **out, const bench_row *row);
/* Warms up, and tells what the library chose. */
bool bench_row_choose(bench_result *out, bench_model *model);
/* Sets out->times. */
bool bench_row_measure(bench_result *out, bench_model *model,
                       const bench_effort *effort);

void bench_row_destroy(bench_model *model); /* NULL: nothing */

#endif
