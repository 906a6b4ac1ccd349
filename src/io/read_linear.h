/* SPDX-License-Identifier: MIT */
/* Reads a linear layer from the tensors of a file. */
#ifndef SRNN_IO_READ_LINEAR_H
#define SRNN_IO_READ_LINEAR_H

#include "io/weights.h"
#include "linear/linear.h"

/* See srnn_linear_create_from_weights. */
srnn_status srnn_linear__read(srnn_linear **out, const srnn_weights *weights,
                              const char *prefix);

#endif
