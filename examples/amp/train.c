/* SPDX-License-Identifier: MIT */
#include <stdio.h>

#include "interrupt.h"
#include "options.h"
#include "progress.h"
#include "trainer.h"
#include "verbs.h"

typedef struct {
    const char *dry, *wet, *save, *resume, *curve;
    int64_t hidden, steps, every, seed;
} settings;

static settings read_settings(int argc, char **argv)
{
    settings s = {.dry = "dry.wav",
                  .wet = "wet.wav",
                  .save = "amp.safetensors",
                  .curve = "amp.svg",
                  .hidden = 16,
                  .steps = 1000,
                  .every = 100};
    const option list[] = {
        {"dry", "FILE", "what goes into the device", .text = &s.dry},
        {"wet", "FILE", "what comes out of it", .text = &s.wet},
        {"hidden", "N", "units of a new network", &s.hidden, .least = 1,
         .most = 1024, .is_new = true},
        {"seed", "N", "of the weights of a new network", &s.seed, .most = 1e9,
         .is_new = true},
        {"steps", "N", "in all", &s.steps, .most = 1e9},
        {"every", "N", "steps from one checkpoint to the next", &s.every,
         .least = 1, .most = 1e9},
        {"save", "FILE", "the checkpoint to write", .text = &s.save,
         .file = OPTION_CHECKPOINT},
        {"resume", "FILE", "the checkpoint to go on from", .text = &s.resume,
         .file = OPTION_RESUME},
        {"curve", "FILE", "the learning curve to draw", .text = &s.curve,
         .file = OPTION_OUTPUT},
    };
    (void)options_read(argc, argv, "Learns what a device does to sound.",
                       (operand){0}, list, COUNT(list));
    options_check_outputs(list, COUNT(list));
    return s;
}

static void run_steps(trainer *t, const settings *s)
{
    const int64_t first = model_steps(&t->model);
    progress p = progress_begin(first, s->steps, BATCH, s->every);
    interrupt_catch();
    for (int64_t step = first + 1; step <= s->steps && !interrupt_seen();
         step++) {
        const double loss = trainer_step(t);
        progress_show(&p, step, "loss %.2e", loss);
        if (step % s->every == 0) {
            history_add(&t->history, (double)step, loss,
                        100 * trainer_judge(t));
            trainer_save(t, s->save);
        }
    }
    progress_clear(&p);
}

int train(int argc, char **argv)
{
    const settings s = read_settings(argc, argv);
    recording r = recording_read(s.dry, s.wet);
    trainer t = s.resume != NULL
                    ? trainer_resume(&r, s.resume)
                    : trainer_begin(&r, s.hidden, (uint64_t)s.seed);
    run_steps(&t, &s);
    trainer_save(&t, s.save);
    history_plot(&t.history, s.curve, "Learning the sound of a device",
                 "squared error", "error to signal, held out (%)");
    printf("%lld steps, held-out error-to-signal ratio %.2f %%, saved to %s\n",
           (long long)model_steps(&t.model), 100 * trainer_judge(&t), s.save);
    if (interrupt_seen())
        printf("interrupted; go on with --resume %s\n", s.save);
    trainer_destroy(&t);
    recording_free(&r);
    return interrupt_seen() ? INTERRUPT_EXIT_CODE : 0;
}
