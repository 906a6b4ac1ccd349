/* SPDX-License-Identifier: MIT */
/* One table of options, of which a verb takes some. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

enum {
    HELP = 'h',
    PREFIX = 256,
    NONLINEARITY,
    DIRECTION,
    ALLOW_EXTRA,
    STRICT,
    FLUSH_SUBNORMALS,
    JSON,
    STEPS,
    BATCH,
    THREADS,
    H0,
    LENGTHS,
    RESETS,
    FRESH,
    BATCH_FIRST,
    TIME_FIRST,
    OUTPUT,
    HIDDEN,
    QUIET,
    SVG,
    DRAW
};

enum { MAX_SIZE = 1000000000 };

static const struct {
    int bit; /* 0: every verb takes it */
    struct option option;
} table[] = {
    {0, {"help", no_argument, NULL, HELP}},
    {COMMAND_TAKES_MODEL, {"prefix", required_argument, NULL, PREFIX}},
    {COMMAND_TAKES_MODEL,
     {"nonlinearity", required_argument, NULL, NONLINEARITY}},
    {COMMAND_TAKES_MODEL, {"batch-first", no_argument, NULL, BATCH_FIRST}},
    {COMMAND_TAKES_MODEL, {"time-first", no_argument, NULL, TIME_FIRST}},
    {COMMAND_TAKES_MODEL, {"direction", required_argument, NULL, DIRECTION}},
    {COMMAND_TAKES_MODEL, {"allow-extra", no_argument, NULL, ALLOW_EXTRA}},
    {COMMAND_TAKES_MODEL, {"strict", no_argument, NULL, STRICT}},
    {COMMAND_TAKES_JSON, {"json", no_argument, NULL, JSON}},
    {COMMAND_TAKES_SIZES, {"steps", required_argument, NULL, STEPS}},
    {COMMAND_TAKES_SIZES, {"batch", required_argument, NULL, BATCH}},
    {COMMAND_TAKES_CONTEXT, {"threads", required_argument, NULL, THREADS}},
    {COMMAND_TAKES_CONTEXT,
     {"flush-subnormals", no_argument, NULL, FLUSH_SUBNORMALS}},
    {COMMAND_TAKES_FILES, {"h0", required_argument, NULL, H0}},
    {COMMAND_TAKES_FILES, {"lengths", required_argument, NULL, LENGTHS}},
    {COMMAND_TAKES_FILES, {"resets", required_argument, NULL, RESETS}},
    {COMMAND_TAKES_FILES, {"fresh", required_argument, NULL, FRESH}},
    {COMMAND_TAKES_FILES, {"output", required_argument, NULL, OUTPUT}},
    {COMMAND_TAKES_FILES, {"hidden", required_argument, NULL, HIDDEN}},
    {COMMAND_TAKES_FILES, {"quiet", no_argument, NULL, QUIET}},
    {COMMAND_TAKES_PICTURE, {"svg", required_argument, NULL, SVG}},
    {COMMAND_TAKES_PICTURE, {"draw", no_argument, NULL, DRAW}},
};

enum { OPTIONS = sizeof table / sizeof *table };

static const char help_of_model[] =
    "  --prefix P             Choose the network that has P in front of its\n"
    "                         parameter names, for example \"encoder.rnn.\".\n"
    "                         You can leave it out if the file holds one\n"
    "                         network.\n";

static const char help_of_reading[] =
    "                         Set the nonlinearity, whatever the file says.\n"
    "  --batch-first, --time-first\n"
    "                         Set the order of the axes of input and output,\n"
    "                         whatever the file says.\n"
    "  --direction forward|reverse\n"
    "                         Set the direction, if the parameter names do\n"
    "                         not show it.\n"
    "  --allow-extra          Ignore tensors under the prefix that are not\n"
    "                         parameters. By default they are an error.\n"
    "  --strict               Fail unless the file or an option states both\n"
    "                         the nonlinearity and batch_first. By default,\n"
    "                         tanh and time first are assumed.\n";

static const char help_of_context[] =
    "  --threads N            Use at most N threads. Default: the number of\n"
    "                         cores that the process may use.\n"
    "  --flush-subnormals     Treat numbers below the smallest normal number\n"
    "                         as 0. Some processors are slow on them.\n";

/* Static text. */
static const char *nonlinearities(const char *between)
{
    static char text[256];
    command_words(text, sizeof text, SRNN_NONLINEARITY_TANH, between);
    return text;
}

void command_options_print_help(int bits)
{
    if ((bits & COMMAND_TAKES_MODEL) != 0)
        (void)printf("%s  --nonlinearity %s\n%s", help_of_model,
                     nonlinearities("|"), help_of_reading);
    if ((bits & COMMAND_TAKES_CONTEXT) != 0)
        (void)fputs(help_of_context, stdout);
}

static void choose_options(struct option chosen[OPTIONS + 1], int bits)
{
    int count = 0;
    for (int i = 0; i < OPTIONS; i++)
        if (table[i].bit == 0 || (table[i].bit & bits) != 0)
            chosen[count++] = table[i].option;
    chosen[count] = (struct option){NULL, 0, NULL, 0};
}

