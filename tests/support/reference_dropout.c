/* SPDX-License-Identifier: MIT */
#include "support/reference_dropout.h"

#include <math.h>

#include "support/reference_cell.h"

/* The round of the paper, with its constants. */
static void do_round(uint32_t c[4], const uint32_t key[2])
{
    const uint64_t first = UINT64_C(0xD2511F53) * c[0];
    const uint64_t second = UINT64_C(0xCD9E8D57) * c[2];
    c[0] = (uint32_t)(second >> 32) ^ c[1] ^ key[0];
    c[2] = (uint32_t)(first >> 32) ^ c[3] ^ key[1];
    c[1] = (uint32_t)second;
    c[3] = (uint32_t)first;
}

void reference_philox(const uint32_t counter[4], const uint32_t key[2],
                      uint32_t out[4])
{
    uint32_t k[2] = {key[0], key[1]};
    for (int i = 0; i < 4; i++)
        out[i] = counter[i];
    for (int round = 0; round < 10; round++) {
        do_round(out, k);
        k[0] += UINT32_C(0x9E3779B9);
        k[1] += UINT32_C(0xBB67AE85);
    }
}

double reference_drop(const reference_dropout *dropout, srnn_dtype dtype,
                      double value, int64_t layer, int64_t t, int64_t b,
                      int64_t feature)
{
    const uint32_t counter[4] = {
        (uint32_t)(feature / 4), (uint32_t)(uint64_t)(dropout->first_step + t),
        (uint32_t)(uint64_t)(dropout->first_row + b), (uint32_t)layer};
    const uint32_t key[2] = {(uint32_t)dropout->seed,
                             (uint32_t)(dropout->seed >> 32)};
    uint32_t words[4];
    reference_philox(counter, key, words);
    const int64_t threshold = llround(dropout->p * 4294967296.0);
    const double scale = reference_rounded(dtype, 1 / (1 - dropout->p));
    return words[feature % 4] >= threshold
               ? reference_rounded(dtype, value * scale)
               : 0;
}
