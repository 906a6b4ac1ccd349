/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind */
/* What is saved and read while the program rounds upwards, downwards or to
 * zero, flushes subnormals or traps: the bytes and values of the default mode.
 * Afterwards the mode is what it was. Valgrind rounds to nearest, and does not
 * flush. */
#include <fenv.h>
#include <float.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"
#include "support/temporary.h"
#include "support/trainee.h"
#include "util/float_mode.h"

typedef struct {
    const char *name;
    int rounding;
    bool flushes;
    int traps;
} float_mode;

static const float_mode modes[] = {
    {"to nearest", FE_TONEAREST, false, 0},
    {"upwards", FE_UPWARD, false, 0},
    {"downwards", FE_DOWNWARD, false, 0},
    {"to zero", FE_TOWARDZERO, false, 0},
    {"flushing", FE_TONEAREST, true, 0},
    {"upwards, flushing", FE_UPWARD, true, 0},
    {"trapping", FE_TONEAREST, false,
     FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW | FE_UNDERFLOW},
};

enum { MODES = sizeof modes / sizeof *modes };

/* The register, without the flags that operations raise and, of 32-bit Arm,
 * what comparisons found. */
static uint64_t mode_of_thread(void)
{
    const uint64_t mode = srnn_float_mode__get();
#if defined(__SSE__)
    return mode & ~(uint64_t)0x3f;
#elif defined(__arm__)
    return mode & 0x0fffff60;
#elif defined(__s390x__)
    return mode & 0xff0000ff;
#else
    return mode;
#endif
}

/* Of the thread, while a test has another. */
static fenv_t usual;
static uint64_t entered;

static void enter(const float_mode *mode)
{
    assert_int_equal(fegetenv(&usual), 0);
    assert_int_equal(fesetround(mode->rounding), 0);
    if (mode->flushes)
        srnn_float_mode__set(srnn_float_mode__flushing(srnn_float_mode__get()));
#ifdef __GLIBC__
    if (mode->traps != 0)
        (void)feenableexcept(mode->traps);
#endif
    entered = mode_of_thread();
}

/* Only then can numbers be compared. */
static void leave(const float_mode *mode)
{
    const uint64_t left = mode_of_thread();
    const int rounding = fegetround();
    assert_int_equal(fesetenv(&usual), 0);
    if (left != entered || rounding != mode->rounding)
        fail_msg("%s: the mode is %llx, expected %llx", mode->name,
                 (unsigned long long)left, (unsigned long long)entered);
}

/* Each is written in another way when it is rounded in another way. */
static const double numbers[] = {0.1,     1 / 3.0,       DBL_MAX,
                                 DBL_MIN, DBL_TRUE_MIN,  0x1.8p-1060,
                                 -0.1,    -DBL_TRUE_MIN, 0};

enum { NUMBERS = sizeof numbers / sizeof *numbers };

static const double below_one = 0x1.fffffffffffffp-1;

static srnn_optimizer_option set_number(trainee *t, srnn_optimizer_kind kind,
                                        double number)
{
    const srnn_optimizer_option option = kind == SRNN_OPTIMIZER_KIND_SGD
                                             ? SRNN_OPTIMIZER_DAMPENING
                                             : SRNN_OPTIMIZER_BETA1;
    EXPECT_SUCCESS(srnn_optimizer_set_real(t->optimizer, NULL, option, number));
    return option;
}

static void check_bytes(const float_mode *mode, const weights_file *got,
                        const weights_file *wanted)
{
    if (got->size != wanted->size ||
        memcmp(got->bytes, wanted->bytes, got->size) != 0)
        fail_msg("%s: other bytes", mode->name);
}

static void check_checkpoint(const float_mode *mode, srnn_optimizer_kind kind,
                             double number)
{
    char path[512];
    trainee t;
    trainee other;
    double read = 7;
    (void)strcpy(path, temporary_path("checkpoint"));
    trainee_create(&t, kind);
    trainee_create(&other, kind);
    const srnn_optimizer_option option = set_number(&t, kind, number);
    weights_file wanted = trainee_save(&t, path);
    enter(mode);
    (void)set_number(&t, kind, number);
    const srnn_status saved =
        srnn_optimizer_save(t.optimizer, path, NULL, NULL, 0, NULL);
    const srnn_status loaded = trainee_load(&other, path);
    leave(mode);
    expect_success(mode->name, saved);
    weights_file got = saved_file_read(path);
    check_bytes(mode, &got, &wanted);
    weights_file_free(&got);
    expect_success(mode->name, loaded);
    got = trainee_save(&other, path);
    check_bytes(mode, &got, &wanted);
    EXPECT_SUCCESS(
        srnn_optimizer_get_real(&read, other.optimizer, NULL, option));
    assert_memory_equal(&read, &number, sizeof read);
    weights_file_free(&got);
    weights_file_free(&wanted);
    trainee_destroy(&t);
    trainee_destroy(&other);
}

