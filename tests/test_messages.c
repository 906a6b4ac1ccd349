/* SPDX-License-Identifier: MIT */
/* Messages are English, in ASCII, with a point in numbers, whatever the locale
 * of the program. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/made_locale.h"
#include "support/small_rnn.h"
#include "support/temporary.h"

/* Of C libraries that translate nothing, only the comma tells. */
static bool has_comma(void)
{
    return *localeconv()->decimal_point == ',';
}

static void check_messages(void)
{
    srnn_config *config = NULL;
    srnn_weights *weights = NULL;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = 2, .H = 2});
    char path[512];
    (void)strcpy(path, temporary_path("missing/file"));
    expect_failure("open", srnn_weights_open(&weights, path), SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){"No such file or directory"});
    expect_failure("save", srnn_rnn_save(rnn, path, NULL, NULL), SRNN_ERROR_IO,
                   (const char *[EXPECT_TEXTS]){"No such file or directory"});
    EXPECT_SUCCESS(srnn_config_create(&config));
    expect_failure("dropout",
                   srnn_config_set_real(config, SRNN_OPTION_DROPOUT, 1.5),
                   SRNN_ERROR_RANGE, (const char *[EXPECT_TEXTS]){"is 1.5,"});
    srnn_config_destroy(config);
    srnn_rnn_destroy(rnn);
}

static void test_messages__are_english_in_every_locale(void **state)
{
    static const char *const charsets[] = {"ISO-8859-1", "UTF-8"};
    int made = 0;
    (void)state;
    check_messages();
    for (int i = 0; i < 2; i++) {
        if (!made_locale_enter("fr_FR", charsets[i]))
            continue;
        made++;
        check_messages();
        assert_true(has_comma()); /* still */
        made_locale_leave();
    }
    if (made == 0)
        skip();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_messages__are_english_in_every_locale),
    };
    return cmocka_run_group_tests(tests, temporary_create, temporary_remove);
}
