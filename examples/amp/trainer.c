/* SPDX-License-Identifier: MIT */
#include "trainer.h"

#include "check.h"
#include "checkpoint.h"
#include "player.h"

static const double first_rate = 2e-2; /* the learning rate of the first step */
static const double half_life = 300;   /* steps until it is half of that */
static const double largest_norm = 1;  /* of all gradients of a step */

/* What a checkpoint holds besides the model and the optimizer. The place in the
 * recording is not among it, because it follows from the number of steps. */
#define STATES_NAME "states"
#define DRY_KEY "dry_checksum"
#define WET_KEY "wet_checksum"

static srnn_tensor *create(int64_t first, int64_t second, int64_t third)
{
    srnn_tensor *tensor;
    const int64_t shape[] = {first, second, third};
    check(srnn_tensor_create(&tensor, SRNN_DTYPE_FLOAT32, 3, shape));
    return tensor;
}

static trainer create_trainer(const recording *r, model m)
{
    const int64_t hidden = srnn_linear_in_features(m.linear);
    return (trainer){.recording = r,
                     .model = m,
                     .states = create(1, BATCH, hidden),
                     .output = create(CHUNK, BATCH, hidden),
                     .d_output = create(CHUNK, BATCH, hidden),
                     .played = create(CHUNK, BATCH, 1)};
}

trainer trainer_begin(const recording *r, int64_t hidden, uint64_t seed)
{
    srnn_rnn *rnn;
    srnn_linear *linear;
    check(srnn_rnn_create(&rnn, 1, hidden, NULL, seed));
    check(srnn_linear_create(&linear, SRNN_DTYPE_FLOAT32, hidden, 1, 1,
                             seed + 1));
    return create_trainer(r, model_create(rnn, linear));
}

trainer trainer_resume(const recording *r, const char *path)
{
    srnn_weights *checkpoint;
    check(srnn_weights_open(&checkpoint, path));
    if (checkpoint_integer(checkpoint, DRY_KEY) != r->dry_checksum ||
        checkpoint_integer(checkpoint, WET_KEY) != r->wet_checksum)
        fail("%s has learned from another recording than %s and %s", path,
             r->dry_path, r->wet_path);
    trainer t = create_trainer(r, model_resume(checkpoint));
    checkpoint_copy_tensor(t.states, checkpoint, STATES_NAME);
    history_read(&t.history, checkpoint);
    srnn_weights_destroy(checkpoint);
    return t;
}

void trainer_destroy(trainer *t)
{
    srnn_tensor_destroy(t->states);
    srnn_tensor_destroy(t->output);
    srnn_tensor_destroy(t->d_output);
    srnn_tensor_destroy(t->played);
    history_free(&t->history);
    model_destroy(&t->model);
}

/* Runs the beginning of all strips, for the states in which it ends. */
static void warm_up(trainer *t)
{
    const recording *const r = t->recording;
    srnn_tensor *const dry = recording_view(r, &r->dry, 0, WARM_UP);
    check(srnn_context_forward(t->model.context, dry, NULL, NULL, t->states));
    srnn_tensor_destroy(dry);
}

/* Computes the gradients of the mean squared error of a chunk, which it
 * returns. */
static double differentiate(trainer *t, const srnn_tensor *dry,
                            const srnn_tensor *wet)
{
    double sum;
    int64_t count;
    model *const m = &t->model;
    check(srnn_context_record(m->context, m->tape, dry, NULL, NULL, t->states,
                              NULL, t->output, t->states));
    check(srnn_linear_forward(m->linear, m->context, t->output, t->played));
    check(srnn_loss_squared_error(&sum, &count, t->played, t->played, wet, NULL,
                                  0));
    check(srnn_linear_backward(m->linear, m->context, t->output, t->played,
                               SRNN_ACCUMULATION_SET,
                               m->gradients[MODEL_LINEAR], t->d_output));
    check(srnn_context_backward(m->context, m->tape, dry, t->d_output, NULL,
                                SRNN_ACCUMULATION_SET, m->gradients[MODEL_RNN],
                                NULL, NULL, NULL));
    return sum / (double)count;
}

double trainer_step(trainer *t)
{
    const recording *const r = t->recording;
    const int64_t step = model_steps(&t->model);
    const int64_t chunk = step % r->chunks;
    const int64_t first = WARM_UP + chunk * CHUNK;
    srnn_tensor *const dry = recording_view(r, &r->dry, first, CHUNK);
    srnn_tensor *const wet = recording_view(r, &r->wet, first, CHUNK);
    if (chunk == 0)
        warm_up(t);
    const double loss = differentiate(t, dry, wet);
    check(srnn_optimizer_set_real(t->model.optimizer, NULL,
                                  SRNN_OPTIMIZER_LEARNING_RATE,
                                  first_rate / (1 + (double)step / half_life)));
    model_update(&t->model, largest_norm);
    srnn_tensor_destroy(dry);
    srnn_tensor_destroy(wet);
    return loss;
}

double trainer_judge(const trainer *t)
{
    const recording *const r = t->recording;
    const audio dry = audio_from(&r->dry, r->held_out);
    const audio wet = audio_from(&r->wet, r->held_out);
    audio played = player_play(&t->model, &dry);
    const double ratio = audio_error_to_signal(&played, &wet);
    audio_free(&played);
    return ratio;
}

void trainer_save(const trainer *t, const char *path)
{
    const recording *const r = t->recording;
    srnn_tensor *const points = history_tensor(&t->history);
    const char *const names[] = {STATES_NAME, HISTORY_NAME};
    const srnn_tensor *const tensors[] = {t->states, points};
    const checkpoint_number numbers[] = {{TRAINER_RATE_KEY, r->dry.rate},
                                         {DRY_KEY, r->dry_checksum},
                                         {WET_KEY, r->wet_checksum}};
    checkpoint_save(t->model.optimizer, path, names, tensors, 2, numbers, 3);
    srnn_tensor_destroy(points);
}
