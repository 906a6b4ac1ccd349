/* SPDX-License-Identifier: MIT */
/* The command line: a verb, its options and its operands. */
#ifndef SRNN_CLI_OPTIONS_H
#define SRNN_CLI_OPTIONS_H

#include <stdbool.h>

#include "failure.h"

/* What train takes alone. */
typedef struct {
    int64_t hidden_size; /* 0: not given; so for the next one */
    int64_t num_layers;
    double dropout; /* below 0: not given */
    bool is_bidirectional;
    int32_t optimizer;
    int32_t schedule;
    double learning_rate; /* below 0: the optimizer's default */
    double weight_decay;  /* below 0: the optimizer's default */
    double clip;          /* 0: no limit */
    int64_t seed;
    int64_t batch_size;
    int64_t epochs;
    double validation; /* a fraction of the sequences */
    int64_t patience;  /* 0: no early stop */
    const char *checkpoint;
    const char *resume;
    const char *log;
} command_training_options;

typedef struct {
    bool help;
    const char *model;
    const char *input;
    const char *targets;
    const char *prefix;   /* NULL: the file's only one */
    int32_t nonlinearity; /* 0: what the file says */
    int32_t direction;    /* 0: what the file says */
    int32_t layout;       /* COMMAND_BATCH_FIRST, ...; 0: what the file says */
    const char *h0;       /* NULL: zeros */
    const char *lengths;  /* NULL: all steps */
    const char *resets;   /* NULL: none */
    const char *fresh;    /* NULL: zeros */
    const char *output;   /* NULL: not given */
    const char *hidden;   /* NULL: not wanted */
    const char *svg;      /* NULL: not wanted */
    const char *head;     /* NULL: not given */
    int64_t threads;      /* 0: the library's default */
    int64_t steps;
    int64_t batch;
    command_training_options training;
    bool allows_extra;
    bool is_strict;
    bool flushes_subnormals;
    bool json;
    bool draws;
    bool quiet;
    bool last_step;
    bool classes;
} command_options;

enum { COMMAND_BATCH_FIRST = 1, COMMAND_TIME_FIRST };
enum { COMMAND_STEPS = 100, COMMAND_BATCH = 1 }; /* unless given */

/* How the learning rate changes from epoch to epoch. */
enum {
    COMMAND_SCHEDULE_CONSTANT = 1,
    COMMAND_SCHEDULE_COSINE,
    COMMAND_SCHEDULE_PLATEAU
};

/* "cosine", for example. */
const char *command_schedule_word(int32_t schedule);

/* Bits of command_verb.options. */
enum {
    COMMAND_TAKES_MODEL = 1 << 0, /* which network, and how to read it */
    COMMAND_TAKES_JSON = 1 << 1,
    COMMAND_TAKES_SIZES = 1 << 2,   /* --steps, --batch */
    COMMAND_TAKES_CONTEXT = 1 << 3, /* how to compute */
    COMMAND_TAKES_FILES = 1 << 4,   /* what run takes besides */
    COMMAND_TAKES_PICTURE = 1 << 5,
    COMMAND_TAKES_TRAINING = 1 << 6
};

/* Prints the help on COMMAND_TAKES_MODEL and COMMAND_TAKES_CONTEXT. */
void command_options_print_help(int bits);

typedef struct {
    const char *name;
    const char *operands; /* as usage shows them */
    int operand_count;
    int options;
    const char *help;
    command_result (*run)(const command_options *options);
} command_verb;

/* texts[0] is the verb itself. --help ends the search for mistakes. */
command_result command_options_parse(command_options *out,
                                     const command_verb *verb, int count,
                                     char **texts);

#endif
