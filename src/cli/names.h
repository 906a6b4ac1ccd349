/* SPDX-License-Identifier: MIT */
/* The library's enumerators as words, as documents and the environment use
 * them: "avx2" is SRNN_ISA_AVX2. A set of enumerators is named by its first
 * one; the library says which follow. */
#ifndef SRNN_CLI_NAMES_H
#define SRNN_CLI_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    char text[32];
} command_word;

/* The word of an enumerator, "unknown" if there is no such one. */
command_word command_word_of(int64_t enumerator);

/* Is value another enumerator of the set, or its first? */
bool command_word_is_in(int64_t first, int64_t value);

/* The enumerator of a word; false, and out untouched, if the set has none. */
bool command_word_find(int32_t *out, int32_t first, const char *word);

/* All words of a set, for example "tanh or relu"; as many as there is room for.
 */
void command_words(char *text, size_t capacity, int32_t first,
                   const char *between);

#endif
