/* SPDX-License-Identifier: MIT */
#include "support/trainee.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/draws.h"
#include "support/expect.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"

enum { T = 5, I = 2, H = 4, L = 2, C = 3 };

srnn_optimizer_kind trainee_kind(int number)
{
    static const srnn_optimizer_kind kinds[] = {
        SRNN_OPTIMIZER_KIND_SGD, SRNN_OPTIMIZER_KIND_ADAM,
        SRNN_OPTIMIZER_KIND_ADAMW, SRNN_OPTIMIZER_KIND_RMSPROP, 0};
    return kinds[number];
}

static void set(trainee *t, const srnn_gradients *gradients,
                srnn_optimizer_option option, double value)
{
    EXPECT_SUCCESS(
        srnn_optimizer_set_real(t->optimizer, gradients, option, value));
}

static void set_options(trainee *t, srnn_optimizer_kind kind)
{
    set(t, NULL, SRNN_OPTIMIZER_WEIGHT_DECAY, 0.015625);
    set(t, t->of_h0, SRNN_OPTIMIZER_WEIGHT_DECAY, 0);
    if (kind == SRNN_OPTIMIZER_KIND_SGD) {
        set(t, NULL, SRNN_OPTIMIZER_MOMENTUM, 0.9);
        set(t, t->of_h0, SRNN_OPTIMIZER_DAMPENING, -1 / 3.0);
        EXPECT_SUCCESS(srnn_optimizer_set_int(t->optimizer, t->of_rnn,
                                              SRNN_OPTIMIZER_NESTEROV, 1));
    }
    if (kind == SRNN_OPTIMIZER_KIND_RMSPROP) {
        set(t, t->of_rnn, SRNN_OPTIMIZER_MOMENTUM, 0.5);
        EXPECT_SUCCESS(srnn_optimizer_set_int(t->optimizer, t->of_rnn,
                                              SRNN_OPTIMIZER_CENTERED, 1));
    }
}

void trainee_create(trainee *t, srnn_optimizer_kind kind)
{
    static const int64_t states[] = {L, 1, H};
    memset(t, 0, sizeof *t);
    t->rnn = small_rnn_create(
        &(small_rnn){.I = I, .H = H, .L = L, .dropout = 0.5, .seed = 7});
    EXPECT_SUCCESS(srnn_linear_create(&t->fc, SRNN_DTYPE_FLOAT32, H, C, 1, 8));
    t->context = small_rnn_context(t->rnn, 1, SRNN_SCHEDULE_SERIAL);
    EXPECT_SUCCESS(srnn_tape_create(&t->tape, t->rnn));
    EXPECT_SUCCESS(srnn_tape_set_int(t->tape, SRNN_TAPE_DROPOUT, 1));
    EXPECT_SUCCESS(srnn_tensor_wrap(&t->h0_view, t->h0, SRNN_DTYPE_FLOAT32, 3,
                                    states, NULL));
    EXPECT_SUCCESS(srnn_gradients_create(&t->of_rnn, t->rnn));
    EXPECT_SUCCESS(srnn_gradients_create_linear(&t->of_fc, t->fc));
    EXPECT_SUCCESS(srnn_gradients_create_tensor(&t->of_h0, t->h0_view, "h0"));
    EXPECT_SUCCESS(srnn_optimizer_create(&t->optimizer, kind));
    EXPECT_SUCCESS(srnn_optimizer_add(t->optimizer, t->of_rnn, "rnn."));
    EXPECT_SUCCESS(srnn_optimizer_add(t->optimizer, t->of_fc, "fc."));
    EXPECT_SUCCESS(srnn_optimizer_add(t->optimizer, t->of_h0, "start."));
    set_options(t, kind);
}

void trainee_destroy(trainee *t)
{
    srnn_optimizer_destroy(t->optimizer);
    srnn_gradients_destroy(t->of_h0);
    srnn_gradients_destroy(t->of_fc);
    srnn_gradients_destroy(t->of_rnn);
    srnn_tensor_destroy(t->h0_view);
    srnn_tape_destroy(t->tape);
    srnn_context_destroy(t->context);
    srnn_linear_destroy(t->fc);
    srnn_rnn_destroy(t->rnn);
}

