/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads */
/* The rules of stream.h, except SRNN_ERROR_BUSY (test_busy.c). The rnn of the
 * rows has I=4, H=2, the stream B=3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

/* Where tensors lie, in bytes of misuse_memory; rows put others at SPARE. */
enum {
    INPUT = 1024,
    OUTPUT = 2048,
    STATES = 3072,
    RESETS = 4096,
    FRESH = 5120,
    NUMBER = 6144,
    SPARE = 7168
};

enum { T = 5, B = 3, I = 4, H = 2 };

/* One stream and what it depends on, which it keeps alive. */
typedef struct {
    srnn_context *context;
    srnn_stream *stream;
} pair;

static pair make_pair(const small_rnn *of)
{
    pair p = {NULL, NULL};
    srnn_rnn *const rnn = small_rnn_create(of);
    expect_success("context", srnn_context_create(&p.context, rnn));
    expect_success("stream", srnn_stream_create(&p.stream, p.context, B));
    srnn_rnn_destroy(rnn);
    return p;
}

static pair make_forward(void)
{
    return make_pair(&(small_rnn){.I = I, .H = H});
}

static void destroy_pair(pair p)
{
    srnn_context_destroy(p.context);
    srnn_stream_destroy(p.stream);
}

/* All states of a stream of B*H numbers, as one number. */
static float sum_states(srnn_stream *stream, int64_t cells)
{
    float values[2 * B * H];
    float sum = 0;
    srnn_tensor *states = NULL;
    expect_success("states", srnn_tensor_wrap(&states, values, F32,
                                              SHAPE(cells, B, H), NULL));
    expect_success("state", srnn_stream_get_state(stream, states));
    srnn_tensor_destroy(states);
    for (int i = 0; i < cells * B * H; i++)
        sum = 3 * sum + values[i];
    return sum;
}

static void test_misuse_stream__create(void **state)
{
    (void)state;
    const pair p = make_forward();
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_stream_create(NULL, p.context, 1));
    REFUSE_HANDLES(other, "context", "context",
                   srnn_stream_create(&made.stream, other, 1));
    REFUSE(SRNN_ERROR_RANGE, "batch is 0, expected at least 1",
           srnn_stream_create(&made.stream, p.context, 0));
    REFUSE(SRNN_ERROR_RANGE, "batch is -1, expected at least 1",
           srnn_stream_create(&made.stream, p.context, -1));
    REFUSE(SRNN_ERROR_RANGE, "batch is -9223372036854775808, expected",
           srnn_stream_create(&made.stream, p.context, INT64_MIN));
    REFUSE(SRNN_ERROR_OVERFLOW,
           "the states of a stream would need more than 2^63 - 1 bytes",
           srnn_stream_create(&made.stream, p.context, INT64_MAX));
    REFUSE(SRNN_ERROR_OVERFLOW, "a stream would need more than 2^63 - 1 bytes",
           srnn_stream_create(&made.stream, p.context, INT64_C(1) << 59));
    REFUSE(SRNN_ERROR_NO_MEMORY, "cannot allocate",
           srnn_stream_create(&made.stream, p.context, INT64_C(1) << 56));
    NOTHING(srnn_stream_destroy(NULL));
    ACCEPT(srnn_stream_create(&made.stream, p.context, 1));
    srnn_stream_destroy(made.stream);
    destroy_pair(p);
}

static void test_misuse_stream__rnn(void **state)
{
    (void)state;
    const pair p = make_forward();
    const srnn_rnn *const rnn = srnn_context_rnn(p.context);
    ANSWER(rnn, srnn_stream_rnn(p.stream));
    ANSWER_OTHERS(other, "stream", NULL, srnn_stream_rnn(other));
    destroy_pair(p);
}

