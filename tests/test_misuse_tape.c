/* SPDX-License-Identifier: MIT */
/* The rules of tape.h, except SRNN_ERROR_BUSY (test_busy.c). The rnn of the
 * rows has T=5, B=3, I=4, H=6, L=2, D=1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

/* Where things lie, in bytes of misuse_memory; rows put others at SPARE. */
enum {
    NUMBER = 512,
    INPUT = 1024,
    H0 = 2048,
    OUTPUT = 3072,
    H_N = 4096,
    LENGTHS = 5120,
    RESETS = 6144,
    FRESH = 7168,
    D_OUTPUT = 8192,
    D_H_N = 9216,
    D_INPUT = 10240,
    D_H0 = 11264,
    D_FRESH = 12288,
    GRADIENTS = 13312,
    SPARE = 15360,
    TAPE = 20480
};

enum { T = 5, B = 3, I = 4, H = 6, L = 2 };
enum { INPUT_BYTES = T * B * I * 4, OUTPUT_BYTES = T * B * H * 4 };
enum { STATE_BYTES = L * B * H * 4, PARAMETERS = 4 * L };

static srnn_rnn *rnn;
static srnn_context *context;
static srnn_tape *tape;
static srnn_gradients *gradients; /* over misuse_memory */

/* Of another rnn of the same sizes. */
static srnn_context *foreign_context;
static srnn_tape *foreign_tape;
static srnn_gradients *foreign_gradients;

static int64_t *number_at(void)
{
    return (int64_t *)(void *)(misuse_memory + NUMBER);
}

static size_t *size_at(void)
{
    return (size_t *)(void *)number_at();
}

static void *at(int byte)
{
    return misuse_memory + byte;
}

static void create_with(bool batch_first)
{
    const small_rnn of = {.I = I, .H = H, .L = L, .batch_first = batch_first};
    misuse_fill();
    rnn = small_rnn_create(&of);
    expect_success("context", srnn_context_create(&context, rnn));
    expect_success("tape", srnn_tape_create(&tape, rnn));
    expect_success("gradients",
                   srnn_gradients_wrap(&gradients, rnn, at(GRADIENTS)));
    srnn_rnn *const other = small_rnn_create(&of);
    expect_success("context", srnn_context_create(&foreign_context, other));
    expect_success("tape", srnn_tape_create(&foreign_tape, other));
    expect_success("gradients",
                   srnn_gradients_create(&foreign_gradients, other));
    srnn_rnn_destroy(other); /* which they keep */
}

static int create(void **state)
{
    (void)state;
    create_with(false);
    return 0;
}

static int create_batch_first(void **state)
{
    (void)state;
    create_with(true);
    return 0;
}

static int destroy(void **state)
{
    (void)state;
    srnn_gradients_destroy(gradients);
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
    srnn_rnn_destroy(rnn);
    srnn_gradients_destroy(foreign_gradients);
    srnn_tape_destroy(foreign_tape);
    srnn_context_destroy(foreign_context);
    return 0;
}

static void test_misuse_tape__life(void **state)
{
    (void)state;
    REFUSE(SRNN_ERROR_INVALID, "out is NULL", srnn_tape_create(NULL, rnn));
    REFUSE_HANDLES(other, "rnn", "rnn", srnn_tape_create(&made.tape, other));
    ACCEPT(srnn_tape_create(&made.tape, rnn));
    srnn_tape_destroy(made.tape);
    ANSWER(rnn, srnn_tape_rnn(tape));
    ANSWER_OTHERS(other, "tape", NULL, srnn_tape_rnn(other));
    NOTHING(srnn_tape_destroy(NULL));
    for (int i = 0; i < MISUSE_KINDS; i++)
        if (!misuse_is_kind(i, "tape"))
            NOTHING(srnn_tape_destroy(misuse_handle(i)));
}

/* 0 is the least of each, except of a seed, and only SRNN_TAPE_DROPOUT has an
 * upper end. */
static void test_misuse_tape__options(void **state)
{
    (void)state;
    static const struct {
        srnn_tape_option option;
        int64_t value;
        srnn_status status;
        const char *says;
    } wrong[] = {
        {0, 1, SRNN_ERROR_INVALID,
         "option is 0, expected an SRNN_TAPE_... of a tape"},
        {300, 1, SRNN_ERROR_INVALID, "option is 300, expected an SRNN_TAPE_"},
        {306, 1, SRNN_ERROR_INVALID, "option is 306, expected an SRNN_TAPE_"},
        {SRNN_CONTEXT_GEMM, 1, SRNN_ERROR_INVALID,
         "SRNN_CONTEXT_GEMM is not an option of a tape"},
        {SRNN_TAPE_CHECKPOINT_STEPS, -1, SRNN_ERROR_RANGE,
         "SRNN_TAPE_CHECKPOINT_STEPS is -1, expected at least 0"},
        {SRNN_TAPE_CHECKPOINT_STEPS, INT64_MIN, SRNN_ERROR_RANGE,
         "SRNN_TAPE_CHECKPOINT_STEPS is -9223372036854775808"},
        {SRNN_TAPE_DROPOUT, -1, SRNN_ERROR_RANGE,
         "SRNN_TAPE_DROPOUT is -1, expected 0 to 1"},
        {SRNN_TAPE_DROPOUT, 2, SRNN_ERROR_RANGE,
         "SRNN_TAPE_DROPOUT is 2, expected 0 to 1"},
        {SRNN_TAPE_FIRST_ROW, -1, SRNN_ERROR_RANGE,
         "SRNN_TAPE_FIRST_ROW is -1, expected 0 to 4294967295"},
        {SRNN_TAPE_FIRST_ROW, INT64_C(1) << 32, SRNN_ERROR_RANGE,
         "SRNN_TAPE_FIRST_ROW is 4294967296, expected 0 to 4294967295"},
        {SRNN_TAPE_FIRST_STEP, -1, SRNN_ERROR_RANGE,
         "SRNN_TAPE_FIRST_STEP is -1, expected 0 to 4294967295"},
    };
    static const int64_t defaults[] = {0, 1, 0, 0, 0};
    int64_t *const value = number_at();
    REFUSE_HANDLES(other, "tape", "tape",
                   srnn_tape_set_int(other, SRNN_TAPE_DROPOUT, 0));
    REFUSE_HANDLES(other, "tape", "tape",
                   srnn_tape_get_int(value, other, SRNN_TAPE_DROPOUT));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_tape_get_int(NULL, tape, SRNN_TAPE_DROPOUT));
    for (size_t i = 0; i < MISUSE_COUNT(wrong); i++) {
        REFUSE(wrong[i].status, wrong[i].says,
               srnn_tape_set_int(tape, wrong[i].option, wrong[i].value));
        if (wrong[i].status == SRNN_ERROR_INVALID)
            REFUSE(wrong[i].status, wrong[i].says,
                   srnn_tape_get_int(value, tape, wrong[i].option));
    }
    for (int i = 0; i < 5; i++) {
        ACCEPT(srnn_tape_get_int(value, tape, SRNN_TAPE_CHECKPOINT_STEPS + i));
        assert_int_equal(*value, defaults[i]);
    }
}

static void check_set(srnn_tape_option option, int64_t value)
{
    ACCEPT(srnn_tape_set_int(tape, option, value));
    ACCEPT(srnn_tape_get_int(number_at(), tape, option));
    assert_true(*number_at() == value);
}

static void test_misuse_tape__ends_of_options(void **state)
{
    (void)state;
    check_set(SRNN_TAPE_CHECKPOINT_STEPS, INT64_MAX);
    check_set(SRNN_TAPE_CHECKPOINT_STEPS, 0);
    check_set(SRNN_TAPE_DROPOUT, 0);
    check_set(SRNN_TAPE_DROPOUT, 1);
    check_set(SRNN_TAPE_DROPOUT_SEED, INT64_MIN);
    check_set(SRNN_TAPE_DROPOUT_SEED, INT64_MAX);
    check_set(SRNN_TAPE_FIRST_ROW, 0);
    check_set(SRNN_TAPE_FIRST_ROW, UINT32_MAX);
    check_set(SRNN_TAPE_FIRST_STEP, 0);
    check_set(SRNN_TAPE_FIRST_STEP, UINT32_MAX);
    check_set(SRNN_TAPE_CHECKPOINT_STEPS, INT64_MAX);
    srnn_tensor *const input = view(INPUT, F32, SHAPE(T, B, I));
    ACCEPT(srnn_context_record(context, tape, input, NULL, NULL, NULL, NULL,
                               NULL, NULL));
    ACCEPT(srnn_context_backward(context, tape, input, NULL, NULL,
                                 SRNN_ACCUMULATION_SET, gradients, NULL, NULL,
                                 NULL));
}

