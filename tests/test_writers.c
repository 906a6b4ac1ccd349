/* SPDX-License-Identifier: MIT */
/* Labels: threads, no-valgrind, no-qemu */
/* Parameters and rnns that change under threads that run: what is computed is
 * always that of one set of weights, old or new, and a step of a stream is
 * never refused for a new rnn. */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/small_rnn.h"
#include "support/tools.h"

#if IS_SANITIZED || !defined(__OPTIMIZE__)
enum { SLOWER = 10 };
#else
enum { SLOWER = 1 };
#endif

enum { I = 5, H = 40, L = 2, B = 2, T = 4, SETS = 2 };
enum { STEPS = 200000 / SLOWER, WRITES = 1000 / SLOWER };
enum {
    GIFTS = 2000 / SLOWER,
    ENOUGH = 200 / SLOWER,
    MEANWHILE = 200 / SLOWER, /* writes */
    PAUSE = 200
}; /* microseconds */
enum { INPUTS = T * B * I, OUTPUTS = T * B * 2 * H, STATES = 2 * L * B * H };

/* Sanitizers want malloc for themselves; ours counts what is alive. */
static atomic_long blocks;

static void *allocate(void *user, size_t size, size_t alignment)
{
    (void)user;
    void *const memory = aligned_alloc(alignment, size);
    if (memory != NULL)
        atomic_fetch_add(&blocks, 1);
    return memory;
}

static void release(void *user, void *memory)
{
    (void)user;
    atomic_fetch_sub(&blocks, 1);
    free(memory);
}

static float input[INPUTS];

static void fill_input(void)
{
    for (int i = 0; i < INPUTS; i++)
        input[i] = (float)(i % 13 - 6) / 4;
}

static srnn_rnn *make_rnn(srnn_direction direction, uint64_t seed)
{
    return small_rnn_create(&(small_rnn){
        .I = I, .H = H, .L = L, .direction = direction, .seed = seed});
}

static srnn_context *make_context(const srnn_rnn *rnn, srnn_schedule schedule)
{
    return small_rnn_context(rnn, schedule == SRNN_SCHEDULE_SERIAL ? 1 : 2,
                             schedule);
}

/* One that runs. No assertion may leave its thread, so it counts. */
typedef struct {
    srnn_context *context;
    srnn_stream *stream;
    const float (*wanted)[OUTPUTS]; /* of each set */
    size_t bytes;
    atomic_bool *is_over;
    atomic_int *content; /* runners that saw enough of each set */
    long wrong;          /* neither of the sets, or an error */
    long busy;           /* refused for a writer */
    long seen[SETS];     /* outputs of a set */
    pthread_t thread;
} runner;

static void note(runner *r, srnn_status status, const float *output)
{
    if (status == SRNN_ERROR_BUSY) {
        r->busy++;
        return;
    }
    for (int set = 0; set < SETS; set++)
        if (status == SRNN_OK &&
            memcmp(output, r->wanted[set], r->bytes) == 0) {
            r->seen[set]++;
            if (r->seen[set] == ENOUGH && r->seen[1 - set] >= ENOUGH)
                atomic_fetch_add(r->content, 1);
            return;
        }
    r->wrong++;
}

/* With pauses: a writer has to find all of them outside of a call. */
static void *run_forwards(void *argument)
{
    runner *const r = argument;
    float output[OUTPUTS];
    while (!atomic_load(r->is_over)) {
        note(r,
             srnn_context_forward_contiguous(r->context, T, B, input, NULL,
                                             output, NULL),
             output);
        (void)usleep(PAUSE);
    }
    return NULL;
}

/* A step from the zero state. */
static void *run_stream(void *argument)
{
    runner *const r = argument;
    float output[OUTPUTS];
    while (!atomic_load(r->is_over)) {
        srnn_status status = srnn_stream_reset(r->stream, NULL, NULL, 1);
        if (status == SRNN_OK)
            status = srnn_stream_step(r->stream, input, output);
        note(r, status, output);
        (void)usleep(PAUSE);
    }
    return NULL;
}

/* What a set of parameters gives. */
static void run_alone(float *forward, float *step, srnn_rnn *rnn)
{
    srnn_context *const context = make_context(rnn, SRNN_SCHEDULE_SERIAL);
    srnn_stream *stream = NULL;
    expect_success("forward", srnn_context_forward_contiguous(
                                  context, T, B, input, NULL, forward, NULL));
    if (step != NULL) {
        expect_success("stream", srnn_stream_create(&stream, context, B));
        expect_success("step", srnn_stream_step(stream, input, step));
    }
    srnn_stream_destroy(stream);
    srnn_context_destroy(context);
}

enum { CONTEXTS = 3, RUNNERS = CONTEXTS + 1 };

