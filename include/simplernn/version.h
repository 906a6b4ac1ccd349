/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The version of the library. The build takes the release and the soname from
 * the macros below; no other file states them.
 */
#ifndef SIMPLERNN_VERSION_H
#define SIMPLERNN_VERSION_H

#include "status.h"

#define SRNN_VERSION_MAJOR 0 /**< X of release X.Y.Z */
#define SRNN_VERSION_MINOR 2 /**< Y of release X.Y.Z */
#define SRNN_VERSION_PATCH 0 /**< Z of release X.Y.Z */
#define SRNN_VERSION_SO 0    /**< raised if a compiled program would break */

/** The version as one number that grows: 10000 X + 100 Y + Z. */
#define SRNN_VERSION_NUMBER                                                    \
    (SRNN_VERSION_MAJOR * 10000 + SRNN_VERSION_MINOR * 100 + SRNN_VERSION_PATCH)

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The version of the library at run time. Thread-safe.
 *
 * @return  a static string, for example "0.2.0"
 * @since 0.2
 */
SRNN_API const char *srnn_version(void);

/**
 * The version of the library at run time, as a number to compare with
 * SRNN_VERSION_NUMBER or with other numbers. Thread-safe.
 *
 * @return  10000 X + 100 Y + Z for release X.Y.Z, for example 200 for 0.2.0
 * @since 0.2
 */
SRNN_API int32_t srnn_version_number(void);

/**
 * How the library was built and what it can use on this machine. Put it into
 * bug reports. Thread-safe.
 *
 * @return  a static string with a line "name: value" for each of: the version,
 *          the compiler, the gemm implementations of this build, and the
 *          instruction sets that can be used on this machine
 * @since 0.2
 */
SRNN_API const char *srnn_build_info(void);

#ifdef __cplusplus
}
#endif

#endif
