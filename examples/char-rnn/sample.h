/* SPDX-License-Identifier: MIT */
/* Writes text with a network: each symbol that it chooses is its next input. */
#ifndef CHAR_RNN_SAMPLE_H
#define CHAR_RNN_SAMPLE_H

#include <stdint.h>

#include "model.h"

/* Prints count bytes. They follow from the weights, the alphabet and the key of
 * the random numbers. */
void sample_print(const model *m, const uint8_t *alphabet, int64_t count,
                  uint64_t key);

#endif
