/* SPDX-License-Identifier: MIT */
/* One table of options, of which a verb takes some. */
#include "options.h"

#include <float.h>
#include <getopt.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "names.h"
#include "number.h"

enum { MAX_SIZE = 1000000000 };

/* What an option does with its field of command_options. */
typedef enum {
    IS_FLAG,    /* bool: true */
    IS_SET,     /* int32_t: .value */
    IS_TEXT,    /* const char *: any text */
    IS_PATH,    /* const char *: a text that is not empty */
    IS_INTEGER, /* int64_t: .low to .high */
    IS_REAL,    /* double: .low to .high */
    IS_WORD,    /* int32_t: an enumerator of the set that .value begins */
    IS_CHOICE   /* int32_t: one of .choices */
} effect;

typedef struct {
    const char *word; /* NULL ends a list */
    int32_t value;
} choice;

/* Both directions always have names of their own. */
static const choice directions[] = {{"forward", SRNN_DIRECTION_FORWARD},
                                    {"reverse", SRNN_DIRECTION_REVERSE},
                                    {NULL, 0}};

static const choice schedules[] = {{"constant", COMMAND_SCHEDULE_CONSTANT},
                                   {"cosine", COMMAND_SCHEDULE_COSINE},
                                   {"plateau", COMMAND_SCHEDULE_PLATEAU},
                                   {NULL, 0}};

const char *command_schedule_word(int32_t schedule)
{
    const choice *at = schedules;
    while (at->value != schedule)
        at++;
    return at->word;
}

#define ROW(own_bit, own_name, own_effect, own_field)                          \
    .bit = (own_bit), .name = (own_name), .effect = (own_effect),              \
    .field = offsetof(command_options, own_field)

enum {
    TRAINING = COMMAND_TAKES_TRAINING,
    BOTH = COMMAND_TAKES_FILES | COMMAND_TAKES_TRAINING
};

