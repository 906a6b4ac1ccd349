/* SPDX-License-Identifier: MIT */
/* Trains a network to read handwritten digits, from random parameters.
 *
 * It learns from the training part of the images. After each epoch it reads the
 * validation part, and it keeps the parameters that read this part best. These
 * parameters read the test part once, at the end. */
#include <stdio.h>

#include "check.h"
#include "interrupt.h"
#include "options.h"
#include "progress.h"
#include "trainer.h"

#ifndef IMAGES_FILE
#define IMAGES_FILE "examples/train-digits/images.safetensors"
#endif

enum { EPOCHS_PER_LINE = 10 };

static int64_t epochs = 60;
static int64_t hidden_size = 64;
static int64_t seed = 1;
static const char *images_path = IMAGES_FILE;
static const char *resume_path = NULL;
static const char *checkpoint_path = "digits-checkpoint.safetensors";
static const char *model_path = "digits-model.safetensors";
static const char *curve_path = "digits-curve.svg";

static void read_options(int argc, char **argv)
{
    const option list[] = {
        {"epochs", "N", "how often a new network learns from each image",
         .integer = &epochs, .least = 1, .most = 1e6, .is_new = true},
        {"hidden", "N", "hidden units of each direction of a new network",
         .integer = &hidden_size, .least = 1, .most = 4096, .is_new = true},
        {"seed", "N", "of all random numbers of a new network",
         .integer = &seed, .least = 0, .most = 1e9, .is_new = true},
        {"images", "FILE", "the images", .text = &images_path},
        {"resume", "FILE", "go on from a checkpoint", .text = &resume_path,
         .file = OPTION_RESUME},
        {"save", "FILE", "where to save checkpoints", .text = &checkpoint_path,
         .file = OPTION_CHECKPOINT},
        {"model", "FILE", "where to save the network", .text = &model_path,
         .file = OPTION_OUTPUT},
        {"curve", "FILE", "where to save the learning curve",
         .text = &curve_path, .file = OPTION_OUTPUT},
    };
    const int count = sizeof list / sizeof list[0];
    options_read(argc, argv, "Trains a network to read handwritten digits.",
                 (operand){0}, list, count);
    options_check_outputs(list, count);
}

/* Ends when all epochs are done, or after ctrl-C. */
static void train(trainer *t, const images *training, const images *validation)
{
    const int64_t steps = trainer_steps(training);
    progress p = progress_begin(t->epoch * steps, t->epochs * steps, BATCH,
                                EPOCHS_PER_LINE * steps);
    while (t->epoch < t->epochs && !interrupt_seen()) {
        trainer_run_epoch(t, training, validation);
        const int64_t last = t->history.count - 1;
        progress_show(&p, t->epoch * steps, "loss %.4f  validation %.1f %%",
                      t->history.loss[last], t->history.score[last]);
        if (t->epoch % EPOCHS_PER_LINE == 0)
            trainer_save(t, checkpoint_path);
    }
    if (t->epoch < t->epochs)
        progress_clear(&p);
}

static void report(trainer *t, const images *validation, const images *test)
{
    trainer_choose_best(t);
    const int64_t right = trainer_count_right(t, test);
    printf("validation  %lld of %lld images, by the best parameters\n",
           (long long)t->best_right, (long long)validation->count);
    printf("test        %lld of %lld images, %.1f %%\n", (long long)right,
           (long long)test->count, 100 * (double)right / (double)test->count);
    model_save(&t->model, model_path);
}

int main(int argc, char **argv)
{
    srnn_weights *file = NULL;
    read_options(argc, argv);
    check(srnn_weights_open(&file, images_path));
    images training = images_read(file, "training");
    images validation = images_read(file, "validation");
    images test = images_read(file, "test");
    srnn_weights_destroy(file);
    if (training.count < BATCH)
        fail("%s has %lld training images, expected at least %d", images_path,
             (long long)training.count, BATCH);

    trainer t = resume_path != NULL ? trainer_resume(resume_path)
                                    : trainer_create(hidden_size, epochs, seed);
    interrupt_catch();
    train(&t, &training, &validation);
    trainer_save(&t, checkpoint_path);
    history_plot(&t.history, curve_path, "Learning curve", "loss",
                 "validation (%)");
    const bool is_done = t.epoch == t.epochs;
    if (is_done)
        report(&t, &validation, &test);
    else
        printf("interrupted after epoch %lld; go on with --resume %s\n",
               (long long)t.epoch, checkpoint_path);

    trainer_destroy(&t);
    images_free(&training);
    images_free(&validation);
    images_free(&test);
    return is_done ? 0 : INTERRUPT_EXIT_CODE;
}
