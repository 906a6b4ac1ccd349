/* SPDX-License-Identifier: MIT */
/* Memory between pages that nobody may touch. What lies at the beginning of it
 * shows every access before it, and what lies at its end every access behind
 * it: the access fails the test, with the name of the memory and the place. */
#ifndef TESTS_SUPPORT_GUARDED_H
#define TESTS_SUPPORT_GUARDED_H

#include <stdbool.h>
#include <stddef.h>

typedef enum { GUARDED_BEGINNING, GUARDED_END, GUARDED_SIDES } guarded_side;

typedef struct {
    char name[32];
    unsigned char *first; /* of the room, which is whole pages */
    size_t room;
    unsigned char *data;
    size_t bytes;
} guarded;

/* Room for so many bytes. */
guarded guarded_create(const char *name, size_t room);
void guarded_destroy(const guarded *g);

/* Gives so many bytes on one side of the room. */
void *guarded_place(guarded *g, size_t bytes, guarded_side side);

/* At first everybody may write to the room. */
void guarded_allow_writes(const guarded *g, bool allowed);

/* Called with what happened, instead of failing the test. It must not return.
 */
typedef void guarded_report(const char *text);

/* Until the test ends, accesses beside the memory, and writes to what is
 * protected, fail it, or are reported if report is not NULL. For the beginning
 * of a test. */
void guarded_watch(guarded_report *report);

/* What is running, for these reports. */
void guarded_say(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
