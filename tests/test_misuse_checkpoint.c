/* SPDX-License-Identifier: MIT */
/* The rules of srnn_optimizer_save and srnn_optimizer_load. More about wrong
 * checkpoints is in test_checkpoint_damaged.c, and about paths in
 * test_weights_save_path.c. */
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
#include "support/misuse.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"
#include "support/temporary.h"
#include "support/trainee.h"

static trainee t;
static char path[512];

static int set_up(void **state)
{
    const int failures = misuse_setup_with_files(state);
    (void)strcpy(path, temporary_path("checkpoint"));
    trainee_create(&t, SRNN_OPTIMIZER_KIND_ADAM);
    return failures;
}

static int tear_down(void **state)
{
    trainee_destroy(&t);
    return misuse_teardown_with_files(state);
}

static void test_misuse_checkpoint__save(void **state)
{
    srnn_optimizer *empty = NULL;
    (void)state;
    REFUSE_HANDLES(other, "optimizer", "optimizer",
                   srnn_optimizer_save(other, path, NULL, NULL, 0, NULL));
    REFUSE(SRNN_ERROR_INVALID, "path is NULL",
           srnn_optimizer_save(t.optimizer, NULL, NULL, NULL, 0, NULL));
    REFUSE(SRNN_ERROR_INVALID, "path is empty",
           srnn_optimizer_save(t.optimizer, "", NULL, NULL, 0, NULL));
    REFUSE(SRNN_ERROR_IO, "/\"...directory",
           srnn_optimizer_save(t.optimizer, temporary_path(""), NULL, NULL, 0,
                               NULL));
    REFUSE(SRNN_ERROR_IO, "\"/no/such\"...folder: No such file",
           srnn_optimizer_save(t.optimizer, "/no/such", NULL, NULL, 0, NULL));
    EXPECT_SUCCESS(srnn_optimizer_create(&empty, SRNN_OPTIMIZER_KIND_ADAM));
    REFUSE(SRNN_ERROR_STATE, "the optimizer has no gradients",
           srnn_optimizer_save(empty, path, NULL, NULL, 0, NULL));
    srnn_optimizer_destroy(empty);
    assert_int_equal(access(path, F_OK), -1);
    ACCEPT(srnn_optimizer_save(t.optimizer, path, NULL, NULL, 0, NULL));
}

/* A row for a name that cannot be saved beside "first". */
static void refuse_name(const char *name, const char *says)
{
    srnn_tensor *const tensor = view(1024, F32, SHAPE(2));
    const char *const names[] = {"first", name};
    const srnn_tensor *const tensors[] = {tensor, tensor};
    REFUSE(SRNN_ERROR_INVALID, says,
           srnn_optimizer_save(t.optimizer, path, names, tensors, 2, NULL));
}

static void test_misuse_checkpoint__names(void **state)
{
    static const char *const taken[] = {
        "rnn.weight_ih_l0", "rnn.bias_hh_l1",
        "rnn.weight_ih_l2", "rnn.weight_ih_l0_reverse",
        "rnn.weight_hh",    "start.h0",
        "fc.weight",        "fc.bias"};
    (void)state;
    refuse_name(NULL, "an element of names is NULL");
    refuse_name("a\xff", "name \"a\\xff\" is not valid UTF-8");
    refuse_name("first", "name \"first\" occurs twice");
    refuse_name("__metadata__", "name \"__metadata__\" is reserved");
    refuse_name("optimizer.", "name \"optimizer.\" is reserved for the state");
    refuse_name("optimizer.steps", "name \"optimizer.steps\" is reserved");
    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++)
        refuse_name(taken[i], "is that of a parameter");
}

