/* SPDX-License-Identifier: MIT */
/* What POSIX and C do not offer, and each system does in its own way: one file
 * of this folder implements it for one system. Threads, files and clocks are
 * POSIX, and are used directly. */
#ifndef SRNN_OS_OS_H
#define SRNN_OS_OS_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An environment variable; NULL if it is not set, or if the process runs with
 * rights that its caller does not have. */
const char *srnn_os__variable(const char *name);

/* How many cores this process may keep busy now, by affinity and by the quotas
 * of its control groups; at least 1. It reads a dozen small files. */
int64_t srnn_os__cores(void);

/* At most how many bytes of the stack of a new thread are thread-local memory
 * of the program and its libraries: the C library takes them out of the stack.
 */
size_t srnn_os__thread_local_bytes(void);

/* The size of the second-level cache of a core; 0 if it is not known. */
int64_t srnn_os__l2_bytes(void);

/* The cores that a thread may run on. */
typedef struct {
    uint64_t bits[16];
} srnn_os_core_set;

/* Keeps another thread off the core that the calling thread runs on, if it has
 * one to go to; before receives the cores that it had. False if nothing was
 * changed. */
bool srnn_os__keep_off_this_core(pthread_t thread, srnn_os_core_set *before);

/* Gives a thread the cores that it had. */
void srnn_os__set_cores(pthread_t thread, const srnn_os_core_set *cores);

/* The size of a huge page; and asks for them, for memory that begins on one. */
enum { SRNN_OS_HUGE_PAGE = 1 << 21 };
void srnn_os__ask_for_huge_pages(void *memory, size_t bytes);

#endif
