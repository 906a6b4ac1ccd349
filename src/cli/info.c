/* SPDX-License-Identifier: MIT */
/* simplernn info: what a file holds. */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "files.h"
#include "names.h"
#include "picture.h"
#include "report.h"
#include "verbs.h"

static const char help[] =
    "Shows the layers and parameters of a network, its options and where they\n"
    "come from, and the shapes of its input, h0, output and h_n.\n"
    "\n"
    "  --steps T --batch B    Set the sizes to show shapes for. Default: 100\n"
    "                         steps and a batch of 1.\n"
    "  --json                 Print one JSON object instead.\n"
    "  --draw                 Print a picture in characters instead: the\n"
    "                         network step by step, with all shapes.\n"
    "  --svg FILE             Write the picture to FILE as SVG, and print\n"
    "                         nothing. The file name - stands for standard\n"
    "                         output.\n";

typedef struct {
    const command_options *options;
    command_model model;
} report;

enum { TYPES = 4 }; /* F64, F32, F16 and BF16 */

/* The element types of the parameters in the file. Returns their number. */
static int find_types(const char *types[TYPES], const report *s)
{
    int count = 0;
    for (int64_t i = 0; i < srnn_rnn_parameter_count(s->model.rnn); i++) {
        const char *const type = srnn_weights_type(
            s->model.weights, command_model_find(&s->model, i));
        int at = 0;
        while (at < count && type != NULL && strcmp(types[at], type) != 0)
            at++;
        if (type != NULL && at == count) {
            assert(count < TYPES);
            types[count++] = type;
        }
    }
    return count;
}

static command_result print_table(const report *s)
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

/* "float32", or "float32 (F16 in the file)" where the file has another type. */
static void print_dtype(const report *s)
{
    const char *types[TYPES];
    const int count = find_types(types, s);
    const int64_t dtype = command_model_get(&s->model, SRNN_OPTION_DTYPE);
    const char *const own = dtype == SRNN_DTYPE_FLOAT64 ? "F64" : "F32";
    const bool is_own = count == 1 && strcmp(types[0], own) == 0;
    (void)printf("dtype: %s", command_word_of(dtype).text);
    for (int i = 0; i < count && !is_own; i++)
        (void)printf("%s%s", i == 0 ? " (" : ", ", types[i]);
    (void)puts(is_own ? "" : " in the file)");
}

static void print_option(const report *s, const char *key, srnn_option option,
                         const char *value)
{
    char buffer[COMMAND_ORIGIN];
    (void)printf("%s: %s (%s)\n", key, value,
                 command_model_origin_text(buffer, &s->model, option, key));
}

static double dropout(const report *s)
{
    double value = 0;
    return srnn_rnn_get_real(&value, s->model.rnn, SRNN_OPTION_DROPOUT) ==
                   SRNN_OK
               ? value
               : 0;
}

static void print_dropout(const report *s)
{
    char value[32];
    if (dropout(s) == 0)
        return;
    (void)snprintf(value, sizeof value, "%g", dropout(s));
    print_option(s, "dropout", SRNN_OPTION_DROPOUT, value);
}