static void test_misuse_stream__int(void **state)
{
    (void)state;
    static const srnn_stream_option strangers[] = {0,   -1,        200,
                                                   203, INT32_MAX, INT32_MIN};
    const pair p = make_forward();
    const srnn_stream_option flush = SRNN_STREAM_FLUSH_SUBNORMALS;
    int64_t *const value = (int64_t *)(void *)(misuse_memory + NUMBER);
    REFUSE_HANDLES(other, "stream", "stream",
                   srnn_stream_set_int(other, flush, 1));
    REFUSE_HANDLES(other, "stream", "stream",
                   srnn_stream_get_int(value, other, flush));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_stream_get_int(NULL, p.stream, flush));
    for (size_t i = 0; i < sizeof strangers / sizeof *strangers; i++) {
        char says[128];
        (void)snprintf(says, sizeof says,
                       "option is %d, expected an SRNN_STREAM_... of a stream",
                       (int)strangers[i]);
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_stream_set_int(p.stream, strangers[i], 1));
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_stream_get_int(value, p.stream, strangers[i]));
    }
    REFUSE(SRNN_ERROR_STATE, "SRNN_STREAM_BATCH is read only",
           srnn_stream_set_int(p.stream, SRNN_STREAM_BATCH, B));
    REFUSE(SRNN_ERROR_RANGE,
           "SRNN_STREAM_FLUSH_SUBNORMALS is 2, expected 0 to 1",
           srnn_stream_set_int(p.stream, flush, 2));
    REFUSE(SRNN_ERROR_RANGE,
           "SRNN_STREAM_FLUSH_SUBNORMALS is -1, expected 0 to 1",
           srnn_stream_set_int(p.stream, flush, -1));
    for (int64_t wanted = 1; wanted >= 0; wanted--) {
        ACCEPT(srnn_stream_set_int(p.stream, flush, wanted));
        ACCEPT(srnn_stream_get_int(value, p.stream, flush));
        assert_int_equal(*value, wanted);
    }
    ACCEPT(srnn_stream_get_int(value, p.stream, SRNN_STREAM_BATCH));
    assert_int_equal(*value, B);
    destroy_pair(p);
}

static void test_misuse_stream__step(void **state)
{
    (void)state;
    const pair p = make_forward();
    const unsigned char *const x = misuse_memory + INPUT;
    unsigned char *const y = misuse_memory + OUTPUT;
    REFUSE_HANDLES(other, "stream", "stream", srnn_stream_step(other, x, NULL));
    REFUSE(SRNN_ERROR_INVALID, "input is NULL",
           srnn_stream_step(p.stream, NULL, y));
    for (int offset = 1; offset < 4; offset++) {
        REFUSE(SRNN_ERROR_INVALID,
               "input is at 0x...which is not a multiple of 4 bytes, the "
               "alignment of float32",
               srnn_stream_step(p.stream, x + offset, y));
        REFUSE(SRNN_ERROR_INVALID,
               "output is at 0x...which is not a multiple of 4 bytes, the "
               "alignment of float32",
               srnn_stream_step(p.stream, x, y + offset));
    }
    assert_true(sum_states(p.stream, 1) == 0);
    ACCEPT(srnn_stream_step(p.stream, x, y));
    ACCEPT(srnn_stream_step(p.stream, x, NULL));
    assert_true(sum_states(p.stream, 1) != 0);
    destroy_pair(p);
    const pair wide = make_pair(&(small_rnn){.I = I, .H = H, .dtype = F64});
    REFUSE(SRNN_ERROR_INVALID,
           "input is at 0x... bytes, the alignment of float64",
           srnn_stream_step(wide.stream, x + 2, y));
    destroy_pair(wide);
}

/* A single step has no end to begin at. */
static void test_misuse_stream__step_needs_forward(void **state)
{
    (void)state;
    static const srnn_direction directions[] = {SRNN_DIRECTION_REVERSE,
                                                SRNN_DIRECTION_BIDIRECTIONAL};
    static const char *const says[] = {
        "the rnn is reverse, but a single step...srnn_stream_advance",
        "the rnn is bidirectional, but a single step...srnn_stream_advance"};
    for (int i = 0; i < 2; i++) {
        const pair p =
            make_pair(&(small_rnn){.I = I, .H = H, .direction = directions[i]});
        REFUSE(SRNN_ERROR_UNSUPPORTED, says[i],
               srnn_stream_step(p.stream, misuse_memory, NULL));
        assert_true(sum_states(p.stream, i + 1) == 0);
        destroy_pair(p);
    }
}

/* The tensors of a right srnn_stream_advance, in its order. */
enum { IN, FLAGS, NEW, OUT, TENSORS };

static void view_advance(srnn_tensor *t[TENSORS])
{
    t[IN] = view(INPUT, F32, SHAPE(T, B, I));
    t[FLAGS] = view(RESETS, U8, SHAPE(T, B));
    t[NEW] = view(FRESH, F32, SHAPE(1, B, H));
    t[OUT] = view(OUTPUT, F32, SHAPE(T, B, H));
}