/* The parameters to write in turn, and what each gives; step may be NULL. */
static void make_sets(parameters *sets, float (*forward)[OUTPUTS],
                      float (*step)[OUTPUTS], srnn_direction direction)
{
    for (int set = 0; set < SETS; set++) {
        srnn_rnn *const other = make_rnn(direction, (uint64_t)set);
        sets[set] = parameters_copy(other);
        run_alone(forward[set], step == NULL ? NULL : step[set], other);
        srnn_rnn_destroy(other);
    }
}

/* It has a context, and a stream if it is to step. */
static void start(runner *r, srnn_rnn *rnn, srnn_schedule schedule,
                  bool is_stream)
{
    r->context = make_context(rnn, schedule);
    if (is_stream)
        expect_success("stream", srnn_stream_create(&r->stream, r->context, B));
    assert_int_equal(pthread_create(&r->thread, NULL,
                                    is_stream ? run_stream : run_forwards, r),
                     0);
}

static void finish(runner *r)
{
    assert_int_equal(pthread_join(r->thread, NULL), 0);
    print_message("%ld and %ld forwards, %ld busy\n", r->seen[0], r->seen[1],
                  r->busy);
    assert_int_equal(r->wrong, 0);
    srnn_stream_destroy(r->stream);
    srnn_context_destroy(r->context);
}

static void check_writer(srnn_direction direction)
{
    static const srnn_schedule schedules[CONTEXTS] = {
        SRNN_SCHEDULE_SERIAL, SRNN_SCHEDULE_BATCH, SRNN_SCHEDULE_COLUMNS};
    static float forward[SETS][OUTPUTS];
    static float step[SETS][OUTPUTS];
    const bool steps = direction == SRNN_DIRECTION_FORWARD;
    const int count = steps ? RUNNERS : CONTEXTS;
    atomic_bool is_over = false;
    atomic_int content = 0;
    runner all[RUNNERS];
    parameters sets[SETS];
    long written = 0;
    long refused = 0;
    srnn_rnn *const rnn = make_rnn(direction, 0);
    make_sets(sets, forward, steps ? step : NULL, direction);
    const size_t width = direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    for (int i = 0; i < count; i++) {
        const bool is_stream = i == CONTEXTS;
        all[i] =
            (runner){.wanted = is_stream ? (const float(*)[OUTPUTS])step
                                         : (const float(*)[OUTPUTS])forward,
                     .bytes = (is_stream ? (size_t)B * H : T * B * H * width) *
                              sizeof(float),
                     .is_over = &is_over,
                     .content = &content};
        start(&all[i], rnn, schedules[is_stream ? 0 : i], is_stream);
    }
    while (written < WRITES || atomic_load(&content) < count) {
        const parameters *const next = &sets[(written + 1) % SETS];
        const srnn_status status = written / SETS % 2 == 0
                                       ? parameters_set(rnn, next)
                                       : parameters_set_flat(rnn, next);
        written += status == SRNN_OK;
        refused += status == SRNN_ERROR_BUSY;
        if (status != SRNN_OK && status != SRNN_ERROR_BUSY)
            fail_msg("write: %s", srnn_last_error());
        (void)usleep(PAUSE / 4);
    }
    atomic_store(&is_over, true);
    for (int i = 0; i < count; i++)
        finish(&all[i]);
    print_message("%ld written, %ld refused\n", written, refused);
    for (int set = 0; set < SETS; set++)
        parameters_free(&sets[set]);
    srnn_rnn_destroy(rnn);
    assert_int_equal(atomic_load(&blocks), 0);
}

static void test_writers__never_tear_a_running_call(void **state)
{
    (void)state;
    check_writer(SRNN_DIRECTION_FORWARD);
    check_writer(SRNN_DIRECTION_BIDIRECTIONAL);
}

/* A stream that is stepped from zero with the first input of a set of weights,
 * again and again. */
typedef struct {
    srnn_stream *stream;
    const float (*wanted)[OUTPUTS];
    long steps, failed, wrong;
    long seen[SETS];
    atomic_long given; /* rnns, by the other thread */
    atomic_bool is_over;
} stepper;

/* From the same state each time: what h was does not depend on who made it. */
static void *step_often(void *argument)
{
    stepper *const s = argument;
    float output[B * H];
    while (s->steps < STEPS || atomic_load(&s->given) < GIFTS / 2) {
        if (srnn_stream_reset(s->stream, NULL, NULL, 1) != SRNN_OK ||
            srnn_stream_step(s->stream, input, output) != SRNN_OK)
            s->failed++;
        int set = 0;
        while (set < SETS && memcmp(output, s->wanted[set], sizeof output) != 0)
            set++;
        if (set < SETS)
            s->seen[set]++;
        else
            s->wrong++;
        s->steps++;
    }
    atomic_store(&s->is_over, true);
    return NULL;
}

