/* SPDX-License-Identifier: MIT */
#include "trial.h"

#include <math.h>

#include "random.h"

/* What the random numbers of a trial are for. */
enum { COHERENCE, SIDE, DELAY, LEFT_NOISE, RIGHT_NOISE };

const double coherences[COHERENCES] = {0, 0.064, 0.128, 0.256, 0.512};

static const double noise =
    0.5; /* standard deviation, of each input and step */

trial trial_create(uint64_t key, double coherence)
{
    const int answer = (int)random_integer(key, SIDE, OUTPUTS);
    const int64_t delay =
        SHORTEST_DELAY +
        random_integer(key, DELAY, LONGEST_DELAY - SHORTEST_DELAY + 1);
    return (trial){.key = key,
                   .coherence = answer == RIGHT ? coherence : -coherence,
                   .answer = answer,
                   .answer_begin = STIMULUS_END + delay};
}

trial trial_draw(uint64_t key)
{
    return trial_create(key,
                        coherences[random_integer(key, COHERENCE, COHERENCES)]);
}

static void write_input(const trial *t, int64_t step, float *input)
{
    input[FIXATION] = step < t->answer_begin ? 1 : 0;
    input[LEFT_INPUT] = input[RIGHT_INPUT] = 0;
    if (step < STIMULUS_BEGIN || step >= STIMULUS_END)
        return;
    const uint64_t left = random_bits(t->key, LEFT_NOISE);
    const uint64_t right = random_bits(t->key, RIGHT_NOISE);
    const uint64_t i = (uint64_t)step;
    input[LEFT_INPUT] =
        (float)((1 - t->coherence) / 2 + noise * random_normal(left, i));
    input[RIGHT_INPUT] =
        (float)((1 + t->coherence) / 2 + noise * random_normal(right, i));
}

void trial_write(const trial *t, int64_t b, srnn_tensor *input,
                 srnn_tensor *target, srnn_tensor *counted)
{
    const int64_t batch = srnn_tensor_shape(input)[1];
    float(*const inputs)[INPUTS] = srnn_tensor_data(input);
    float(*const targets)[OUTPUTS] = srnn_tensor_data(target);
    uint8_t *const counts = srnn_tensor_data(counted);
    for (int64_t step = 0; step < STEPS; step++) {
        const int64_t row = step * batch + b;
        const int64_t waited = step - t->answer_begin;
        write_input(t, step, inputs[row]);
        targets[row][LEFT] = waited >= 0 && t->answer == LEFT ? 1 : 0;
        targets[row][RIGHT] = waited >= 0 && t->answer == RIGHT ? 1 : 0;
        counts[row] = waited < 0 || waited >= GRACE;
    }
}

/* The sum of right - left has a normal distribution. This is the chance that it
 * has the sign of the coherence. */
double ideal_accuracy(double coherence)
{
    const double steps = STIMULUS_END - STIMULUS_BEGIN;
    const double mean = steps * coherence;
    const double deviation = noise * sqrt(2 * steps);
    return erfc(-mean / deviation / sqrt(2)) / 2;
}
