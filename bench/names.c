/* SPDX-License-Identifier: MIT */
/* Words from the names of the library's constants. */
#include "names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <simplernn.h>

/* f32 for FLOAT32: results have always said so. */
static const char dtypes[] = "SRNN_DTYPE_";
static const char reals[] = "SRNN_DTYPE_FLOAT";

static bool begins(const char *text, const char *start)
{
    return strncmp(text, start, strlen(start)) == 0;
}

bool bench_names_find(int32_t *out, const char *set, const char *word)
{
    char name[64];
    int64_t value = 0;
    const bool is_real = strcmp(set, dtypes) == 0;
    if (is_real && *word != 'f')
        return false;
    const int length = snprintf(name, sizeof name, "%s%s",
                                is_real ? reals : set, word + is_real);
    if (length >= (int)sizeof name)
        return false;
    for (char *at = name; *at != '\0'; at++)
        *at = (char)toupper((unsigned char)*at);
    if (srnn_constant_value(&value, name) != SRNN_OK)
        return false;
    *out = (int32_t)value;
    return true;
}

bench_word bench_names_of(int32_t enumerator)
{
    bench_word word = {"?"};
    size_t length = 0;
    const char *const name = srnn_constant_name(enumerator);
    if (name == NULL)
        return word;
    const char *at = strrchr(name, '_') + 1;
    if (begins(name, reals)) {
        word.text[length++] = 'f';
        at = name + strlen(reals);
    }
    for (; *at != '\0' && length < sizeof word.text - 1; at++)
        word.text[length++] = (char)tolower((unsigned char)*at);
    word.text[length] = '\0';
    return word;
}
