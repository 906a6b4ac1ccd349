/* SPDX-License-Identifier: MIT */
/* The random numbers of torch.manual_seed on a CPU. They are part of what an
 * rnn is created with, so they cannot be any library's generator. */
#ifndef SRNN_RNN_UNIFORM_H
#define SRNN_RNN_UNIFORM_H

#include <stdint.h>

#include "simplernn/tensor.h"

enum { SRNN_UNIFORM_WORDS = 624 };

/* MT19937: M. Matsumoto and T. Nishimura, "Mersenne Twister", ACM TOMACS 8(1),
 * 1998. */
typedef struct {
    uint32_t state[SRNN_UNIFORM_WORDS];
    int next;
} srnn_uniform;

/* Only the low 32 bits of seed count, as in torch. */
void srnn_uniform__seed(srnn_uniform *generator, uint64_t seed);

/* values = count numbers of U(-bound, bound), each rounded as torch rounds. */
void srnn_uniform__fill(srnn_uniform *generator, void *values, srnn_dtype dtype,
                        int64_t count, double bound);

#endif
