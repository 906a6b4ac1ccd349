/* SPDX-License-Identifier: MIT */
/* The rules of allocator.h. What an allocator is asked for is checked in every
 * program that uses support/failing.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/failing.h"
#include "support/misuse.h"
#include "support/weights_file.h"

static long given;

static void *allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    given++;
    return aligned_alloc(alignment, size);
}

static void release(void *user, void *memory)
{
    (void)user;
    free(memory);
}

/* Whose memory is the library's? */
static void check_installed(bool ours)
{
    srnn_config *config = NULL;
    const long before = given;
    expect_success("config", srnn_config_create(&config));
    srnn_config_destroy(config);
    assert_int_equal(given - before, ours ? 1 : 0);
}

static void test_misuse_allocator__is_both_or_none(void **state)
{
    (void)state;
    REFUSE(SRNN_ERROR_INVALID, "release is NULL",
           srnn_allocator_set(allocate, NULL, NULL));
    REFUSE(SRNN_ERROR_INVALID, "allocate is NULL",
           srnn_allocator_set(NULL, release, NULL));
    check_installed(false);
    ACCEPT(srnn_allocator_set(allocate, release, NULL));
    check_installed(true);
    ACCEPT(srnn_allocator_set(NULL, NULL, NULL));
    check_installed(false);
    failing_install();
}

static void refuse_while_alive(void)
{
    static const char says[] =
        "the allocator cannot change while memory is in use (blocks: ...); "
        "destroy every object first";
    REFUSE(SRNN_ERROR_IN_USE, says,
           srnn_allocator_set(allocate, release, NULL));
    REFUSE(SRNN_ERROR_IN_USE, says, srnn_allocator_set(NULL, NULL, NULL));
    check_installed(false);
}

static void test_misuse_allocator__waits_for_tensor(void **state)
{
    (void)state;
    srnn_tensor *tensor = NULL;
    expect_success("create", srnn_tensor_create(&tensor, F32, SHAPE(2)));
    refuse_while_alive();
    srnn_tensor_destroy(tensor);
    expect_success(
        "wrap", srnn_tensor_wrap(&tensor, misuse_memory, F32, SHAPE(2), NULL));
    refuse_while_alive();
    REFUSE(SRNN_ERROR_IN_USE, "(blocks: 1)",
           srnn_allocator_set(allocate, release, NULL));
    srnn_tensor_destroy(tensor);
}

static void test_misuse_allocator__waits_for_weights(void **state)
{
    (void)state;
    weights_file file = weights_file_of_text("{}", 0);
    srnn_weights *weights = NULL;
    expect_success("weights",
                   srnn_weights_open_memory(&weights, file.bytes, file.size));
    refuse_while_alive();
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

/* A view, a context and a stream keep the rnn alive, which is let go of
 * first. */
static void test_misuse_allocator__waits_for_networks(void **state)
{
    (void)state;
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    srnn_cell *cell = NULL;
    srnn_context *context = NULL;
    srnn_stream *stream = NULL;
    expect_success("config", srnn_config_create(&config));
    refuse_while_alive();
    expect_success("rnn", srnn_rnn_create(&rnn, 2, 2, config, 1));
    srnn_config_destroy(config);
    refuse_while_alive();
    expect_success(
        "cell", srnn_cell_create_view(&cell, rnn, 0, SRNN_DIRECTION_FORWARD));
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("stream", srnn_stream_create(&stream, context, 1));
    srnn_rnn_destroy(rnn);
    refuse_while_alive();
    srnn_cell_destroy(cell);
    refuse_while_alive();
    srnn_context_destroy(context);
    refuse_while_alive();
    srnn_stream_destroy(stream);
    ACCEPT(srnn_allocator_set(allocate, release, NULL));
    failing_install();
}

/* Blocks that lie beside the lines they should begin on. */
enum { LINE = 64, OFF_LINE = 8 };

static void *allocate_off_line(void *user, size_t size, size_t alignment)
{
    (void)user;
    given += alignment == LINE;
    return (char *)aligned_alloc(LINE, size + LINE) + OFF_LINE;
}

static void release_off_line(void *user, void *memory)
{
    (void)user;
    given--;
    free((char *)memory - OFF_LINE);
}

/* Its block is given back. */
static void test_misuse_allocator__must_align(void **state)
{
    (void)state;
    ACCEPT(srnn_allocator_set(allocate_off_line, release_off_line, NULL));
    const long before = given;
    REFUSE(SRNN_ERROR_NO_MEMORY, "bytes", srnn_config_create(&made.config));
    REFUSE(SRNN_ERROR_NO_MEMORY, "bytes",
           srnn_tensor_create(&made.tensor, F32, SHAPE(2)));
    assert_int_equal(given, before);
    failing_install();
}

static size_t asked;

static void *allocate_nothing(void *user, size_t size, size_t alignment)
{
    (void)user;
    (void)alignment;
    asked = size;
    return NULL;
}

/* Only the allocator knows how much there is, up to half of all addresses. */
static void test_misuse_allocator__decides_about_large_blocks(void **state)
{
    const int64_t bytes = (int64_t)(SIZE_MAX / 16 * 7);
    (void)state;
    ACCEPT(srnn_allocator_set(allocate_nothing, release, NULL));
    REFUSE(SRNN_ERROR_NO_MEMORY, "bytes",
           srnn_tensor_create(&made.tensor, SRNN_DTYPE_UINT8, SHAPE(bytes)));
    assert_true(asked >= (size_t)bytes);
    failing_install();
}

static void test_misuse_allocator__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("allocator.h", NULL);
    misuse_covers_statuses("srnn_allocator_", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_allocator__is_both_or_none),
        cmocka_unit_test(test_misuse_allocator__waits_for_tensor),
        cmocka_unit_test(test_misuse_allocator__waits_for_weights),
        cmocka_unit_test(test_misuse_allocator__waits_for_networks),
        cmocka_unit_test(test_misuse_allocator__must_align),
        cmocka_unit_test(test_misuse_allocator__decides_about_large_blocks),
        cmocka_unit_test(test_misuse_allocator__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
