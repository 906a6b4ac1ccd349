/* SPDX-License-Identifier: MIT */
/* What kind of object a handle is: the first member of each, so that a binding
 * that mixes two up gets an error. */
#ifndef SRNN_UTIL_HANDLE_H
#define SRNN_UTIL_HANDLE_H

#include <stdint.h>

/* Unlikely bit patterns; 0 is a destroyed handle. */
typedef enum {
    SRNN_HANDLE_TENSOR = 0x53524e01,
    SRNN_HANDLE_CONFIG = 0x53524e02,
    SRNN_HANDLE_CELL = 0x53524e03,
    SRNN_HANDLE_RNN = 0x53524e04,
    SRNN_HANDLE_CONTEXT = 0x53524e05,
    SRNN_HANDLE_WEIGHTS = 0x53524e06,
    SRNN_HANDLE_STREAM = 0x53524e07,
    SRNN_HANDLE_GRADIENTS = 0x53524e08,
    SRNN_HANDLE_TAPE = 0x53524e09,
    SRNN_HANDLE_LINEAR = 0x53524e0a,
    SRNN_HANDLE_OPTIMIZER = 0x53524e0b
} srnn_handle_kind;

typedef struct {
    uint32_t kind; /* srnn_handle_kind */
} srnn_handle;

#endif