static void test_writers__give_a_stream_an_rnn_while_it_steps(void **state)
{
    static float forward[SETS][OUTPUTS];
    static float wanted[SETS][OUTPUTS];
    pthread_t thread;
    parameters sets[SETS];
    stepper s = {.wanted = (const float(*)[OUTPUTS])wanted};
    (void)state;
    make_sets(sets, forward, wanted, SRNN_DIRECTION_FORWARD);
    srnn_rnn *now = make_rnn(SRNN_DIRECTION_FORWARD, 0);
    srnn_context *const context = make_context(now, SRNN_SCHEDULE_SERIAL);
    expect_success("stream", srnn_stream_create(&s.stream, context, B));
    srnn_context_destroy(context);
    const long before = atomic_load(&blocks);
    assert_int_equal(pthread_create(&thread, NULL, step_often, &s), 0);
    while (!atomic_load(&s.is_over)) {
        srnn_rnn *next = NULL;
        expect_success("clone", srnn_rnn_clone(&next, now));
        expect_success("write",
                       parameters_set(next, &sets[(s.given + 1) % SETS]));
        expect_success("set_rnn", srnn_stream_set_rnn(s.stream, next));
        srnn_rnn_destroy(now); /* the stream has let it go */
        assert_int_equal(atomic_load(&blocks), before);
        now = next;
        atomic_fetch_add(&s.given, 1);
    }
    assert_int_equal(pthread_join(thread, NULL), 0);
    print_message("%ld steps, %ld rnns, %ld and %ld outputs\n", s.steps,
                  s.given, s.seen[0], s.seen[1]);
    assert_int_equal(s.failed, 0);
    assert_int_equal(s.wrong, 0);
    assert_true(s.seen[0] > 0 && s.seen[1] > 0);
    assert_ptr_equal(srnn_stream_rnn(s.stream), now);
    srnn_rnn_destroy(now);
    srnn_stream_destroy(s.stream);
    for (int set = 0; set < SETS; set++)
        parameters_free(&sets[set]);
    assert_int_equal(atomic_load(&blocks), 0);
}

/* Many that give at once. */
typedef struct {
    srnn_stream *stream;
    long given, wrong;
    pthread_t thread;
} giver;

static void *give_often(void *argument)
{
    giver *const g = argument;
    srnn_rnn *mine = NULL;
    for (int i = 0; i < GIFTS; i++) {
        /* Made without an assertion, which may not leave a thread. */
        if (srnn_rnn_create(&mine, I, H, NULL, (uint64_t)i) != SRNN_OK) {
            g->wrong++;
            return NULL;
        }
        const srnn_status status = srnn_stream_set_rnn(g->stream, mine);
        g->given += status == SRNN_OK;
        g->wrong += status != SRNN_OK && status != SRNN_ERROR_BUSY;
        srnn_rnn_destroy(mine);
        (void)sched_yield();
    }
    return NULL;
}

static void test_writers__give_a_stream_rnns_from_many_threads(void **state)
{
    enum { GIVERS = 3 };
    giver all[GIVERS];
    srnn_stream *stream = NULL;
    long given = 0;
    (void)state;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = I, .H = H});
    srnn_context *const context = make_context(rnn, SRNN_SCHEDULE_SERIAL);
    expect_success("stream", srnn_stream_create(&stream, context, B));
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    for (int i = 0; i < GIVERS; i++) {
        all[i] = (giver){.stream = stream};
        assert_int_equal(
            pthread_create(&all[i].thread, NULL, give_often, &all[i]), 0);
    }
    for (int i = 0; i < GIVERS; i++) {
        assert_int_equal(pthread_join(all[i].thread, NULL), 0);
        assert_int_equal(all[i].wrong, 0);
        given += all[i].given;
    }
    assert_true(given > 0);
    srnn_stream_destroy(stream);
    assert_int_equal(atomic_load(&blocks), 0);
}

/* Rnns of one stream may differ in the order of their tensors. A call that
 * runs meanwhile is one of its context's rnn, or that is not the stream's. */
typedef struct {
    srnn_stream *stream;
    const srnn_rnn *rnns[2];
    atomic_bool is_over;
} exchanger;

static void *exchange_often(void *argument)
{
    exchanger *const e = argument;
    for (int i = 0; !atomic_load(&e->is_over); i++)
        if (srnn_stream_set_rnn(e->stream, e->rnns[i % 2]) != SRNN_OK)
            return NULL;
    return argument;
}

