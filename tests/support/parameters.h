/* SPDX-License-Identifier: MIT */
/* The parameters of an rnn by their index, as tensors. */
#ifndef TESTS_SUPPORT_PARAMETERS_H
#define TESTS_SUPPORT_PARAMETERS_H

#include "simplernn.h"
#include "support/small_rnn.h"

/* A copy, for the caller to destroy. */
srnn_tensor *parameter_copy(const srnn_rnn *rnn, int64_t index);

void parameter_set(srnn_rnn *rnn, int64_t index, const srnn_tensor *value);

/* One gets the value of one of another rnn. */
void parameter_take(srnn_rnn *rnn, int64_t index, const srnn_rnn *from,
                    int64_t from_index);

enum { PARAMETERS_MOST = 24 };

/* Copies of all of them, in their order. */
typedef struct {
    srnn_tensor *values[PARAMETERS_MOST];
    int64_t count;
} parameters;

parameters parameters_copy(const srnn_rnn *rnn);
void parameters_free(parameters *p);

srnn_status parameters_set(srnn_rnn *rnn, const parameters *p);

/* The same by srnn_rnn_set_flat. */
srnn_status parameters_set_flat(srnn_rnn *rnn, const parameters *p);

/* By srnn_rnn_create_from_tensors, with the options that of has. */
srnn_rnn *parameters_create(const parameters *p, const small_rnn *of);

#endif
