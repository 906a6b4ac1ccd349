/* SPDX-License-Identifier: MIT */
/* A linear layer in a file: alone, and beside what else is there, which stays
 * byte for byte. How the disk may fail is in test_weights_save_disk.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/little_endian.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"
#include "support/temporary.h"

enum { IN = 3, OUT = 2 };

static char path[512];

static int set_up(void **state)
{
    const int failures = temporary_create(state);
    (void)strcpy(path, temporary_path("file"));
    return failures;
}

static srnn_linear *make(srnn_dtype dtype, int32_t bias, uint64_t seed)
{
    srnn_linear *linear = NULL;
    EXPECT_SUCCESS(srnn_linear_create(&linear, dtype, IN, OUT, bias, seed));
    return linear;
}

/* The tensor has the type and the values of a parameter. */
static void check_parameter(const weights_file *file, const char *name,
                            const srnn_linear *linear, const char *parameter)
{
    const bool is_wide = srnn_linear_dtype(linear) == SRNN_DTYPE_FLOAT64;
    srnn_tensor *wanted = NULL;
    saved_tensor saved;
    assert_true(saved_file_find(&saved, file, name));
    EXPECT_SUCCESS(srnn_linear_copy_parameter(&wanted, linear, parameter));
    assert_string_equal(saved.type, is_wide ? "F64" : "F32");
    assert_int_equal(saved.rank, srnn_tensor_rank(wanted));
    for (int i = 0; i < saved.rank; i++)
        assert_int_equal(saved.shape[i], srnn_tensor_shape(wanted)[i]);
    assert_int_equal(saved.size, srnn_tensor_size(wanted) * (is_wide ? 8 : 4));
    for (size_t i = 0; i < saved.size; i++)
        assert_int_equal(
            saved.bytes[i],
            little_endian_byte(srnn_tensor_data(wanted), is_wide ? 8 : 4, i));
    srnn_tensor_destroy(wanted);
}

static void test_linear_save__makes_a_file(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        srnn_linear *const linear =
            make(i % 2 == 0 ? SRNN_DTYPE_FLOAT32 : SRNN_DTYPE_FLOAT64, i / 2,
                 (uint64_t)i);
        const bool has_prefix = i == 1;
        (void)unlink(path);
        EXPECT_SUCCESS(
            srnn_linear_save(linear, path, has_prefix ? "a." : NULL));
        weights_file file = saved_file_read(path);
        assert_int_equal(saved_file_count(&file), i / 2 + 1);
        assert_int_equal(saved_file_count_metadata(&file), 0);
        check_parameter(&file, has_prefix ? "a.weight" : "weight", linear,
                        "weight");
        if (i / 2 == 1)
            check_parameter(&file, "bias", linear, "bias");
        weights_file_free(&file);
        srnn_linear_destroy(linear);
    }
}

/* An rnn, tensors of all types and metadata. */
static weights_file make_old(void)
{
    static const weights_topology rnn = {3, 4, 2, 2, true, "BF16", "rnn."};
    static const int64_t shape[] = {2, 8};
    weights_builder builder = {0};
    weights_builder_add_rnn(&builder, &rnn, NULL);
    for (int i = 0; weights_type(i) != NULL; i++) {
        char name[32];
        (void)snprintf(name, sizeof name, "fc.other_%s", weights_type(i));
        weights_builder_add_bytes(&builder, name, weights_type(i),
                                  "24 bytes, whatever it is", 24);
    }
    weights_builder_add(&builder, "fc.weight", "F16", 2, shape);
    weights_builder_add(&builder, "fc.bias", "F64", 1, shape);
    weights_builder_add(&builder, "weight", "F64", 1, shape);
    weights_builder_add(&builder, "fc.weights", "F64", 1, shape);
    weights_builder_add_metadata(&builder, "nonlinearity", "relu");
    weights_builder_add_metadata(&builder, "rnn.dropout", "0.25");
    weights_builder_add_metadata(&builder, "fc.weight", "\\u00e9\\n");
    return weights_builder_finish(&builder);
}

