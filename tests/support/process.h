/* SPDX-License-Identifier: MIT */
/* What this process has of the system. */
#ifndef TESTS_SUPPORT_PROCESS_H
#define TESTS_SUPPORT_PROCESS_H

#include <stdint.h>

/* Its address space, in bytes. */
int64_t process_address_space(void);

/* The lowest free file descriptor: a file that is left open would have it. */
int process_free_descriptor(void);

#endif
