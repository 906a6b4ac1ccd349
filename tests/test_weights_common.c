/* SPDX-License-Identifier: MIT */
/* Metadata without a prefix count for every rnn of a file that has none of its
 * own. An rnn that is saved without a prefix takes them over; what the others
 * were stays what they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/config.h"
#include "support/expect.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"
#include "support/temporary.h"
#include "support/weights_file.h"

static const weights_topology encoder = {2, 3, 1, 1, true, "F32", "a.enc."};
static const weights_topology decoder = {2, 3, 1, 1, true, "F32", "a.dec."};

/* Two networks that follow the plain texts, but for one; and a head. */
static const char *write_model(void)
{
    weights_builder builder = {0};
    weights_builder_add_rnn(&builder, &encoder, NULL);
    weights_builder_add_rnn(&builder, &decoder, NULL);
    weights_builder_add(&builder, "fc.weight", "F32", 1, (int64_t[]){3});
    weights_builder_add_metadata(&builder, "nonlinearity", "relu");
    weights_builder_add_metadata(&builder, "batch_first", "true");
    weights_builder_add_metadata(&builder, "direction", "reverse");
    weights_builder_add_metadata(&builder, "a.dec.nonlinearity", "tanh");
    weights_file file = weights_builder_finish(&builder);
    const char *const path = temporary_write("model", file.bytes, file.size);
    weights_file_free(&file);
    return path;
}

static void save(const small_rnn *of, const char *prefix)
{
    srnn_rnn *const rnn = small_rnn_create(of);
    expect_success("save",
                   srnn_rnn_save(rnn, temporary_path("model"), prefix, NULL));
    srnn_rnn_destroy(rnn);
}

static int64_t option_of(const srnn_rnn *rnn, srnn_option option)
{
    int64_t value = 0;
    expect_success("option", srnn_rnn_get_int(&value, rnn, option));
    return value;
}

static void check(const char *prefix, srnn_nonlinearity nonlinearity,
                  srnn_direction direction, int64_t batch_first)
{
    srnn_weights *weights = NULL;
    srnn_config *const config = CONFIG({SRNN_OPTION_ALLOW_EXTRA, 1});
    srnn_rnn *rnn = NULL;
    expect_success("open",
                   srnn_weights_open(&weights, temporary_path("model")));
    expect_success(prefix,
                   srnn_rnn_create_from_weights(&rnn, weights, prefix, config));
    assert_int_equal(option_of(rnn, SRNN_OPTION_NONLINEARITY), nonlinearity);
    assert_int_equal(option_of(rnn, SRNN_OPTION_DIRECTION), direction);
    assert_int_equal(option_of(rnn, SRNN_OPTION_BATCH_FIRST), batch_first);
    srnn_rnn_destroy(rnn);
    srnn_config_destroy(config);
    srnn_weights_destroy(weights);
}

static void check_others(void)
{
    check("a.enc.", SRNN_NONLINEARITY_RELU, SRNN_DIRECTION_REVERSE, 1);
    check("a.dec.", SRNN_NONLINEARITY_TANH, SRNN_DIRECTION_REVERSE, 1);
}

static void test_weights_common__still_hold_for_the_other_rnns(void **state)
{
    static const small_rnn plain = {.I = 2, .H = 3};
    (void)state;
    (void)write_model();
    check_others();
    save(&plain, NULL);
    check_others();
    check("", SRNN_NONLINEARITY_TANH, SRNN_DIRECTION_FORWARD, 0);
    weights_file once = saved_file_read(temporary_path("model"));
    save(&plain, NULL);
    weights_file twice = saved_file_read(temporary_path("model"));
    assert_int_equal(once.size, twice.size);
    assert_memory_equal(once.bytes, twice.bytes, once.size);
    /* plain 3, enc 3, dec 3; fc is no rnn */
    assert_int_equal(saved_file_count_metadata(&once), 9);
    weights_file_free(&once);
    weights_file_free(&twice);
}

/* Nothing is added where the text stays, nor for an rnn with a prefix. */
static void test_weights_common__texts_that_stay_are_not_repeated(void **state)
{
    static const small_rnn same = {.I = 2,
                                   .H = 3,
                                   .nonlinearity = SRNN_NONLINEARITY_RELU,
                                   .batch_first = true};
    (void)state;
    (void)write_model();
    save(&same, "b.");
    weights_file file = saved_file_read(temporary_path("model"));
    assert_int_equal(saved_file_count_metadata(&file), 8);
    weights_file_free(&file);
    check_others();
    (void)write_model();
    save(&same, "");
    file = saved_file_read(temporary_path("model"));
    assert_true(saved_file_states(&file, "a.enc.direction", "reverse"));
    assert_true(saved_file_states(&file, "a.enc.nonlinearity", NULL));
    assert_true(saved_file_states(&file, "a.dec.batch_first", NULL));
    weights_file_free(&file);
    check_others();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_common__still_hold_for_the_other_rnns),
        cmocka_unit_test(test_weights_common__texts_that_stay_are_not_repeated),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
