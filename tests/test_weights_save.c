/* SPDX-License-Identifier: MIT */
/* The bytes of a saved rnn: those of the safetensors package, and an rnn that
 * comes back as it was. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/small_rnn.h"

static void check_bytes(const weights_file *file, const char *name)
{
    static unsigned char wanted[8192];
    char path[512];
    (void)snprintf(path, sizeof path, SOURCE_FOLDER "/tests/golden/%s", name);
    FILE *const golden = fopen(path, "rb");
    assert_non_null(golden);
    const size_t size = fread(wanted, 1, sizeof wanted, golden);
    assert_int_equal(fclose(golden), 0);
    assert_int_equal(file->size, size);
    assert_memory_equal(file->bytes, wanted, size);
}

#define PREFIX                                                                 \
    "q\"\\\b\f\n\r\t\x01\x1f\x7f/\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e."

/* The seeds, sizes, prefixes and metadata of make_saved.py. */
static void test_weights_save__gives_the_bytes_of_the_package(void **state)
{
    static const char *const metadata[] = {
        "format", "pt", "\xe2\x82\xac\n", PREFIX, "", "", NULL};
    static const struct {
        const char *name, *prefix;
        const char *const *metadata;
        small_rnn rnn;
    } cases[] = {
        {"saved_f32.safetensors",
         PREFIX,
         metadata,
         {.I = 3,
          .H = 2,
          .L = 2,
          .D = 2,
          .nonlinearity = SRNN_NONLINEARITY_RELU,
          .batch_first = true,
          .dropout = 0.2,
          .seed = 7}},
        {"saved_f64.safetensors",
         NULL,
         NULL,
         {.I = 1,
          .H = 1,
          .L = 11,
          .D = 2,
          .dtype = SRNN_DTYPE_FLOAT64,
          .no_bias = true,
          .seed = 9}},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        srnn_rnn *const rnn = small_rnn_create(&cases[i].rnn);
        weights_file file =
            small_rnn_save_with(rnn, cases[i].prefix, cases[i].metadata);
        check_bytes(&file, cases[i].name);
        srnn_rnn *const loaded = small_rnn_load(&file, cases[i].prefix);
        small_rnn_check_equal(rnn, loaded);
        srnn_rnn_destroy(loaded);
        srnn_rnn_destroy(rnn);
        weights_file_free(&file);
    }
}

static void test_weights_save__comes_back_bit_for_bit(void **state)
{
    int blanks = 0;
    (void)state;
    for (int i = 0; i < 3 << 5; i++) {
        const small_rnn of = {.I = 3,
                              .H = 2 + i % 5,
                              .L = 1 + i / 32,
                              .direction = SRNN_DIRECTION_FORWARD + i % 3,
                              .dtype = i & 2 ? SRNN_DTYPE_FLOAT64
                                             : SRNN_DTYPE_FLOAT32,
                              .nonlinearity = i & 4 ? SRNN_NONLINEARITY_RELU
                                                    : SRNN_NONLINEARITY_TANH,
                              .no_bias = i & 8,
                              .batch_first = i & 16,
                              .dropout = i % 7 / 7.0,
                              .seed = (uint64_t)i};
        srnn_rnn *const rnn = small_rnn_create(&of);
        blanks |= 1 << small_rnn_check_round_trip(
                      rnn, i / 3 % 2 == 0 ? NULL : "encoder.rnn.");
        srnn_rnn_destroy(rnn);
    }
    assert_int_equal(blanks, 0xff); /* each count occurs */
}

