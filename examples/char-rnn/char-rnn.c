/* SPDX-License-Identifier: MIT */
/* Learns to write like a text, one byte after the other. While it learns, it
 * prints samples, and the perplexity of an end of the text that it does not
 * train with. */
#include <stdio.h>

#include "check.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"
#include "random.h"
#include "sample.h"
#include "trainer.h"

/* Every Debian has this text. */
#define DEFAULT_TEXT "/usr/share/common-licenses/GPL-3"

enum { SAMPLE = 200 }; /* bytes that it writes while it learns */

typedef struct {
    const char *text, *save, *resume, *curve;
    int64_t layers, hidden, steps, every, seed, sample;
} settings;

static settings read_settings(int argc, char **argv)
{
    settings s = {.save = "char-rnn.safetensors",
                  .curve = "char-rnn.svg",
                  .layers = 2,
                  .hidden = 256,
                  .steps = 800,
                  .every = 100};
    const option list[] = {
        {"layers", "N", "of a new network, 1 or 2", &s.layers, .least = 1,
         .most = 2, .is_new = true},
        {"hidden", "N", "units of each layer of a new network", &s.hidden,
         .least = 1, .most = 4096, .is_new = true},
        {"seed", "N", "of the samples, and of the weights of a new network",
         &s.seed, .most = 1e9},
        {"steps", "N", "in all", &s.steps, .most = 1e9},
        {"every", "N", "steps from one sample and checkpoint to the next",
         &s.every, .least = 1, .most = 1e9},
        {"save", "FILE", "the checkpoint to write", .text = &s.save,
         .file = OPTION_CHECKPOINT},
        {"resume", "FILE", "the checkpoint to go on from", .text = &s.resume,
         .file = OPTION_RESUME},
        {"curve", "FILE", "the learning curve to draw", .text = &s.curve,
         .file = OPTION_OUTPUT},
        {"sample", "N",
         "write N bytes with the network of --resume or --save, no more",
         &s.sample, .most = 1e9},
    };
    const int count = sizeof list / sizeof list[0];
    s.text = options_read(argc, argv, "Learns to write like a text.",
                          (operand){"FILE", DEFAULT_TEXT}, list, count);
    if (s.sample == 0)
        options_check_outputs(list, count);
    return s;
}

/* What is done every so often. It becomes a part of the checkpoint. */
static void measure(trainer *t, const settings *s, double loss)
{
    const int64_t step = model_steps(&t->model);
    const double perplexity = trainer_perplexity(t);
    history_add(&t->history, (double)step, loss, perplexity);
    printf("-- after %lld steps, held-out perplexity %.2f:\n", (long long)step,
           perplexity);
    sample_print(&t->model, t->text->alphabet, SAMPLE,
                 random_bits((uint64_t)s->seed, (uint64_t)step));
    trainer_save(t, s->save);
}

static void train(trainer *t, const settings *s)
{
    const int64_t first = model_steps(&t->model);
    progress p = progress_begin(first, s->steps, BATCH, s->every);
    interrupt_catch();
    for (int64_t step = first + 1; step <= s->steps && !interrupt_seen();
         step++) {
        const double loss = trainer_step(t);
        progress_show(&p, step, "loss %.3f", loss);
        if (step % s->every == 0) {
            progress_clear(&p);
            measure(t, s, loss);
        }
    }
    progress_clear(&p);
}

/* Trains from the beginning or from a checkpoint, and returns the exit code. */
static int learn(const settings *s)
{
    text source = text_read(s->text);
    trainer t = s->resume != NULL ? trainer_resume(&source, s->resume)
                                  : trainer_begin(&source, s->layers, s->hidden,
                                                  (uint64_t)s->seed);
    train(&t, s);
    trainer_save(&t, s->save);
    history_plot(&t.history, s->curve, s->text, "loss",
                 "perplexity of the held-out end");
    printf("%lld steps, held-out perplexity %.2f, saved to %s\n",
           (long long)model_steps(&t.model), trainer_perplexity(&t), s->save);
    if (interrupt_seen())
        printf("interrupted; go on with --resume %s\n", s->save);
    trainer_destroy(&t);
    text_free(&source);
    return interrupt_seen() ? INTERRUPT_EXIT_CODE : 0;
}

/* Only writes, with the network and the alphabet of a checkpoint. */
static void write_sample(const settings *s)
{
    srnn_weights *checkpoint;
    check(srnn_weights_open(&checkpoint,
                            s->resume != NULL ? s->resume : s->save));
    model m = model_resume(checkpoint);
    srnn_tensor *const alphabet =
        trainer_read_alphabet(checkpoint, srnn_linear_out_features(m.linear));
    sample_print(&m, srnn_tensor_const_data(alphabet), s->sample,
                 (uint64_t)s->seed);
    srnn_tensor_destroy(alphabet);
    model_destroy(&m);
    srnn_weights_destroy(checkpoint);
}

int main(int argc, char **argv)
{
    const settings s = read_settings(argc, argv);
    if (s.sample == 0)
        return learn(&s);
    write_sample(&s);
    return 0;
}
