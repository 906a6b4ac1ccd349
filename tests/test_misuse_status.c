/* SPDX-License-Identifier: MIT */
/* Labels: threads */
/* The rules of status.h, and that every header has its table of misuse. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/headers.h"
#include "support/misuse.h"

static void test_misuse_status__constant(void **state)
{
    (void)state;
    char name[10001];
    int64_t *const value = (int64_t *)(void *)misuse_memory;
    memset(name, 'S', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_constant_value(NULL, "SRNN_OK"));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL",
           srnn_constant_value(value, NULL));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"\"", srnn_constant_value(value, ""));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"SRNN_\"",
           srnn_constant_value(value, "SRNN_"));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"SRNN_OK \"",
           srnn_constant_value(value, "SRNN_OK "));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"srnn_ok\"",
           srnn_constant_value(value, "srnn_ok"));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"SRNN_API\"",
           srnn_constant_value(value, "SRNN_API"));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"a\\x0a\\x1b\\x22\\xc3\\xa9\"",
           srnn_constant_value(value, "a\n\x1b\"\xc3\xa9"));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"SSSS...SSSS\"",
           srnn_constant_value(value, name));
    ACCEPT(srnn_constant_value(value, "SRNN_DTYPE_FLOAT64"));
    assert_int_equal(*value, SRNN_DTYPE_FLOAT64);
}

static void test_misuse_status__text(void **state)
{
    (void)state;
    static const srnn_status unknown[] = {
        1, -10, -19, -25, -39, -44, INT32_MAX, INT32_MIN, SRNN_DTYPE_FLOAT32};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++) {
        ANSWER(0, strcmp(srnn_status_string(unknown[i]), "unknown status"));
        ANSWER(0, strcmp(srnn_status_name(unknown[i]), "SRNN_UNKNOWN"));
    }
    ANSWER(0, strcmp(srnn_status_string(SRNN_OK), "success"));
    ANSWER(0, strcmp(srnn_status_name(SRNN_OK), "SRNN_OK"));
    ANSWER(0, strcmp(srnn_status_string(SRNN_ERROR_SHAPE),
                     "a tensor has the wrong shape"));
    ANSWER(0, strcmp(srnn_status_name(SRNN_ERROR_SHAPE), "SRNN_ERROR_SHAPE"));
}

/* Every status has a sentence of its own. */
static void test_misuse_status__sentences(void **state)
{
    (void)state;
    int statuses = 0;
    for (srnn_status one = 0; one > -64; one--) {
        if (strcmp(srnn_status_name(one), "SRNN_UNKNOWN") == 0)
            continue;
        statuses++;
        for (srnn_status other = 0; other > one; other--)
            if (strcmp(srnn_status_string(one), srnn_status_string(other)) == 0)
                fail_msg("%s has the sentence of %s", srnn_status_name(one),
                         srnn_status_name(other));
    }
    assert_int_equal(statuses, 19);
}

/* Limits and versions have no name of their own. */
static void test_misuse_status__constant_name(void **state)
{
    (void)state;
    static const int64_t unknown[] = {12,
                                      100,
                                      113,
                                      203,
                                      1000,
                                      1005,
                                      -10,
                                      -44,
                                      INT64_MAX,
                                      INT64_MIN,
                                      SRNN_MAX_SIZE,
                                      SRNN_VERSION_NUMBER,
                                      (INT64_C(1) << 32) + F32};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        ANSWER(NULL, srnn_constant_name(unknown[i]));
    ANSWER(0, strcmp(srnn_constant_name(F64), "SRNN_DTYPE_FLOAT64"));
    ANSWER(0, strcmp(srnn_constant_name(SRNN_ERROR_STATE), "SRNN_ERROR_STATE"));
}

static void *last_error_of_a_new_thread(void *argument)
{
    (void)argument;
    static char text[1024];
    (void)snprintf(text, sizeof text, "%s", srnn_last_error());
    if (srnn_constant_value(NULL, "of the new thread") == SRNN_OK)
        return NULL;
    return text;
}

/* Each thread has its own text, "" at first. */
static void test_misuse_status__last_error(void **state)
{
    (void)state;
    pthread_t thread;
    void *text = NULL;
    ANSWER(true, *srnn_last_error() != '\0');
    assert_int_equal(
        pthread_create(&thread, NULL, last_error_of_a_new_thread, NULL), 0);
    assert_int_equal(pthread_join(thread, &text), 0);
    assert_string_equal(text, "");
    ANSWER(true, strstr(srnn_last_error(), "out is NULL") == NULL);
}

static void test_misuse_status__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("status.h", NULL);
    misuse_covers_statuses("srnn_constant_", NULL);
}

/* The table of the functions of a header claims to be all of it. */
static void check_table(const char *header)
{
    static char text[1 << 16];
    char path[512];
    char claim[64];
    (void)snprintf(path, sizeof path, SOURCE_FOLDER "/tests/test_misuse_%.*s.c",
                   (int)strcspn(header, "."), header);
    (void)snprintf(claim, sizeof claim, "misuse_covers(\"%s\", ", header);
    FILE *const file = fopen(path, "rb");
    if (file == NULL)
        fail_msg("%s: there is no %s", header, path);
    const size_t size = fread(text, 1, sizeof text - 1, file);
    text[size] = '\0';
    assert_int_equal(fclose(file), 0);
    if (strstr(text, claim) == NULL)
        fail_msg("%s: no %s in its table", header, claim);
}

static void test_misuse_status__every_header_has_a_table(void **state)
{
    (void)state;
    headers_function *all = NULL;
    const int count = headers_functions(&all);
    for (int i = 0; i < count; i++)
        if (i == 0 || strcmp(all[i].header, all[i - 1].header) != 0)
            check_table(all[i].header);
}

/* As many threads as have a text each: more than the library keeps texts for.
 */
enum { FAILING = 40 };

static pthread_barrier_t all_failed;

/* Each fails with a name of its own, and reads its text after all have. */
static void *fail_with_a_name(void *name)
{
    int64_t value;
    const srnn_status status = srnn_constant_value(&value, name);
    (void)pthread_barrier_wait(&all_failed);
    return status == SRNN_ERROR_NOT_FOUND &&
                   strstr(srnn_last_error(), name) != NULL
               ? NULL
               : name;
}

/* Twice, as threads that end give their texts back. */
static void test_misuse_status__many_threads_have_texts(void **state)
{
    static char names[FAILING][8];
    pthread_t threads[FAILING];
    int wrong = 0;
    (void)state;
    assert_int_equal(pthread_barrier_init(&all_failed, NULL, FAILING), 0);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < FAILING; i++) {
            (void)snprintf(names[i], sizeof names[i], "n%d.", i);
            assert_int_equal(
                pthread_create(&threads[i], NULL, fail_with_a_name, names[i]),
                0);
        }
        for (int i = 0; i < FAILING; i++) {
            void *name = NULL;
            assert_int_equal(pthread_join(threads[i], &name), 0);
            wrong += name != NULL;
        }
    }
    assert_int_equal(wrong, 0);
    assert_int_equal(pthread_barrier_destroy(&all_failed), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_status__constant),
        cmocka_unit_test(test_misuse_status__constant_name),
        cmocka_unit_test(test_misuse_status__text),
        cmocka_unit_test(test_misuse_status__sentences),
        cmocka_unit_test(test_misuse_status__last_error),
        cmocka_unit_test(test_misuse_status__many_threads_have_texts),
        cmocka_unit_test(test_misuse_status__rules_are_all_here),
        cmocka_unit_test(test_misuse_status__every_header_has_a_table),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
