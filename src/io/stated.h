/* SPDX-License-Identifier: MIT */
/* The options that names and shapes do not tell: a file's metadata states each
 * in one of two words. */
#ifndef SRNN_IO_STATED_H
#define SRNN_IO_STATED_H

#include "simplernn/config.h"

typedef struct {
    srnn_option option;
    const char *key;
    const char *words[2];
    int64_t values[2];
} srnn_stated;

extern const srnn_stated srnn_stated__batch_first;
extern const srnn_stated srnn_stated__nonlinearity;

/* The word of a value, which is one of the two. */
const char *srnn_stated__word(const srnn_stated *stated, int64_t value);

#endif
