/* SPDX-License-Identifier: MIT */
/* Every function that can return SRNN_ERROR_BUSY, against everything that one
 * can be busy with. While one thing is held, each call is refused or succeeds,
 * as its row says. A flag does not know who holds it, so one thread is enough
 * to try all of this; the other tests of busy objects have threads. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "api/tape.h"
#include "linear/linear.h"
#include "optimizer/optimizer.h"
#include "rnn/gradients.h"
#include "stack/stream.h"
#include "support/expect.h"
#include "support/headers.h"
#include "support/misuse.h"
#include "support/small_rnn.h"
#include "support/temporary.h"

enum { T = 2, B = 1, I = 3, H = 2, O = 2, PARAMETERS = 4 };

/* What can be held. */
enum {
    NOTHING_HELD = 0,
    CONTEXT = 1,
    STREAM = 2,
    TAPE = 4,
    GRADIENTS = 8,         /* of the rnn */
    LINEAR_GRADIENTS = 16, /* of the linear layer */
    LINEAR_READER = 32,
    LINEAR_WRITER = 64,
    OPTIMIZER = 128,
    RNN_WRITER = 256,
    CHANGE = 512 /* of a stream's rnn */
};

/* The same for several. */
enum {
    RUN = CONTEXT | RNN_WRITER,
    STEP = STREAM | RNN_WRITER,
    RNN = CONTEXT | STREAM | RNN_WRITER,
    LINEAR = LINEAR_READER | LINEAR_WRITER,
    LIST = GRADIENTS | LINEAR_GRADIENTS,
    ALL = OPTIMIZER | LIST | RNN | LINEAR
};

/* Where tensors lie, in bytes of misuse_memory. */
enum { INPUT = 1024, OUTPUT = 2048, VALUE = 3072, NUMBER = 4096, ROW = 5120 };

static srnn_rnn *rnn;
static srnn_linear *linear;
static srnn_context *context;
static srnn_stream *stream;
static srnn_tape *tape;
static srnn_gradients *list[2];
static srnn_gradients *extra; /* to be added */
static srnn_optimizer *optimizer;
static srnn_weights *weights;
static srnn_tensor *x, *y, *row, *out, *states;
static const srnn_tensor *values[PARAMETERS];
static char path[512];
static int held;

static void create_views(void)
{
    x = view(INPUT, F32, SHAPE(T, B, I));
    y = view(OUTPUT, F32, SHAPE(T, B, H));
    row = view(ROW, F32, SHAPE(I));
    out = view(OUTPUT, F32, SHAPE(O));
    states = view(OUTPUT, F32, SHAPE(1, B, H));
    for (int64_t i = 0; i < PARAMETERS; i++)
        values[i] = view(VALUE, F32, srnn_rnn_parameter_rank(rnn, i),
                         srnn_rnn_parameter_shape(rnn, i));
}

static void create_optimizer(void)
{
    static const char *const prefixes[] = {"rnn.", "linear."};
    EXPECT_SUCCESS(srnn_optimizer_create(&optimizer, SRNN_OPTIMIZER_KIND_ADAM));
    for (int i = 0; i < 2; i++)
        EXPECT_SUCCESS(srnn_optimizer_add(optimizer, list[i], prefixes[i]));
    EXPECT_SUCCESS(
        srnn_gradients_create_tensor(&extra, view(VALUE, F32, SHAPE(1)), "x"));
    (void)strcpy(path, temporary_path("checkpoint"));
    EXPECT_SUCCESS(srnn_optimizer_save(optimizer, path, NULL, NULL, 0, NULL));
    EXPECT_SUCCESS(srnn_weights_open(&weights, path));
}

static int create(void **state)
{
    (void)state;
    misuse_fill();
    rnn = small_rnn_create(&(small_rnn){.I = I, .H = H});
    EXPECT_SUCCESS(srnn_linear_create(&linear, F32, I, O, 1, 1));
    EXPECT_SUCCESS(srnn_context_create(&context, rnn));
    EXPECT_SUCCESS(srnn_stream_create(&stream, context, B));
    EXPECT_SUCCESS(srnn_tape_create(&tape, rnn));
    EXPECT_SUCCESS(srnn_gradients_create(&list[0], rnn));
    EXPECT_SUCCESS(srnn_gradients_create_linear(&list[1], linear));
    create_views();
    create_optimizer();
    EXPECT_SUCCESS(srnn_context_record(context, tape, x, NULL, NULL, NULL, NULL,
                                       NULL, NULL));
    return 0;
}

