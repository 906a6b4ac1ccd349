/* SPDX-License-Identifier: MIT */
/* From the tensors of a file to an rnn. */
#ifndef SRNN_IO_READ_RNN_H
#define SRNN_IO_READ_RNN_H

#include "io/weights.h"
#include "rnn/rnn.h"

/* See srnn_rnn_create_from_weights. Of wanted, the given options count. */
srnn_status srnn_rnn__read(srnn_rnn **out, const srnn_weights *weights,
                           const char *prefix, const srnn_options *wanted);

#endif