static void test_misuse_stream__advance_handles(void **state)
{
    (void)state;
    const pair p = make_forward();
    srnn_tensor *t[TENSORS];
    view_advance(t);
    REFUSE_HANDLES(
        other, "stream", "stream",
        srnn_stream_advance(other, p.context, t[IN], NULL, NULL, t[OUT]));
    REFUSE_HANDLES(
        other, "context", "context",
        srnn_stream_advance(p.stream, other, t[IN], NULL, NULL, t[OUT]));
    REFUSE_HANDLES(other, "tensor", "input",
                   srnn_stream_advance(p.stream, p.context, other, t[FLAGS],
                                       t[NEW], t[OUT]));
    REFUSE_OTHERS(
        other, "tensor", "resets",
        srnn_stream_advance(p.stream, p.context, t[IN], other, t[NEW], t[OUT]));
    REFUSE_OTHERS(other, "tensor", "fresh",
                  srnn_stream_advance(p.stream, p.context, t[IN], t[FLAGS],
                                      other, t[OUT]));
    REFUSE_OTHERS(
        other, "tensor", "fresh",
        srnn_stream_advance(p.stream, p.context, t[IN], NULL, other, t[OUT]));
    REFUSE_OTHERS(other, "tensor", "output",
                  srnn_stream_advance(p.stream, p.context, t[IN], t[FLAGS],
                                      t[NEW], other));
    destroy_pair(p);
}

/* Any context of the rnn will do, and none of another. */
static void test_misuse_stream__advance_with_another_rnn(void **state)
{
    (void)state;
    const pair p = make_forward();
    const pair q = make_forward();
    srnn_context *second = NULL;
    srnn_tensor *t[TENSORS];
    view_advance(t);
    REFUSE(SRNN_ERROR_INVALID, "context and stream run different rnns",
           srnn_stream_advance(p.stream, q.context, t[IN], NULL, NULL, t[OUT]));
    expect_success("second",
                   srnn_context_create(&second, srnn_stream_rnn(p.stream)));
    ACCEPT(srnn_stream_advance(p.stream, second, t[IN], NULL, NULL, t[OUT]));
    expect_success("other rnn",
                   srnn_stream_set_rnn(p.stream, srnn_context_rnn(q.context)));
    REFUSE(SRNN_ERROR_INVALID, "context and stream run different rnns",
           srnn_stream_advance(p.stream, second, t[IN], NULL, NULL, t[OUT]));
    ACCEPT(srnn_stream_advance(p.stream, q.context, t[IN], NULL, NULL, t[OUT]));
    srnn_context_destroy(second);
    destroy_pair(p);
    destroy_pair(q);
}

/* Each row, with and without the other optional arguments. */
static void refuse_advance(pair p, srnn_tensor *const right[TENSORS],
                           const misuse_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const misuse_row *const r = &rows[i];
        srnn_tensor *t[] = {right[0], right[1], right[2], right[3]};
        t[r->argument] = r->tensor;
        REFUSE(r->status, r->says,
               srnn_stream_advance(p.stream, p.context, t[IN], t[FLAGS], t[NEW],
                                   t[OUT]));
        for (int k = FLAGS; k < TENSORS; k++)
            t[k] = k == r->argument ? t[k] : NULL;
        REFUSE(r->status, r->says,
               srnn_stream_advance(p.stream, p.context, t[IN], t[FLAGS], t[NEW],
                                   t[OUT]));
    }
}