static void hold(void)
{
    if (held == CONTEXT)
        EXPECT_SUCCESS(srnn_context__enter(context));
    if (held == STREAM)
        assert_true(srnn_busy__take(&stream->busy));
    if (held == TAPE)
        EXPECT_SUCCESS(srnn_tape__enter(tape));
    if (held == GRADIENTS || held == LINEAR_GRADIENTS)
        EXPECT_SUCCESS(srnn_gradients__enter(list[held == GRADIENTS ? 0 : 1]));
    if (held == LINEAR_READER)
        EXPECT_SUCCESS(srnn_linear__enter(linear));
    if (held == LINEAR_WRITER)
        EXPECT_SUCCESS(srnn_linear__begin_write(linear));
    if (held == OPTIMIZER)
        EXPECT_SUCCESS(srnn_optimizer__enter(optimizer));
    if (held == RNN_WRITER)
        EXPECT_SUCCESS(srnn_users__begin_write(&rnn->users));
    if (held == CHANGE)
        assert_true(srnn_stream__begin_change(stream));
}

static void let_go(void)
{
    if (held == CONTEXT)
        srnn_context__leave(context);
    if (held == STREAM)
        srnn_busy__release(&stream->busy);
    if (held == TAPE)
        srnn_tape__leave(tape);
    if (held == GRADIENTS || held == LINEAR_GRADIENTS)
        srnn_gradients__leave(list[held == GRADIENTS ? 0 : 1]);
    if (held == LINEAR_READER)
        srnn_linear__leave(linear);
    if (held == LINEAR_WRITER)
        srnn_linear__end_write(linear);
    if (held == OPTIMIZER)
        srnn_optimizer__leave(optimizer);
    if (held == RNN_WRITER)
        srnn_users__end_write(&rnn->users);
    if (held == CHANGE)
        srnn_stream__end_change(stream);
    held = NOTHING_HELD;
}

static int destroy(void **state)
{
    (void)state;
    let_go(); /* of a test that failed; destroying would wait */
    srnn_weights_destroy(weights);
    srnn_optimizer_destroy(optimizer);
    srnn_gradients_destroy(extra);
    for (int i = 0; i < 2; i++)
        srnn_gradients_destroy(list[i]);
    srnn_tape_destroy(tape);
    srnn_stream_destroy(stream);
    srnn_context_destroy(context);
    srnn_linear_destroy(linear);
    srnn_rnn_destroy(rnn);
    return 0;
}

/* By the function, all that refuses it. */
static int refusing[HEADERS_FUNCTIONS];

static void judge(const char *call, srnn_status status, int flags)
{
    headers_function *all = NULL;
    if (flags & held)
        misuse_refused(call, status, SRNN_ERROR_BUSY, "another thread");
    else
        misuse_accepted(call, status);
    assert_in_range(headers_functions(&all), 1, HEADERS_FUNCTIONS);
    refusing[headers_find(call) - all] |= flags;
}

