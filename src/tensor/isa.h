/* SPDX-License-Identifier: MIT */
/* Which instruction sets this build and this machine have. */
#ifndef SRNN_TENSOR_ISA_H
#define SRNN_TENSOR_ISA_H

#include "simplernn/context.h"

enum { SRNN_ISA_COUNT = SRNN_ISA_NEON + 1 }; /* for tables by srnn_isa */

/* SRNN_ERROR_INVALID if isa is unknown, SRNN_ERROR_UNSUPPORTED if this build
 * or this machine lacks it. */
srnn_status srnn_isa__check(int64_t isa);

/* The best that can be used here. */
srnn_isa srnn_isa__best(void);

/* The one that SIMPLERNN_ISA names, else the best for rows of so many bytes.
 * The statuses of check. */
srnn_status srnn_isa__default(srnn_isa *out, int64_t row_bytes);

/* "avx2"; "baseline avx2 avx512": those that can be used here. */
const char *srnn_isa__name(srnn_isa isa);
void srnn_isa__names(char *text, size_t capacity);

#endif
