/* SPDX-License-Identifier: MIT */
/* What is in a checkpoint, and what comes back from it. That training goes on
 * with the same bits is in test_checkpoint_resume.c, and what loading refuses
 * in test_checkpoint_damaged.c. */
#include <float.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/little_endian.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"
#include "support/temporary.h"
#include "support/trainee.h"

static char path[512];

static int set_up(void **state)
{
    const int failures = temporary_create(state);
    (void)strcpy(path, temporary_path("checkpoint"));
    return failures;
}

static void check_same(const weights_file *got, const weights_file *wanted)
{
    assert_int_equal(got->size, wanted->size);
    assert_memory_equal(got->bytes, wanted->bytes, wanted->size);
}

static void check_same_linear(const srnn_linear *a, const srnn_linear *b)
{
    float values[2][32];
    const int64_t size = srnn_linear_flat_size(a);
    assert_int_equal(size, srnn_linear_flat_size(b));
    assert_in_range(size, 1, 32);
    for (int i = 0; i < 2; i++) {
        srnn_tensor *flat = NULL;
        EXPECT_SUCCESS(srnn_tensor_wrap(&flat, values[i], SRNN_DTYPE_FLOAT32, 1,
                                        &size, NULL));
        EXPECT_SUCCESS(srnn_linear_get_flat(i == 0 ? a : b, flat));
        srnn_tensor_destroy(flat);
    }
    assert_memory_equal(values[0], values[1], (size_t)size * sizeof(float));
}

/* Saved, loaded by another and saved by it: the same bytes, though the other
 * was anywhere else in its training. */
static void test_checkpoint__comes_back(void **state)
{
    (void)state;
    for (int i = 0; trainee_kind(i) != 0; i++) {
        trainee a;
        trainee b;
        trainee_create(&a, trainee_kind(i));
        trainee_create(&b, trainee_kind(i));
        trainee_step(&a, 0, 4);
        trainee_step(&b, 5, 12);
        weights_file saved = trainee_save(&a, path);
        EXPECT_SUCCESS(trainee_load(&b, path));
        weights_file again = trainee_save(&b, path);
        check_same(&again, &saved);
        small_rnn_check_equal(a.rnn, b.rnn);
        check_same_linear(a.fc, b.fc);
        assert_memory_equal(a.h0, b.h0, sizeof a.h0);
        weights_file_free(&again);
        weights_file_free(&saved);
        trainee_destroy(&a);
        trainee_destroy(&b);
    }
}

/* Weights are packed again: outputs are those of the saved model. */
static void test_checkpoint__is_what_runs(void **state)
{
    float input[2] = {0.5F, -0.25F};
    float outputs[2][4];
    float logits[2][3];
    trainee t[2];
    (void)state;
    trainee_create(&t[0], SRNN_OPTIMIZER_KIND_ADAM);
    trainee_create(&t[1], SRNN_OPTIMIZER_KIND_ADAM);
    trainee_step(&t[0], 0, 4);
    weights_file saved = trainee_save(&t[0], path);
    EXPECT_SUCCESS(trainee_load(&t[1], path));
    for (int i = 0; i < 2; i++) {
        srnn_tensor *states = NULL;
        srnn_tensor *result = NULL;
        EXPECT_SUCCESS(srnn_tensor_wrap(&states, outputs[i], SRNN_DTYPE_FLOAT32,
                                        1, (const int64_t[]){4}, NULL));
        EXPECT_SUCCESS(srnn_tensor_wrap(&result, logits[i], SRNN_DTYPE_FLOAT32,
                                        1, (const int64_t[]){3}, NULL));
        EXPECT_SUCCESS(srnn_context_forward_contiguous(
            t[i].context, 1, 1, input, NULL, outputs[i], NULL));
        EXPECT_SUCCESS(srnn_linear_forward(t[i].fc, NULL, states, result));
        srnn_tensor_destroy(states);
        srnn_tensor_destroy(result);
    }
    assert_memory_equal(logits[0], logits[1], sizeof logits[0]);
    assert_memory_equal(outputs[0], outputs[1], sizeof outputs[0]);
    weights_file_free(&saved);
    trainee_destroy(&t[0]);
    trainee_destroy(&t[1]);
}

