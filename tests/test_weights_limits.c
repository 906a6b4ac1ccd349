/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind, native */
/* What is saved can be opened: saving refuses what reading would, and leaves
 * the old file as it is. Short names and shapes of 8 dimensions take more
 * memory than their text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"
#include "support/temporary.h"

/* So many tensors of 8 dimensions can be opened, and so many cannot, whatever
 * the machine. */
enum { POSSIBLE = 12000, IMPOSSIBLE = 25000, NAME_BYTES = 8 };

#define REASON "the shapes of the header take over 524288 bytes more than"

static const int64_t ones[SRNN_MAX_RANK] = {1, 1, 1, 1, 1, 1, 1, 1};

static char path[512];

static int set_up(void **state)
{
    const int failures = temporary_create(state);
    (void)strcpy(path, temporary_path("limits"));
    return failures;
}

static char bytes[IMPOSSIBLE][NAME_BYTES];
static const char *names[IMPOSSIBLE];
static const srnn_tensor *tensors[IMPOSSIBLE];

typedef struct {
    srnn_tensor *tensor; /* the only one, under all names */
    srnn_rnn *rnn;
    srnn_gradients *gradients;
    srnn_optimizer *optimizer;
} many;

static void many_create(many *m)
{
    EXPECT_SUCCESS(
        srnn_tensor_create(&m->tensor, SRNN_DTYPE_UINT8, SRNN_MAX_RANK, ones));
    for (int i = 0; i < IMPOSSIBLE; i++) {
        (void)snprintf(bytes[i], NAME_BYTES, "%x", (unsigned int)i);
        names[i] = bytes[i];
        tensors[i] = m->tensor;
    }
    m->rnn = small_rnn_create(&(small_rnn){.I = 2, .H = 2});
    EXPECT_SUCCESS(srnn_gradients_create(&m->gradients, m->rnn));
    EXPECT_SUCCESS(
        srnn_optimizer_create(&m->optimizer, SRNN_OPTIMIZER_KIND_SGD));
    EXPECT_SUCCESS(srnn_optimizer_add(m->optimizer, m->gradients, "rnn."));
}

static void many_destroy(many *m)
{
    srnn_optimizer_destroy(m->optimizer);
    srnn_gradients_destroy(m->gradients);
    srnn_rnn_destroy(m->rnn);
    srnn_tensor_destroy(m->tensor);
}

static srnn_status save(const many *m, int count)
{
    return srnn_optimizer_save(m->optimizer, path, names, tensors, count, NULL);
}

static void check_holds(const weights_file *wanted)
{
    weights_file got = saved_file_read(path);
    assert_int_equal(got.size, wanted->size);
    assert_memory_equal(got.bytes, wanted->bytes, wanted->size);
    weights_file_free(&got);
    assert_int_equal(temporary_clear(".simplernn-"), 0);
}

static void check_opens(void)
{
    srnn_weights *weights = NULL;
    EXPECT_SUCCESS(srnn_weights_open(&weights, path));
    srnn_weights_destroy(weights);
}

static void test_weights_limits__are_those_of_reading(void **state)
{
    static const int counts[] = {16000, 18000, 20000, 22000};
    many m;
    (void)state;
    many_create(&m);
    EXPECT_SUCCESS(save(&m, POSSIBLE));
    check_opens();
    weights_file before = saved_file_read(path);
    expect_failure("many more", save(&m, IMPOSSIBLE), SRNN_ERROR_RANGE,
                   (const char *[EXPECT_TEXTS]){REASON});
    check_holds(&before);
    for (int i = 0; i < 4; i++) {
        (void)save(&m, counts[i]);
        check_opens();
    }
    weights_file_free(&before);
    many_destroy(&m);
}

