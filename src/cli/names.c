/* SPDX-License-Identifier: MIT */
#include "model.h"

#include <ctype.h>
#include <string.h>

command_word command_word_of(int64_t enumerator)
{
    command_word word = {"unknown"};
    const char *const name = srnn_constant_name(enumerator);
    const char *const last = name == NULL ? NULL : strrchr(name, '_');
    if (last == NULL)
        return word;
    size_t length = 0;
    for (const char *at = last + 1; *at != '\0'; at++)
        if (length < sizeof word.text - 1)
            word.text[length++] = (char)tolower((unsigned char)*at);
    word.text[length] = '\0';
    return word;
}
