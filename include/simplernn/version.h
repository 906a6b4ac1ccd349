/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The version. The build reads the release version and the soname from the
 * macros below: this is the only place that states them.
 */
#ifndef SIMPLERNN_VERSION_H
#define SIMPLERNN_VERSION_H

#include "status.h"

#define SRNN_VERSION_MAJOR 0 /**< X of release X.Y.Z */
#define SRNN_VERSION_MINOR 1 /**< Y of release X.Y.Z */
#define SRNN_VERSION_PATCH 0 /**< Z of release X.Y.Z */
#define SRNN_VERSION_SO 0    /**< raised when a compiled client would break */

#ifdef __cplusplus
extern "C" {
#endif

/**
 * The version of the library at run time. Any thread.
 *
 * @return  "0.1.0" say; static text
 */
SRNN_API const char *srnn_version(void);

/**
 * How the library was built and what it runs on. Loads nothing. Any thread.
 *
 * @return  one "name: value" a line: version, compiler, the gemm providers of
 *          the build and the instruction sets that can be used here; static
 *          text
 */
SRNN_API const char *srnn_build_info(void);

#ifdef __cplusplus
}
#endif

#endif
