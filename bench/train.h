/* SPDX-License-Identifier: MIT */
/* A training step without its loss and its optimizer: forward that is recorded,
 * and backward with the gradients of the input, of h0 and of all parameters. */
#ifndef BENCH_TRAIN_H
#define BENCH_TRAIN_H

#include <stdbool.h>

#include <simplernn.h>

/* What the loss reads: its gradient is given for that, and zero for the rest.
 */
typedef enum {
    BENCH_LOSS_ALL, /* the output of all steps */
    BENCH_LOSS_LAST /* h_n */
} bench_loss;

typedef struct bench_train bench_train;

/* For T steps of B sequences. It borrows the context and the input. False after
 * a failure, which it has told on stderr. */
bool bench_train_create(bench_train **out, srnn_context *context,
                        const srnn_tensor *input, int64_t T, int64_t B,
                        bench_loss loss);
void bench_train_destroy(bench_train *train); /* NULL: nothing */

srnn_status bench_train_record(bench_train *train);
/* Any number of times after a record. */
srnn_status bench_train_backward(bench_train *train);

#endif
