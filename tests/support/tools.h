/* SPDX-License-Identifier: MIT */
/* The tools under which a test may run: sanitizers, which need a large address
 * space, valgrind and qemu, and the counters of coverage. All of them make it
 * slow. */
#ifndef TESTS_SUPPORT_TOOLS_H
#define TESTS_SUPPORT_TOOLS_H

#ifdef __has_feature /* clang */
#define SANITIZER_HAS(name) __has_feature(name)
#else
#define SANITIZER_HAS(name) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
    SANITIZER_HAS(address_sanitizer) || SANITIZER_HAS(thread_sanitizer) ||     \
    SANITIZER_HAS(memory_sanitizer)
#define IS_SANITIZED 1
#else
#define IS_SANITIZED 0
#endif

/* Of so many random cases, how many to try under a tool. TSan looks at how
 * threads meet, MSan, ASan and valgrind look at which memory is touched, qemu
 * runs kernels of other machines, and counters say which lines are reached. A
 * part of the cases shows that. */
#if defined(__SANITIZE_THREAD__) || SANITIZER_HAS(thread_sanitizer)
#define TOOL_CASES(count) ((count) / 10)
#elif IS_SANITIZED || IS_EMULATED || IS_COUNTED
#define TOOL_CASES(count) ((count) / 4)
#else
#define TOOL_CASES(count) (count)
#endif

/* MSan takes the bytes for written, for example those between the fields of a
 * struct. */
#if SANITIZER_HAS(memory_sanitizer)
#include <sanitizer/msan_interface.h>
#define SANITIZER_BELIEVE(memory, size) __msan_unpoison(memory, size)
#else
#define SANITIZER_BELIEVE(memory, size) (void)0
#endif

#endif