/* The operands of a step. */
typedef struct {
    float memory[5][T * H];
    srnn_tensor *input, *output, *logits, *d_logits, *d_output;
} operands;

static srnn_tensor *view(float *values, int64_t width)
{
    srnn_tensor *tensor = NULL;
    const int64_t shape[] = {T, 1, width};
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&tensor, values, SRNN_DTYPE_FLOAT32, 3, shape, NULL));
    return tensor;
}

static void make_operands(operands *o)
{
    o->input = view(o->memory[0], I);
    o->output = view(o->memory[1], H);
    o->logits = view(o->memory[2], C);
    o->d_logits = view(o->memory[3], C);
    o->d_output = view(o->memory[4], H);
}

static void free_operands(operands *o)
{
    srnn_tensor_destroy(o->input);
    srnn_tensor_destroy(o->output);
    srnn_tensor_destroy(o->logits);
    srnn_tensor_destroy(o->d_logits);
    srnn_tensor_destroy(o->d_output);
}

/* A sequence, and a target for each of its logits, that follow from the number.
 */
static void go_forward(trainee *t, operands *o, int number)
{
    draws random = draws_of(number, 91);
    for (int i = 0; i < T * I; i++)
        o->memory[0][i] = (float)draws_value(&random);
    EXPECT_SUCCESS(srnn_tape_set_int(t->tape, SRNN_TAPE_DROPOUT_SEED, number));
    EXPECT_SUCCESS(srnn_context_record(t->context, t->tape, o->input, NULL,
                                       NULL, t->h0_view, NULL, o->output,
                                       NULL));
    EXPECT_SUCCESS(
        srnn_linear_forward(t->fc, t->context, o->output, o->logits));
    for (int i = 0; i < T * C; i++)
        o->memory[3][i] = o->memory[2][i] - (float)draws_value(&random);
}

static void go_back(trainee *t, operands *o)
{
    EXPECT_SUCCESS(srnn_linear_backward(t->fc, t->context, o->output,
                                        o->d_logits, SRNN_ACCUMULATION_SET,
                                        t->of_fc, o->d_output));
    EXPECT_SUCCESS(srnn_context_backward(
        t->context, t->tape, o->input, o->d_output, NULL, SRNN_ACCUMULATION_SET,
        t->of_rnn, NULL, srnn_gradients_tensor(t->of_h0, "h0"), NULL));
}

/* A parameter is frozen now and then, so that not all have as many steps. */
static void step(trainee *t, int number)
{
    operands o;
    make_operands(&o);
    EXPECT_SUCCESS(
        srnn_gradients_set_trained(t->of_rnn, "bias_hh_l1", number % 3 != 1));
    go_forward(t, &o, number);
    go_back(t, &o);
    EXPECT_SUCCESS(srnn_optimizer_step(t->optimizer));
    free_operands(&o);
}

void trainee_step(trainee *t, int first, int end)
{
    for (int i = first; i < end; i++) {
        double rate = 0;
        step(t, i);
        EXPECT_SUCCESS(srnn_optimizer_get_real(&rate, t->optimizer, t->of_rnn,
                                               SRNN_OPTIMIZER_LEARNING_RATE));
        set(t, t->of_rnn, SRNN_OPTIMIZER_LEARNING_RATE, rate * 0.9);
    }
}

weights_file trainee_save(const trainee *t, const char *path)
{
    EXPECT_SUCCESS(
        srnn_optimizer_save(t->optimizer, path, NULL, NULL, 0, NULL));
    return saved_file_read(path);
}

srnn_status trainee_load(trainee *t, const char *path)
{
    srnn_weights *weights = NULL;
    EXPECT_SUCCESS(srnn_weights_open(&weights, path));
    const srnn_status status = srnn_optimizer_load(t->optimizer, weights);
    srnn_weights_destroy(weights);
    return status;
}

srnn_status trainee_load_bytes(trainee *t, const weights_file *file)
{
    srnn_weights *weights = NULL;
    EXPECT_SUCCESS(srnn_weights_open_memory(&weights, file->bytes, file->size));
    const srnn_status status = srnn_optimizer_load(t->optimizer, weights);
    srnn_weights_destroy(weights);
    return status;
}
