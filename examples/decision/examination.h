/* SPDX-License-Identifier: MIT */
/* How well a network decides, by coherence. */
#ifndef DECISION_EXAMINATION_H
#define DECISION_EXAMINATION_H

#include <stdint.h>

#include "model.h"
#include "trial.h"

/* How often it decided for the right side, of count trials to each side. */
typedef struct {
    int64_t count;
    int64_t right[COHERENCES][OUTPUTS];
} examination;

/* Gives a network new trials, which follow from the key. */
examination examine(model *m, uint64_t key);

/* Prints the accuracy at each coherence, beside that of the ideal observer. */
void examination_print(const examination *e);

/* Writes the psychometric curve as an SVG file. */
void examination_plot(const examination *e, const char *path);

#endif
