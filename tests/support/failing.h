/* SPDX-License-Identifier: MIT */
/* An allocator that counts, and refuses the requests it is told to. Above 1 GiB
 * it never serves, so that a size just below a limit is met by a plain refusal.
 * jansson is counted too, but gets all it asks for: see weights.h. */
#ifndef TESTS_SUPPORT_FAILING_H
#define TESTS_SUPPORT_FAILING_H

/* From now on; no object of the library may be alive. */
void failing_install(void);

/* Counts requests from 1 again and refuses those from first to last; none if
 * first is 0. */
void failing_refuse(long first, long last);

/* Since then: requests, and those of them that were refused. */
long failing_requests(void);
long failing_refused(void);

/* Blocks that were given and not taken back, jansson's among them. */
long failing_living(void);

/* Calls that broke a promise of allocator.h: no size, a poor alignment, a NULL
 * to free or another user. */
long failing_broken_promises(void);

/* Called at every request of the library, by the thread that makes it; NULL
 * for nothing. */
extern void (*failing_visit)(void);

#endif
