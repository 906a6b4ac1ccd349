/* SPDX-License-Identifier: MIT */
/* Learns what a guitar amplifier or another device does to sound, from what
 * goes into it and what comes out of it. Then it plays instead of the device.
 */
#include <stdio.h>
#include <string.h>

#include "verbs.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} verbs[] = {
    {"make", make, "write a recording of a guitar and a pedal"},
    {"train", train, "learn from a recording"},
    {"play", play, "play a file with what was learned"},
};

static void print_help(FILE *file)
{
    (void)fprintf(file, "usage: amp make|train|play [options]\n\n");
    for (int i = 0; i < COUNT(verbs); i++)
        (void)fprintf(file, "  amp %-8s%s\n", verbs[i].name, verbs[i].help);
    (void)fprintf(file, "\nEach has a --help of its own.\n");
}

int main(int argc, char **argv)
{
    const char *const verb = argc > 1 ? argv[1] : "";
    char name[32];
    for (int i = 0; i < COUNT(verbs); i++) {
        if (strcmp(verb, verbs[i].name) != 0)
            continue;
        (void)snprintf(name, sizeof name, "amp %s", verb);
        argv[1] = name;
        return verbs[i].run(argc - 1, argv + 1);
    }
    const int is_help = strcmp(verb, "--help") == 0;
    print_help(is_help ? stdout : stderr);
    return is_help ? 0 : 1;
}
