/* SPDX-License-Identifier: MIT */
/* Trains a network to decide where noisy dots move, as in experiments with
 * monkeys, and measures how its decisions depend on the coherence. */
#include <stdio.h>

#include "check.h"
#include "checkpoint.h"
#include "examination.h"
#include "history.h"
#include "interrupt.h"
#include "model.h"
#include "network.h"
#include "options.h"
#include "progress.h"
#include "random.h"
#include "trial.h"

enum {
    BATCH = 64,
    ROUND = 25,            /* steps from one measurement to the next */
    CHECKPOINT = 8 * ROUND /* steps from one checkpoint to the next */
};

/* What random numbers are for. */
enum { TRAINING, EXAMINATION };

static int64_t steps = 1500;
static int64_t hidden_size = 64;
static double learning_rate = 5e-4;
static int64_t seed = 1;
static const char *resume_path = NULL;
static const char *checkpoint_path = "decision-checkpoint.safetensors";
static const char *curve_path = "decision-curve.svg";
static const char *psychometric_path = "decision-psychometric.svg";

static void read_options(int argc, char **argv)
{
    const option list[] = {
        {"steps", "N", "steps of training, in all runs", .integer = &steps,
         .least = 0, .most = 1e9},
        {"hidden", "N", "hidden units of a new network",
         .integer = &hidden_size, .least = 1, .most = 4096, .is_new = true},
        {"rate", "RATE", "learning rate of a new network",
         .real = &learning_rate, .least = 0, .most = 1, .is_new = true},
        {"seed", "N", "of all random numbers of a new network",
         .integer = &seed, .least = 0, .most = 1e9, .is_new = true},
        {"resume", "FILE", "go on from a checkpoint", .text = &resume_path,
         .file = OPTION_RESUME},
        {"save", "FILE", "where to save checkpoints", .text = &checkpoint_path,
         .file = OPTION_CHECKPOINT},
        {"curve", "FILE", "the learning curve", .text = &curve_path,
         .file = OPTION_OUTPUT},
        {"psychometric", "FILE", "the psychometric curve",
         .text = &psychometric_path, .file = OPTION_OUTPUT},
    };
    const int count = sizeof list / sizeof list[0];
    options_read(argc, argv,
                 "Trains a network to decide where noisy dots move.",
                 (operand){0}, list, count);
    options_check_outputs(list, count);
}

static void save_checkpoint(const model *m, const history *h)
{
    srnn_tensor *const tensor = history_tensor(h);
    const char *const names[] = {HISTORY_NAME};
    const srnn_tensor *const tensors[] = {tensor};
    const checkpoint_number numbers[] = {{"seed", seed}};
    checkpoint_save(m->optimizer, checkpoint_path, names, tensors, 1, numbers,
                    1);
    srnn_tensor_destroy(tensor);
}

static model load_checkpoint(history *h)
{
    srnn_weights *file = NULL;
    check(srnn_weights_open(&file, resume_path));
    const model m = model_resume(file);
    seed = checkpoint_integer(file, "seed");
    history_read(h, file);
    srnn_weights_destroy(file);
    return m;
}

/* Returns how many of the trials the network decided right. */
static int64_t learn_step(model *m, batch *b, int64_t step, double *loss)
{
    const uint64_t key = random_bits((uint64_t)seed, TRAINING);
    trial trials[BATCH];
    int64_t right = 0;
    for (int64_t row = 0; row < BATCH; row++) {
        trials[row] =
            trial_draw(random_bits(key, (uint64_t)(step * BATCH + row)));
        trial_write(&trials[row], row, b->input, b->target, b->counted);
    }
    *loss = network_learn(m, b);
    for (int64_t row = 0; row < BATCH; row++)
        right += network_answer(b, row) == trials[row].answer;
    return right;
}

/* Learns from the step begin on to the step end, and adds to the history how
 * that went. All trials are new to the network, so its accuracy is honest. */
static void learn_round(model *m, batch *b, int64_t begin, int64_t end,
                        history *h)
{
    double sum = 0, loss;
    int64_t right = 0;
    for (int64_t step = begin; step < end; step++) {
        right += learn_step(m, b, step, &loss);
        sum += loss;
    }
    const double count = (double)(end - begin);
    history_add(h, (double)end, sum / count,
                100 * (double)right / (BATCH * count));
}

/* Returns the step that training has reached. */
static int64_t train(model *m, history *h)
{
    int64_t step = model_steps(m);
    batch b = batch_create(m, BATCH);
    progress p = progress_begin(step, steps, BATCH, CHECKPOINT);
    while (step < steps && !interrupt_seen()) {
        const int64_t end = step + ROUND < steps ? step + ROUND : steps;
        learn_round(m, &b, step, end, h);
        step = end;
        progress_show(&p, step, "loss %.4f  accuracy %.1f %%",
                      h->loss[h->count - 1], h->score[h->count - 1]);
        if (step % CHECKPOINT == 0)
            save_checkpoint(m, h);
    }
    if (step < steps)
        progress_clear(&p);
    batch_destroy(&b);
    return step;
}

static void report(model *m)
{
    const examination e = examine(m, random_bits((uint64_t)seed, EXAMINATION));
    examination_print(&e);
    examination_plot(&e, psychometric_path);
}

int main(int argc, char **argv)
{
    history h = {0};
    read_options(argc, argv);
    model m = resume_path != NULL
                  ? load_checkpoint(&h)
                  : network_create(hidden_size, learning_rate, (uint64_t)seed);
    interrupt_catch();
    const int64_t reached = train(&m, &h);
    save_checkpoint(&m, &h);
    history_plot(&h, curve_path, "Learning curve", "mean squared error",
                 "accuracy (%)");
    if (reached < steps)
        printf("interrupted after step %lld; go on with --resume %s\n",
               (long long)reached, checkpoint_path);
    else
        report(&m);
    history_free(&h);
    model_destroy(&m);
    return reached < steps ? INTERRUPT_EXIT_CODE : 0;
}
