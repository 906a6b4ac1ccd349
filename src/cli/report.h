/* SPDX-License-Identifier: MIT */
/* What goes to standard output as text. */
#ifndef SRNN_CLI_REPORT_H
#define SRNN_CLI_REPORT_H

#include <jansson.h>

#include "failure.h"

/* Prints the object on one line and lets go of it; NULL stands for one that
 * there was no memory for. */
command_result command_report_json(json_t *object);

/* A string, or null if text is no UTF-8, as a file's name may be. NULL if there
 * is no memory. */
json_t *command_report_string(const char *text);

/* Were all writes to stdout good? To be asked once, at the end. */
command_result command_report_finish(void);

#endif
