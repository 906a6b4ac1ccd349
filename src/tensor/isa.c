/* SPDX-License-Identifier: MIT */
/* The list of instruction sets and the choice among them. */
#include "tensor/isa.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/text.h"

/* All there are, so that a name which is another machine's is told apart from
 * one which is nobody's. */
static const char *const all[SRNN_ISA_COUNT] = {
    [SRNN_ISA_BASELINE] = "baseline",
    [SRNN_ISA_AVX2] = "avx2",
    [SRNN_ISA_AVX512] = "avx512",
    [SRNN_ISA_NEON] = "neon",
};

enum { FIRST = SRNN_ISA_BASELINE };

static bool is_here(srnn_isa isa)
{
    switch (isa) {
#define SRNN_ISA(id, suffix, test)                                             \
    case SRNN_ISA_##id:                                                        \
        return test;
#include "tensor/isa.def"
#undef SRNN_ISA
    default:
        return false;
    }
}

void srnn_isa__names(char *text, size_t capacity)
{
    srnn_text names = {text, capacity, 0};
    for (srnn_isa isa = FIRST; isa < SRNN_ISA_COUNT; isa++)
        if (is_here(isa))
            srnn_text__append(&names, "%s%s", names.length == 0 ? "" : " ",
                              all[isa]);
}

const char *srnn_isa__name(srnn_isa isa)
{
    return all[isa];
}

srnn_status srnn_isa__check(int64_t isa)
{
    char names[64];
    if (isa < FIRST || isa >= SRNN_ISA_COUNT)
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "isa %" PRId64 " is unknown; expected %d to %d",
                                isa, FIRST, SRNN_ISA_COUNT - 1);
    if (is_here((srnn_isa)isa))
        return SRNN_OK;
    srnn_isa__names(names, sizeof names);
    return srnn_error__fail(
        SRNN_ERROR_UNSUPPORTED,
        "this build or machine has no isa %" PRId64 "; it has: %s", isa, names);
}

static srnn_status find_name(srnn_isa *out, const char *name)
{
    srnn_isa isa = FIRST;
    while (isa < SRNN_ISA_COUNT && strcmp(all[isa], name) != 0)
        isa++;
    *out = isa;
    if (is_here(isa))
        return SRNN_OK;
    char quoted[128];
    char names[64];
    srnn_text text = {quoted, sizeof quoted, 0};
    srnn_text__append_name(&text, name);
    srnn_isa__names(names, sizeof names);
    return srnn_error__fail(
        isa < SRNN_ISA_COUNT ? SRNN_ERROR_UNSUPPORTED : SRNN_ERROR_INVALID,
        "SIMPLERNN_ISA is %s; this build or machine has: %s", quoted, names);
}

srnn_isa srnn_isa__best(void)
{
    srnn_isa best = FIRST;
    for (srnn_isa isa = FIRST; isa < SRNN_ISA_COUNT; isa++)
        if (is_here(isa))
            best = isa; /* the best comes last */
    return best;
}

srnn_status srnn_isa__default(srnn_isa *out, int64_t row_bytes)
{
    enum { HALF_EMPTY = 32 };
    const char *const name = secure_getenv("SIMPLERNN_ISA");
    if (name != NULL && *name != '\0')
        return find_name(out, name);
    *out = srnn_isa__best();
    /* Cores that run wide vectors in two halves take longer for each. */
    if (*out == SRNN_ISA_AVX512 && row_bytes <= HALF_EMPTY &&
        is_here(SRNN_ISA_AVX2))
        *out = SRNN_ISA_AVX2;
    return SRNN_OK;
}
