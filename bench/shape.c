/* SPDX-License-Identifier: MIT */
/* Sizes as text, and the suites: from a control loop to DeepBench's largest,
 * and from a first model to a large one that is trained. They are the only
 * lists of their rows; bench/run.py asks for them with --list. */
#include "shape.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const bench_shape forward[] = {
    {3, 2, 4, 2, 1, 1},          {100, 1, 16, 32, 1, 1},
    {100, 1, 64, 64, 1, 1},      {20, 64, 2, 16, 1, 1},
    {100, 32, 16, 32, 1, 1},     {500, 64, 3, 100, 1, 1},
    {100, 32, 28, 128, 1, 1},    {784, 64, 1, 128, 1, 1},
    {100, 1, 256, 256, 1, 1},    {100, 1, 512, 512, 1, 1},
    {50, 1, 1024, 1024, 1, 1},   {25, 1, 2048, 2048, 1, 1},
    {100, 8, 256, 256, 1, 1},    {100, 32, 128, 128, 1, 1},
    {100, 32, 256, 256, 1, 1},   {50, 64, 512, 512, 1, 1},
    {50, 16, 1760, 1760, 1, 1},  {50, 64, 1760, 1760, 1, 1},
    {50, 128, 1760, 1760, 1, 1}, {100, 32, 256, 256, 2, 2},
    {100, 1, 256, 256, 2, 2},    {50, 16, 512, 512, 4, 1},
};

static const bench_shape train[] = {
    {100, 1, 16, 32, 1, 1},    {100, 1, 64, 64, 1, 1},
    {20, 64, 2, 16, 1, 1},     {500, 64, 3, 100, 1, 1},
    {100, 32, 28, 128, 1, 1},  {784, 64, 1, 128, 1, 1},
    {100, 1, 256, 256, 1, 1},  {100, 8, 256, 256, 1, 1},
    {100, 1, 512, 512, 1, 1},  {100, 32, 256, 256, 1, 1},
    {100, 32, 256, 256, 2, 2}, {50, 64, 512, 512, 1, 1},
    {50, 16, 512, 512, 4, 1},  {50, 64, 1760, 1760, 1, 1},
};

const bench_suite bench_suite_forward = {forward,
                                         sizeof forward / sizeof *forward};
const bench_suite bench_suite_train = {train, sizeof train / sizeof *train};

bool bench_shape_parse(bench_shape *out, const char *text)
{
    enum { SIZES = 6, MAX_SIZE = 1000000000 };
    int64_t sizes[SIZES] = {0};
    for (int i = 0; i < SIZES; i++) {
        char *end = NULL;
        errno = 0;
        sizes[i] = strtoll(text, &end, 10);
        if (end == text || errno != 0 || sizes[i] < 1 || sizes[i] > MAX_SIZE ||
            *end != (i < SIZES - 1 ? ',' : '\0'))
            return false;
        text = end + 1;
    }
    *out = (bench_shape){sizes[0], sizes[1], sizes[2],
                         sizes[3], sizes[4], sizes[5]};
    return out->D <= 2;
}

void bench_shape_print(char *text, const bench_shape *s)
{
    (void)snprintf(text, BENCH_SHAPE_TEXT,
                   "%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
                   ",%" PRId64,
                   s->T, s->B, s->I, s->H, s->L, s->D);
}

int64_t bench_shape_inputs(const bench_shape *shape, int64_t layer)
{
    return layer == 0 ? shape->I : shape->D * shape->H;
}
