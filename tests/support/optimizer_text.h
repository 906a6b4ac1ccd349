/* SPDX-License-Identifier: MIT */
/* An optimizer that a text describes, in words of golden/make_optimizers.py:
 * "SGD LEARNING_RATE=0.25 NESTEROV=1". */
#ifndef TESTS_SUPPORT_OPTIMIZER_TEXT_H
#define TESTS_SUPPORT_OPTIMIZER_TEXT_H

#include "simplernn.h"

srnn_optimizer *optimizer_from_text(const char *text);

/* Sets the options of the text, which begins with the word of a kind all the
 * same, for gradients, or NULL for all. */
void optimizer_set_text(srnn_optimizer *optimizer,
                        const srnn_gradients *gradients, const char *text);

#endif
