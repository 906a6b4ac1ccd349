/* SPDX-License-Identifier: MIT */
/*
 * The version. The build reads the release version and the soname from the
 * macros below: this is the only place that states them.
 */
#ifndef SIMPLERNN_VERSION_H
#define SIMPLERNN_VERSION_H

#include "status.h"

#define SRNN_VERSION_MAJOR 0
#define SRNN_VERSION_MINOR 1
#define SRNN_VERSION_PATCH 0
#define SRNN_VERSION_SO 0 /* raised when a compiled client would break */

#ifdef __cplusplus
extern "C" {
#endif

/* The version of the library at run time, "0.1.0". Static text. Any thread. */
SRNN_API const char *srnn_version(void);

/*
 * How the library was built and what it runs on, one "name: value" a line:
 * version, compiler, the gemm providers, the instruction sets that can be used
 * here and, if OpenBLAS is a provider, its configuration and core type. Static
 * text. Any thread.
 */
SRNN_API const char *srnn_build_info(void);

#ifdef __cplusplus
}
#endif

#endif
