/* SPDX-License-Identifier: MIT */
#include "circuit.h"

#include <math.h>

static const double pi = 3.14159265358979323846;
static const double gain = 20;
static const double bias = 0.3; /* what makes the two halves differ */
static const double volume = 0.5;

/* A resistor and a capacitor: a low pass of the first order. */
typedef struct {
    double state, share;
} low_pass;

static low_pass low_pass_at(double frequency, int rate)
{
    return (low_pass){.share = 1 - exp(-2 * pi * frequency / rate)};
}

static double pass(low_pass *filter, double x)
{
    filter->state += filter->share * (x - filter->state);
    return filter->state;
}

audio circuit_play(const audio *dry)
{
    low_pass lows = low_pass_at(720, dry->rate);
    low_pass tone = low_pass_at(3000, dry->rate);
    audio wet = audio_create(dry->count, dry->rate);
    for (int64_t t = 0; t < dry->count; t++) {
        const double x = (double)dry->samples[t];
        const double driven = x + gain * (x - pass(&lows, x));
        const double clipped = tanh(driven + bias) - tanh(bias);
        wet.samples[t] = (float)(volume * pass(&tone, clipped));
    }
    return wet;
}
