/* SPDX-License-Identifier: MIT */
/* From a valid file to the rnn in it: every topology and dtype, values to the
 * bit, the prefix, and who wins when file and config disagree. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/config.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/weights_file.h"

static srnn_weights *finish(weights_builder *builder, weights_file *file)
{
    srnn_weights *weights = NULL;
    *file = weights_builder_finish(builder);
    expect_success("open",
                   srnn_weights_open_memory(&weights, file->bytes, file->size));
    return weights;
}

/* The rnn of a builder; weights and file are gone when it is returned. */
static srnn_rnn *load(weights_builder *builder, const char *prefix,
                      const srnn_config *config)
{
    weights_file file;
    srnn_rnn *rnn = NULL;
    srnn_weights *const weights = finish(builder, &file);
    expect_success("create",
                   srnn_rnn_create_from_weights(&rnn, weights, prefix, config));
    srnn_weights_destroy(weights);
    weights_file_free(&file);
    return rnn;
}

static int64_t option(const srnn_rnn *rnn, srnn_option which)
{
    int64_t value = -1;
    expect_success("get_int", srnn_rnn_get_int(&value, rnn, which));
    return value;
}

static void check_parameters(const srnn_rnn *rnn, const char *prefix)
{
    for (int64_t i = 0; i < srnn_rnn_parameter_count(rnn); i++) {
        char name[256];
        srnn_tensor *const tensor = parameter_copy(rnn, i);
        (void)snprintf(name, sizeof name, "%s%s", prefix,
                       srnn_rnn_parameter_name(rnn, i));
        for (int64_t k = 0; k < srnn_tensor_size(tensor); k++)
            if (element_of(tensor, k) != weights_value(name, k))
                fail_msg("%s[%d] is %g, expected %g", name, (int)k,
                         element_of(tensor, k), weights_value(name, k));
        srnn_tensor_destroy(tensor);
    }
}

static void check_topology(const weights_topology *topology)
{
    const bool wide = strcmp(topology->dtype, "F64") == 0;
    weights_builder builder = {0};
    weights_builder_add_rnn(&builder, topology, NULL);
    srnn_rnn *const rnn = load(&builder, topology->prefix, NULL);
    assert_int_equal(option(rnn, SRNN_OPTION_INPUT_SIZE), topology->I);
    assert_int_equal(option(rnn, SRNN_OPTION_HIDDEN_SIZE), topology->H);
    assert_int_equal(option(rnn, SRNN_OPTION_NUM_LAYERS), topology->L);
    assert_int_equal(option(rnn, SRNN_OPTION_DIRECTION),
                     topology->D == 2 ? SRNN_DIRECTION_BIDIRECTIONAL
                                      : SRNN_DIRECTION_FORWARD);
    assert_int_equal(option(rnn, SRNN_OPTION_BIAS), topology->bias);
    assert_int_equal(option(rnn, SRNN_OPTION_BATCH_FIRST), 0);
    assert_int_equal(option(rnn, SRNN_OPTION_NONLINEARITY),
                     SRNN_NONLINEARITY_TANH);
    assert_int_equal(option(rnn, SRNN_OPTION_DTYPE),
                     wide ? SRNN_DTYPE_FLOAT64 : SRNN_DTYPE_FLOAT32);
    assert_int_equal(srnn_rnn_parameter_count(rnn),
                     topology->L * topology->D * (topology->bias ? 4 : 2));
    check_parameters(rnn, topology->prefix);
    srnn_rnn_destroy(rnn);
}

static void test_weights_load__reads_every_topology_and_dtype(void **state)
{
    static const char *const dtypes[] = {"F32", "F64", "F16", "BF16"};
    static const char *const prefixes[] = {"", "rnn.", "encoder.0.rnn."};
    static const int64_t sizes[][2] = {{4, 2}, {1, 1}, {1, 5}, {17, 3}};
    (void)state;
    for (int i = 0; i < 3 * 2 * 2 * 4 * 3 * 4; i++) {
        const int64_t *const size = sizes[i / 144 % 4];
        const weights_topology topology = {size[0],
                                           size[1],
                                           1 + i % 3,
                                           1 + i / 3 % 2,
                                           i / 6 % 2 == 0,
                                           dtypes[i / 12 % 4],
                                           prefixes[i / 48 % 3]};
        check_topology(&topology);
    }
}

/* One F64 makes the rnn float64; what is narrower is widened exactly. */
static void test_weights_load__mixes_dtypes(void **state)
{
    static const int64_t ih[] = {2, 4};
    static const int64_t hh[] = {2, 2};
    (void)state;
    for (int i = 0; i < 2; i++) {
        weights_builder builder = {0};
        weights_builder_add(&builder, "bias_hh_l0", i == 0 ? "F64" : "F32", 1,
                            hh);
        weights_builder_add(&builder, "bias_ih_l0", "BF16", 1, hh);
        weights_builder_add(&builder, "weight_hh_l0", "F16", 2, hh);
        weights_builder_add(&builder, "weight_ih_l0", "F32", 2, ih);
        srnn_rnn *const rnn = load(&builder, NULL, NULL);
        assert_int_equal(option(rnn, SRNN_OPTION_DTYPE),
                         i == 0 ? SRNN_DTYPE_FLOAT64 : SRNN_DTYPE_FLOAT32);
        check_parameters(rnn, "");
        srnn_rnn_destroy(rnn);
    }
}

