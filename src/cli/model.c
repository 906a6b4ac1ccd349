/* SPDX-License-Identifier: MIT */
/* Opens a model. Its prefix need not be given if the file holds one rnn. */
#include "model.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "element.h"
#include "names.h"

/* Behind its prefix, every rnn has the first of these that the file holds:
 * an rnn with a forward direction, one without, torch.nn.RNNCell. */
static const char *const first_parameters[] = {
    "weight_ih_l0", "weight_ih_l0_reverse", "weight_ih"};

enum { FIRST = sizeof first_parameters / sizeof *first_parameters };

/* Names are in byte order. */
int64_t command_model_find_name(const srnn_weights *weights, const char *prefix,
                                size_t prefix_length, const char *name,
                                size_t length)
{
    int64_t low = 0;
    int64_t high = srnn_weights_count(weights);
    while (low < high) {
        const int64_t middle = low + (high - low) / 2;
        const char *const at = srnn_weights_name(weights, middle);
        int order = strncmp(at, prefix, prefix_length);
        if (order == 0)
            order = strncmp(at + prefix_length, name, length);
        if (order == 0)
            order = at[prefix_length + length] != '\0';
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return -1;
}

/* Is it the first parameter of an rnn? What an optimizer keeps in a checkpoint
 * has the same names behind a prefix that nothing else may have. */
static bool begins_an_rnn(const srnn_weights *weights, const char *name,
                          size_t *prefix)
{
    static const char optimizer[] = "optimizer.";
    const size_t length = strlen(name);
    if (strncmp(name, optimizer, strlen(optimizer)) == 0)
        return false;
    for (int i = 0; i < FIRST; i++) {
        const size_t suffix = strlen(first_parameters[i]);
        if (length < suffix ||
            strcmp(name + length - suffix, first_parameters[i]) != 0)
            continue;
        *prefix = length - suffix;
        for (int earlier = 0; earlier < i; earlier++)
            if (command_model_find_name(weights, name, *prefix,
                                        first_parameters[earlier],
                                        strlen(first_parameters[earlier])) >= 0)
                return false;
        return true;
    }
    return false;
}

static command_result fail_several(const command_options *options,
                                   int64_t count, const char *a, const char *b)
{
    char quoted[COMMAND_QUOTED], first[COMMAND_QUOTED], second[COMMAND_QUOTED];
    return command_fail(
        COMMAND_WRONG,
        "%s: the file holds %" PRId64
        " networks, under the prefixes %s, %s%s; choose one with --prefix",
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
        if (!begins_an_rnn(out->weights, name, &length))
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
                                 const command_options *options,
                                 bool reads_dropout)
{
    const struct {
        srnn_option option;
        bool is_given;
        int64_t value;
    } rows[] = {
        {SRNN_OPTION_NONLINEARITY, options->nonlinearity != 0,
         options->nonlinearity},
        {SRNN_OPTION_DIRECTION, options->direction != 0, options->direction},
        {SRNN_OPTION_BATCH_FIRST, options->layout != 0,
         options->layout == COMMAND_BATCH_FIRST},
        {SRNN_OPTION_ALLOW_EXTRA, options->allows_extra, 1},
        {SRNN_OPTION_REQUIRE_STATED, options->is_strict, 1},
    };
    COMMAND_TRY(command_check(srnn_config_create(&out->config), NULL));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (rows[i].is_given)
            COMMAND_TRY(command_check(
                srnn_config_set_int(out->config, rows[i].option, rows[i].value),
                NULL));
    if (!reads_dropout)
        COMMAND_TRY(command_check(
            srnn_config_set_real(out->config, SRNN_OPTION_DROPOUT, 0), NULL));
    return COMMAND_OK;
}

/* The library's advice names what a C program has; this is what there is here.
 */
static const char *const words[][2] = {
    {"SRNN_OPTION_NONLINEARITY", "--nonlinearity"},
    {"SRNN_OPTION_BATCH_FIRST", "--batch-first or --time-first"},
    {"SRNN_OPTION_DIRECTION", "--direction"},
    {"SRNN_OPTION_ALLOW_EXTRA", "--allow-extra"},
    {"the config", "the command line"},
    {"; set SRNN_OPTION_DROPOUT to ignore it", ""},
};

enum { WORDS = sizeof words / sizeof *words, LONGEST_TEXT = 4096 };

/* The word that the text begins with; WORDS: none. */
static int find_word(const char *text)
{
    int i = 0;
    while (i < WORDS && strncmp(text, words[i][0], strlen(words[i][0])) != 0)
        i++;
    return i;
}

/* What is quoted comes from the file. */
static const char *translate(char text[LONGEST_TEXT], const char *from)
{
    bool is_quoted = false;
    size_t length = 0;
    text[0] = '\0';
    while (*from != '\0' && length < LONGEST_TEXT - 1) {
        const int i = is_quoted ? (int)WORDS : find_word(from);
        const int taken = i < WORDS ? (int)strlen(words[i][0]) : 1;
        is_quoted = is_quoted != (*from == '"');
        (void)snprintf(text + length, LONGEST_TEXT - length, "%.*s",
                       i < WORDS ? (int)strlen(words[i][1]) : 1,
                       i < WORDS ? words[i][1] : from);
        length += strlen(text + length);
        from += taken;
    }
    return text;
}

static command_result create_rnn(command_model *out, const char *quoted)
{
    char text[LONGEST_TEXT];
    const srnn_status status = srnn_rnn_create_from_weights(
        &out->rnn, out->weights, out->prefix, out->config);
    const command_result result = command_check(status, NULL);
    if (result == COMMAND_OK)
        return COMMAND_OK;
    return command_fail(result, "%s: %s", quoted,
                        translate(text, srnn_last_error()));
}

command_result command_model_open(command_model *out,
                                  const command_options *options,
                                  bool reads_dropout)
{
    char quoted[COMMAND_QUOTED];
    (void)command_quote(quoted, options->model);
    *out = (command_model){NULL, NULL, NULL, NULL};
    const srnn_status status = srnn_weights_open(&out->weights, options->model);
    /* The library names the file itself where that cannot be opened. */
    COMMAND_TRY(command_check(status, status == SRNN_ERROR_IO ? NULL : quoted));
    COMMAND_TRY(set_prefix(out, options));
    COMMAND_TRY(set_config(out, options, reads_dropout));
    return create_rnn(out, quoted);
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
    return srnn_rnn_get_int(&value, model->rnn, option) == SRNN_OK ? value : 0;
}

int64_t command_model_features(const command_model *model)
{
    const int64_t directions =
        command_model_get(model, SRNN_OPTION_DIRECTION) ==
                SRNN_DIRECTION_BIDIRECTIONAL
            ? 2
            : 1;
    return directions * command_model_get(model, SRNN_OPTION_HIDDEN_SIZE);
}

int64_t command_model_size(const command_model *model, int64_t parameter)
{
    const int32_t rank = srnn_rnn_parameter_rank(model->rnn, parameter);
    int64_t size = 1;
    for (int32_t i = 0; i < rank; i++)
        size *= srnn_rnn_parameter_shape(model->rnn, parameter)[i];
    return size;
}

int64_t command_model_count(const command_model *model)
{
    int64_t count = 0;
    for (int64_t i = 0; i < srnn_rnn_parameter_count(model->rnn); i++)
        count += command_model_size(model, i);
    return count;
}

/* A name of the file may lack the end of the rnn's: "_reverse", where metadata
 * or the command line state the direction, and "_l0" in a cell. */
int64_t command_model_find(const command_model *model, int64_t parameter)
{
    const char *const name = srnn_rnn_parameter_name(model->rnn, parameter);
    const size_t prefix = strlen(model->prefix);
    const bool is_reverse = command_model_get(model, SRNN_OPTION_DIRECTION) ==
                            SRNN_DIRECTION_REVERSE;
    const char *const ends[] = {name + strlen(name),
                                is_reverse ? strstr(name, "_reverse") : NULL,
                                strstr(name, "_l0")};
    int64_t found = -1;
    for (int i = 0; i < 3 && found < 0; i++)
        if (ends[i] != NULL)
            found =
                command_model_find_name(model->weights, model->prefix, prefix,
                                        name, (size_t)(ends[i] - name));
    return found;
}

/* A bias that the file lacks is 0. */
command_result command_model_check_values(const command_model *model,
                                          const char *path)
{
    const srnn_dtype dtype =
        (srnn_dtype)command_model_get(model, SRNN_OPTION_DTYPE);
    for (int64_t i = 0; i < srnn_rnn_parameter_count(model->rnn); i++) {
        const int64_t found = command_model_find(model, i);
        if (found >= 0)
            COMMAND_TRY(command_element_check(
                srnn_rnn_parameter_data(model->rnn, i), dtype,
                command_model_size(model, i), false, path,
                srnn_weights_name(model->weights, found)));
    }
    return COMMAND_OK;
}

const char *command_model_origin(const command_model *model, srnn_option option)
{
    switch (srnn_rnn_origin(model->rnn, option)) {
    case SRNN_ORIGIN_CALLER:
        return "option";
    case SRNN_ORIGIN_FILE:
        return "file";
    default:
        return "default";
    }
}

/* Do metadata speak of this rnn by its prefix? */
static bool find_own_key(char own[COMMAND_QUOTED], const command_model *model,
                         const char *key)
{
    const int length =
        snprintf(own, COMMAND_QUOTED, "%s%s", model->prefix, key);
    return *model->prefix != '\0' && length < COMMAND_QUOTED &&
           srnn_weights_metadata(model->weights, own) != NULL;
}

const char *command_model_origin_text(char buffer[COMMAND_ORIGIN],
                                      const command_model *model,
                                      srnn_option option, const char *key)
{
    char own[COMMAND_QUOTED], quoted[COMMAND_QUOTED];
    const char *text = "";
    switch (srnn_rnn_origin(model->rnn, option)) {
    case SRNN_ORIGIN_CALLER:
        text = "from the command line";
        break;
    case SRNN_ORIGIN_FILE:
        text = "from the file";
        break;
    default:
        text = "assumed, the file does not say";
        break;
    }
    const bool is_named =
        srnn_rnn_origin(model->rnn, option) == SRNN_ORIGIN_FILE &&
        find_own_key(own, model, key);
    (void)snprintf(buffer, COMMAND_ORIGIN, "%s%s%s", text, is_named ? ", " : "",
                   is_named ? command_quote(quoted, own) : "");
    return buffer;
}

static const char *layout_text(const command_model *model)
{
    return command_model_get(model, SRNN_OPTION_BATCH_FIRST) != 0
               ? "batch_first true"
               : "batch_first false";
}

void command_model_tell_assumptions(const command_model *model, bool has_batch)
{
    const bool nonlinearity =
        srnn_rnn_origin(model->rnn, SRNN_OPTION_NONLINEARITY) ==
        SRNN_ORIGIN_DEFAULT;
    const bool layout =
        has_batch && srnn_rnn_origin(model->rnn, SRNN_OPTION_BATCH_FIRST) ==
                         SRNN_ORIGIN_DEFAULT;
    const bool both = nonlinearity && layout;
    if (!nonlinearity && !layout)
        return;
    (void)fprintf(stderr,
                  "simplernn: %s%s%s%s%s assumed, because the file does not "
                  "say; set %s with %s%s%s, or use --strict to fail instead\n",
                  nonlinearity ? "nonlinearity " : "",
                  nonlinearity
                      ? command_word_of(
                            command_model_get(model, SRNN_OPTION_NONLINEARITY))
                            .text
                      : "",
                  both ? " and " : "", layout ? layout_text(model) : "",
                  both ? " were" : " was", both ? "them" : "it",
                  nonlinearity ? "--nonlinearity" : "", both ? " and " : "",
                  layout ? "--batch-first or --time-first" : "");
}

command_result command_model_context(srnn_context **out,
                                     const command_model *model,
                                     const command_options *options)
{
    COMMAND_TRY(command_check(srnn_context_create(out, model->rnn), NULL));
    if (options->flushes_subnormals)
        COMMAND_TRY(command_check(
            srnn_context_set_int(*out, SRNN_CONTEXT_FLUSH_SUBNORMALS, 1),
            NULL));
    if (options->threads == 0)
        return COMMAND_OK;
    return command_check(
        srnn_context_set_int(*out, SRNN_CONTEXT_NUM_THREADS, options->threads),
        NULL);
}
