/* SPDX-License-Identifier: MIT */
/* One Philox counter for four features. */
#include "pointwise/dropout.h"

#include <math.h>

#include "simd/real.h"
#include "util/philox.h"

void SRNN_REAL_NAME(srnn_dropout__drop)(const srnn_dropout *dropout,
                                        srnn_dropout_place place, void *to,
                                        const void *from, int64_t features)
{
    const int64_t threshold = llround(dropout->p * 0x1p32);
    /* Nothing is kept of p = 1, and 1 / 0 could trap. */
    const real scale = dropout->p < 1 ? (real)(1 / (1 - dropout->p)) : 0;
    for (int64_t k = 0; k < features; k += 4) {
        const srnn_philox_words counter = {
            {(uint32_t)(k / 4), (uint32_t)place.step, (uint32_t)place.row,
             (uint32_t)place.layer}};
        const srnn_philox_words words = srnn_philox__at(counter, dropout->seed);
        for (int64_t i = 0; i < 4 && k + i < features; i++)
            ((real *)to)[k + i] = words.of[i] >= threshold
                                      ? ((const real *)from)[k + i] * scale
                                      : 0;
    }
}
