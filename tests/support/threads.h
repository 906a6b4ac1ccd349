/* SPDX-License-Identifier: MIT */
/* The threads of this process. */
#ifndef TESTS_SUPPORT_THREADS_H
#define TESTS_SUPPORT_THREADS_H

int threads_count(void);

/* Fails if there are not so many in a while: the kernel shows a thread for a
 * moment after it was joined. */
void threads_expect(int count);

#endif
