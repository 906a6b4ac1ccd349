/* SPDX-License-Identifier: MIT */
/* A network that reads one symbol a step, and gives a logit for each symbol
 * that may come next:
 *
 *     output = rnn(input)         [T,B,C] -> [T,B,H]
 *     logits = linear(output)     [T,B,H] -> [T,B,C]
 *
 * It is trained by truncated backpropagation through time: each
 * step reads one window of the text, and begins with the states in which the
 * window before it ended. No gradient goes back beyond the window. */
#ifndef CHAR_RNN_TRAINER_H
#define CHAR_RNN_TRAINER_H

#include "history.h"
#include "model.h"
#include "text.h"

typedef struct {
    const text *text;
    model model;
    srnn_tensor *input, *targets;   /* a window: [T,B,C], [T,B] */
    srnn_tensor *states;            /* carried from step to step, [L,B,H] */
    srnn_tensor *output, *d_output; /* [T,B,H] */
    srnn_tensor *logits;            /* [T,B,C]; the loss makes d_logits of it */
    history history;
} trainer;

/* A training that begins with random parameters. */
trainer trainer_begin(const text *t, int64_t layers, int64_t hidden,
                      uint64_t seed);

/* The training that a checkpoint holds. It must be one of the same text. */
trainer trainer_resume(const text *t, const char *path);

void trainer_destroy(trainer *t);

/* Makes a step, and returns the mean cross-entropy of its window. */
double trainer_step(trainer *t);

/* exp(mean cross-entropy) of the end of the text that is held out. A network
 * that guesses among N symbols has a perplexity of N. */
double trainer_perplexity(const trainer *t);

/* Writes a checkpoint. */
void trainer_save(const trainer *t, const char *path);

/* The byte of each symbol that a checkpoint knows: uint8 [C]. Free it with
 * srnn_tensor_destroy(). */
srnn_tensor *trainer_read_alphabet(const srnn_weights *checkpoint,
                                   int64_t symbols);

#endif
