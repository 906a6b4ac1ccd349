/* SPDX-License-Identifier: MIT */
/* srnn_rnn_create_from_weights on files with the names of an rnn that do not
 * make up one: tensors missing, of wrong shapes, or those of an LSTM or a GRU.
 * Each is refused with the tensor, the sizes and what was expected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/weights_file.h"

/* An rnn of I=4, H=2 less the tensors in skip, and then one more: that is how
 * most of these files come about. */
typedef struct {
    const char *label;
    int L, D;
    bool bias;
    const char *skip[5];
    const char *name; /* of the tensor added; NULL for none */
    const char *dtype;
    int rank;
    int64_t shape[3];
    srnn_status status;
    const char *texts[EXPECT_TEXTS];
} rnn_case;

static void expect_all_refused(const rnn_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const rnn_case *const c = &cases[i];
        const weights_topology topology = {4,       2,     c->L, c->D,
                                           c->bias, "F32", ""};
        weights_builder builder = {0};
        weights_builder_add_rnn(&builder, &topology, c->skip);
        if (c->name != NULL)
            weights_builder_add(&builder, c->name, c->dtype, c->rank, c->shape);
        expect_no_rnn(c->label, &builder, NULL, c->status, c->texts);
    }
}

#define EXPECT_ALL_REFUSED(cases)                                              \
    expect_all_refused(cases, sizeof(cases) / sizeof *(cases))

