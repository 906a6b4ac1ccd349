/* SPDX-License-Identifier: MIT */
/* Strings after K. Karplus and A. Strong, "Digital synthesis of plucked-string
 * and drum timbres", 1983: noise runs round in a delay line, and each round
 * makes it softer and smoother. */
#include "guitar.h"

#include <math.h>

#include "random.h"

enum { RATE = 44100, STRINGS = 6, FRETS = 13, MOST_PERIOD = 600 };

static const double open_strings[STRINGS] = {82.4,  110.0, 146.8,
                                             196.0, 246.9, 329.6}; /* Hz */
static const double decay = 0.996;
static const double loudness = 0.3;

typedef struct {
    double line[MOST_PERIOD];
    int period, place;
} string;

static void pluck(string *s, double frequency, double strength, uint64_t key)
{
    s->period = (int)(RATE / frequency);
    s->place = 0;
    for (int i = 0; i < s->period; i++)
        s->line[i] = strength * (2 * random_uniform(key, (uint64_t)i) - 1);
}

static double next_sample(string *s)
{
    const int next = (s->place + 1) % s->period;
    const double sample = s->line[s->place];
    s->line[s->place] = decay * (sample + s->line[next]) / 2;
    s->place = next;
    return sample;
}

/* Plucks about half of the strings, all with the same strength. */
static void strum(string *strings, uint64_t key)
{
    enum { STRENGTH, FIRST_STRING, NUMBERS = 3 };
    const double strength = pow(10, -random_uniform(key, STRENGTH));
    for (int i = 0; i < STRINGS; i++) {
        const uint64_t own = random_bits(key, FIRST_STRING + (uint64_t)i);
        if (random_integer(own, 0, 2) == 0)
            continue;
        const double fret = (double)random_integer(own, 1, FRETS);
        pluck(&strings[i], open_strings[i] * pow(2, fret / 12), strength,
              random_bits(own, 2));
    }
}

audio guitar_play(int seconds, uint64_t seed)
{
    string strings[STRINGS];
    const int beat = RATE / 3;
    audio a = audio_create((int64_t)seconds * RATE, RATE);
    for (int i = 0; i < STRINGS; i++)
        pluck(&strings[i], open_strings[i], 0, 0);
    for (int64_t t = 0; t < a.count; t++) {
        double sum = 0;
        if (t % beat == 0)
            strum(strings, random_bits(seed, (uint64_t)(t / beat)));
        for (int i = 0; i < STRINGS; i++)
            sum += next_sample(&strings[i]);
        a.samples[t] = (float)(loudness * sum);
    }
    return a;
}
