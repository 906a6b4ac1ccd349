/* SPDX-License-Identifier: MIT */
/**
 * @file
 * The macros that functions of this library are declared with.
 */
#ifndef SIMPLERNN_EXPORT_H
#define SIMPLERNN_EXPORT_H

/** @def SRNN_API
 * Marks a function that the library exports. */
#if defined(__GNUC__)
#define SRNN_API __attribute__((visibility("default")))
#else
#define SRNN_API
#endif

/** @def SRNN_NODISCARD
 * Marks a function that returns a status. Compilers warn if a caller ignores
 * it. To turn the warnings off, define this macro as nothing before the
 * include. */
#ifndef SRNN_NODISCARD
#if (defined(__cplusplus) && __cplusplus >= 201703L) ||                        \
    (defined(__STDC_VERSION__) && __STDC_VERSION__ >= 202311L)
#define SRNN_NODISCARD [[nodiscard]]
#elif defined(__GNUC__)
#define SRNN_NODISCARD __attribute__((warn_unused_result))
#else
#define SRNN_NODISCARD
#endif
#endif

#endif
