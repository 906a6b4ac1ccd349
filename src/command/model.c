/* SPDX-License-Identifier: MIT */
/* Opens a model. Its prefix need not be given if the file holds one rnn. */
#include "model.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Every rnn has this parameter, behind its prefix. */
static const char first_parameter[] = "weight_ih_l0";

static bool ends_an_rnn(const char *name, size_t *prefix)
{
    const size_t length = strlen(name);
    const size_t suffix = sizeof first_parameter - 1;
    if (length < suffix || strcmp(name + length - suffix, first_parameter) != 0)
        return false;
    *prefix = length - suffix;
    return true;
}

static command_result fail_several(const command_options *options,
                                   int64_t count, const char *a, const char *b)
{
    char quoted[COMMAND_QUOTED], first[COMMAND_QUOTED], second[COMMAND_QUOTED];
    return command_fail(
        COMMAND_WRONG,
        "%s: the file holds %" PRId64 " rnns, under the prefixes %s, %s%s: "
        "choose one with --prefix",
        command_quote(quoted, options->model), count, command_quote(first, a),
        command_quote(second, b), count > 2 ? " and others" : "");
}

/* "" if the file has none: the library then says what is missing. */
static command_result find_prefix(command_model *out,
                                  const command_options *options)
{
    char *found[2] = {NULL, NULL};
    int64_t count = 0;
    size_t length = 0;
    for (int64_t i = 0; i < srnn_weights_count(out->weights); i++) {
        const char *const name = srnn_weights_name(out->weights, i);
        if (!ends_an_rnn(name, &length))
            continue;
        if (count < 2)
            found[count] = strndup(name, length);
        count++;
    }
    out->prefix = count > 0 ? found[0] : strdup("");
    command_result result = COMMAND_OK;
    if (out->prefix == NULL || (count > 1 && found[1] == NULL))
        result = command_fail_memory();
    else if (count > 1)
        result = fail_several(options, count, found[0], found[1]);
    free(found[1]);
    return result;
}

static command_result set_prefix(command_model *out,
                                 const command_options *options)
{
    if (options->prefix == NULL)
        return find_prefix(out, options);
    out->prefix = strdup(options->prefix);
    return out->prefix == NULL ? command_fail_memory() : COMMAND_OK;
}

static command_result set_config(command_model *out,
                                 const command_options *options)
{
    COMMAND_TRY(command_check(srnn_config_create(&out->config), NULL));
    if (options->nonlinearity != 0)
        COMMAND_TRY(command_check(srnn_config_set_int(out->config,
                                                      SRNN_OPTION_NONLINEARITY,
                                                      options->nonlinearity),
                                  NULL));
    if (options->layout != 0)
        COMMAND_TRY(command_check(
            srnn_config_set_int(out->config, SRNN_OPTION_BATCH_FIRST,
                                options->layout == COMMAND_BATCH_FIRST),
            NULL));
    return COMMAND_OK;
}

command_result command_model_open(command_model *out,
                                  const command_options *options)
{
    char quoted[COMMAND_QUOTED];
    (void)command_quote(quoted, options->model);
    *out = (command_model){NULL, NULL, NULL, NULL};
    const srnn_status status = srnn_weights_open(&out->weights, options->model);
    /* The library names the file itself where that cannot be opened. */
    COMMAND_TRY(command_check(status, status == SRNN_ERROR_IO ? NULL : quoted));
    COMMAND_TRY(set_prefix(out, options));
    COMMAND_TRY(set_config(out, options));
    return command_check(srnn_rnn_create_from_weights(&out->rnn, out->weights,
                                                      out->prefix, out->config),
                         quoted);
}

void command_model_close(command_model *model)
{
    srnn_rnn_destroy(model->rnn);
    srnn_config_destroy(model->config);
    srnn_weights_destroy(model->weights);
    free(model->prefix);
}

int64_t command_model_get(const command_model *model, srnn_option option)
{
    int64_t value = 0;
    (void)srnn_rnn_get_int(&value, model->rnn, option);
    return value;
}

command_result command_model_count(int64_t *out, const command_model *model)
{
    *out = 0;
    for (int64_t i = 0; i < srnn_rnn_parameter_count(model->rnn); i++) {
        srnn_tensor *values = NULL;
        COMMAND_TRY(command_check(
            srnn_rnn_get_parameter_at(&values, model->rnn, i), NULL));
        *out += srnn_tensor_size(values);
        srnn_tensor_destroy(values);
    }
    return COMMAND_OK;
}

const char *command_model_origin(const command_model *model, const char *key,
                                 int32_t option)
{
    if (option != 0)
        return "option";
    return srnn_weights_metadata(model->weights, key) != NULL ? "file"
                                                              : "default";
}

const char *command_model_origin_text(const command_model *model,
                                      const char *key, int32_t option)
{
    switch (*command_model_origin(model, key, option)) {
    case 'f':
        return "from the file";
    case 'o':
        return "from the command line";
    default:
        return "the file does not say";
    }
}

command_result command_model_context(srnn_context **out,
                                     const command_model *model,
                                     const command_options *options)
{
    COMMAND_TRY(command_check(srnn_context_create(out, model->rnn), NULL));
    if (options->threads == 0)
        return COMMAND_OK;
    return command_check(
        srnn_context_set_int(*out, SRNN_CONTEXT_NUM_THREADS, options->threads),
        NULL);
}
