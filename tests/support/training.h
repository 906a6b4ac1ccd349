/* SPDX-License-Identifier: MIT */
/* One recording and its backward over plain arrays, in the contiguous forms, so
 * that tests can compare the bytes of all results. */
#ifndef TESTS_SUPPORT_TRAINING_H
#define TESTS_SUPPORT_TRAINING_H

#include <stdbool.h>

#include "support/draws.h"
#include "support/small_rnn.h"

/* The operands, all random; any of them may be set to NULL before a run, and
 * then it is not given. training_free needs them no longer. */
typedef struct {
    small_rnn of;
    srnn_rnn *rnn;
    int64_t T, B, size; /* of an element */
    unsigned char *input, *h0, *fresh, *d_output, *d_h_n;
    int64_t *lengths;
    uint8_t *resets;
    void *memory[7]; /* what is freed */
} training;

training training_make(int number, const small_rnn *of, int64_t T, int64_t B);
void training_free(training *t);

/* The same rnn and operands, for a part of the steps. Not to be freed; the rnn
 * is not batch_first. */
training training_steps(const training *t, int64_t first, int64_t end);

typedef enum {
    TRAINED_OUTPUT,
    TRAINED_H_N,
    TRAINED_D_INPUT,
    TRAINED_D_H0,
    TRAINED_D_FRESH,
    TRAINED_GRADIENTS, /* [P] */
    TRAINED_KINDS
} trained_kind;

/* Every element has the bytes 0xa5 until it is written. */
typedef struct {
    srnn_dtype dtype;
    int64_t bytes[TRAINED_KINDS];
    unsigned char *of[TRAINED_KINDS];
} trained;

trained trained_make(const training *t);
void trained_free(trained *r);

/* Addresses of gradients in [P], for PARAMETERS_MOST parameters at most. */
void training_addresses(const training *t, unsigned char *gradients,
                        void **addresses);

srnn_status training_record(const training *t, srnn_context *context,
                            srnn_tape *tape, trained *r);
srnn_status training_go_back(const training *t, srnn_context *context,
                             const srnn_tape *tape, trained *r,
                             srnn_accumulation accumulation);

/* Both, with a context and a tape of their own: what others are compared with.
 */
trained training_run(const training *t);

/* The same with these. */
trained training_run_with(const training *t, srnn_context *context,
                          srnn_tape *tape);

void trained_check(const char *label, const trained *got,
                   const trained *wanted);
void trained_check_kind(const char *label, const trained *got,
                        const trained *wanted, trained_kind kind);

/* The largest difference, relative to the largest wanted value. */
double trained_distance(const trained *got, const trained *wanted,
                        trained_kind kind);

#endif