/* The first row is --help. */
static const struct row {
    int bit; /* of the verbs that take it; 0: all do */
    const char *name;
    effect effect;
    size_t field;
    int32_t value;
    double low, high;
    const choice *choices;
} table[] = {
    {ROW(0, "help", IS_FLAG, help)},
    {ROW(COMMAND_TAKES_MODEL, "prefix", IS_TEXT, prefix)},
    {ROW(COMMAND_TAKES_MODEL, "nonlinearity", IS_WORD, nonlinearity),
     .value = SRNN_NONLINEARITY_TANH},
    {ROW(COMMAND_TAKES_MODEL, "batch-first", IS_SET, layout),
     .value = COMMAND_BATCH_FIRST},
    {ROW(COMMAND_TAKES_MODEL, "time-first", IS_SET, layout),
     .value = COMMAND_TIME_FIRST},
    {ROW(COMMAND_TAKES_MODEL, "direction", IS_CHOICE, direction),
     .choices = directions},
    {ROW(COMMAND_TAKES_MODEL, "allow-extra", IS_FLAG, allows_extra)},
    {ROW(COMMAND_TAKES_MODEL, "strict", IS_FLAG, is_strict)},
    {ROW(COMMAND_TAKES_JSON, "json", IS_FLAG, json)},
    {ROW(COMMAND_TAKES_SIZES, "steps", IS_INTEGER, steps), .low = 1,
     .high = MAX_SIZE},
    {ROW(COMMAND_TAKES_SIZES, "batch", IS_INTEGER, batch), .low = 1,
     .high = MAX_SIZE},
    {ROW(COMMAND_TAKES_CONTEXT, "threads", IS_INTEGER, threads), .low = 1,
     .high = SRNN_MAX_THREADS},
    {ROW(COMMAND_TAKES_CONTEXT, "flush-subnormals", IS_FLAG,
         flushes_subnormals)},
    {ROW(COMMAND_TAKES_FILES, "h0", IS_PATH, h0)},
    {ROW(BOTH, "lengths", IS_PATH, lengths)},
    {ROW(COMMAND_TAKES_FILES, "resets", IS_PATH, resets)},
    {ROW(COMMAND_TAKES_FILES, "fresh", IS_PATH, fresh)},
    {ROW(BOTH, "output", IS_PATH, output)},
    {ROW(COMMAND_TAKES_FILES, "hidden", IS_PATH, hidden)},
    {ROW(BOTH, "head", IS_TEXT, head)},
    {ROW(COMMAND_TAKES_FILES, "last-step", IS_FLAG, last_step)},
    {ROW(COMMAND_TAKES_FILES, "classes", IS_FLAG, classes)},
    {ROW(BOTH, "quiet", IS_FLAG, quiet)},
    {ROW(COMMAND_TAKES_PICTURE, "svg", IS_PATH, svg)},
    {ROW(COMMAND_TAKES_PICTURE, "draw", IS_FLAG, draws)},
    {ROW(TRAINING, "start-from", IS_PATH, model)},
    {ROW(TRAINING, "hidden-size", IS_INTEGER, training.hidden_size), .low = 1,
     .high = SRNN_MAX_SIZE},
    {ROW(TRAINING, "num-layers", IS_INTEGER, training.num_layers), .low = 1,
     .high = SRNN_MAX_LAYERS},
    {ROW(TRAINING, "bidirectional", IS_FLAG, training.is_bidirectional)},
    {ROW(TRAINING, "dropout", IS_REAL, training.dropout), .low = 0, .high = 1},
    {ROW(TRAINING, "seed", IS_INTEGER, training.seed), .low = 0,
     .high = UINT32_MAX},
    {ROW(TRAINING, "optimizer", IS_WORD, training.optimizer),
     .value = SRNN_OPTIMIZER_KIND_SGD},
    {ROW(TRAINING, "learning-rate", IS_REAL, training.learning_rate), .low = 0,
     .high = 1000},
    {ROW(TRAINING, "weight-decay", IS_REAL, training.weight_decay), .low = 0,
     .high = 1000},
    {ROW(TRAINING, "clip", IS_REAL, training.clip), .low = 0, .high = 1e9},
    {ROW(TRAINING, "schedule", IS_CHOICE, training.schedule),
     .choices = schedules},
    {ROW(TRAINING, "batch-size", IS_INTEGER, training.batch_size), .low = 1,
     .high = MAX_SIZE},
    {ROW(TRAINING, "epochs", IS_INTEGER, training.epochs), .low = 1,
     .high = MAX_SIZE},
    {ROW(TRAINING, "validation", IS_REAL, training.validation), .low = 0,
     .high = 0.9},
    {ROW(TRAINING, "patience", IS_INTEGER, training.patience), .low = 1,
     .high = MAX_SIZE},
    {ROW(TRAINING, "checkpoint", IS_PATH, training.checkpoint)},
    {ROW(TRAINING, "resume", IS_PATH, training.resume)},
    {ROW(TRAINING, "log", IS_PATH, training.log)},
};

enum { OPTIONS = sizeof table / sizeof *table };

/* What getopt_long() returns for the first row: no character. */
enum { FIRST = 256 };

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

static void print_help_of_model(void)
{
    char nonlinearities[COMMAND_QUOTED];
    command_words(nonlinearities, sizeof nonlinearities, SRNN_NONLINEARITY_TANH,
                  "|");
    (void)printf("%s  --nonlinearity %s\n%s", help_of_model, nonlinearities,
                 help_of_reading);
}

void command_options_print_help(int bits)
{
    if ((bits & COMMAND_TAKES_MODEL) != 0)
        print_help_of_model();
    if ((bits & COMMAND_TAKES_CONTEXT) != 0)
        (void)fputs(help_of_context, stdout);
}

static void choose_options(struct option chosen[OPTIONS + 1], int bits)
{
    int count = 0;
    for (int i = 0; i < OPTIONS; i++)
        if (table[i].bit == 0 || (table[i].bit & bits) != 0)
            chosen[count++] = (struct option){
                table[i].name,
                table[i].effect <= IS_SET ? no_argument : required_argument,
                NULL, FIRST + i};
    chosen[count] = (struct option){NULL, 0, NULL, 0};
}

static bool set_integer(int64_t *out, const struct row *row, const char *text)
{
    return command_integer_of(out, text) && (double)*out >= row->low &&
           (double)*out <= row->high;
}

static bool set_real(double *out, const struct row *row, const char *text)
{
    return command_real_of(out, text) && !command_real_is_tiny(text) &&
           *out >= row->low && *out <= row->high;
}

static bool set_choice(int32_t *out, const choice *list, const char *word)
{
    while (list->word != NULL && strcmp(list->word, word) != 0)
        list++;
    *out = list->value;
    return list->word != NULL;
}

