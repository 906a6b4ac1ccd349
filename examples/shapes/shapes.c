/* SPDX-License-Identifier: MIT */
/* The shapes of an rnn in five cases, from one cell to two layers in both
 * directions, printed and checked. All have T=3 time steps, a batch of B=2,
 * input_size I=4 and hidden_size H=2. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <simplernn.h>

enum { T = 3, B = 2, I = 4, H = 2 };

static void check(srnn_status status)
{
    if (status == SRNN_OK)
        return;
    fprintf(stderr, "shapes: %s\n", srnn_last_error());
    exit(1);
}

/* Ends the program if something that must hold does not. */
static void expect(bool holds, const char *what)
{
    printf("  %s %s\n", holds ? "yes:" : "NO:", what);
    if (!holds)
        exit(1);
}

static srnn_rnn *make_rnn(int64_t layers, srnn_direction direction)
{
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    check(srnn_config_create(&config));
    check(srnn_config_set_int(config, SRNN_OPTION_NUM_LAYERS, layers));
    check(srnn_config_set_int(config, SRNN_OPTION_DIRECTION, direction));
    check(srnn_rnn_create(&rnn, I, H, config, 0));
    srnn_config_destroy(config);
    return rnn;
}

static float input[T][B][I];

static void fill_input(void)
{
    for (int i = 0; i < T * B * I; i++)
        (&input[0][0][0])[i] = (float)(i % 7 - 3) / 4;
}

static srnn_tensor *wrap(void *data, const int64_t *shape, int32_t rank)
{
    srnn_tensor *tensor = NULL;
    check(
        srnn_tensor_wrap(&tensor, data, SRNN_DTYPE_FLOAT32, rank, shape, NULL));
    return tensor;
}

/* Runs an rnn from h0 = 0. */
static void run(srnn_rnn *rnn, float *output, float *h_n)
{
    int64_t shape[3];
    srnn_context *context = NULL;
    check(srnn_rnn_shape(shape, rnn, SRNN_ROLE_INPUT, T, B));
    srnn_tensor *const x = wrap(input, shape, 3);
    check(srnn_rnn_shape(shape, rnn, SRNN_ROLE_OUTPUT, T, B));
    srnn_tensor *const y = wrap(output, shape, 3);
    check(srnn_rnn_shape(shape, rnn, SRNN_ROLE_HIDDEN, T, B));
    srnn_tensor *const h = wrap(h_n, shape, 3);
    check(srnn_context_create(&context, rnn));
    check(srnn_context_forward(context, x, NULL, y, h));
    srnn_context_destroy(context);
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    srnn_tensor_destroy(h);
}

static void describe(const srnn_rnn *rnn, const char *title)
{
    char table[4096];
    check(srnn_rnn_describe(table, sizeof table, NULL, rnn, T, B));
    printf("\n== %s\n\n%s\n", title, table);
}

/* Layer 0's cell: x [B,I] and h [B,H] a step. All states go to states. */
static void loop_over_cell(srnn_rnn *rnn, float states[T][B][H])
{
    static const int64_t x_shape[] = {B, I};
    static const int64_t h_shape[] = {B, H};
    srnn_cell *cell = NULL;
    check(srnn_cell_create_view(&cell, rnn, 0, SRNN_DIRECTION_FORWARD));
    for (int t = 0; t < T; t++) {
        srnn_tensor *const x = wrap(input[t], x_shape, 2);
        srnn_tensor *const h = t == 0 ? NULL : wrap(states[t - 1], h_shape, 2);
        srnn_tensor *const next = wrap(states[t], h_shape, 2);
        check(srnn_cell_forward(cell, x, h, next));
        srnn_tensor_destroy(x);
        srnn_tensor_destroy(h);
        srnn_tensor_destroy(next);
    }
    srnn_cell_destroy(cell);
}

/* Sums are rounded in another order where a product has other sizes. */
static bool nearly_equal(const float *a, const float *b, int count)
{
    for (int i = 0; i < count; i++)
        if (!(a[i] - b[i] < 1e-6f && b[i] - a[i] < 1e-6f))
            return false;
    return true;
}

static void show_one_direction(int layers, const char *title)
{
    float output[T][B][H];
    float h_n[2][B][H];
    srnn_rnn *const rnn = make_rnn(layers, SRNN_DIRECTION_FORWARD);
    describe(rnn, title);
    run(rnn, &output[0][0][0], &h_n[0][0][0]);
    expect(memcmp(output[T - 1], h_n[layers - 1], sizeof h_n[0]) == 0,
           "the last row of h_n, the top layer's, is output[T-1]");
    float states[T][B][H];
    loop_over_cell(rnn, states);
    expect(nearly_equal(&states[T - 1][0][0], &h_n[0][0][0], B * H),
           "a loop over layer 0's cell, x [2, 4] and h [2, 2] a step, ends in "
           "the first row of h_n");
    if (layers == 1)
        expect(nearly_equal(&states[0][0][0], &output[0][0][0], T * B * H),
               "and its states are the output");
    srnn_rnn_destroy(rnn);
}

static void show_both_directions(int layers, const char *title)
{
    float output[T][B][2 * H];
    float h_n[4][B][H];
    bool forward = true;
    bool reverse = true;
    srnn_rnn *const rnn = make_rnn(layers, SRNN_DIRECTION_BIDIRECTIONAL);
    describe(rnn, title);
    run(rnn, &output[0][0][0], &h_n[0][0][0]);
    for (int b = 0; b < B; b++) {
        const float *const last = output[T - 1][b];
        const float *const first = output[0][b] + H;
        forward &= memcmp(last, h_n[2 * layers - 2][b], sizeof h_n[0][0]) == 0;
        reverse &= memcmp(first, h_n[2 * layers - 1][b], sizeof h_n[0][0]) == 0;
    }
    expect(forward, "output[T-1, :, :H] is the top layer's forward row of h_n");
    expect(reverse, "output[0, :, H:] is the top layer's reverse row of h_n");
    srnn_rnn_destroy(rnn);
}

/* What an error says: h0 of one cell for an rnn of four. */
static void show_error(void)
{
    static const int64_t x_shape[] = {T, B, I};
    static const int64_t h_shape[] = {1, B, H};
    float states[1][B][H] = {{{0}}};
    srnn_context *context = NULL;
    srnn_rnn *const rnn = make_rnn(2, SRNN_DIRECTION_BIDIRECTIONAL);
    srnn_tensor *const x = wrap(input, x_shape, 3);
    srnn_tensor *const h0 = wrap(states, h_shape, 3);
    check(srnn_context_create(&context, rnn));
    printf("\n== An h0 of the wrong shape\n\n");
    expect(srnn_context_forward(context, x, h0, NULL, NULL) == SRNN_ERROR_SHAPE,
           "forward refuses it and says");
    printf("%s\n", srnn_last_error());
    srnn_context_destroy(context);
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(h0);
    srnn_rnn_destroy(rnn);
}

int main(void)
{
    fill_input();
    show_one_direction(1, "One cell in a loop; one layer, one direction");
    show_one_direction(2, "Two layers, one direction");
    show_both_directions(1, "One layer, both directions");
    show_both_directions(2, "Two layers, both directions");
    show_error();
    return 0;
}
