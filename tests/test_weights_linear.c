/* SPDX-License-Identifier: MIT */
/* Linear layers from files: those of torch, with the values of its seeds, and
 * files that hold none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/misuse.h"
#include "support/weights_file.h"

static srnn_tensor *flat_of(const srnn_linear *linear)
{
    const int64_t count = srnn_linear_flat_size(linear);
    srnn_tensor *flat = NULL;
    EXPECT_SUCCESS(
        srnn_tensor_create(&flat, srnn_linear_dtype(linear), 1, &count));
    EXPECT_SUCCESS(srnn_linear_get_flat(linear, flat));
    return flat;
}

static void check_equal(const srnn_linear *a, const srnn_linear *b)
{
    assert_int_equal(srnn_linear_dtype(a), srnn_linear_dtype(b));
    assert_int_equal(srnn_linear_in_features(a), srnn_linear_in_features(b));
    assert_int_equal(srnn_linear_out_features(a), srnn_linear_out_features(b));
    assert_int_equal(srnn_linear_has_bias(a), srnn_linear_has_bias(b));
    srnn_tensor *const first = flat_of(a);
    srnn_tensor *const second = flat_of(b);
    assert_int_equal(srnn_tensor_size(first), srnn_tensor_size(second));
    assert_memory_equal(srnn_tensor_data(first), srnn_tensor_data(second),
                        (size_t)(srnn_tensor_size(first) *
                                 element_bytes(srnn_linear_dtype(a))));
    srnn_tensor_destroy(first);
    srnn_tensor_destroy(second);
}

/* The seed alone gives what torch stored. */
static void test_weights_linear__seeds_give_the_weights_of_torch(void **state)
{
    (void)state;
    srnn_weights *golden = NULL;
    int number = 0;
    const char *text = NULL;
    char name[16] = "init0";
    EXPECT_SUCCESS(srnn_weights_open(&golden, LINEAR_FILE));
    while ((text = srnn_weights_metadata(golden, name)) != NULL) {
        char prefix[sizeof name + 1];
        long long in = 0;
        long long out = 0;
        unsigned long long seed = 0;
        srnn_linear *stored = NULL;
        srnn_linear *made_of_seed = NULL;
        assert_int_equal(
            sscanf(text, "in=%lld out=%lld seed=%llu", &in, &out, &seed), 3);
        (void)snprintf(prefix, sizeof prefix, "%s.", name);
        EXPECT_SUCCESS(
            srnn_linear_create_from_weights(&stored, golden, prefix));
        EXPECT_SUCCESS(srnn_linear_create(&made_of_seed,
                                          srnn_linear_dtype(stored), in, out,
                                          srnn_linear_has_bias(stored), seed));
        check_equal(stored, made_of_seed);
        srnn_linear_destroy(stored);
        srnn_linear_destroy(made_of_seed);
        (void)snprintf(name, sizeof name, "init%d", ++number);
    }
    assert_int_equal(number, 6);
    srnn_weights_destroy(golden);
}

enum { I = 3, O = 2 };

/* A file with the tensors of a builder, which it empties. */
typedef struct {
    weights_file bytes;
    srnn_weights *weights;
} opened;

static opened open_built(weights_builder *builder)
{
    opened file = {.bytes = weights_builder_finish(builder)};
    EXPECT_SUCCESS(srnn_weights_open_memory(&file.weights, file.bytes.bytes,
                                            file.bytes.size));
    return file;
}

static void close_built(opened *file)
{
    srnn_weights_destroy(file->weights);
    weights_file_free(&file->bytes);
}

static void check_tensor(const srnn_linear *linear, const char *name,
                         const char *in_file)
{
    srnn_tensor *tensor = NULL;
    EXPECT_SUCCESS(srnn_linear_copy_parameter(&tensor, linear, name));
    for (int64_t i = 0; i < srnn_tensor_size(tensor); i++)
        assert_true(element_of(tensor, i) == weights_value(in_file, i));
    srnn_tensor_destroy(tensor);
}

