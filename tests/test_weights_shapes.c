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

enum { MAX_WITHOUT = 4 };

/* Most of these files hold an rnn without some of its tensors, and one tensor
 * that it has not, or has in another shape. */
typedef struct {
    const char *label;
    const weights_topology *rnn;
    const char *without[MAX_WITHOUT];
    struct {
        const char *name; /* NULL for none */
        const char *dtype;
        int rank;
        int64_t shape[3];
    } tensor;
    srnn_status status;
    const char *texts[EXPECT_TEXTS];
} rnn_case;

static const weights_topology no_layer = {4, 2, 0, 1, false, "F32", ""};
static const weights_topology unbiased = {4, 2, 1, 1, false, "F32", ""};
static const weights_topology one_layer = {4, 2, 1, 1, true, "F32", ""};
static const weights_topology two_layers = {4, 2, 2, 1, true, "F32", ""};
static const weights_topology bidirectional = {4, 2, 1, 2, true, "F32", ""};
static const weights_topology two_bidirectional = {4, 2, 2, 2, true, "F32", ""};

static void add_rnn(weights_builder *builder, const rnn_case *c)
{
    const char *skip[MAX_WITHOUT + 2] = {NULL};
    int skipped = 0;
    for (int i = 0; i < MAX_WITHOUT && c->without[i] != NULL; i++)
        skip[skipped++] = c->without[i];
    skip[skipped] = c->tensor.name;
    weights_builder_add_rnn(builder, c->rnn, skip);
}

static void expect_all_refused(const rnn_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const rnn_case *const c = &cases[i];
        weights_builder builder = {0};
        add_rnn(&builder, c);
        if (c->tensor.name != NULL)
            weights_builder_add(&builder, c->tensor.name, c->tensor.dtype,
                                c->tensor.rank, c->tensor.shape);
        expect_no_rnn(c->label, &builder, NULL, c->status, c->texts);
    }
}

#define EXPECT_ALL_REFUSED(cases)                                              \
    expect_all_refused(cases, sizeof(cases) / sizeof *(cases))

static const rnn_case incomplete[] = {
    {.label = "l0 and l2 without l1",
     .rnn = &unbiased,
     .tensor = {"weight_ih_l2", "F32", 2, {2, 2}},
     .status = SRNN_ERROR_NOT_FOUND,
     .texts = {"weight_ih_l1", "missing", "3-layer"}},
    {.label = "the last layer there can be",
     .rnn = &unbiased,
     .tensor = {"weight_ih_l65534", "F32", 2, {2, 2}},
     .status = SRNN_ERROR_NOT_FOUND,
     .texts = {"weight_ih_l1", "missing", "65535-layer", "131070"}},
    {.label = "bias in one layer of two",
     .rnn = &one_layer,
     .tensor = {"weight_ih_l1", "F32", 2, {2, 2}},
     .status = SRNN_ERROR_NOT_FOUND,
     .texts = {"weight_hh_l1", "missing", "2-layer"}},
    {.label = "one direction of layer 1",
     .rnn = &two_bidirectional,
     .without = {"weight_ih_l1_reverse", "weight_hh_l1_reverse",
                 "bias_ih_l1_reverse", "bias_hh_l1_reverse"},
     .status = SRNN_ERROR_NOT_FOUND,
     .texts = {"weight_ih_l1_reverse", "missing", "2-layer bidirectional"}},
    {.label = "reverse without forward in layer 0",
     .rnn = &two_bidirectional,
     .without = {"weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"},
     .status = SRNN_ERROR_NOT_FOUND,
     .texts = {"weight_ih_l0", "missing", "2-layer bidirectional"}},
    {.label = "no bias in one cell of four",
     .rnn = &two_bidirectional,
     .without = {"bias_ih_l1", "bias_hh_l1"},
     .status = SRNN_ERROR_NOT_FOUND,
     .texts = {"bias_ih_l1", "missing", "2-layer bidirectional", "14"}},
    {.label = "a bias only",
     .rnn = &no_layer,
     .tensor = {"bias_ih_l0", "F32", 1, {2}},
     .status = SRNN_ERROR_NOT_FOUND,
     .texts = {"weight_ih_l0", "missing"}},
};

static void test_weights_shapes__refuses_an_incomplete_rnn(void **state)
{
    (void)state;
    EXPECT_ALL_REFUSED(incomplete);
}

