/* SPDX-License-Identifier: MIT */
/* The sizes of a benchmark row, and the rows of the suites. */
#ifndef BENCH_SHAPE_H
#define BENCH_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    int64_t T; /* steps */
    int64_t B; /* batch */
    int64_t I; /* inputs */
    int64_t H; /* hidden */
    int64_t L; /* layers */
    int64_t D; /* directions */
} bench_shape;

enum { BENCH_SHAPE_TEXT = 128 };

/* "T,B,I,H,L,D"; text holds BENCH_SHAPE_TEXT bytes. */
bool bench_shape_parse(bench_shape *out, const char *text);
void bench_shape_print(char *text, const bench_shape *shape);

/* The features that a layer reads: I, above the first layer D*H. */
int64_t bench_shape_inputs(const bench_shape *shape, int64_t layer);

typedef struct {
    const bench_shape *shapes;
    int count;
} bench_suite;

extern const bench_suite bench_suite_forward;
extern const bench_suite bench_suite_train;

#endif
