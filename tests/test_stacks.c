/* SPDX-License-Identifier: MIT */
/* Labels: threads */
/* The C library takes the thread-local memory of the program out of the stack
 * of every thread. This program has more of it than a helper's stack was ever
 * meant to hold. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/small_rnn.h"

enum { THREADS = 3, T = 2, B = 3, I = 2, H = 3, LARGE = 1 << 21 };

static _Thread_local volatile char large[LARGE];

static void run(float *y, const srnn_rnn *rnn, int64_t threads)
{
    static const float x[T * B * I] = {1, 2, 3, 4, 5, 6, 7, 8, 9};
    int64_t used = 0;
    srnn_context *const context =
        small_rnn_context(rnn, threads, SRNN_SCHEDULE_BATCH);
    expect_success("forward", srnn_context_forward_contiguous(context, T, B, x,
                                                              NULL, y, NULL));
    expect_success("threads", srnn_context_get_int(&used, context,
                                                   SRNN_CONTEXT_LAST_THREADS));
    assert_int_equal(used, threads);
    srnn_context_destroy(context);
}

static void test_stacks__of_helpers_have_room_for_thread_local(void **state)
{
    float serial[T * B * H];
    float shared[T * B * H];
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = I, .H = H, .seed = 1});
    (void)state;
    large[LARGE - 1] = 1;
    run(serial, rnn, 1);
    run(shared, rnn, THREADS);
    assert_memory_equal(serial, shared, sizeof serial);
    assert_int_equal(large[LARGE - 1], 1);
    srnn_rnn_destroy(rnn);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stacks__of_helpers_have_room_for_thread_local),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
