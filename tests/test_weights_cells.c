/* SPDX-License-Identifier: MIT */
/* Weights that are not those of a whole torch.nn.RNN: of a torch.nn.RNNCell,
 * with one bias instead of two, and among tensors of other kinds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/config.h"
#include "support/expect.h"
#include "support/small_rnn.h"
#include "support/weights_file.h"

static const char *const kinds[] = {"weight_ih", "weight_hh", "bias_ih",
                                    "bias_hh"};

/* The parameters of a cell with I=4, H=2 whose bit is set in which. */
static void add_cell(weights_builder *builder, const char *prefix,
                     const char *suffix, int which)
{
    for (int i = 0; i < 4; i++) {
        char name[64];
        const int64_t shape[] = {2, i == 0 ? 4 : 2};
        (void)snprintf(name, sizeof name, "%s%s%s", prefix, kinds[i], suffix);
        if ((which >> i & 1) != 0)
            weights_builder_add(builder, name, "F32", i < 2 ? 2 : 1, shape);
    }
}

static srnn_status create(srnn_rnn **out, const weights_file *file,
                          const char *prefix, srnn_option option, int64_t value)
{
    srnn_weights *weights = NULL;
    srnn_config *const config = CONFIG({option, value});
    expect_success("open",
                   srnn_weights_open_memory(&weights, file->bytes, file->size));
    const srnn_status status =
        srnn_rnn_create_from_weights(out, weights, prefix, config);
    srnn_config_destroy(config);
    srnn_weights_destroy(weights);
    return status;
}

/* Each value of a parameter is that of the tensor, or 0 if there is none. */
static void check_parameter(const srnn_rnn *rnn, int64_t index,
                            const char *tensor)
{
    const float *const values = srnn_rnn_parameter_data(rnn, index);
    const int64_t *const shape = srnn_rnn_parameter_shape(rnn, index);
    const int64_t count =
        shape[0] * (srnn_rnn_parameter_rank(rnn, index) == 2 ? shape[1] : 1);
    for (int64_t k = 0; k < count; k++)
        assert_true((double)values[k] ==
                    (tensor == NULL ? 0 : weights_value(tensor, k)));
}

static void check_cell(const srnn_rnn *rnn, int64_t first, const char *prefix,
                       const char *suffix, int which)
{
    for (int i = 0; i < 4; i++) {
        char name[64];
        (void)snprintf(name, sizeof name, "%s%s%s", prefix, kinds[i], suffix);
        check_parameter(rnn, first + i, (which >> i & 1) != 0 ? name : NULL);
    }
}

enum { ALL = 15, WEIGHTS = 3, LESS_IH = 11, LESS_HH = 7 };

static void test_weights_cells__reads_a_cell(void **state)
{
    static const char *const prefixes[] = {"", "cell.", "a.weight_ih_"};
    static const int sets[] = {ALL, LESS_IH, LESS_HH, WEIGHTS};
    (void)state;
    for (int i = 0; i < 12; i++) {
        const char *const prefix = prefixes[i / 4];
        const int which = sets[i % 4];
        int64_t bias = -1, layers = -1;
        weights_builder builder = {0};
        srnn_rnn *rnn = NULL;
        add_cell(&builder, prefix, "", which);
        weights_file file = weights_builder_finish(&builder);
        expect_success(prefix, create(&rnn, &file, prefix, 0, 0));
        expect_success("bias", srnn_rnn_get_int(&bias, rnn, SRNN_OPTION_BIAS));
        expect_success("layers",
                       srnn_rnn_get_int(&layers, rnn, SRNN_OPTION_NUM_LAYERS));
        assert_int_equal(bias, which != WEIGHTS);
        assert_int_equal(layers, 1);
        assert_string_equal(srnn_rnn_parameter_name(rnn, 0), "weight_ih_l0");
        assert_int_equal(srnn_rnn_parameter_count(rnn), bias == 1 ? 4 : 2);
        if (bias == 1)
            check_cell(rnn, 0, prefix, "", which);
        srnn_rnn_destroy(rnn);
        weights_file_free(&file);
    }
}

