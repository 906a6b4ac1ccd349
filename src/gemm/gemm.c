/* SPDX-License-Identifier: MIT */
/* The table of providers, best first, and the choice among them. */
#include "gemm/gemm.h"

#include <stdlib.h>
#include <string.h>

#include "util/error.h"
#include "util/text.h"

#if SRNN_HAVE_OPENBLAS
#define NAMES "openblas portable"
#else
#define NAMES "portable"
#endif

static const srnn_gemm__provider providers[] = {
#if SRNN_HAVE_OPENBLAS
    {SRNN_GEMM_OPENBLAS, "openblas", srnn_gemm__openblas_f32,
     srnn_gemm__openblas_f64, srnn_gemm__openblas_warm_up},
#else
    {SRNN_GEMM_OPENBLAS, "openblas", NULL, NULL, NULL},
#endif
    {SRNN_GEMM_PORTABLE, "portable", srnn_gemm__portable_f32,
     srnn_gemm__portable_f64, NULL},
};

enum { PROVIDERS = sizeof providers / sizeof *providers };

static srnn_status accept(const srnn_gemm__provider **out,
                          const srnn_gemm__provider *provider)
{
    if (provider->f32 == NULL)
        return srnn_error__fail(SRNN_ERROR_UNSUPPORTED,
                                "this build has no gemm provider %s; it has: "
                                "%s",
                                provider->name, NAMES);
    if (provider->warm_up != NULL)
        SRNN_TRY(provider->warm_up());
    *out = provider;
    return SRNN_OK;
}

srnn_status srnn_gemm__find(const srnn_gemm__provider **out, srnn_gemm id)
{
    for (int i = 0; i < PROVIDERS; i++)
        if (providers[i].id == id)
            return accept(out, &providers[i]);
    return srnn_error__fail(SRNN_ERROR_INVALID,
                            "gemm provider %d is unknown; expected %d "
                            "(openblas) or %d (portable)",
                            (int)id, SRNN_GEMM_OPENBLAS, SRNN_GEMM_PORTABLE);
}

static srnn_status find_name(const srnn_gemm__provider **out, const char *name)
{
    for (int i = 0; i < PROVIDERS; i++)
        if (strcmp(providers[i].name, name) == 0)
            return accept(out, &providers[i]);
    char buffer[128];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text__append_name(&text, name);
    return srnn_error__fail(SRNN_ERROR_INVALID,
                            "SIMPLERNN_GEMM is %s; this build has: %s", buffer,
                            NAMES);
}

srnn_status srnn_gemm__default(const srnn_gemm__provider **out)
{
    const char *const name = secure_getenv("SIMPLERNN_GEMM");
    if (name != NULL && *name != '\0')
        return find_name(out, name);
    int best = 0;
    while (providers[best].f32 == NULL)
        best++;
    return accept(out, &providers[best]);
}

const char *srnn_gemm__names(void)
{
    return NAMES;
}

#if !SRNN_HAVE_OPENBLAS
const char *srnn_gemm__openblas_info(void)
{
    return "";
}
#endif
