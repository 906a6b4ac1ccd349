/* SPDX-License-Identifier: MIT */
/* What was measured while a network learned: its loss, and a score such as the
 * accuracy, each at some step. A checkpoint keeps it, so that the learning
 * curve of a training that was interrupted has no gap. */
#ifndef SUPPORT_HISTORY_H
#define SUPPORT_HISTORY_H

#include <stdint.h>

#include <simplernn.h>

#define HISTORY_NAME "history" /* of the tensor in a checkpoint */

/* Begins as {0}. */
typedef struct {
    int64_t count, capacity;
    double *step, *loss, *score;
} history;

void history_add(history *h, double step, double loss, double score);

/* All of it as a float64 tensor [3,count], to be saved under HISTORY_NAME; free
 * it with srnn_tensor_destroy(). */
srnn_tensor *history_tensor(const history *h);

/* Adds what a checkpoint has. */
void history_read(history *h, const srnn_weights *checkpoint);

/* Writes the learning curve as an SVG file: the loss above the score. The
 * labels say what they are, for example "loss" and "accuracy (%)". */
void history_plot(const history *h, const char *path, const char *title,
                  const char *loss_label, const char *score_label);

void history_free(history *h);

#endif