/* With all options stated, also those that the rnn has by default. */
static void test_checkpoint__is_read_as_a_model(void **state)
{
    trainee t;
    srnn_weights *weights = NULL;
    srnn_rnn *rnn = NULL;
    srnn_linear *fc = NULL;
    srnn_config *config = NULL;
    srnn_tensor *h0 = NULL;
    (void)state;
    trainee_create(&t, SRNN_OPTIMIZER_KIND_SGD);
    trainee_step(&t, 0, 4);
    weights_file saved = trainee_save(&t, path);
    EXPECT_SUCCESS(srnn_config_create(&config));
    EXPECT_SUCCESS(srnn_config_set_int(config, SRNN_OPTION_REQUIRE_STATED, 1));
    EXPECT_SUCCESS(srnn_weights_open(&weights, path));
    EXPECT_SUCCESS(srnn_rnn_create_from_weights(&rnn, weights, "rnn.", config));
    small_rnn_check_equal(rnn, t.rnn);
    EXPECT_SUCCESS(srnn_linear_create_from_weights(&fc, weights, "fc."));
    check_same_linear(fc, t.fc);
    EXPECT_SUCCESS(srnn_weights_read_tensor(&h0, weights, "start.h0"));
    assert_memory_equal(srnn_tensor_data(h0), t.h0, sizeof t.h0);
    srnn_tensor_destroy(h0);
    srnn_linear_destroy(fc);
    srnn_rnn_destroy(rnn);
    srnn_weights_destroy(weights);
    srnn_config_destroy(config);
    weights_file_free(&saved);
    trainee_destroy(&t);
}

/* Tensors of the caller, each of another type, and what their elements are in
 * C order. */
static float floats[6] = {1, 2, 3, 4, 5, 6};
static double doubles[2] = {-0.0, DBL_MIN / 3};
static int64_t integer = INT64_MIN;
static uint8_t bytes[8] = {1, 0, 2, 0, 3, 0, 4, 0};

enum { GIVEN = 6 };

static const struct {
    const char *name;
    const char *type;
    void *data;
    srnn_dtype dtype;
    int32_t rank;
    int64_t shape[SRNN_MAX_RANK];
    int64_t strides[SRNN_MAX_RANK];
    size_t size;
    const void *elements;
} given[GIVEN] = {
    {"b",
     "F32",
     floats,
     SRNN_DTYPE_FLOAT32,
     2,
     {3, 2},
     {1, 3},
     24,
     (const float[]){1, 4, 2, 5, 3, 6}},
    {"rnn.", "F64", doubles, SRNN_DTYPE_FLOAT64, 1, {2}, {1}, 16, doubles},
    {"a\"\xc3\xa9\n",
     "I64",
     &integer,
     SRNN_DTYPE_INT64,
     0,
     {0},
     {0},
     8,
     &integer},
    {"",
     "U8",
     bytes,
     SRNN_DTYPE_UINT8,
     1,
     {4},
     {2},
     4,
     (const uint8_t[]){1, 2, 3, 4}},
    {"e", "I64", NULL, SRNN_DTYPE_INT64, 3, {2, 0, 5}, {1, 1, 1}, 0, NULL},
    {"optimizer",
     "F32",
     floats,
     SRNN_DTYPE_FLOAT32,
     8,
     {1, 1, 1, 2, 1, 1, 3, 1},
     {9, 9, 9, 0, 9, 9, 0, 0},
     24,
     (const float[]){1, 1, 1, 1, 1, 1}},
};

/* Saves them in an order. */
static void save_given(const trainee *t, const int *order,
                       const char *const *metadata)
{
    const char *names[GIVEN];
    srnn_tensor *tensors[GIVEN];
    for (int i = 0; i < GIVEN; i++) {
        const int from = order[i];
        names[i] = given[from].name;
        EXPECT_SUCCESS(srnn_tensor_wrap_const(
            &tensors[i], given[from].data, given[from].dtype, given[from].rank,
            given[from].shape, given[from].strides));
    }
    EXPECT_SUCCESS(srnn_optimizer_save(t->optimizer, path, names,
                                       (const srnn_tensor *const *)tensors,
                                       GIVEN, metadata));
    for (int i = 0; i < GIVEN; i++)
        srnn_tensor_destroy(tensors[i]);
}

