/* SPDX-License-Identifier: MIT */
/* The transposes of an rnn's weights, packed: backward multiplies with them. A
 * context has them, as few contexts need them and each knows when they are
 * stale. */
#ifndef SRNN_STACK_TRANSPOSED_H
#define SRNN_STACK_TRANSPOSED_H

#include "rnn/rnn.h"

/* All zero: none. */
typedef struct {
    void *memory;
    uint64_t version;     /* of the parameters that were packed */
    srnn_gemm_weight *ih; /* [L*D]: [I,H], above layer 0 [D*H,H] */
    srnn_gemm_weight *hh; /* [L*D]: [H,H] */
} srnn_transposed;

/* Bytes of the memory; SRNN_ERROR_OVERFLOW. */
srnn_status srnn_transposed__size(int64_t *out, const srnn_rnn *rnn);

/* Memory for them, if there is none yet. */
srnn_status srnn_transposed__reserve(srnn_transposed *transposed,
                                     const srnn_rnn *rnn);

/* Packs them, unless they are those of the present parameters. */
void srnn_transposed__update(srnn_transposed *transposed, const srnn_rnn *rnn);

#endif