static void test_misuse_checkpoint__tensors(void **state)
{
    srnn_tensor *const tensor = view(1024, F32, SHAPE(2));
    srnn_tensor *huge = NULL;
    const char *const names[] = {"a", "b"};
    const srnn_tensor *tensors[] = {tensor, NULL};
    (void)state;
    REFUSE(SRNN_ERROR_RANGE, "count is -1",
           srnn_optimizer_save(t.optimizer, path, names, tensors, -1, NULL));
    REFUSE(SRNN_ERROR_INVALID, "names is NULL",
           srnn_optimizer_save(t.optimizer, path, NULL, tensors, 1, NULL));
    REFUSE(SRNN_ERROR_INVALID, "tensors is NULL",
           srnn_optimizer_save(t.optimizer, path, names, NULL, 1, NULL));
    REFUSE(SRNN_ERROR_INVALID, "an element of tensors is NULL",
           srnn_optimizer_save(t.optimizer, path, names, tensors, 2, NULL));
    for (int i = 0; i < MISUSE_KINDS; i++) {
        tensors[1] = misuse_handle(i);
        if (!misuse_is_kind(i, "tensor"))
            REFUSE(SRNN_ERROR_INVALID, "an element of tensors is an srnn_",
                   srnn_optimizer_save(t.optimizer, path, names, tensors, 2,
                                       NULL));
    }
    EXPECT_SUCCESS(srnn_tensor_wrap_const(&huge, misuse_memory, F64,
                                          SHAPE((int64_t)1 << 59), LIST(0)));
    tensors[0] = tensors[1] = huge;
    REFUSE(SRNN_ERROR_OVERFLOW, "2^63",
           srnn_optimizer_save(t.optimizer, path, names, tensors, 2, NULL));
    srnn_tensor_destroy(huge);
}

static void test_misuse_checkpoint__metadata(void **state)
{
    static const struct {
        const char *texts[5];
        const char *says;
    } rows[] = {
        {{"key"}, "key \"key\" is not followed by a text"},
        {{"\xff", ""}, "key \"\\xff\" is not valid UTF-8"},
        {{"a", "\xff"}, "text \"\\xff\" is not valid UTF-8"},
        {{"a", "", "a", ""}, "key \"a\" occurs twice"},
        {{"optimizer.kind", "adam"}, "is reserved for the state"},
        {{"optimizer.", ""}, "is reserved for the state"},
        {{"rnn.dropout", "0"}, "is reserved for an option of the rnn"},
        {{"rnn.direction", "0"}, "is reserved for an option of the rnn"},
    };
    char *const text = malloc(SRNN_MAX_HEADER_SIZE + 1);
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        REFUSE(SRNN_ERROR_INVALID, rows[i].says,
               srnn_optimizer_save(t.optimizer, path, NULL, NULL, 0,
                                   rows[i].texts));
    assert_non_null(text);
    memset(text, 'x', SRNN_MAX_HEADER_SIZE);
    text[SRNN_MAX_HEADER_SIZE] = '\0';
    REFUSE(SRNN_ERROR_RANGE, "header",
           srnn_optimizer_save(t.optimizer, path, NULL, NULL, 0,
                               (const char *const[]){"a", text, NULL}));
    free(text);
}

/* A row for a checkpoint with another text in its header. */
static void refuse_edited(srnn_status status, const char *says,
                          const weights_file *good, const char *after,
                          const char *from, const char *to)
{
    srnn_weights *weights = NULL;
    weights_file file = saved_file_edit(good, after, from, to);
    EXPECT_SUCCESS(srnn_weights_open_memory(&weights, file.bytes, file.size));
    REFUSE(status, says, srnn_optimizer_load(t.optimizer, weights));
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}

