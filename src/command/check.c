/* SPDX-License-Identifier: MIT */
/* simplernn check: is a file the complete and sound file of a network? */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "element.h"
#include "model.h"
#include "verbs.h"

static const char help[] =
    "Says whether a file holds exactly the parameters of one network: names,\n"
    "shapes and types are right, nothing is missing or too much under the\n"
    "prefix, and every value is finite. The exit code is 0 if so, else 1, and\n"
    "one line says what is wrong. Whether it also says the nonlinearity and\n"
    "whether arrays are batch first is told, and is no mistake.\n"
    "\n"
    "  --prefix P             of the parameters' names, \"encoder.rnn.\" say; "
    "may\n"
    "                         be left out if the file holds one network\n"
    "  --help\n";

static double value_at(const srnn_tensor *tensor, int64_t index)
{
    const void *const data = srnn_tensor_data(tensor);
    return command_element_get(data, srnn_tensor_dtype(tensor), index);
}

static command_result check_values(const srnn_tensor *values,
                                   const command_options *options,
                                   const char *name)
{
    char quoted[COMMAND_QUOTED];
    const int64_t size = srnn_tensor_size(values);
    for (int64_t i = 0; i < size; i++)
        if (!isfinite(value_at(values, i)))
            return command_fail(COMMAND_WRONG,
                                "%s: value %" PRId64 " of %" PRId64
                                " in %s is %f, expected a finite number",
                                command_quote(quoted, options->model), i, size,
                                name, value_at(values, i));
    return COMMAND_OK;
}

static command_result check_parameters(const command_model *model,
                                       const command_options *options)
{
    for (int64_t i = 0; i < srnn_rnn_parameter_count(model->rnn); i++) {
        srnn_tensor *values = NULL;
        COMMAND_TRY(command_check(
            srnn_rnn_get_parameter_at(&values, model->rnn, i), NULL));
        const command_result result = check_values(
            values, options, srnn_rnn_parameter_name(model->rnn, i));
        srnn_tensor_destroy(values);
        COMMAND_TRY(result);
    }
    return COMMAND_OK;
}

static command_result print(const command_model *model,
                            const command_options *options)
{
    char file[COMMAND_QUOTED], prefix[COMMAND_QUOTED];
    int64_t values = 0;
    COMMAND_TRY(command_model_count(&values, model));
    const int64_t count = srnn_rnn_parameter_count(model->rnn);
    const int64_t others = srnn_weights_count(model->weights) - count;
    (void)printf(
        "%s: ok: %" PRId64 " parameters of %" PRId64
        " finite values in all under the prefix %s, %" PRId64
        " other tensor%s; nonlinearity %s (%s), batch_first %s (%s)\n",
        command_quote(file, options->model), count, values,
        command_quote(prefix, model->prefix), others, others == 1 ? "" : "s",
        command_nonlinearity_name(
            command_model_get(model, SRNN_OPTION_NONLINEARITY)),
        command_model_origin_text(model, "nonlinearity", 0),
        command_model_get(model, SRNN_OPTION_BATCH_FIRST) != 0 ? "true"
                                                               : "false",
        command_model_origin_text(model, "batch_first", 0));
    return COMMAND_OK;
}

static command_result run(const command_options *options)
{
    command_model model;
    command_result result = command_model_open(&model, options);
    if (result == COMMAND_OK)
        result = check_parameters(&model, options);
    if (result == COMMAND_OK)
        result = print(&model, options);
    command_model_close(&model);
    return result;
}

const command_verb command_check_model = {
    "check", "MODEL", 1, COMMAND_TAKES_PREFIX, help, run};
