/* SPDX-License-Identifier: MIT */
/* MT19937 and torch's way from its words to uniform reals: the low 24 bits of
 * one word for float32, the low 53 bits of two (high word first) for float64,
 * then x * (to - from) + from in the dtype itself, which torch's builds for
 * CPUs with FMA round once. */
#include "rnn/uniform.h"

#include <math.h>

#include "tensor/dtype.h"

enum { WORDS = SRNN_UNIFORM_WORDS, SHIFT = 397 };

void srnn_uniform__seed(srnn_uniform *generator, uint64_t seed)
{
    uint32_t *const state = generator->state;
    state[0] = (uint32_t)seed;
    for (uint32_t i = 1; i < WORDS; i++)
        state[i] = 1812433253u * (state[i - 1] ^ state[i - 1] >> 30) + i;
    generator->next = WORDS;
}

static uint32_t twist(uint32_t high, uint32_t low, uint32_t far)
{
    const uint32_t mixed = (high & 0x80000000u) | (low & 0x7fffffffu);
    return far ^ mixed >> 1 ^ ((low & 1u) != 0 ? 0x9908b0dfu : 0u);
}

static void refill(srnn_uniform *generator)
{
    uint32_t *const state = generator->state;
    for (int i = 0; i < WORDS; i++)
        state[i] =
            twist(state[i], state[(i + 1) % WORDS], state[(i + SHIFT) % WORDS]);
    generator->next = 0;
}

static uint32_t next_word(srnn_uniform *generator)
{
    if (generator->next == WORDS)
        refill(generator);
    uint32_t word = generator->state[generator->next++];
    word ^= word >> 11;
    word ^= word << 7 & 0x9d2c5680u;
    word ^= word << 15 & 0xefc60000u;
    return word ^ word >> 18;
}

static float next_float(srnn_uniform *generator, float from, float to)
{
    const float x = (float)(next_word(generator) & 0xffffffu) * 0x1p-24f;
    return fmaf(x, to - from, from);
}

static double next_double(srnn_uniform *generator, double from, double to)
{
    const uint64_t high = next_word(generator);
    const uint64_t word = high << 32 | next_word(generator);
    const double x = (double)(word & 0x1fffffffffffffu) * 0x1p-53;
    return fma(x, to - from, from);
}

static void fill_f32(srnn_uniform *generator, void *values, int64_t count,
                     double bound)
{
    for (int64_t i = 0; i < count; i++)
        ((float *)values)[i] =
            next_float(generator, (float)-bound, (float)bound);
}

static void fill_f64(srnn_uniform *generator, void *values, int64_t count,
                     double bound)
{
    for (int64_t i = 0; i < count; i++)
        ((double *)values)[i] = next_double(generator, -bound, bound);
}

void srnn_uniform__fill(srnn_uniform *generator, void *values, srnn_dtype dtype,
                        int64_t count, double bound)
{
    SRNN_FOR_DTYPE(dtype, fill)(generator, values, count, bound);
}