static void test_checkpoint__keeps_what_the_caller_adds(void **state)
{
    static const char *const metadata[] = {
        "epoch", "3", "note\n", "\xe2\x82\xac", "optimizer", "mine", NULL};
    trainee t;
    (void)state;
    trainee_create(&t, SRNN_OPTIMIZER_KIND_SGD);
    save_given(&t, (const int[]){0, 1, 2, 3, 4, 5}, metadata);
    weights_file file = saved_file_read(path);
    for (int i = 0; i < GIVEN; i++) {
        saved_tensor saved;
        assert_true(saved_file_find(&saved, &file, given[i].name));
        assert_string_equal(saved.type, given[i].type);
        assert_int_equal(saved.rank, given[i].rank);
        for (int j = 0; j < saved.rank; j++)
            assert_int_equal(saved.shape[j], given[i].shape[j]);
        assert_int_equal(saved.size, given[i].size);
        const size_t width = given[i].dtype == SRNN_DTYPE_UINT8     ? 1
                             : given[i].dtype == SRNN_DTYPE_FLOAT32 ? 4
                                                                    : 8;
        for (size_t j = 0; j < saved.size; j++)
            assert_int_equal(saved.bytes[j],
                             little_endian_byte(given[i].elements, width, j));
    }
    for (int i = 0; metadata[i] != NULL; i += 2)
        assert_true(saved_file_states(&file, metadata[i], metadata[i + 1]));
    EXPECT_SUCCESS(trainee_load_bytes(&t, &file));
    weights_file_free(&file);
    trainee_destroy(&t);
}

static void test_checkpoint__has_one_form(void **state)
{
    trainee t;
    (void)state;
    trainee_create(&t, SRNN_OPTIMIZER_KIND_ADAM);
    save_given(&t, (const int[]){0, 1, 2, 3, 4, 5},
               (const char *const[]){"a", "1", "b", "2", NULL});
    weights_file first = saved_file_read(path);
    save_given(&t, (const int[]){5, 3, 1, 4, 0, 2},
               (const char *const[]){"b", "2", "a", "1", NULL});
    weights_file second = saved_file_read(path);
    check_same(&second, &first);
    weights_file_free(&first);
    weights_file_free(&second);
    trainee_destroy(&t);
}

static void test_checkpoint__fits_gradients_in_any_order(void **state)
{
    srnn_optimizer *other = NULL;
    srnn_weights *weights = NULL;
    trainee t;
    (void)state;
    trainee_create(&t, SRNN_OPTIMIZER_KIND_ADAM);
    trainee_step(&t, 0, 3);
    weights_file wanted = trainee_save(&t, path);
    EXPECT_SUCCESS(srnn_optimizer_create(&other, SRNN_OPTIMIZER_KIND_ADAM));
    EXPECT_SUCCESS(srnn_optimizer_add(other, t.of_h0, "start."));
    EXPECT_SUCCESS(srnn_optimizer_add(other, t.of_rnn, "rnn."));
    EXPECT_SUCCESS(srnn_optimizer_add(other, t.of_fc, "fc."));
    EXPECT_SUCCESS(
        srnn_weights_open_memory(&weights, wanted.bytes, wanted.size));
    EXPECT_SUCCESS(srnn_optimizer_load(other, weights));
    EXPECT_SUCCESS(srnn_optimizer_save(other, path, NULL, NULL, 0, NULL));
    weights_file got = saved_file_read(path);
    check_same(&got, &wanted);
    srnn_weights_destroy(weights);
    srnn_optimizer_destroy(other);
    weights_file_free(&got);
    weights_file_free(&wanted);
    trainee_destroy(&t);
}

static void get(double *out, const trainee *t, int which,
                srnn_optimizer_option option)
{
    const srnn_gradients *const all[] = {NULL, t->of_rnn, t->of_h0};
    EXPECT_SUCCESS(
        srnn_optimizer_get_real(out, t->optimizer, all[which], option));
}

/* Numbers that only their shortest or their 17 digits give back; each place has
 * another. */
static void test_checkpoint__keeps_numbers_exactly(void **state)
{
    static const double values[] = {DBL_MIN, DBL_TRUE_MIN, DBL_MAX,  0.1,
                                    1 / 3.0, -1 / 3.0,     -DBL_MAX, 1e22,
                                    1e23,    0.5,          -1e-5,    3};
    enum { VALUES = sizeof values / sizeof *values };
    (void)state;
    for (int i = 0; i < VALUES; i++) {
        trainee t;
        trainee other;
        trainee_create(&t, SRNN_OPTIMIZER_KIND_SGD);
        trainee_create(&other, SRNN_OPTIMIZER_KIND_SGD);
        const srnn_gradients *const all[] = {NULL, t.of_rnn, t.of_h0};
        for (int j = 0; j < 3; j++)
            EXPECT_SUCCESS(srnn_optimizer_set_real(t.optimizer, all[j],
                                                   SRNN_OPTIMIZER_DAMPENING,
                                                   values[(i + j) % VALUES]));
        weights_file file = trainee_save(&t, path);
        EXPECT_SUCCESS(trainee_load_bytes(&other, &file));
        for (int j = 0; j < 3; j++) {
            double got = 7;
            get(&got, &other, j, SRNN_OPTIMIZER_DAMPENING);
            assert_memory_equal(&got, &values[(i + j) % VALUES], sizeof got);
        }
        weights_file_free(&file);
        trainee_destroy(&t);
        trainee_destroy(&other);
    }
}

