/* SPDX-License-Identifier: MIT */
/* Words from the names of the library's constants. */
#include "names.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <simplernn.h>

/* What follows the last underscore; NULL if there is no such enumerator. */
static const char *last_part(int64_t enumerator)
{
    const char *const name = srnn_constant_name(enumerator);
    const char *const last = name == NULL ? NULL : strrchr(name, '_');
    return last == NULL ? NULL : last + 1;
}

command_word command_word_of(int64_t enumerator)
{
    command_word word = {"unknown"};
    const char *const last = last_part(enumerator);
    if (last == NULL)
        return word;
    size_t length = 0;
    for (const char *at = last; *at != '\0'; at++)
        if (length < sizeof word.text - 1)
            word.text[length++] = (char)tolower((unsigned char)*at);
    word.text[length] = '\0';
    return word;
}

bool command_word_is_in(int64_t first, int64_t value)
{
    const char *const set = srnn_constant_name(first);
    const char *const name = srnn_constant_name(value);
    const char *const last = last_part(first);
    return last != NULL && name != NULL &&
           strncmp(set, name, (size_t)(last - set)) == 0;
}

bool command_word_find(int32_t *out, int32_t first, const char *word)
{
    for (int32_t value = first; command_word_is_in(first, value); value++) {
        if (strcmp(command_word_of(value).text, word) == 0) {
            *out = value;
            return true;
        }
    }
    return false;
}

void command_words(char *text, size_t capacity, int32_t first,
                   const char *between)
{
    size_t length = 0;
    text[0] = '\0';
    for (int32_t value = first; command_word_is_in(first, value); value++) {
        const int added = snprintf(text + length, capacity - length, "%s%s",
                                   value == first ? "" : between,
                                   command_word_of(value).text);
        length += (size_t)added;
        if (length >= capacity)
            return;
    }
}