/* The call is refused while any of the flags is held. */
#define CALL(flags, ...)                                                       \
    do {                                                                       \
        misuse_before();                                                       \
        judge(#__VA_ARGS__, (__VA_ARGS__), flags);                             \
    } while (0)

static void call_context(void)
{
    const srnn_context_option threads = SRNN_CONTEXT_NUM_THREADS;
    int64_t *const number = (int64_t *)(void *)(misuse_memory + NUMBER);
    const void *const from = misuse_memory + INPUT;
    void *const to = misuse_memory + OUTPUT;
    CALL(RUN, srnn_context_set_int(context, threads, 1));
    CALL(RUN, srnn_context_get_int(number, context, threads));
    CALL(RUN, srnn_context_forward(context, x, NULL, y, NULL));
    CALL(RUN,
         srnn_context_forward_contiguous(context, T, B, from, NULL, to, NULL));
    CALL(RUN, srnn_context_forward_sequences(context, x, NULL, NULL, NULL, NULL,
                                             y, NULL));
    CALL(RUN, srnn_stream_create(&made.stream, context, B));
    if ((held & RUN) == 0)
        srnn_stream_destroy(made.stream);
}

static void call_tape(void)
{
    const srnn_tape_option seed = SRNN_TAPE_DROPOUT_SEED;
    const srnn_accumulation set = SRNN_ACCUMULATION_SET;
    int64_t *const number = (int64_t *)(void *)(misuse_memory + NUMBER);
    size_t *const size = (size_t *)(void *)(misuse_memory + NUMBER);
    const void *const from = misuse_memory + INPUT;
    void *const to = misuse_memory + OUTPUT;
    CALL(TAPE, srnn_tape_set_int(tape, seed, 1));
    CALL(TAPE, srnn_tape_get_int(number, tape, seed));
    CALL(TAPE, srnn_tape_size(size, tape, T, B));
    CALL(RUN | TAPE, srnn_context_tape_size(size, context, tape, T, B));
    CALL(RUN | TAPE, srnn_context_record(context, tape, x, NULL, NULL, NULL,
                                         NULL, NULL, NULL));
    CALL(RUN | TAPE,
         srnn_context_record_contiguous(context, tape, T, B, from, NULL, NULL,
                                        NULL, NULL, NULL, NULL));
    CALL(RUN | TAPE | GRADIENTS,
         srnn_context_backward(context, tape, x, NULL, NULL, set, list[0], NULL,
                               states, NULL));
    CALL(RUN | TAPE,
         srnn_context_backward_contiguous(context, tape, from, NULL, NULL, set,
                                          NULL, NULL, to, NULL));
    CALL(TAPE, srnn_tape_set_memory(tape, NULL, 0));
}

static void call_stream(void)
{
    const srnn_stream_option flush = SRNN_STREAM_FLUSH_SUBNORMALS;
    int64_t *const number = (int64_t *)(void *)(misuse_memory + NUMBER);
    const void *const from = misuse_memory + INPUT;
    void *const to = misuse_memory + OUTPUT;
    CALL(STEP, srnn_stream_set_int(stream, flush, 0));
    CALL(STEP, srnn_stream_get_int(number, stream, flush));
    CALL(STEP, srnn_stream_step(stream, from, to));
    CALL(STEP | CONTEXT,
         srnn_stream_advance(stream, context, x, NULL, NULL, y));
    CALL(STEP, srnn_stream_reset(stream, NULL, NULL, 1));
    CALL(STEP, srnn_stream_get_state(stream, states));
    CALL(STEP, srnn_stream_set_state(stream, states));
    /* It would wait for the other call, or for the end of the write. */
    if ((held & STEP) == 0)
        CALL(CHANGE, srnn_stream_set_rnn(stream, rnn));
}

static void call_writers(void)
{
    static const char name[] = "weight_ih_l0";
    const srnn_initialisation zeros = SRNN_INITIALISATION_ZEROS;
    srnn_tensor *const flat = view(VALUE, F32, SHAPE(srnn_rnn_flat_size(rnn)));
    CALL(RNN, srnn_rnn_set_parameter(rnn, name, values[0]));
    CALL(RNN, srnn_rnn_set_parameters(rnn, values, PARAMETERS));
    CALL(RNN, srnn_rnn_set_flat(rnn, flat));
    CALL(RNN, srnn_rnn_initialise(rnn, name, zeros, 1, 1));
}

static void call_linear(void)
{
    const srnn_accumulation set = SRNN_ACCUMULATION_SET;
    const srnn_initialisation zeros = SRNN_INITIALISATION_ZEROS;
    srnn_tensor *const weight = view(VALUE, F32, SHAPE(O, I));
    srnn_tensor *const flat = view(VALUE, F32, SHAPE(O * I + O));
    CALL(LINEAR, srnn_linear_set_parameter(linear, "weight", weight));
    CALL(LINEAR, srnn_linear_set_flat(linear, flat));
    CALL(LINEAR, srnn_linear_initialise(linear, "weight", zeros, 1, 1));
    CALL(LINEAR_WRITER, srnn_linear_forward(linear, NULL, row, out));
    CALL(LINEAR_WRITER | RUN, srnn_linear_forward(linear, context, row, out));
    CALL(LINEAR_WRITER | LINEAR_GRADIENTS,
         srnn_linear_backward(linear, NULL, row, out, set, list[1], NULL));
    CALL(LINEAR_WRITER | LINEAR_GRADIENTS | RUN,
         srnn_linear_backward(linear, context, row, out, set, list[1], NULL));
}

static void call_gradients(void)
{
    double *const number = (double *)(void *)(misuse_memory + NUMBER);
    CALL(GRADIENTS, srnn_gradients_set_trained(list[0], "bias_ih_l0", 1));
    CALL(LIST, srnn_gradients_scale(list, 2, 1));
    CALL(LIST, srnn_gradients_norm(number, list, 2));
    CALL(LIST, srnn_gradients_clip_norm(number, list, 2, 1));
    CALL(LIST, srnn_gradients_clip_value(list, 2, 1));
}

static void call_optimizer(bool is_first)
{
    const srnn_optimizer_option rate = SRNN_OPTIMIZER_LEARNING_RATE;
    const srnn_optimizer_option check = SRNN_OPTIMIZER_CHECK_FINITE;
    int64_t *const number = (int64_t *)(void *)(misuse_memory + NUMBER);
    double *const real = (double *)(void *)(misuse_memory + NUMBER);
    CALL(OPTIMIZER, srnn_optimizer_set_real(optimizer, list[0], rate, 1));
    CALL(OPTIMIZER, srnn_optimizer_get_real(real, optimizer, list[0], rate));
    CALL(OPTIMIZER, srnn_optimizer_set_int(optimizer, NULL, check, 1));
    CALL(OPTIMIZER, srnn_optimizer_get_int(number, optimizer, NULL, check));
    if (is_first) { /* later there are steps, and more than in the file */
        CALL(ALL, srnn_optimizer_load(optimizer, weights));
        CALL(OPTIMIZER, srnn_optimizer_add(optimizer, extra, "extra."));
    }
    CALL(ALL, srnn_optimizer_step(optimizer));
    CALL(OPTIMIZER, srnn_optimizer_save(optimizer, path, NULL, NULL, 0, NULL));
}

static void call_all(bool is_first)
{
    call_context();
    call_tape();
    call_stream();
    call_writers();
    call_linear();
    call_gradients();
    call_optimizer(is_first);
}

/* A call that is refused leaves free what it had taken before. */
static void hold_each(int what)
{
    held = what;
    hold();
    call_all(true);
    let_go();
    call_all(false);
}

#define HOLD(what)                                                             \
    static void test_busy_flags__##what(void **state)                          \
    {                                                                          \
        (void)state;                                                           \
        hold_each(what);                                                       \
    }

HOLD(NOTHING_HELD)
HOLD(CONTEXT)
HOLD(STREAM)
HOLD(TAPE)
HOLD(GRADIENTS)
HOLD(LINEAR_GRADIENTS)
HOLD(LINEAR_READER)
HOLD(LINEAR_WRITER)
HOLD(OPTIMIZER)
HOLD(RNN_WRITER)
HOLD(CHANGE)

/* An object that a function gets is one that it can find busy. */
typedef struct {
    const char *parameter;
    int flag; /* at least this one */
} object;

static const object objects[] = {
    {"srnn_context *context", CONTEXT},
    {"srnn_stream *stream", STREAM},
    {"srnn_tape *tape", TAPE},
    {"srnn_gradients *gradients", LIST},
    {"srnn_gradients *const *list", LIST},
    {"srnn_linear *linear", LINEAR_WRITER},
    {"srnn_optimizer *optimizer", OPTIMIZER},
    {"srnn_rnn *rnn", RNN_WRITER},
};

/* But the first waits, and gradients only say of which group the others are. */
static bool is_excepted(const char *name, int flag)
{
    if (strcmp(name, "srnn_stream_set_rnn") == 0)
        return true;
    return flag == LIST && strncmp(name, "srnn_optimizer_", 15) == 0;
}

static void check_objects(const headers_function *function, int flags)
{
    int found = 0;
    for (size_t i = 0; i < sizeof objects / sizeof *objects; i++)
        if (strstr(function->parameters, objects[i].parameter) != NULL) {
            found++;
            if ((flags & objects[i].flag) == 0 &&
                !is_excepted(function->name, objects[i].flag))
                fail_msg("%s: no row in which %s is busy", function->name,
                         objects[i].parameter);
        }
    if (found == 0)
        fail_msg("%s: no object in: %s", function->name, function->parameters);
}

static void test_busy_flags__has_every_function(void **state)
{
    headers_function *all = NULL;
    int found = 0;
    (void)state;
    const int count = headers_functions(&all);
    for (int i = 0; i < count; i++) {
        if ((all[i].promised & headers_bit(SRNN_ERROR_BUSY)) == 0)
            continue;
        check_objects(&all[i], refusing[i]);
        found++;
    }
    assert_in_range(found, 40, count);
    misuse_covers_status(SRNN_ERROR_BUSY, (const char *const[]){NULL});
}

#define TEST(what)                                                             \
    cmocka_unit_test_setup_teardown(test_busy_flags__##what, create, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(NOTHING_HELD),
        TEST(CONTEXT),
        TEST(STREAM),
        TEST(TAPE),
        TEST(GRADIENTS),
        TEST(LINEAR_GRADIENTS),
        TEST(LINEAR_READER),
        TEST(LINEAR_WRITER),
        TEST(OPTIMIZER),
        TEST(RNN_WRITER),
        TEST(CHANGE),
        cmocka_unit_test(test_busy_flags__has_every_function),
    };
    return misuse_verdict(cmocka_run_group_tests(tests, misuse_setup_with_files,
                                                 misuse_teardown_with_files));
}
