/* SPDX-License-Identifier: MIT */
/* Philox4x32-10: four random words from a counter and a key, so that any thread
 * can make any of them. J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw,
 * "Parallel random numbers: as easy as 1, 2, 3", SC 2011. */
#ifndef SRNN_UTIL_PHILOX_H
#define SRNN_UTIL_PHILOX_H

#include <stdint.h>

typedef struct {
    uint32_t of[4];
} srnn_philox_words;

static inline srnn_philox_words srnn_philox__at(srnn_philox_words counter,
                                                uint64_t key)
{
    uint32_t *const c = counter.of;
    uint32_t low = (uint32_t)key;
    uint32_t high = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        const uint64_t first = UINT64_C(0xD2511F53) * c[0];
        const uint64_t second = UINT64_C(0xCD9E8D57) * c[2];
        c[0] = (uint32_t)(second >> 32) ^ c[1] ^ low;
        c[2] = (uint32_t)(first >> 32) ^ c[3] ^ high;
        c[1] = (uint32_t)second;
        c[3] = (uint32_t)first;
        low += UINT32_C(0x9E3779B9);
        high += UINT32_C(0xBB67AE85);
    }
    return counter;
}

#endif
