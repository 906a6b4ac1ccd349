/* SPDX-License-Identifier: MIT */
/* What this build is. */
#include "simplernn/version.h"

#include <pthread.h>
#include <stdio.h>

#include "gemm/gemm.h"

#define TEXT_OF(number) TEXT_OF_EXPANDED(number)
#define TEXT_OF_EXPANDED(number) #number
#define VERSION                                                                \
    TEXT_OF(SRNN_VERSION_MAJOR)                                                \
    "." TEXT_OF(SRNN_VERSION_MINOR) "." TEXT_OF(SRNN_VERSION_PATCH)

#ifdef __clang__
#define COMPILER __VERSION__ /* names itself */
#else
#define COMPILER "gcc " __VERSION__
#endif

static char info[512];

static void write_info(void)
{
    char isas[64];
    srnn_isa__names(isas, sizeof isas);
    (void)snprintf(info, sizeof info,
                   "version: " VERSION "\ncompiler: " COMPILER
                   "\ngemm: %s\nisa: %s\n",
                   srnn_gemm__names(), isas);
}

const char *srnn_version(void)
{
    return VERSION;
}

int32_t srnn_version_number(void)
{
    return SRNN_VERSION_NUMBER;
}

const char *srnn_build_info(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, write_info);
    return info;
}