static void test_float_modes__keep_the_numbers_of_a_checkpoint(void **state)
{
    (void)state;
    for (int i = 0; i < MODES; i++) {
        for (int j = 0; j < NUMBERS; j++)
            check_checkpoint(&modes[i], SRNN_OPTIMIZER_KIND_SGD, numbers[j]);
        check_checkpoint(&modes[i], SRNN_OPTIMIZER_KIND_ADAM, below_one);
    }
}

static void test_float_modes__keep_a_dropout_that_is_set(void **state)
{
    static const double rates[] = {below_one, DBL_TRUE_MIN, 0, -0.0};
    (void)state;
    for (int i = 0; i < 4 * MODES; i++) {
        const double wanted = rates[i % 4] == 0 ? 0 : rates[i % 4];
        srnn_config *config = NULL;
        double got = 7;
        EXPECT_SUCCESS(srnn_config_create(&config));
        enter(&modes[i / 4]);
        const srnn_status set =
            srnn_config_set_real(config, SRNN_OPTION_DROPOUT, rates[i % 4]);
        leave(&modes[i / 4]);
        expect_success(modes[i / 4].name, set);
        EXPECT_SUCCESS(srnn_config_get_real(&got, config, SRNN_OPTION_DROPOUT));
        assert_memory_equal(&got, &wanted, sizeof got);
        srnn_config_destroy(config);
    }
}

static void test_float_modes__keep_the_dropout_of_an_rnn(void **state)
{
    srnn_rnn *const rnn = small_rnn_create(
        &(small_rnn){.I = 2, .H = 3, .L = 2, .dropout = below_one});
    weights_file wanted = small_rnn_save(rnn, "rnn.");
    (void)state;
    for (int i = 0; i < MODES; i++) {
        enter(&modes[i]);
        weights_file got = small_rnn_save(rnn, "rnn.");
        srnn_rnn *const loaded = small_rnn_load(&got, "rnn.");
        leave(&modes[i]);
        check_bytes(&modes[i], &got, &wanted);
        small_rnn_check_equal(loaded, rnn);
        srnn_rnn_destroy(loaded);
        weights_file_free(&got);
    }
    weights_file_free(&wanted);
    srnn_rnn_destroy(rnn);
}