/* Sizes that do not fit: of T, of B, of both, of a window. */
static const struct {
    int64_t steps, batch, checkpoint_steps;
} overflows[] = {
    {INT64_MAX, 1, 0},
    {1, INT64_MAX, 0},
    {INT64_MAX, 0, 0},
    {0, INT64_MAX, 0},
    {INT64_MAX, INT64_MAX, 0},
    {INT64_C(1) << 32, INT64_C(1) << 32, 0},
    {INT64_C(1) << 58, 1, 0},
    {INT64_MAX, 1, INT64_MAX},
    {INT64_MAX, 1, INT64_MAX - 1},
    {INT64_MAX, 1, INT64_MAX / 2},
    {INT64_MAX, 1, 1},
    {INT64_MAX, INT64_MAX, INT64_MAX - 1},
    {INT64_C(1) << 40, INT64_C(1) << 30, (INT64_C(1) << 40) - 1},
};

static void refuse_sizes(void)
{
    size_t *const size = size_at();
    for (size_t i = 0; i < MISUSE_COUNT(overflows); i++) {
        ACCEPT(srnn_tape_set_int(tape, SRNN_TAPE_CHECKPOINT_STEPS,
                                 overflows[i].checkpoint_steps));
        REFUSE(
            SRNN_ERROR_OVERFLOW, "the tape would need more than 2^63 - 1",
            srnn_tape_size(size, tape, overflows[i].steps, overflows[i].batch));
        REFUSE(SRNN_ERROR_OVERFLOW, "would need more than 2^63 - 1 bytes",
               srnn_context_tape_size(size, context, tape, overflows[i].steps,
                                      overflows[i].batch));
    }
}

/* 2^37 bytes and more. */
static void check_wide_sizes(void)
{
    size_t *const size = size_at();
    ACCEPT(srnn_tape_set_int(tape, SRNN_TAPE_CHECKPOINT_STEPS, 0));
    if (MISUSE_HAS_64_BITS) {
        ACCEPT(srnn_tape_size(size, tape, 1 << 30, 1 << 5));
        assert_true(*size >> 16 >> 16 >= 32);
        return;
    }
    REFUSE(SRNN_ERROR_OVERFLOW, "bytes are needed, but size_t has 32 bits",
           srnn_tape_size(size, tape, 1 << 30, 1 << 5));
    REFUSE(SRNN_ERROR_OVERFLOW, "bytes are needed, but size_t has 32 bits",
           srnn_context_tape_size(size, context, tape, 1, 1 << 30));
}

static void test_misuse_tape__sizes(void **state)
{
    (void)state;
    size_t *const size = size_at();
    REFUSE(SRNN_ERROR_INVALID, "out is NULL", srnn_tape_size(NULL, tape, T, B));
    REFUSE_HANDLES(other, "tape", "tape", srnn_tape_size(size, other, T, B));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_context_tape_size(NULL, context, tape, T, B));
    REFUSE_HANDLES(other, "context", "context",
                   srnn_context_tape_size(size, other, tape, T, B));
    REFUSE_HANDLES(other, "tape", "tape",
                   srnn_context_tape_size(size, context, other, T, B));
    REFUSE(SRNN_ERROR_INVALID,
           "context and tape are of different rnns; create both",
           srnn_context_tape_size(size, context, foreign_tape, T, B));
    REFUSE(SRNN_ERROR_RANGE, "steps is -1, expected at least 0",
           srnn_tape_size(size, tape, -1, B));
    REFUSE(SRNN_ERROR_RANGE, "batch is -9223372036854775808, expected at",
           srnn_tape_size(size, tape, T, INT64_MIN));
    REFUSE(SRNN_ERROR_RANGE, "steps is -9223372036854775808, expected at",
           srnn_context_tape_size(size, context, tape, INT64_MIN, B));
    REFUSE(SRNN_ERROR_RANGE, "batch is -1, expected at least 0",
           srnn_context_tape_size(size, context, tape, T, -1));
    refuse_sizes();
    check_wide_sizes();
    for (int steps = 0; steps < 2; steps++) {
        ACCEPT(srnn_tape_size(size, tape, steps, 0));
        ACCEPT(srnn_context_tape_size(size, context, tape, steps, 0));
        ACCEPT(srnn_tape_size(size, tape, 0, steps));
        ACCEPT(srnn_context_tape_size(size, context, tape, 0, steps));
    }
}

/* The window of a context is as large as T and the number of layers want it,
 * whatever the tape keeps. */
static void test_misuse_tape__window_overflows(void **state)
{
    (void)state;
    srnn_context *deep_context = NULL;
    srnn_tape *deep_tape = NULL;
    srnn_rnn *const deep =
        small_rnn_create(&(small_rnn){.I = 1, .H = 1, .L = 64});
    const int64_t steps = INT64_C(1) << 59;
    size_t *const size = size_at();
    expect_success("context", srnn_context_create(&deep_context, deep));
    expect_success("tape", srnn_tape_create(&deep_tape, deep));
    expect_success(
        "window",
        srnn_tape_set_int(deep_tape, SRNN_TAPE_CHECKPOINT_STEPS, steps / 2));
    if (MISUSE_HAS_64_BITS)
        ACCEPT(srnn_tape_size(size, deep_tape, steps, 1));
    REFUSE(SRNN_ERROR_OVERFLOW, "would need more than 2^63 - 1 bytes",
           srnn_context_tape_size(size, deep_context, deep_tape, steps, 1));
    srnn_tape_destroy(deep_tape);
    srnn_context_destroy(deep_context);
    srnn_rnn_destroy(deep);
}

/* A recording of no rows may have more steps than an output can have. */
static void test_misuse_tape__backward_overflow(void **state)
{
    (void)state;
    srnn_context *wide_context = NULL;
    srnn_tape *wide_tape = NULL;
    srnn_rnn *const wide =
        small_rnn_create(&(small_rnn){.I = 1, .H = 64, .batch_first = true});
    if (MISUSE_HAS_64_BITS) {
        expect_success("context", srnn_context_create(&wide_context, wide));
        expect_success("tape", srnn_tape_create(&wide_tape, wide));
        expect_success("record",
                       srnn_context_record_contiguous(
                           wide_context, wide_tape, INT64_C(1) << 59, 0,
                           at(INPUT), NULL, NULL, NULL, NULL, NULL, NULL));
        REFUSE(SRNN_ERROR_OVERFLOW, "would need more than 2^63 - 1 bytes",
               srnn_context_backward_contiguous(
                   wide_context, wide_tape, at(INPUT), at(OUTPUT), NULL,
                   SRNN_ACCUMULATION_SET, NULL, NULL, NULL, NULL));
    }
    srnn_tape_destroy(wide_tape);
    srnn_context_destroy(wide_context);
    srnn_rnn_destroy(wide);
}

static void test_misuse_tape__set_memory(void **state)
{
    (void)state;
    REFUSE_HANDLES(other, "tape", "tape",
                   srnn_tape_set_memory(other, at(TAPE), 64));
    for (int byte = 1; byte < (int)_Alignof(int64_t); byte++)
        REFUSE(SRNN_ERROR_INVALID,
               "memory is at 0x..., which is not a multiple of ",
               srnn_tape_set_memory(tape, at(TAPE + byte), 64));
    ACCEPT(srnn_tape_set_memory(tape, at(TAPE + 8), SIZE_MAX));
    ACCEPT(srnn_tape_set_memory(tape, at(TAPE), 0));
    ACCEPT(srnn_tape_set_memory(tape, NULL, 64));
}