static void check_others(const weights_file *before, const weights_file *after)
{
    srnn_weights *weights = NULL;
    EXPECT_SUCCESS(
        srnn_weights_open_memory(&weights, before->bytes, before->size));
    for (int64_t i = 0; i < srnn_weights_count(weights); i++) {
        const char *const name = srnn_weights_name(weights, i);
        if (strcmp(name, "fc.weight") != 0 && strcmp(name, "fc.bias") != 0)
            saved_file_check_same(before, after, name);
    }
    const char *key = NULL;
    for (int64_t i = 0; (key = srnn_weights_metadata_key(weights, i)) != NULL;
         i++)
        assert_true(
            saved_file_states(after, key, srnn_weights_metadata(weights, key)));
    assert_int_equal(saved_file_count_metadata(after),
                     saved_file_count_metadata(before));
    srnn_weights_destroy(weights);
}

static void test_linear_save__keeps_the_rest(void **state)
{
    (void)state;
    for (int bias = 0; bias < 2; bias++) {
        srnn_linear *const linear = make(SRNN_DTYPE_FLOAT32, bias, 1);
        saved_tensor saved;
        weights_file before = make_old();
        (void)temporary_write("file", before.bytes, before.size);
        EXPECT_SUCCESS(srnn_linear_save(linear, path, "fc."));
        weights_file after = saved_file_read(path);
        check_others(&before, &after);
        check_parameter(&after, "fc.weight", linear, "weight");
        if (bias == 1)
            check_parameter(&after, "fc.bias", linear, "bias");
        else
            assert_false(saved_file_find(&saved, &after, "fc.bias"));
        assert_int_equal(saved_file_count(&after),
                         saved_file_count(&before) - 1 + bias);
        weights_file_free(&before);
        weights_file_free(&after);
        srnn_linear_destroy(linear);
    }
}

/* Saved in any order, and as often as one likes; and what comes back. */
static void test_linear_save__lies_beside_an_rnn(void **state)
{
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = 2, .H = 3, .seed = 3});
    srnn_linear *const linear = make(SRNN_DTYPE_FLOAT32, 1, 1);
    srnn_weights *weights = NULL;
    srnn_rnn *same_rnn = NULL;
    srnn_linear *same_linear = NULL;
    weights_file files[2];
    (void)state;
    for (int i = 0; i < 2; i++) {
        (void)unlink(path);
        for (int j = i; j < i + 3; j++)
            if (j % 2 == 0)
                EXPECT_SUCCESS(srnn_rnn_save(rnn, path, "rnn.", NULL));
            else
                EXPECT_SUCCESS(srnn_linear_save(linear, path, "fc."));
        files[i] = saved_file_read(path);
    }
    assert_int_equal(files[0].size, files[1].size);
    assert_memory_equal(files[0].bytes, files[1].bytes, files[0].size);
    EXPECT_SUCCESS(srnn_weights_open(&weights, path));
    EXPECT_SUCCESS(
        srnn_rnn_create_from_weights(&same_rnn, weights, "rnn.", NULL));
    EXPECT_SUCCESS(
        srnn_linear_create_from_weights(&same_linear, weights, "fc."));
    small_rnn_check_equal(same_rnn, rnn);
    check_parameter(&files[0], "fc.weight", same_linear, "weight");
    check_parameter(&files[0], "fc.bias", same_linear, "bias");
    srnn_weights_destroy(weights);
    srnn_rnn_destroy(same_rnn);
    srnn_linear_destroy(same_linear);
    weights_file_free(&files[0]);
    weights_file_free(&files[1]);
    srnn_linear_destroy(linear);
    srnn_rnn_destroy(rnn);
}

/* As srnn_rnn_save does. */
static void test_linear_save__keeps_the_mode(void **state)
{
    srnn_linear *const linear = make(SRNN_DTYPE_FLOAT32, 1, 1);
    struct stat info = {0};
    (void)state;
    EXPECT_SUCCESS(srnn_linear_save(linear, path, NULL));
    assert_int_equal(chmod(path, 0604), 0);
    EXPECT_SUCCESS(srnn_linear_save(linear, path, NULL));
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0604);
    srnn_linear_destroy(linear);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_save__makes_a_file),
        cmocka_unit_test(test_linear_save__keeps_the_rest),
        cmocka_unit_test(test_linear_save__lies_beside_an_rnn),
        cmocka_unit_test(test_linear_save__keeps_the_mode),
    };
    return cmocka_run_group_tests(tests, set_up, temporary_remove);
}
