/* SPDX-License-Identifier: MIT */
/* simplernn: recurrent networks from the shell. */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report.h"
#include "verbs.h"

static const char overview[] =
    "usage: simplernn COMMAND ...\n"
    "\n"
    "Runs recurrent networks that were trained as torch.nn.RNN.\n"
    "\n"
    "  info MODEL             Shows the layers, parameters and shapes of a\n"
    "                         network.\n"
    "  check MODEL            Tells whether a file is that of a network,\n"
    "                         complete and sound.\n"
    "  run MODEL INPUT.npy    Runs a network over a NumPy array.\n"
    "  bench MODEL            Tells how fast a network is on this machine.\n"
    "  doctor                 Tells what the library is, and whether it works\n"
    "                         here.\n"
    "\n"
    "  --version              Shows the version of the library.\n"
    "  --help                 Shows this text; simplernn COMMAND --help shows\n"
    "                         that of a command.\n"
    "\n"
    "MODEL is a safetensors file. Exit codes: 0 all is well, 1 the model, the\n"
    "data or this machine is wrong, 2 the command line or the environment is\n"
    "wrong, 3 something cannot be read or written, 4 not enough memory.\n";

static const command_verb *const verbs[] = {
    &command_info,  &command_check_model, &command_run,
    &command_bench, &command_doctor,      NULL};

static command_result run_verb(const command_verb *verb, int count,
                               char **texts)
{
    command_options options;
    COMMAND_TRY(command_options_parse(&options, verb, count, texts));
    if (!options.help)
        return verb->run(&options);
    const int takes = verb->options;
    (void)printf(
        "usage: simplernn %s%s%s\n\n%s%s%s"
        "  --help                 This text is shown.\n",
        verb->name, verb->operand_count == 0 ? "" : " ", verb->operands,
        verb->help,
        (takes & COMMAND_TAKES_MODEL) != 0 ? command_help_of_model : "",
        (takes & COMMAND_TAKES_CONTEXT) != 0 ? command_help_of_context : "");
    return COMMAND_OK;
}

static command_result run(int count, char **texts)
{
    const char *const name = count < 2 ? "" : texts[1];
    char quoted[COMMAND_QUOTED];
    for (int i = 0; verbs[i] != NULL; i++)
        if (strcmp(name, verbs[i]->name) == 0)
            return run_verb(verbs[i], count - 1, texts + 1);
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0)
        (void)fputs(overview, stdout);
    else if (strcmp(name, "--version") == 0)
        (void)printf("simplernn %s\n", srnn_version());
    else if (count < 2)
        return command_fail(COMMAND_MISUSE,
                            "no command was given; see simplernn --help");
    else
        return command_fail(COMMAND_MISUSE,
                            "%s is no command; see simplernn --help",
                            command_quote(quoted, name));
    return COMMAND_OK;
}

/* A file that is opened later must not get the number of a standard one that
 * is closed. What stands in for that fails like it: one cannot read here, nor
 * write there, nor open /dev/stdout for writing. */
static command_result fill_standard_files(void)
{
    for (int file = STDIN_FILENO; file <= STDERR_FILENO; file++) {
        if (fcntl(file, F_GETFD) >= 0)
            continue;
        const int got = file == STDIN_FILENO ? open("/dev/null", O_WRONLY)
                                             : open("/", O_RDONLY);
        if (got != file)
            return command_fail(COMMAND_IO, "standard file %d is closed", file);
    }
    return COMMAND_OK;
}

int main(int argc, char **argv)
{
    command_result result = fill_standard_files();
    if (result == COMMAND_OK)
        result = run(argc, argv);
    if (result == COMMAND_OK)
        result = command_report_finish();
    if (result != COMMAND_OK)
        (void)fprintf(stderr, "simplernn: %s\n", command_failure());
    return (int)result;
}