/* The tensors of a right recording, in the order of its arguments. */
enum { IN, LENGTH, RESET, FIRST, FRESH_STATE, OUT, LAST, RECORD_COUNT };

static const char *const record_names[] = {"input", "lengths", "resets", "h0",
                                           "fresh", "output",  "h_n"};
static const int record_places[] = {INPUT, LENGTHS, RESETS, H0,
                                    FRESH, OUTPUT,  H_N};

typedef struct {
    srnn_tensor *of[RECORD_COUNT];
} record_call;

static record_call view_record(bool batch_first)
{
    const int64_t first = batch_first ? B : T;
    const int64_t second = batch_first ? T : B;
    const int64_t lengths[B] = {T, 1, 0};
    memcpy(misuse_memory + LENGTHS, lengths, sizeof lengths);
    memset(misuse_memory + RESETS, 0, T * B);
    return (record_call){
        {view(INPUT, F32, SHAPE(first, second, I)),
         view(LENGTHS, I64, SHAPE(B)), view(RESETS, U8, SHAPE(first, second)),
         view(H0, F32, SHAPE(L, B, H)), view(FRESH, F32, SHAPE(L, B, H)),
         view(OUTPUT, F32, SHAPE(first, second, H)),
         view(H_N, F32, SHAPE(L, B, H))}};
}

#define RECORD(context, tape, t)                                               \
    srnn_context_record(context, tape, (t)[IN], (t)[LENGTH], (t)[RESET],       \
                        (t)[FIRST], (t)[FRESH_STATE], (t)[OUT], (t)[LAST])

static void test_misuse_tape__record_handles(void **state)
{
    (void)state;
    const record_call c = view_record(false);
    REFUSE_HANDLES(other, "context", "context",
                   srnn_context_record(other, tape, c.of[IN], NULL, NULL, NULL,
                                       NULL, NULL, NULL));
    REFUSE_HANDLES(other, "tape", "tape",
                   srnn_context_record(context, other, c.of[IN], NULL, NULL,
                                       NULL, NULL, NULL, NULL));
    for (int argument = 0; argument < RECORD_COUNT; argument++)
        for (int i = argument == IN ? -1 : 0; i < MISUSE_KINDS; i++) {
            record_call wrong = c;
            char says[96];
            wrong.of[argument] = misuse_handle(i);
            if (misuse_is_kind(i, "tensor"))
                continue;
            (void)snprintf(
                says, sizeof says, "%s is %s", record_names[argument],
                i < 0 ? "NULL" : "an srnn_..., expected an srnn_tensor");
            REFUSE(SRNN_ERROR_INVALID, says,
                   srnn_context_record(context, tape, wrong.of[IN],
                                       wrong.of[LENGTH], wrong.of[RESET],
                                       wrong.of[FIRST], wrong.of[FRESH_STATE],
                                       wrong.of[OUT], wrong.of[LAST]));
        }
    REFUSE(SRNN_ERROR_INVALID, "context and tape are of different rnns",
           srnn_context_record(foreign_context, tape, c.of[IN], NULL, NULL,
                               NULL, NULL, NULL, NULL));
    ACCEPT(RECORD(context, tape, c.of));
    ACCEPT(srnn_context_record(context, tape, c.of[IN], NULL, NULL, NULL, NULL,
                               NULL, NULL));
}

static void refuse_record(const record_call *c, const misuse_row *rows,
                          size_t count)
{
    for (size_t i = 0; i < count; i++) {
        record_call wrong = *c;
        wrong.of[rows[i].argument] = rows[i].tensor;
        REFUSE(rows[i].status, rows[i].says,
               srnn_context_record(context, tape, wrong.of[IN],
                                   wrong.of[LENGTH], wrong.of[RESET],
                                   wrong.of[FIRST], wrong.of[FRESH_STATE],
                                   wrong.of[OUT], wrong.of[LAST]));
    }
    ACCEPT(RECORD(context, tape, c->of));
}

static void test_misuse_tape__record_dtypes(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {IN, view(SPARE, F64, SHAPE(T, B, I)), SRNN_ERROR_DTYPE,
         "input is float64; the rnn is float32"},
        {LENGTH, view(SPARE, F32, SHAPE(B)), SRNN_ERROR_DTYPE,
         "lengths is float32, expected int64"},
        {RESET, view(SPARE, I64, SHAPE(T, B)), SRNN_ERROR_DTYPE,
         "resets is int64, expected uint8"},
        {FIRST, view(SPARE, I64, SHAPE(L, B, H)), SRNN_ERROR_DTYPE,
         "h0 is int64; the rnn is float32"},
        {FRESH_STATE, view(SPARE, F64, SHAPE(L, B, H)), SRNN_ERROR_DTYPE,
         "fresh is float64; the rnn is float32"},
        {OUT, view(SPARE, F64, SHAPE(T, B, H)), SRNN_ERROR_DTYPE,
         "output is float64; the rnn is float32"},
        {LAST, view(SPARE, U8, SHAPE(L, B, H)), SRNN_ERROR_DTYPE,
         "h_n is uint8; the rnn is float32"},
        {OUT, view_const(SPARE, F32, SHAPE(T, B, H)), SRNN_ERROR_STATE,
         "output is a read-only tensor, but the call writes to it"},
        {LAST, view_const(SPARE, F32, SHAPE(L, B, H)), SRNN_ERROR_STATE,
         "h_n is a read-only tensor, but the call writes to it"},
    };
    const record_call c = view_record(false);
    refuse_record(&c, rows, MISUSE_COUNT(rows));
}

static void test_misuse_tape__record_shapes(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {IN, view(SPARE, F32, SHAPE(I)), SRNN_ERROR_SHAPE,
         "input is [4]; a 2-layer rnn needs [T, batch, input_size=4]"},
        {IN, view(SPARE, F32, SHAPE(T, B, 5)), SRNN_ERROR_SHAPE,
         "input is [5, 3, 5]...dimension 2 is 5, not 4"},
        {LENGTH, view(SPARE, I64, SHAPE(4)), SRNN_ERROR_SHAPE,
         "lengths is [4]; a 2-layer rnn with batch 3 needs [batch=3]"},
        {LENGTH, view(SPARE, I64, 0, NULL), SRNN_ERROR_SHAPE, "lengths is []"},
        {RESET, view(SPARE, U8, SHAPE(B, T)), SRNN_ERROR_SHAPE,
         "resets is [3, 5]; a 2-layer rnn with batch 3 needs [T=5, batch=3]"},
        {FIRST, view(SPARE, F32, SHAPE(1, 2, 3)), SRNN_ERROR_SHAPE,
         "h0 is [1, 2, 3]; a 2-layer rnn with batch 3 needs "
         "[num_layers*num_directions=2, batch=3, hidden_size=6]"},
        {FRESH_STATE, view(SPARE, F32, SHAPE(L, 2, H)), SRNN_ERROR_SHAPE,
         "fresh is [2, 2, 6]...batch=3...dimension 1 is 2, not 3"},
        {OUT, view(SPARE, F32, SHAPE(4, B, H)), SRNN_ERROR_SHAPE,
         "output is [4, 3, 6]...[T=5, batch=3, num_directions*hidden_size=6]"},
        {LAST, view(SPARE, F32, SHAPE(L, 1, H)), SRNN_ERROR_SHAPE,
         "h_n is [2, 1, 6]...batch=3...dimension 1 is 1, not 3"},
    };
    const record_call c = view_record(false);
    refuse_record(&c, rows, MISUSE_COUNT(rows));
}

static void test_misuse_tape__record_batch_first(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {RESET, view(SPARE, U8, SHAPE(T, B)), SRNN_ERROR_SHAPE,
         "resets is [5, 3]...[batch=3, T=5]"},
        {OUT, view(SPARE, F32, SHAPE(T, B, H)), SRNN_ERROR_SHAPE,
         "output is [5, 3, 6]...[batch=3, T=5...dimension 0 is 5, not 3"},
        {FIRST, view(SPARE, F32, SHAPE(B, L, H)), SRNN_ERROR_SHAPE,
         "h0 is [3, 2, 6]...[num_layers*num_directions=2, batch=3"},
    };
    const record_call c = view_record(true);
    refuse_record(&c, rows, MISUSE_COUNT(rows));
}

