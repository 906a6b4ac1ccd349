/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "circuit.h"
#include "guitar.h"
#include "options.h"
#include "verbs.h"

int make(int argc, char **argv)
{
    const char *dry_path = "dry.wav";
    const char *wet_path = "wet.wav";
    int64_t seconds = 20;
    int64_t seed = 0;
    const option list[] = {
        {"seconds", "N", "how long it is", &seconds, .least = 1, .most = 3600},
        {"seed", "N", "of what the guitar plays", &seed, .most = 1e9},
        {"dry", "FILE", "the guitar, to write", .text = &dry_path,
         .file = OPTION_OUTPUT},
        {"wet", "FILE", "the pedal, to write", .text = &wet_path,
         .file = OPTION_OUTPUT},
    };
    (void)options_read(argc, argv, "Makes sound of a guitar and of a pedal.",
                       (operand){0}, list, COUNT(list));
    options_check_outputs(list, COUNT(list));
    audio dry = guitar_play((int)seconds, (uint64_t)seed);
    audio wet = circuit_play(&dry);
    audio_write(&dry, dry_path);
    audio_write(&wet, wet_path);
    printf("wrote %s and %s, %lld seconds each\n", dry_path, wet_path,
           (long long)seconds);
    audio_free(&dry);
    audio_free(&wet);
    return 0;
}
