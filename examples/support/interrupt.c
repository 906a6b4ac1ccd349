/* SPDX-License-Identifier: MIT */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t was_seen;

static void remember(int number)
{
    (void)number;
    was_seen = 1;
}

void interrupt_catch(void)
{
    /* SA_RESETHAND: the second signal does what it does without a handler. */
    struct sigaction action = {.sa_handler = remember,
                               .sa_flags = (int)SA_RESETHAND | SA_RESTART};
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
}

bool interrupt_seen(void)
{
    return was_seen != 0;
}
