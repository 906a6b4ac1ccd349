/* SPDX-License-Identifier: MIT */
/* The rnn of a safetensors file. */
#ifndef SRNN_COMMAND_MODEL_H
#define SRNN_COMMAND_MODEL_H

#include "options.h"

typedef struct {
    srnn_weights *weights;
    srnn_config *config;
    srnn_rnn *rnn;
    char *prefix;
} command_model;

/* To be closed by the caller, also after a failure. */
command_result command_model_open(command_model *out,
                                  const command_options *options);
void command_model_close(command_model *model);

/* An integer option of the rnn. */
int64_t command_model_get(const command_model *model, srnn_option option);

/* The number of all values of all parameters. */
command_result command_model_count(int64_t *out, const command_model *model);

/* Where the nonlinearity comes from: "option", "file" or "default". */
const char *command_model_origin(const command_model *model,
                                 const command_options *options);

/* A context with --threads, for the caller to destroy. */
command_result command_model_context(srnn_context **out,
                                     const command_model *model,
                                     const command_options *options);

/* The words of the library's enumerators. */
const char *command_dtype_name(int64_t dtype);
const char *command_nonlinearity_name(int64_t nonlinearity);
const char *command_gemm_name(int64_t gemm);
const char *command_isa_name(int64_t isa);
const char *command_schedule_name(int64_t schedule);

#endif