static void test_misuse_checkpoint__load_what_is_wrong(void **state)
{
    (void)state;
    weights_file good = trainee_save(&t, path);
    refuse_edited(SRNN_ERROR_NOT_FOUND, "the file is no checkpoint", &good, "{",
                  "\"optimizer.kind\":", "\"kind\":");
    refuse_edited(SRNN_ERROR_NOT_FOUND,
                  "no tensor \"optimizer.exp_avg.start.h0\"", &good, "{",
                  "\"optimizer.exp_avg.start.h0\":", "\"h0\":");
    refuse_edited(SRNN_ERROR_STATE,
                  "\"optimizer.kind\" is \"sgd\", expected adam", &good, "{",
                  "\"adam\"", "\"sgd\"");
    refuse_edited(SRNN_ERROR_SHAPE,
                  "\"start.h0\" is [8]; the optimizer needs [2, 1, 4]", &good,
                  "\"start.h0\":", "[2,1,4]", "[8]");
    refuse_edited(SRNN_ERROR_DTYPE,
                  "\"start.h0\" is I32; the optimizer needs F32", &good,
                  "\"start.h0\":", "F32", "I32");
    refuse_edited(SRNN_ERROR_RANGE,
                  "\"optimizer.beta1\" is \"1.0\", expected 0 to below 1",
                  &good, "\"optimizer.beta1\":", "0.9", "1.0");
    refuse_edited(SRNN_ERROR_FORMAT, "\"optimizer.beta1\" is \"high\"", &good,
                  "\"optimizer.beta1\":", "0.9", "high");
    weights_file_free(&good);
}

/* Bytes that can be read until they fail. */
typedef struct {
    const weights_file *file;
    bool fails;
} failing_file;

static int64_t read_bytes(void *user, int64_t offset, void *target, size_t size)
{
    const failing_file *const from = user;
    if (from->fails)
        return -1;
    memcpy(target, from->file->bytes + offset, size);
    return (int64_t)size;
}

static void test_misuse_checkpoint__load(void **state)
{
    srnn_weights *weights = NULL;
    srnn_cell *cell = NULL;
    srnn_optimizer *empty = NULL;
    (void)state;
    weights_file good = trainee_save(&t, path);
    failing_file from = {&good, false};
    EXPECT_SUCCESS(srnn_weights_open_callback(&weights, read_bytes, &from,
                                              (int64_t)good.size));
    REFUSE_HANDLES(other, "optimizer", "optimizer",
                   srnn_optimizer_load(other, weights));
    REFUSE_HANDLES(other, "weights", "weights",
                   srnn_optimizer_load(t.optimizer, other));
    EXPECT_SUCCESS(srnn_optimizer_create(&empty, SRNN_OPTIMIZER_KIND_ADAM));
    REFUSE(SRNN_ERROR_STATE, "the optimizer has no gradients",
           srnn_optimizer_load(empty, weights));
    srnn_optimizer_destroy(empty);
    from.fails = true;
    REFUSE(SRNN_ERROR_IO, "callback",
           srnn_optimizer_load(t.optimizer, weights));
    from.fails = false;
    EXPECT_SUCCESS(
        srnn_cell_create_view(&cell, t.rnn, 0, SRNN_DIRECTION_FORWARD));
    REFUSE(SRNN_ERROR_IN_USE, "cell",
           srnn_optimizer_load(t.optimizer, weights));
    srnn_cell_destroy(cell);
    ACCEPT(srnn_optimizer_load(t.optimizer, weights));
    srnn_weights_destroy(weights);
    weights_file_free(&good);
}

static void test_misuse_checkpoint__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers_function("srnn_optimizer_save");
    misuse_covers_function("srnn_optimizer_load");
    misuse_covers_statuses("srnn_optimizer_save", NULL);
    misuse_covers_statuses("srnn_optimizer_load", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_checkpoint__save),
        cmocka_unit_test(test_misuse_checkpoint__names),
        cmocka_unit_test(test_misuse_checkpoint__tensors),
        cmocka_unit_test(test_misuse_checkpoint__metadata),
        cmocka_unit_test(test_misuse_checkpoint__load_what_is_wrong),
        cmocka_unit_test(test_misuse_checkpoint__load),
        cmocka_unit_test(test_misuse_checkpoint__rules_are_all_here),
    };
    return misuse_verdict(cmocka_run_group_tests(tests, set_up, tear_down));
}
