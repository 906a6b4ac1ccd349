/* SPDX-License-Identifier: MIT */
/* Everything goes to standard error, except the log. */
#include "train_progress.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "forward.h"

static const double bar_seconds = 0.2; /* between two bars */
static const double line_seconds = 10; /* between two lines */

enum { BAR = 10, TIME_TEXT = 32 };

static command_result fail_log(const command_progress *p, const char *what,
                               int error)
{
    char quoted[COMMAND_QUOTED];
    return command_fail_errno(command_quote(quoted, p->log_name), what, error);
}

command_result command_progress_open(command_progress *out,
                                     const command_options *options,
                                     const command_state *state,
                                     int64_t sequences, bool has_classes)
{
    const int64_t size = options->training.batch_size;
    const char *const log = options->training.log;
    const double now = command_seconds();
    *out = (command_progress){.is_quiet = options->quiet,
                              .is_terminal = isatty(STDERR_FILENO) != 0,
                              .has_classes = has_classes,
                              .epochs = options->training.epochs,
                              .batches = (sequences + size - 1) / size,
                              .sequences = sequences,
                              .start = now,
                              .epoch_start = now,
                              .log_name = log};
    out->first = state->epoch * out->batches + state->batch;
    if (log == NULL)
        return COMMAND_OK;
    out->log = fopen(log, "ae");
    return out->log != NULL ? COMMAND_OK : fail_log(out, "cannot open", errno);
}

void command_progress_close(command_progress *progress)
{
    if (progress->is_terminal && !progress->is_quiet && progress->shown > 0)
        (void)fputs("\r\033[K", stderr);
    if (progress->log != NULL && fclose(progress->log) != 0)
        progress->log_error = errno;
    progress->log = NULL;
}

command_result command_progress_check_log(const command_progress *progress)
{
    return progress->log_error == 0
               ? COMMAND_OK
               : fail_log(progress, "cannot write", progress->log_error);
}

const char *command_progress_text(char buffer[COMMAND_QUOTED],
                                  const command_score *score, bool has_classes)
{
    const int length = snprintf(buffer, COMMAND_QUOTED, "loss %.4g",
                                command_score_loss(score));
    if (has_classes)
        (void)snprintf(buffer + length, (size_t)(COMMAND_QUOTED - length),
                       ", accuracy %.1f %%",
                       100 * command_score_accuracy(score));
    return buffer;
}

static double done(const command_progress *p, const command_state *state)
{
    return (double)(state->epoch * p->batches + state->batch);
}

/* "1:02:03 left" or "2:03 left". Returns buffer. */
static const char *time_left(char buffer[TIME_TEXT], const command_progress *p,
                             const command_state *state)
{
    const double here = done(p, state) - (double)p->first;
    const double all = (double)p->epochs * (double)p->batches;
    const double seconds =
        (command_seconds() - p->start) / here * (all - done(p, state));
    const int64_t left = seconds < 1e9 ? (int64_t)seconds : 0;
    const int minutes = (int)(left / 60 % 60);
    if (left < 3600)
        (void)snprintf(buffer, TIME_TEXT, "%d:%02d left", minutes,
                       (int)(left % 60));
    else
        (void)snprintf(buffer, TIME_TEXT, "%" PRId64 ":%02d:%02d left",
                       left / 3600, minutes, (int)(left % 60));
    return buffer;
}

static double speed(const command_progress *p, const command_state *state)
{
    const double batches = done(p, state) - (double)p->first;
    return batches / (double)p->batches * (double)p->sequences /
           (command_seconds() - p->start);
}

/* A line that a terminal breaks cannot be written over. */
static int width_of_terminal(void)
{
    enum { WIDTH = 80 }; /* if the terminal does not know */
    struct winsize size = {.ws_col = 0};
    const bool known = ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0;
    return known && size.ws_col > 0 ? size.ws_col : WIDTH;
}

