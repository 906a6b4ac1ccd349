/* SPDX-License-Identifier: MIT */
/* Bytes to read, once and in order: a file, a pipe or memory. */
#ifndef SRNN_CLI_SOURCE_H
#define SRNN_CLI_SOURCE_H

#include "failure.h"

typedef struct {
    char name[COMMAND_QUOTED]; /* quoted, for messages */
    int file;                  /* -1: memory */
    const unsigned char *bytes;
    int64_t left; /* of a regular file or memory; -1: nobody knows */
} command_source;

/* "-" is standard input. */
command_result command_source_open(command_source *out, const char *path);
void command_source_close(command_source *source);

/* size bytes; *got is smaller only where the source ends. */
command_result command_source_read(int64_t *got, command_source *source,
                                   void *target, int64_t size);

#endif
