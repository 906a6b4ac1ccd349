/* SPDX-License-Identifier: MIT */
/* The list of instruction sets and the choice among them. */
#include "tensor/isa.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/text.h"

#define SRNN_ISA(id, suffix, test) {SRNN_ISA_##id, #suffix},
static const struct {
    srnn_isa id;
    const char *name;
} isas[] = {
#include "tensor/isa.def"
};
#undef SRNN_ISA

enum { ISAS = sizeof isas / sizeof *isas };

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
    for (int i = 0; i < ISAS; i++)
        if (is_here(isas[i].id))
            srnn_text__append(&names, "%s%s", i == 0 ? "" : " ", isas[i].name);
}

const char *srnn_isa__name(srnn_isa isa)
{
    for (int i = 0; i < ISAS; i++)
        if (isas[i].id == isa)
            return isas[i].name;
    return "";
}

srnn_status srnn_isa__check(int64_t isa)
{
    char names[64];
    if (isa < SRNN_ISA_BASELINE || isa > SRNN_ISA_NEON)
        return srnn_error__fail(SRNN_ERROR_INVALID,
                                "isa %" PRId64 " is unknown; expected %d to %d",
                                isa, SRNN_ISA_BASELINE, SRNN_ISA_NEON);
    if (is_here((srnn_isa)isa))
        return SRNN_OK;
    srnn_isa__names(names, sizeof names);
    return srnn_error__fail(
        SRNN_ERROR_UNSUPPORTED,
        "this build or machine has no isa %" PRId64 "; it has: %s", isa, names);
}

static srnn_status find_name(srnn_isa *out, const char *name)
{
    for (int i = 0; i < ISAS; i++) {
        if (strcmp(isas[i].name, name) == 0) {
            *out = isas[i].id;
            return srnn_isa__check(*out);
        }
    }
    char quoted[128];
    char names[64];
    srnn_text text = {quoted, sizeof quoted, 0};
    srnn_text__append_name(&text, name);
    srnn_isa__names(names, sizeof names);
    return srnn_error__fail(SRNN_ERROR_INVALID,
                            "SIMPLERNN_ISA is %s; this machine has: %s", quoted,
                            names);
}

srnn_status srnn_isa__default(srnn_isa *out)
{
    const char *const name = secure_getenv("SIMPLERNN_ISA");
    if (name != NULL && *name != '\0')
        return find_name(out, name);
    for (int i = 0; i < ISAS; i++)
        if (is_here(isas[i].id))
            *out = isas[i].id;
    return SRNN_OK;
}
