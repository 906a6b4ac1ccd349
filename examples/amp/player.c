/* SPDX-License-Identifier: MIT */
#include "player.h"

#include <stdlib.h>

#include "check.h"

/* What the memory of player_play() relies on. */
static void check_sizes(const model *m)
{
    int64_t inputs, hidden;
    check(srnn_rnn_get_int(&inputs, m->rnn, SRNN_OPTION_INPUT_SIZE));
    check(srnn_rnn_get_int(&hidden, m->rnn, SRNN_OPTION_HIDDEN_SIZE));
    if (inputs != 1 || srnn_linear_in_features(m->linear) != hidden ||
        srnn_linear_out_features(m->linear) != 1)
        fail("the checkpoint is not one of amp: its layers have other sizes");
}

audio player_play(const model *m, const audio *dry)
{
    srnn_stream *stream;
    srnn_tensor *weight, *bias;
    const int64_t hidden = srnn_linear_in_features(m->linear);
    float *const state = allocate((size_t)hidden, sizeof *state);
    check_sizes(m);
    audio wet = audio_create(dry->count, dry->rate);
    check(srnn_linear_copy_parameter(&weight, m->linear, "weight")); /* [1,H] */
    check(srnn_linear_copy_parameter(&bias, m->linear, "bias"));     /* [1] */
    const float *const w = srnn_tensor_const_data(weight);
    const float *const b = srnn_tensor_const_data(bias);
    check(srnn_stream_create(&stream, m->context, 1));
    /* Nothing in this loop allocates memory or calls the system, so it could
     * stand in a callback that must never be late. */
    for (int64_t t = 0; t < dry->count; t++) {
        check(srnn_stream_step(stream, &dry->samples[t], state));
        float sum = *b;
        for (int64_t i = 0; i < hidden; i++)
            sum += w[i] * state[i];
        wet.samples[t] = sum;
    }
    srnn_stream_destroy(stream);
    srnn_tensor_destroy(weight);
    srnn_tensor_destroy(bias);
    free(state);
    return wet;
}
