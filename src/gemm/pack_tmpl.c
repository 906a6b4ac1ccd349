/* SPDX-License-Identifier: MIT */
/* Packs a weight once, for every later product. */
#include "gemm/pack.h"
#include "tensor/real.h"

enum { LINE = SRNN_LINE_BYTES / sizeof(real), PANEL = SRNN_PANEL_LINES * LINE };

/* w[n..n+columns)[k] side by side for each k; to is zero where W ends. */
static void pack_panel(real *to, srnn_matrix w, int64_t n, int64_t width)
{
    const int64_t left = w.rows - n;
    const int64_t columns = left < width ? left : width;
    for (int64_t j = 0; j < columns; j++) {
        const real *const row = (const real *)w.data + (n + j) * w.stride;
        for (int64_t k = 0; k < w.columns; k++)
            to[k * width + j] = row[k];
    }
}

void SRNN_REAL_NAME(srnn_pack__weight)(void *packed, srnn_matrix w)
{
    for (int64_t n = 0; n < w.rows; n += PANEL) {
        const int64_t lines = (w.rows - n + LINE - 1) / LINE;
        pack_panel((real *)packed + n * w.columns, w, n,
                   lines < SRNN_PANEL_LINES ? lines * LINE : PANEL);
    }
}
