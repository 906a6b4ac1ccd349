/* SPDX-License-Identifier: MIT */
/* A handle of any kind, by its name. */
#ifndef TESTS_SUPPORT_ANY_HANDLE_H
#define TESTS_SUPPORT_ANY_HANDLE_H

#include "simplernn.h"

typedef union {
    void *any;
    srnn_tensor *tensor;
    srnn_config *config;
    srnn_cell *cell;
    srnn_rnn *rnn;
    srnn_context *context;
    srnn_weights *weights;
    srnn_stream *stream;
    srnn_gradients *gradients;
    srnn_tape *tape;
    srnn_linear *linear;
    srnn_optimizer *optimizer;
} any_handle;

#endif