static void test_misuse_stream__advance_tensors(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {IN, view(SPARE, F32, SHAPE(T, 2, I)), SRNN_ERROR_SHAPE,
         "input is [5, 2, 4]; the stream needs [T, batch=3, input_size=4]: "
         "dimension 1 is 2, not 3"},
        {IN, view(SPARE, F32, SHAPE(T, I)), SRNN_ERROR_SHAPE,
         "input is [5, 4]; the stream needs [T, batch=3, input_size=4]: it has "
         "2 dimensions, not 3"},
        {IN, view(SPARE, F32, SHAPE(I)), SRNN_ERROR_SHAPE, "input is [4]"},
        {IN, view(SPARE, F32, SHAPE(1, T, B, I)), SRNN_ERROR_SHAPE,
         "input is [1, 5, 3, 4]"},
        {IN, view(SPARE, F32, SHAPE(T, B, 5)), SRNN_ERROR_SHAPE,
         "input is [5, 3, 5]...dimension 2 is 5, not 4"},
        {IN, view(SPARE, F64, SHAPE(T, B, I)), SRNN_ERROR_DTYPE,
         "input is float64; the rnn is float32"},
        {IN, view(SPARE, I64, SHAPE(T, B, I)), SRNN_ERROR_DTYPE,
         "input is int64; the rnn is float32"},
        {IN, view(SPARE, U8, SHAPE(T, B, I)), SRNN_ERROR_DTYPE,
         "input is uint8; the rnn is float32"},
        {FLAGS, view(SPARE, U8, SHAPE(T)), SRNN_ERROR_SHAPE,
         "resets is [5]...needs [T=5, batch=3]: it has 1 dimension, not 2"},
        {FLAGS, view(SPARE, U8, SHAPE(4, B)), SRNN_ERROR_SHAPE,
         "resets is [4, 3]...dimension 0 is 4, not 5"},
        {FLAGS, view(SPARE, U8, SHAPE(T, 1)), SRNN_ERROR_SHAPE,
         "resets is [5, 1]...dimension 1 is 1, not 3"},
        {FLAGS, view(SPARE, I64, SHAPE(T, B)), SRNN_ERROR_DTYPE,
         "resets is int64, expected uint8"},
        {FLAGS, view(SPARE, F32, SHAPE(T, B)), SRNN_ERROR_DTYPE,
         "resets is float32, expected uint8"},
        {NEW, view(SPARE, F32, SHAPE(1, 2, H)), SRNN_ERROR_SHAPE,
         "fresh is [1, 2, 2]...needs [num_layers*num_directions=1, batch=3, "
         "hidden_size=2]: dimension 1 is 2, not 3"},
        {NEW, view(SPARE, F32, SHAPE(1, H)), SRNN_ERROR_SHAPE,
         "fresh is [1, 2]...it has 2 dimensions, not 3"},
        {NEW, view(SPARE, F32, SHAPE(2, B, H)), SRNN_ERROR_SHAPE,
         "fresh is [2, 3, 2]...dimension 0 is 2, not 1"},
        {NEW, view(SPARE, F64, SHAPE(1, B, H)), SRNN_ERROR_DTYPE,
         "fresh is float64; the rnn is float32"},
        {NEW, view(SPARE, I64, SHAPE(1, B, H)), SRNN_ERROR_DTYPE,
         "fresh is int64; the rnn is float32"},
        {NEW, view(SPARE, U8, SHAPE(1, B, H)), SRNN_ERROR_DTYPE,
         "fresh is uint8; the rnn is float32"},
        {OUT, view(SPARE, F32, SHAPE(4, B, H)), SRNN_ERROR_SHAPE,
         "output is [4, 3, 2]; a 1-layer rnn with batch 3 needs [T=5, "
         "batch=3, num_directions*hidden_size=2]: dimension 0 is 4, not 5"},
        {OUT, view(SPARE, F32, SHAPE(T, 1, H)), SRNN_ERROR_SHAPE,
         "output is [5, 1, 2]...dimension 1 is 1, not 3"},
        {OUT, view(SPARE, F32, SHAPE(T, H)), SRNN_ERROR_SHAPE,
         "output is [5, 2]...it has 2 dimensions, not 3"},
        {OUT, view(SPARE, F64, SHAPE(T, B, H)), SRNN_ERROR_DTYPE,
         "output is float64; the rnn is float32"},
        {OUT, view(SPARE, I64, SHAPE(T, B, H)), SRNN_ERROR_DTYPE,
         "output is int64; the rnn is float32"},
        {OUT, view(SPARE, U8, SHAPE(T, B, H)), SRNN_ERROR_DTYPE,
         "output is uint8; the rnn is float32"},
        {OUT, view_const(SPARE, F32, SHAPE(T, B, H)), SRNN_ERROR_STATE,
         "output is a read-only tensor"},
        {OUT, view(INPUT, F32, SHAPE(T, B, H)), SRNN_ERROR_ALIAS,
         "output at 0x...overlaps the memory of input at 0x"},
    };
    const pair p = make_forward();
    srnn_tensor *t[TENSORS];
    view_advance(t);
    refuse_advance(p, t, rows, MISUSE_COUNT(rows));
    assert_true(sum_states(p.stream, 1) == 0);
    destroy_pair(p);
}