static void test_misuse_tape__record_lengths(void **state)
{
    (void)state;
    const record_call c = view_record(false);
    static const int64_t wrong[][B] = {
        {T + 1, 1, 0}, {T, -1, 0}, {T, 1, INT64_MIN}, {0, INT64_MAX, 0}};
    for (size_t i = 0; i < MISUSE_COUNT(wrong); i++) {
        memcpy(misuse_memory + LENGTHS, wrong[i], sizeof wrong[i]);
        REFUSE(SRNN_ERROR_RANGE, "lengths[...] is ..., expected 0 to T=5",
               srnn_context_record(context, tape, c.of[IN], c.of[LENGTH], NULL,
                                   NULL, NULL, NULL, NULL));
        REFUSE(SRNN_ERROR_RANGE, "lengths[...] is ..., expected 0 to T=5",
               srnn_context_record_contiguous(context, tape, T, B, at(INPUT),
                                              at(LENGTHS), NULL, NULL, NULL,
                                              NULL, NULL));
    }
}

/* Each result over each tensor; h_n alone may be h0. */
static void test_misuse_tape__record_overlap(void **state)
{
    (void)state;
    const record_call c = view_record(false);
    for (int result = OUT; result <= LAST; result++)
        for (int other = 0; other < RECORD_COUNT; other++) {
            const bool is_exact = result != LAST || other != FIRST;
            const size_t byte =
                (size_t)record_places[other] + (is_exact ? 0 : 4);
            char says[96];
            if (other == result)
                continue;
            (void)snprintf(
                says, sizeof says, "overlaps the memory of %s at 0x",
                result == LAST && other == OUT ? "h_n" : record_names[other]);
            const misuse_row row = {result,
                                    result == OUT
                                        ? view(byte, F32, SHAPE(T, B, H))
                                        : view(byte, F32, SHAPE(L, B, H)),
                                    SRNN_ERROR_ALIAS, says};
            refuse_record(&c, &row, 1);
        }
    record_call in_place = c;
    in_place.of[LAST] = in_place.of[FIRST];
    ACCEPT(RECORD(context, tape, in_place.of));
}

/* The bytes of a recording in memory of the caller. Those behind them may be
 * used for anything. */
static size_t move_to_memory(void)
{
    size_t bytes = 0;
    expect_success("size", srnn_tape_size(&bytes, tape, T, B));
    assert_in_range(bytes, 1024, MISUSE_MEMORY - TAPE - 1024);
    memset(misuse_memory + TAPE, 0, bytes);
    expect_success("memory",
                   srnn_tape_set_memory(tape, at(TAPE), MISUSE_MEMORY - TAPE));
    return bytes;
}

static void test_misuse_tape__record_over_the_tape(void **state)
{
    (void)state;
    const size_t last = TAPE + move_to_memory();
    const record_call c = view_record(false);
    const size_t sizes[] = {INPUT_BYTES, B * 8,        T * B,      STATE_BYTES,
                            STATE_BYTES, OUTPUT_BYTES, STATE_BYTES};
    for (int i = 0; i < RECORD_COUNT; i++)
        for (int end = 0; end < 2; end++) {
            const srnn_tensor *const of = c.of[i];
            const size_t byte =
                end == 0 ? TAPE - sizes[i] / 8 * 8 + 8 : last - 8;
            char says[128];
            (void)snprintf(says, sizeof says,
                           "the memory of %s at 0x...overlaps the memory of "
                           "the tape at 0x",
                           record_names[i]);
            record_call wrong = c;
            wrong.of[i] = view(byte, srnn_tensor_dtype(of),
                               srnn_tensor_rank(of), srnn_tensor_shape(of));
            if (i == LENGTH)
                memset(misuse_memory + byte, 0, sizes[i]);
            REFUSE(SRNN_ERROR_ALIAS, says,
                   srnn_context_record(context, tape, wrong.of[IN],
                                       wrong.of[LENGTH], wrong.of[RESET],
                                       wrong.of[FIRST], wrong.of[FRESH_STATE],
                                       wrong.of[OUT], wrong.of[LAST]));
            memset(misuse_memory + TAPE, 0, 128);
        }
    record_call beside = c;
    beside.of[OUT] = view(TAPE - OUTPUT_BYTES, F32, SHAPE(T, B, H));
    beside.of[LAST] = view(last, F32, SHAPE(L, B, H));
    ACCEPT(RECORD(context, tape, beside.of));
    ACCEPT(srnn_tape_set_memory(tape, NULL, 0));
}

/* An output that is nowhere, and an input that has more rows than a tape can
 * have; or more than the buffers, where features are many. */
static void test_misuse_tape__record_overflow(void **state)
{
    (void)state;
    srnn_tensor *const too_large =
        view_nowhere(F32, SHAPE(INT64_C(1) << 30, (1 << 29) - 1, I));
    srnn_tensor *const fits =
        view_nowhere(F32, SHAPE(INT64_C(1) << 30, 1 << 25, I));
    REFUSE(SRNN_ERROR_OVERFLOW, "the tape would need more than 2^63 - 1 bytes",
           srnn_context_record(context, tape, too_large, NULL, NULL, NULL, NULL,
                               NULL, NULL));
    REFUSE(SRNN_ERROR_NO_MEMORY, "cannot allocate ... bytes",
           srnn_context_record(context, tape, fits, NULL, NULL, NULL, NULL,
                               NULL, NULL));
    for (size_t i = 0; i < MISUSE_COUNT(overflows); i++)
        REFUSE(SRNN_ERROR_OVERFLOW, "would need more than 2^63 - 1 bytes",
               srnn_context_record_contiguous(
                   context, tape, overflows[i].steps, overflows[i].batch,
                   at(INPUT), NULL, NULL, NULL, NULL, NULL, NULL));
    /* All but the states are too large. */
    REFUSE(SRNN_ERROR_OVERFLOW, "would need more than 2^63 - 1 bytes",
           srnn_context_record_contiguous(context, tape, INT64_C(1) << 60, B,
                                          at(INPUT), NULL, NULL, at(H0), NULL,
                                          at(OUTPUT), at(H_N)));
}

static void test_misuse_tape__record_buffer(void **state)
{
    (void)state;
    const record_call c = view_record(false);
    size_t bytes = 0;
    char says[128];
    expect_success("size", srnn_tape_size(&bytes, tape, T, B));
    (void)snprintf(says, sizeof says,
                   "the memory of the tape has ... bytes, but the recording "
                   "needs %zu",
                   bytes);
    memset(misuse_memory + TAPE, 0, 128);
    for (int i = 0; i < 3; i++) {
        const size_t given[] = {0, 8, bytes - 1};
        ACCEPT(srnn_tape_set_memory(tape, at(TAPE), given[i]));
        REFUSE(SRNN_ERROR_BUFFER, says,
               srnn_context_record(context, tape, c.of[IN], NULL, NULL, NULL,
                                   NULL, c.of[OUT], c.of[LAST]));
        REFUSE(SRNN_ERROR_BUFFER, says,
               srnn_context_record_contiguous(context, tape, T, B, at(INPUT),
                                              NULL, NULL, NULL, NULL,
                                              at(OUTPUT), at(H_N)));
    }
    ACCEPT(srnn_tape_set_memory(tape, at(TAPE), bytes));
    ACCEPT(RECORD(context, tape, c.of));
    ACCEPT(srnn_tape_set_memory(tape, NULL, 0));
}

#define RECORD_ARRAYS(context, tape, steps, batch, p)                          \
    srnn_context_record_contiguous(                                            \
        context, tape, steps, batch, (p)[IN], (const int64_t *)(p)[LENGTH],    \
        (p)[RESET], (p)[FIRST], (p)[FRESH_STATE], (p)[OUT], (p)[LAST])

static void place_record(void *p[RECORD_COUNT])
{
    (void)view_record(false); /* lengths and resets */
    for (int i = 0; i < RECORD_COUNT; i++)
        p[i] = at(record_places[i]);
}

