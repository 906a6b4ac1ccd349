/* SPDX-License-Identifier: MIT */
/* Labels: no-valgrind, native */
/* Checkpoints in which one thing is missing or wrong: loading says which, and
 * changes nothing. */
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
#include "support/little_endian.h"
#include "support/saved_file.h"
#include "support/small_rnn.h"
#include "support/temporary.h"
#include "support/trainee.h"

/* The one that loads, somewhere in training, and its checkpoint from before
 * some more steps. */
static trainee t;
static weights_file good;
static weights_file now;

/* In front of the C library's: what is saved here is read at once, and waiting
 * for a disk would take most of the time. */
int fsync(int file)
{
    (void)file;
    return 0;
}

static void set_up(srnn_optimizer_kind kind)
{
    char path[512];
    (void)strcpy(path, temporary_path("checkpoint"));
    trainee_create(&t, kind);
    trainee_step(&t, 0, 3);
    good = trainee_save(&t, path);
    trainee_step(&t, 3, 6);
    now = trainee_save(&t, path);
}

static void tear_down(void)
{
    weights_file_free(&good);
    weights_file_free(&now);
    trainee_destroy(&t);
}

static void check_refused(const char *label, const weights_file *file,
                          srnn_status status, const char *name,
                          const char *reason)
{
    char path[512];
    (void)strcpy(path, temporary_path("unchanged"));
    expect_failure(label, trainee_load_bytes(&t, file), status,
                   (const char *[EXPECT_TEXTS]){name, reason});
    weights_file after = trainee_save(&t, path);
    assert_int_equal(after.size, now.size);
    assert_memory_equal(after.bytes, now.bytes, now.size);
    weights_file_free(&after);
}

static void check_edited(const char *after, const char *from, const char *to,
                         srnn_status status, const char *name,
                         const char *reason)
{
    char label[1024];
    weights_file edited = saved_file_edit(&good, after, from, to);
    (void)snprintf(label, sizeof label, "%s: %s for %s", after, to, from);
    check_refused(label, &edited, status, name, reason);
    weights_file_free(&edited);
}

/* The sizes of a matrix the other way round. */
static void check_turned(const srnn_weights *weights, int64_t index)
{
    char key[128];
    char from[64];
    char to[64];
    const char *const name = srnn_weights_name(weights, index);
    const int64_t *const shape = srnn_weights_shape(weights, index);
    if (srnn_weights_rank(weights, index) != 2 || shape[0] == shape[1])
        return;
    (void)snprintf(key, sizeof key, "\"%s\":", name);
    (void)snprintf(from, sizeof from, "[%lld,%lld]", (long long)shape[0],
                   (long long)shape[1]);
    (void)snprintf(to, sizeof to, "[%lld,%lld]", (long long)shape[1],
                   (long long)shape[0]);
    check_edited(key, from, to, SRNN_ERROR_SHAPE, name, "the optimizer needs");
}

/* A tensor that is not there, of another type of that size, of another shape.
 */
static void check_tensor(const srnn_weights *weights, int64_t index)
{
    char key[128];
    char renamed[128];
    const char *const name = srnn_weights_name(weights, index);
    const bool is_count = strcmp(srnn_weights_type(weights, index), "I64") == 0;
    (void)snprintf(key, sizeof key, "\"%s\":", name);
    (void)snprintf(renamed, sizeof renamed, "\"_%s\":", name);
    check_edited(key, key, renamed, SRNN_ERROR_NOT_FOUND, name, "needs");
    if (is_count) {
        check_edited(key, "I64", "F64", SRNN_ERROR_DTYPE, name, "needs I64");
        check_edited(key, "[]", "[1]", SRNN_ERROR_SHAPE, name, "needs []");
    } else {
        check_edited(key, "F32", "I32", SRNN_ERROR_DTYPE, name, "needs F32");
        check_edited(key, "[", "[1,", SRNN_ERROR_SHAPE, name, "is [1, ");
        check_turned(weights, index);
    }
}

static void test_checkpoint_damaged__in_a_tensor(void **state)
{
    (void)state;
    for (int kind = 0; trainee_kind(kind) != 0; kind++) {
        srnn_weights *weights = NULL;
        set_up(trainee_kind(kind));
        EXPECT_SUCCESS(
            srnn_weights_open_memory(&weights, good.bytes, good.size));
        for (int64_t i = 0; i < srnn_weights_count(weights); i++)
            check_tensor(weights, i);
        srnn_weights_destroy(weights);
        tear_down();
    }
}

static bool is_of_optimizer(const char *key)
{
    return strncmp(key, "optimizer.", 10) == 0;
}

