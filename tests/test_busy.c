/* SPDX-License-Identifier: MIT */
/* Labels: threads */
/* Who comes second gets SRNN_ERROR_BUSY and changes nothing, and the first one
 * its results: in a context, in a stream, in a tape, and where parameters are
 * written. The first is held for sure. In a forward and in a recording that is
 * in the request for memory that the first call of a size makes; in a write,
 * where it reads a value in memory that cannot be read yet. Gradients, linear
 * layers and optimizers have tests of their own, unit/test_busy_....c; that
 * every function has one is what unit/test_busy_flags.c shows. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/failing.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

enum { T = 3, B = 2, I = 4, H = 5, PARAMETERS = 4 };

/* Where tensors lie, in bytes of misuse_memory. */
enum {
    INPUT = 1024,
    OUTPUT = 2048,
    WANTED = 3072,
    STATES = 4096,
    NUMBER = 5120,
    VALUE = 6144,
    SPARE = 7168
};

enum { OUTPUT_BYTES = T * B * H * (int)sizeof(float) };

/* Pipes, for a signal handler may use them. */
static int entered[2];
static int go_on[2];

static void tell(const int pipe[2])
{
    const char byte = 0;
    while (write(pipe[1], &byte, 1) != 1)
        continue;
}

static void await(const int pipe[2])
{
    char byte = 0;
    while (read(pipe[0], &byte, 1) != 1)
        continue;
}

/* Holds the thread that comes first, once. */
static void hold(void)
{
    failing_visit = NULL;
    tell(entered);
    await(go_on);
}

/* What the tests work on. */
static srnn_rnn *rnn;
static srnn_context *context; /* is held */
static srnn_context *serial;  /* is free */
static srnn_stream *stream;   /* is held in the context, or free */
static srnn_tape *tape;       /* is held in a context, or free with a recording
                                 of x */

static srnn_tensor *x, *y, *spare, *states, *value;

/* Of serial, which runs from zeros. */
static void compute_wanted(void)
{
    srnn_tensor *const wanted = view(WANTED, F32, SHAPE(T, B, H));
    ACCEPT(srnn_context_forward(serial, x, NULL, wanted, NULL));
}

static void check_output(size_t byte)
{
    assert_memory_equal(misuse_memory + byte, misuse_memory + WANTED,
                        OUTPUT_BYTES);
}

static int create(void **state)
{
    (void)state;
    misuse_fill();
    rnn = small_rnn_create(&(small_rnn){.I = I, .H = H});
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("serial", srnn_context_create(&serial, rnn));
    expect_success("stream", srnn_stream_create(&stream, serial, B));
    expect_success("tape", srnn_tape_create(&tape, rnn));
    x = view(INPUT, F32, SHAPE(T, B, I));
    y = view(OUTPUT, F32, SHAPE(T, B, H));
    spare = view(SPARE, F32, SHAPE(T, B, H));
    states = view(STATES, F32, SHAPE(1, B, H));
    value = view(VALUE, F32, SHAPE(H, I));
    compute_wanted();
    expect_success("record", srnn_context_record(serial, tape, x, NULL, NULL,
                                                 NULL, NULL, NULL, NULL));
    return 0;
}

static int destroy(void **state)
{
    (void)state;
    srnn_tape_destroy(tape);
    srnn_stream_destroy(stream);
    srnn_context_destroy(context);
    srnn_context_destroy(serial);
    srnn_rnn_destroy(rnn);
    return 0;
}

/* The first thread: what it does, and what came of it. */
typedef struct {
    pthread_t thread;
    srnn_status (*run)(void);
    srnn_status status;
} job;

static void *run(void *argument)
{
    job *const j = argument;
    j->status = j->run();
    return NULL;
}

static void start(job *j, srnn_status (*what)(void))
{
    *j = (job){.run = what, .status = SRNN_ERROR_INVALID};
    assert_int_equal(pthread_create(&j->thread, NULL, run, j), 0);
}

/* Returns when it is inside. */
static void start_and_hold(job *j, srnn_status (*what)(void))
{
    failing_visit = hold;
    start(j, what);
    await(entered);
}

static void finish(job *j)
{
    assert_int_equal(pthread_join(j->thread, NULL), 0);
    expect_success("the first thread", j->status);
}

