/* SPDX-License-Identifier: MIT */
/* Has the processor a mode in which subnormals count as 0? */
#ifndef TESTS_SUPPORT_FLUSHING_H
#define TESTS_SUPPORT_FLUSHING_H

#if defined(__SSE__) || defined(__aarch64__) || defined(__arm__)
#define CAN_FLUSH 1
#else
#define CAN_FLUSH 0
#endif

#endif
