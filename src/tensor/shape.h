/* SPDX-License-Identifier: MIT */
/* What shape something should have, and the sentence that says so when it has
 * another. */
#ifndef SRNN_TENSOR_SHAPE_H
#define SRNN_TENSOR_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "simplernn/status.h"

enum { SRNN_ANY_SIZE = -1 };

typedef struct {
    const char *label; /* "num_layers*num_directions" */
    int64_t size;      /* or SRNN_ANY_SIZE */
} srnn_dimension;

bool srnn_shape__matches(int32_t rank, const int64_t *shape,
                         int32_t wanted_rank, const srnn_dimension *wanted);

/* For a shape that does not match. name: "h0"; owner: "a 2-layer rnn with
 * batch 2". Sets the text
 *     h0 is [1, 2, 2]; a 2-layer rnn with batch 2 needs [num_layers*
 *     num_directions=2, batch=2, hidden_size=2]: dimension 0 is 1, not 2
 * and returns SRNN_ERROR_SHAPE. */
srnn_status srnn_shape__fail(const char *name, int32_t rank,
                             const int64_t *shape, const char *owner,
                             int32_t wanted_rank, const srnn_dimension *wanted);

#endif
