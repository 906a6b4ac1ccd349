/* SPDX-License-Identifier: MIT */
#include "support/draws.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/element.h"

draws draws_of(int number, unsigned short test)
{
    draws d = {{(unsigned short)number, test, 7}};
    (void)nrand48(d.state); /* the first differs little from seed to seed */
    return d;
}

int64_t draws_below(draws *d, int64_t limit)
{
    return nrand48(d->state) % limit;
}

int64_t draws_size(draws *d)
{
    static const int64_t sizes[] = {1,  2,  3,  4,  5,  7,  8,  9,
                                    15, 16, 17, 20, 33, 65, 130};
    return sizes[draws_below(d, sizeof sizes / sizeof *sizes)];
}

unsigned char *draws_values(draws *d, srnn_dtype dtype, int64_t count)
{
    unsigned char *const values =
        malloc((size_t)((count + 1) * element_bytes(dtype)));
    assert_non_null(values);
    for (int64_t i = 0; i < count; i++)
        element_put(values, dtype, i,
                    (double)(draws_below(d, 2048) - 1024) / 1024);
    return values;
}