static void test_misuse_tape__record_contiguous(void **state)
{
    (void)state;
    void *p[RECORD_COUNT];
    place_record(p);
    REFUSE_HANDLES(other, "context", "context",
                   srnn_context_record_contiguous(other, tape, T, B, p[IN],
                                                  NULL, NULL, NULL, NULL, NULL,
                                                  NULL));
    REFUSE_HANDLES(other, "tape", "tape",
                   srnn_context_record_contiguous(context, other, T, B, p[IN],
                                                  NULL, NULL, NULL, NULL, NULL,
                                                  NULL));
    REFUSE(SRNN_ERROR_INVALID, "context and tape are of different rnns",
           srnn_context_record_contiguous(context, foreign_tape, T, B, p[IN],
                                          NULL, NULL, NULL, NULL, NULL, NULL));
    REFUSE(SRNN_ERROR_INVALID, "input is NULL",
           srnn_context_record_contiguous(context, tape, T, B, NULL, NULL, NULL,
                                          NULL, NULL, NULL, NULL));
    REFUSE(SRNN_ERROR_RANGE, "steps is -1, expected at least 0",
           srnn_context_record_contiguous(context, tape, -1, B, p[IN], NULL,
                                          NULL, NULL, NULL, NULL, NULL));
    REFUSE(SRNN_ERROR_RANGE, "batch is -1, expected at least 0",
           srnn_context_record_contiguous(context, tape, T, -1, p[IN], NULL,
                                          NULL, NULL, NULL, NULL, NULL));
    for (int i = 0; i < RECORD_COUNT; i++) {
        char says[96];
        void *const right = p[i];
        (void)snprintf(says, sizeof says, "%s is at 0x...not a multiple of %d",
                       record_names[i],
                       i == LENGTH ? (int)_Alignof(int64_t) : 4);
        p[i] = (char *)right + 1 + i % 3;
        if (i != RESET)
            REFUSE(SRNN_ERROR_INVALID, says,
                   srnn_context_record_contiguous(
                       context, tape, T, B, p[IN], (const int64_t *)p[LENGTH],
                       p[RESET], p[FIRST], p[FRESH_STATE], p[OUT], p[LAST]));
        p[i] = right;
    }
    ACCEPT(RECORD_ARRAYS(context, tape, T, B, p));
    ACCEPT(RECORD_ARRAYS(context, tape, 0, 0, p));
    ACCEPT(srnn_context_record_contiguous(context, tape, T, 0, NULL, NULL, NULL,
                                          NULL, NULL, NULL, NULL));
    ACCEPT(srnn_context_record_contiguous(context, tape, 0, B, NULL, NULL, NULL,
                                          NULL, NULL, NULL, p[LAST]));
}

static void test_misuse_tape__record_contiguous_overlap(void **state)
{
    (void)state;
    void *p[RECORD_COUNT];
    place_record(p);
    for (int result = OUT; result <= LAST; result++)
        for (int other = 0; other < RECORD_COUNT; other++) {
            if (other == result)
                continue;
            void *const right = p[result];
            p[result] =
                (char *)p[other] + (result == LAST && other == FIRST ? 4 : 0);
            REFUSE(SRNN_ERROR_ALIAS, "overlaps the memory of",
                   srnn_context_record_contiguous(
                       context, tape, T, B, p[IN], (const int64_t *)p[LENGTH],
                       p[RESET], p[FIRST], p[FRESH_STATE], p[OUT], p[LAST]));
            p[result] = right;
        }
    p[LAST] = p[FIRST];
    ACCEPT(RECORD_ARRAYS(context, tape, T, B, p));
}

/* The tensors of a right backward, in the order of its arguments. */
enum { X, DY, DH_N, DX, DH0, DFRESH, BACKWARD_COUNT };

static const char *const backward_names[] = {"input",   "d_output", "d_h_n",
                                             "d_input", "d_h0",     "d_fresh"};
static const int backward_places[] = {INPUT,   D_OUTPUT, D_H_N,
                                      D_INPUT, D_H0,     D_FRESH};

typedef struct {
    srnn_tensor *of[BACKWARD_COUNT];
} backward_call;

static backward_call view_backward(void)
{
    return (backward_call){
        {view(INPUT, F32, SHAPE(T, B, I)), view(D_OUTPUT, F32, SHAPE(T, B, H)),
         view(D_H_N, F32, SHAPE(L, B, H)), view(D_INPUT, F32, SHAPE(T, B, I)),
         view(D_H0, F32, SHAPE(L, B, H)), view(D_FRESH, F32, SHAPE(L, B, H))}};
}

static void record(void)
{
    const record_call c = view_record(false);
    expect_success("record", RECORD(context, tape, c.of));
}

static void test_misuse_tape__backward_handles(void **state)
{
    (void)state;
    const backward_call c = view_backward();
    record();
    REFUSE_HANDLES(other, "context", "context",
                   srnn_context_backward(other, tape, c.of[X], NULL, NULL,
                                         SRNN_ACCUMULATION_SET, NULL, NULL,
                                         NULL, NULL));
    REFUSE_HANDLES(other, "tape", "tape",
                   srnn_context_backward(context, other, c.of[X], NULL, NULL,
                                         SRNN_ACCUMULATION_SET, NULL, NULL,
                                         NULL, NULL));
    REFUSE_OTHERS(other, "gradients", "gradients",
                  srnn_context_backward(context, tape, c.of[X], NULL, NULL,
                                        SRNN_ACCUMULATION_SET, other, NULL,
                                        NULL, NULL));
    for (int argument = 0; argument < BACKWARD_COUNT; argument++)
        for (int i = argument == X ? -1 : 0; i < MISUSE_KINDS; i++) {
            backward_call w = c;
            char says[96];
            w.of[argument] = misuse_handle(i);
            if (misuse_is_kind(i, "tensor"))
                continue;
            (void)snprintf(
                says, sizeof says, "%s is %s", backward_names[argument],
                i < 0 ? "NULL" : "an srnn_..., expected an srnn_tensor");
            REFUSE(SRNN_ERROR_INVALID, says,
                   srnn_context_backward(context, tape, w.of[X], w.of[DY],
                                         w.of[DH_N], SRNN_ACCUMULATION_SET,
                                         gradients, w.of[DX], w.of[DH0],
                                         w.of[DFRESH]));
        }
}

static void test_misuse_tape__backward_of_other_rnns(void **state)
{
    (void)state;
    static const srnn_accumulation unknown[] = {0, 1, 1800, 1803, -1};
    const backward_call c = view_backward();
    record();
    REFUSE(SRNN_ERROR_INVALID, "context and tape are of different rnns",
           srnn_context_backward(foreign_context, tape, c.of[X], NULL, NULL,
                                 SRNN_ACCUMULATION_SET, NULL, NULL, NULL,
                                 NULL));
    REFUSE(SRNN_ERROR_INVALID,
           "context and gradients are of different rnns; create both for the "
           "same one",
           srnn_context_backward(context, tape, c.of[X], NULL, NULL,
                                 SRNN_ACCUMULATION_SET, foreign_gradients, NULL,
                                 NULL, NULL));
    REFUSE(SRNN_ERROR_INVALID, "context and tape are of different rnns",
           srnn_context_backward_contiguous(foreign_context, tape, at(INPUT),
                                            NULL, NULL, SRNN_ACCUMULATION_SET,
                                            NULL, NULL, NULL, NULL));
    for (size_t i = 0; i < MISUSE_COUNT(unknown); i++) {
        REFUSE(SRNN_ERROR_INVALID,
               "accumulation is ..., expected SRNN_ACCUMULATION_SET or "
               "SRNN_ACCUMULATION_ADD",
               srnn_context_backward(context, tape, c.of[X], NULL, NULL,
                                     unknown[i], gradients, NULL, NULL, NULL));
        REFUSE(SRNN_ERROR_INVALID, "accumulation is ..., expected SRNN_ACC",
               srnn_context_backward_contiguous(context, tape, at(INPUT), NULL,
                                                NULL, unknown[i], NULL, NULL,
                                                NULL, NULL));
    }
}

