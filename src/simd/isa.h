/* SPDX-License-Identifier: MIT */
/* Which instruction sets there are, and which this build and this machine
 * have. All of it comes from the rows of isa.def. */
#ifndef SRNN_SIMD_ISA_H
#define SRNN_SIMD_ISA_H

#include <stdbool.h>
#include <stddef.h>

#include "simd/isa.def"
#include "simplernn/status.h"
#include "simplernn/tuning.h"

/* Rows: all of them, or those of this build, for a
 * ROW(id, word, flags, rate, test, x). */
#define SRNN_ISAS(ROW, x) SRNN_ISA_ROWS(ROW, ROW, x)
#define SRNN_BUILT_ISAS(ROW, x) SRNN_ISA_ROWS(ROW, SRNN_ISA_NO_ROW, x)
#define SRNN_ISA_NO_ROW(...)

/* Places in tables by instruction set: SRNN_ISA_AT_AVX2 and so on. */
#define SRNN_ISA_PLACE(id, ...) SRNN_ISA_AT_##id,
enum { SRNN_ISAS(SRNN_ISA_PLACE, ) SRNN_ISA_COUNT };

/* The place of a value of srnn_isa_values; SRNN_ISA_COUNT for another one. */
int srnn_isa__at(int64_t isa);

/* Can it be used here? */
bool srnn_isa__is_here(int64_t isa);

/* SRNN_ERROR_UNSUPPORTED if this build or this machine lacks it. */
srnn_status srnn_isa__check(srnn_isa isa);

/* The best that can be used here. */
srnn_isa srnn_isa__best(void);

/* The one that SIMPLERNN_ISA names, else the best for rows of so many bytes.
 * SRNN_ERROR_ENVIRONMENT or SRNN_ERROR_UNSUPPORTED. */
srnn_status srnn_isa__default(srnn_isa *out, int64_t row_bytes);

/* Operations a nanosecond of one core in float32, roughly. */
double srnn_isa__rate(srnn_isa isa);

/* "avx2"; and those that can be used here, with a space between them. */
const char *srnn_isa__name(srnn_isa isa);
void srnn_isa__names(char *text, size_t capacity);

#endif
