/* SPDX-License-Identifier: MIT */
/* Dropout between layers: each element of a row is multiplied by 1/(1-p), or
 * becomes 0 with probability p. The gradient goes through the same function.
 * What is kept follows from the seed and the place of the element alone, so
 * masks need not be stored, and do not depend on threads:
 *
 *     word = philox({feature / 4, step, row, layer}, seed)[feature % 4]
 *     kept = word >= p * 2^32, rounded to the nearest integer */
#ifndef SRNN_POINTWISE_DROPOUT_H
#define SRNN_POINTWISE_DROPOUT_H

#include <stdint.h>

typedef struct {
    double p; /* 0 to 1 */
    uint64_t seed;
} srnn_dropout;

/* Where a row of features lies. */
typedef struct {
    int64_t layer; /* that makes it */
    int64_t step;  /* of the whole sequence */
    int64_t row;   /* of the whole batch */
} srnn_dropout_place;

/* to = the row after dropout; may be `from`. */
typedef void srnn_dropout_function(const srnn_dropout *dropout,
                                   srnn_dropout_place place, void *to,
                                   const void *from, int64_t features);
srnn_dropout_function srnn_dropout__drop_f32, srnn_dropout__drop_f64;

#endif
