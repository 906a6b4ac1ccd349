/* SPDX-License-Identifier: MIT */
#include "support/draws.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/element.h"
#include "support/enumerators.h"
#include "support/expect.h"

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

srnn_dtype draws_dtype(draws *d)
{
    return draws_below(d, 2) == 0 ? SRNN_DTYPE_FLOAT32 : SRNN_DTYPE_FLOAT64;
}

srnn_nonlinearity draws_nonlinearity(draws *d)
{
    const enumerators all = enumerators_from(SRNN_NONLINEARITY_TANH);
    return all.values[draws_below(d, all.count)];
}

double draws_value(draws *d)
{
    return (double)(draws_below(d, 2048) - 1024) / 1024;
}

unsigned char *draws_values(draws *d, srnn_dtype dtype, int64_t count)
{
    unsigned char *const values =
        malloc((size_t)((count + 1) * element_bytes(dtype)));
    assert_non_null(values);
    for (int64_t i = 0; i < count; i++)
        element_put(values, dtype, i, draws_value(d));
    return values;
}

void draws_share_out(draws *d, srnn_context *context, int64_t most_threads)
{
    const int64_t threads = 1 + draws_below(d, most_threads);
    const int64_t schedule =
        SRNN_SCHEDULE_AUTO +
        draws_below(d, SRNN_SCHEDULE_COLUMNS - SRNN_SCHEDULE_AUTO + 1);
    expect_success("threads", srnn_context_set_int(
                                  context, SRNN_CONTEXT_NUM_THREADS, threads));
    expect_success("schedule", srnn_context_set_int(
                                   context, SRNN_CONTEXT_SCHEDULE, schedule));
}

srnn_context *draws_context(draws *d, const srnn_rnn *rnn, int64_t most_threads)
{
    srnn_context *context = NULL;
    expect_success("context", srnn_context_create(&context, rnn));
    draws_share_out(d, context, most_threads);
    return context;
}