/* Has a key this name of an option, with a parameter behind it or alone? */
static bool is_option(const char *key, const char *name)
{
    const size_t length = strlen(name);
    const char *const at = key + strlen("optimizer.");
    return is_of_optimizer(key) && strncmp(at, name, length) == 0 &&
           (at[length] == '\0' || at[length] == '.');
}

static void check_text(const char *key, const char *text, const char *wrong,
                       srnn_status status, const char *reason)
{
    char quoted[128];
    char from[256];
    char to[256];
    (void)snprintf(quoted, sizeof quoted, "\"%s\":", key);
    (void)snprintf(from, sizeof from, "\"%s\"", text);
    (void)snprintf(to, sizeof to, "\"%s\"", wrong);
    check_edited(quoted, from, to, status, key, reason);
}

/* Its text is one that no option can have, and one that this cannot. */
static void check_option(const char *key, const char *text)
{
    static const struct {
        const char *name;
        const char *wrong;
        const char *reason;
    } rows[] = {
        {"learning_rate", "-1.0", "0 or above"},
        {"weight_decay", "-0.125", "0 or above"},
        {"momentum", "-1e-30", "0 or above"},
        {"dampening", "-1e999", "finite"},
        {"nesterov", "2", "0 or 1"},
        {"nesterov", "0.5", "0 or 1"},
        {"beta1", "1.0", "0 to below 1"},
        {"beta2", "1.0", "0 to below 1"},
        {"epsilon", "1e999", "finite"},
        {"alpha", "1.125", "0 to 1"},
        {"centered", "0.5", "0 or 1"},
        {"check_finite", "-1", "0 or 1"},
    };
    static const char *const no_numbers[] = {"",    "x",    "nan", "inf", "--1",
                                             "0x1", "1,5",  " 1",  "1 ",  "+1",
                                             "-",   "1e5e", "true"};
    int found = 0;
    for (size_t i = 0; i < sizeof no_numbers / sizeof *no_numbers; i++)
        check_text(key, text, no_numbers[i], SRNN_ERROR_FORMAT, "expected");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (is_option(key, rows[i].name)) {
            check_text(key, text, rows[i].wrong, SRNN_ERROR_RANGE,
                       rows[i].reason);
            found++;
        }
    assert_true(found > 0);
}

static void check_note(const srnn_weights *weights, const char *key)
{
    char quoted[128];
    char renamed[128];
    const char *const text = srnn_weights_metadata(weights, key);
    (void)snprintf(quoted, sizeof quoted, "\"%s\":", key);
    (void)snprintf(renamed, sizeof renamed, "\"_%s\":", key);
    if (strcmp(key, "optimizer.kind") == 0)
        check_edited(quoted, quoted, renamed, SRNN_ERROR_NOT_FOUND,
                     "no checkpoint", "optimizer.kind");
    else if (is_of_optimizer(key) || strcmp(key, "rnn.nonlinearity") == 0)
        check_edited(quoted, quoted, renamed, SRNN_ERROR_NOT_FOUND, key,
                     "needs");
    if (is_of_optimizer(key) && strcmp(key, "optimizer.kind") != 0)
        check_option(key, text);
}

static void test_checkpoint_damaged__in_a_text(void **state)
{
    (void)state;
    for (int kind = 0; trainee_kind(kind) != 0; kind++) {
        srnn_weights *weights = NULL;
        const char *key = NULL;
        set_up(trainee_kind(kind));
        EXPECT_SUCCESS(
            srnn_weights_open_memory(&weights, good.bytes, good.size));
        for (int64_t i = 0;
             (key = srnn_weights_metadata_key(weights, i)) != NULL; i++)
            check_note(weights, key);
        check_text("optimizer.kind",
                   srnn_weights_metadata(weights, "optimizer.kind"), "magic",
                   SRNN_ERROR_STATE, "\"magic\"");
        check_text("rnn.nonlinearity", "tanh", "relu", SRNN_ERROR_STATE,
                   "expected tanh");
        srnn_weights_destroy(weights);
        tear_down();
    }
}

/* Each number of steps set to each of these. */
static void test_checkpoint_damaged__in_a_count(void **state)
{
    static const char *const names[] = {"optimizer.steps",
                                        "optimizer.step.rnn.bias_hh_l1",
                                        "optimizer.step.start.h0"};
    static const int64_t counts[] = {-1, INT64_MIN, ((int64_t)1 << 53) + 1,
                                     INT64_MAX};
    (void)state;
    set_up(SRNN_OPTIMIZER_KIND_ADAM);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        for (size_t j = 0; j < sizeof counts / sizeof *counts; j++) {
            weights_file edited = saved_file_edit(&good, "{", "{", "{");
            saved_tensor tensor;
            assert_true(saved_file_find(&tensor, &edited, names[i]));
            little_endian_put((void *)tensor.bytes, &counts[j],
                              sizeof counts[j], 1);
            check_refused(names[i], &edited, SRNN_ERROR_RANGE, names[i],
                          "expected 0 to ");
            weights_file_free(&edited);
        }
    /* More than there were steps. */
    weights_file edited = saved_file_edit(&good, "{", "{", "{");
    saved_tensor tensor;
    assert_true(saved_file_find(&tensor, &edited, names[2]));
    little_endian_put((void *)tensor.bytes, &(int64_t){4}, sizeof(int64_t), 1);
    check_refused("4 of 3", &edited, SRNN_ERROR_RANGE, names[2], "0 to 3");
    weights_file_free(&edited);
    tear_down();
}

