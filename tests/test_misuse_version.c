/* SPDX-License-Identifier: MIT */
/* version.h: functions that cannot fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/misuse.h"

static void test_misuse_version__version(void **state)
{
    (void)state;
    char wanted[64];
    (void)snprintf(wanted, sizeof wanted, "%d.%d.%d", SRNN_VERSION_MAJOR,
                   SRNN_VERSION_MINOR, SRNN_VERSION_PATCH);
    ANSWER(0, strcmp(srnn_version(), wanted));
    ANSWER(SRNN_VERSION_NUMBER, srnn_version_number());
    (void)snprintf(wanted, sizeof wanted,
                   "version: %d.%d.%d\ncompiler: ", SRNN_VERSION_MAJOR,
                   SRNN_VERSION_MINOR, SRNN_VERSION_PATCH);
    ANSWER(0, strncmp(srnn_build_info(), wanted, strlen(wanted)));
    ANSWER(true, strstr(srnn_build_info(), "\ngemm: native") != NULL);
    ANSWER(true, strstr(srnn_build_info(), "\nisa: " OWN_ISA_NAME) != NULL);
}

static void test_misuse_version__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("version.h", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_version__version),
        cmocka_unit_test(test_misuse_version__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
