/* SPDX-License-Identifier: MIT */
/* Dropout between the layers of an rnn: which elements it keeps.
 *
 * Dropout acts on the outputs of every layer except the last one. It never acts
 * on states, so the next step of the same layer and h_n get the values that
 * were not dropped. The element with the index `feature` (0 to D*H-1, forward
 * half first) of the output of layer `layer` (0-based) at step t of a row is
 * decided by one random word w of 32 bits:
 *
 *     counter = {feature / 4, step, row, layer}
 *     key     = {low 32 bits of the seed, high 32 bits of the seed}
 *     w       = Philox4x32-10(counter, key)[feature % 4]
 *     kept    = w >= threshold
 *
 * step is the number of the step in the sequence, the same in both directions:
 * the first step of the recording plus t. row is the number of the row among
 * all rows that train together: the first row of the recording plus its index
 * in the batch. Each word of the counter takes the low 32 bits.
 * Where p is the probability of dropping an element,
 *
 *     threshold = p * 2^32, rounded to the nearest integer, halves up
 *     scale     = 1 / (1 - p), computed in double and rounded to the dtype
 *
 * so p = 0 keeps all, and p = 1 (a threshold of 2^32) drops all. A kept value
 * is multiplied by scale (one rounding); a dropped value becomes +0.
 *
 * Philox: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random
 * numbers: as easy as 1, 2, 3", SC 2011. */
#ifndef TESTS_SUPPORT_REFERENCE_DROPOUT_H
#define TESTS_SUPPORT_REFERENCE_DROPOUT_H

#include <stdint.h>

#include "simplernn.h"

/* Philox4x32-10. */
void reference_philox(const uint32_t counter[4], const uint32_t key[2],
                      uint32_t out[4]);

typedef struct {
    double p; /* 0 to 1 */
    uint64_t seed;
    int64_t first_row;
    int64_t first_step;
} reference_dropout;

/* The value of one element after dropout. The gradient of the value before
 * dropout follows from the gradient of the value after it in the same way. */
double reference_drop(const reference_dropout *dropout, srnn_dtype dtype,
                      double value, int64_t layer, int64_t t, int64_t b,
                      int64_t feature);

#endif
