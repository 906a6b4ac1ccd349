/* SPDX-License-Identifier: MIT */
/* The table of providers and the choice among them. */
#include "gemm/gemm.h"

#include <string.h>

#include "gemm/openblas.h"
#include "os/os.h"
#include "tensor/dtype.h"
#include "util/error.h"
#include "util/text.h"

#if SRNN_HAVE_OPENBLAS
#define NAMES "native openblas"
#else
#define NAMES "native"
#endif

typedef srnn_gemm_product *variants[SRNN_DTYPE_COUNT];

#define NATIVE(id, type, name, bytes, real, isa)                               \
    [SRNN_DTYPE_AT_##id] = srnn_gemm__native_##real##_##isa,
#define NATIVES(id, isa, ...) [SRNN_ISA_AT_##id] = {SRNN_REALS(NATIVE, isa)},
static const variants native[SRNN_ISA_COUNT] = {SRNN_BUILT_ISAS(NATIVES, )};

#if SRNN_HAVE_OPENBLAS
#define OPENBLAS(id, type, name, bytes, real, x)                               \
    [SRNN_DTYPE_AT_##id] = srnn_gemm__openblas_##real,
static const variants openblas = {SRNN_REALS(OPENBLAS, )};
#else
static const variants openblas = {NULL};
#endif

srnn_gemm_product *srnn_gemm__find(srnn_gemm gemm, srnn_isa isa,
                                   srnn_dtype dtype)
{
    const variants *const found =
        gemm == SRNN_GEMM_NATIVE ? &native[srnn_isa__at(isa)] : &openblas;
    return (*found)[srnn_dtype__real_at(dtype)];
}

srnn_status srnn_gemm__check(srnn_gemm gemm)
{
    if (gemm == SRNN_GEMM_NATIVE || SRNN_HAVE_OPENBLAS)
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_UNSUPPORTED,
                            "this build has no gemm implementation openblas; "
                            "it has: " NAMES);
}

srnn_status srnn_gemm__default(srnn_gemm *out)
{
    const char *const name = srnn_os__variable("SIMPLERNN_GEMM");
    *out = SRNN_GEMM_NATIVE;
    if (name == NULL || *name == '\0' || strcmp(name, "native") == 0)
        return SRNN_OK;
    *out = SRNN_GEMM_OPENBLAS;
    if (strcmp(name, "openblas") == 0)
        return srnn_gemm__check(*out);
    char quoted[SRNN_QUOTED_SIZE];
    srnn_text__quote(quoted, name);
    return srnn_error__fail(SRNN_ERROR_ENVIRONMENT,
                            "SIMPLERNN_GEMM is %s; this build has: " NAMES,
                            quoted);
}

srnn_status srnn_gemm__warm_up(srnn_gemm gemm)
{
#if SRNN_HAVE_OPENBLAS
    if (gemm == SRNN_GEMM_OPENBLAS)
        return srnn_openblas__warm_up();
#endif
    (void)gemm;
    return SRNN_OK;
}

const char *srnn_gemm__names(void)
{
    return NAMES;
}

const char *srnn_gemm__info(srnn_gemm gemm)
{
#if SRNN_HAVE_OPENBLAS
    if (gemm == SRNN_GEMM_OPENBLAS)
        return srnn_openblas__info();
#endif
    (void)gemm;
    return "";
}
