/* SPDX-License-Identifier: MIT */
/* What the names of the tensors under a prefix tell of the rnn in a file. */
#ifndef SRNN_IO_RNN_NAMES_H
#define SRNN_IO_RNN_NAMES_H

#include "io/weights.h"
#include "rnn/parameter.h"

typedef struct {
    const srnn_weights *weights;
    const char *prefix;
    srnn_options options;     /* of the rnn, as far as it is known */
    bool has_cell_names;      /* those of torch.nn.RNNCell */
    srnn_direction direction; /* that the names tell */
    int64_t found;            /* parameters under the prefix */
} srnn_rnn_names;

/* Sets num_layers, direction and bias, and dtype to the widest there is.
 * SRNN_ERROR_NOT_FOUND if no parameter is under the prefix; SRNN_ERROR_FORMAT
 * if anything else is, unless extra tensors are allowed. */
srnn_status srnn_rnn_names__take_names(srnn_rnn_names *rnn_names,
                                       bool allow_extra);

/* SRNN_ERROR_NOT_FOUND, naming a parameter, if one is missing. Of the biases of
 * a cell only one must be there. */
srnn_status srnn_rnn_names__check_complete(const srnn_rnn_names *rnn_names);

/* The tensor of a parameter, NULL if the file lacks it. */
const srnn_weights_entry *srnn_rnn_names__find(const srnn_rnn_names *rnn_names,
                                               srnn_parameter_id id);

#endif
