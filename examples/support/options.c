/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

enum {
    MOST = 32,    /* options of an example */
    FOLDER = 4096 /* bytes for the path of a folder */
};

static void print_default(const option *o)
{
    if (o->integer != NULL)
        printf(" (%lld)", (long long)*o->integer);
    else if (o->real != NULL)
        printf(" (%g)", *o->real);
    else if (*o->text != NULL)
        printf(" (%s)", *o->text);
}

static void print_help(const char *program, const char *summary, operand last,
                       const option *list, int count)
{
    enum { WIDTH = 20 };
    printf("usage: %s [options]%s%s%s\n%s\n\n", program,
           last.name == NULL ? "" : " [", last.name == NULL ? "" : last.name,
           last.name == NULL ? "" : "]", summary);
    for (int i = 0; i < count; i++) {
        const int used = printf("  --%s %s", list[i].name, list[i].value);
        printf("%*s%s", used < WIDTH ? WIDTH - used : 2, "", list[i].help);
        print_default(&list[i]);
        printf("\n");
    }
    printf("  %-*s%s\n", WIDTH - 2, "--help", "print this and exit");
}

static void read_value(const option *o, const char *text)
{
    char *end = NULL;
    double value;
    if (o->text != NULL) {
        *o->text = text;
        return;
    }
    errno = 0;
    if (o->integer != NULL) {
        *o->integer = strtoll(text, &end, 10);
        value = (double)*o->integer;
    } else {
        value = *o->real = strtod(text, &end);
    }
    if (errno != 0 || end == text || *end != '\0' ||
        !(value >= o->least && value <= o->most))
        fail("--%s is \"%s\", expected a %s from %.15g to %.15g", o->name, text,
             o->integer != NULL ? "whole number" : "number", o->least, o->most);
}

static const char *path_of(const option *o)
{
    return o->text == NULL ? NULL : *o->text;
}

static bool is_output(const option *o)
{
    return (o->file == OPTION_OUTPUT || o->file == OPTION_CHECKPOINT) &&
           path_of(o) != NULL;
}

/* The folder of a path, as far as there is room; returns where the name of the
 * file begins. */
static const char *split(char folder[FOLDER], const char *path)
{
    const char *const slash = strrchr(path, '/');
    (void)snprintf(folder, FOLDER, "%.*s",
                   slash == NULL ? 1 : (int)(slash - path) + 1,
                   slash == NULL ? "." : path);
    return slash == NULL ? path : slash + 1;
}

static bool is_same(const struct stat *a, const struct stat *b)
{
    return a->st_dev == b->st_dev && a->st_ino == b->st_ino;
}

/* Are they one file, or will they be? */
static bool is_same_file(const char *a, const char *b)
{
    struct stat first, second;
    char folders[2][FOLDER];
    if (stat(a, &first) == 0 && stat(b, &second) == 0)
        return S_ISREG(first.st_mode) && is_same(&first, &second);
    return strcmp(split(folders[0], a), split(folders[1], b)) == 0 &&
           stat(folders[0], &first) == 0 && stat(folders[1], &second) == 0 &&
           is_same(&first, &second);
}

/* The output must not replace what another option or the operand names. */
static void check_apart(const option *output, const option *list, int count,
                        const char *operand_path)
{
    const char *const path = path_of(output);
    if (operand_path != NULL && is_same_file(path, operand_path))
        fail("--%s would replace %s", output->name, operand_path);
    for (int i = 0; i < count; i++) {
        const char *const other = path_of(&list[i]);
        if (&list[i] == output || other == NULL ||
            (list[i].file == OPTION_RESUME &&
             output->file == OPTION_CHECKPOINT))
            continue;
        if (is_same_file(path, other))
            fail("--%s and --%s are the same file, %s", list[i].name,
                 output->name, path);
    }
}

static void check_files(const option *list, int count, const char *operand_path)
{
    for (int i = 0; i < count; i++)
        if (is_output(&list[i]))
            check_apart(&list[i], list, count, operand_path);
}

/* A network of a checkpoint has its sizes already. */
static void check_new(const option *list, int count, const bool *given)
{
    bool resumes = false;
    for (int i = 0; i < count; i++)
        resumes |= list[i].file == OPTION_RESUME && path_of(&list[i]) != NULL;
    for (int i = 0; i < count && resumes; i++)
        if (list[i].is_new && given[i])
            fail("--%s is for a new network; leave it out with --resume",
                 list[i].name);
}

static void check_output(const char *name, const char *path)
{
    struct stat found;
    char folder[FOLDER];
    if (stat(path, &found) == 0) {
        if (S_ISDIR(found.st_mode))
            fail("--%s: %s is a folder", name, path);
        if (access(path, W_OK) != 0)
            fail("--%s: %s: %s", name, path, strerror(errno));
        return;
    }
    (void)split(folder, path);
    if (access(folder, W_OK | X_OK) != 0)
        fail("--%s: %s: %s", name, path, strerror(errno));
}

void options_check_outputs(const option *list, int count)
{
    for (int i = 0; i < count; i++)
        if (is_output(&list[i]))
            check_output(list[i].name, path_of(&list[i]));
}

const char *options_read(int argc, char **argv, const char *summary,
                         operand last, const option *list, int count)
{
    bool given[MOST] = {false};
    struct option known[MOST + 2] = {{"help", no_argument, NULL, 'h'}};
    int index = 0, found;
    if (count > MOST)
        fail("an example has at most %d options", MOST);
    for (int i = 0; i < count; i++)
        known[i + 1] =
            (struct option){list[i].name, required_argument, NULL, 0};
    while ((found = getopt_long(argc, argv, "", known, &index)) != -1) {
        if (found == 'h') {
            print_help(argv[0], summary, last, list, count);
            exit(EXIT_SUCCESS);
        }
        if (found == '?') /* getopt_long() has said why */
            exit(EXIT_FAILURE);
        read_value(&list[index - 1], optarg);
        given[index - 1] = true;
    }
    if (argc - optind > (last.name == NULL ? 0 : 1))
        fail("\"%s\" is not expected; see --help",
             argv[optind + (last.name == NULL ? 0 : 1)]);
    const char *const path = optind < argc ? argv[optind] : last.path;
    check_new(list, count, given);
    check_files(list, count, path);
    return path;
}
