/* SPDX-License-Identifier: MIT */
/* The rnn of a safetensors file. */
#ifndef SRNN_CLI_MODEL_H
#define SRNN_CLI_MODEL_H

#include "options.h"

typedef struct {
    srnn_weights *weights;
    srnn_config *config;
    srnn_rnn *rnn;
    char *prefix;
} command_model;

/* To be closed by the caller, also after a failure. Whoever only computes reads
 * no dropout, which would have no part in the result. */
command_result command_model_open(command_model *out,
                                  const command_options *options,
                                  bool reads_dropout);
void command_model_close(command_model *model);

/* An integer option of the rnn. */
int64_t command_model_get(const command_model *model, srnn_option option);

/* The number of features that the last layer gives, D*H. */
int64_t command_model_features(const command_model *model);

/* The number of all values of a parameter, and of all of them. */
int64_t command_model_size(const command_model *model, int64_t parameter);
int64_t command_model_count(const command_model *model);

/* The index of the tensor whose name is the two parts together, each of some
 * length; -1 if there is none. */
int64_t command_model_find_name(const srnn_weights *weights, const char *prefix,
                                size_t prefix_length, const char *name,
                                size_t length);

/* The index in the file of what a parameter was read from; -1 for a bias that
 * the file lacks. */
int64_t command_model_find(const command_model *model, int64_t parameter);

/* Are all values of the parameters finite? path is the file's. */
command_result command_model_check_values(const command_model *model,
                                          const char *path);

/* Where an option comes from: "option", "file" or "default". */
const char *command_model_origin(const command_model *model,
                                 srnn_option option);

enum { COMMAND_ORIGIN = COMMAND_QUOTED + 32 };

/* The same in words; those about a file name the key of metadata that are for
 * this rnn alone. key is the option's without the prefix. Returns buffer. */
const char *command_model_origin_text(char buffer[COMMAND_ORIGIN],
                                      const command_model *model,
                                      srnn_option option, const char *key);

/* Tells on stderr, in one line, which options were assumed that have a part in
 * the result; batch_first has none if the input has no batch. */
void command_model_tell_assumptions(const command_model *model, bool has_batch);

/* A context as the command line wants it, for the caller to destroy. */
command_result command_model_context(srnn_context **out,
                                     const command_model *model,
                                     const command_options *options);

#endif
