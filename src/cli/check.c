/* SPDX-License-Identifier: MIT */
/* simplernn check: is a file the complete and sound file of a network? */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "element.h"
#include "model.h"
#include "verbs.h"

static const char help[] =
    "Tells whether a file holds exactly the parameters of one network: names,\n"
    "shapes and types are right, nothing is missing or too much under the\n"
    "prefix, and every value is finite. The exit code is 0 if so, else 1, and\n"
    "one line says what is wrong. The line also tells the options of the\n"
    "network that parameters do not show, and whether the file states them.\n"
    "It is no mistake if it does not, except with --strict.\n"
    "\n";

static double value_at(const command_model *model, int64_t parameter,
                       int64_t index)
{
    return command_element_get(
        srnn_rnn_parameter_data(model->rnn, parameter),
        (srnn_dtype)command_model_get(model, SRNN_OPTION_DTYPE), index);
}

static command_result check_values(const command_model *model,
                                   const command_options *options,
                                   int64_t parameter)
{
    char quoted[COMMAND_QUOTED];
    const int64_t size = command_model_size(model, parameter);
    for (int64_t i = 0; i < size; i++)
        if (!isfinite(value_at(model, parameter, i)))
            return command_fail(COMMAND_WRONG,
                                "%s: value %" PRId64 " of %" PRId64
                                " in %s is %f, expected a finite number",
                                command_quote(quoted, options->model), i, size,
                                srnn_rnn_parameter_name(model->rnn, parameter),
                                value_at(model, parameter, i));
    return COMMAND_OK;
}

static command_result check_parameters(const command_model *model,
                                       const command_options *options)
{
    for (int64_t i = 0; i < srnn_rnn_parameter_count(model->rnn); i++)
        COMMAND_TRY(check_values(model, options, i));
    return COMMAND_OK;
}

static int64_t count_found(const command_model *model)
{
    int64_t found = 0;
    for (int64_t i = 0; i < srnn_rnn_parameter_count(model->rnn); i++)
        found += command_model_find(model, i) >= 0;
    return found;
}

static void print_options(const command_model *model)
{
    char origin[COMMAND_ORIGIN];
    (void)printf(
        "nonlinearity %s (%s)",
        command_word_of(command_model_get(model, SRNN_OPTION_NONLINEARITY))
            .text,
        command_model_origin_text(origin, model, SRNN_OPTION_NONLINEARITY,
                                  "nonlinearity"));
    (void)printf(", batch_first %s (%s)",
                 command_model_get(model, SRNN_OPTION_BATCH_FIRST) != 0
                     ? "true"
                     : "false",
                 command_model_origin_text(
                     origin, model, SRNN_OPTION_BATCH_FIRST, "batch_first"));
    (void)printf(
        ", direction %s (%s)\n",
        command_word_of(command_model_get(model, SRNN_OPTION_DIRECTION)).text,
        command_model_origin_text(origin, model, SRNN_OPTION_DIRECTION,
                                  "direction"));
}

static void print(const command_model *model, const command_options *options)
{
    char file[COMMAND_QUOTED], prefix[COMMAND_QUOTED];
    const int64_t count = srnn_rnn_parameter_count(model->rnn);
    const int64_t found = count_found(model);
    const int64_t others = srnn_weights_count(model->weights) - found;
    (void)printf("%s: ok: %" PRId64 " parameters of %" PRId64
                 " finite values in all under the prefix %s, ",
                 command_quote(file, options->model), count,
                 command_model_count(model),
                 command_quote(prefix, model->prefix));
    if (found < count)
        (void)printf("with zeros for %" PRId64 " absent bias%s, ",
                     count - found, count - found == 1 ? "" : "es");
    (void)printf("%" PRId64 " other tensor%s; ", others,
                 others == 1 ? "" : "s");
    print_options(model);
}

static command_result run(const command_options *options)
{
    command_model model;
    command_result result = command_model_open(&model, options, true);
    if (result == COMMAND_OK)
        result = check_parameters(&model, options);
    if (result == COMMAND_OK)
        print(&model, options);
    command_model_close(&model);
    return result;
}

const command_verb command_check_model = {
    "check", "MODEL", 1, COMMAND_TAKES_MODEL, help, run};
