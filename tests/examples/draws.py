# SPDX-License-Identifier: MIT
"""The random numbers of examples/support/random.h: number index of a key."""

import math

MASK = 2**64 - 1


def bits(key, index):
    """SplitMix64."""
    z = (key + (index + 1) * 0x9e3779b97f4a7c15) & MASK
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9 & MASK
    z = (z ^ z >> 27) * 0x94d049bb133111eb & MASK
    return z ^ z >> 31


def uniform(key, index):
    return (bits(key, index) >> 11) / 2**53


def integer(key, index, count):
    return int(uniform(key, index) * count)


def normal(key, index):
    return (math.sqrt(-2 * math.log(1 - uniform(key, 2 * index))) *
            math.cos(2 * math.pi * uniform(key, 2 * index + 1)))
