/* SPDX-License-Identifier: MIT */
/* A training step in two halves: before the sum over shards and after it. */
#include "learner.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "checksum.h"
#include "random.h"

static srnn_tensor *make_tensor(int32_t rank, const int64_t *shape)
{
    srnn_tensor *tensor = NULL;
    check(srnn_tensor_create(&tensor, SRNN_DTYPE_FLOAT32, rank, shape));
    return tensor;
}

static float *values(srnn_tensor *tensor)
{
    return srnn_tensor_data(tensor);
}

static model new_model(uint64_t seed)
{
    srnn_rnn *rnn = NULL;
    srnn_linear *linear = NULL;
    check(srnn_rnn_create(&rnn, FEATURES, HIDDEN, NULL, seed));
    check(srnn_linear_create(&linear, SRNN_DTYPE_FLOAT32, HIDDEN, 1, 1,
                             seed + 1));
    return model_create(rnn, linear);
}

void learner_create(learner *l, uint64_t seed, const srnn_weights *checkpoint)
{
    const int64_t input[] = {STEPS, ROWS, FEATURES};
    const int64_t state[] = {1, ROWS, HIDDEN};
    const int64_t answer[] = {1, ROWS, 1};
    *l = (learner){.seed = seed};
    l->model = checkpoint == NULL ? new_model(seed) : model_resume(checkpoint);
    /* Ranks share the cores of a machine, so one thread each. */
    check(srnn_context_set_int(l->model.context, SRNN_CONTEXT_NUM_THREADS, 1));
    l->input = make_tensor(3, input);
    l->h_n = make_tensor(3, state);
    l->d_h_n = make_tensor(3, state);
    l->answer = make_tensor(3, answer);
    l->d_answer = make_tensor(3, answer);
    l->target = make_tensor(3, answer);
}

void learner_destroy(learner *l)
{
    srnn_tensor_destroy(l->input);
    srnn_tensor_destroy(l->target);
    srnn_tensor_destroy(l->h_n);
    srnn_tensor_destroy(l->answer);
    srnn_tensor_destroy(l->d_answer);
    srnn_tensor_destroy(l->d_h_n);
    model_destroy(&l->model);
}

int64_t learner_size(const learner *l)
{
    return srnn_rnn_flat_size(l->model.rnn) +
           srnn_linear_flat_size(l->model.linear);
}

/* A sequence follows from its number in the whole training alone. */
static void draw_sequence(learner *l, int64_t number, int64_t row)
{
    const uint64_t key = random_bits(l->seed, (uint64_t)number);
    float *const x = values(l->input) + row * FEATURES;
    const int64_t first = random_integer(key, STEPS, STEPS / 2);
    const int64_t second =
        STEPS / 2 + random_integer(key, STEPS + 1, STEPS - STEPS / 2);
    for (int64_t t = 0; t < STEPS; t++) {
        float *const now = x + t * ROWS * FEATURES;
        now[0] = (float)random_uniform(key, (uint64_t)t);
        now[1] = t == first || t == second ? 1.0F : 0.0F;
    }
    values(l->target)[row] =
        x[first * ROWS * FEATURES] + x[second * ROWS * FEATURES];
}

static void copy_gradients(const learner *l, float *to)
{
    for (int i = 0; i < MODEL_PARTS; i++) {
        srnn_tensor *const flat = srnn_gradients_flat(l->model.gradients[i]);
        const int64_t size = srnn_tensor_size(flat);
        memcpy(to, values(flat), (size_t)size * sizeof(float));
        to += size;
    }
}

/* With a divisor of 1, gradients are those of the sum. */
void learner_compute(learner *l, int64_t step, int64_t shard, part *out)
{
    const model *const m = &l->model;
    int64_t count = 0;
    for (int64_t row = 0; row < ROWS; row++)
        draw_sequence(l, (step * SHARDS + shard) * ROWS + row, row);
    check(srnn_context_record(m->context, m->tape, l->input, NULL, NULL, NULL,
                              NULL, NULL, l->h_n));
    check(srnn_linear_forward(m->linear, m->context, l->h_n, l->answer));
    check(srnn_loss_squared_error(&out->loss, &count, l->d_answer, l->answer,
                                  l->target, NULL, 1));
    check(srnn_linear_backward(m->linear, m->context, l->h_n, l->d_answer,
                               SRNN_ACCUMULATION_SET,
                               m->gradients[MODEL_LINEAR], l->d_h_n));
    check(srnn_context_backward(m->context, m->tape, l->input, NULL, l->d_h_n,
                                SRNN_ACCUMULATION_SET, m->gradients[MODEL_RNN],
                                NULL, NULL, NULL));
    out->count = (double)count;
    copy_gradients(l, out->gradient);
}

/* The mean, the clipping and the step come after the sum over all ranks. */
void learner_update(learner *l, const part *sum)
{
    const float *from = sum->gradient;
    for (int i = 0; i < MODEL_PARTS; i++) {
        srnn_tensor *const flat = srnn_gradients_flat(l->model.gradients[i]);
        const int64_t size = srnn_tensor_size(flat);
        memcpy(values(flat), from, (size_t)size * sizeof(float));
        from += size;
    }
    check(
        srnn_gradients_scale(l->model.gradients, MODEL_PARTS, 1 / sum->count));
    model_update(&l->model, 1.0);
}

int64_t learner_checksum(const learner *l)
{
    const int64_t rnn_size = srnn_rnn_flat_size(l->model.rnn);
    const int64_t linear_size = srnn_linear_flat_size(l->model.linear);
    const size_t size = (size_t)learner_size(l);
    float *const weights = allocate(size, sizeof *weights);
    srnn_tensor *rnn = NULL, *linear = NULL;
    check(srnn_tensor_wrap(&rnn, weights, SRNN_DTYPE_FLOAT32, 1, &rnn_size,
                           NULL));
    check(srnn_tensor_wrap(&linear, weights + rnn_size, SRNN_DTYPE_FLOAT32, 1,
                           &linear_size, NULL));
    check(srnn_rnn_get_flat(l->model.rnn, rnn));
    check(srnn_linear_get_flat(l->model.linear, linear));
    const int64_t sum = checksum(weights, size * sizeof *weights);
    srnn_tensor_destroy(rnn);
    srnn_tensor_destroy(linear);
    free(weights);
    return sum;
}