/* Nothing was recorded, or parameters have been written since, or the memory
 * holds a recording that is not of the rnn. */
static void test_misuse_tape__backward_without_recording(void **state)
{
    (void)state;
    static const char empty[] = "the tape is empty; record a forward first";
    static const char stale[] = "parameters of the rnn were written after the "
                                "recording...record again";
    const backward_call c = view_backward();
    srnn_tensor *const weight = view(SPARE, F32, SHAPE(H, I));
    for (int turn = 0; turn < 2; turn++) {
        REFUSE(SRNN_ERROR_STATE, empty,
               srnn_context_backward(context, tape, c.of[X], NULL, NULL,
                                     SRNN_ACCUMULATION_SET, gradients, NULL,
                                     NULL, NULL));
        REFUSE(SRNN_ERROR_STATE, empty,
               srnn_context_backward_contiguous(context, tape, at(INPUT), NULL,
                                                NULL, SRNN_ACCUMULATION_SET,
                                                NULL, NULL, NULL, NULL));
        record();
        expect_success("write",
                       srnn_rnn_set_parameter(rnn, "weight_ih_l0", weight));
        REFUSE(SRNN_ERROR_STALE, stale,
               srnn_context_backward(context, tape, c.of[X], NULL, NULL,
                                     SRNN_ACCUMULATION_SET, gradients, NULL,
                                     NULL, NULL));
        REFUSE(SRNN_ERROR_STALE, stale,
               srnn_context_backward_contiguous(context, tape, at(INPUT), NULL,
                                                NULL, SRNN_ACCUMULATION_SET,
                                                NULL, NULL, NULL, NULL));
        ACCEPT(srnn_tape_set_memory(tape, NULL, 0));
    }
    (void)move_to_memory();
    record();
    ACCEPT(srnn_tape_set_memory(foreign_tape, at(TAPE), MISUSE_MEMORY - TAPE));
    REFUSE(SRNN_ERROR_STALE, "or it is one of another rnn; record again",
           srnn_context_backward(foreign_context, foreign_tape, c.of[X], NULL,
                                 NULL, SRNN_ACCUMULATION_SET, NULL, NULL, NULL,
                                 NULL));
}

/* Of an rnn of other sizes, which would look for arrays elsewhere. */
static void test_misuse_tape__backward_of_other_sizes(void **state)
{
    static const small_rnn others[] = {
        {.I = I, .H = 2 * H, .L = L},
        {.I = I, .H = H - 1, .L = L},
        {.I = I, .H = H, .L = 1},
        {.I = I, .H = H, .L = L, .D = 2},
        {.I = I, .H = H, .L = L, .dtype = SRNN_DTYPE_FLOAT64},
        {.I = I, .H = H, .L = L},
    };
    (void)state;
    (void)move_to_memory();
    record();
    for (size_t i = 0; i < MISUSE_COUNT(others); i++) {
        srnn_tape *other_tape = NULL;
        srnn_context *other_context = NULL;
        srnn_rnn *const other = small_rnn_create(&others[i]);
        expect_success("context", srnn_context_create(&other_context, other));
        expect_success("tape", srnn_tape_create(&other_tape, other));
        ACCEPT(
            srnn_tape_set_memory(other_tape, at(TAPE), MISUSE_MEMORY - TAPE));
        REFUSE(SRNN_ERROR_STALE, "or it is one of another rnn; record again",
               srnn_context_backward(
                   other_context, other_tape, view(INPUT, F32, SHAPE(T, B, I)),
                   NULL, NULL, SRNN_ACCUMULATION_SET, NULL, NULL, NULL, NULL));
        srnn_tape_destroy(other_tape);
        srnn_context_destroy(other_context);
        srnn_rnn_destroy(other);
    }
}

/* The beginning of a recording says how long it is. */
static void test_misuse_tape__backward_of_a_part(void **state)
{
    (void)state;
    const size_t bytes = move_to_memory();
    record();
    for (size_t less = 0; less < bytes; less += 256) {
        ACCEPT(srnn_tape_set_memory(tape, at(TAPE), less));
        REFUSE(SRNN_ERROR_STATE,
               less == 0 ? "the tape is empty; record a forward first"
                         : "the memory of the tape has ... bytes, but the "
                           "recording needs",
               srnn_context_backward(
                   context, tape, view(INPUT, F32, SHAPE(T, B, I)), NULL, NULL,
                   SRNN_ACCUMULATION_SET, NULL, NULL, NULL, NULL));
    }
    ACCEPT(srnn_tape_set_memory(tape, at(TAPE), bytes));
    ACCEPT(srnn_context_backward(
        context, tape, view(INPUT, F32, SHAPE(T, B, I)), NULL, NULL,
        SRNN_ACCUMULATION_SET, gradients, NULL, NULL, NULL));
    ACCEPT(srnn_tape_set_memory(tape, NULL, 0));
}

static void refuse_backward(const backward_call *c, const misuse_row *rows,
                            size_t count)
{
    for (size_t i = 0; i < count; i++) {
        backward_call w = *c;
        w.of[rows[i].argument] = rows[i].tensor;
        REFUSE(rows[i].status, rows[i].says,
               srnn_context_backward(context, tape, w.of[X], w.of[DY],
                                     w.of[DH_N], SRNN_ACCUMULATION_ADD,
                                     gradients, w.of[DX], w.of[DH0],
                                     w.of[DFRESH]));
    }
    ACCEPT(srnn_context_backward(context, tape, c->of[X], c->of[DY],
                                 c->of[DH_N], SRNN_ACCUMULATION_SET, gradients,
                                 c->of[DX], c->of[DH0], c->of[DFRESH]));
}

static void test_misuse_tape__backward_dtypes(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {X, view(SPARE, F64, SHAPE(T, B, I)), SRNN_ERROR_DTYPE,
         "input is float64; the rnn is float32"},
        {DY, view(SPARE, F64, SHAPE(T, B, H)), SRNN_ERROR_DTYPE,
         "d_output is float64; the rnn is float32"},
        {DH_N, view(SPARE, I64, SHAPE(L, B, H)), SRNN_ERROR_DTYPE,
         "d_h_n is int64; the rnn is float32"},
        {DX, view(SPARE, F64, SHAPE(T, B, I)), SRNN_ERROR_DTYPE,
         "d_input is float64; the rnn is float32"},
        {DH0, view(SPARE, U8, SHAPE(L, B, H)), SRNN_ERROR_DTYPE,
         "d_h0 is uint8; the rnn is float32"},
        {DFRESH, view(SPARE, F64, SHAPE(L, B, H)), SRNN_ERROR_DTYPE,
         "d_fresh is float64; the rnn is float32"},
        {DX, view_const(SPARE, F32, SHAPE(T, B, I)), SRNN_ERROR_STATE,
         "d_input is a read-only tensor"},
        {DH0, view_const(SPARE, F32, SHAPE(L, B, H)), SRNN_ERROR_STATE,
         "d_h0 is a read-only tensor"},
        {DFRESH, view_const(SPARE, F32, SHAPE(L, B, H)), SRNN_ERROR_STATE,
         "d_fresh is a read-only tensor"},
    };
    const backward_call c = view_backward();
    record();
    refuse_backward(&c, rows, MISUSE_COUNT(rows));
}

