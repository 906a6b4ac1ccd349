/* SPDX-License-Identifier: MIT */
/* The gradients of the parameters of a linear layer. */
#ifndef SRNN_LINEAR_SUMS_H
#define SRNN_LINEAR_SUMS_H

#include "linear/rows.h"
#include "util/team.h"

/* Gradients of parameters, the sums of d_output^T input. */
typedef struct {
    srnn_linear_rows d_output;
    srnn_linear_rows input;
    void *weight; /* their gradients; NULL: not wanted */
    void *bias;
    bool adds;
    srnn_outer_kernels kernels;
    int64_t members;
    unsigned char *scratch;
    int64_t scratch_bytes;
} srnn_linear_sums;

/* A job with such an argument, for all members or, without a team, one. */
void srnn_linear_sums__add(void *argument, srnn_team *team, int64_t member);

#endif
