/* SPDX-License-Identifier: MIT */
/* Which instruction sets this build and this machine have. */
#ifndef SRNN_SIMD_ISA_H
#define SRNN_SIMD_ISA_H

#include <stdbool.h>

#include "simplernn/status.h"
#include "simplernn/tuning.h"

/* For tables by srnn_isa. */
#define SRNN_ISA_INDEX(isa) ((isa)-SRNN_ISA_BASELINE)
enum { SRNN_ISA_COUNT = SRNN_ISA_INDEX(SRNN_ISA_NEON) + 1 };

/* Is it one of srnn_isa_values, and can it be used here? */
bool srnn_isa__is_known(int64_t isa);
bool srnn_isa__is_here(srnn_isa isa);

/* SRNN_ERROR_UNSUPPORTED if this build or this machine lacks it. */
srnn_status srnn_isa__check(srnn_isa isa);

/* The best that can be used here. */
srnn_isa srnn_isa__best(void);

/* The one that SIMPLERNN_ISA names, else the best for rows of so many bytes.
 * SRNN_ERROR_ENVIRONMENT or SRNN_ERROR_UNSUPPORTED. */
srnn_status srnn_isa__default(srnn_isa *out, int64_t row_bytes);

/* "avx2"; "baseline avx2 avx512": those that can be used here. */
const char *srnn_isa__name(srnn_isa isa);
void srnn_isa__names(char *text, size_t capacity);

#endif
