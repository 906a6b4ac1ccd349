/* SPDX-License-Identifier: MIT */
/* Random numbers without a state: each one is a function of a key and an index.
 * So a program that goes on from a checkpoint draws what it would have drawn,
 * and has nothing to save for it.
 *
 * The generator is SplitMix64 (G. L. Steele, D. Lea and C. H. Flood, "Fast
 * splittable pseudorandom number generators", 2014). random_bits(key, i) is the
 * number i of its sequence from the seed key.
 *
 * A key for a part of the work is a random number itself. For example,
 * random_bits(random_bits(seed, EPOCH), 3) is a key for epoch 3. */
#ifndef SUPPORT_RANDOM_H
#define SUPPORT_RANDOM_H

#include <stdint.h>

/* 64 random bits. */
uint64_t random_bits(uint64_t key, uint64_t index);

/* From 0 to below 1. */
double random_uniform(uint64_t key, uint64_t index);

/* With mean 0 and standard deviation 1. */
double random_normal(uint64_t key, uint64_t index);

/* From 0 to count - 1. */
int64_t random_integer(uint64_t key, uint64_t index, int64_t count);

/* The numbers from 0 to count - 1 in random order. */
void random_order(int64_t *order, int64_t count, uint64_t key);

#endif
