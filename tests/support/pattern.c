/* SPDX-License-Identifier: MIT */
#include "support/pattern.h"

uint32_t pattern_seed(const char *name)
{
    uint32_t hash = 2166136261u;
    for (; *name != '\0'; name++)
        hash = (hash ^ (unsigned char)*name) * 16777619u;
    return hash;
}

double pattern_value(uint32_t seed, int64_t index)
{
    uint32_t bits = seed + (uint32_t)index * 0x9e3779b9u;
    bits = (bits ^ bits >> 16) * 0x85ebca6bu;
    bits = (bits ^ bits >> 13) * 0xc2b2ae35u;
    bits ^= bits >> 16;
    return ((double)(bits >> 21) - 1024) / 1024;
}