void command_progress_show_batch(command_progress *progress,
                                 const command_state *state)
{
    char line[2 * COMMAND_QUOTED];
    char score[COMMAND_QUOTED], left[TIME_TEXT], bar[BAR + 1];
    const double now = command_seconds();
    if (progress->is_quiet || !progress->is_terminal ||
        now - progress->shown < bar_seconds)
        return;
    const int filled = (int)(BAR * state->batch / progress->batches);
    memset(bar, '.', BAR);
    memset(bar, '#', (size_t)filled);
    bar[BAR] = '\0';
    (void)snprintf(
        line, sizeof line,
        "epoch %" PRId64 "/%" PRId64 " [%s] %s, %s, %.0f sequences/s",
        state->epoch + 1, progress->epochs, bar,
        time_left(left, progress, state),
        command_progress_text(score, &state->score, progress->has_classes),
        speed(progress, state));
    (void)fprintf(stderr, "\r\033[K%.*s", width_of_terminal() - 1, line);
    (void)fflush(stderr);
    progress->shown = now;
}

static void print_line(command_progress *p, const command_state *state)
{
    char text[COMMAND_QUOTED], left[TIME_TEXT];
    (void)fprintf(stderr, "simplernn: epoch %" PRId64 " of %" PRId64 ": %s",
                  state->epoch, p->epochs,
                  command_progress_text(text, &state->score, p->has_classes));
    if (state->best_values[0] != NULL)
        (void)fprintf(
            stderr, "; validation %s",
            command_progress_text(text, &state->checked, p->has_classes));
    (void)fprintf(stderr, "; %.0f sequences/s, %s\n", speed(p, state),
                  time_left(left, p, state));
    p->shown = command_seconds();
}

/* JSON has no NaN and no infinity. Was there memory for it? */
static bool put(json_t *object, const char *key, double value)
{
    return json_object_set_new(object, key,
                               isfinite(value) ? json_real(value)
                                               : json_null()) == 0;
}

static bool put_score(json_t *object, const char *loss, const char *accuracy,
                      const command_score *score, bool has_classes)
{
    return put(object, loss, command_score_loss(score)) &&
           (!has_classes ||
            put(object, accuracy, command_score_accuracy(score)));
}

static bool put_epoch(json_t *object, const command_progress *p,
                      const command_state *state, double learning_rate)
{
    const bool is_checked = state->best_values[0] != NULL;
    return json_object_set_new(object, "epoch", json_integer(state->epoch)) ==
               0 &&
           put_score(object, "loss", "accuracy", &state->score,
                     p->has_classes) &&
           (!is_checked ||
            put_score(object, "validation_loss", "validation_accuracy",
                      &state->checked, p->has_classes)) &&
           put(object, "learning_rate", learning_rate) &&
           put(object, "seconds", command_seconds() - p->epoch_start);
}

/* Training that took long must not be lost for its log, so a failure waits for
 * the end. */
static void write_log(command_progress *p, const command_state *state,
                      double learning_rate)
{
    enum { PRECISION = 9 };
    json_t *const object = json_object();
    if (!put_epoch(object, p, state, learning_rate))
        p->log_error = ENOMEM;
    else if (json_dumpf(object, p->log, JSON_REAL_PRECISION(PRECISION)) != 0 ||
             fputc('\n', p->log) == EOF || fflush(p->log) != 0)
        p->log_error = errno;
    json_decref(object);
}

void command_progress_show_epoch(command_progress *progress,
                                 const command_state *state,
                                 double learning_rate)
{
    const double now = command_seconds();
    const bool is_last = state->epoch == progress->epochs;
    if (!progress->is_quiet && !progress->is_terminal &&
        (progress->shown == 0 || is_last ||
         now - progress->shown > line_seconds))
        print_line(progress, state);
    if (progress->log != NULL)
        write_log(progress, state, learning_rate);
    progress->epoch_start = now;
}