static void test_checkpoint__keeps_integers(void **state)
{
    trainee t;
    trainee other;
    int64_t got = 7;
    (void)state;
    trainee_create(&t, SRNN_OPTIMIZER_KIND_RMSPROP);
    trainee_create(&other, SRNN_OPTIMIZER_KIND_RMSPROP);
    trainee_step(&t, 0, 3);
    EXPECT_SUCCESS(srnn_optimizer_set_int(t.optimizer, NULL,
                                          SRNN_OPTIMIZER_CHECK_FINITE, 0));
    weights_file file = trainee_save(&t, path);
    EXPECT_SUCCESS(trainee_load_bytes(&other, &file));
    EXPECT_SUCCESS(srnn_optimizer_get_int(&got, other.optimizer, NULL,
                                          SRNN_OPTIMIZER_CHECK_FINITE));
    assert_int_equal(got, 0);
    EXPECT_SUCCESS(srnn_optimizer_get_int(&got, other.optimizer, NULL,
                                          SRNN_OPTIMIZER_STEPS));
    assert_int_equal(got, 3);
    EXPECT_SUCCESS(srnn_optimizer_get_int(&got, other.optimizer, other.of_rnn,
                                          SRNN_OPTIMIZER_CENTERED));
    assert_int_equal(got, 1);
    EXPECT_SUCCESS(srnn_optimizer_get_int(&got, other.optimizer, other.of_h0,
                                          SRNN_OPTIMIZER_CENTERED));
    assert_int_equal(got, 0);
    weights_file_free(&file);
    trainee_destroy(&t);
    trainee_destroy(&other);
}

/* All of an rnn that the metadata holds, under the empty prefix. */
static void test_checkpoint__states_options_without_a_prefix(void **state)
{
    srnn_optimizer *optimizer = NULL;
    srnn_gradients *gradients = NULL;
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = 2,
                                      .H = 3,
                                      .direction = SRNN_DIRECTION_REVERSE,
                                      .nonlinearity = SRNN_NONLINEARITY_RELU,
                                      .dtype = SRNN_DTYPE_FLOAT64,
                                      .batch_first = true,
                                      .seed = 3});
    srnn_weights *weights = NULL;
    srnn_rnn *loaded = NULL;
    (void)state;
    EXPECT_SUCCESS(srnn_gradients_create(&gradients, rnn));
    EXPECT_SUCCESS(srnn_optimizer_create(&optimizer, SRNN_OPTIMIZER_KIND_SGD));
    EXPECT_SUCCESS(srnn_optimizer_add(optimizer, gradients, NULL));
    EXPECT_SUCCESS(srnn_optimizer_save(optimizer, path, NULL, NULL, 0, NULL));
    EXPECT_SUCCESS(srnn_weights_open(&weights, path));
    EXPECT_SUCCESS(srnn_rnn_create_from_weights(&loaded, weights, NULL, NULL));
    small_rnn_check_equal(loaded, rnn);
    EXPECT_SUCCESS(srnn_optimizer_load(optimizer, weights));
    srnn_rnn_destroy(loaded);
    srnn_weights_destroy(weights);
    srnn_optimizer_destroy(optimizer);
    srnn_gradients_destroy(gradients);
    srnn_rnn_destroy(rnn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checkpoint__comes_back),
        cmocka_unit_test(test_checkpoint__is_what_runs),
        cmocka_unit_test(test_checkpoint__is_read_as_a_model),
        cmocka_unit_test(test_checkpoint__keeps_what_the_caller_adds),
        cmocka_unit_test(test_checkpoint__has_one_form),
        cmocka_unit_test(test_checkpoint__fits_gradients_in_any_order),
        cmocka_unit_test(test_checkpoint__keeps_numbers_exactly),
        cmocka_unit_test(test_checkpoint__keeps_integers),
        cmocka_unit_test(test_checkpoint__states_options_without_a_prefix),
    };
    return cmocka_run_group_tests(tests, set_up, temporary_remove);
}
