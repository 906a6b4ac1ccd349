/* SPDX-License-Identifier: MIT */
#include "random.h"

#include <math.h>

uint64_t random_bits(uint64_t key, uint64_t index)
{
    uint64_t z = key + (index + 1) * UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double random_uniform(uint64_t key, uint64_t index)
{
    return (double)(random_bits(key, index) >> 11) * 0x1p-53;
}

/* The method of Box and Muller. 1 - u is never 0. */
double random_normal(uint64_t key, uint64_t index)
{
    const double pi = 3.14159265358979323846;
    const double radius = sqrt(-2 * log(1 - random_uniform(key, 2 * index)));
    return radius * cos(2 * pi * random_uniform(key, 2 * index + 1));
}

int64_t random_integer(uint64_t key, uint64_t index, int64_t count)
{
    return (int64_t)(random_uniform(key, index) * (double)count);
}

/* The shuffle of Fisher and Yates. */
void random_order(int64_t *order, int64_t count, uint64_t key)
{
    for (int64_t i = 0; i < count; i++) {
        const int64_t other = random_integer(key, (uint64_t)i, i + 1);
        order[i] = order[other];
        order[other] = i;
    }
}
