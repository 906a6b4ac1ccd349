/* SPDX-License-Identifier: MIT */
/* One block of memory: both arrays of weights, then what they point to. */
#include "stack/transposed.h"

#include "util/error.h"
#include "util/memory.h"

/* One weight W [H,K] of the rnn as V = W^T. weight is NULL while measuring. */
static void take(srnn_gemm_weight *weight, srnn_arena *arena,
                 const srnn_gemm_weight *of, srnn_dtype dtype)
{
    const srnn_matrix w = of->matrix;
    void *const packed =
        srnn_arena__take_matrix(arena, srnn_pack__padded(w.columns, dtype),
                                w.rows, srnn_dtype__size(dtype));
    if (weight == NULL)
        return;
    *weight =
        (srnn_gemm_weight){.matrix = {w.data, w.columns, w.rows, w.stride},
                           .packed = packed,
                           .is_transposed = true};
}

static void lay_out(srnn_transposed *transposed, srnn_arena *arena,
                    const srnn_rnn *rnn)
{
    const int64_t cells = srnn_options__cells(&rnn->options);
    const srnn_dtype dtype = (srnn_dtype)rnn->options.dtype;
    transposed->ih = srnn_arena__take(arena, cells, sizeof(srnn_gemm_weight));
    transposed->hh = srnn_arena__take(arena, cells, sizeof(srnn_gemm_weight));
    for (int64_t i = 0; i < cells; i++) {
        take(transposed->hh == NULL ? NULL : transposed->ih + i, arena,
             &rnn->cells[i].weight_ih, dtype);
        take(transposed->hh == NULL ? NULL : transposed->hh + i, arena,
             &rnn->cells[i].weight_hh, dtype);
    }
}

srnn_status srnn_transposed__size(int64_t *out, const srnn_rnn *rnn)
{
    srnn_transposed none = {0};
    srnn_arena arena = {NULL, 0, 0, false};
    lay_out(&none, &arena, rnn);
    SRNN_TRY(srnn_arena__check(&arena, "the transposed weights"));
    *out = arena.used;
    return SRNN_OK;
}

srnn_status srnn_transposed__reserve(srnn_transposed *transposed,
                                     const srnn_rnn *rnn)
{
    int64_t bytes = 0;
    if (transposed->memory != NULL)
        return SRNN_OK;
    SRNN_TRY(srnn_transposed__size(&bytes, rnn));
    SRNN_TRY(srnn_memory__create(&transposed->memory, bytes));
    srnn_arena arena = {transposed->memory, bytes, 0, false};
    lay_out(transposed, &arena, rnn);
    transposed->version = 0; /* of no rnn */
    return SRNN_OK;
}

static void pack(const srnn_gemm_weight *weight, srnn_dtype dtype)
{
    const srnn_matrix v = weight->matrix;
    srnn_pack__transposed(weight->packed,
                          (srnn_matrix){v.data, v.columns, v.rows, v.stride},
                          dtype);
}

void srnn_transposed__update(srnn_transposed *transposed, const srnn_rnn *rnn)
{
    if (transposed->version == rnn->version)
        return;
    for (int64_t i = 0; i < srnn_options__cells(&rnn->options); i++) {
        pack(&transposed->ih[i], (srnn_dtype)rnn->options.dtype);
        pack(&transposed->hh[i], (srnn_dtype)rnn->options.dtype);
    }
    transposed->version = rnn->version;
}
