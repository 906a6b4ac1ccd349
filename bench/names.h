/* SPDX-License-Identifier: MIT */
/* The library's enumerators as words of the command line and of results: avx2
 * is SRNN_ISA_AVX2, and f32 is SRNN_DTYPE_FLOAT32. */
#ifndef BENCH_NAMES_H
#define BENCH_NAMES_H

#include <stdbool.h>
#include <stdint.h>

typedef struct {
    char text[16];
} bench_word;

/* The enumerator of a set, for example "SRNN_ISA_", for a word. False if the
 * set has no such word; out is then untouched. */
bool bench_names_find(int32_t *out, const char *set, const char *word);

/* "?" if there is no such enumerator. */
bench_word bench_names_of(int32_t enumerator);

#endif
