/* SPDX-License-Identifier: MIT */
/* The numbers in the activations, for activation_vector.h and for the scalar
 * oracle of the tests. tests/oracles/tanh_coefficients.py made the polynomials;
 * crossover is where the largest error of the two sides is smallest; adding
 * round_to_integer leaves no room for a fraction; from largest on tanh rounds
 * to 1.
 *
 * Measured largest errors against a more precise function, in units in the last
 * place. tanh: float32 0.987 over all inputs, float64 0.997 over 10^7. sigmoid:
 * float32 0.825 over all inputs, float64 1.000 over 5 * 10^6. tests/unit/
 * test_activation.c and test_sigmoid.c print them. */
#ifndef SRNN_POINTWISE_ACTIVATION_CONSTANTS_H
#define SRNN_POINTWISE_ACTIVATION_CONSTANTS_H

#include "simd/real.h"

#if SRNN_REAL_BITS == 32
static const real small[] = {3, 1.19999845f, -0.00570475565f, 0.000235032035f};
static const real exponential[] = {0.5f, 0.16666577f, 0.0416665547f,
                                   0.00836317307f, 0.00139261761f};
static const real log2_e_twice = 2.8853900817779268f;
static const real ln2_high = 0.69314718246459960938f;
static const real ln2_low = -1.9046542999577679e-9f;
static const real round_to_integer = 0x1.8p23f;
static const real crossover = 0.905f;
static const real largest = 9.1f;
/* For sigmoid: ln2_head has so few bits that its product with an exponent is
 * exact; from sigmoid_largest on e^-a rounds to 0. */
static const real log2_e = 1.4426950408889634f;
static const real ln2_head = 0.693145751953125f;
static const real ln2_tail = 1.42860682030941723212e-6f;
static const real sigmoid_largest = 104;
enum { FRACTION_BITS = 23, BIAS = 127 };
#else
static const real small[] = {3,
                             1.1999999999999992,
                             -0.0057142857142612626,
                             0.0002539682536610016,
                             -1.2203667409601357e-5,
                             5.9875943881916192e-7,
                             -2.9550742386071366e-8,
                             1.445139320217574e-9,
                             -6.0506457719210482e-11};
static const real exponential[] = {
    0.5000000000000001,    0.16666666666666667,   0.041666666666624162,
    0.0083333333333300644, 0.0013888888917196719, 0.00019841269863040545,
    2.4801521322368693e-5, 2.7557268480310026e-6, 2.7620075879983367e-7,
    2.5100375832561234e-8};
static const real log2_e_twice = 2.8853900817779268;
static const real ln2_high = 0.69314718055994528623;
static const real ln2_low = 2.3190468138462996e-17;
static const real round_to_integer = 0x1.8p52;
static const real crossover = 0.905;
static const real largest = 20;
static const real log2_e = 1.4426950408889634;
static const real ln2_head = 6.93147180369123816490e-01;
static const real ln2_tail = 1.90821492927058770002e-10;
static const real sigmoid_largest = 746;
enum { FRACTION_BITS = 52, BIAS = 1023 };
#endif

#endif