static void test_misuse_tape__backward_shapes(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {X, view(SPARE, F32, SHAPE(4, B, I)), SRNN_ERROR_SHAPE,
         "input is [4, 3, 4]; a 2-layer rnn with batch 3 needs [T=5, batch=3, "
         "input_size=4]: dimension 0 is 4, not 5"},
        {X, view(SPARE, F32, SHAPE(T, I)), SRNN_ERROR_SHAPE,
         "input is [5, 4]...[T=5, batch=3, input_size=4]"},
        {DY, view(SPARE, F32, SHAPE(T, 2, H)), SRNN_ERROR_SHAPE,
         "d_output is [5, 2, 6]...[T=5, batch=3, "
         "num_directions*hidden_size=6]: dimension 1 is 2, not 3"},
        {DY, view(SPARE, F32, SHAPE(T, B, I)), SRNN_ERROR_SHAPE,
         "d_output is [5, 3, 4]...dimension 2 is 4, not 6"},
        {DH_N, view(SPARE, F32, SHAPE(1, 2, 3)), SRNN_ERROR_SHAPE,
         "d_h_n is [1, 2, 3]; a 2-layer rnn with batch 3 needs "
         "[num_layers*num_directions=2, batch=3, hidden_size=6]"},
        {DH_N, view(SPARE, F32, SHAPE(L, 1, H)), SRNN_ERROR_SHAPE,
         "d_h_n is [2, 1, 6]...dimension 1 is 1, not 3"},
        {DX, view(SPARE, F32, SHAPE(T, B, H)), SRNN_ERROR_SHAPE,
         "d_input is [5, 3, 6]...[T=5, batch=3, input_size=4]"},
        {DH0, view(SPARE, F32, SHAPE(L, 2, H)), SRNN_ERROR_SHAPE,
         "d_h0 is [2, 2, 6]...dimension 1 is 2, not 3"},
        {DH0, view(SPARE, F32, SHAPE(L, H)), SRNN_ERROR_SHAPE,
         "d_h0 is [2, 6]...[num_layers*num_directions=2, batch=3"},
        {DFRESH, view(SPARE, F32, SHAPE(1, B, H)), SRNN_ERROR_SHAPE,
         "d_fresh is [1, 3, 6]...dimension 0 is 1, not 2"},
    };
    backward_call c = view_backward();
    record();
    refuse_backward(&c, rows, MISUSE_COUNT(rows));
    /* States that the batch shares have gradients of that shape. */
    c.of[DH0] = view(D_H0, F32, SHAPE(L, 1, H));
    c.of[DFRESH] = view(D_FRESH, F32, SHAPE(L, 1, H));
    refuse_backward(&c, rows, 0);
}

/* A recording without a batch has no batch in its gradients either. */
static void test_misuse_tape__backward_ranks(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {X, view(SPARE, F32, SHAPE(T, 1, I)), SRNN_ERROR_SHAPE,
         "input is [5, 1, 4]; a 2-layer rnn with input of rank 2, no batch, "
         "needs [T=5, input_size=4]"},
        {DY, view(SPARE, F32, SHAPE(T, 1, H)), SRNN_ERROR_SHAPE,
         "d_output is [5, 1, 6]...no batch, needs [T=5, "
         "num_directions*hidden_size=6]"},
        {DH_N, view(SPARE, F32, SHAPE(L, 1, H)), SRNN_ERROR_SHAPE,
         "d_h_n is [2, 1, 6]...no batch, needs [num_layers*num_directions=2, "
         "hidden_size=6]"},
        {DX, view(SPARE, F32, SHAPE(T, 1, I)), SRNN_ERROR_SHAPE,
         "d_input is [5, 1, 4]...no batch, needs [T=5, input_size=4]"},
        {DH0, view(SPARE, F32, SHAPE(L, 1, H)), SRNN_ERROR_SHAPE,
         "d_h0 is [2, 1, 6]...no batch, needs [num_layers"},
        {DFRESH, view(SPARE, F32, SHAPE(L, 1, H)), SRNN_ERROR_SHAPE,
         "d_fresh is [2, 1, 6]...no batch, needs [num_layers"},
    };
    const backward_call c = {
        {view(INPUT, F32, SHAPE(T, I)), view(D_OUTPUT, F32, SHAPE(T, H)),
         view(D_H_N, F32, SHAPE(L, H)), view(D_INPUT, F32, SHAPE(T, I)),
         view(D_H0, F32, SHAPE(L, H)), view(D_FRESH, F32, SHAPE(L, H))}};
    expect_success("record", srnn_context_record(context, tape, c.of[X], NULL,
                                                 NULL, NULL, NULL, NULL, NULL));
    refuse_backward(&c, rows, MISUSE_COUNT(rows));
    ACCEPT(srnn_context_backward_contiguous(
        context, tape, at(INPUT), at(D_OUTPUT), at(D_H_N),
        SRNN_ACCUMULATION_SET, NULL, at(D_INPUT), at(D_H0), at(D_FRESH)));
}

/* Each result over each other tensor, in the one form and the other. */
static void test_misuse_tape__backward_overlap(void **state)
{
    (void)state;
    const backward_call c = view_backward();
    record();
    for (int result = DX; result < BACKWARD_COUNT; result++)
        for (int other = 0; other < BACKWARD_COUNT; other++) {
            const size_t byte = (size_t)backward_places[other] + 4;
            void *p[BACKWARD_COUNT];
            char says[96];
            if (other == result)
                continue;
            for (int i = 0; i < BACKWARD_COUNT; i++)
                p[i] = at(backward_places[i]);
            p[result] = at((int)byte);
            const int later = other > result ? other : result;
            (void)snprintf(says, sizeof says,
                           "the memory of %s at 0x...overlaps the memory of %s",
                           backward_names[later],
                           backward_names[other + result - later]);
            const misuse_row row = {result,
                                    result == DX
                                        ? view(byte, F32, SHAPE(T, B, I))
                                        : view(byte, F32, SHAPE(L, B, H)),
                                    SRNN_ERROR_ALIAS, says};
            refuse_backward(&c, &row, 1);
            REFUSE(SRNN_ERROR_ALIAS, says,
                   srnn_context_backward_contiguous(
                       context, tape, p[X], p[DY], p[DH_N],
                       SRNN_ACCUMULATION_SET, NULL, p[DX], p[DH0], p[DFRESH]));
        }
}

/* Any tensor over the gradients, frozen or not. */
static void test_misuse_tape__backward_over_gradients(void **state)
{
    (void)state;
    static const char says[] =
        "the memory of gradients at 0x...overlaps the memory of ... at 0x";
    const size_t size = (size_t)srnn_rnn_flat_size(rnn) * sizeof(float);
    const misuse_row rows[] = {
        {X, view(GRADIENTS + size - 4, F32, SHAPE(T, B, I)), SRNN_ERROR_ALIAS,
         says},
        {DY, view(GRADIENTS + 8, F32, SHAPE(T, B, H)), SRNN_ERROR_ALIAS, says},
        {DH_N, view(GRADIENTS + 8, F32, SHAPE(L, B, H)), SRNN_ERROR_ALIAS,
         says},
        {DX, view(GRADIENTS - INPUT_BYTES + 4, F32, SHAPE(T, B, I)),
         SRNN_ERROR_ALIAS, says},
        {DH0, view(GRADIENTS + size - 4, F32, SHAPE(L, B, H)), SRNN_ERROR_ALIAS,
         says},
        {DFRESH, view(GRADIENTS, F32, SHAPE(L, B, H)), SRNN_ERROR_ALIAS, says},
    };
    backward_call c = view_backward();
    record();
    refuse_backward(&c, rows, MISUSE_COUNT(rows));
    c.of[DX] = view(GRADIENTS - INPUT_BYTES, F32, SHAPE(T, B, I));
    c.of[DH0] = view(GRADIENTS + size, F32, SHAPE(L, B, H));
    refuse_backward(&c, rows, 0);
}

/* Results over what backward reads of the tape. */
static void test_misuse_tape__backward_over_the_tape(void **state)
{
    (void)state;
    static const char says[] = "the memory of ... at 0x...overlaps the memory "
                               "of the tape at 0x";
    const size_t last = TAPE + move_to_memory();
    const misuse_row rows[] = {
        {DX, view(TAPE, F32, SHAPE(T, B, I)), SRNN_ERROR_ALIAS, says},
        {DX, view(last - 4, F32, SHAPE(T, B, I)), SRNN_ERROR_ALIAS, says},
        {DH0, view(TAPE - STATE_BYTES + 4, F32, SHAPE(L, B, H)),
         SRNN_ERROR_ALIAS, says},
        {DFRESH, view(last - STATE_BYTES, F32, SHAPE(L, B, H)),
         SRNN_ERROR_ALIAS, says},
    };
    backward_call c = view_backward();
    void *addresses[PARAMETERS] = {NULL};
    srnn_gradients *over = NULL;
    record();
    refuse_backward(&c, rows, MISUSE_COUNT(rows));
    expect_success("over", srnn_gradients_wrap(&over, rnn, at(TAPE + 64)));
    REFUSE(SRNN_ERROR_ALIAS,
           "the memory of gradients at 0x...overlaps the memory of the tape",
           srnn_context_backward(context, tape, c.of[X], c.of[DY], NULL,
                                 SRNN_ACCUMULATION_ADD, over, NULL, NULL,
                                 NULL));
    srnn_gradients_destroy(over);
    addresses[1] = at((int)last - 4);
    REFUSE(SRNN_ERROR_ALIAS,
           "the gradient of weight_hh_l0 at 0x...overlaps the memory of the "
           "tape",
           srnn_context_backward_contiguous(
               context, tape, at(INPUT), at(D_OUTPUT), NULL,
               SRNN_ACCUMULATION_ADD, addresses, NULL, NULL, NULL));
    c.of[DX] = view(TAPE - INPUT_BYTES, F32, SHAPE(T, B, I));
    c.of[DH0] = view(last, F32, SHAPE(L, B, H));
    refuse_backward(&c, rows, 0);
    ACCEPT(srnn_tape_set_memory(tape, NULL, 0));
}