/* And other tensors do not matter. */
static void test_weights_linear__reads_every_type(void **state)
{
    static const char *const types[] = {"F32", "F64", "F16", "BF16"};
    static const char *const prefixes[] = {"", "fc.", "a.weight"};
    (void)state;
    for (int i = 0; i < 4 * 3 * 2; i++) {
        const char *const type = types[i % 4];
        const char *const prefix = prefixes[i / 4 % 3];
        const int has_bias = i / 12;
        char weight[32];
        char bias[32];
        weights_builder builder = {0};
        srnn_linear *linear = NULL;
        (void)snprintf(weight, sizeof weight, "%sweight", prefix);
        (void)snprintf(bias, sizeof bias, "%sbias", prefix);
        weights_builder_add(&builder, weight, type, 2, LIST(O, I));
        weights_builder_add(&builder, "other.bias", "I64", 1, LIST(7));
        if (has_bias != 0)
            weights_builder_add(&builder, bias, types[(i + 1) % 4], 1, LIST(O));
        opened file = open_built(&builder);
        EXPECT_SUCCESS(srnn_linear_create_from_weights(&linear, file.weights,
                                                       i == 0 ? NULL : prefix));
        close_built(&file);
        assert_int_equal(srnn_linear_dtype(linear), i % 4 == 1 ? F64 : F32);
        assert_int_equal(srnn_linear_has_bias(linear), has_bias);
        check_tensor(linear, "weight", weight);
        if (has_bias != 0)
            check_tensor(linear, "bias", bias);
        srnn_linear_destroy(linear);
    }
}

/* A tensor of a file that is refused. */
typedef struct {
    const char *name;
    const char *type;
    int rank;
    int64_t shape[3];
} stored;

static void refuse(srnn_status status, const char *says, const char *prefix,
                   const stored *first, const stored *second)
{
    weights_builder builder = {0};
    const stored *const both[] = {first, second};
    for (int i = 0; i < 2; i++)
        if (both[i] != NULL)
            weights_builder_add(&builder, both[i]->name, both[i]->type,
                                both[i]->rank, both[i]->shape);
    opened file = open_built(&builder);
    REFUSE(status, says,
           srnn_linear_create_from_weights(&made.linear, file.weights, prefix));
    close_built(&file);
}

static void test_weights_linear__refuses_what_is_none(void **state)
{
    (void)state;
    const stored weight = {"fc.weight", "F32", 2, {O, I}};
    const stored bias = {"fc.bias", "F32", 1, {O}};
    refuse(SRNN_ERROR_NOT_FOUND,
           "no tensor is named weight under the prefix \"fc.\"; the file has "
           "no tensors",
           "fc.", NULL, NULL);
    refuse(SRNN_ERROR_NOT_FOUND,
           "under the prefix \"\"; there is a matrix \"fc.weight\"", NULL,
           &bias, &weight);
    refuse(SRNN_ERROR_NOT_FOUND,
           "under the prefix \"\"; the first of 1 names is \"fc.bias\"", "",
           &bias, NULL);
    refuse(SRNN_ERROR_NOT_FOUND,
           "under the prefix \"\"; the first of 2 names is \"fa.bias\"", "",
           &bias, &(stored){"fa.bias", "F32", 1, {O}});
    refuse(SRNN_ERROR_SHAPE,
           "\"fc.weight\" is [2]; a linear layer needs [out_features, "
           "in_features]",
           "fc.", &(stored){"fc.weight", "F32", 1, {O}}, &bias);
    refuse(SRNN_ERROR_SHAPE,
           "\"fc.bias\" is [3]; a linear layer with this weight needs "
           "[out_features=2]",
           "fc.", &weight, &(stored){"fc.bias", "F32", 1, {I}});
    refuse(SRNN_ERROR_SHAPE, "\"fc.bias\" is [2, 1]; a linear layer", "fc.",
           &weight, &(stored){"fc.bias", "F32", 2, {O, 1}});
    refuse(SRNN_ERROR_RANGE, "in_features is 0 in the file, expected 1 to ",
           "fc.", &(stored){"fc.weight", "F32", 2, {O, 0}}, NULL);
    refuse(SRNN_ERROR_RANGE, "out_features is 0 in the file, expected 1 to ",
           "fc.", &(stored){"fc.weight", "F32", 2, {0, I}}, NULL);
    refuse(SRNN_ERROR_RANGE,
           "out_features is 1073741824 in the file, expected 1 to 1073741823",
           "fc.",
           &(stored){"fc.weight", "F32", 2, {(int64_t)SRNN_MAX_SIZE + 1, 0}},
           NULL);
    refuse(SRNN_ERROR_DTYPE, "fc.weight", "fc.",
           &(stored){"fc.weight", "I64", 2, {O, I}}, NULL);
    refuse(SRNN_ERROR_DTYPE, "fc.bias", "fc.", &weight,
           &(stored){"fc.bias", "U8", 1, {O}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_linear__seeds_give_the_weights_of_torch),
        cmocka_unit_test(test_weights_linear__reads_every_type),
        cmocka_unit_test(test_weights_linear__refuses_what_is_none),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