static void test_misuse_stream__advance_accepts(void **state)
{
    (void)state;
    const pair p = make_forward();
    srnn_tensor *t[TENSORS];
    view_advance(t);
    ACCEPT(srnn_stream_advance(p.stream, p.context, t[IN], t[FLAGS], t[NEW],
                               t[OUT]));
    ACCEPT(srnn_stream_advance(p.stream, p.context, t[IN], NULL, NULL, NULL));
    ACCEPT(srnn_stream_advance(p.stream, p.context,
                               view_const(INPUT, F32, SHAPE(T, B, I)),
                               view_const(RESETS, U8, SHAPE(T, B)),
                               view_const(FRESH, F32, SHAPE(1, B, H)), t[OUT]));
    ACCEPT(srnn_stream_advance(p.stream, p.context, t[IN], NULL,
                               view(FRESH, F32, SHAPE(1, 1, H)), NULL));
    ACCEPT(srnn_stream_advance(p.stream, p.context,
                               view(INPUT, F32, SHAPE(0, B, I)), NULL, NULL,
                               NULL));
    destroy_pair(p);
}

static void test_misuse_stream__advance_overlap(void **state)
{
    (void)state;
    const pair p = make_forward();
    srnn_tensor *t[TENSORS];
    view_advance(t);
    REFUSE(SRNN_ERROR_ALIAS,
           "output at 0x...overlaps the memory of fresh at 0x",
           srnn_stream_advance(p.stream, p.context, t[IN], t[FLAGS], t[NEW],
                               view(FRESH + 20, F32, SHAPE(T, B, H))));
    REFUSE(SRNN_ERROR_ALIAS,
           "output at 0x...overlaps the memory of fresh at 0x",
           srnn_stream_advance(p.stream, p.context, t[IN], NULL, t[NEW],
                               view(FRESH + 20, F32, SHAPE(T, B, H))));
    REFUSE(SRNN_ERROR_ALIAS,
           "output at 0x...overlaps the memory of resets at 0x",
           srnn_stream_advance(p.stream, p.context, t[IN], t[FLAGS], NULL,
                               view(RESETS - 116, F32, SHAPE(T, B, H))));
    destroy_pair(p);
}

/* One sequence need not have a batch. */
static void test_misuse_stream__advance_without_batch(void **state)
{
    (void)state;
    pair p = make_forward();
    srnn_tensor *const x = view(INPUT, F32, SHAPE(T, I));
    srnn_tensor *const resets = view(RESETS, U8, SHAPE(T));
    srnn_tensor *const fresh = view(FRESH, F32, SHAPE(1, H));
    srnn_tensor *const y = view(OUTPUT, F32, SHAPE(T, H));
    srnn_stream_destroy(p.stream);
    expect_success("stream", srnn_stream_create(&p.stream, p.context, 1));
    REFUSE(SRNN_ERROR_SHAPE, "resets is [5, 1]...no batch, needs [T=5]",
           srnn_stream_advance(p.stream, p.context, x,
                               view(SPARE, U8, SHAPE(T, 1)), fresh, y));
    REFUSE(SRNN_ERROR_SHAPE, "fresh is [1, 1, 2]...no batch...hidden_size=2]",
           srnn_stream_advance(p.stream, p.context, x, resets,
                               view(SPARE, F32, SHAPE(1, 1, H)), y));
    REFUSE(SRNN_ERROR_SHAPE, "fresh is [1, 1, 2]...no batch...hidden_size=2]",
           srnn_stream_advance(p.stream, p.context, x, NULL,
                               view(SPARE, F32, SHAPE(1, 1, H)), y));
    REFUSE(SRNN_ERROR_SHAPE, "output is [5, 1, 2]...no batch...hidden_size=2]",
           srnn_stream_advance(p.stream, p.context, x, resets, fresh,
                               view(SPARE, F32, SHAPE(T, 1, H))));
    ACCEPT(srnn_stream_advance(p.stream, p.context, x, resets, fresh, y));
    destroy_pair(p);
}

