/* SPDX-License-Identifier: MIT */
/* How training shows what it does: a bar on a terminal, or a line every so
 * often; and a log for programs. */
#ifndef SRNN_CLI_TRAIN_PROGRESS_H
#define SRNN_CLI_TRAIN_PROGRESS_H

#include <stdio.h>

#include "train_state.h"

typedef struct {
    bool is_quiet;
    bool is_terminal;
    bool has_classes;
    int64_t epochs;
    int64_t batches;   /* of an epoch */
    int64_t sequences; /* of an epoch */
    int64_t first;     /* batches that an earlier command has done */
    double start;      /* this and the next two are times, in seconds */
    double epoch_start;
    double shown;
    FILE *log; /* NULL: none */
    const char *log_name;
    int log_error; /* the errno of the last failure; 0: none */
} command_progress;

/* To be closed by the caller, also after a failure. Lines are added to what a
 * log holds already. */
command_result command_progress_open(command_progress *out,
                                     const command_options *options,
                                     const command_state *state,
                                     int64_t sequences, bool has_classes);
void command_progress_close(command_progress *progress);

/* After it was closed: was every line of the log written? */
command_result command_progress_check_log(const command_progress *progress);

void command_progress_show_batch(command_progress *progress,
                                 const command_state *state);

/* After an epoch. Writes a line of the log. */
void command_progress_show_epoch(command_progress *progress,
                                 const command_state *state,
                                 double learning_rate);

/* "loss 0.0123, accuracy 99.2 %". Returns buffer. */
const char *command_progress_text(char buffer[COMMAND_QUOTED],
                                  const command_score *score, bool has_classes);

#endif