static srnn_status forward(void)
{
    return srnn_context_forward(context, x, NULL, y, NULL);
}

static srnn_status advance(void)
{
    return srnn_stream_advance(stream, context, x, NULL, NULL, y);
}

/* In a context, with the tape; one of the two is busy. */
static void refuse_training(srnn_context *with, const char *says)
{
    int64_t *const number = (int64_t *)(void *)(misuse_memory + NUMBER);
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_context_tape_size((size_t *)(void *)number, with, tape, T, B));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_context_record(with, tape, x, NULL, NULL, NULL, NULL, spare,
                               NULL));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_context_record_contiguous(
               with, tape, T, B, misuse_memory + INPUT, NULL, NULL, NULL, NULL,
               misuse_memory + SPARE, NULL));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_context_backward(with, tape, x, NULL, NULL,
                                 SRNN_ACCUMULATION_SET, NULL, NULL, states,
                                 NULL));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_context_backward_contiguous(with, tape, misuse_memory + INPUT,
                                            NULL, NULL, SRNN_ACCUMULATION_SET,
                                            NULL, NULL, misuse_memory + STATES,
                                            NULL));
}

/* The recording of x, which is as it was. */
static void check_recording(void)
{
    ACCEPT(srnn_context_backward(serial, tape, x, NULL, NULL,
                                 SRNN_ACCUMULATION_SET, NULL, NULL, NULL,
                                 NULL));
}

static void refuse_context(void)
{
    static const char says[] =
        "another thread is using the context or writing parameters of its rnn";
    int64_t *const number = (int64_t *)(void *)(misuse_memory + NUMBER);
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_context_forward(context, x, NULL, spare, NULL));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_context_forward_contiguous(context, T, B, misuse_memory + INPUT,
                                           NULL, misuse_memory + SPARE, NULL));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_context_forward_sequences(context, x, NULL, NULL, NULL, NULL,
                                          spare, NULL));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS, 2));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_context_get_int(number, context, SRNN_CONTEXT_NUM_THREADS));
    REFUSE(SRNN_ERROR_BUSY, says, srnn_stream_create(&made.stream, context, B));
    refuse_training(context, says);
}

static void refuse_stream(void)
{
    static const char says[] =
        "another thread is using the stream or writing parameters of its rnn";
    const srnn_stream_option flush = SRNN_STREAM_FLUSH_SUBNORMALS;
    int64_t *const number = (int64_t *)(void *)(misuse_memory + NUMBER);
    REFUSE(SRNN_ERROR_BUSY, says, srnn_stream_set_int(stream, flush, 1));
    REFUSE(SRNN_ERROR_BUSY, says, srnn_stream_get_int(number, stream, flush));
    REFUSE(
        SRNN_ERROR_BUSY, says,
        srnn_stream_step(stream, misuse_memory + INPUT, misuse_memory + SPARE));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_stream_advance(stream, serial, x, NULL, NULL, spare));
    REFUSE(SRNN_ERROR_BUSY, says, srnn_stream_reset(stream, NULL, NULL, 1));
    REFUSE(SRNN_ERROR_BUSY, says, srnn_stream_get_state(stream, states));
    REFUSE(SRNN_ERROR_BUSY, says, srnn_stream_set_state(stream, states));
}

/* Each writer; the parameters stay. */
static void refuse_writers(const char *says)
{
    const srnn_tensor *values[PARAMETERS];
    float before[H * I];
    memcpy(before, srnn_rnn_parameter_data(rnn, 0), sizeof before);
    for (int64_t i = 0; i < PARAMETERS; i++)
        values[i] = view(VALUE, F32, srnn_rnn_parameter_rank(rnn, i),
                         srnn_rnn_parameter_shape(rnn, i));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_rnn_set_parameter(rnn, "weight_ih_l0", value));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_rnn_set_parameters(rnn, values, PARAMETERS));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_rnn_set_flat(rnn,
                             view(VALUE, F32, SHAPE(srnn_rnn_flat_size(rnn)))));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_rnn_initialise(rnn, "weight_ih_l0", SRNN_INITIALISATION_ZEROS,
                               1, 1));
    assert_memory_equal(before, srnn_rnn_parameter_data(rnn, 0), sizeof before);
}