/* -0, a subnormal, infinity, NaNs of both kinds with something in them. */
static void test_weights_save__keeps_every_bit(void **state)
{
    (void)state;
    uint32_t f32[] = {0x80000000, 1, 0xff800000, 0x7fc12345, 0x7f812345, 0};
    uint64_t f64[] = {UINT64_C(1) << 63,
                      1,
                      UINT64_C(0xfff) << 52,
                      UINT64_C(0x7ff8000012345678),
                      UINT64_C(0x7ff0000012345678),
                      0};
    const int64_t shape[] = {2, 3};
    for (srnn_dtype dtype = SRNN_DTYPE_FLOAT32; dtype <= SRNN_DTYPE_FLOAT64;
         dtype++) {
        void *const values =
            dtype == SRNN_DTYPE_FLOAT64 ? (void *)f64 : (void *)f32;
        srnn_rnn *const rnn =
            small_rnn_create(&(small_rnn){.I = 3, .H = 2, .dtype = dtype});
        srnn_tensor *tensor = NULL;
        expect_success(
            "wrap", srnn_tensor_wrap(&tensor, values, dtype, 2, shape, NULL));
        expect_success("set",
                       srnn_rnn_set_parameter(rnn, "weight_ih_l0", tensor));
        small_rnn_check_round_trip(rnn, NULL);
        srnn_tensor_destroy(tensor);
        srnn_rnn_destroy(rnn);
    }
}

static void test_weights_save__works_while_contexts_use_the_rnn(void **state)
{
    (void)state;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    srnn_context *context = NULL;
    expect_success("context", srnn_context_create(&context, rnn));
    small_rnn_check_round_trip(rnn, "rnn.");
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

/* A sink that fails at one of its calls. */
typedef struct {
    int calls, failing;
    int64_t answer;
} failing_sink;

static int64_t fail_once(void *user, const void *bytes, size_t size)
{
    failing_sink *const sink = user;
    (void)bytes;
    return ++sink->calls == sink->failing ? sink->answer : (int64_t)size;
}

static void test_weights_save__ends_with_the_first_failed_callback(void **state)
{
    (void)state;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    const int64_t answers[] = {-1, INT64_MIN, 0, 1, 1 << 20};
    for (int failing = 1; failing <= 5; failing++) {
        for (int i = 0; i < 5; i++) {
            failing_sink sink = {0, failing, answers[i]};
            expect_failure(
                "sink",
                srnn_rnn_save_callback(rnn, fail_once, &sink, NULL, NULL),
                SRNN_ERROR_IO,
                (const char *[EXPECT_TEXTS]){
                    "write callback", answers[i] < 0 ? "failed" : "must take"});
            assert_int_equal(sink.calls, failing);
        }
    }
    srnn_rnn_destroy(rnn);
}

static int64_t write_descriptor(void *user, const void *bytes, size_t size)
{
    return write(*(const int *)user, bytes, size);
}

static void test_weights_save__reports_a_full_disk_of_a_callback(void **state)
{
    (void)state;
    int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
    if (full < 0)
        skip();
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    expect_failure(
        "full",
        srnn_rnn_save_callback(rnn, write_descriptor, &full, NULL, NULL),
        SRNN_ERROR_IO, (const char *[EXPECT_TEXTS]){"returned -1", "failed"});
    assert_int_equal(close(full), 0);
    srnn_rnn_destroy(rnn);
}

/* The callback saves the same rnn elsewhere, once for each piece. */
static int64_t save_inside(void *user, const void *bytes, size_t size)
{
    failing_sink sink = {0};
    (void)bytes;
    return srnn_rnn_save_callback(user, fail_once, &sink, "inner.", NULL) ==
                   SRNN_OK
               ? (int64_t)size
               : -1;
}

static void test_weights_save__lets_a_callback_call_the_library(void **state)
{
    (void)state;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 3, .H = 2});
    expect_success("save",
                   srnn_rnn_save_callback(rnn, save_inside, rnn, NULL, NULL));
    srnn_rnn_destroy(rnn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_save__gives_the_bytes_of_the_package),
        cmocka_unit_test(test_weights_save__comes_back_bit_for_bit),
        cmocka_unit_test(test_weights_save__keeps_every_bit),
        cmocka_unit_test(test_weights_save__works_while_contexts_use_the_rnn),
        cmocka_unit_test(
            test_weights_save__ends_with_the_first_failed_callback),
        cmocka_unit_test(test_weights_save__reports_a_full_disk_of_a_callback),
        cmocka_unit_test(test_weights_save__lets_a_callback_call_the_library),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
