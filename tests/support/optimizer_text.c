/* SPDX-License-Identifier: MIT */
#include "support/optimizer_text.h"

#include <stdio.h>
#include <string.h>

#include "support/expect.h"

/* The constant SRNN_OPTIMIZER_ and so on. */
static int32_t find(const char *set, const char *word)
{
    char name[96];
    int64_t value = 0;
    (void)snprintf(name, sizeof name, "SRNN_OPTIMIZER_%s%s", set, word);
    expect_success(name, srnn_constant_value(&value, name));
    return (int32_t)value;
}

srnn_optimizer *optimizer_from_text(const char *text)
{
    char kind[32] = "";
    srnn_optimizer *optimizer = NULL;
    (void)sscanf(text, "%31s", kind);
    expect_success(text,
                   srnn_optimizer_create(&optimizer, find("KIND_", kind)));
    optimizer_set_text(optimizer, NULL, text);
    return optimizer;
}

void optimizer_set_text(srnn_optimizer *optimizer,
                        const srnn_gradients *gradients, const char *text)
{
    char word[32];
    double value = 0;
    for (const char *at = strchr(text, ' '); at != NULL;
         at = strchr(at + 1, ' ')) {
        if (sscanf(at, " %31[A-Z0-9_]=%lf", word, &value) != 2)
            expect_success(text, SRNN_ERROR_INVALID);
        const int32_t option = find("", word);
        expect_success(
            text,
            option == SRNN_OPTIMIZER_NESTEROV ||
                    option == SRNN_OPTIMIZER_CENTERED
                ? srnn_optimizer_set_int(optimizer, gradients, option,
                                         (int64_t)value)
                : srnn_optimizer_set_real(optimizer, gradients, option, value));
    }
}
