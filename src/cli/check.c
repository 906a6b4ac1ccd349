/* SPDX-License-Identifier: MIT */
/* simplernn check: is a file the complete and sound file of a network? */
#include <inttypes.h>
#include <stdio.h>

#include "model.h"
#include "names.h"
#include "verbs.h"

static const char help[] =
    "Checks that a file holds the parameters of one network: nothing is\n"
    "missing, nothing else is under the prefix, all names, shapes and types\n"
    "are right, and every value is finite. The exit status is 0 if all is\n"
    "right. Otherwise it is 1, and one line says what is wrong.\n"
    "\n"
    "The line for a correct file also shows the options that parameters do\n"
    "not show, and where each of them comes from. A file that does not state\n"
    "them is still correct, except with --strict.\n"
    "\n";

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
    (void)printf("%s: ok: %" PRId64 " parameters with %" PRId64
                 " values, all finite, under the prefix %s; ",
                 command_quote(file, options->model), count,
                 command_model_count(model),
                 command_quote(prefix, model->prefix));
    if (found < count)
        (void)printf("zeros for %" PRId64 " missing bias%s; ", count - found,
                     count - found == 1 ? "" : "es");
    (void)printf("%" PRId64 " other tensor%s; ", others,
                 others == 1 ? "" : "s");
    print_options(model);
}

static command_result run(const command_options *options)
{
    command_model model;
    command_result result = command_model_open(&model, options, true);
    if (result == COMMAND_OK)
        result = command_model_check_values(&model, options->model);
    if (result == COMMAND_OK)
        print(&model, options);
    command_model_close(&model);
    return result;
}

const command_verb command_check_model = {
    "check", "MODEL", 1, COMMAND_TAKES_MODEL, help, run};
