/* SPDX-License-Identifier: MIT */
/* The random-dots task. Dots move at random, but some of them, the coherent
 * ones, move to the left or to the right together. After a delay, the subject
 * says to which side.
 *
 * In a trial, three inputs are given to the network at each step:
 *
 *     fixation   1 until the answer is due, then 0
 *     left       0.5 - coherence / 2 and noise, while there is a stimulus
 *     right      0.5 + coherence / 2 and noise, while there is a stimulus
 *
 * The two outputs, for left and for right, are to be 0 until the answer is due.
 * Then that of the right answer is to be 1. */
#ifndef DECISION_TRIAL_H
#define DECISION_TRIAL_H

#include <stdint.h>

#include <simplernn.h>

enum { /* steps; one stands for 20 ms */
       STEPS = 50,
       STIMULUS_BEGIN = 5,
       STIMULUS_END = 30,
       SHORTEST_DELAY = 5,
       LONGEST_DELAY = 15,
       GRACE = 2 /* of the answer, in which no error counts */
};
enum { FIXATION, LEFT_INPUT, RIGHT_INPUT, INPUTS };
enum { LEFT, RIGHT, OUTPUTS };
enum { COHERENCES = 5 };

/* Those of the experiments with monkeys, to either side. */
extern const double coherences[COHERENCES];

typedef struct {
    uint64_t key;     /* of its random numbers */
    double coherence; /* below 0 for dots that move to the left */
    int answer;       /* LEFT or RIGHT; at coherence 0 any of them */
    int64_t answer_begin;
} trial;

/* The trial that follows from a key, with a coherence to a random side. */
trial trial_create(uint64_t key, double coherence);

/* The trial that follows from a key, with one of the coherences. */
trial trial_draw(uint64_t key);

/* Writes a trial as row b of a batch: input [STEPS,B,INPUTS],
 * target [STEPS,B,OUTPUTS], and counted [STEPS,B], which is 0 in the grace. */
void trial_write(const trial *t, int64_t b, srnn_tensor *input,
                 srnn_tensor *target, srnn_tensor *counted);

/* How often an observer is right who adds up the whole stimulus without an
 * error. Nobody can do better. */
double ideal_accuracy(double coherence);

#endif
