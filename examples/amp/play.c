/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <time.h>

#include "check.h"
#include "checkpoint.h"
#include "options.h"
#include "player.h"
#include "trainer.h"
#include "verbs.h"

typedef struct {
    const char *input, *model, *output, *target;
} settings;

static settings read_settings(int argc, char **argv)
{
    settings s = {.model = "amp.safetensors", .output = "played.wav"};
    const option list[] = {
        {"model", "FILE", "a checkpoint of amp train", .text = &s.model},
        {"output", "FILE", "the sound to write", .text = &s.output,
         .file = OPTION_OUTPUT},
        {"target", "FILE", "what the device makes of it, to compare",
         .text = &s.target},
    };
    s.input = options_read(argc, argv, "Plays a file like a device.",
                           (operand){"FILE", "dry.wav"}, list, COUNT(list));
    options_check_outputs(list, COUNT(list));
    return s;
}

/* What the device makes of the dry sound; nothing if there is no path. */
static audio read_target(const audio *dry, const settings *s)
{
    audio target = {0};
    if (s->target == NULL)
        return target;
    target = audio_read(s->target);
    audio_check_alike(dry, s->input, &target, s->target);
    return target;
}

int play(int argc, char **argv)
{
    srnn_weights *checkpoint;
    const settings s = read_settings(argc, argv);
    check(srnn_weights_open(&checkpoint, s.model));
    const int64_t rate = checkpoint_integer(checkpoint, TRAINER_RATE_KEY);
    model m = model_resume(checkpoint);
    srnn_weights_destroy(checkpoint);
    audio dry = audio_read(s.input);
    if (dry.rate != rate)
        fail("%s has %d samples a second, but the model has learned from %lld",
             s.input, dry.rate, (long long)rate);
    audio target = read_target(&dry, &s);
    const clock_t start = clock();
    audio wet = player_play(&m, &dry);
    const double seconds = (double)(clock() - start) / CLOCKS_PER_SEC;
    audio_write(&wet, s.output);
    printf("wrote %s, %.0f ns of processor time for a sample\n", s.output,
           seconds * 1e9 / (double)dry.count);
    if (s.target != NULL)
        printf("error-to-signal ratio %.2f %%\n",
               100 * audio_error_to_signal(&wet, &target));
    audio_free(&target);
    audio_free(&wet);
    audio_free(&dry);
    model_destroy(&m);
    return 0;
}
