/* SPDX-License-Identifier: MIT */
/* The command line of an example, described by a table. */
#ifndef SUPPORT_OPTIONS_H
#define SUPPORT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

/* What is done with a file. OPTION_CHECKPOINT is written too, and may be the
 * one of OPTION_RESUME, which is read. */
typedef enum {
    OPTION_INPUT,
    OPTION_RESUME,
    OPTION_OUTPUT,
    OPTION_CHECKPOINT
} option_file;

/* --NAME VALUE. Exactly one of integer, real and text is not NULL. It points to
 * the default, and receives the value. */
typedef struct {
    const char *name;  /* without the dashes */
    const char *value; /* for the help: N, RATE, FILE */
    const char *help;
    int64_t *integer;
    double *real;
    const char **text;  /* the path of a file */
    double least, most; /* the range of a number, both ends included */
    option_file file;
    bool is_new; /* only for a new network, not for one of OPTION_RESUME */
} option;

/* A file that is read and may stand behind the options, once. */
typedef struct {
    const char *name; /* for the help; NULL if nothing may stand there */
    const char *path; /* the default */
} operand;

/* Reads the command line. It prints a help text and ends the program for
 * --help, and a message for anything else that is not expected, for example if
 * an output would replace another file of the command line.
 *
 * summary   says in one line what the program does
 * list      the options, count of them
 * returns   the path of the operand */
const char *options_read(int argc, char **argv, const char *summary,
                         operand last, const option *list, int count);

/* Ends the program with a message if an output cannot be written: better now
 * than after the work. */
void options_check_outputs(const option *list, int count);

#endif
