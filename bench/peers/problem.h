/* SPDX-License-Identifier: MIT */
/* The values of a row for the compiled peers, and whether a peer has computed
 * what is asked of it. peer.py is the same for those in Python. */
#ifndef BENCH_PEERS_PROBLEM_H
#define BENCH_PEERS_PROBLEM_H

#include <stdbool.h>
#include <stdint.h>

#include "shape.h"

/* The parameters of one layer in one direction, in the shapes of torch. */
typedef struct {
    int64_t inputs;
    float *w_ih; /* [H,inputs] */
    float *w_hh; /* [H,H] */
    float *b_ih; /* [H] */
    float *b_hh; /* [H] */
} peer_cell;

/* Which loss the gradients are of. It says which gradient a training program
 * hands in. */
typedef enum {
    PEER_LOSS_NONE, /* forward only: h0 is zeros */
    PEER_LOSS_ALL,  /* of the output: d_output is drawn, d_h_n is zeros */
    PEER_LOSS_LAST  /* of h_n: d_h_n is drawn, d_output is zeros */
} peer_loss;

typedef struct {
    bench_shape shape;
    peer_loss loss;
    int64_t cell_count;
    peer_cell *cells; /* layer * D + direction */
    float *input;     /* [T,B,I] */
    float *h0;        /* [L*D,B,H] */
    float *d_output;  /* [T,B,D*H] */
    float *d_h_n;     /* [L*D,B,H] */
} peer_problem;

/* What a peer made of it, in the same shapes. */
typedef struct {
    float *output;
    float *d_input;
    float *d_h0;
    peer_cell *gradients;
} peer_results;

/* Only the last sequence of the batch has a loss at first, so that all
 * gradients are those of this sequence. NULL if there is no memory. */
peer_problem *peer_problem_create(const bench_shape *shape, peer_loss loss);
void peer_problem_destroy(peer_problem *problem);

/* Gives every sequence a loss, in the same memory. */
void peer_problem_fill_loss(peer_problem *problem);

/* Zeros, as large as the results; false if there is no memory. */
bool peer_results_create(peer_results *out, const peer_problem *problem);
void peer_results_destroy(peer_results *results, const peer_problem *problem);

/*
 * The largest error of the last sequence, against plain loops in double: of the
 * output, and of all gradients if there is a loss. Gradients are compared
 * relative to the largest entry of each. Infinity if there is no memory. To be
 * called before peer_problem_fill_loss().
 */
double peer_largest_error(const peer_problem *problem,
                          const peer_results *results);

#endif
