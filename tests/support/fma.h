/* SPDX-License-Identifier: MIT */
/* Which instruction sets have FMA, and so the bits of all that have it. */
#ifndef TESTS_SUPPORT_FMA_H
#define TESTS_SUPPORT_FMA_H

#include <stdbool.h>

#include "simplernn.h"
#include "support/enumerators.h"

/* The baseline has it where the compiler may use it everywhere, for example on
 * s390x. */
#if defined(__FP_FAST_FMA) && defined(__FP_FAST_FMAF)
#define BASELINE_HAS_FMA true
#else
#define BASELINE_HAS_FMA false
#endif

static inline bool has_fma(srnn_isa isa)
{
    return isa != SRNN_ISA_BASELINE || BASELINE_HAS_FMA;
}

/* The best of this machine, which new contexts take. */
static inline bool machine_has_fma(void)
{
    const enumerators isas = enumerators_from(SRNN_ISA_BASELINE);
    bool has = false;
    for (int i = 0; i < isas.count; i++)
        has = has || (srnn_supports(isas.values[i]) && has_fma(isas.values[i]));
    return has;
}

#endif
