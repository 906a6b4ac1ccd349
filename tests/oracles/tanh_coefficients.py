#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Prints the polynomials of src/pointwise/activation_constants.h.

    pip install mpmath
    python tanh_coefficients.py

Both are interpolations at Chebyshev nodes, within a factor of 2 of minimax, of
a degree at which that is far below the rounding of the sums:

    small(s), s = x^2 in [0,0.82]:   tanh(x) = x - x s / small(s)
    exponential(r), |r| <= ln2 / 2:  e^r = 1 + r + r^2 exponential(r)
"""

import mpmath

mpmath.mp.dps = 60


def small(s):
    if s < mpmath.mpf(10) ** -25:
        return 3 + s * 6 / 5
    x = mpmath.sqrt(s)
    return x * s / (x - mpmath.tanh(x))


def exponential(r):
    if abs(r) < mpmath.mpf(10) ** -25:
        return mpmath.mpf(1) / 2 + r / 6
    return (mpmath.e**r - 1 - r) / r**2


def interpolate(function, low, high, degree):
    """Coefficients, the constant first."""
    count = degree + 1
    middle, half = (low + high) / 2, (high - low) / 2
    nodes = [middle + half * mpmath.cos(mpmath.pi * (2 * i + 1) / (2 * count))
             for i in range(count)]
    powers = mpmath.matrix(count, count)
    for i, node in enumerate(nodes):
        for j in range(count):
            powers[i, j] = node**j
    return list(mpmath.lu_solve(powers, mpmath.matrix([function(n)
                                                       for n in nodes])))


def error(function, coefficients, low, high):
    points = [low + (high - low) * i / 400 for i in range(401)]
    return max(abs(mpmath.polyval(coefficients[::-1], p) - function(p))
               for p in points)


def show(name, function, low, high, degree, digits):
    coefficients = interpolate(function, low, high, degree)
    print(f"{name}, degree {degree}, error "
          f"{mpmath.nstr(error(function, coefficients, low, high), 3)}")
    for c in coefficients:
        print("    " + mpmath.nstr(c, digits))


if __name__ == "__main__":
    bound = mpmath.log(2) / 2
    crossover = mpmath.mpf("0.905")
    for bits, digits, small_degree, exp_degree in [
            (24, 9, 3, 4), (53, 17, 8, 9)]:
        show("small", small, mpmath.mpf(0), crossover**2, small_degree, digits)
        show("exponential", exponential, -bound, bound, exp_degree, digits)
    print("2 log2(e)", mpmath.nstr(2 / mpmath.log(2), 17))
    for bits in 24, 53:
        high = mpmath.nstr(mpmath.log(2), 25)
        step = mpmath.mpf(2) ** -bits
        top = mpmath.nint(mpmath.log(2) / step) * step
        print(f"ln2 in {bits} bits", mpmath.nstr(top, 20), "and",
              mpmath.nstr(mpmath.log(2) - top, 17))