static void refuse_window(pair p, srnn_tensor *x, int64_t width)
{
    /* The first thing that is wrong, though the other has more steps. */
    REFUSE(SRNN_ERROR_SHAPE, "input is [3]; a 1-layer ",
           srnn_stream_advance(p.stream, p.context, view(INPUT, F32, SHAPE(3)),
                               NULL, NULL, view(SPARE, F32, SHAPE(5))));
    REFUSE(SRNN_ERROR_SHAPE,
           "output has T=6 steps, but input has only 5: if the rnn is not "
           "forward, input has the steps of output and then those of "
           "look-ahead",
           srnn_stream_advance(p.stream, p.context, x, NULL, NULL,
                               view(SPARE, F32, SHAPE(6, B, width))));
    REFUSE(SRNN_ERROR_SHAPE, "output is [4, 3, 1]...num_directions",
           srnn_stream_advance(p.stream, p.context, x, NULL, NULL,
                               view(SPARE, F32, SHAPE(4, B, 1))));
    REFUSE(SRNN_ERROR_SHAPE, "output is [4, 2,...[T=4, batch=3",
           srnn_stream_advance(p.stream, p.context, x, NULL, NULL,
                               view(SPARE, F32, SHAPE(4, 2, width))));
    REFUSE(SRNN_ERROR_SHAPE, "output is [12,...[T=5, batch=3",
           srnn_stream_advance(p.stream, p.context, x, NULL, NULL,
                               view(SPARE, F32, SHAPE(12, width))));
    REFUSE(SRNN_ERROR_SHAPE, "output is [0, 2,...[T=0, batch=3",
           srnn_stream_advance(p.stream, p.context, x, NULL, NULL,
                               view(SPARE, F32, SHAPE(0, 2, width))));
    REFUSE(SRNN_ERROR_DTYPE, "output is int64; the rnn is float32",
           srnn_stream_advance(p.stream, p.context, x, NULL, NULL,
                               view(SPARE, I64, SHAPE(4, B, width))));
    REFUSE(SRNN_ERROR_ALIAS,
           "output at 0x...overlaps the memory of input at 0x",
           srnn_stream_advance(p.stream, p.context, x, NULL, NULL,
                               view(INPUT, F32, SHAPE(4, B, width))));
    REFUSE(SRNN_ERROR_UNSUPPORTED, "resets is given, but the rnn is",
           srnn_stream_advance(p.stream, p.context, x,
                               view(RESETS, U8, SHAPE(T, B)), NULL, NULL));
    REFUSE(SRNN_ERROR_UNSUPPORTED, "fresh is given, but the rnn is",
           srnn_stream_advance(p.stream, p.context, x, NULL,
                               view(FRESH, F32, SHAPE(1, 1, H)), NULL));
}

static void test_misuse_stream__windows(void **state)
{
    (void)state;
    static const srnn_direction directions[] = {SRNN_DIRECTION_REVERSE,
                                                SRNN_DIRECTION_BIDIRECTIONAL};
    srnn_tensor *const x = view(INPUT, F32, SHAPE(T, B, I));
    for (int i = 0; i < 2; i++) {
        const int64_t D = i + 1;
        const pair p =
            make_pair(&(small_rnn){.I = I, .H = H, .direction = directions[i]});
        refuse_window(p, x, D * H);
        assert_true(sum_states(p.stream, D) == 0);
        ACCEPT(srnn_stream_advance(p.stream, p.context, x, NULL, NULL,
                                   view(OUTPUT, F32, SHAPE(4, B, D * H))));
        ACCEPT(srnn_stream_advance(p.stream, p.context, x, NULL, NULL, NULL));
        ACCEPT(srnn_stream_advance(p.stream, p.context, x, NULL, NULL,
                                   view(OUTPUT, F32, SHAPE(0, B, D * H))));
        ACCEPT(srnn_stream_advance(p.stream, p.context,
                                   view(INPUT, F32, SHAPE(0, B, I)), NULL, NULL,
                                   view(OUTPUT, F32, SHAPE(0, B, D * H))));
        destroy_pair(p);
    }
}

/* All rows of the input are one. What lies between two layers does not fit. */
static void test_misuse_stream__advance_overflow(void **state)
{
    (void)state;
    const pair p = make_pair(&(small_rnn){
        .I = 1, .H = 8, .L = 2, .direction = SRNN_DIRECTION_BIDIRECTIONAL});
    srnn_tensor *input = NULL;
    expect_success("input", srnn_tensor_wrap_const(
                                &input, misuse_memory + INPUT, F32,
                                SHAPE(INT64_C(1) << 59, B, 1), LIST(0, 0, 1)));
    REFUSE(SRNN_ERROR_OVERFLOW, "would need more than 2^63 - 1 bytes",
           srnn_stream_advance(p.stream, p.context, input, NULL, NULL, NULL));
    srnn_tensor_destroy(input);
    destroy_pair(p);
}

