/* SPDX-License-Identifier: MIT */
/* What the compiled peers share beside their problem: the command line and the
 * line of JSON. */
#ifndef BENCH_PEERS_PEER_H
#define BENCH_PEERS_PEER_H

#include <stdbool.h>

#include "problem.h"
#include "timing.h"

typedef struct {
    bench_shape shape;
    peer_loss loss;
    int threads;
    bench_effort effort;
} peer_options;

/*     --shape T,B,I,H,L,D [--mode forward|train] [--loss all|last]
 *     [--threads N] [--seconds S] [--samples N]
 * False if they make no sense, which it has told on stderr. */
bool peer_parse(peer_options *out, int argc, char **argv);

/* False if the error is too large to be one of rounding, which it has told on
 * stderr. */
bool peer_is_right(double error);

/* blas is what makes the products; core_type is OpenBLAS's, or NULL. */
void peer_print(const char *library, const char *version, const char *blas,
                const char *core_type, const peer_options *options,
                const bench_times *times, double error);

#endif
