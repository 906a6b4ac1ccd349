/* SPDX-License-Identifier: MIT */
/* The table of what packs weights, and what needs no kernel. */
#include "gemm/pack.h"

#include <string.h>

#define VARIANT(id, type, name, bytes, real, isa)                              \
    [SRNN_DTYPE_AT_##id] = srnn_pack__weight_##real##_##isa,
#define VARIANTS(id, isa, ...) [SRNN_ISA_AT_##id] = {SRNN_REALS(VARIANT, isa)},
static srnn_pack_function *const all[SRNN_ISA_COUNT][SRNN_DTYPE_COUNT] = {
    SRNN_BUILT_ISAS(VARIANTS, )};

srnn_pack_function *srnn_pack__find(srnn_isa isa, srnn_dtype dtype)
{
    return all[srnn_isa__at(isa)][srnn_dtype__real_at(dtype)];
}

void srnn_pack__transposed(void *packed, srnn_matrix w, srnn_dtype dtype)
{
    const int64_t size = srnn_dtype__size(dtype);
    const int64_t panel = (int64_t)SRNN_PANEL_LINES * SRNN_LINE_BYTES / size;
    const int64_t padded = srnn_pack__padded(w.columns, dtype);
    for (int64_t n = 0; n < w.columns; n += panel) {
        const int64_t width = srnn_integer__smaller(padded - n, panel);
        const int64_t columns = srnn_integer__smaller(w.columns - n, panel);
        unsigned char *to = (unsigned char *)packed + n * w.rows * size;
        const unsigned char *from = (const unsigned char *)w.data + n * size;
        for (int64_t k = 0; k < w.rows; k++) {
            memcpy(to, from, (size_t)(columns * size));
            to += width * size;
            from += w.stride * size;
        }
    }
}
