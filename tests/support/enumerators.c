/* SPDX-License-Identifier: MIT */
#include "support/enumerators.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <simplernn.h>

enumerators enumerators_from(int32_t first)
{
    enumerators all = {{0}, 0};
    const char *const set = srnn_constant_name(first);
    assert_non_null(set);
    const size_t length = (size_t)(strrchr(set, '_') - set);
    for (int32_t value = first;; value++) {
        const char *const name = srnn_constant_name(value);
        if (name == NULL || strncmp(name, set, length + 1) != 0)
            return all;
        assert_in_range(all.count, 0, MAX_ENUMERATORS - 1);
        all.values[all.count++] = value;
    }
}

const char *enumerator_word(char text[32], int32_t value)
{
    size_t length = 0;
    const char *at = strrchr(srnn_constant_name(value), '_') + 1;
    for (; *at != '\0' && length < 31; at++)
        text[length++] = (char)tolower((unsigned char)*at);
    text[length] = '\0';
    return text;
}
