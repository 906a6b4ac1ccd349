/* SPDX-License-Identifier: MIT */
/* Is the program compiled with a sanitizer? Then it is slow, and needs a large
 * address space. */
#ifndef TESTS_SUPPORT_SANITIZER_H
#define TESTS_SUPPORT_SANITIZER_H

#ifdef __has_feature /* clang */
#define SANITIZER_HAS(name) __has_feature(name)
#else
#define SANITIZER_HAS(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
    SANITIZER_HAS(address_sanitizer) || SANITIZER_HAS(thread_sanitizer)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

/* Of so many random cases, how many to try. TSan looks at how threads meet, and
 * a part of the cases shows that. */
#if defined(__SANITIZE_THREAD__) || SANITIZER_HAS(thread_sanitizer)
#define SANITIZER_CASES(count) ((count) / 10)
#else
#define SANITIZER_CASES(count) (count)
#endif

#endif