static const rnn_case incomplete[] = {
    {"l0 and l2 without l1",
     1,
     1,
     false,
     {NULL},
     "weight_ih_l2",
     "F32",
     2,
     {2, 2},
     SRNN_ERROR_NOT_FOUND,
     {"weight_ih_l1", "missing", "3-layer"}},
    {"the last layer there can be",
     1,
     1,
     false,
     {NULL},
     "weight_ih_l65534",
     "F32",
     2,
     {2, 2},
     SRNN_ERROR_NOT_FOUND,
     {"weight_ih_l1", "missing", "65535-layer", "131070"}},
    {"bias in one layer of two",
     1,
     1,
     true,
     {NULL},
     "weight_ih_l1",
     "F32",
     2,
     {2, 2},
     SRNN_ERROR_NOT_FOUND,
     {"weight_hh_l1", "missing", "2-layer"}},
    {"one direction of layer 1",
     2,
     2,
     true,
     {"weight_ih_l1_reverse", "weight_hh_l1_reverse", "bias_ih_l1_reverse",
      "bias_hh_l1_reverse"},
     NULL,
     NULL,
     0,
     {0},
     SRNN_ERROR_NOT_FOUND,
     {"weight_ih_l1_reverse", "missing", "2-layer bidirectional"}},
    {"reverse without forward in layer 0",
     2,
     2,
     true,
     {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"},
     NULL,
     NULL,
     0,
     {0},
     SRNN_ERROR_NOT_FOUND,
     {"weight_ih_l0", "missing", "2-layer bidirectional"}},
    {"no bias in one cell of four",
     2,
     2,
     true,
     {"bias_ih_l1", "bias_hh_l1"},
     NULL,
     NULL,
     0,
     {0},
     SRNN_ERROR_NOT_FOUND,
     {"bias_ih_l1", "missing", "2-layer bidirectional", "14"}},
    {"a bias only",
     0,
     1,
     false,
     {NULL},
     "bias_ih_l0",
     "F32",
     1,
     {2},
     SRNN_ERROR_NOT_FOUND,
     {"weight_ih_l0", "missing"}},
};

static void test_create__refuses_an_incomplete_rnn(void **state)
{
    (void)state;
    EXPECT_ALL_REFUSED(incomplete);
}

static const rnn_case misshapen[] = {
    {"weight_ih too few rows",
     1,
     1,
     true,
     {"weight_ih_l0"},
     "weight_ih_l0",
     "F32",
     2,
     {1, 4},
     SRNN_ERROR_SHAPE,
     {"\"weight_ih_l0\" is [1, 4]", "hidden_size=2", "input_size=4",
      "dimension 0 is 1, not 2"}},
    {"weight_ih of Keras, transposed",
     1,
     1,
     true,
     {"weight_ih_l0"},
     "weight_ih_l0",
     "F32",
     2,
     {4, 2},
     SRNN_ERROR_SHAPE,
     {"\"weight_ih_l0\" is [4, 2]", "dimension 0 is 4, not 2"}},
    {"weight_ih of rank 1",
     1,
     1,
     true,
     {"weight_ih_l0"},
     "weight_ih_l0",
     "F32",
     1,
     {8},
     SRNN_ERROR_SHAPE,
     {"\"weight_ih_l0\" is [8]", "it has 1 dimension, not 2"}},
    {"weight_ih a scalar",
     1,
     1,
     true,
     {"weight_ih_l0"},
     "weight_ih_l0",
     "F32",
     0,
     {0},
     SRNN_ERROR_SHAPE,
     {"\"weight_ih_l0\" is []", "it has 0 dimensions, not 2"}},
    {"weight_ih of rank 3",
     1,
     1,
     true,
     {"weight_ih_l0"},
     "weight_ih_l0",
     "F32",
     3,
     {1, 2, 4},
     SRNN_ERROR_SHAPE,
     {"\"weight_ih_l0\" is [1, 2, 4]", "it has 3 dimensions, not 2"}},
    {"weight_hh of rank 3",
     1,
     1,
     true,
     {"weight_hh_l0"},
     "weight_hh_l0",
     "F32",
     3,
     {2, 2, 1},
     SRNN_ERROR_SHAPE,
     {"\"weight_hh_l0\" is [2, 2, 1]", "it has 3 dimensions, not 2"}},
    {"weight_hh not square",
     1,
     1,
     true,
     {"weight_hh_l0"},
     "weight_hh_l0",
     "F32",
     2,
     {2, 3},
     SRNN_ERROR_SHAPE,
     {"\"weight_hh_l0\" is [2, 3]", "dimension 0 is 2, not 3"}},
    {"no inputs",
     1,
     1,
     true,
     {"weight_ih_l0"},
     "weight_ih_l0",
     "F32",
     2,
     {2, 0},
     SRNN_ERROR_RANGE,
     {"input_size is 0", "1 to 1073741823"}},
    {"no hidden units",
     1,
     1,
     true,
     {"weight_hh_l0"},
     "weight_hh_l0",
     "F32",
     2,
     {0, 0},
     SRNN_ERROR_RANGE,
     {"hidden_size is 0", "1 to 1073741823"}},
    {"bias of rank 2",
     1,
     1,
     true,
     {"bias_ih_l0"},
     "bias_ih_l0",
     "F32",
     2,
     {2, 1},
     SRNN_ERROR_SHAPE,
     {"\"bias_ih_l0\" is [2, 1]", "it has 2 dimensions, not 1"}},
    {"bias too long",
     1,
     1,
     true,
     {"bias_hh_l0"},
     "bias_hh_l0",
     "F32",
     1,
     {3},
     SRNN_ERROR_SHAPE,
     {"\"bias_hh_l0\" is [3]", "dimension 0 is 3, not 2"}},
    {"bias empty",
     1,
     1,
     true,
     {"bias_hh_l0"},
     "bias_hh_l0",
     "F32",
     1,
     {0},
     SRNN_ERROR_SHAPE,
     {"\"bias_hh_l0\" is [0]", "dimension 0 is 0, not 2"}},
    {"H of layer 1 another",
     2,
     1,
     true,
     {"weight_hh_l1"},
     "weight_hh_l1",
     "F32",
     2,
     {3, 3},
     SRNN_ERROR_SHAPE,
     {"\"weight_hh_l1\" is [3, 3]", "2-layer", "dimension 0 is 3, not 2"}},
    {"layer 1 reads the input",
     2,
     1,
     true,
     {"weight_ih_l1"},
     "weight_ih_l1",
     "F32",
     2,
     {2, 4},
     SRNN_ERROR_SHAPE,
     {"\"weight_ih_l1\" is [2, 4]", "num_directions*hidden_size=2",
      "dimension 1 is 4, not 2"}},
    {"layer 1 reads one direction of two",
     2,
     2,
     true,
     {"weight_ih_l1_reverse"},
     "weight_ih_l1_reverse",
     "F32",
     2,
     {2, 2},
     SRNN_ERROR_SHAPE,
     {"\"weight_ih_l1_reverse\" is [2, 2]", "2-layer bidirectional",
      "num_directions*hidden_size=4", "dimension 1 is 2, not 4"}},
    {"I of the reverse direction another",
     1,
     2,
     true,
     {"weight_ih_l0_reverse"},
     "weight_ih_l0_reverse",
     "F32",
     2,
     {2, 5},
     SRNN_ERROR_SHAPE,
     {"\"weight_ih_l0_reverse\" is [2, 5]", "input_size=4",
      "dimension 1 is 5, not 4"}},
    {"whole numbers",
     1,
     1,
     true,
     {"bias_ih_l0"},
     "bias_ih_l0",
     "I64",
     1,
     {2},
     SRNN_ERROR_DTYPE,
     {"\"bias_ih_l0\"", "I64", "F32"}},
};

static void test_create__explains_wrong_shapes(void **state)
{
    (void)state;
    EXPECT_ALL_REFUSED(misshapen);
}

/* The modules next to RNN in PyTorch have the same names. */
static void test_create__recognises_an_lstm_and_a_gru(void **state)
{
    static const struct {
        const char *label;
        int64_t rows;
        srnn_status status;
        const char *texts[EXPECT_TEXTS];
    } cases[] = {
        {"LSTM",
         8,
         SRNN_ERROR_SHAPE,
         {"\"weight_hh_l0\" is [8, 2]", "LSTM", "not 2"}},
        {"GRU",
         6,
         SRNN_ERROR_SHAPE,
         {"\"weight_hh_l0\" is [6, 2]", "GRU", "not 2"}},
    };
    static const char *const skip[] = {"weight_ih_l0", "weight_hh_l0",
                                       "bias_ih_l0", "bias_hh_l0", NULL};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const int64_t ih[] = {cases[i].rows, 4};
        const int64_t hh[] = {cases[i].rows, 2};
        weights_builder builder = {0};
        weights_builder_add(&builder, skip[0], "F32", 2, ih);
        weights_builder_add(&builder, skip[1], "F32", 2, hh);
        weights_builder_add(&builder, skip[2], "F32", 1, ih);
        weights_builder_add(&builder, skip[3], "F32", 1, ih);
        expect_no_rnn(cases[i].label, &builder, NULL, cases[i].status,
                      cases[i].texts);
    }
    static const rnn_case others[] = {
        {"neither",
         1,
         1,
         true,
         {"weight_hh_l0"},
         "weight_hh_l0",
         "F32",
         2,
         {9, 2},
         SRNN_ERROR_SHAPE,
         {"\"weight_hh_l0\" is [9, 2]", "an rnn needs"}},
        {"LSTM with proj_size",
         1,
         1,
         true,
         {NULL},
         "weight_hr_l0",
         "F32",
         2,
         {1, 2},
         SRNN_ERROR_FORMAT,
         {"\"weight_hr_l0\"", "weight_hh_l0"}},
    };
    EXPECT_ALL_REFUSED(others);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_create__refuses_an_incomplete_rnn),
        cmocka_unit_test(test_create__explains_wrong_shapes),
        cmocka_unit_test(test_create__recognises_an_lstm_and_a_gru),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