static const rnn_case misshapen[] = {
    {.label = "weight_ih too few rows",
     .rnn = &one_layer,
     .tensor = {"weight_ih_l0", "F32", 2, {1, 4}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"weight_ih_l0\" is [1, 4]", "hidden_size=2", "input_size=4",
               "dimension 0 is 1, not 2"}},
    {.label = "weight_ih of Keras, transposed",
     .rnn = &one_layer,
     .tensor = {"weight_ih_l0", "F32", 2, {4, 2}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"weight_ih_l0\" is [4, 2]", "dimension 0 is 4, not 2"}},
    {.label = "weight_ih of rank 1",
     .rnn = &one_layer,
     .tensor = {"weight_ih_l0", "F32", 1, {8}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"weight_ih_l0\" is [8]", "it has 1 dimension, not 2"}},
    {.label = "weight_ih a scalar",
     .rnn = &one_layer,
     .tensor = {"weight_ih_l0", "F32", 0, {0}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"weight_ih_l0\" is []", "it has 0 dimensions, not 2"}},
    {.label = "weight_ih of rank 3",
     .rnn = &one_layer,
     .tensor = {"weight_ih_l0", "F32", 3, {1, 2, 4}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"weight_ih_l0\" is [1, 2, 4]", "it has 3 dimensions, not 2"}},
    {.label = "weight_hh of rank 3",
     .rnn = &one_layer,
     .tensor = {"weight_hh_l0", "F32", 3, {2, 2, 1}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"weight_hh_l0\" is [2, 2, 1]", "it has 3 dimensions, not 2"}},
    {.label = "weight_hh not square",
     .rnn = &one_layer,
     .tensor = {"weight_hh_l0", "F32", 2, {2, 3}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"weight_hh_l0\" is [2, 3]", "dimension 0 is 2, not 3"}},
    {.label = "no inputs",
     .rnn = &one_layer,
     .tensor = {"weight_ih_l0", "F32", 2, {2, 0}},
     .status = SRNN_ERROR_RANGE,
     .texts = {"input_size is 0", "1 to 1073741823"}},
    {.label = "no hidden units",
     .rnn = &one_layer,
     .tensor = {"weight_hh_l0", "F32", 2, {0, 0}},
     .status = SRNN_ERROR_RANGE,
     .texts = {"hidden_size is 0", "1 to 1073741823"}},
    {.label = "bias of rank 2",
     .rnn = &one_layer,
     .tensor = {"bias_ih_l0", "F32", 2, {2, 1}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"bias_ih_l0\" is [2, 1]", "it has 2 dimensions, not 1"}},
    {.label = "bias too long",
     .rnn = &one_layer,
     .tensor = {"bias_hh_l0", "F32", 1, {3}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"bias_hh_l0\" is [3]", "dimension 0 is 3, not 2"}},
    {.label = "bias empty",
     .rnn = &one_layer,
     .tensor = {"bias_hh_l0", "F32", 1, {0}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"bias_hh_l0\" is [0]", "dimension 0 is 0, not 2"}},
    {.label = "H of layer 1 another",
     .rnn = &two_layers,
     .tensor = {"weight_hh_l1", "F32", 2, {3, 3}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"weight_hh_l1\" is [3, 3]", "2-layer",
               "dimension 0 is 3, not 2"}},
    {.label = "layer 1 reads the input",
     .rnn = &two_layers,
     .tensor = {"weight_ih_l1", "F32", 2, {2, 4}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"weight_ih_l1\" is [2, 4]", "num_directions*hidden_size=2",
               "dimension 1 is 4, not 2"}},
    {.label = "layer 1 reads one direction of two",
     .rnn = &two_bidirectional,
     .tensor = {"weight_ih_l1_reverse", "F32", 2, {2, 2}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"weight_ih_l1_reverse\" is [2, 2]", "2-layer bidirectional",
               "num_directions*hidden_size=4", "dimension 1 is 2, not 4"}},
    {.label = "I of the reverse direction another",
     .rnn = &bidirectional,
     .tensor = {"weight_ih_l0_reverse", "F32", 2, {2, 5}},
     .status = SRNN_ERROR_SHAPE,
     .texts = {"\"weight_ih_l0_reverse\" is [2, 5]", "input_size=4",
               "dimension 1 is 5, not 4"}},
    {.label = "whole numbers",
     .rnn = &one_layer,
     .tensor = {"bias_ih_l0", "I64", 1, {2}},
     .status = SRNN_ERROR_DTYPE,
     .texts = {"\"bias_ih_l0\"", "I64", "F32"}},
};

static void test_weights_shapes__explains_wrong_shapes(void **state)
{
    (void)state;
    EXPECT_ALL_REFUSED(misshapen);
}

/* The modules next to RNN in PyTorch have the same names. */
static void test_weights_shapes__recognises_an_lstm_and_a_gru(void **state)
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
        {.label = "neither",
         .rnn = &one_layer,
         .tensor = {"weight_hh_l0", "F32", 2, {9, 2}},
         .status = SRNN_ERROR_SHAPE,
         .texts = {"\"weight_hh_l0\" is [9, 2]", "an rnn needs"}},
        {.label = "LSTM with proj_size",
         .rnn = &one_layer,
         .tensor = {"weight_hr_l0", "F32", 2, {1, 2}},
         .status = SRNN_ERROR_FORMAT,
         .texts = {"\"weight_hr_l0\"", "weight_hh_l0"}},
    };
    EXPECT_ALL_REFUSED(others);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_shapes__refuses_an_incomplete_rnn),
        cmocka_unit_test(test_weights_shapes__explains_wrong_shapes),
        cmocka_unit_test(test_weights_shapes__recognises_an_lstm_and_a_gru),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