static const char running[] =
    "parameters cannot be written while another thread is using a context or a "
    "stream of the rnn";

static void test_busy__context(void **state)
{
    (void)state;
    job first;
    start_and_hold(&first, forward);
    refuse_context();
    refuse_writers(running);
    ACCEPT(srnn_context_forward(serial, x, NULL, spare, NULL));
    ACCEPT(srnn_stream_step(stream, misuse_memory + INPUT, NULL));
    check_recording();
    tell(go_on);
    finish(&first);
    check_output(OUTPUT);
    check_output(SPARE);
    check_recording();

    /* It was left alone, and is free again. */
    int64_t threads = 0;
    misuse_fill();
    compute_wanted();
    ACCEPT(srnn_context_get_int(&threads, context, SRNN_CONTEXT_NUM_THREADS));
    ACCEPT(srnn_context_set_int(context, SRNN_CONTEXT_NUM_THREADS, 1));
    ACCEPT(srnn_context_forward(context, x, NULL, spare, NULL));
    check_output(SPARE);
}

static void test_busy__stream(void **state)
{
    (void)state;
    job first;
    start_and_hold(&first, advance);
    refuse_context();
    refuse_stream();
    refuse_writers(running);
    ACCEPT(srnn_context_forward(serial, x, NULL, spare, NULL));
    tell(go_on);
    finish(&first);
    check_output(OUTPUT); /* from states of 0 */
    check_output(SPARE);
    ACCEPT(srnn_stream_reset(stream, NULL, NULL, 1));
    ACCEPT(srnn_stream_advance(stream, serial, x, NULL, NULL, spare));
    check_output(SPARE);
}

static srnn_status record(void)
{
    return srnn_context_record(context, tape, x, NULL, NULL, NULL, NULL, y,
                               NULL);
}

/* In a context that is free, and by itself. */
static void test_busy__tape(void **state)
{
    (void)state;
    static const char says[] =
        "another thread is using the tape; give each thread its own tape";
    int64_t *const number = (int64_t *)(void *)(misuse_memory + NUMBER);
    const srnn_tape_option seed = SRNN_TAPE_DROPOUT_SEED;
    job first;
    start_and_hold(&first, record);
    refuse_context();
    refuse_writers(running);
    refuse_training(serial, says);
    REFUSE(SRNN_ERROR_BUSY, says, srnn_tape_set_int(tape, seed, 1));
    REFUSE(SRNN_ERROR_BUSY, says, srnn_tape_get_int(number, tape, seed));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_tape_size((size_t *)(void *)number, tape, T, B));
    REFUSE(SRNN_ERROR_BUSY, says,
           srnn_tape_set_memory(tape, misuse_memory + SPARE, 1024));
    ANSWER(rnn, srnn_tape_rnn(tape));
    ACCEPT(srnn_context_forward(serial, x, NULL, spare, NULL));
    tell(go_on);
    finish(&first);
    check_output(OUTPUT);
    check_output(SPARE);
    check_recording();
    ACCEPT(srnn_tape_get_int(number, tape, seed));
    assert_int_equal(*number, 0);
}

static srnn_status go_back(void)
{
    return srnn_context_backward(context, tape, x, y, NULL,
                                 SRNN_ACCUMULATION_SET, NULL, NULL, states,
                                 NULL);
}

/* The same in a backward, which takes memory for what it needs. */
static void test_busy__tape_in_backward(void **state)
{
    (void)state;
    job first;
    start_and_hold(&first, go_back);
    refuse_context();
    refuse_writers(running);
    refuse_training(serial, "another thread is using the tape; give each");
    tell(go_on);
    finish(&first);
    check_recording();
}

/* A stream is free, but not the context that it is to borrow. */
static void test_busy__stream_with_a_busy_context(void **state)
{
    (void)state;
    job first;
    start_and_hold(&first, forward);
    REFUSE(SRNN_ERROR_BUSY, "another thread is using the context",
           srnn_stream_advance(stream, context, x, NULL, NULL, spare));
    ACCEPT(srnn_stream_advance(stream, serial, x, NULL, NULL, spare));
    tell(go_on);
    finish(&first);
    check_output(SPARE);
}

static srnn_rnn *next;

static srnn_status give_next(void)
{
    return srnn_stream_set_rnn(stream, next);
}

