/* SPDX-License-Identifier: MIT */
#include "support/threads.h"

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

int threads_count(void)
{
    int count = 0;
    DIR *const folder = opendir("/proc/self/task");
    assert_non_null(folder);
    while (readdir(folder) != NULL)
        count++;
    (void)closedir(folder);
    return count - 2; /* . and .. */
}

void threads_expect(int count)
{
    enum { LOOKS = 2000, MICROSECONDS = 1000 };
    for (int i = 0; i < LOOKS && threads_count() != count; i++)
        (void)usleep(MICROSECONDS);
    assert_int_equal(threads_count(), count);
}
