/* SPDX-License-Identifier: MIT */
/* The rules of status.h, and that every header has its table of misuse. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/misuse.h"

static void test_misuse__constant(void **state)
{
    (void)state;
    char name[10001];
    int64_t *const value = (int64_t *)(void *)misuse_memory;
    memset(name, 'S', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    REFUSE(SRNN_ERROR_INVALID, "out is NULL", srnn_constant(NULL, "SRNN_OK"));
    REFUSE(SRNN_ERROR_INVALID, "name is NULL", srnn_constant(value, NULL));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"\"", srnn_constant(value, ""));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"SRNN_\"", srnn_constant(value, "SRNN_"));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"SRNN_OK \"",
           srnn_constant(value, "SRNN_OK "));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"srnn_ok\"",
           srnn_constant(value, "srnn_ok"));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"SRNN_API\"",
           srnn_constant(value, "SRNN_API"));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"a\\x0a\\x1b\\x22\\xc3\\xa9\"",
           srnn_constant(value, "a\n\x1b\"\xc3\xa9"));
    REFUSE(SRNN_ERROR_NOT_FOUND, "\"SSSS...SSSS\"", srnn_constant(value, name));
    ACCEPT(srnn_constant(value, "SRNN_DTYPE_FLOAT64"));
    assert_int_equal(*value, SRNN_DTYPE_FLOAT64);
}

static void test_misuse__status_string(void **state)
{
    (void)state;
    static const srnn_status unknown[] = {1,   -9,        -19,      -24,
                                          -43, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof unknown / sizeof *unknown; i++)
        ANSWER(0, strcmp(srnn_status_string(unknown[i]), "SRNN_UNKNOWN"));
}

static void *last_error_of_a_new_thread(void *argument)
{
    (void)argument;
    static char text[1024];
    (void)snprintf(text, sizeof text, "%s", srnn_last_error());
    (void)srnn_constant(NULL, "of the new thread");
    return text;
}

/* Each thread has its own text, "" at first. */
static void test_misuse__last_error(void **state)
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

static void test_misuse__status_rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("status.h", NULL);
}

/* A header whose functions can fail has a table of its own. */
static void check_header(const char *header)
{
    const int noun = (int)strcspn(header, ".");
    char claim[300];
    if (strstr(misuse_read(SOURCE_FOLDER "/include/simplernn/%s", header),
               "\nSRNN_API srnn_status ") == NULL)
        return;
    (void)snprintf(claim, sizeof claim, "misuse_covers(\"%s\", ", header);
    if (strstr(misuse_read(SOURCE_FOLDER "/tests/test_misuse_%.*s.c", noun,
                           header),
               claim) == NULL)
        fail_msg("%s: no %s in its table", header, claim);
}

static void test_misuse__every_header_has_a_table(void **state)
{
    (void)state;
    misuse_visit_headers(check_header);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse__constant),
        cmocka_unit_test(test_misuse__status_string),
        cmocka_unit_test(test_misuse__last_error),
        cmocka_unit_test(test_misuse__status_rules_are_all_here),
        cmocka_unit_test(test_misuse__every_header_has_a_table),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