/* Blanks are not kept, in whose place reading had room for shapes. */
static void write_with_blanks(void)
{
    weights_file header = {0};
    char member[200];
    weights_file_append_text(&header, "{");
    for (int i = 0; i < IMPOSSIBLE; i++) {
        (void)snprintf(member, sizeof member,
                       "%s\"%x\":{\"dtype\":\"U8\",\"shape\":[1,1,1,1,1,1,1,1],"
                       "\"data_offsets\":[%d,%d]}%*s",
                       i == 0 ? "" : ",", (unsigned int)i, i, i + 1, 40, "");
        weights_file_append_text(&header, member);
    }
    weights_file_append_text(&header, "}");
    weights_file file =
        weights_file_of_header(header.bytes, header.size, IMPOSSIBLE);
    (void)temporary_write("limits", file.bytes, file.size);
    weights_file_free(&header);
    weights_file_free(&file);
}

static void test_weights_limits__hold_for_a_file_that_is_kept(void **state)
{
    srnn_linear *linear = NULL;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 2, .H = 2});
    (void)state;
    EXPECT_SUCCESS(srnn_linear_create(&linear, SRNN_DTYPE_FLOAT32, 1, 1, 1, 1));
    write_with_blanks();
    check_opens();
    weights_file before = saved_file_read(path);
    expect_failure("rnn", srnn_rnn_save(rnn, path, "rnn.", NULL),
                   SRNN_ERROR_RANGE, (const char *[EXPECT_TEXTS]){REASON});
    check_holds(&before);
    expect_failure("linear", srnn_linear_save(linear, path, "fc."),
                   SRNN_ERROR_RANGE, (const char *[EXPECT_TEXTS]){REASON});
    check_holds(&before);
    weights_file_free(&before);
    srnn_linear_destroy(linear);
    srnn_rnn_destroy(rnn);
}

/* It counts what it takes. */
static int64_t count(void *user, const void *piece, size_t size)
{
    (void)piece;
    ++*(int *)user;
    return (int64_t)size;
}

static srnn_status save_under(const srnn_rnn *rnn, char *prefix, size_t length,
                              int *calls)
{
    memset(prefix, 'p', length);
    prefix[length] = '\0';
    *calls = 0;
    return srnn_rnn_save_callback(rnn, count, calls, prefix, NULL);
}

/* Nothing is written that could not be read. */
static void test_weights_limits__hold_for_the_header(void **state)
{
    (void)state;
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = 3, .H = 2, .no_bias = true});
    char *const prefix = malloc(SRNN_MAX_HEADER_SIZE + 1);
    assert_non_null(prefix);
    int calls = 0;
    size_t fits = 0;
    size_t fails = SRNN_MAX_HEADER_SIZE;
    expect_failure("longest", save_under(rnn, prefix, fails, &calls),
                   SRNN_ERROR_RANGE,
                   (const char *[EXPECT_TEXTS]){"2 tensors", "4194304"});
    while (fails - fits > 1) {
        const size_t middle = (fits + fails) / 2;
        if (save_under(rnn, prefix, middle, &calls) == SRNN_OK)
            fits = middle;
        else
            fails = middle;
        assert_int_equal(calls, fits == middle ? 3 : 0);
    }
    /* It stands before two tensors and four options. */
    assert_in_range(fits, SRNN_MAX_HEADER_SIZE / 6 - 100,
                    SRNN_MAX_HEADER_SIZE / 6);
    prefix[fits] = '\0';
    small_rnn_check_round_trip(rnn, prefix);
    free(prefix);
    srnn_rnn_destroy(rnn);
}

static void test_weights_limits__hold_for_layers(void **state)
{
    (void)state;
    srnn_rnn *const rnn = small_rnn_create(
        &(small_rnn){.I = 1, .H = 1, .L = SRNN_MAX_LAYERS, .no_bias = true});
    int calls = 0;
    expect_failure(
        "layers", srnn_rnn_save_callback(rnn, count, &calls, NULL, NULL),
        SRNN_ERROR_RANGE, (const char *[EXPECT_TEXTS]){"131070 tensors"});
    assert_int_equal(calls, 0);
    srnn_rnn_destroy(rnn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_weights_limits__are_those_of_reading),
        cmocka_unit_test(test_weights_limits__hold_for_a_file_that_is_kept),
        cmocka_unit_test(test_weights_limits__hold_for_the_header),
        cmocka_unit_test(test_weights_limits__hold_for_layers),
    };
    return cmocka_run_group_tests(tests, set_up, temporary_remove);
}
