/* SPDX-License-Identifier: MIT */
/* Failures show the case, both statuses and the text. */
#include "support/expect.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static bool is_printable(const char *text)
{
    for (; *text != '\0'; text++)
        if (*text < ' ' || *text > '~')
            return false;
    return true;
}

void expect_failure(const char *label, srnn_status status, srnn_status wanted,
                    const char *const texts[EXPECT_TEXTS])
{
    const char *const error = srnn_last_error();
    if (status != wanted)
        fail_msg("%s: %s, expected %s (%s)", label, srnn_status_name(status),
                 srnn_status_name(wanted), error);
    if (*error == '\0' || !is_printable(error))
        fail_msg("%s: not a line of printable text: %s", label, error);
    for (int i = 0; i < EXPECT_TEXTS && texts[i] != NULL; i++)
        if (strstr(error, texts[i]) == NULL)
            fail_msg("%s: no %s in: %s", label, texts[i], error);
}

void expect_success(const char *label, srnn_status status)
{
    if (status != SRNN_OK)
        fail_msg("%s: %s (%s)", label, srnn_status_name(status),
                 srnn_last_error());
}

void expect_success_of_case(int number, srnn_status status)
{
    if (status != SRNN_OK)
        fail_msg("case %d: %s (%s)", number, srnn_status_name(status),
                 srnn_last_error());
}

void expect_no_rnn(const char *label, weights_builder *builder,
                   const char *prefix, srnn_status wanted,
                   const char *const texts[EXPECT_TEXTS])
{
    weights_file file = weights_builder_finish(builder);
    srnn_weights *weights = NULL;
    srnn_rnn *rnn = (srnn_rnn *)(void *)&rnn;
    expect_success(label,
                   srnn_weights_open_memory(&weights, file.bytes, file.size));
    expect_failure(label,
                   srnn_rnn_create_from_weights(&rnn, weights, prefix, NULL),
                   wanted, texts);
    assert_null(rnn);
    srnn_weights_destroy(weights);
    weights_file_free(&file);
}