/* False if the option cannot have this value. */
static bool set_value(command_options *out, const struct row *row,
                      const char *text)
{
    void *const field = (char *)out + row->field;
    switch (row->effect) {
    case IS_FLAG:
        *(bool *)field = true;
        return true;
    case IS_SET:
        *(int32_t *)field = row->value;
        return true;
    case IS_TEXT:
        *(const char **)field = text;
        return true;
    case IS_PATH:
        *(const char **)field = text;
        return *text != '\0';
    case IS_INTEGER:
        return set_integer(field, row, text);
    case IS_REAL:
        return set_real(field, row, text);
    case IS_WORD:
        return command_word_find(field, row->value, text);
    case IS_CHOICE:
        return set_choice(field, row->choices, text);
    }
    return false;
}

/* The values that an option can have. */
static void describe(char *text, size_t capacity, const struct row *row)
{
    switch (row->effect) {
    case IS_INTEGER:
    case IS_REAL:
        (void)snprintf(text, capacity, "%.10g to %.10g", row->low, row->high);
        break;
    case IS_WORD:
        command_words(text, capacity, row->value, " or ");
        break;
    case IS_CHOICE:
        *text = '\0';
        for (const choice *at = row->choices; at->word != NULL; at++)
            (void)snprintf(text + strlen(text), capacity - strlen(text), "%s%s",
                           at == row->choices ? "" : " or ", at->word);
        break;
    default:
        (void)snprintf(text, capacity, "a file");
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

static command_result fail_value(const struct row *row, const char *text)
{
    char quoted[COMMAND_QUOTED], wanted[COMMAND_QUOTED];
    describe(wanted, sizeof wanted, row);
    (void)command_quote(quoted, text);
    if (row->effect == IS_REAL && command_real_is_tiny(text))
        return command_fail(COMMAND_MISUSE,
                            "--%s is %s, closer to 0 than %.2g, the smallest "
                            "normal number; expected %s",
                            row->name, quoted, DBL_MIN, wanted);
    return command_fail(COMMAND_MISUSE, "--%s is %s, expected %s", row->name,
                        quoted, wanted);
}

/* What getopt_long() does not know. Behind one dash may stand several letters,
 * of which it is at one. */
static command_result fail_unknown(const command_verb *verb, const char *text)
{
    const char letter[] = {'-', (char)optopt, '\0'};
    const bool is_known = optopt >= FIRST && optopt < FIRST + OPTIONS;
    return fail(
        verb, is_known ? "takes no value" : "is not an option of this command",
        is_known || optopt == 0 ? text : letter);
}

static command_result parse_options(command_options *out,
                                    const command_verb *verb, int count,
                                    char **texts)
{
    struct option chosen[OPTIONS + 1];
    int option = 0;
    choose_options(chosen, verb->options);
    opterr = 0;
    while ((option = getopt_long(count, texts, ":h", chosen, NULL)) != -1) {
        if (option == ':')
            return fail(verb, "needs a value", texts[optind - 1]);
        if (option == '?')
            return fail_unknown(verb, texts[optind - 1]);
        const struct row *const row =
            option == 'h' ? table : &table[option - FIRST];
        if (!set_value(out, row, optarg))
            return fail_value(row, optarg);
    }
    return COMMAND_OK;
}

static const command_training_options default_training = {
    .optimizer = SRNN_OPTIMIZER_KIND_ADAM,
    .schedule = COMMAND_SCHEDULE_CONSTANT,
    .learning_rate = -1,
    .weight_decay = -1,
    .clip = 1,
    .batch_size = 32,
    .epochs = 50,
    .dropout = -1};

/* Training has no MODEL. */
static void set_operands(command_options *out, const command_verb *verb,
                         char **texts)
{
    const char *const first = verb->operand_count > 0 ? texts[0] : NULL;
    const char *const second = verb->operand_count > 1 ? texts[1] : NULL;
    if ((verb->options & COMMAND_TAKES_TRAINING) != 0) {
        out->input = first;
        out->targets = second;
    } else {
        out->model = first;
        out->input = second;
    }
}

command_result command_options_parse(command_options *out,
                                     const command_verb *verb, int count,
                                     char **texts)
{
    *out = (command_options){.steps = COMMAND_STEPS,
                             .batch = COMMAND_BATCH,
                             .training = default_training};
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
    set_operands(out, verb, texts + optind);
    return COMMAND_OK;
}