static void test_misuse_stream__reset(void **state)
{
    (void)state;
    const pair p = make_forward();
    uint8_t *const rows = misuse_memory + RESETS;
    const unsigned char *const fresh = misuse_memory + FRESH;
    rows[0] = 1;
    REFUSE_HANDLES(other, "stream", "stream",
                   srnn_stream_reset(other, rows, NULL, 1));
    REFUSE(SRNN_ERROR_INVALID,
           "fresh is at 0x...4 bytes, the alignment of float32",
           srnn_stream_reset(p.stream, rows, fresh + 2, B));
    static const int64_t batches[] = {0, 2, 4, -1, INT64_MIN, INT64_MAX};
    for (size_t i = 0; i < sizeof batches / sizeof *batches; i++) {
        char says[128];
        (void)snprintf(says, sizeof says,
                       "fresh_batch is %lld, expected 1 or 3, the batch of "
                       "the stream",
                       (long long)batches[i]);
        REFUSE(SRNN_ERROR_RANGE, says,
               srnn_stream_reset(p.stream, NULL, fresh, batches[i]));
        ACCEPT(srnn_stream_reset(p.stream, rows, NULL, batches[i]));
    }
    assert_true(sum_states(p.stream, 1) == 0);
    ACCEPT(srnn_stream_reset(p.stream, rows, fresh, 1));
    assert_true(sum_states(p.stream, 1) != 0);
    ACCEPT(srnn_stream_reset(p.stream, NULL, fresh, B));
    destroy_pair(p);
}

