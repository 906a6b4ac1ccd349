/* SPDX-License-Identifier: MIT */
/* One direction of one layer over time. Knows no depth; both directions of a
 * layer write the halves of one output by their strides. */
#ifndef SRNN_LAYER_LAYER_H
#define SRNN_LAYER_LAYER_H

#include <stdbool.h>

#include "cell/cell.h"
#include "util/team.h"

/* [T,B,features] in memory: neighbours in time and in the batch are strides
 * apart, features side by side. Time first and batch first differ only here. */
typedef struct {
    void *data;
    int64_t features;
    int64_t time_stride;
    int64_t batch_stride;
} srnn_sequence;

typedef struct {
    const srnn_cell_weights *cell;
    const srnn_cell_kernels *kernels;
    int64_t T;
    int64_t B;
    bool reverse;         /* from t = T-1 down to 0 */
    srnn_sequence input;  /* [T,B,I] */
    srnn_sequence output; /* [T,B,H]; overlaps nothing else here */
    bool is_projected;    /* the output holds the input products already */
    srnn_matrix h0;       /* [B,H] */
    srnn_matrix h_n;      /* [B,H]; may be h0; data NULL if not wanted */
    int64_t h_n_step;     /* the t it is the state after: the last to be run,
                             or an earlier one */
    /* Of the hidden state: all columns, or those of one thread, whose team
     * then has a barrier after every step. */
    int64_t first_column; /* a multiple of SRNN_GEMM_PANEL */
    int64_t columns;
    srnn_team *team; /* NULL alone */
    int64_t member;
} srnn_layer_pass;

/* Steps whose input product is made at once. */
int64_t srnn_layer__chunk_f32(int64_t B, int64_t hidden_size);
int64_t srnn_layer__chunk_f64(int64_t B, int64_t hidden_size);

/* The input products of all steps and columns, into the output. */
void srnn_layer__project_f32(const srnn_layer_pass *pass);
void srnn_layer__project_f64(const srnn_layer_pass *pass);

/* T and B at least 1. False if the team gave up on the way: member 0 has then
 * finished the pass alone, and goes on alone. */
bool srnn_layer__forward_f32(const srnn_layer_pass *pass);
bool srnn_layer__forward_f64(const srnn_layer_pass *pass);

#endif
