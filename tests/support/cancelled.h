/* SPDX-License-Identifier: MIT */
/* Runs calls on a thread that has been cancelled. Whatever a call opens, locks
 * or allocates would be lost if it ended at the first system call that is a
 * cancellation point, so no call may: it finishes, and the thread lives on. */
#ifndef TESTS_SUPPORT_CANCELLED_H
#define TESTS_SUPPORT_CANCELLED_H

/* Cancels this thread, for calls between enter and leave alone. If one of them
 * ends the thread, the process ends with an error. */
void cancelled_begin(void);

void cancelled_enter(void);

/* call: the text of the call that has finished. */
void cancelled_leave(const char *call);

#endif
