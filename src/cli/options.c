/* SPDX-License-Identifier: MIT */
/* One table of options, of which a verb takes some. */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

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
    QUIET
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
};

enum { OPTIONS = sizeof table / sizeof *table };

const char command_help_of_model[] =
    "  --prefix P             The names of the parameters begin with it, for\n"
    "                         example \"encoder.rnn.\". It may be left out if\n"
    "                         the file holds one network.\n"
    "  --nonlinearity tanh|relu\n"
    "                         This is the nonlinearity, whatever the file\n"
    "                         says.\n"
    "  --batch-first, --time-first\n"
    "                         This is the order of input and output, whatever\n"
    "                         the file says.\n"
    "  --direction forward|reverse\n"
    "                         This is the direction, where the names of the\n"
    "                         parameters do not tell it.\n"
    "  --allow-extra          Tensors under the prefix that are no parameters\n"
    "                         are ignored. Without it they are an error.\n"
    "  --strict               The command fails if neither the file nor an\n"
    "                         option states the nonlinearity, or batch_first.\n"
    "                         Without it tanh, or time first, is assumed.\n";

const char command_help_of_context[] =
    "  --threads N            At most N threads work. Without it that is the\n"
    "                         number of cores that the process may use.\n"
    "  --flush-subnormals     Numbers below the smallest normal one count as\n"
    "                         0. Some processors are slow on them.\n";

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

static const choice nonlinearities[] = {{"tanh", SRNN_NONLINEARITY_TANH},
                                        {"relu", SRNN_NONLINEARITY_RELU},
                                        {NULL, 0}};

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
        return choose(&out->nonlinearity, nonlinearities, text)
                   ? NULL
                   : "tanh or relu";
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
                                         : "is no option of this command",
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
        return fail(verb, "is one operand too many",
                    texts[optind + verb->operand_count]);
    out->model = given > 0 ? texts[optind] : NULL;
    out->input = given > 1 ? texts[optind + 1] : NULL;
    return COMMAND_OK;
}
