/* SPDX-License-Identifier: MIT */
/* The whole of what srnn_rnn_describe prints. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"

enum { I = 3, H = 4, T = 5, B = 2 };

static const char plain[] =
    "rnn: 1 layer, forward, tanh, bias, time first, float32\n"
    "\n"
    "layer  direction  parameter                 shape                 count\n"
    "0      forward    weight_ih_l0              [4, 3]                   12\n"
    "0      forward    weight_hh_l0              [4, 4]                   16\n"
    "0      forward    bias_ih_l0                [4]                       4\n"
    "0      forward    bias_hh_l0                [4]                       4\n"
    "total                                                                36\n"
    "\n"
    "tensor  shape                 for T=5 steps, a batch of B=2\n"
    "input   [5, 2, 3]             [T, B, input_size]\n"
    "h0      [1, 2, 4]             [num_layers*num_directions, B, "
    "hidden_size]\n"
    "output  [5, 2, 4]             [T, B, num_directions*hidden_size]\n"
    "h_n     [1, 2, 4]             [num_layers*num_directions, B, "
    "hidden_size]\n";

static const char batch_first[] =
    "rnn: 2 layers, bidirectional, relu, no bias, batch first, float64\n"
    "\n"
    "layer  direction  parameter                 shape                 count\n"
    "0      forward    weight_ih_l0              [4, 3]                   12\n"
    "0      forward    weight_hh_l0              [4, 4]                   16\n"
    "0      reverse    weight_ih_l0_reverse      [4, 3]                   12\n"
    "0      reverse    weight_hh_l0_reverse      [4, 4]                   16\n"
    "1      forward    weight_ih_l1              [4, 8]                   32\n"
    "1      forward    weight_hh_l1              [4, 4]                   16\n"
    "1      reverse    weight_ih_l1_reverse      [4, 8]                   32\n"
    "1      reverse    weight_hh_l1_reverse      [4, 4]                   16\n"
    "total                                                               152\n"
    "\n"
    "tensor  shape                 for T=5 steps, a batch of B=2\n"
    "input   [2, 5, 3]             [B, T, input_size]\n"
    "h0      [4, 2, 4]             [num_layers*num_directions, B, "
    "hidden_size]\n"
    "output  [2, 5, 8]             [B, T, num_directions*hidden_size]\n"
    "h_n     [4, 2, 4]             [num_layers*num_directions, B, "
    "hidden_size]\n";

static const struct {
    srnn_option option;
    int64_t value;
} others[] = {
    {SRNN_OPTION_NUM_LAYERS, 2},
    {SRNN_OPTION_DIRECTION, SRNN_DIRECTION_BIDIRECTIONAL},
    {SRNN_OPTION_NONLINEARITY, SRNN_NONLINEARITY_RELU},
    {SRNN_OPTION_BIAS, 0},
    {SRNN_OPTION_BATCH_FIRST, 1},
    {SRNN_OPTION_DTYPE, SRNN_DTYPE_FLOAT64},
};

static void check(const srnn_config *config, const char *wanted)
{
    char text[4096];
    size_t length = 0;
    srnn_rnn *rnn = NULL;
    EXPECT_SUCCESS(srnn_rnn_create(&rnn, I, H, config, 1));
    EXPECT_SUCCESS(srnn_rnn_describe(text, sizeof text, &length, rnn, T, B));
    assert_string_equal(text, wanted);
    assert_int_equal(length, strlen(wanted));
    srnn_rnn_destroy(rnn);
}

static void test_describe__prints_all_shapes(void **state)
{
    srnn_config *config = NULL;
    (void)state;
    check(NULL, plain);
    EXPECT_SUCCESS(srnn_config_create(&config));
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        EXPECT_SUCCESS(
            srnn_config_set_int(config, others[i].option, others[i].value));
    check(config, batch_first);
    srnn_config_destroy(config);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_describe__prints_all_shapes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
