/* SPDX-License-Identifier: MIT */
/* A second thread in a context gets SRNN_ERROR_BUSY, and the first one its
 * results. The first is held in its forward for sure: in the request for
 * memory that the first call of a size makes. */
#include <pthread.h>
#include <semaphore.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/failing.h"
#include "support/misuse.h"

enum { T = 3, B = 2, I = 4, H = 5 };

/* Where tensors lie, in bytes of misuse_memory. */
enum { INPUT = 1024, OUTPUT = 2048, WANTED = 3072, SPARE = 4096 };

enum { OUTPUT_BYTES = T * B * H * (int)sizeof(float) };

static sem_t entered;
static sem_t go_on;

/* Holds the thread that comes first, once. */
static void hold(void)
{
    failing_visit = NULL;
    (void)sem_post(&entered);
    while (sem_wait(&go_on) != 0)
        continue;
}

typedef struct {
    srnn_context *context;
    srnn_tensor *input, *output;
    srnn_status status;
} job;

static void *run(void *argument)
{
    job *const j = argument;
    j->status =
        srnn_context_forward(j->context, j->input, NULL, j->output, NULL);
    return NULL;
}

static srnn_rnn *make_rnn(void)
{
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    expect_success("config", srnn_config_create(&config));
    expect_success("sizes",
                   srnn_config_set_int(config, SRNN_OPTION_INPUT_SIZE, I) |
                       srnn_config_set_int(config, SRNN_OPTION_HIDDEN_SIZE, H));
    expect_success("rnn", srnn_rnn_create(&rnn, config, 1));
    srnn_config_destroy(config);
    return rnn;
}

static srnn_context *make_context(srnn_rnn *rnn)
{
    srnn_context *context = NULL;
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("gemm", srnn_context_set_int(context, SRNN_CONTEXT_GEMM,
                                                SRNN_GEMM_NATIVE));
    return context;
}

static void test_busy__context_serves_one_thread(void **state)
{
    (void)state;
    srnn_rnn *const rnn = make_rnn();
    srnn_context *const serial = make_context(rnn);
    job j = {make_context(rnn), view(INPUT, F32, SHAPE(T, B, I)),
             view(OUTPUT, F32, SHAPE(T, B, H)), SRNN_ERROR_INVALID};
    srnn_tensor *const spare = view(SPARE, F32, SHAPE(T, B, H));
    srnn_tensor *const wanted = view(WANTED, F32, SHAPE(T, B, H));
    pthread_t thread;
    ACCEPT(srnn_context_forward(serial, j.input, NULL, wanted, NULL));

    failing_visit = hold;
    assert_int_equal(pthread_create(&thread, NULL, run, &j), 0);
    assert_int_equal(sem_wait(&entered), 0);
    ACCEPT(srnn_context_forward(serial, j.input, NULL, spare, NULL));
    REFUSE(SRNN_ERROR_BUSY, "context...thread",
           srnn_context_forward(j.context, j.input, NULL, spare, NULL));
    REFUSE(
        SRNN_ERROR_BUSY, "context...thread",
        srnn_context_set_int(j.context, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE));
    int64_t value = 77;
    REFUSE(SRNN_ERROR_BUSY, "context...thread",
           srnn_context_get_int(&value, j.context, SRNN_CONTEXT_GEMM));
    assert_int_equal(value, 77);
    assert_int_equal(sem_post(&go_on), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);

    expect_success("the first thread", j.status);
    assert_memory_equal(misuse_memory + OUTPUT, misuse_memory + WANTED,
                        OUTPUT_BYTES);
    ACCEPT(srnn_context_forward(j.context, j.input, NULL, spare, NULL));
    assert_memory_equal(misuse_memory + SPARE, misuse_memory + WANTED,
                        OUTPUT_BYTES);
    srnn_context_destroy(j.context);
    srnn_context_destroy(serial);
    srnn_rnn_destroy(rnn);
}

static int setup(void **state)
{
    return sem_init(&entered, 0, 0) | sem_init(&go_on, 0, 0) |
           misuse_setup(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_busy__context_serves_one_thread),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, setup, misuse_teardown));
}
