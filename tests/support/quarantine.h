/* SPDX-License-Identifier: MIT */
/* An allocator that keeps what is freed, filled with a pattern: whoever reads
 * it has wrong results, and whoever writes it is found. For one thread. */
#ifndef TESTS_SUPPORT_QUARANTINE_H
#define TESTS_SUPPORT_QUARANTINE_H

/* From now on, and back; no object of the library may be alive. */
void quarantine_install(void);
void quarantine_remove(void);

/* Nobody wrote to what was freed since the last time; lets go of it. */
void quarantine_check(void);

#endif