/* The second thread is inside once the stream has its rnn, and waits for the
 * call of the first. */
static void test_busy__stream_gets_one_rnn_at_a_time(void **state)
{
    (void)state;
    job first;
    job second;
    expect_success("clone", srnn_rnn_clone(&next, rnn));
    start_and_hold(&first, advance);
    start(&second, give_next);
    while (srnn_stream_rnn(stream) != next)
        (void)sched_yield();
    REFUSE(SRNN_ERROR_BUSY,
           "another thread is in srnn_stream_set_rnn of the stream",
           srnn_stream_set_rnn(stream, rnn));
    assert_ptr_equal(srnn_stream_rnn(stream), next);
    tell(go_on);
    finish(&first);
    finish(&second);
    check_output(OUTPUT);
    ACCEPT(srnn_stream_set_rnn(stream, rnn));
    srnn_rnn_destroy(next);
}

/* A value that holds whoever reads it: of a file that has no bytes yet. */
static void *page;

static void hold_reader(int number)
{
    (void)number;
    tell(entered);
    await(go_on);
}

static srnn_status write_held(void)
{
    srnn_tensor *held = NULL;
    srnn_status status = srnn_tensor_wrap(&held, page, F32, SHAPE(H, I), NULL);
    if (status == SRNN_OK)
        status = srnn_rnn_set_parameter(rnn, "weight_ih_l0", held);
    srnn_tensor_destroy(held);
    return status;
}

/* A thread that is held by a page, until it is let go. */
typedef struct {
    job first;
    struct sigaction before;
    int file;
    size_t size;
} held_job;

static void start_and_hold_by_page(held_job *held, srnn_status (*what)(void),
                                   size_t size)
{
    struct sigaction action = {.sa_handler = hold_reader};
    held->size = size;
    held->file = memfd_create("value", MFD_CLOEXEC);
    page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, held->file, 0);
    assert_ptr_not_equal(page, MAP_FAILED);
    assert_int_equal(sigemptyset(&action.sa_mask), 0);
    assert_int_equal(sigaction(SIGBUS, &action, &held->before), 0);
    start(&held->first, what);
    await(entered);
}

/* The page has zeros from now on. */
static void let_go(held_job *held)
{
    assert_int_equal(ftruncate(held->file, (off_t)held->size), 0);
    tell(go_on);
    finish(&held->first);
    assert_int_equal(sigaction(SIGBUS, &held->before, NULL), 0);
}

static void free_page(const held_job *held)
{
    assert_int_equal(munmap(page, held->size) | close(held->file), 0);
}

/* Contexts and streams go on with the new weights. */
static void test_busy__writer(void **state)
{
    (void)state;
    held_job held;
    start_and_hold_by_page(&held, write_held, H * I * sizeof(float));
    refuse_context();
    refuse_stream();
    refuse_writers("another thread is writing parameters of the rnn");
    let_go(&held);

    const float *const weights = srnn_rnn_parameter_data(rnn, 0);
    for (int i = 0; i < H * I; i++)
        assert_true(weights[i] == 0);
    memcpy(misuse_memory + SPARE, misuse_memory + WANTED, OUTPUT_BYTES);
    compute_wanted();
    assert_memory_not_equal(misuse_memory + SPARE, misuse_memory + WANTED,
                            OUTPUT_BYTES);
    ACCEPT(srnn_context_forward(context, x, NULL, spare, NULL));
    check_output(SPARE);
    ACCEPT(srnn_stream_advance(stream, context, x, NULL, NULL, spare));
    check_output(SPARE);
    free_page(&held);
}

static int setup(void **state)
{
    return pipe(entered) | pipe(go_on) | misuse_setup(state);
}

static int teardown(void **state)
{
    return close(entered[0]) | close(entered[1]) | close(go_on[0]) |
           close(go_on[1]) | misuse_teardown(state);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_busy__context),
        TEST(test_busy__stream),
        TEST(test_busy__tape),
        TEST(test_busy__tape_in_backward),
        TEST(test_busy__stream_with_a_busy_context),
        TEST(test_busy__stream_gets_one_rnn_at_a_time),
        TEST(test_busy__writer),
    };
    return misuse_verdict(cmocka_run_group_tests(tests, setup, teardown));
}
