/* SPDX-License-Identifier: MIT */
/* What the command can do: one file each. */
#ifndef SRNN_CLI_VERBS_H
#define SRNN_CLI_VERBS_H

#include "options.h"

extern const command_verb command_bench;
extern const command_verb command_check_model;
extern const command_verb command_doctor;
extern const command_verb command_info;
extern const command_verb command_run;
extern const command_verb command_train;

#endif
