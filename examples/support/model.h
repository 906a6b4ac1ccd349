/* SPDX-License-Identifier: MIT */
/* A network and what trains it: an rnn, a linear layer that reads its states,
 * and Adam for the parameters of both. */
#ifndef SUPPORT_MODEL_H
#define SUPPORT_MODEL_H

#include <stdint.h>

#include <simplernn.h>

enum { MODEL_RNN, MODEL_LINEAR, MODEL_PARTS };

typedef struct {
    srnn_rnn *rnn;
    srnn_linear *linear;
    srnn_context *context;
    srnn_tape *tape;
    srnn_gradients *gradients[MODEL_PARTS];
    srnn_optimizer *optimizer;
} model;

/* A model of an rnn and a linear layer, which belong to the model from then
 * on. */
model model_create(srnn_rnn *rnn, srnn_linear *linear);

/* The model of a checkpoint, with the state of its optimizer. */
model model_resume(const srnn_weights *checkpoint);

void model_destroy(model *m);

/* How many steps its optimizer has made. */
int64_t model_steps(const model *m);

/* Updates the parameters from their gradients, whose norm is limited first. */
void model_update(model *m, double largest_norm);

/* Saves the parameters without what only training needs. The names of those of
 * the rnn begin with "rnn.", those of the linear layer with "fc.". */
void model_save(const model *m, const char *path);

#endif
