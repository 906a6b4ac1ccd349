/* SPDX-License-Identifier: MIT */
/* The list of instruction sets and the choice among them. */
#include "simd/isa.h"

#include <string.h>

#include "os/os.h"
#include "util/error.h"
#include "util/text.h"

/* All there are, so that a name which is another machine's is told apart from
 * one which is nobody's. */
static const char *const all[SRNN_ISA_COUNT] = {
    [SRNN_ISA_INDEX(SRNN_ISA_BASELINE)] = "baseline",
    [SRNN_ISA_INDEX(SRNN_ISA_AVX2)] = "avx2",
    [SRNN_ISA_INDEX(SRNN_ISA_AVX512)] = "avx512",
    [SRNN_ISA_INDEX(SRNN_ISA_NEON)] = "neon",
};

/* Those of this build; a later one is better. */
static const srnn_isa rows[] = {
#define SRNN_ISA(id, suffix, test) SRNN_ISA_##id,
#include "simd/isa.def"
#undef SRNN_ISA
};

enum { ROWS = sizeof rows / sizeof *rows };

bool srnn_isa__is_known(int64_t isa)
{
    return isa >= SRNN_ISA_BASELINE && isa <= SRNN_ISA_NEON;
}

bool srnn_isa__is_here(srnn_isa isa)
{
    switch (isa) {
#define SRNN_ISA(id, suffix, test)                                             \
    case SRNN_ISA_##id:                                                        \
        return test;
#include "simd/isa.def"
#undef SRNN_ISA
    default:
        return false;
    }
}

void srnn_isa__names(char *text, size_t capacity)
{
    srnn_text names = {text, capacity, 0};
    for (int i = 0; i < ROWS; i++)
        if (srnn_isa__is_here(rows[i]))
            srnn_text__append(&names, "%s%s", names.length == 0 ? "" : " ",
                              srnn_isa__name(rows[i]));
}

const char *srnn_isa__name(srnn_isa isa)
{
    return all[SRNN_ISA_INDEX(isa)];
}

srnn_status srnn_isa__check(srnn_isa isa)
{
    char names[64];
    if (srnn_isa__is_here(isa))
        return SRNN_OK;
    srnn_isa__names(names, sizeof names);
    return srnn_error__fail(
        SRNN_ERROR_UNSUPPORTED,
        "this build or machine has no instruction set %s; it has: %s",
        srnn_isa__name(isa), names);
}

static srnn_status find_name(srnn_isa *out, const char *name)
{
    int64_t isa = SRNN_ISA_BASELINE;
    while (srnn_isa__is_known(isa) &&
           strcmp(srnn_isa__name((srnn_isa)isa), name) != 0)
        isa++;
    *out = (srnn_isa)isa;
    if (srnn_isa__is_here(*out))
        return SRNN_OK;
    char quoted[SRNN_QUOTED_SIZE];
    char names[64];
    srnn_text__quote(quoted, name);
    srnn_isa__names(names, sizeof names);
    return srnn_error__fail(
        srnn_isa__is_known(isa) ? SRNN_ERROR_UNSUPPORTED
                                : SRNN_ERROR_ENVIRONMENT,
        "SIMPLERNN_ISA is %s; this build or machine has: %s", quoted, names);
}

srnn_isa srnn_isa__best(void)
{
    srnn_isa best = rows[0];
    for (int i = 1; i < ROWS; i++)
        if (srnn_isa__is_here(rows[i]))
            best = rows[i];
    return best;
}

srnn_status srnn_isa__default(srnn_isa *out, int64_t row_bytes)
{
    enum { HALF_EMPTY = 32 };
    const char *const name = srnn_os__variable("SIMPLERNN_ISA");
    if (name != NULL && *name != '\0')
        return find_name(out, name);
    *out = srnn_isa__best();
    /* Cores that run wide vectors in two halves take longer for each. */
    if (*out == SRNN_ISA_AVX512 && row_bytes <= HALF_EMPTY &&
        srnn_isa__is_here(SRNN_ISA_AVX2))
        *out = SRNN_ISA_AVX2;
    return SRNN_OK;
}
