/* SPDX-License-Identifier: MIT */
#include "trainer.h"

#include <stdlib.h>

#include "check.h"
#include "checkpoint.h"
#include "network.h"
#include "random.h"

/* What random numbers of an epoch are for. */
enum { ORDER, NOISE };

static const double first_rate = 4e-3; /* from there it falls to 0 */
static const double noise = 0.3;       /* largest change of a pixel */

static srnn_tensor *create_vector(int64_t size)
{
    srnn_tensor *tensor = NULL;
    check(srnn_tensor_create(&tensor, SRNN_DTYPE_FLOAT32, 1, &size));
    return tensor;
}

trainer trainer_create(int64_t hidden_size, int64_t epochs, int64_t seed)
{
    trainer t = {.seed = seed,
                 .epochs = epochs,
                 .model = network_create(hidden_size, (uint64_t)seed)};
    t.best_rnn = create_vector(srnn_rnn_flat_size(t.model.rnn));
    t.best_linear = create_vector(srnn_linear_flat_size(t.model.linear));
    return t;
}

trainer trainer_resume(const char *path)
{
    srnn_weights *file = NULL;
    check(srnn_weights_open(&file, path));
    trainer t = {.model = model_resume(file)};
    t.seed = checkpoint_integer(file, "seed");
    t.epoch = checkpoint_integer(file, "epoch");
    t.epochs = checkpoint_integer(file, "epochs");
    t.best_right = checkpoint_integer(file, "best_right");
    history_read(&t.history, file);
    check(srnn_weights_read_tensor(&t.best_rnn, file, "best.rnn"));
    check(srnn_weights_read_tensor(&t.best_linear, file, "best.linear"));
    srnn_weights_destroy(file);
    return t;
}

void trainer_save(const trainer *t, const char *path)
{
    srnn_tensor *const measured = history_tensor(&t->history);
    const char *const names[] = {HISTORY_NAME, "best.rnn", "best.linear"};
    const srnn_tensor *const tensors[] = {measured, t->best_rnn,
                                          t->best_linear};
    const checkpoint_number numbers[] = {{"seed", t->seed},
                                         {"epoch", t->epoch},
                                         {"epochs", t->epochs},
                                         {"best_right", t->best_right}};
    checkpoint_save(t->model.optimizer, path, names, tensors,
                    sizeof tensors / sizeof tensors[0], numbers,
                    sizeof numbers / sizeof numbers[0]);
    srnn_tensor_destroy(measured);
}

void trainer_destroy(trainer *t)
{
    srnn_tensor_destroy(t->best_rnn);
    srnn_tensor_destroy(t->best_linear);
    history_free(&t->history);
    model_destroy(&t->model);
}

int64_t trainer_steps(const images *training)
{
    return training->count / BATCH;
}

/* Changes all pixels of a batch a little, so that no two are the same. */
static void add_noise(srnn_tensor *input, uint64_t key)
{
    float *const pixels = srnn_tensor_data(input);
    for (int64_t i = 0; i < srnn_tensor_size(input); i++)
        pixels[i] +=
            (float)(noise * (2 * random_uniform(key, (uint64_t)i) - 1));
}

/* Learns from all images of a part once, in random order. Returns the mean loss
 * of the steps. */
static double learn(trainer *t, const images *training)
{
    const uint64_t epoch = random_bits((uint64_t)t->seed, (uint64_t)t->epoch);
    const uint64_t noises = random_bits(epoch, NOISE);
    const int64_t steps = trainer_steps(training);
    int64_t *const order = allocate((size_t)training->count, sizeof *order);
    batch b = batch_create(&t->model, BATCH);
    double sum = 0;
    random_order(order, training->count, random_bits(epoch, ORDER));
    for (int64_t step = 0; step < steps; step++) {
        images_gather(training, order + step * BATCH, b.input, b.targets);
        add_noise(b.input, random_bits(noises, (uint64_t)step));
        sum += network_learn(&t->model, &b);
    }
    batch_destroy(&b);
    free(order);
    return sum / (double)steps;
}

static void keep_as_best(trainer *t, int64_t right)
{
    t->best_right = right;
    check(srnn_rnn_get_flat(t->model.rnn, t->best_rnn));
    check(srnn_linear_get_flat(t->model.linear, t->best_linear));
}

void trainer_run_epoch(trainer *t, const images *training,
                       const images *validation)
{
    const double left = 1 - (double)t->epoch / (double)t->epochs;
    check(srnn_optimizer_set_real(t->model.optimizer, NULL,
                                  SRNN_OPTIMIZER_LEARNING_RATE,
                                  first_rate * left));
    const double loss = learn(t, training);
    const int64_t right = trainer_count_right(t, validation);
    t->epoch++;
    history_add(&t->history, (double)(t->epoch * trainer_steps(training)), loss,
                100 * (double)right / (double)validation->count);
    if (right >= t->best_right)
        keep_as_best(t, right);
}

void trainer_choose_best(trainer *t)
{
    check(srnn_rnn_set_flat(t->model.rnn, t->best_rnn));
    check(srnn_linear_set_flat(t->model.linear, t->best_linear));
}

int64_t trainer_count_right(trainer *t, const images *part)
{
    int64_t *const order = allocate((size_t)part->count, sizeof *order);
    for (int64_t i = 0; i < part->count; i++)
        order[i] = i;
    batch b = batch_create(&t->model, part->count);
    images_gather(part, order, b.input, b.targets);
    const int64_t right = network_count_right(&t->model, &b);
    batch_destroy(&b);
    free(order);
    return right;
}
