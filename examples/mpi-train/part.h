/* SPDX-License-Identifier: MIT */
/* What a part of the batch contributes to a step, and how parts are added.
 *
 * The sum of floating-point numbers depends on the order of the additions. Here
 * the order is a balanced tree over the shards of the batch:
 *
 *     ((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7))
 *
 * A rank has neighbouring shards, so it computes a subtree alone. Then ranks
 * exchange their sums in pairs: each rank first with its neighbour, then at
 * twice the distance, and so on (recursive doubling). Both of a pair add the
 * same two numbers, and a + b has the bits of b + a. So all ranks end with the
 * same bits, and these are the same for 1, 2, 4 or 8 ranks. */
#ifndef PART_H
#define PART_H

#include <stdint.h>

typedef struct {
    double loss;      /* a sum, not a mean */
    double count;     /* what it is a sum over */
    float gradient[]; /* [P] of the sum */
} part;

/* A part for P gradients; free it with free(). */
part *part_create(int64_t P);

/* to = to + from. */
void part_add(part *to, const part *from, int64_t P);

/* Adds the parts of all ranks, so that each rank has the sum. received is
 * memory for it. The number of ranks is a power of two. */
void part_add_all_ranks(part *own, part *received, int64_t P);

/* Prints how long a message between two ranks takes: alpha seconds, and beta
 * seconds for each byte. */
void part_measure_messages(void);

#endif
