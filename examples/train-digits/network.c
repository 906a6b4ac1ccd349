/* SPDX-License-Identifier: MIT */
#include "network.h"

#include "check.h"
#include "images.h"

enum { DIRECTIONS = 2 };

static const double largest_norm = 1; /* of the gradients */

model network_create(int64_t hidden_size, uint64_t seed)
{
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    srnn_linear *linear = NULL;
    check(srnn_config_create(&config));
    check(srnn_config_set_int(config, SRNN_OPTION_DIRECTION,
                              SRNN_DIRECTION_BIDIRECTIONAL));
    check(srnn_rnn_create(&rnn, SIDE, hidden_size, config, seed));
    srnn_config_destroy(config);
    check(srnn_linear_create(&linear, SRNN_DTYPE_FLOAT32,
                             DIRECTIONS * hidden_size, CLASSES, 1, seed + 1));
    return model_create(rnn, linear);
}

static srnn_tensor *create(srnn_dtype dtype, int32_t rank, const int64_t *shape)
{
    srnn_tensor *tensor = NULL;
    check(srnn_tensor_create(&tensor, dtype, rank, shape));
    return tensor;
}

/* A view of [B,2*H] as [2,B,H]: the first half of each row belongs to the
 * forward direction, the second half to the reverse direction. */
static srnn_tensor *view_as_h_n(srnn_tensor *features)
{
    srnn_tensor *view = NULL;
    const int64_t *const shape = srnn_tensor_shape(features);
    const int64_t hidden_size = shape[1] / DIRECTIONS;
    check(srnn_tensor_wrap(&view, srnn_tensor_data(features),
                           SRNN_DTYPE_FLOAT32, 3,
                           (int64_t[]){DIRECTIONS, shape[0], hidden_size},
                           (int64_t[]){hidden_size, shape[1], 1}));
    return view;
}

batch batch_create(const model *m, int64_t count)
{
    const int64_t input[] = {SIDE, count, SIDE};
    const int64_t features[] = {count, srnn_linear_in_features(m->linear)};
    const int64_t logits[] = {count, CLASSES};
    batch b = {.input = create(SRNN_DTYPE_FLOAT32, 3, input),
               .targets = create(SRNN_DTYPE_INT64, 1, &count),
               .features = create(SRNN_DTYPE_FLOAT32, 2, features),
               .logits = create(SRNN_DTYPE_FLOAT32, 2, logits),
               .d_features = create(SRNN_DTYPE_FLOAT32, 2, features)};
    b.h_n = view_as_h_n(b.features);
    b.d_h_n = view_as_h_n(b.d_features);
    return b;
}

void batch_destroy(batch *b)
{
    srnn_tensor_destroy(b->h_n);
    srnn_tensor_destroy(b->d_h_n);
    srnn_tensor_destroy(b->input);
    srnn_tensor_destroy(b->targets);
    srnn_tensor_destroy(b->features);
    srnn_tensor_destroy(b->logits);
    srnn_tensor_destroy(b->d_features);
}

double network_learn(model *m, batch *b)
{
    double sum;
    int64_t count;
    check(srnn_context_record(m->context, m->tape, b->input, NULL, NULL, NULL,
                              NULL, NULL, b->h_n));
    check(srnn_linear_forward(m->linear, m->context, b->features, b->logits));

    /* The gradient of the mean loss takes the place of the logits. */
    check(srnn_loss_cross_entropy(&sum, &count, b->logits, b->logits,
                                  b->targets, 0));

    check(srnn_linear_backward(m->linear, m->context, b->features, b->logits,
                               SRNN_ACCUMULATION_SET,
                               m->gradients[MODEL_LINEAR], b->d_features));
    check(srnn_context_backward(m->context, m->tape, b->input, NULL, b->d_h_n,
                                SRNN_ACCUMULATION_SET, m->gradients[MODEL_RNN],
                                NULL, NULL, NULL));
    model_update(m, largest_norm);
    return sum / (double)count;
}

int64_t network_count_right(model *m, batch *b)
{
    int64_t right = 0;
    check(srnn_context_forward(m->context, b->input, NULL, NULL, b->h_n));
    check(srnn_linear_forward(m->linear, m->context, b->features, b->logits));
    const float(*const logits)[CLASSES] = srnn_tensor_const_data(b->logits);
    const int64_t *const targets = srnn_tensor_const_data(b->targets);
    for (int64_t i = 0; i < srnn_tensor_size(b->targets); i++) {
        int64_t best = 0;
        for (int64_t c = 1; c < CLASSES; c++)
            if (logits[i][c] > logits[i][best])
                best = c;
        right += best == targets[i];
    }
    return right;
}