static void test_misuse_tape__backward_contiguous(void **state)
{
    (void)state;
    void *p[BACKWARD_COUNT];
    for (int i = 0; i < BACKWARD_COUNT; i++)
        p[i] = at(backward_places[i]);
    record();
    REFUSE_HANDLES(other, "context", "context",
                   srnn_context_backward_contiguous(other, tape, p[X], NULL,
                                                    NULL, SRNN_ACCUMULATION_SET,
                                                    NULL, NULL, NULL, NULL));
    REFUSE_HANDLES(other, "tape", "tape",
                   srnn_context_backward_contiguous(context, other, p[X], NULL,
                                                    NULL, SRNN_ACCUMULATION_SET,
                                                    NULL, NULL, NULL, NULL));
    REFUSE(SRNN_ERROR_INVALID, "input is NULL",
           srnn_context_backward_contiguous(context, tape, NULL, p[DY], p[DH_N],
                                            SRNN_ACCUMULATION_SET, NULL, p[DX],
                                            p[DH0], p[DFRESH]));
    for (int i = 0; i < BACKWARD_COUNT; i++) {
        char says[96];
        void *const right = p[i];
        (void)snprintf(says, sizeof says, "%s is at 0x...not a multiple of 4",
                       backward_names[i]);
        p[i] = (char *)right + 1 + i % 3;
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_context_backward_contiguous(
                   context, tape, p[X], p[DY], p[DH_N], SRNN_ACCUMULATION_SET,
                   NULL, p[DX], p[DH0], p[DFRESH]));
        p[i] = right;
    }
    ACCEPT(srnn_context_backward_contiguous(context, tape, p[X], p[DY], p[DH_N],
                                            SRNN_ACCUMULATION_SET, NULL, p[DX],
                                            p[DH0], p[DFRESH]));
    ACCEPT(srnn_context_record_contiguous(context, tape, 0, B, NULL, NULL, NULL,
                                          NULL, NULL, NULL, NULL));
    ACCEPT(srnn_context_backward_contiguous(context, tape, NULL, NULL, p[DH_N],
                                            SRNN_ACCUMULATION_SET, NULL, NULL,
                                            p[DH0], NULL));
}

/* No cast takes const away without a warning. */
static void *writable(const void *data)
{
    union {
        const void *given;
        void *taken;
    } both = {.given = data};
    return both.taken;
}

static void refuse_address(int index, void *address, srnn_status status,
                           const char *says)
{
    void *addresses[PARAMETERS];
    for (int i = 0; i < PARAMETERS; i++)
        addresses[i] = at(SPARE + 256 * i);
    addresses[index] = address;
    REFUSE(status, says,
           srnn_context_backward_contiguous(
               context, tape, at(INPUT), at(D_OUTPUT), at(D_H_N),
               SRNN_ACCUMULATION_ADD, addresses, at(D_INPUT), at(D_H0),
               at(D_FRESH)));
    addresses[index] = NULL;
    ACCEPT(srnn_context_backward_contiguous(
        context, tape, at(INPUT), at(D_OUTPUT), at(D_H_N),
        SRNN_ACCUMULATION_SET, addresses, at(D_INPUT), at(D_H0), at(D_FRESH)));
}

/* weight_ih_l0 has 96 bytes, weight_hh_l0 144, bias_ih_l0 24. */
static void test_misuse_tape__addresses_of_gradients(void **state)
{
    (void)state;
    record();
    for (int byte = 1; byte < 4; byte++)
        refuse_address(3, at(SPARE + 256 * 3 + byte), SRNN_ERROR_INVALID,
                       "the gradient of bias_hh_l0 is at 0x...multiple of 4");
    for (int i = 0; i < BACKWARD_COUNT; i++) {
        char says[128];
        (void)snprintf(says, sizeof says,
                       "the memory of the gradient of weight_hh_l0 at "
                       "0x...overlaps the memory of %s at 0x",
                       backward_names[i]);
        refuse_address(1, at(backward_places[i] - 140), SRNN_ERROR_ALIAS, says);
        refuse_address(1, at(backward_places[i] + 4), SRNN_ERROR_ALIAS, says);
    }
    refuse_address(1, at(SPARE + 92), SRNN_ERROR_ALIAS,
                   "the memory of the gradient of weight_hh_l0 at "
                   "0x...overlaps the memory of the gradient of weight_ih_l0");
    refuse_address(0, at(SPARE + 256 * 2 + 20), SRNN_ERROR_ALIAS,
                   "the memory of the gradient of bias_ih_l0 at "
                   "0x...overlaps the memory of the gradient of weight_ih_l0");
    refuse_address(2, writable(srnn_rnn_parameter_data(rnn, 7)),
                   SRNN_ERROR_ALIAS,
                   "the memory of the gradient of bias_ih_l0 at "
                   "0x...overlaps the memory of the parameters of the rnn");
}

static void test_misuse_tape__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("tape.h", NULL);
    misuse_covers_statuses("srnn_tape_", NULL);
    misuse_covers_statuses("srnn_context_record", NULL);
    misuse_covers_statuses("srnn_context_backward", NULL);
    misuse_covers_statuses("srnn_context_tape_size", NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)
#define TEST_BATCH_FIRST(name)                                                 \
    cmocka_unit_test_setup_teardown(name, create_batch_first, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_misuse_tape__life),
        TEST(test_misuse_tape__options),
        TEST(test_misuse_tape__ends_of_options),
        TEST(test_misuse_tape__sizes),
        TEST(test_misuse_tape__window_overflows),
        TEST(test_misuse_tape__backward_overflow),
        TEST(test_misuse_tape__set_memory),
        TEST(test_misuse_tape__record_handles),
        TEST(test_misuse_tape__record_dtypes),
        TEST(test_misuse_tape__record_shapes),
        TEST_BATCH_FIRST(test_misuse_tape__record_batch_first),
        TEST(test_misuse_tape__record_lengths),
        TEST(test_misuse_tape__record_overlap),
        TEST(test_misuse_tape__record_over_the_tape),
        TEST(test_misuse_tape__record_overflow),
        TEST(test_misuse_tape__record_buffer),
        TEST(test_misuse_tape__record_contiguous),
        TEST(test_misuse_tape__record_contiguous_overlap),
        TEST(test_misuse_tape__backward_handles),
        TEST(test_misuse_tape__backward_of_other_rnns),
        TEST(test_misuse_tape__backward_without_recording),
        TEST(test_misuse_tape__backward_of_other_sizes),
        TEST(test_misuse_tape__backward_of_a_part),
        TEST(test_misuse_tape__backward_dtypes),
        TEST(test_misuse_tape__backward_shapes),
        TEST(test_misuse_tape__backward_ranks),
        TEST(test_misuse_tape__backward_overlap),
        TEST(test_misuse_tape__backward_over_gradients),
        TEST(test_misuse_tape__backward_over_the_tape),
        TEST(test_misuse_tape__backward_contiguous),
        TEST(test_misuse_tape__addresses_of_gradients),
        cmocka_unit_test(test_misuse_tape__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
