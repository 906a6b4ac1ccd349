/* SPDX-License-Identifier: MIT */
/* A signal ends the loop after the current batch. The same signal again ends
 * the program at once. */
#include "train_loop.h"

#include <inttypes.h>
#include <math.h>
#include <signal.h>

#include "train_checkpoint.h"

static volatile sig_atomic_t received; /* the signal; 0: none */

static void note_signal(int signal)
{
    received = signal;
}

static void watch_signals(void)
{
    static const int ending[] = {SIGHUP, SIGINT, SIGTERM};
    struct sigaction action = {.sa_handler = note_signal,
                               .sa_flags = (int)SA_RESETHAND};
    struct sigaction before;
    (void)sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < sizeof ending / sizeof *ending; i++)
        if (sigaction(ending[i], NULL, &before) == 0 &&
            before.sa_handler != SIG_IGN) /* as nohup leaves it */
            (void)sigaction(ending[i], &action, NULL);
}

static command_result set_rate(const command_training *t, double rate)
{
    return command_check(srnn_optimizer_set_real(t->network.optimizer, NULL,
                                                 SRNN_OPTIMIZER_LEARNING_RATE,
                                                 rate),
                         NULL);
}

static command_result get_rate(double *out, const command_training *t)
{
    return command_check(srnn_optimizer_get_real(out, t->network.optimizer,
                                                 t->network.gradients[0],
                                                 SRNN_OPTIMIZER_LEARNING_RATE),
                         NULL);
}

/* As torch.optim.lr_scheduler.CosineAnnealingLR over all epochs. */
static command_result begin_epoch(command_training *t)
{
    static const double pi = 3.14159265358979323846;
    const command_training_options *const o = &t->options->training;
    const double part = (double)t->state.epoch / (double)o->epochs;
    command_order_shuffle(&t->order, t->state.epoch);
    if (t->state.batch == 0)
        t->state.score = (command_score){.count = 0};
    if (o->schedule != COMMAND_SCHEDULE_COSINE)
        return COMMAND_OK;
    return set_rate(t, t->network.learning_rate * (1 + cos(pi * part)) / 2);
}

/* As torch.optim.lr_scheduler.ReduceLROnPlateau. */
static command_result reduce_rate(command_training *t, double loss)
{
    enum { PATIENCE = 10 };
    static const double threshold = 1e-4;
    static const double factor = 0.1;
    command_state *const s = &t->state;
    double rate = 0;
    if (t->options->training.schedule != COMMAND_SCHEDULE_PLATEAU)
        return COMMAND_OK;
    s->plateau_epochs++;
    if (loss < s->plateau_loss * (1 - threshold)) {
        s->plateau_loss = loss;
        s->plateau_epochs = 0;
    }
    if (s->plateau_epochs <= PATIENCE)
        return COMMAND_OK;
    s->plateau_epochs = 0;
    COMMAND_TRY(get_rate(&rate, t));
    return set_rate(t, rate * factor);
}

/* Fills the batch that begins at a place in a list of sequences. */
static command_result fill(command_batch *batch, const command_training *t,
                           const int64_t *sequences, int64_t all, int64_t first)
{
    const int64_t size = t->options->training.batch_size;
    const int64_t count = all - first < size ? all - first : size;
    COMMAND_TRY(command_batch_resize(batch, &t->data, &t->network, count));
    command_batch_fill(batch, &t->data, sequences + first);
    return COMMAND_OK;
}

static command_result explain(const command_training *t, command_result result)
{
    if (result == COMMAND_OK ||
        command_failure_status() != SRNN_ERROR_NOT_FINITE)
        return result;
    (void)command_fail_behind(result,
                              "; try a lower --learning-rate or --clip");
    return command_fail_before(result, "training failed in epoch %" PRId64 ": ",
                               t->state.epoch + 1);
}

static command_result learn(command_training *t)
{
    command_state *const s = &t->state;
    const command_training_options *const o = &t->options->training;
    const int64_t step = s->epoch * t->progress.batches + s->batch;
    COMMAND_TRY(fill(&t->batch, t, t->order.training, t->order.training_count,
                     s->batch * o->batch_size));
    COMMAND_TRY(
        explain(t, command_batch_learn(
                       &s->score, &t->batch, &t->network, o->clip,
                       (int64_t)((uint64_t)o->seed << 32 ^ (uint64_t)step))));
    s->batch++;
    command_progress_show_batch(&t->progress, s);
    return COMMAND_OK;
}

static command_result validate(command_training *t)
{
    command_state *const s = &t->state;
    const int64_t all = t->order.validation_count;
    s->checked = (command_score){.count = 0};
    for (int64_t first = 0; first < all;
         first += t->options->training.batch_size) {
        COMMAND_TRY(fill(&t->check, t, t->order.validation, all, first));
        COMMAND_TRY(
            command_batch_evaluate(&s->checked, &t->check, &t->network));
    }
    const double loss = command_score_loss(&s->checked);
    if (!isfinite(loss) ||
        (s->best_epoch > 0 && loss >= command_score_loss(&s->best)))
        return COMMAND_OK;
    s->best = s->checked;
    s->best_epoch = s->epoch;
    return command_state_keep(s, &t->network);
}

static command_result save(const command_training *t)
{
    const char *const path = command_training_checkpoint(t->options);
    return path == NULL ? COMMAND_OK
                        : command_checkpoint_save(&t->state, &t->network,
                                                  t->options, &t->data, path);
}

static command_result finish_epoch(command_training *t)
{
    command_state *const s = &t->state;
    const bool validates = t->order.validation_count > 0;
    double rate = 0;
    s->epoch++;
    s->batch = 0;
    if (validates)
        COMMAND_TRY(validate(t));
    COMMAND_TRY(get_rate(&rate, t));
    COMMAND_TRY(reduce_rate(
        t, command_score_loss(validates ? &s->checked : &s->score)));
    COMMAND_TRY(save(t));
    command_progress_show_epoch(&t->progress, s, rate);
    return COMMAND_OK;
}

static bool is_enough(const command_training *t)
{
    const command_training_options *const o = &t->options->training;
    const command_state *const s = &t->state;
    return s->epoch >= o->epochs || (o->patience > 0 && s->best_epoch > 0 &&
                                     s->epoch - s->best_epoch >= o->patience);
}

const char *command_training_checkpoint(const command_options *options)
{
    const command_training_options *const t = &options->training;
    return t->checkpoint != NULL ? t->checkpoint : t->resume;
}

command_result command_training_run(command_training *t, int *signal)
{
    watch_signals();
    while (!is_enough(t) && received == 0) {
        COMMAND_TRY(begin_epoch(t));
        while (t->state.batch < t->progress.batches && received == 0)
            COMMAND_TRY(learn(t));
        if (t->state.batch >= t->progress.batches)
            COMMAND_TRY(finish_epoch(t));
    }
    *signal = received;
    return received == 0 || t->state.batch == 0 ? COMMAND_OK : save(t);
}