/* Cell names may be those of a reverse rnn, too. */
static void test_weights_cells__reads_a_reverse_cell(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        int64_t direction = 0;
        weights_builder builder = {0};
        srnn_rnn *rnn = NULL;
        add_cell(&builder, "c.", "", ALL);
        if (i == 0)
            weights_builder_add_metadata(&builder, "c.direction", "reverse");
        weights_file file = weights_builder_finish(&builder);
        expect_success("reverse", create(&rnn, &file, "c.",
                                         i == 0 ? 0 : SRNN_OPTION_DIRECTION,
                                         SRNN_DIRECTION_REVERSE));
        expect_success(
            "get", srnn_rnn_get_int(&direction, rnn, SRNN_OPTION_DIRECTION));
        assert_int_equal(direction, SRNN_DIRECTION_REVERSE);
        check_cell(rnn, 0, "c.", "", ALL);
        srnn_rnn_destroy(rnn);
        weights_file_free(&file);
    }
}

static void test_weights_cells__refuses_half_a_cell(void **state)
{
    static const struct {
        int which;
        const char *texts[EXPECT_TEXTS];
    } cases[] = {
        {1, {"weight_hh is missing under the prefix \"c.\""}},
        {2, {"weight_ih is missing under the prefix \"c.\""}},
        {4, {"weight_ih is missing under the prefix \"c.\"", "1-layer"}},
        {13, {"weight_hh is missing", "has 4 parameters, but the file has 3"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weights_builder builder = {0};
        add_cell(&builder, "c.", "", cases[i].which);
        expect_no_rnn("half", &builder, "c.", SRNN_ERROR_NOT_FOUND,
                      cases[i].texts);
    }
}

/* Of the cells of an rnn, each has the biases of its bit set. */
static void test_weights_cells__accepts_one_bias_instead_of_two(void **state)
{
    static const char *const suffixes[] = {"_l0", "_l0_reverse", "_l1",
                                           "_l1_reverse"};
    static const int sets[] = {ALL, LESS_IH, LESS_HH};
    (void)state;
    for (int i = 0; i < 81; i++) {
        const int which[] = {sets[i % 3], sets[i / 3 % 3], sets[i / 9 % 3],
                             sets[i / 27]};
        weights_builder builder = {0};
        srnn_rnn *rnn = NULL;
        for (int cell = 0; cell < 4; cell++) {
            char name[64];
            (void)snprintf(name, sizeof name, "weight_ih%s", suffixes[cell]);
            add_cell(&builder, "", suffixes[cell],
                     which[cell] - (cell < 2 ? 0 : 1));
            if (cell >= 2)
                weights_builder_add(&builder, name, "F32", 2,
                                    (const int64_t[]){2, 4});
        }
        weights_file file = weights_builder_finish(&builder);
        expect_success("biases", create(&rnn, &file, NULL, 0, 0));
        for (int cell = 0; cell < 4; cell++)
            check_cell(rnn, 4 * cell, "", suffixes[cell], which[cell]);
        srnn_rnn_destroy(rnn);
        weights_file_free(&file);
    }
}

static const weights_topology small = {4, 2, 1, 1, true, "F32", "m."};

/* As subclasses of torch.nn.RNN have them. */
static void test_weights_cells__ignores_other_tensors_on_request(void **state)
{
    static const char *const others[] = {"m.fc.weight",
                                         "m.h0",
                                         "m.weight_ih_l00",
                                         "m.weight_ih_l65535",
                                         "m.",
                                         "m.weight_ih_l0.",
                                         "m.rnn.weight_ih_l0",
                                         "m.weight",
                                         "m.weight_ih",
                                         "m.bias_hh",
                                         "m.weight_hr_l0",
                                         "m.\\u00e9"};
    (void)state;
    weights_builder builder = {0};
    srnn_rnn *rnn = NULL;
    weights_builder_add_rnn(&builder, &small, NULL);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        weights_builder_add(&builder, others[i], i % 2 == 0 ? "I64" : "F16", 2,
                            (const int64_t[]){3, 1});
    weights_file file = weights_builder_finish(&builder);
    expect_failure(
        "not asked", create(&rnn, &file, "m.", 0, 0), SRNN_ERROR_FORMAT,
        (const char *[EXPECT_TEXTS]){"\"m.\"", "SRNN_OPTION_ALLOW_EXTRA"});
    assert_null(rnn);
    expect_success("extra",
                   create(&rnn, &file, "m.", SRNN_OPTION_ALLOW_EXTRA, 1));
    check_cell(rnn, 0, "m.", "_l0", ALL);
    assert_int_equal(srnn_rnn_parameter_count(rnn), 4);
    srnn_rnn_destroy(rnn);
    weights_file_free(&file);
}

/* What is a parameter counts, whatever is allowed beside. */
static void test_weights_cells__needs_every_parameter_among_others(void **state)
{
    static const struct {
        const char *name, *type;
        srnn_status status;
        const char *texts[EXPECT_TEXTS];
    } cases[] = {
        {"m.weight_ih_l2",
         "F32",
         SRNN_ERROR_NOT_FOUND,
         {"weight_ih_l1", "missing", "3-layer"}},
        {"m.weight_hh_l0_reverse",
         "F32",
         SRNN_ERROR_NOT_FOUND,
         {"weight_ih_l0_reverse", "missing"}},
        {"m.weight_ih_l1",
         "I64",
         SRNN_ERROR_DTYPE,
         {"\"m.weight_ih_l1\" is I64", "F32, F64, F16 or BF16"}},
        {"m.weight_ih_l1", "U8", SRNN_ERROR_DTYPE, {"U8"}},
        {"m.weight_ih_l1", "BOOL", SRNN_ERROR_DTYPE, {"BOOL"}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weights_builder builder = {0};
        srnn_rnn *rnn = NULL;
        weights_builder_add_rnn(&builder, &small, NULL);
        weights_builder_add(&builder, cases[i].name, cases[i].type, 2,
                            (const int64_t[]){2, 2});
        weights_file file = weights_builder_finish(&builder);
        expect_failure(cases[i].name,
                       create(&rnn, &file, "m.", SRNN_OPTION_ALLOW_EXTRA, 1),
                       cases[i].status, cases[i].texts);
        weights_file_free(&file);
    }
    weights_builder others = {0};
    srnn_rnn *rnn = NULL;
    weights_builder_add(&others, "m.h0", "F32", 0, NULL);
    weights_file file = weights_builder_finish(&others);
    expect_failure("nothing but others",
                   create(&rnn, &file, "m.", SRNN_OPTION_ALLOW_EXTRA, 1),
                   SRNN_ERROR_NOT_FOUND,
                   (const char *[EXPECT_TEXTS]){"no parameter", "\"m.\""});
    weights_file_free(&file);
}

static void test_weights_cells__refuses_both_kinds_of_names(void **state)
{
    (void)state;
    weights_builder builder = {0};
    srnn_rnn *rnn = NULL;
    weights_builder_add_rnn(&builder, &small, NULL);
    add_cell(&builder, "m.", "", ALL);
    weights_file file = weights_builder_finish(&builder);
    expect_failure("both", create(&rnn, &file, "m.", 0, 0), SRNN_ERROR_FORMAT,
                   (const char *[EXPECT_TEXTS]){"\"m.bias_hh\"", "RNNCell",
                                                "SRNN_OPTION_ALLOW_EXTRA"});
    expect_success("rnn's win",
                   create(&rnn, &file, "m.", SRNN_OPTION_ALLOW_EXTRA, 1));
    check_cell(rnn, 0, "m.", "_l0", ALL);
    srnn_rnn_destroy(rnn);
    weights_file_free(&file);
}

/* torch.nn.LSTMCell and GRUCell have the same names. */
static void test_weights_cells__recognises_an_lstm_and_a_gru_cell(void **state)
{
    static const struct {
        int64_t rows;
        const char *text;
    } cases[] = {{8, "LSTM"}, {6, "GRU"}};
    (void)state;
    for (int i = 0; i < 4; i++) {
        const char *const prefix = i / 2 == 0 ? "" : "deep.cell.";
        weights_builder builder = {0};
        for (int j = 0; j < 4; j++) {
            char name[64];
            const int64_t shape[] = {cases[i % 2].rows, j == 0 ? 4 : 2};
            (void)snprintf(name, sizeof name, "%s%s", prefix, kinds[j]);
            weights_builder_add(&builder, name, "F32", j < 2 ? 2 : 1, shape);
        }
        expect_no_rnn(
            "gates", &builder, prefix, SRNN_ERROR_SHAPE,
            (const char *[EXPECT_TEXTS]){"weight_hh\" is", cases[i % 2].text});
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_cells__reads_a_cell),
        cmocka_unit_test(test_weights_cells__reads_a_reverse_cell),
        cmocka_unit_test(test_weights_cells__refuses_half_a_cell),
        cmocka_unit_test(test_weights_cells__accepts_one_bias_instead_of_two),
        cmocka_unit_test(test_weights_cells__ignores_other_tensors_on_request),
        cmocka_unit_test(
            test_weights_cells__needs_every_parameter_among_others),
        cmocka_unit_test(test_weights_cells__refuses_both_kinds_of_names),
        cmocka_unit_test(test_weights_cells__recognises_an_lstm_and_a_gru_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