static void test_misuse_stream__states(void **state)
{
    (void)state;
    const pair p = make_forward();
    srnn_tensor *const h = view(STATES, F32, SHAPE(1, B, H));
    REFUSE_HANDLES(other, "stream", "stream", srnn_stream_get_state(other, h));
    REFUSE_HANDLES(other, "stream", "stream", srnn_stream_set_state(other, h));
    REFUSE_HANDLES(other, "tensor", "states",
                   srnn_stream_get_state(p.stream, other));
    REFUSE_OTHERS(other, "tensor", "states",
                  srnn_stream_set_state(p.stream, other));
    const struct {
        srnn_tensor *states;
        srnn_status status;
        const char *says;
    } rows[] = {
        {view(SPARE, F32, SHAPE(1, 2, H)), SRNN_ERROR_SHAPE,
         "states is [1, 2, 2]; the stream needs [num_layers*num_directions=1, "
         "batch=3, hidden_size=2]: dimension 1 is 2, not 3"},
        {view(SPARE, F32, SHAPE(B, H)), SRNN_ERROR_SHAPE,
         "states is [3, 2]...it has 2 dimensions, not 3"},
        {view(SPARE, F32, SHAPE(2, B, H)), SRNN_ERROR_SHAPE,
         "states is [2, 3, 2]...dimension 0 is 2, not 1"},
        {view(SPARE, F32, SHAPE(1, B, 1)), SRNN_ERROR_SHAPE,
         "states is [1, 3, 1]...dimension 2 is 1, not 2"},
        {view(SPARE, F64, SHAPE(1, B, H)), SRNN_ERROR_DTYPE,
         "states is float64; the rnn is float32"},
        {view(SPARE, I64, SHAPE(1, B, H)), SRNN_ERROR_DTYPE,
         "states is int64; the rnn is float32"},
        {view(SPARE, U8, SHAPE(1, B, H)), SRNN_ERROR_DTYPE,
         "states is uint8; the rnn is float32"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        REFUSE(rows[i].status, rows[i].says,
               srnn_stream_get_state(p.stream, rows[i].states));
        REFUSE(rows[i].status, rows[i].says,
               srnn_stream_set_state(p.stream, rows[i].states));
    }
    REFUSE(SRNN_ERROR_SHAPE, "states is [1, 1, 2]...dimension 1 is 1, not 3",
           srnn_stream_get_state(p.stream, view(SPARE, F32, SHAPE(1, 1, H))));
    REFUSE(SRNN_ERROR_STATE, "states is a read-only tensor",
           srnn_stream_get_state(p.stream,
                                 view_const(STATES, F32, SHAPE(1, B, H))));
    assert_true(sum_states(p.stream, 1) == 0);
    ACCEPT(srnn_stream_set_state(p.stream,
                                 view_const(STATES, F32, SHAPE(1, B, H))));
    ACCEPT(srnn_stream_set_state(p.stream, h));
    ACCEPT(srnn_stream_get_state(p.stream, h));
    ACCEPT(srnn_stream_set_state(p.stream, view(SPARE, F32, SHAPE(1, 1, H))));
    assert_true(sum_states(p.stream, 1) != 0);
    ACCEPT(srnn_stream_set_state(p.stream, NULL));
    assert_true(sum_states(p.stream, 1) == 0);
    destroy_pair(p);
}

static void test_misuse_stream__set_rnn(void **state)
{
    (void)state;
    static const struct {
        small_rnn of;
        srnn_status status;
        const char *says;
    } rows[] = {
        {{.I = 5, .H = H},
         SRNN_ERROR_SHAPE,
         "input_size of rnn is 5, but the stream needs 4"},
        {{.I = I, .H = 3},
         SRNN_ERROR_SHAPE,
         "hidden_size of rnn is 3, but the stream needs 2"},
        {{.I = I, .H = H, .L = 2},
         SRNN_ERROR_SHAPE,
         "num_layers of rnn is 2, but the stream needs 1"},
        {{.I = I, .H = H, .direction = SRNN_DIRECTION_REVERSE},
         SRNN_ERROR_INVALID,
         "direction of rnn is SRNN_DIRECTION_REVERSE, but the stream needs "
         "SRNN_DIRECTION_FORWARD"},
        {{.I = I, .H = H, .nonlinearity = SRNN_NONLINEARITY_RELU},
         SRNN_ERROR_INVALID,
         "nonlinearity of rnn is SRNN_NONLINEARITY_RELU, but the stream needs "
         "SRNN_NONLINEARITY_TANH"},
        {{.I = I, .H = H, .dtype = SRNN_DTYPE_FLOAT64},
         SRNN_ERROR_DTYPE,
         "dtype of rnn is SRNN_DTYPE_FLOAT64, but the stream needs "
         "SRNN_DTYPE_FLOAT32"},
    };
    const pair p = make_forward();
    const srnn_rnn *const before = srnn_stream_rnn(p.stream);
    REFUSE_HANDLES(other, "stream", "stream",
                   srnn_stream_set_rnn(other, before));
    REFUSE_HANDLES(other, "rnn", "rnn", srnn_stream_set_rnn(p.stream, other));
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        srnn_rnn *const rnn = small_rnn_create(&rows[i].of);
        REFUSE(rows[i].status, rows[i].says,
               srnn_stream_set_rnn(p.stream, rnn));
        assert_ptr_equal(srnn_stream_rnn(p.stream), before);
        srnn_rnn_destroy(rnn);
    }
    srnn_rnn *const fits = small_rnn_create(&(small_rnn){
        .I = I, .H = H, .no_bias = true, .batch_first = true, .seed = 2});
    ACCEPT(srnn_stream_set_rnn(p.stream, fits));
    assert_ptr_equal(srnn_stream_rnn(p.stream), fits);
    ACCEPT(srnn_stream_set_rnn(p.stream, fits));
    srnn_rnn_destroy(fits);
    ACCEPT(srnn_stream_step(p.stream, misuse_memory + INPUT, NULL));
    destroy_pair(p);
}

static void test_misuse_stream__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("stream.h", NULL);
    misuse_covers_statuses("srnn_stream_", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_stream__create),
        cmocka_unit_test(test_misuse_stream__rnn),
        cmocka_unit_test(test_misuse_stream__int),
        cmocka_unit_test(test_misuse_stream__step),
        cmocka_unit_test(test_misuse_stream__step_needs_forward),
        cmocka_unit_test(test_misuse_stream__advance_handles),
        cmocka_unit_test(test_misuse_stream__advance_with_another_rnn),
        cmocka_unit_test(test_misuse_stream__advance_tensors),
        cmocka_unit_test(test_misuse_stream__advance_accepts),
        cmocka_unit_test(test_misuse_stream__advance_overlap),
        cmocka_unit_test(test_misuse_stream__advance_without_batch),
        cmocka_unit_test(test_misuse_stream__windows),
        cmocka_unit_test(test_misuse_stream__advance_overflow),
        cmocka_unit_test(test_misuse_stream__reset),
        cmocka_unit_test(test_misuse_stream__states),
        cmocka_unit_test(test_misuse_stream__set_rnn),
        cmocka_unit_test(test_misuse_stream__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