static bool parse_integer(int64_t *out, const char *text, int64_t max)
{
    char *end = NULL;
    errno = 0;
    *out = strtoll(text, &end, 10);
    return end != text && *end == '\0' && errno == 0 && *out >= 1 &&
           *out <= max;
}

typedef struct {
    const char *word; /* NULL ends a list */
    int32_t value;
} choice;

/* Both directions always have names of their own. */
static const choice directions[] = {{"forward", SRNN_DIRECTION_FORWARD},
                                    {"reverse", SRNN_DIRECTION_REVERSE},
                                    {NULL, 0}};

static bool choose(int32_t *out, const choice *list, const char *word)
{
    while (list->word != NULL && strcmp(list->word, word) != 0)
        list++;
    *out = list->value;
    return list->word != NULL;
}

static bool set_path(const char **out, const char *text)
{
    *out = text;
    return *text != '\0';
}

static const char **path_of(command_options *out, int option)
{
    switch (option) {
    case H0:
        return &out->h0;
    case LENGTHS:
        return &out->lengths;
    case RESETS:
        return &out->resets;
    case FRESH:
        return &out->fresh;
    case OUTPUT:
        return &out->output;
    case SVG:
        return &out->svg;
    default:
        return &out->hidden;
    }
}

/* NULL, or what the value should have been. */
static const char *set_value(command_options *out, int option, const char *text)
{
    switch (option) {
    case PREFIX:
        out->prefix = text;
        return NULL;
    case NONLINEARITY:
        return command_word_find(&out->nonlinearity, SRNN_NONLINEARITY_TANH,
                                 text)
                   ? NULL
                   : nonlinearities(" or ");
    case DIRECTION:
        return choose(&out->direction, directions, text) ? NULL
                                                         : "forward or reverse";
    case STEPS:
        return parse_integer(&out->steps, text, MAX_SIZE) ? NULL
                                                          : "1 to 1000000000";
    case BATCH:
        return parse_integer(&out->batch, text, MAX_SIZE) ? NULL
                                                          : "1 to 1000000000";
    case THREADS:
        return parse_integer(&out->threads, text, SRNN_MAX_THREADS)
                   ? NULL
                   : "1 to 256";
    default:
        return set_path(path_of(out, option), text) ? NULL : "a file";
    }
}

static void set_flag(command_options *out, int option)
{
    switch (option) {
    case HELP:
        out->help = true;
        break;
    case JSON:
        out->json = true;
        break;
    case DRAW:
        out->draws = true;
        break;
    case BATCH_FIRST:
        out->layout = COMMAND_BATCH_FIRST;
        break;
    case TIME_FIRST:
        out->layout = COMMAND_TIME_FIRST;
        break;
    case ALLOW_EXTRA:
        out->allows_extra = true;
        break;
    case STRICT:
        out->is_strict = true;
        break;
    case FLUSH_SUBNORMALS:
        out->flushes_subnormals = true;
        break;
    default:
        out->quiet = true;
        break;
    }
}

static command_result fail(const command_verb *verb, const char *what,
                           const char *text)
{
    char quoted[COMMAND_QUOTED];
    return command_fail(COMMAND_MISUSE, "%s %s; see simplernn %s --help",
                        command_quote(quoted, text), what, verb->name);
}

static command_result fail_value(const char *name, const char *text,
                                 const char *wanted)
{
    char quoted[COMMAND_QUOTED];
    return command_fail(COMMAND_MISUSE, "--%s is %s, expected %s", name,
                        command_quote(quoted, text), wanted);
}

static command_result parse_options(command_options *out,
                                    const command_verb *verb, int count,
                                    char **texts)
{
    struct option chosen[OPTIONS + 1];
    int at = 0;
    int option = 0;
    choose_options(chosen, verb->options);
    opterr = 0;
    while ((option = getopt_long(count, texts, ":h", chosen, &at)) != -1) {
        if (option == ':')
            return fail(verb, "needs a value", texts[optind - 1]);
        if (option == '?')
            return fail(verb,
                        optopt >= PREFIX ? "takes no value"
                                         : "is not an option of this command",
                        texts[optind - 1]);
        if (option == HELP || chosen[at].has_arg == no_argument) {
            set_flag(out, option);
            continue;
        }
        const char *const wanted = set_value(out, option, optarg);
        if (wanted != NULL)
            return fail_value(chosen[at].name, optarg, wanted);
    }
    return COMMAND_OK;
}

command_result command_options_parse(command_options *out,
                                     const command_verb *verb, int count,
                                     char **texts)
{
    *out = (command_options){.steps = COMMAND_STEPS, .batch = COMMAND_BATCH};
    COMMAND_TRY(parse_options(out, verb, count, texts));
    if (out->help)
        return COMMAND_OK;
    const int given = count - optind;
    if (given < verb->operand_count)
        return command_fail(COMMAND_MISUSE,
                            "%s needs %s; see simplernn %s --help", verb->name,
                            verb->operands, verb->name);
    if (given > verb->operand_count)
        return fail(verb, "is one argument too many",
                    texts[optind + verb->operand_count]);
    out->model = given > 0 ? texts[optind] : NULL;
    out->input = given > 1 ? texts[optind + 1] : NULL;
    return COMMAND_OK;
}
