/* SPDX-License-Identifier: MIT */
/* A whole training step, for the programs in C. problem.py is the same for
 * those in Python:
 *
 *     output, h_n = rnn(x)                        one layer, tanh, h0 is 0
 *     loss = mean of cross_entropy(fc(output)), or of squared errors
 *     clip the norm of all gradients to 1; Adam with a rate of 1e-3
 *
 * Weights and data are numbers of one sequence, in this order: weight_ih,
 * weight_hh, bias_ih, bias_hh, fc.weight, fc.bias, x, targets. So all programs
 * must reach the same loss. */
#ifndef BENCH_LEARN_PROBLEM_H
#define BENCH_LEARN_PROBLEM_H

#include <stdbool.h>
#include <stdint.h>

#include "timing.h"

enum {
    LEARN_PARAMETERS = 6,
    LEARN_CHECKED = 20 /* steps before the loss that is reported */
};

typedef struct {
    int64_t T, B, I, H, C;
    bool is_last;    /* the loss reads h_n, otherwise the output of all steps */
    bool has_values; /* squared error, otherwise cross-entropy */
    int threads;
    bench_effort effort;
    int64_t rows; /* that the loss reads: B, or T*B */
    float *parameters[LEARN_PARAMETERS];
    int64_t sizes[LEARN_PARAMETERS];
    float *x;         /* [T,B,I] */
    int64_t *classes; /* [rows] */
    float *values;    /* [rows,C] */
} learn_problem;

/*     --sizes T,B,I,H,C --loss all|last --target classes|values
 *     [--threads N] [--seconds S] [--samples N]
 * Ends the program if they make no sense, or if there is no memory. */
void learn_problem_create(learn_problem *p, int argc, char **argv);
void learn_problem_destroy(learn_problem *p);

/* Memory for count floats, on a cache line. Ends the program if there is none.
 */
float *learn_room(int64_t count);

/* Runs LEARN_CHECKED steps, notes the loss of the last one, measures more of
 * them and prints a line of JSON. core_type is that of OpenBLAS, or NULL. */
void learn_measure(const learn_problem *p, const char *library,
                   const char *version, const char *core_type, bench_work *step,
                   void *argument, const double *loss);

#endif