/* Whatever they are: another rnn, other names, dtypes and ranks. */
static void test_weights_load__ignores_tensors_outside_the_prefix(void **state)
{
    static const weights_topology inside = {4, 2, 2, 2, true, "F32", "rnn."};
    static const weights_topology other = {3, 5, 1, 1, false, "F64", "rnn2."};
    static const weights_topology bare = {3, 5, 1, 1, false, "F64", ""};
    static const int64_t shape[] = {1, 2, 3, 1, 2};
    static const char *const names[] = {
        "rnn", "rn", "rnn/", "Rnn.weight_ih_l0", "head.weight", "~"};
    static const char *const dtypes[] = {"I64", "BOOL", "F64",
                                         "U8",  "F16",  "I32"};
    (void)state;
    weights_builder builder = {0};
    weights_builder_add_rnn(&builder, &other, NULL);
    weights_builder_add_rnn(&builder, &inside, NULL);
    weights_builder_add_rnn(&builder, &bare, NULL);
    for (int i = 0; i < 6; i++)
        weights_builder_add(&builder, names[i], dtypes[i], i, shape);
    srnn_rnn *const rnn = load(&builder, "rnn.", NULL);
    assert_int_equal(srnn_rnn_parameter_count(rnn), 16);
    assert_int_equal(option(rnn, SRNN_OPTION_DTYPE), SRNN_DTYPE_FLOAT32);
    check_parameters(rnn, "rnn.");
    srnn_rnn_destroy(rnn);
}

static const weights_topology small = {4, 2, 1, 1, true, "F32", ""};

static void test_weights_load__insists_on_what_the_config_says(void **state)
{
    static const struct {
        srnn_option option;
        const char *name;
        int64_t file, other;
        const char *is, *says;
    } cases[] = {
        {SRNN_OPTION_INPUT_SIZE, "input_size", 4, 5, "4", "5"},
        {SRNN_OPTION_HIDDEN_SIZE, "hidden_size", 2, 1, "2", "1"},
        {SRNN_OPTION_NUM_LAYERS, "num_layers", 3, 1, "3", "1"},
        {SRNN_OPTION_DIRECTION, "direction", SRNN_DIRECTION_FORWARD,
         SRNN_DIRECTION_BIDIRECTIONAL, "\"forward\"", "\"bidirectional\""},
        {SRNN_OPTION_BIAS, "bias", 0, 1, "0", "1"},
    };
    static const weights_topology topology = {4, 2, 3, 1, false, "F32", ""};
    weights_file file;
    weights_builder builder = {0};
    (void)state;
    weights_builder_add_rnn(&builder, &topology, NULL);
    srnn_weights *const weights = finish(&builder, &file);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char got[64], wanted[64];
        srnn_config *const same = CONFIG({cases[i].option, cases[i].file});
        srnn_config *const other = CONFIG({cases[i].option, cases[i].other});
        srnn_rnn *rnn = NULL;
        expect_success(cases[i].name,
                       srnn_rnn_create_from_weights(&rnn, weights, NULL, same));
        assert_int_equal(srnn_rnn_origin(rnn, cases[i].option),
                         SRNN_ORIGIN_CALLER);
        srnn_rnn_destroy(rnn);
        (void)snprintf(got, sizeof got, "%s is %s", cases[i].name, cases[i].is);
        (void)snprintf(wanted, sizeof wanted, "config says %s", cases[i].says);
        const char *const texts[EXPECT_TEXTS] = {got, wanted};
        rnn = (srnn_rnn *)(void *)&rnn;
        expect_failure(cases[i].name,
                       srnn_rnn_create_from_weights(&rnn, weights, NULL, other),
                       SRNN_ERROR_SHAPE, texts);
        assert_null(rnn);
        srnn_config_destroy(same);
        srnn_config_destroy(other);
    }
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static void add_doubles(weights_builder *builder, const char *name,
                        double first, double second)
{
    const double values[] = {first, second};
    weights_builder_add_bytes(builder, name, "F64", values, sizeof values);
}

