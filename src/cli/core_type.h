/* SPDX-License-Identifier: MIT */
/* Does OpenBLAS make use of this machine? It chooses its kernels by what it
 * knows of processors: of newer ones, or of what a virtual machine shows, not
 * always enough. */
#ifndef SRNN_CLI_CORE_TYPE_H
#define SRNN_CLI_CORE_TYPE_H

#include "failure.h"

enum { COMMAND_ADVICE = 512 };

/* What is amiss and what to do about it, in one line; "" if nothing is, or if
 * OpenBLAS has not been chosen. Returns buffer. */
const char *command_core_type_advice(char buffer[COMMAND_ADVICE]);

#endif
