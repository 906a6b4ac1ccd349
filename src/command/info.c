/* SPDX-License-Identifier: MIT */
/* simplernn info: what a file holds. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "model.h"
#include "report.h"
#include "verbs.h"

static const char help[] =
    "Shows the layers and parameters of a network and the shapes of its "
    "input,\n"
    "h0, output and h_n.\n"
    "\n"
    "  --prefix P             of the parameters' names, \"encoder.rnn.\" say; "
    "may\n"
    "                         be left out if the file holds one network\n"
    "  --nonlinearity tanh|relu, --batch-first, --time-first\n"
    "                         what the network is, where the file does not say "
    "or\n"
    "                         says otherwise\n"
    "  --steps T --batch B    the sizes to show shapes for; 100 and 1 if not "
    "given\n"
    "  --json                 one JSON object instead\n"
    "  --help\n";

typedef struct {
    const command_options *options;
    command_model model;
    int64_t count;
} subject;

static command_result print_table(const subject *s)
{
    const command_options *const o = s->options;
    size_t length = 0;
    COMMAND_TRY(command_check(
        srnn_rnn_describe(NULL, 0, &length, s->model.rnn, o->steps, o->batch),
        NULL));
    char *const text = malloc(length + 1);
    if (text == NULL)
        return command_fail_memory();
    const srnn_status status = srnn_rnn_describe(
        text, length + 1, NULL, s->model.rnn, o->steps, o->batch);
    if (status == SRNN_OK)
        (void)fputs(text, stdout);
    free(text);
    return command_check(status, NULL);
}

static command_result print_text(const subject *s)
{
    char quoted[COMMAND_QUOTED];
    (void)printf("file: %s\n", command_quote(quoted, s->options->model));
    (void)printf("prefix: %s\n", command_quote(quoted, s->model.prefix));
    (void)printf("dtype: %s\n", command_dtype_name(command_model_get(
                                    &s->model, SRNN_OPTION_DTYPE)));
    (void)printf("parameters: %" PRId64 "\n", s->count);
    (void)printf("nonlinearity: %s (%s)\n",
                 command_nonlinearity_name(
                     command_model_get(&s->model, SRNN_OPTION_NONLINEARITY)),
                 command_model_origin_text(&s->model, "nonlinearity",
                                           s->options->nonlinearity));
    (void)printf("batch_first: %s (%s)\n\n",
                 command_model_get(&s->model, SRNN_OPTION_BATCH_FIRST) != 0
                     ? "true"
                     : "false",
                 command_model_origin_text(&s->model, "batch_first",
                                           s->options->layout));
    return print_table(s);
}

/* array, or NULL if there was no memory for something in it. */
static json_t *whole(json_t *array, int64_t size)
{
    if ((int64_t)json_array_size(array) == size)
        return array;
    json_decref(array);
    return NULL;
}

static json_t *shape_of(int32_t rank, const int64_t *shape)
{
    json_t *const array = json_array();
    for (int32_t i = 0; i < rank; i++)
        (void)json_array_append_new(array, json_integer(shape[i]));
    return whole(array, rank);
}

static json_t *shape_for(const subject *s, srnn_role role)
{
    int64_t shape[3] = {0};
    (void)srnn_rnn_shape(shape, s->model.rnn, role, s->options->steps,
                         s->options->batch);
    return shape_of(3, shape);
}

static json_t *parameter(const char *name, const srnn_tensor *values)
{
    return json_pack(
        "{s:s, s:o, s:I}", "name", name, "shape",
        shape_of(srnn_tensor_rank(values), srnn_tensor_shape(values)), "count",
        (json_int_t)srnn_tensor_size(values));
}

static json_t *parameters(const subject *s)
{
    const int64_t count = srnn_rnn_parameter_count(s->model.rnn);
    json_t *const array = json_array();
    for (int64_t i = 0; i < count; i++) {
        srnn_tensor *values = NULL;
        if (srnn_rnn_get_parameter_at(&values, s->model.rnn, i) != SRNN_OK)
            break;
        (void)json_array_append_new(
            array, parameter(srnn_rnn_parameter_name(s->model.rnn, i), values));
        srnn_tensor_destroy(values);
    }
    return whole(array, count);
}

static json_int_t integer(const subject *s, srnn_option option)
{
    return (json_int_t)command_model_get(&s->model, option);
}

static json_t *shapes(const subject *s)
{
    return json_pack(
        "{s:I, s:I, s:o, s:o, s:o, s:o}", "T", (json_int_t)s->options->steps,
        "B", (json_int_t)s->options->batch, "input",
        shape_for(s, SRNN_ROLE_INPUT), "h0", shape_for(s, SRNN_ROLE_HIDDEN),
        "output", shape_for(s, SRNN_ROLE_OUTPUT), "h_n",
        shape_for(s, SRNN_ROLE_HIDDEN));
}

static command_result print_json(const subject *s)
{
    return command_report_json(json_pack(
        "{s:o, s:s, s:s, s:I, s:I, s:I, s:I, s:b, s:s, s:s, s:b, s:b, s:s, "
        "s:o, s:o}",
        "file", command_report_string(s->options->model), "prefix",
        s->model.prefix, "dtype",
        command_dtype_name(integer(s, SRNN_OPTION_DTYPE)), "parameters",
        (json_int_t)s->count, "input_size", integer(s, SRNN_OPTION_INPUT_SIZE),
        "hidden_size", integer(s, SRNN_OPTION_HIDDEN_SIZE), "num_layers",
        integer(s, SRNN_OPTION_NUM_LAYERS), "bidirectional",
        (int)integer(s, SRNN_OPTION_BIDIRECTIONAL), "nonlinearity",
        command_nonlinearity_name(integer(s, SRNN_OPTION_NONLINEARITY)),
        "nonlinearity_from",
        command_model_origin(&s->model, "nonlinearity",
                             s->options->nonlinearity),
        "bias", (int)integer(s, SRNN_OPTION_BIAS), "batch_first",
        (int)integer(s, SRNN_OPTION_BATCH_FIRST), "batch_first_from",
        command_model_origin(&s->model, "batch_first", s->options->layout),
        "tensors", parameters(s), "shapes", shapes(s)));
}

static command_result run(const command_options *options)
{
    subject s = {.options = options};
    command_result result = command_model_open(&s.model, options);
    if (result == COMMAND_OK)
        result = command_model_count(&s.count, &s.model);
    if (result == COMMAND_OK)
        result = options->json ? print_json(&s) : print_text(&s);
    command_model_close(&s.model);
    return result;
}

const command_verb command_info = {"info",
                                   "MODEL",
                                   1,
                                   COMMAND_TAKES_PREFIX |
                                       COMMAND_TAKES_METADATA |
                                       COMMAND_TAKES_JSON | COMMAND_TAKES_SIZES,
                                   help,
                                   run};