static srnn_tensor *wrap_input(float *values, int64_t steps)
{
    const int64_t shape[] = {steps, B, I};
    srnn_tensor *tensor = NULL;
    expect_success("wrap", srnn_tensor_wrap(&tensor, values, SRNN_DTYPE_FLOAT32,
                                            3, shape, NULL));
    return tensor;
}

static void test_writers__exchange_the_order_of_a_stream_that_runs(void **state)
{
    exchanger e = {0};
    pthread_t thread;
    void *result = NULL;
    long seen[2] = {0, 0};
    (void)state;
    srnn_rnn *const plain = small_rnn_create(&(small_rnn){.I = I, .H = H});
    srnn_rnn *const turned =
        small_rnn_create(&(small_rnn){.I = I, .H = H, .batch_first = true});
    srnn_context *const context = make_context(plain, SRNN_SCHEDULE_SERIAL);
    srnn_tensor *const x = wrap_input(input, T);
    e.rnns[0] = turned;
    e.rnns[1] = plain;
    expect_success("stream", srnn_stream_create(&e.stream, context, B));
    assert_int_equal(pthread_create(&thread, NULL, exchange_often, &e), 0);
    for (int i = 0; i < 50 * STEPS && seen[1] < 2 * STEPS; i++) {
        const srnn_status status =
            srnn_stream_advance(e.stream, context, x, NULL, NULL, NULL);
        if (status == SRNN_ERROR_INVALID)
            assert_non_null(strstr(srnn_last_error(), "different rnns"));
        else
            expect_success("advance", status);
        seen[status == SRNN_OK]++;
    }
    atomic_store(&e.is_over, true);
    assert_int_equal(pthread_join(thread, &result), 0);
    assert_ptr_equal(result, &e);
    print_message("%ld advanced, %ld not\n", seen[1], seen[0]);
    assert_true(seen[1] > 0);
    srnn_tensor_destroy(x);
    srnn_stream_destroy(e.stream);
    srnn_context_destroy(context);
    srnn_rnn_destroy(plain);
    srnn_rnn_destroy(turned);
    assert_int_equal(atomic_load(&blocks), 0);
}

/* A view waits for a writer, and to wait is where a thread is cancelled. */
typedef struct {
    srnn_rnn *rnn;
    atomic_bool is_over;
    atomic_int written;
    atomic_int wrong;
} cancelled;

static void *write_on(void *argument)
{
    cancelled *const c = argument;
    srnn_tensor *value = NULL;
    if (srnn_rnn_copy_parameter(&value, c->rnn, "weight_hh_l0") != SRNN_OK)
        return NULL;
    while (!atomic_load(&c->is_over))
        if (srnn_rnn_set_parameter(c->rnn, "weight_hh_l0", value) == SRNN_OK)
            atomic_fetch_add(&c->written, 1);
    srnn_tensor_destroy(value);
    return NULL;
}

static void *view_cancelled(void *argument)
{
    cancelled *const c = argument;
    (void)pthread_cancel(pthread_self());
    while (atomic_load(&c->written) < MEANWHILE) {
        srnn_cell *cell = NULL;
        if (srnn_cell_create_view(&cell, c->rnn, 0, SRNN_DIRECTION_FORWARD) !=
            SRNN_OK)
            atomic_fetch_add(&c->wrong, 1);
        srnn_cell_destroy(cell);
        (void)sched_yield();
    }
    return argument;
}

static void test_writers__outlive_a_cancelled_thread_that_waits(void **state)
{
    enum { LARGE = 300 };
    pthread_t writer;
    pthread_t viewer;
    cancelled c = {.rnn = small_rnn_create(&(small_rnn){.I = I, .H = LARGE})};
    (void)state;
    assert_int_equal(pthread_create(&writer, NULL, write_on, &c), 0);
    assert_int_equal(pthread_create(&viewer, NULL, view_cancelled, &c), 0);
    void *result = NULL;
    assert_int_equal(pthread_join(viewer, &result), 0);
    assert_ptr_equal(result, &c); /* not PTHREAD_CANCELED */
    assert_int_equal(atomic_load(&c.wrong), 0);
    atomic_store(&c.is_over, true);
    assert_int_equal(pthread_join(writer, NULL), 0);
    srnn_rnn_destroy(c.rnn);
    assert_int_equal(atomic_load(&blocks), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_writers__never_tear_a_running_call),
        cmocka_unit_test(test_writers__give_a_stream_an_rnn_while_it_steps),
        cmocka_unit_test(test_writers__give_a_stream_rnns_from_many_threads),
        cmocka_unit_test(
            test_writers__exchange_the_order_of_a_stream_that_runs),
        cmocka_unit_test(test_writers__outlive_a_cancelled_thread_that_waits),
    };
    fill_input();
    if (srnn_allocator_set(allocate, release, NULL) != SRNN_OK)
        return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
