/* SPDX-License-Identifier: MIT */
/* The instruction set of a context for which nobody chose one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simd/isa.h"
#include "simplernn.h"
#include "support/expect.h"
#include "support/small_rnn.h"

static void check(int64_t H, srnn_dtype dtype, int64_t wanted)
{
    srnn_rnn *const rnn =
        small_rnn_create(&(small_rnn){.I = 3, .H = H, .dtype = dtype});
    srnn_context *context = NULL;
    int64_t isa = 0;
    EXPECT_SUCCESS(srnn_context_create(&context, rnn));
    EXPECT_SUCCESS(srnn_context_get_int(&isa, context, SRNN_CONTEXT_ISA));
    assert_int_equal(isa, wanted);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
}

/* AVX-512 is not for states that fill half of a vector at most. */
static void test_default_isa__is_the_best_for_the_state(void **state)
{
    const int64_t best = srnn_isa__best();
    const int64_t narrow = best == SRNN_ISA_AVX512 ? SRNN_ISA_AVX2 : best;
    (void)state;
    assert_int_equal(unsetenv("SIMPLERNN_ISA"), 0);
    check(1, SRNN_DTYPE_FLOAT32, narrow);
    check(8, SRNN_DTYPE_FLOAT32, narrow);
    check(9, SRNN_DTYPE_FLOAT32, best);
    check(100, SRNN_DTYPE_FLOAT32, best);
    check(4, SRNN_DTYPE_FLOAT64, narrow);
    check(5, SRNN_DTYPE_FLOAT64, best);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_default_isa__is_the_best_for_the_state),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
