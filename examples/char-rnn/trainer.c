/* SPDX-License-Identifier: MIT */
#include "trainer.h"

#include <math.h>

#include "check.h"
#include "checkpoint.h"

static const double learning_rate = 2e-3;
static const double largest_norm = 5; /* of all gradients of a step */

/* What a checkpoint holds besides the network and the optimizer. The place in
 * the text is not among it, because it follows from the number of steps. */
#define STATES_NAME "states"
#define ALPHABET_NAME "alphabet" /* for those who have no text, to sample */
#define CHECKSUM_KEY "text_checksum"

static srnn_tensor *create(srnn_dtype dtype, int32_t rank, int64_t first,
                           int64_t second, int64_t third)
{
    srnn_tensor *tensor;
    const int64_t shape[] = {first, second, third};
    check(srnn_tensor_create(&tensor, dtype, rank, shape));
    return tensor;
}

static trainer create_trainer(const text *t, model m)
{
    int64_t layers;
    const int64_t hidden = srnn_linear_in_features(m.linear);
    const int64_t symbols = t->alphabet_size;
    check(srnn_rnn_get_int(&layers, m.rnn, SRNN_OPTION_NUM_LAYERS));
    return (trainer){
        .text = t,
        .model = m,
        .input = create(SRNN_DTYPE_FLOAT32, 3, WINDOW, BATCH, symbols),
        .targets = create(SRNN_DTYPE_INT64, 2, WINDOW, BATCH, 0),
        .states = create(SRNN_DTYPE_FLOAT32, 3, layers, BATCH, hidden),
        .output = create(SRNN_DTYPE_FLOAT32, 3, WINDOW, BATCH, hidden),
        .d_output = create(SRNN_DTYPE_FLOAT32, 3, WINDOW, BATCH, hidden),
        .logits = create(SRNN_DTYPE_FLOAT32, 3, WINDOW, BATCH, symbols)};
}

trainer trainer_begin(const text *t, int64_t layers, int64_t hidden,
                      uint64_t seed)
{
    srnn_config *config;
    srnn_rnn *rnn;
    srnn_linear *linear;
    const int64_t symbols = t->alphabet_size;
    check(srnn_config_create(&config));
    check(srnn_config_set_int(config, SRNN_OPTION_NUM_LAYERS, layers));
    check(srnn_rnn_create(&rnn, symbols, hidden, config, seed));
    srnn_config_destroy(config);
    check(srnn_linear_create(&linear, SRNN_DTYPE_FLOAT32, hidden, symbols, 1,
                             seed + 1));
    const model m = model_create(rnn, linear);
    check(srnn_optimizer_set_real(m.optimizer, NULL,
                                  SRNN_OPTIMIZER_LEARNING_RATE, learning_rate));
    return create_trainer(t, m);
}

trainer trainer_resume(const text *t, const char *path)
{
    srnn_weights *checkpoint;
    check(srnn_weights_open(&checkpoint, path));
    if (checkpoint_integer(checkpoint, CHECKSUM_KEY) != t->checksum)
        fail("%s has learned from another text than %s", path, t->path);
    trainer r = create_trainer(t, model_resume(checkpoint));
    checkpoint_copy_tensor(r.states, checkpoint, STATES_NAME);
    history_read(&r.history, checkpoint);
    srnn_weights_destroy(checkpoint);
    return r;
}

void trainer_destroy(trainer *t)
{
    srnn_tensor *const tensors[] = {t->input,  t->targets,  t->states,
                                    t->output, t->d_output, t->logits};
    for (size_t i = 0; i < sizeof tensors / sizeof tensors[0]; i++)
        srnn_tensor_destroy(tensors[i]);
    history_free(&t->history);
    model_destroy(&t->model);
}

double trainer_step(trainer *t)
{
    double sum;
    int64_t count;
    model *const m = &t->model;
    const int64_t window = model_steps(&t->model) % t->text->windows;
    text_copy_window(t->text, window, t->input, t->targets);
    /* At the beginning of the strips, the states are zeros. */
    srnn_tensor *const h0 = window == 0 ? NULL : t->states;

    check(srnn_context_record(m->context, m->tape, t->input, NULL, NULL, h0,
                              NULL, t->output, t->states));
    check(srnn_linear_forward(m->linear, m->context, t->output, t->logits));
    check(srnn_loss_cross_entropy(&sum, &count, t->logits, t->logits,
                                  t->targets, 0));
    check(srnn_linear_backward(m->linear, m->context, t->output, t->logits,
                               SRNN_ACCUMULATION_SET,
                               m->gradients[MODEL_LINEAR], t->d_output));
    check(srnn_context_backward(m->context, m->tape, t->input, t->d_output,
                                NULL, SRNN_ACCUMULATION_SET,
                                m->gradients[MODEL_RNN], NULL, NULL, NULL));
    model_update(m, largest_norm);
    return sum / (double)count;
}

double trainer_perplexity(const trainer *t)
{
    double sum;
    int64_t count;
    const model *const m = &t->model;
    const text *const source = t->text;
    srnn_tensor *input, *targets, *features, *logits;
    const int64_t steps = source->size - source->held_out - 1;
    const int64_t rows[] = {steps, 1};
    const int64_t one_hot[] = {steps, 1, source->alphabet_size};
    const int64_t states[] = {steps, 1, srnn_linear_in_features(m->linear)};
    check(srnn_tensor_create(&input, SRNN_DTYPE_FLOAT32, 3, one_hot));
    check(srnn_tensor_create(&targets, SRNN_DTYPE_INT64, 2, rows));
    check(srnn_tensor_create(&features, SRNN_DTYPE_FLOAT32, 3, states));
    check(srnn_tensor_create(&logits, SRNN_DTYPE_FLOAT32, 3, one_hot));
    text_copy_held_out(source, input, targets);
    check(srnn_context_forward(m->context, input, NULL, features, NULL));
    check(srnn_linear_forward(m->linear, m->context, features, logits));
    check(srnn_loss_cross_entropy(&sum, &count, NULL, logits, targets, 0));
    srnn_tensor_destroy(input);
    srnn_tensor_destroy(targets);
    srnn_tensor_destroy(features);
    srnn_tensor_destroy(logits);
    return exp(sum / (double)count);
}

void trainer_save(const trainer *t, const char *path)
{
    enum { COUNT = 3 };
    srnn_tensor *alphabet;
    srnn_tensor *const points = history_tensor(&t->history);
    check(srnn_tensor_wrap_const(&alphabet, t->text->alphabet, SRNN_DTYPE_UINT8,
                                 1, &t->text->alphabet_size, NULL));
    const char *const names[COUNT] = {STATES_NAME, ALPHABET_NAME, HISTORY_NAME};
    const srnn_tensor *const tensors[COUNT] = {t->states, alphabet, points};
    const checkpoint_number sum = {CHECKSUM_KEY, t->text->checksum};
    checkpoint_save(t->model.optimizer, path, names, tensors, COUNT, &sum, 1);
    srnn_tensor_destroy(alphabet);
    srnn_tensor_destroy(points);
}

srnn_tensor *trainer_read_alphabet(const srnn_weights *checkpoint,
                                   int64_t symbols)
{
    srnn_tensor *alphabet;
    check(srnn_weights_read_tensor(&alphabet, checkpoint, ALPHABET_NAME));
    if (srnn_tensor_dtype(alphabet) != SRNN_DTYPE_UINT8 ||
        srnn_tensor_size(alphabet) != symbols)
        fail("the alphabet of the checkpoint is not uint8 [%lld], one byte for "
             "each symbol",
             (long long)symbols);
    return alphabet;
}
