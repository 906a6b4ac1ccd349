/* SPDX-License-Identifier: MIT */
/* The input of a target as a list of choices. Behind its end every choice is 0,
 * which stands for the most ordinary one. No expression may make two choices
 * whose order C leaves open: compilers differ in it. */
#ifndef TESTS_FUZZ_CALLS_INPUT_H
#define TESTS_FUZZ_CALLS_INPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void input_begin(const uint8_t *bytes, size_t size);
bool input_has_more(void);

/* 0 to count - 1; count is 256 at most. */
unsigned input_take(unsigned count);

/* One value in 32 says yes. */
bool input_rarely(void);

/* Mostly 0 to 3 or 1 to 4, else a limit, a negative or a huge number. */
int64_t input_index(void);
int64_t input_size(void);

/* Mostly one of count values from first on, else one near it or 0. */
int32_t input_enumerator(int32_t first, int count);

double input_real(void);

/* Of a parameter, a prefix or a metadata key; NULL rarely. */
const char *input_name(void);
const char *input_prefix(void);

/* A list of keys and texts as srnn_rnn_save() takes it; mostly NULL. */
const char *const *input_metadata(void);

#endif
