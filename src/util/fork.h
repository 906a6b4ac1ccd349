/* SPDX-License-Identifier: MIT */
/* After a fork the child has one thread: what others held or were is gone. */
#ifndef SRNN_UTIL_FORK_H
#define SRNN_UTIL_FORK_H

/* Differs between a process and its children; never 0. */
unsigned int srnn_fork__generation(void);

/* Held by a thread for a moment at a time, and by none across a fork. */
void srnn_fork__lock(void);
void srnn_fork__unlock(void);

/* Lets go of the lock, returns some time after srnn_fork__wake(), with it. */
void srnn_fork__sleep(void);
void srnn_fork__wake(void);

#endif