/* To nearest, ties to even; beyond float32, infinity and zero. */
static void test_weights_load__rounds_f64_for_a_float32_config(void **state)
{
    static const double cases[][2] = {
        {1 + 0x1p-24, 1},
        {1 + 0x1.000002p-24, 1 + 0x1p-23},
        {1 + 0x3p-24, 1 + 0x1p-22},
        {-1 - 0x3p-24, -1 - 0x1p-22},
        {0x1.fffffefp127, 0x1.fffffep127},
        {0x1.ffffffp127, INFINITY},
        {-1e300, -INFINITY},
        {0x1p-149, 0x1p-149},
        {0x1p-150, 0},
        {0x1.8p-149, 0x1p-148},
        {INFINITY, INFINITY},
    };
    static const int64_t matrix[] = {2, 2};
    (void)state;
    if (__BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__)
        skip();
    srnn_config *const config = CONFIG({SRNN_OPTION_DTYPE, SRNN_DTYPE_FLOAT32});
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        weights_builder builder = {0};
        srnn_tensor *tensor = NULL;
        weights_builder_add(&builder, "weight_ih_l0", "F64", 2, matrix);
        weights_builder_add(&builder, "weight_hh_l0", "F64", 2, matrix);
        add_doubles(&builder, "bias_ih_l0", cases[i][0], -0.0);
        add_doubles(&builder, "bias_hh_l0", NAN, 0);
        srnn_rnn *const rnn = load(&builder, NULL, config);
        assert_int_equal(option(rnn, SRNN_OPTION_DTYPE), SRNN_DTYPE_FLOAT32);
        expect_success("ih",
                       srnn_rnn_copy_parameter(&tensor, rnn, "bias_ih_l0"));
        assert_true(element_of(tensor, 0) == cases[i][1]);
        assert_true(element_of(tensor, 1) == 0 &&
                    signbit(element_of(tensor, 1)));
        srnn_tensor_destroy(tensor);
        expect_success("hh",
                       srnn_rnn_copy_parameter(&tensor, rnn, "bias_hh_l0"));
        assert_true(isnan(element_of(tensor, 0)));
        srnn_tensor_destroy(tensor);
        srnn_rnn_destroy(rnn);
    }
    srnn_config_destroy(config);
}

/* From every dtype to both: the values of weights_value survive each way. */
static void test_weights_load__converts_to_the_dtype_of_the_config(void **state)
{
    static const char *const dtypes[] = {"F32", "F64", "F16", "BF16"};
    (void)state;
    for (int i = 0; i < 8; i++) {
        const srnn_dtype dtype =
            i / 4 == 0 ? SRNN_DTYPE_FLOAT32 : SRNN_DTYPE_FLOAT64;
        /* More values than any buffer on the way. */
        const weights_topology topology = {3001,          7, 1, 1, true,
                                           dtypes[i % 4], ""};
        srnn_config *const config = CONFIG({SRNN_OPTION_DTYPE, dtype});
        weights_builder builder = {0};
        weights_builder_add_rnn(&builder, &topology, NULL);
        srnn_rnn *const rnn = load(&builder, NULL, config);
        assert_int_equal(option(rnn, SRNN_OPTION_DTYPE), dtype);
        check_parameters(rnn, "");
        srnn_rnn_destroy(rnn);
        srnn_config_destroy(config);
    }
}

/* h' for one input of ones, by a fresh context. */
static void run(srnn_rnn *rnn, float output[2])
{
    static const int64_t in_shape[] = {1, 1, 4};
    static const int64_t out_shape[] = {1, 1, 2};
    float ones[] = {1, 1, 1, 1};
    srnn_tensor *input = NULL;
    srnn_tensor *result = NULL;
    srnn_context *context = NULL;
    expect_success("input", srnn_tensor_wrap(&input, ones, SRNN_DTYPE_FLOAT32,
                                             3, in_shape, NULL));
    expect_success("output",
                   srnn_tensor_wrap(&result, output, SRNN_DTYPE_FLOAT32, 3,
                                    out_shape, NULL));
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("forward",
                   srnn_context_forward(context, input, NULL, result, NULL));
    srnn_context_destroy(context);
    srnn_tensor_destroy(result);
    srnn_tensor_destroy(input);
}

/* An rnn that was loaded computes what one does that was set by hand. */
static void test_weights_load__gives_a_forward_all_parameters(void **state)
{
    float loaded_output[2] = {0};
    float set_output[2] = {0};
    weights_builder builder = {0};
    (void)state;
    weights_builder_add_rnn(&builder, &small, NULL);
    srnn_rnn *const loaded = load(&builder, NULL, NULL);
    srnn_rnn *set = NULL;
    expect_success("create", srnn_rnn_create(&set, 4, 2, NULL, 1));
    for (int64_t i = 0; i < srnn_rnn_parameter_count(loaded); i++)
        parameter_take(set, i, loaded, i);
    run(loaded, loaded_output);
    run(set, set_output);
    assert_memory_equal(loaded_output, set_output, sizeof set_output);
    assert_true(fabsf(set_output[0]) > 0);
    srnn_rnn_destroy(set);
    srnn_rnn_destroy(loaded);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_load__reads_every_topology_and_dtype),
        cmocka_unit_test(test_weights_load__mixes_dtypes),
        cmocka_unit_test(test_weights_load__ignores_tensors_outside_the_prefix),
        cmocka_unit_test(test_weights_load__insists_on_what_the_config_says),
        cmocka_unit_test(test_weights_load__rounds_f64_for_a_float32_config),
        cmocka_unit_test(
            test_weights_load__converts_to_the_dtype_of_the_config),
        cmocka_unit_test(test_weights_load__gives_a_forward_all_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
