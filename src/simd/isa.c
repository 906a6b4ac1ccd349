/* SPDX-License-Identifier: MIT */
/* The choice among instruction sets. */
#include "simd/isa.h"

#include <string.h>

#include "os/os.h"
#include "util/error.h"
#include "util/text.h"

#define ROW(id, word, flags, rate, test, x) {SRNN_ISA_##id, #word, rate},
static const struct {
    srnn_isa isa;
    const char *name;
    double rate;
} rows[SRNN_ISA_COUNT] = {SRNN_ISAS(ROW, )};

int srnn_isa__at(int64_t isa)
{
    int at = 0;
    while (at < SRNN_ISA_COUNT && rows[at].isa != isa)
        at++;
    return at;
}

bool srnn_isa__is_here(int64_t isa)
{
#define TEST(id, word, flags, rate, test, x)                                   \
    case SRNN_ISA_##id:                                                        \
        return test;
    switch (isa) {
        SRNN_BUILT_ISAS(TEST, )
    default:
        return false;
    }
}

const char *srnn_isa__name(srnn_isa isa)
{
    return rows[srnn_isa__at(isa)].name;
}

double srnn_isa__rate(srnn_isa isa)
{
    return rows[srnn_isa__at(isa)].rate;
}

void srnn_isa__names(char *text, size_t capacity)
{
    srnn_text names = {text, capacity, 0};
    for (int i = 0; i < SRNN_ISA_COUNT; i++)
        if (srnn_isa__is_here(rows[i].isa))
            srnn_text__append(&names, "%s%s", names.length == 0 ? "" : " ",
                              rows[i].name);
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

/* A name which is another machine's is told apart from one which is nobody's.
 */
static srnn_status find_name(srnn_isa *out, const char *name)
{
    int at = 0;
    while (at < SRNN_ISA_COUNT && strcmp(rows[at].name, name) != 0)
        at++;
    if (at < SRNN_ISA_COUNT && srnn_isa__is_here(rows[at].isa)) {
        *out = rows[at].isa;
        return SRNN_OK;
    }
    char quoted[SRNN_QUOTED_SIZE];
    char names[64];
    srnn_text__quote(quoted, name);
    srnn_isa__names(names, sizeof names);
    return srnn_error__fail(
        at < SRNN_ISA_COUNT ? SRNN_ERROR_UNSUPPORTED : SRNN_ERROR_ENVIRONMENT,
        "SIMPLERNN_ISA is %s; this build or machine has: %s", quoted, names);
}

srnn_isa srnn_isa__best(void)
{
    int at = SRNN_ISA_COUNT - 1;
    while (!srnn_isa__is_here(rows[at].isa))
        at--;
    return rows[at].isa;
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
