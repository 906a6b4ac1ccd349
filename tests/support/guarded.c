/* SPDX-License-Identifier: MIT */
#include "support/guarded.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    MOST = 64,
    GUARD = 1 << 20 /* on each side: whole pages, wherever they are small */
};

static guarded rooms[MOST]; /* what exists; where nothing does, first is NULL */
static char running[200] = "something";
static guarded_report *tell;

static void add_room(const guarded *g)
{
    for (int i = 0; i < MOST; i++)
        if (rooms[i].first == NULL) {
            rooms[i] = *g;
            return;
        }
    fail_msg("more than %d guarded rooms", MOST);
}

guarded guarded_create(const char *name, size_t room)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    guarded g = {.room = (room + page - 1) / page * page};
    unsigned char *const pages =
        mmap(NULL, g.room + (size_t)2 * GUARD, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    assert_ptr_not_equal(pages, MAP_FAILED);
    g.first = pages + GUARD;
    guarded_allow_writes(&g, true);
    g.data = g.first;
    (void)snprintf(g.name, sizeof g.name, "%s", name);
    add_room(&g);
    return g;
}

void guarded_destroy(const guarded *g)
{
    for (int i = 0; i < MOST; i++)
        if (rooms[i].first == g->first)
            rooms[i].first = NULL;
    assert_int_equal(munmap(g->first - GUARD, g->room + (size_t)2 * GUARD), 0);
}

void *guarded_place(guarded *g, size_t bytes, guarded_side side)
{
    assert_true(bytes <= g->room);
    g->data = g->first + (side == GUARDED_END ? g->room - bytes : 0);
    g->bytes = bytes;
    return g->data;
}

void guarded_allow_writes(const guarded *g, bool allowed)
{
    if (g->room > 0)
        assert_int_equal(
            mprotect(g->first, g->room, PROT_READ | (allowed ? PROT_WRITE : 0)),
            0);
}

/* Where an address is, in words; false if it is in none of the rooms and their
 * guards. */
static bool describe(char *text, size_t size, const unsigned char *address)
{
    for (int i = 0; i < MOST; i++) {
        if (rooms[i].first == NULL || address < rooms[i].first - GUARD ||
            address >= rooms[i].first + rooms[i].room + GUARD)
            continue;
        const ptrdiff_t at = address - rooms[i].first;
        const ptrdiff_t behind = at - (ptrdiff_t)rooms[i].room;
        if (at < 0)
            (void)snprintf(text, size, "%s touches byte %td before %s", running,
                           -at, rooms[i].name);
        else if (behind >= 0)
            (void)snprintf(text, size, "%s touches byte %td behind %s", running,
                           behind + 1, rooms[i].name);
        else
            (void)snprintf(text, size, "%s writes to %s", running,
                           rooms[i].name);
        return true;
    }
    return false;
}

/* A helper thread cannot fail the test, so it ends the program. */
static void handle(int number, siginfo_t *info, void *context)
{
    char text[300];
    (void)context;
    if (!describe(text, sizeof text, info->si_addr))
        (void)snprintf(text, sizeof text, "%s touches %p (signal %d)", running,
                       info->si_addr, number);
    if (tell != NULL)
        tell(text);
    if (gettid() == getpid())
        fail_msg("%s", text);
    (void)dprintf(STDERR_FILENO, "%s\n", text);
    _exit(1);
}

void guarded_watch(guarded_report *report)
{
    /* The handler does not return, so nothing would unblock the signal. */
    struct sigaction action = {.sa_flags = SA_SIGINFO | SA_NODEFER};
    action.sa_sigaction = handle;
    tell = report;
    assert_int_equal(sigaction(SIGSEGV, &action, NULL), 0);
    assert_int_equal(sigaction(SIGBUS, &action, NULL), 0);
}

void guarded_say(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(running, sizeof running, format, arguments);
    va_end(arguments);
}
