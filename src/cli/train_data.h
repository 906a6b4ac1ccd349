/* SPDX-License-Identifier: MIT */
/* The sequences and targets to train on. */
#ifndef SRNN_CLI_TRAIN_DATA_H
#define SRNN_CLI_TRAIN_DATA_H

#include "options.h"

typedef struct {
    srnn_tensor *input;   /* [T,N,I], or [N,T,I] if batch first */
    srnn_tensor *targets; /* int64 [N] or [T,N], or real [N,C] or [T,N,C] */
    srnn_tensor *lengths; /* int64 [N]; NULL: all steps */
    srnn_tensor *counted; /* uint8 [T,N]; NULL if all values count, or if the
                             targets are classes, which may be ignored */
    bool is_batch_first;  /* then [N,T] is what [T,N] is above */
    bool has_classes;
    bool has_every_step; /* a target for each step, not for each sequence */
    int64_t sequences;   /* N */
    int64_t steps;       /* T */
    int64_t outputs;     /* C: classes from 0 to the largest, or values */
    uint64_t checksum;   /* of the numbers of all arrays */
} command_data;

enum { COMMAND_SHAPE = 192 }; /* 8 sizes of 20 digits */

/* "[20, 480, 2]". Returns buffer. */
const char *command_shape_text(char buffer[COMMAND_SHAPE],
                               const srnn_tensor *tensor);

/* dtype is that of the network. To be closed by the caller, also after a
 * failure. */
command_result command_data_open(command_data *out,
                                 const command_options *options,
                                 bool is_batch_first, srnn_dtype dtype);
void command_data_close(command_data *data);

/* Does a target of one of these sequences count? */
bool command_data_counts(const command_data *data, const int64_t *sequences,
                         int64_t count);

#endif