/* Subnormal numbers, of which one in BF16 is one in F32, too. */
static void test_float_modes__keep_numbers_that_are_widened(void **state)
{
    static const unsigned char halves[] = {1, 0, 0x7f, 0x80};
    static const uint32_t wanted[] = {UINT32_C(1) << 16, 0x807f0000};
    weights_builder builder = {0};
    srnn_weights *weights = NULL;
    (void)state;
    weights_builder_add_bytes(&builder, "b", "BF16", halves, sizeof halves);
    weights_file file = weights_builder_finish(&builder);
    EXPECT_SUCCESS(srnn_weights_open_memory(&weights, file.bytes, file.size));
    for (int i = 0; i < MODES; i++) {
        srnn_tensor *tensor = NULL;
        enter(&modes[i]);
        const srnn_status status =
            srnn_weights_read_tensor(&tensor, weights, "b");
        leave(&modes[i]);
        expect_success(modes[i].name, status);
        if (memcmp(srnn_tensor_data(tensor), wanted, sizeof wanted) != 0)
            fail_msg("%s: other values", modes[i].name);
        srnn_tensor_destroy(tensor);
    }
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

/* F64 read as float32 is rounded to nearest. */
static void test_float_modes__keep_numbers_that_are_narrowed(void **state)
{
    srnn_rnn *const rnn = small_rnn_create(
        &(small_rnn){.I = 5, .H = 7, .dtype = SRNN_DTYPE_FLOAT64});
    srnn_config *const config =
        small_rnn_config(&(small_rnn){.dtype = SRNN_DTYPE_FLOAT32});
    weights_file file = small_rnn_save(rnn, NULL);
    srnn_weights *weights = NULL;
    srnn_rnn *loaded[MODES] = {NULL};
    (void)state;
    EXPECT_SUCCESS(srnn_weights_open_memory(&weights, file.bytes, file.size));
    for (int i = 0; i < MODES; i++) {
        enter(&modes[i]);
        const srnn_status status =
            srnn_rnn_create_from_weights(&loaded[i], weights, NULL, config);
        leave(&modes[i]);
        expect_success(modes[i].name, status);
        small_rnn_check_equal(loaded[i], loaded[0]);
    }
    for (int i = 0; i < MODES; i++)
        srnn_rnn_destroy(loaded[i]);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
    srnn_config_destroy(config);
    srnn_rnn_destroy(rnn);
}

/* A trap would end in SIGFPE. */
static void test_float_modes__record_what_is_dropped_whole(void **state)
{
    static const float_mode mode = {"trapping", FE_TONEAREST, false,
                                    FE_DIVBYZERO | FE_INVALID};
    static const float input[4] = {1, -1, 0.5F, 2};
    static const float d_output[10] = {1, 2, 3};
    float d_input[4] = {1, 1, 1, 1};
    srnn_tape *tape = NULL;
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = 2, .H = 5, .L = 2, .dropout = 1});
    srnn_context *const context =
        small_rnn_context(rnn, 1, SRNN_SCHEDULE_SERIAL);
    (void)state;
    EXPECT_SUCCESS(srnn_tape_create(&tape, rnn));
    enter(&mode);
    const srnn_status recorded = srnn_context_record_contiguous(
        context, tape, 2, 1, input, NULL, NULL, NULL, NULL, NULL, NULL);
    const srnn_status back = srnn_context_backward_contiguous(
        context, tape, input, d_output, NULL, SRNN_ACCUMULATION_SET, NULL,
        d_input, NULL, NULL);
    leave(&mode);
    expect_success("record", recorded);
    expect_success("backward", back);
    for (int i = 0; i < 4; i++)
        assert_true(d_input[i] == 0);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

/* A number in a message, one in a file that is none, and a path. */
static void test_float_modes__are_kept_by_calls_that_fail(void **state)
{
    weights_builder builder = {0};
    srnn_weights *weights = NULL;
    srnn_weights *none = NULL;
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    (void)state;
    weights_builder_add_rnn(
        &builder, &(weights_topology){1, 1, 1, 1, true, "F32", ""}, NULL);
    weights_builder_add_metadata(&builder, "dropout", "1e-400e");
    weights_file file = weights_builder_finish(&builder);
    EXPECT_SUCCESS(srnn_weights_open_memory(&weights, file.bytes, file.size));
    EXPECT_SUCCESS(srnn_config_create(&config));
    for (int i = 0; i < MODES; i++) {
        enter(&modes[i]);
        const srnn_status no_dropout =
            srnn_config_set_real(config, SRNN_OPTION_DROPOUT, -0.1);
        const bool is_exact =
            strstr(srnn_last_error(), "-0.10000000000000001,") != NULL;
        const srnn_status no_number =
            srnn_rnn_create_from_weights(&rnn, weights, "", NULL);
        const srnn_status no_file = srnn_weights_open(&none, "/no/such");
        leave(&modes[i]);
        assert_int_equal(no_dropout, SRNN_ERROR_RANGE);
        assert_true(is_exact);
        assert_int_equal(no_number, SRNN_ERROR_FORMAT);
        assert_int_equal(no_file, SRNN_ERROR_IO);
    }
    srnn_config_destroy(config);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_float_modes__keep_the_numbers_of_a_checkpoint),
        cmocka_unit_test(test_float_modes__keep_a_dropout_that_is_set),
        cmocka_unit_test(test_float_modes__keep_the_dropout_of_an_rnn),
        cmocka_unit_test(test_float_modes__keep_numbers_that_are_widened),
        cmocka_unit_test(test_float_modes__keep_numbers_that_are_narrowed),
        cmocka_unit_test(test_float_modes__record_what_is_dropped_whole),
        cmocka_unit_test(test_float_modes__are_kept_by_calls_that_fail),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
