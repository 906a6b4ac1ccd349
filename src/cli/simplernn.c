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
    "Runs and trains simple recurrent networks, as torch.nn.RNN.\n"
    "\n"
    "  info MODEL             Show the layers, parameters and shapes of a\n"
    "                         network, also as a picture.\n"
    "  check MODEL            Check that a file holds a complete and valid\n"
    "                         network.\n"
    "  run MODEL INPUT.npy    Run a network over a NumPy array.\n"
    "  train INPUT.npy TARGETS.npy\n"
    "                         Train a network.\n"
    "  bench MODEL            Measure how fast a network runs on this\n"
    "                         machine.\n"
    "  doctor                 Test whether the library works on this\n"
    "                         machine, and show what it uses.\n"
    "\n"
    "  --version              Show the version of the library.\n"
    "  --help                 Show this text. For the options of a command,\n"
    "                         see simplernn COMMAND --help.\n"
    "\n"
    "MODEL is a safetensors file. Exit status:\n"
    "\n"
    "  0  success\n"
    "  1  the model or the data is wrong, or the library does not work here\n"
    "  2  the command line or an environment variable is wrong\n"
    "  3  something cannot be read or written\n"
    "  4  there is not enough memory\n";

static const command_verb *const verbs[] = {
    &command_info,  &command_check_model, &command_run, &command_train,
    &command_bench, &command_doctor,      NULL};

static command_result run_verb(const command_verb *verb, int count,
                               char **texts)
{
    command_options options;
    COMMAND_TRY(command_options_parse(&options, verb, count, texts));
    if (!options.help)
        return verb->run(&options);
    (void)printf("usage: simplernn %s%s%s\n\n%s", verb->name,
                 verb->operand_count == 0 ? "" : " ", verb->operands,
                 verb->help);
    command_options_print_help(verb->options);
    (void)puts("  --help                 Show this text.");
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
                            "%s is not a command; see simplernn --help",
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
