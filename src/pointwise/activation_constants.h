/* SPDX-License-Identifier: MIT */
/* The numbers in the activations, for activation_vector.h and for the scalar
 * oracle of the tests. tests/oracles/tanh_coefficients.py made the polynomials;
 * crossover is where the largest error of the two sides is smallest; adding
 * round_to_integer leaves no room for a fraction; from largest on tanh rounds
 * to 1.
 *
 * Measured largest error against a more precise tanh, in units in the last
 * place: float32 0.932 over all inputs, float64 0.956 over 10^7 (tests/unit/
 * test_activation.c prints both). */
#ifndef SRNN_POINTWISE_ACTIVATION_CONSTANTS_H
#define SRNN_POINTWISE_ACTIVATION_CONSTANTS_H

#include "simd/real.h"

#if SRNN_REAL_BITS == 32
static const real third = -0.333333343f;
static const real small[] = {0.133333379f,    -0.0539661651f, 0.0218434147f,
                             -0.00873472602f, 0.0032592476f,  -0.000961148546f,
                             0.000153499996f};
static const real exponential[] = {0.5f, 0.16666577f, 0.0416665547f,
                                   0.00836317307f, 0.00139261761f};
static const real log2_e_twice = 2.8853900817779268f;
static const real ln2_high = 0.69314718246459960938f;
static const real ln2_low = -1.9046542999577679e-9f;
static const real round_to_integer = 0x1.8p23f;
static const real crossover = 0.95f;
static const real largest = 9.1f;
enum { FRACTION_BITS = 23, BIAS = 127 };
#else
static const real third = -0.33333333333333331;
static const real small[] = {
    0.13333333333332767,    -0.053968253967991666,   0.021869488530380417,
    -0.0088632354531617296, 0.0035921273530241672,   -0.0014558300625934236,
    0.00059000730135842285, -0.00023905844816822292, 9.6725721353973038e-5,
    -3.8885345291520313e-5, 1.5287192751041908e-5,   -5.6626152351490879e-6,
    1.8489266524430223e-6,  -4.8121817400724229e-7,  8.5638805044627266e-8,
    -7.5979392560769652e-9};
static const real exponential[] = {
    0.5000000000000001,    0.16666666666666667,   0.041666666666624162,
    0.0083333333333300644, 0.0013888888917196719, 0.00019841269863040545,
    2.4801521322368693e-5, 2.7557268480310026e-6, 2.7620075879983367e-7,
    2.5100375832561234e-8};
static const real log2_e_twice = 2.8853900817779268;
static const real ln2_high = 0.69314718055994528623;
static const real ln2_low = 2.3190468138462996e-17;
static const real round_to_integer = 0x1.8p52;
static const real crossover = 0.95;
static const real largest = 20;
enum { FRACTION_BITS = 52, BIAS = 1023 };
#endif

#endif
