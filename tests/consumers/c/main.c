/* SPDX-License-Identifier: MIT */
/* A program outside the project, in C11: a forward of a 2-layer bidirectional
 * network, and steps of a stream. */
#include <math.h>
#include <simplernn.h>
#include <stdio.h>
#include <stdlib.h>

enum { T = 3, B = 2, I = 4, H = 2, L = 2, D = 2, MAX_PARAMETERS = L * D * 4 };

static void check(srnn_status status)
{
    if (status == SRNN_OK)
        return;
    fprintf(stderr, "%s: %s\n", srnn_status_name(status), srnn_last_error());
    exit(1);
}

/* The same numbers in every consumer: see make_expected.py. */
static void fill(float *values, int64_t count, int64_t p)
{
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)((p * 7 + i * 3) % 11 - 5) / 16;
}

static void set_parameters(srnn_rnn *rnn)
{
    srnn_tensor *values[MAX_PARAMETERS];
    const int64_t count = srnn_rnn_parameter_count(rnn);
    for (int64_t p = 0; p < count; p++) {
        check(srnn_tensor_create(&values[p], SRNN_DTYPE_FLOAT32,
                                 srnn_rnn_parameter_rank(rnn, p),
                                 srnn_rnn_parameter_shape(rnn, p)));
        fill(srnn_tensor_data(values[p]), srnn_tensor_size(values[p]), p);
    }
    check(srnn_rnn_set_parameters(rnn, (const srnn_tensor *const *)values,
                                  count));
    for (int64_t p = 0; p < count; p++)
        srnn_tensor_destroy(values[p]);
}

static srnn_context *create_context(srnn_direction direction)
{
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    srnn_context *context = NULL;
    check(srnn_config_create(&config));
    check(srnn_config_set_int(config, SRNN_OPTION_NUM_LAYERS, L));
    check(srnn_config_set_int(config, SRNN_OPTION_DIRECTION, direction));
    check(srnn_rnn_create(&rnn, I, H, config, 0));
    check(srnn_context_create(&context, rnn));
    set_parameters(rnn); /* after the context, which follows */
    srnn_config_destroy(config);
    srnn_rnn_destroy(rnn); /* the context keeps it alive */
    return context;
}

/* The number of values that are not the next ones in the file. */
static int compare(const float *values, int count, FILE *expected)
{
    int wrong = 0;
    for (int i = 0; i < count; i++) {
        double value = 0;
        if (fscanf(expected, "%lf", &value) != 1 ||
            !(fabs((double)values[i] - value) <= 1e-6))
            wrong++;
    }
    return wrong;
}

static int forward(const float *x, FILE *expected)
{
    float h0[L * D * B * H], output[T * B * D * H], h_n[L * D * B * H];
    srnn_context *const context = create_context(SRNN_DIRECTION_BIDIRECTIONAL);
    fill(h0, L * D * B * H, 17);
    check(srnn_context_forward_contiguous(context, T, B, x, h0, output, h_n));
    srnn_context_destroy(context);
    return compare(output, T * B * D * H, expected) +
           compare(h_n, L * D * B * H, expected);
}

static int step(const float *x, FILE *expected)
{
    float states[B * H];
    int wrong = 0;
    srnn_stream *stream = NULL;
    srnn_context *const context = create_context(SRNN_DIRECTION_FORWARD);
    check(srnn_stream_create(&stream, context, B));
    srnn_context_destroy(context); /* the stream needs the rnn alone */
    for (int t = 0; t < T; t++) {
        check(srnn_stream_step(stream, x + (ptrdiff_t)t * B * I, states));
        wrong += compare(states, B * H, expected);
    }
    srnn_stream_destroy(stream);
    return wrong;
}

int main(int argc, char **argv)
{
    float x[T * B * I];
    FILE *expected = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (expected == NULL)
        return 2;
    fill(x, T * B * I, 16);
    int wrong = forward(x, expected);
    wrong += step(x, expected);
    printf("C, simplernn %s: %d values wrong\n", srnn_version(), wrong);
    fclose(expected);
    return wrong != 0;
}