static void test_checkpoint_damaged__is_of_another_kind(void **state)
{
    char path[512];
    (void)state;
    (void)strcpy(path, temporary_path("another"));
    for (int i = 0; trainee_kind(i) != 0; i++)
        for (int j = 0; trainee_kind(j) != 0; j++) {
            trainee other;
            set_up(trainee_kind(i));
            trainee_create(&other, trainee_kind(j));
            weights_file file = trainee_save(&other, path);
            if (i != j)
                check_refused("kind", &file, SRNN_ERROR_STATE, "optimizer.kind",
                              "expected ");
            else
                EXPECT_SUCCESS(trainee_load_bytes(&t, &file));
            weights_file_free(&file);
            trainee_destroy(&other);
            tear_down();
        }
}

/* With the gradients of the rnn alone, under another prefix, and with more of
 * them. */
static void test_checkpoint_damaged__is_of_other_gradients(void **state)
{
    static const struct {
        const char *prefix;
        bool has_h0;
        srnn_status status;
        const char *name;
    } rows[] = {
        {"rnn.", false, SRNN_ERROR_NOT_FOUND, "start.h0"},
        {"other.", true, SRNN_ERROR_NOT_FOUND, "rnn."},
        {"", true, SRNN_ERROR_NOT_FOUND, "rnn."},
    };
    char path[512];
    (void)state;
    (void)strcpy(path, temporary_path("another"));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        srnn_optimizer *other = NULL;
        set_up(SRNN_OPTIMIZER_KIND_ADAM);
        EXPECT_SUCCESS(srnn_optimizer_create(&other, SRNN_OPTIMIZER_KIND_ADAM));
        EXPECT_SUCCESS(srnn_optimizer_add(other, t.of_rnn, rows[i].prefix));
        EXPECT_SUCCESS(srnn_optimizer_add(other, t.of_fc, "fc."));
        if (rows[i].has_h0)
            EXPECT_SUCCESS(srnn_optimizer_add(other, t.of_h0, "start."));
        EXPECT_SUCCESS(srnn_optimizer_save(other, path, NULL, NULL, 0, NULL));
        weights_file file = saved_file_read(path);
        check_refused("gradients", &file, rows[i].status, rows[i].name,
                      "needs");
        weights_file_free(&file);
        srnn_optimizer_destroy(other);
        tear_down();
    }
}

/* A state that would be lost. */
static void test_checkpoint_damaged__has_more_state(void **state)
{
    static const struct {
        const char *from;
        const char *to;
        const char *name;
    } rows[] = {
        {"\"rnn.bias_hh_l0\":{",
         "\"optimizer.step.fc2.bias\":{\"dtype\":\"F32\",\"shape\":[0],"
         "\"data_offsets\":[0,0]},\"rnn.bias_hh_l0\":{",
         "optimizer.step.fc2.bias"},
        {"\"optimizer.kind\":", "\"optimizer.a\":\"\",\"optimizer.kind\":",
         "optimizer.a"},
    };
    (void)state;
    set_up(SRNN_OPTIMIZER_KIND_SGD);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        check_edited(rows[i].from, rows[i].from, rows[i].to, SRNN_ERROR_STATE,
                     rows[i].name, "belongs");
    tear_down();
}

static void test_checkpoint_damaged__is_a_model(void **state)
{
    (void)state;
    set_up(SRNN_OPTIMIZER_KIND_SGD);
    weights_file file = small_rnn_save(t.rnn, "rnn.");
    check_refused("model", &file, SRNN_ERROR_NOT_FOUND,
                  "the file is no checkpoint", "srnn_optimizer_save");
    weights_file_free(&file);
    tear_down();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_checkpoint_damaged__in_a_tensor),
        cmocka_unit_test(test_checkpoint_damaged__in_a_text),
        cmocka_unit_test(test_checkpoint_damaged__in_a_count),
        cmocka_unit_test(test_checkpoint_damaged__is_of_another_kind),
        cmocka_unit_test(test_checkpoint_damaged__is_of_other_gradients),
        cmocka_unit_test(test_checkpoint_damaged__has_more_state),
        cmocka_unit_test(test_checkpoint_damaged__is_a_model),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