static command_result print_text(const report *s)
{
    const command_model *const model = &s->model;
    char quoted[COMMAND_QUOTED];
    (void)printf("file: %s\n", command_quote(quoted, s->options->model));
    (void)printf("prefix: %s\n", command_quote(quoted, model->prefix));
    print_dtype(s);
    (void)printf("parameters: %" PRId64 "\n", command_model_count(model));
    print_option(
        s, "nonlinearity", SRNN_OPTION_NONLINEARITY,
        command_word_of(command_model_get(model, SRNN_OPTION_NONLINEARITY))
            .text);
    print_option(s, "batch_first", SRNN_OPTION_BATCH_FIRST,
                 command_model_get(model, SRNN_OPTION_BATCH_FIRST) != 0
                     ? "true"
                     : "false");
    print_option(
        s, "direction", SRNN_OPTION_DIRECTION,
        command_word_of(command_model_get(model, SRNN_OPTION_DIRECTION)).text);
    print_dropout(s);
    (void)puts("");
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

static json_t *shape_for(const report *s, srnn_role role)
{
    int64_t shape[3];
    return srnn_rnn_shape(shape, s->model.rnn, role, s->options->steps,
                          s->options->batch) == SRNN_OK
               ? shape_of(3, shape)
               : NULL;
}

static json_t *parameter(const report *s, int64_t i)
{
    const srnn_rnn *const rnn = s->model.rnn;
    return json_pack("{s:s, s:o, s:I}", "name", srnn_rnn_parameter_name(rnn, i),
                     "shape",
                     shape_of(srnn_rnn_parameter_rank(rnn, i),
                              srnn_rnn_parameter_shape(rnn, i)),
                     "count", (json_int_t)command_model_size(&s->model, i));
}

static json_t *parameters(const report *s)
{
    const int64_t count = srnn_rnn_parameter_count(s->model.rnn);
    json_t *const array = json_array();
    for (int64_t i = 0; i < count; i++)
        (void)json_array_append_new(array, parameter(s, i));
    return whole(array, count);
}

static json_t *file_types(const report *s)
{
    const char *types[TYPES];
    const int count = find_types(types, s);
    json_t *const array = json_array();
    for (int i = 0; i < count; i++)
        (void)json_array_append_new(array, json_string(types[i]));
    return whole(array, count);
}

static json_int_t integer(const report *s, srnn_option option)
{
    return (json_int_t)command_model_get(&s->model, option);
}

static json_t *shapes(const report *s)
{
    return json_pack(
        "{s:I, s:I, s:o, s:o, s:o, s:o}", "T", (json_int_t)s->options->steps,
        "B", (json_int_t)s->options->batch, "input",
        shape_for(s, SRNN_ROLE_INPUT), "h0", shape_for(s, SRNN_ROLE_HIDDEN),
        "output", shape_for(s, SRNN_ROLE_OUTPUT), "h_n",
        shape_for(s, SRNN_ROLE_HIDDEN));
}

static const char *origin(const report *s, srnn_option option)
{
    return command_model_origin(&s->model, option);
}

static command_result print_json(const report *s)
{
    return command_report_json(json_pack(
        "{s:o, s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:s, s:s, s:s, s:s, s:b, "
        "s:b, s:s, s:f, s:s, s:o, s:o}",
        "file", command_report_string(s->options->model), "prefix",
        s->model.prefix, "dtype",
        command_word_of(integer(s, SRNN_OPTION_DTYPE)).text, "file_types",
        file_types(s), "parameters", (json_int_t)command_model_count(&s->model),
        "input_size", integer(s, SRNN_OPTION_INPUT_SIZE), "hidden_size",
        integer(s, SRNN_OPTION_HIDDEN_SIZE), "num_layers",
        integer(s, SRNN_OPTION_NUM_LAYERS), "direction",
        command_word_of(integer(s, SRNN_OPTION_DIRECTION)).text,
        "direction_from", origin(s, SRNN_OPTION_DIRECTION), "nonlinearity",
        command_word_of(integer(s, SRNN_OPTION_NONLINEARITY)).text,
        "nonlinearity_from", origin(s, SRNN_OPTION_NONLINEARITY), "bias",
        (int)integer(s, SRNN_OPTION_BIAS), "batch_first",
        (int)integer(s, SRNN_OPTION_BATCH_FIRST), "batch_first_from",
        origin(s, SRNN_OPTION_BATCH_FIRST), "dropout", dropout(s),
        "dropout_from", origin(s, SRNN_OPTION_DROPOUT), "tensors",
        parameters(s), "shapes", shapes(s)));
}

static command_result print_picture(const report *s)
{
    command_picture picture;
    COMMAND_TRY(command_picture_make(&picture, &s->model, s->options->steps,
                                     s->options->batch));
    return s->options->draws ? command_picture_draw(stdout, &picture)
                             : command_picture_save(&picture, s->options->svg);
}

static command_result print(const report *s)
{
    if (s->options->draws || s->options->svg != NULL)
        return print_picture(s);
    return s->options->json ? print_json(s) : print_text(s);
}

static command_result check_options(const command_options *o)
{
    if (o->json + o->draws + (o->svg != NULL) > 1)
        return command_fail(COMMAND_MISUSE,
                            "--json, --draw and --svg each take the place of "
                            "what is printed; give one of them");
    if (o->svg == NULL)
        return COMMAND_OK;
    const bool standard = strcmp(o->svg, "-") == 0;
    if (command_files_clash(standard ? NULL : o->svg, o->model))
        return command_fail(COMMAND_MISUSE, "%s and MODEL are the same file",
                            standard ? "standard output" : "--svg");
    return COMMAND_OK;
}

static command_result run(const command_options *options)
{
    report s = {.options = options};
    COMMAND_TRY(check_options(options));
    command_result result = command_model_open(&s.model, options, true);
    if (result == COMMAND_OK)
        result = print(&s);
    command_model_close(&s.model);
    return result;
}

enum {
    TAKES = COMMAND_TAKES_MODEL | COMMAND_TAKES_JSON | COMMAND_TAKES_SIZES |
            COMMAND_TAKES_PICTURE
};

const command_verb command_info = {"info", "MODEL", 1, TAKES, help, run};
