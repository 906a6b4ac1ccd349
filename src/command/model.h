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

/* Where something comes from that metadata may say, given its key and what the
 * command line says, if not 0: "option", "file" or "default"; and in words. */
const char *command_model_origin(const command_model *model, const char *key,
                                 int32_t option);
const char *command_model_origin_text(const command_model *model,
                                      const char *key, int32_t option);

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
