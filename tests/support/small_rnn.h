/* SPDX-License-Identifier: MIT */
/* An rnn to save and to compare. */
#ifndef TESTS_SUPPORT_SMALL_RNN_H
#define TESTS_SUPPORT_SMALL_RNN_H

#include "simplernn.h"
#include "support/weights_file.h"

/* Zeros are the defaults of srnn_config. direction wins over D, which is 2 for
 * bidirectional. */
typedef struct {
    int64_t I, H, L, D;
    srnn_direction direction;
    srnn_dtype dtype;
    srnn_nonlinearity nonlinearity;
    bool no_bias, batch_first;
    double dropout;
    uint64_t seed;
} small_rnn;

srnn_rnn *small_rnn_create(const small_rnn *of);

/* Its options, except its sizes. */
srnn_config *small_rnn_config(const small_rnn *of);

/* A context of it with so many threads and a schedule. */
srnn_context *small_rnn_context(const srnn_rnn *rnn, int64_t threads,
                                srnn_schedule schedule);

/* All options, and all parameters bit for bit. */
void small_rnn_check_equal(const srnn_rnn *a, const srnn_rnn *b);

/* The bytes that srnn_rnn_save_callback gives. */
weights_file small_rnn_save(const srnn_rnn *rnn, const char *prefix);
weights_file small_rnn_save_with(const srnn_rnn *rnn, const char *prefix,
                                 const char *const *metadata);

/* The rnn in a file, opened with no config. */
srnn_rnn *small_rnn_load(const weights_file *file, const char *prefix);

/* Saves it and loads it: it comes back as it was, and what came back has the
 * same file. Returns how many blanks end the header, from 0 to 7. */
int small_rnn_check_round_trip(const srnn_rnn *rnn, const char *prefix);

#endif
