/* SPDX-License-Identifier: MIT */
/* From a linear layer to a file. */
#ifndef SRNN_IO_WRITE_LINEAR_H
#define SRNN_IO_WRITE_LINEAR_H

#include "linear/linear.h"

/* See srnn_linear_save. The prefix is valid. */
srnn_status srnn_linear__write_file(const char *path, const srnn_linear *linear,
                                    const char *prefix);

#endif
