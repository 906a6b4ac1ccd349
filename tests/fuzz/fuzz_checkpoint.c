/* SPDX-License-Identifier: MIT */
/* Any bytes as a checkpoint of an rnn and a linear layer, loaded into an
 * optimizer of each kind: it loads, and then the values are those of the file
 * and a step can follow; or it fails with a reason and nothing has changed.
 * Memory stays within what the optimizer itself needs. */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/safetensors.h"

enum { PROMISED = 1 << 16, RNN_VALUES = 2 + 1, LINEAR_VALUES = 1 + 1 };

/* What is trained, and its values in one array. */
typedef struct {
    srnn_rnn *rnn;
    srnn_linear *fc;
    srnn_gradients *of_rnn, *of_fc;
    srnn_optimizer *optimizer;
} model;

typedef struct {
    float rnn[RNN_VALUES];
    float fc[LINEAR_VALUES];
    int64_t steps;
    double learning_rate;
} model_state;

static void create_model(model *m, srnn_optimizer_kind kind)
{
    srnn_config *config = NULL;
    require(srnn_config_create(&config) == SRNN_OK);
    require(srnn_config_set_int(config, SRNN_OPTION_BIAS, 0) == SRNN_OK);
    require(srnn_rnn_create(&m->rnn, 2, 1, config, 1) == SRNN_OK);
    srnn_config_destroy(config);
    require(srnn_linear_create(&m->fc, SRNN_DTYPE_FLOAT32, 1, 1, 1, 1) ==
            SRNN_OK);
    require(srnn_gradients_create(&m->of_rnn, m->rnn) == SRNN_OK);
    require(srnn_gradients_create_linear(&m->of_fc, m->fc) == SRNN_OK);
    require(srnn_optimizer_create(&m->optimizer, kind) == SRNN_OK);
    require(srnn_optimizer_add(m->optimizer, m->of_rnn, "rnn.") == SRNN_OK);
    require(srnn_optimizer_add(m->optimizer, m->of_fc, "fc.") == SRNN_OK);
}

static void destroy_model(model *m)
{
    srnn_optimizer_destroy(m->optimizer);
    srnn_gradients_destroy(m->of_fc);
    srnn_gradients_destroy(m->of_rnn);
    srnn_linear_destroy(m->fc);
    srnn_rnn_destroy(m->rnn);
}

static srnn_tensor *wrap(float *values, int64_t count)
{
    srnn_tensor *tensor = NULL;
    require(srnn_tensor_wrap(&tensor, values, SRNN_DTYPE_FLOAT32, 1, &count,
                             NULL) == SRNN_OK);
    return tensor;
}

static void get_state(model_state *s, const model *m)
{
    memset(s, 0, sizeof *s);
    srnn_tensor *const rnn = wrap(s->rnn, RNN_VALUES);
    srnn_tensor *const fc = wrap(s->fc, LINEAR_VALUES);
    require(srnn_rnn_get_flat(m->rnn, rnn) == SRNN_OK);
    require(srnn_linear_get_flat(m->fc, fc) == SRNN_OK);
    srnn_tensor_destroy(rnn);
    srnn_tensor_destroy(fc);
    require(srnn_optimizer_get_int(&s->steps, m->optimizer, NULL,
                                   SRNN_OPTIMIZER_STEPS) == SRNN_OK);
    require(srnn_optimizer_get_real(&s->learning_rate, m->optimizer, m->of_fc,
                                    SRNN_OPTIMIZER_LEARNING_RATE) == SRNN_OK);
}

static void require_values(const srnn_weights *weights, const char *name,
                           const float *values, int64_t count)
{
    srnn_tensor *tensor = NULL;
    require(srnn_weights_read_tensor(&tensor, weights, name) == SRNN_OK);
    require(srnn_tensor_dtype(tensor) == SRNN_DTYPE_FLOAT32);
    require(srnn_tensor_size(tensor) == count);
    require(memcmp(srnn_tensor_data(tensor), values,
                   (size_t)count * sizeof *values) == 0);
    srnn_tensor_destroy(tensor);
}

/* The state is that of the file, and training can go on. */
static void check_loaded(model *m, const srnn_weights *weights)
{
    model_state after;
    get_state(&after, m);
    require_values(weights, "rnn.weight_ih_l0", after.rnn, 2);
    require_values(weights, "rnn.weight_hh_l0", after.rnn + 2, 1);
    require_values(weights, "fc.weight", after.fc, 1);
    require_values(weights, "fc.bias", after.fc + 1, 1);
    require(after.steps >= 0 && after.learning_rate >= 0);
    const srnn_status status = srnn_optimizer_step(m->optimizer);
    require(status == SRNN_OK || status == SRNN_ERROR_STATE);
}

static bool load(const srnn_weights *weights, srnn_optimizer_kind kind,
                 size_t size)
{
    model m;
    model_state before;
    model_state after;
    create_model(&m, kind);
    get_state(&before, &m);
    memory.peak = memory.living;
    const srnn_status status = srnn_optimizer_load(m.optimizer, weights);
    require(memory.peak <= memory.living + size + PROMISED);
    if (status == SRNN_OK) {
        check_loaded(&m, weights);
    } else {
        require_reason(status);
        get_state(&after, &m);
        require(memcmp(&before, &after, sizeof before) == 0);
    }
    destroy_model(&m);
    return status == SRNN_OK;
}

/* How many kinds load it: one at most. */
static int load_all(const uint8_t *data, size_t size)
{
    int loaded = 0;
    srnn_weights *const weights = open_within(data, size);
    if (weights == NULL)
        return 0;
    for (srnn_optimizer_kind kind = SRNN_OPTIMIZER_KIND_SGD;
         kind <= SRNN_OPTIMIZER_KIND_RMSPROP; kind++)
        loaded += load(weights, kind, size);
    srnn_weights_destroy(weights);
    require(loaded <= 1 && memory.living == 0);
    return loaded;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    (void)load_all(data, size);
    return 0;
}
