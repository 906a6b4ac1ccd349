/* SPDX-License-Identifier: MIT */
#include "support/process.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

int64_t process_address_space(void)
{
    char text[64] = "";
    FILE *const file = fopen("/proc/self/statm", "r");
    long long pages = 0;
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof text, file));
    assert_int_equal(fclose(file), 0);
    assert_int_equal(sscanf(text, "%lld", &pages), 1);
    return pages * sysconf(_SC_PAGESIZE);
}

int process_free_descriptor(void)
{
    const int descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC);
    assert_true(descriptor >= 0);
    assert_int_equal(close(descriptor), 0);
    return descriptor;
}
