/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-valgrind, native */
/* One rnn under many threads, each with a context of its own: the bits of the
 * serial run, with every gemm provider. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/small_rnn.h"
#include "support/tools.h"

enum { THREADS = 8, CALLS = TOOL_CASES(100000) };
enum { T = 3, B = 2, I = 5, H = 6, L = 2, D = 2 };
enum { INPUTS = T * B * I, OUTPUTS = T * B * D * H, STATES = L * D * B * H };

typedef struct {
    srnn_rnn *rnn;
    srnn_gemm gemm;
    int wrong; /* calls whose bits were not the serial run's, or that failed */
} job;

/* What the serial run gave. */
static float wanted_output[OUTPUTS];
static float wanted_h_n[STATES];

static srnn_rnn *make_rnn(void)
{
    return small_rnn_create(
        &(small_rnn){.I = I, .H = H, .L = L, .D = D, .seed = 7});
}

static srnn_tensor *wrap(float *data, int64_t rows, int64_t columns)
{
    const int64_t shape[] = {rows, B, columns};
    srnn_tensor *tensor = NULL;
    return srnn_tensor_wrap(&tensor, data, SRNN_DTYPE_FLOAT32, 3, shape,
                            NULL) == SRNN_OK
               ? tensor
               : NULL;
}

/* Runs the same call many times; returns how many gave other bits. */
static int run(const job *j, int calls, float *output, float *h_n)
{
    float input[INPUTS];
    for (int i = 0; i < INPUTS; i++)
        input[i] = (float)(i % 7 - 3) / 4;
    srnn_context *context = NULL;
    srnn_tensor *const x = wrap(input, T, I);
    srnn_tensor *const y = wrap(output, T, D * H);
    srnn_tensor *const s = wrap(h_n, (int64_t)L * D, H);
    int wrong = srnn_context_create(&context, j->rnn) != SRNN_OK;
    wrong +=
        srnn_context_set_int(context, SRNN_CONTEXT_GEMM, j->gemm) != SRNN_OK;
    for (int i = 0; i < calls; i++) {
        memset(output, 0, sizeof wanted_output);
        memset(h_n, 0, sizeof wanted_h_n);
        wrong += srnn_context_forward(context, x, NULL, y, s) != SRNN_OK ||
                 (j->wrong == 0 &&
                  (memcmp(output, wanted_output, sizeof wanted_output) != 0 ||
                   memcmp(h_n, wanted_h_n, sizeof wanted_h_n) != 0));
    }
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(y);
    srnn_tensor_destroy(s);
    srnn_context_destroy(context);
    return wrong;
}

static void *thread_main(void *argument)
{
    job *const j = argument;
    float output[OUTPUTS];
    float h_n[STATES];
    j->wrong = run(j, CALLS, output, h_n);
    return NULL;
}

static void check_provider(srnn_gemm gemm)
{
    srnn_rnn *const rnn = make_rnn();
    const job serial = {rnn, gemm, -1}; /* makes what is compared with */
    assert_int_equal(run(&serial, 1, wanted_output, wanted_h_n), 0);
    job jobs[THREADS];
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) {
        jobs[i] = (job){rnn, gemm, 0};
        assert_int_equal(
            pthread_create(&threads[i], NULL, thread_main, &jobs[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
        assert_int_equal(jobs[i].wrong, 0);
    }
    srnn_rnn_destroy(rnn);
}

static void test_threads__native_equals_serial_bits(void **state)
{
    (void)state;
    check_provider(SRNN_GEMM_NATIVE);
}

#if SRNN_HAVE_OPENBLAS
static void test_threads__openblas_equals_serial_bits(void **state)
{
    (void)state;
    check_provider(SRNN_GEMM_OPENBLAS);
}
#endif

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_threads__native_equals_serial_bits),
#if SRNN_HAVE_OPENBLAS
        cmocka_unit_test(test_threads__openblas_equals_serial_bits),
#endif
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
