/* SPDX-License-Identifier: MIT */
/* A file that takes the place of another, or of none, in one step. Between the
 * begin and the end of one, the thread must not be cancelled. */
#ifndef SRNN_IO_REPLACEMENT_H
#define SRNN_IO_REPLACEMENT_H

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "io/source.h"

typedef struct {
    const char *path; /* as given, for messages */
    int folder;       /* that the target lies in, which links may lead to */
    char target[NAME_MAX + 1];
    bool has_old;       /* there is a target */
    mode_t mode;        /* of it */
    char temporary[64]; /* beside it */
    int file;           /* to write to: the temporary one */
} srnn_replacement;

/* Finds the place of the target, which may be a regular file or none, and
 * keeps its folder open. SRNN_ERROR_IO, naming the path. */
srnn_status srnn_replacement__begin(srnn_replacement *out, const char *path);

/* Opens the target, as it is in that folder. */
srnn_status srnn_replacement__open_old(srnn_source *out,
                                       const srnn_replacement *replacement);

/* Creates the temporary file. SRNN_ERROR_IO; nothing is left then. */
srnn_status srnn_replacement__create(srnn_replacement *replacement);

/* Puts the file in its place, for good. After SRNN_ERROR_IO the old one is
 * there, or the new one if the text says so; nothing else is left. */
srnn_status srnn_replacement__commit(srnn_replacement *replacement);

/* Removes the temporary file. */
void srnn_replacement__abandon(srnn_replacement *replacement);

/* Lets go of the folder. */
void srnn_replacement__end(srnn_replacement *replacement);

#endif
