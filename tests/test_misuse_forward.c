/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads */
/* The rules of the three forwards, except SRNN_ERROR_BUSY (test_busy.c). The
 * rnn of the rows has T=3, B=2, I=4, H=2, L=2, D=2. */
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
    H0 = 2048,
    OUTPUT = 3072,
    H_N = 4096,
    LENGTHS = 5120,
    RESETS = 6144,
    FRESH = 7168,
    SPARE = 8192
};

enum { T = 3, B = 2, I = 4, H = 2, L = 2, D = 2, CELLS = L * D, WIDTH = D * H };

static srnn_context *make_context(bool batch_first)
{
    srnn_context *context = NULL;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){
        .I = I, .H = H, .L = L, .D = D, .batch_first = batch_first});
    expect_success("context", srnn_context_create(&context, rnn));
    srnn_rnn_destroy(rnn); /* which the context keeps */
    return context;
}

/* The tensors of a right call, in the order of its arguments. */
typedef struct {
    srnn_tensor *input, *h0, *output, *h_n;
} call;

static call view_call(void)
{
    return (call){view(INPUT, F32, SHAPE(T, B, I)),
                  view(H0, F32, SHAPE(CELLS, B, H)),
                  view(OUTPUT, F32, SHAPE(T, B, WIDTH)),
                  view(H_N, F32, SHAPE(CELLS, B, H))};
}

static void test_misuse_forward__handles(void **state)
{
    (void)state;
    srnn_context *const context = make_context(false);
    const call c = view_call();
    REFUSE_HANDLES(other, "context", "context",
                   srnn_context_forward(other, c.input, c.h0, c.output, c.h_n));
    REFUSE_HANDLES(other, "tensor", "input",
                   srnn_context_forward(context, other, c.h0, c.output, c.h_n));
    REFUSE_OTHERS(
        other, "tensor", "h0",
        srnn_context_forward(context, c.input, other, c.output, c.h_n));
    REFUSE_OTHERS(other, "tensor", "output",
                  srnn_context_forward(context, c.input, c.h0, other, c.h_n));
    REFUSE_OTHERS(
        other, "tensor", "h_n",
        srnn_context_forward(context, c.input, c.h0, c.output, other));
    ACCEPT(srnn_context_forward(context, c.input, c.h0, c.output, c.h_n));
    ACCEPT(srnn_context_forward(context, c.input, NULL, NULL, NULL));
    srnn_context_destroy(context);
}

/* The same call with what only srnn_context_forward_sequences takes. */
typedef struct {
    call tensors;
    srnn_tensor *lengths, *resets, *fresh;
} sequences;

/* Lengths T and 1, and no reset. */
static sequences view_sequences(void)
{
    const int64_t lengths[B] = {T, 1};
    memcpy(misuse_memory + LENGTHS, lengths, sizeof lengths);
    memset(misuse_memory + RESETS, 0, T * B);
    return (sequences){view_call(), view(LENGTHS, I64, SHAPE(B)),
                       view(RESETS, U8, SHAPE(T, B)),
                       view(FRESH, F32, SHAPE(CELLS, B, H))};
}

static void test_misuse_forward__sequences_handles(void **state)
{
    (void)state;
    srnn_context *const context = make_context(false);
    const sequences s = view_sequences();
    const call c = s.tensors;
    REFUSE_HANDLES(other, "context", "context",
                   srnn_context_forward_sequences(other, c.input, s.lengths,
                                                  s.resets, c.h0, s.fresh,
                                                  c.output, c.h_n));
    REFUSE_HANDLES(other, "tensor", "input",
                   srnn_context_forward_sequences(context, other, s.lengths,
                                                  s.resets, c.h0, s.fresh,
                                                  c.output, c.h_n));
    REFUSE_OTHERS(other, "tensor", "lengths",
                  srnn_context_forward_sequences(context, c.input, other,
                                                 s.resets, c.h0, s.fresh,
                                                 c.output, c.h_n));
    REFUSE_OTHERS(other, "tensor", "resets",
                  srnn_context_forward_sequences(context, c.input, s.lengths,
                                                 other, c.h0, s.fresh, c.output,
                                                 c.h_n));
    REFUSE_OTHERS(other, "tensor", "h0",
                  srnn_context_forward_sequences(context, c.input, s.lengths,
                                                 s.resets, other, s.fresh,
                                                 c.output, c.h_n));
    REFUSE_OTHERS(other, "tensor", "fresh",
                  srnn_context_forward_sequences(context, c.input, s.lengths,
                                                 s.resets, c.h0, other,
                                                 c.output, c.h_n));
    REFUSE_OTHERS(other, "tensor", "output",
                  srnn_context_forward_sequences(context, c.input, s.lengths,
                                                 s.resets, c.h0, s.fresh, other,
                                                 c.h_n));
    REFUSE_OTHERS(other, "tensor", "h_n",
                  srnn_context_forward_sequences(context, c.input, s.lengths,
                                                 s.resets, c.h0, s.fresh,
                                                 c.output, other));
    ACCEPT(srnn_context_forward_sequences(context, c.input, s.lengths, s.resets,
                                          c.h0, s.fresh, c.output, c.h_n));
    ACCEPT(srnn_context_forward_sequences(context, c.input, NULL, NULL, NULL,
                                          NULL, NULL, NULL));
    srnn_context_destroy(context);
}

enum { IN, FIRST, OUT, LAST };

/* By each of the two forwards that take tensors. */
static void refuse_forward(bool batch_first, call c, const misuse_row *rows,
                           size_t count)
{
    srnn_context *const context = make_context(batch_first);
    for (size_t i = 0; i < count; i++) {
        srnn_tensor *t[] = {c.input, c.h0, c.output, c.h_n};
        t[rows[i].argument] = rows[i].tensor;
        REFUSE(rows[i].status, rows[i].says,
               srnn_context_forward(context, t[IN], t[FIRST], t[OUT], t[LAST]));
        REFUSE(rows[i].status, rows[i].says,
               srnn_context_forward_sequences(context, t[IN], NULL, NULL,
                                              t[FIRST], NULL, t[OUT], t[LAST]));
    }
    ACCEPT(srnn_context_forward(context, c.input, c.h0, c.output, c.h_n));
    srnn_context_destroy(context);
}

static void test_misuse_forward__dtypes(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {IN, view(SPARE, F64, SHAPE(T, B, I)), SRNN_ERROR_DTYPE,
         "input is float64; the rnn is float32"},
        {IN, view(SPARE, I64, SHAPE(T, B, I)), SRNN_ERROR_DTYPE,
         "input is int64; the rnn is float32"},
        {IN, view(SPARE, U8, SHAPE(T, B, I)), SRNN_ERROR_DTYPE,
         "input is uint8; the rnn is float32"},
        {FIRST, view(SPARE, F64, SHAPE(CELLS, B, H)), SRNN_ERROR_DTYPE,
         "h0 is float64; the rnn is float32"},
        {FIRST, view(SPARE, I64, SHAPE(CELLS, B, H)), SRNN_ERROR_DTYPE,
         "h0 is int64; the rnn is float32"},
        {FIRST, view(SPARE, U8, SHAPE(CELLS, B, H)), SRNN_ERROR_DTYPE,
         "h0 is uint8; the rnn is float32"},
        {OUT, view(SPARE, F64, SHAPE(T, B, WIDTH)), SRNN_ERROR_DTYPE,
         "output is float64; the rnn is float32"},
        {OUT, view(SPARE, I64, SHAPE(T, B, WIDTH)), SRNN_ERROR_DTYPE,
         "output is int64; the rnn is float32"},
        {OUT, view(SPARE, U8, SHAPE(T, B, WIDTH)), SRNN_ERROR_DTYPE,
         "output is uint8; the rnn is float32"},
        {LAST, view(SPARE, F64, SHAPE(CELLS, B, H)), SRNN_ERROR_DTYPE,
         "h_n is float64; the rnn is float32"},
        {LAST, view(SPARE, I64, SHAPE(CELLS, B, H)), SRNN_ERROR_DTYPE,
         "h_n is int64; the rnn is float32"},
        {LAST, view(SPARE, U8, SHAPE(CELLS, B, H)), SRNN_ERROR_DTYPE,
         "h_n is uint8; the rnn is float32"},
    };
    refuse_forward(false, view_call(), rows, MISUSE_COUNT(rows));
}

static void test_misuse_forward__results(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {OUT, view_const(SPARE, F32, SHAPE(T, B, WIDTH)), SRNN_ERROR_STATE,
         "output is a read-only tensor"},
        {LAST, view_const(SPARE, F32, SHAPE(CELLS, B, H)), SRNN_ERROR_STATE,
         "h_n is a read-only tensor"},
    };
    call c = view_call();
    c.input = view_const(INPUT, F32, SHAPE(T, B, I));
    c.h0 = view_const(H0, F32, SHAPE(CELLS, B, H));
    refuse_forward(0, c, rows, MISUSE_COUNT(rows));
}

/* The same memory as in the call before, by a handle that is read only. */
static void test_misuse_forward__results_again(void **state)
{
    (void)state;
    srnn_context *const context = make_context(0);
    const call c = view_call();
    ACCEPT(srnn_context_forward(context, c.input, c.h0, c.output, c.h_n));
    REFUSE(SRNN_ERROR_STATE, "output is a read-only tensor",
           srnn_context_forward(context, c.input, c.h0,
                                view_const(OUTPUT, F32, SHAPE(T, B, WIDTH)),
                                c.h_n));
    srnn_context_destroy(context);
}

/* The same tensors as in the call before, in memory that overlaps: that is
 * refused as often as it is asked for. */
static void test_misuse_forward__overlap_again(void **state)
{
    (void)state;
    srnn_context *const context = make_context(0);
    const call c = view_call();
    srnn_tensor *const over_input = view(INPUT, F32, SHAPE(T, B, WIDTH));
    for (int again = 0; again < 2; again++) {
        ACCEPT(srnn_context_forward(context, c.input, c.h0, c.output, c.h_n));
        for (int i = 0; i < 3; i++)
            REFUSE(SRNN_ERROR_ALIAS, "output at 0x...input at 0x",
                   srnn_context_forward(context, c.input, c.h0, over_input,
                                        c.h_n));
    }
    srnn_context_destroy(context);
}

static void test_misuse_forward__shapes(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {IN, view(SPARE, F32, SHAPE(I)), SRNN_ERROR_SHAPE,
         "input is [4]; a 2-layer bidirectional rnn needs [T, batch, "
         "input_size=4]: it has 1 dimension, not 3"},
        {IN, view(SPARE, F32, 0, NULL), SRNN_ERROR_SHAPE, "input is []"},
        {IN, view(SPARE, F32, SHAPE(1, T, B, I)), SRNN_ERROR_SHAPE,
         "input is [1, 3, 2, 4]...[T, batch, input_size=4]"},
        {IN, view(SPARE, F32, SHAPE(T, B, 5)), SRNN_ERROR_SHAPE,
         "input is [3, 2, 5]...input_size=4...dimension 2 is 5, not 4"},
        {FIRST, view(SPARE, F32, SHAPE(CELLS, H)), SRNN_ERROR_SHAPE,
         "h0 is [4, 2]...[num_layers*num_directions=4, batch=2, "
         "hidden_size=2]"},
        {FIRST, view(SPARE, F32, SHAPE(1, CELLS, B, H)), SRNN_ERROR_SHAPE,
         "h0 is [1, 4, 2, 2]...[num_layers*num_directions=4, batch=2"},
        {FIRST, view(SPARE, F32, SHAPE(1, B, H)), SRNN_ERROR_SHAPE,
         "h0 is [1, 2, 2]; a 2-layer bidirectional rnn with batch 2 needs "
         "[num_layers*num_directions=4, batch=2, hidden_size=2]: dimension 0 "
         "is 1, not 4"},
        {FIRST, view(SPARE, F32, SHAPE(CELLS, 3, H)), SRNN_ERROR_SHAPE,
         "h0 is [4, 3, 2]...batch=2...dimension 1 is 3, not 2"},
        {FIRST, view(SPARE, F32, SHAPE(CELLS, B, 1)), SRNN_ERROR_SHAPE,
         "h0 is [4, 2, 1]...hidden_size=2...dimension 2 is 1, not 2"},
        {OUT, view(SPARE, F32, SHAPE(T, WIDTH)), SRNN_ERROR_SHAPE,
         "output is [3, 4]...[T=3, batch=2, num_directions*hidden_size=4]"},
        {OUT, view(SPARE, F32, SHAPE(T, B, WIDTH, 1)), SRNN_ERROR_SHAPE,
         "output is [3, 2, 4, 1]...[T=3, batch=2"},
        {OUT, view(SPARE, F32, SHAPE(2, B, WIDTH)), SRNN_ERROR_SHAPE,
         "output is [2, 2, 4]...T=3...dimension 0 is 2, not 3"},
        {OUT, view(SPARE, F32, SHAPE(T, 1, WIDTH)), SRNN_ERROR_SHAPE,
         "output is [3, 1, 4]...batch=2...dimension 1 is 1, not 2"},
        {OUT, view(SPARE, F32, SHAPE(T, B, H)), SRNN_ERROR_SHAPE,
         "output is [3, 2, 2]; a 2-layer bidirectional rnn with batch 2 needs "
         "...num_directions*hidden_size=4...dimension 2 is 2, not 4"},
        {LAST, view(SPARE, F32, SHAPE(CELLS, H)), SRNN_ERROR_SHAPE,
         "h_n is [4, 2]...[num_layers*num_directions=4, batch=2"},
        {LAST, view(SPARE, F32, SHAPE(CELLS, B, H, 1)), SRNN_ERROR_SHAPE,
         "h_n is [4, 2, 2, 1]...[num_layers*num_directions=4, batch=2"},
        {LAST, view(SPARE, F32, SHAPE(2, B, H)), SRNN_ERROR_SHAPE,
         "h_n is [2, 2, 2]...num_directions=4...dimension 0 is 2, not 4"},
        {LAST, view(SPARE, F32, SHAPE(CELLS, 1, H)), SRNN_ERROR_SHAPE,
         "h_n is [4, 1, 2]...batch=2...dimension 1 is 1, not 2"},
        {LAST, view(SPARE, F32, SHAPE(CELLS, B, 3)), SRNN_ERROR_SHAPE,
         "h_n is [4, 2, 3]...hidden_size=2...dimension 2 is 3, not 2"},
    };
    refuse_forward(false, view_call(), rows, MISUSE_COUNT(rows));
}

/* T and B have changed places in input and output, not in h0 and h_n. */
static void test_misuse_forward__batch_first(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {IN, view(SPARE, F32, SHAPE(B, T, 5)), SRNN_ERROR_SHAPE,
         "input is [2, 3, 5]...with batch_first needs [batch, T, "
         "input_size=4]...dimension 2 is 5, not 4"},
        {FIRST, view(SPARE, F32, SHAPE(B, CELLS, H)), SRNN_ERROR_SHAPE,
         "h0 is [2, 4, 2]...[num_layers*num_directions=4, batch=2"},
        {OUT, view(SPARE, F32, SHAPE(T, B, WIDTH)), SRNN_ERROR_SHAPE,
         "output is [3, 2, 4]...[batch=2, T=3...dimension 0 is 3, not 2"},
        {OUT, view(SPARE, F32, SHAPE(B, 4, WIDTH)), SRNN_ERROR_SHAPE,
         "output is [2, 4, 4]...[batch=2, T=3...dimension 1 is 4, not 3"},
        {LAST, view(SPARE, F32, SHAPE(B, CELLS, H)), SRNN_ERROR_SHAPE,
         "h_n is [2, 4, 2]...[num_layers*num_directions=4, batch=2"},
    };
    call c = view_call();
    c.input = view(INPUT, F32, SHAPE(B, T, I));
    c.output = view(OUTPUT, F32, SHAPE(B, T, WIDTH));
    refuse_forward(true, c, rows, MISUSE_COUNT(rows));
}

static void test_misuse_forward__without_batch(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {IN, view(SPARE, F32, SHAPE(T, 3)), SRNN_ERROR_SHAPE,
         "input is [3, 3]...[T, input_size=4]...dimension 1 is 3, not 4"},
        {FIRST, view(SPARE, F32, SHAPE(CELLS, 1, H)), SRNN_ERROR_SHAPE,
         "h0 is [4, 1, 2]...no batch...[num_layers*num_directions=4, "
         "hidden_size=2]"},
        {FIRST, view(SPARE, F32, SHAPE(3, H)), SRNN_ERROR_SHAPE,
         "h0 is [3, 2]...dimension 0 is 3, not 4"},
        {OUT, view(SPARE, F32, SHAPE(T, 1, WIDTH)), SRNN_ERROR_SHAPE,
         "output is [3, 1, 4]...no batch...[T=3, num_directions*hidden_size=4"},
        {OUT, view(SPARE, F32, SHAPE(T, 5)), SRNN_ERROR_SHAPE,
         "output is [3, 5]...dimension 1 is 5, not 4"},
        {LAST, view(SPARE, F32, SHAPE(CELLS, 1, H)), SRNN_ERROR_SHAPE,
         "h_n is [4, 1, 2]...no batch...[num_layers*num_directions=4, "
         "hidden_size=2]"},
        {LAST, view(SPARE, F32, SHAPE(CELLS, 1)), SRNN_ERROR_SHAPE,
         "h_n is [4, 1]...dimension 1 is 1, not 2"},
    };
    const call c = {
        view(INPUT, F32, SHAPE(T, I)), view(H0, F32, SHAPE(CELLS, H)),
        view(OUTPUT, F32, SHAPE(T, WIDTH)), view(H_N, F32, SHAPE(CELLS, H))};
    refuse_forward(false, c, rows, MISUSE_COUNT(rows));
}

/* Input and output have 96 bytes, h0 and h_n 64. */
static void test_misuse_forward__overlap(void **state)
{
    (void)state;
    static const char input_output[] = "output at 0x...input at 0x";
    static const char h0_output[] = "output at 0x...h0 at 0x";
    static const char output_h_n[] = "output at 0x...h_n at 0x";
    static const char input_h_n[] = "h_n at 0x...input at 0x";
    static const char h0_h_n[] = "h_n at 0x...h0 at 0x";
    const misuse_row rows[] = {
        {OUT, view(INPUT, F32, SHAPE(T, B, WIDTH)), SRNN_ERROR_ALIAS,
         input_output},
        {OUT, view(INPUT + 92, F32, SHAPE(T, B, WIDTH)), SRNN_ERROR_ALIAS,
         input_output},
        {OUT, view(INPUT - 92, F32, SHAPE(T, B, WIDTH)), SRNN_ERROR_ALIAS,
         input_output},
        {OUT, view(H0 + 60, F32, SHAPE(T, B, WIDTH)), SRNN_ERROR_ALIAS,
         h0_output},
        {OUT, view(H0 - 92, F32, SHAPE(T, B, WIDTH)), SRNN_ERROR_ALIAS,
         h0_output},
        {OUT, view(H_N + 60, F32, SHAPE(T, B, WIDTH)), SRNN_ERROR_ALIAS,
         output_h_n},
        {LAST, view(OUTPUT - 60, F32, SHAPE(CELLS, B, H)), SRNN_ERROR_ALIAS,
         output_h_n},
        {LAST, view(INPUT, F32, SHAPE(CELLS, B, H)), SRNN_ERROR_ALIAS,
         input_h_n},
        {LAST, view(INPUT + 92, F32, SHAPE(CELLS, B, H)), SRNN_ERROR_ALIAS,
         input_h_n},
        {LAST, view(H0 + 60, F32, SHAPE(CELLS, B, H)), SRNN_ERROR_ALIAS,
         h0_h_n},
        {LAST, view(H0 - 60, F32, SHAPE(CELLS, B, H)), SRNN_ERROR_ALIAS,
         h0_h_n},
        {LAST, view_strided(H0, F32, SHAPE(CELLS, B, H), LIST(4, 1, 2)),
         SRNN_ERROR_ALIAS, h0_h_n},
        {LAST,
         view_strided(OUTPUT - 16, F32, SHAPE(CELLS, B, H), LIST(16, 2, 1)),
         SRNN_ERROR_ALIAS, output_h_n},
    };
    refuse_forward(false, view_call(), rows, MISUSE_COUNT(rows));
}

/* Side by side in one buffer; one column less, and they are not. */
static void test_misuse_forward__interleaved(void **state)
{
    (void)state;
    srnn_context *const context = make_context(0);
    const call c = view_call();
    srnn_tensor *const left =
        view_strided(SPARE, F32, SHAPE(T, B, I), LIST(16, 8, 1));
    srnn_tensor *const right =
        view_strided(SPARE + 16, F32, SHAPE(T, B, WIDTH), LIST(16, 8, 1));
    srnn_tensor *const between =
        view_strided(SPARE + 12, F32, SHAPE(T, B, WIDTH), LIST(16, 8, 1));
    ACCEPT(srnn_context_forward(context, left, c.h0, right, c.h_n));
    REFUSE(SRNN_ERROR_ALIAS, "output at 0x...input at 0x",
           srnn_context_forward(context, left, c.h0, between, c.h_n));
    srnn_context_destroy(context);
}

/* Neighbours, h_n in the place of h0, and an input that is both. */
static void test_misuse_forward__side_by_side(void **state)
{
    (void)state;
    srnn_context *const context = make_context(false);
    const call c = view_call();
    srnn_tensor *const after_input = view(INPUT + 96, F32, SHAPE(T, B, WIDTH));
    srnn_tensor *const before_h0 = view(H0 - 96, F32, SHAPE(T, B, WIDTH));
    srnn_tensor *const before_input = view(INPUT - 64, F32, SHAPE(CELLS, B, H));
    srnn_tensor *const in_h0 = view(H0, F32, SHAPE(CELLS, B, H));
    srnn_tensor *const in_input = view(INPUT, F32, SHAPE(CELLS, B, H));
    ACCEPT(srnn_context_forward(context, c.input, c.h0, after_input, c.h_n));
    ACCEPT(srnn_context_forward(context, c.input, c.h0, before_h0, c.h_n));
    ACCEPT(
        srnn_context_forward(context, c.input, c.h0, c.output, before_input));
    ACCEPT(srnn_context_forward(context, c.input, c.h0, c.output, c.h0));
    ACCEPT(srnn_context_forward(context, c.input, c.h0, c.output, in_h0));
    ACCEPT(srnn_context_forward(context, c.input, in_input, c.output, c.h_n));
    srnn_context_destroy(context);
}

/* The memory between two layers is as large as this input: 2^60 bytes only
 * lack, but 2^63 - 2^34 bytes do not fit twice. */
static void test_misuse_forward__overflow(void **state)
{
    (void)state;
    srnn_tensor *const fits =
        view_nowhere(F32, SHAPE(INT64_C(1) << 30, 1 << 26, I));
    srnn_tensor *const too_large =
        view_nowhere(F32, SHAPE(INT64_C(1) << 30, (1 << 29) - 1, I));
    srnn_context *const context = make_context(false);
    REFUSE(SRNN_ERROR_NO_MEMORY, "cannot allocate ... bytes",
           srnn_context_forward(context, fits, NULL, NULL, NULL));
    REFUSE(SRNN_ERROR_OVERFLOW,
           "the buffers between layers would need more than 2^63 - 1 bytes",
           srnn_context_forward(context, too_large, NULL, NULL, NULL));
    REFUSE(SRNN_ERROR_OVERFLOW,
           "the buffers between layers would need more than 2^63 - 1 bytes",
           srnn_context_forward_sequences(
               context, view_nowhere(F32, SHAPE(1, INT64_C(1) << 58, I)), NULL,
               NULL, NULL, NULL, NULL, NULL));
    srnn_context_destroy(context);
}

enum { LENGTH, RESET, NEW };

static void refuse_sequences(srnn_context *context, sequences s,
                             const misuse_row *rows, size_t count)
{
    const call c = s.tensors;
    for (size_t i = 0; i < count; i++) {
        srnn_tensor *t[] = {s.lengths, s.resets, s.fresh};
        t[rows[i].argument] = rows[i].tensor;
        REFUSE(rows[i].status, rows[i].says,
               srnn_context_forward_sequences(context, c.input, t[LENGTH],
                                              t[RESET], c.h0, t[NEW], c.output,
                                              c.h_n));
        for (int k = 0; k < 3; k++) /* also alone */
            t[k] = k == rows[i].argument ? t[k] : NULL;
        REFUSE(rows[i].status, rows[i].says,
               srnn_context_forward_sequences(context, c.input, t[LENGTH],
                                              t[RESET], NULL, t[NEW], NULL,
                                              NULL));
    }
    ACCEPT(srnn_context_forward_sequences(context, c.input, s.lengths, s.resets,
                                          c.h0, s.fresh, c.output, c.h_n));
}

static void test_misuse_forward__sequences_tensors(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {LENGTH, view(SPARE, I64, 0, NULL), SRNN_ERROR_SHAPE,
         "lengths is []; a 2-layer bidirectional rnn with batch 2 needs "
         "[batch=2]: it has 0 dimensions, not 1"},
        {LENGTH, view(SPARE, I64, SHAPE(1)), SRNN_ERROR_SHAPE,
         "lengths is [1]...dimension 0 is 1, not 2"},
        {LENGTH, view(SPARE, I64, SHAPE(B, 1)), SRNN_ERROR_SHAPE,
         "lengths is [2, 1]...it has 2 dimensions, not 1"},
        {LENGTH, view(SPARE, F32, SHAPE(B)), SRNN_ERROR_DTYPE,
         "lengths is float32, expected int64"},
        {LENGTH, view(SPARE, F64, SHAPE(B)), SRNN_ERROR_DTYPE,
         "lengths is float64, expected int64"},
        {LENGTH, view(SPARE, U8, SHAPE(B)), SRNN_ERROR_DTYPE,
         "lengths is uint8, expected int64"},
        {RESET, view(SPARE, U8, SHAPE(B)), SRNN_ERROR_SHAPE,
         "resets is [2]...needs [T=3, batch=2]: it has 1 dimension, not 2"},
        {RESET, view(SPARE, U8, SHAPE(B, T)), SRNN_ERROR_SHAPE,
         "resets is [2, 3]...needs [T=3, batch=2]: dimension 0 is 2, not 3"},
        {RESET, view(SPARE, U8, SHAPE(T, 1)), SRNN_ERROR_SHAPE,
         "resets is [3, 1]...dimension 1 is 1, not 2"},
        {RESET, view(SPARE, U8, SHAPE(T, B, 1)), SRNN_ERROR_SHAPE,
         "resets is [3, 2, 1]...it has 3 dimensions, not 2"},
        {RESET, view(SPARE, F32, SHAPE(T, B)), SRNN_ERROR_DTYPE,
         "resets is float32, expected uint8"},
        {RESET, view(SPARE, F64, SHAPE(T, B)), SRNN_ERROR_DTYPE,
         "resets is float64, expected uint8"},
        {RESET, view(SPARE, I64, SHAPE(T, B)), SRNN_ERROR_DTYPE,
         "resets is int64, expected uint8"},
        {NEW, view(SPARE, F32, SHAPE(CELLS, H)), SRNN_ERROR_SHAPE,
         "fresh is [4, 2]...[num_layers*num_directions=4, batch=2, "
         "hidden_size=2]: it has 2 dimensions, not 3"},
        {NEW, view(SPARE, F32, SHAPE(1, B, H)), SRNN_ERROR_SHAPE,
         "fresh is [1, 2, 2]...dimension 0 is 1, not 4"},
        {NEW, view(SPARE, F32, SHAPE(CELLS, 3, H)), SRNN_ERROR_SHAPE,
         "fresh is [4, 3, 2]...dimension 1 is 3, not 2"},
        {NEW, view(SPARE, F32, SHAPE(CELLS, B, 1)), SRNN_ERROR_SHAPE,
         "fresh is [4, 2, 1]...dimension 2 is 1, not 2"},
        {NEW, view(SPARE, F64, SHAPE(CELLS, B, H)), SRNN_ERROR_DTYPE,
         "fresh is float64; the rnn is float32"},
        {NEW, view(SPARE, I64, SHAPE(CELLS, B, H)), SRNN_ERROR_DTYPE,
         "fresh is int64; the rnn is float32"},
        {NEW, view(SPARE, U8, SHAPE(CELLS, B, H)), SRNN_ERROR_DTYPE,
         "fresh is uint8; the rnn is float32"},
    };
    srnn_context *const context = make_context(false);
    refuse_sequences(context, view_sequences(), rows, MISUSE_COUNT(rows));
    srnn_context_destroy(context);
}

static void test_misuse_forward__sequences_batch_first(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {RESET, view(SPARE, U8, SHAPE(T, B)), SRNN_ERROR_SHAPE,
         "resets is [3, 2]...needs [batch=2, T=3]: dimension 0 is 3, not 2"},
        {NEW, view(SPARE, F32, SHAPE(B, CELLS, H)), SRNN_ERROR_SHAPE,
         "fresh is [2, 4, 2]...[num_layers*num_directions=4, batch=2"},
    };
    srnn_context *const context = make_context(true);
    sequences s = view_sequences();
    s.tensors.input = view(INPUT, F32, SHAPE(B, T, I));
    s.tensors.output = view(OUTPUT, F32, SHAPE(B, T, WIDTH));
    s.resets = view(RESETS, U8, SHAPE(B, T));
    refuse_sequences(context, s, rows, MISUSE_COUNT(rows));
    srnn_context_destroy(context);
}

static void test_misuse_forward__sequences_without_batch(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {LENGTH, view(SPARE, I64, SHAPE(B)), SRNN_ERROR_SHAPE,
         "lengths is [2]...no batch...dimension 0 is 2, not 1"},
        {RESET, view(SPARE, U8, SHAPE(T, 1)), SRNN_ERROR_SHAPE,
         "resets is [3, 1]...no batch, needs [T=3]"},
        {NEW, view(SPARE, F32, SHAPE(CELLS, 1, H)), SRNN_ERROR_SHAPE,
         "fresh is [4, 1, 2]...no batch...hidden_size=2]"},
    };
    srnn_context *const context = make_context(false);
    sequences s = view_sequences();
    s.tensors = (call){
        view(INPUT, F32, SHAPE(T, I)), view(H0, F32, SHAPE(CELLS, H)),
        view(OUTPUT, F32, SHAPE(T, WIDTH)), view(H_N, F32, SHAPE(CELLS, H))};
    s.lengths = view(LENGTHS, I64, 0, NULL);
    s.resets = view(RESETS, U8, SHAPE(T));
    s.fresh = view(FRESH, F32, SHAPE(CELLS, H));
    refuse_sequences(context, s, rows, MISUSE_COUNT(rows));
    s.lengths = view(LENGTHS, I64, SHAPE(1));
    refuse_sequences(context, s, rows, MISUSE_COUNT(rows));
    srnn_context_destroy(context);
}

static void test_misuse_forward__sequences_lengths(void **state)
{
    (void)state;
    static const struct {
        int64_t lengths[B];
        const char *says;
    } rows[] = {
        {{T, -1}, "lengths[1] is -1, expected 0 to T=3"},
        {{T + 1, 0}, "lengths[0] is 4, expected 0 to T=3"},
        {{0, INT64_MAX}, "lengths[1] is 9223372036854775807, expected 0"},
        {{INT64_MIN, 0}, "lengths[0] is -9223372036854775808, expected 0"},
    };
    srnn_context *const context = make_context(false);
    const sequences s = view_sequences();
    const call c = s.tensors;
    for (size_t i = 0; i < MISUSE_COUNT(rows); i++) {
        memcpy(misuse_memory + LENGTHS, rows[i].lengths,
               sizeof rows[i].lengths);
        REFUSE(SRNN_ERROR_RANGE, rows[i].says,
               srnn_context_forward_sequences(context, c.input, s.lengths, NULL,
                                              c.h0, NULL, c.output, c.h_n));
    }
    memset(misuse_memory + LENGTHS, 0, B * sizeof(int64_t));
    ACCEPT(srnn_context_forward_sequences(context, c.input, s.lengths, NULL,
                                          c.h0, NULL, c.output, c.h_n));
    srnn_context_destroy(context);
}

/* Lengths have 16 bytes, resets 6, fresh 64. */
static void test_misuse_forward__sequences_overlap(void **state)
{
    (void)state;
    srnn_context *const context = make_context(false);
    const sequences s = view_sequences();
    const call c = s.tensors;
    const struct {
        size_t byte;
        const char *output, *h_n;
    } rows[] = {
        {LENGTHS + 12, "output at 0x...overlaps the memory of lengths at 0x",
         "h_n at 0x...overlaps the memory of lengths at 0x"},
        {RESETS + 4, "output at 0x...overlaps the memory of resets at 0x",
         "h_n at 0x...overlaps the memory of resets at 0x"},
        {FRESH + 60, "output at 0x...overlaps the memory of fresh at 0x",
         "h_n at 0x...overlaps the memory of fresh at 0x"},
        {FRESH, "output at 0x...overlaps the memory of fresh at 0x",
         "h_n at 0x...overlaps the memory of fresh at 0x"},
    };
    for (size_t i = 0; i < MISUSE_COUNT(rows); i++) {
        REFUSE(SRNN_ERROR_ALIAS, rows[i].output,
               srnn_context_forward_sequences(
                   context, c.input, s.lengths, s.resets, c.h0, s.fresh,
                   view(rows[i].byte, F32, SHAPE(T, B, WIDTH)), c.h_n));
        REFUSE(SRNN_ERROR_ALIAS, rows[i].h_n,
               srnn_context_forward_sequences(
                   context, c.input, s.lengths, s.resets, c.h0, s.fresh,
                   c.output, view(rows[i].byte, F32, SHAPE(CELLS, B, H))));
    }
    ACCEPT(srnn_context_forward_sequences(context, c.input, s.lengths, s.resets,
                                          c.h0, s.fresh, c.output, c.h0));
    ACCEPT(srnn_context_forward_sequences(context, c.input, s.lengths, s.resets,
                                          c.h0, c.h0, c.output, c.h_n));
    srnn_context_destroy(context);
}

/* Where the four lie, in the order of the arguments. */
static void *const places[] = {misuse_memory + INPUT, misuse_memory + H0,
                               misuse_memory + OUTPUT, misuse_memory + H_N};

static void test_misuse_forward__contiguous(void **state)
{
    (void)state;
    static const char *const names[] = {"input", "h0", "output", "h_n"};
    srnn_context *const context = make_context(false);
    void *const *const p = places;
    REFUSE_HANDLES(
        other, "context", "context",
        srnn_context_forward_contiguous(other, T, B, p[0], p[1], p[2], p[3]));
    REFUSE(
        SRNN_ERROR_INVALID, "input is NULL",
        srnn_context_forward_contiguous(context, T, B, NULL, p[1], p[2], p[3]));
    REFUSE(SRNN_ERROR_RANGE, "steps is -1, expected at least 0",
           srnn_context_forward_contiguous(context, -1, B, p[0], p[1], p[2],
                                           p[3]));
    REFUSE(SRNN_ERROR_RANGE, "batch is -1, expected at least 0",
           srnn_context_forward_contiguous(context, T, -1, p[0], p[1], p[2],
                                           p[3]));
    for (int i = 0; i < 4; i++) {
        char *q[] = {p[0], p[1], p[2], p[3]};
        char says[128];
        q[i] += 1 + i % 3;
        (void)snprintf(says, sizeof says,
                       "%s is at 0x...which is not a multiple of 4 "
                       "bytes, the alignment of float32",
                       names[i]);
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_context_forward_contiguous(context, T, B, q[0], q[1], q[2],
                                               q[3]));
    }
    ACCEPT(
        srnn_context_forward_contiguous(context, T, B, p[0], p[1], p[2], p[3]));
    ACCEPT(
        srnn_context_forward_contiguous(context, T, B, p[0], NULL, NULL, NULL));
    ACCEPT(
        srnn_context_forward_contiguous(context, 0, B, NULL, p[1], p[2], p[3]));
    ACCEPT(
        srnn_context_forward_contiguous(context, T, 0, NULL, NULL, NULL, NULL));
    /* A NULL after a call of the same sizes that had an input. */
    REFUSE(
        SRNN_ERROR_INVALID, "input is NULL",
        srnn_context_forward_contiguous(context, T, B, NULL, p[1], p[2], p[3]));
    srnn_context_destroy(context);
}

/* Input and output have 96 bytes, h0 and h_n 64. Each row also follows a right
 * call of the same sizes, whose plan the context keeps; and each is made with
 * h0 and without, unless it is about that. */
static void test_misuse_forward__contiguous_overlap(void **state)
{
    (void)state;
    static const struct {
        int argument;
        int byte;
        const char *says;
    } rows[] = {
        {OUT, INPUT, "output at 0x...overlaps the memory of input at 0x"},
        {OUT, INPUT + 92, "output at 0x...overlaps the memory of input at 0x"},
        {OUT, INPUT - 92, "output at 0x...overlaps the memory of input at 0x"},
        {OUT, H0 + 60, "output at 0x...overlaps the memory of h0 at 0x"},
        {OUT, H0 - 92, "output at 0x...overlaps the memory of h0 at 0x"},
        {OUT, H_N - 92, "output at 0x...overlaps the memory of h_n at 0x"},
        {LAST, OUTPUT + 4, "output at 0x...overlaps the memory of h_n at 0x"},
        {LAST, INPUT + 8, "h_n at 0x...overlaps the memory of input at 0x"},
        {LAST, INPUT + 92, "h_n at 0x...overlaps the memory of input at 0x"},
        {LAST, H0 + 60, "h_n at 0x...overlaps the memory of h0 at 0x"},
        {LAST, H0 - 60, "h_n at 0x...overlaps the memory of h0 at 0x"},
        {LAST, H0 + 4, "h_n at 0x...overlaps the memory of h0 at 0x"},
    };
    for (size_t i = 0; i < 4 * MISUSE_COUNT(rows); i++) {
        srnn_context *const context = make_context(false);
        void *p[] = {places[0], places[1], places[2], places[3]};
        const char *const says = rows[i / 4].says;
        if (i % 4 > 1 && strstr(says, "of h0 at") == NULL)
            p[FIRST] = NULL;
        if (i % 2 == 1)
            ACCEPT(srnn_context_forward_contiguous(context, T, B, p[0], p[1],
                                                   p[2], p[3]));
        p[rows[i / 4].argument] = misuse_memory + rows[i / 4].byte;
        REFUSE(SRNN_ERROR_ALIAS, says,
               srnn_context_forward_contiguous(context, T, B, p[0], p[1], p[2],
                                               p[3]));
        ACCEPT(srnn_context_forward_contiguous(
            context, T, B, places[0], places[1], places[2], places[1]));
        srnn_context_destroy(context);
    }
}

/* Results that begin where others end, and states in place. */
static void test_misuse_forward__contiguous_side_by_side(void **state)
{
    (void)state;
    srnn_context *const context = make_context(false);
    void *const *const p = places;
    static const struct {
        int output, h_n;
    } rows[] = {{OUTPUT, H0},
                {OUTPUT, OUTPUT + 96},
                {INPUT + 96, H0 + 64},
                {INPUT - 96, INPUT + 96}};
    for (size_t i = 0; i < MISUSE_COUNT(rows); i++)
        ACCEPT(srnn_context_forward_contiguous(context, T, B, p[0], p[1],
                                               misuse_memory + rows[i].output,
                                               misuse_memory + rows[i].h_n));
    srnn_context_destroy(context);
}

static void test_misuse_forward__contiguous_overflow(void **state)
{
    (void)state;
    srnn_context *const context = make_context(false);
    static const struct {
        int64_t steps, batch;
    } sizes[] = {{INT64_MAX, 1},
                 {1, INT64_MAX},
                 {INT64_C(1) << 32, INT64_C(1) << 32},
                 {INT64_MAX, 0},
                 {0, INT64_MAX}};
    for (size_t i = 0; i < MISUSE_COUNT(sizes); i++) {
        char says[128];
        (void)snprintf(says, sizeof says,
                       "%lld steps of a batch of %lld would need more than "
                       "2^63 - 1 bytes",
                       (long long)sizes[i].steps, (long long)sizes[i].batch);
        REFUSE(SRNN_ERROR_OVERFLOW, says,
               srnn_context_forward_contiguous(context, sizes[i].steps,
                                               sizes[i].batch, places[0], NULL,
                                               NULL, NULL));
    }
    REFUSE(SRNN_ERROR_OVERFLOW,
           "buffers between layers would need more than 2^63 - 1 bytes",
           srnn_context_forward_contiguous(context, INT64_C(1) << 30,
                                           (1 << 29) - 1, places[0], NULL, NULL,
                                           NULL));
    REFUSE(SRNN_ERROR_NO_MEMORY, "cannot allocate ... bytes",
           srnn_context_forward_contiguous(context, INT64_C(1) << 30, 1 << 26,
                                           places[0], NULL, NULL, NULL));
    srnn_context_destroy(context);
}

static void test_misuse_forward__rules_are_here(void **state)
{
    (void)state;
    misuse_covers_function("srnn_context_forward");
    misuse_covers_function("srnn_context_forward_contiguous");
    misuse_covers_function("srnn_context_forward_sequences");
    misuse_covers_statuses("srnn_context_forward", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_forward__handles),
        cmocka_unit_test(test_misuse_forward__sequences_handles),
        cmocka_unit_test(test_misuse_forward__dtypes),
        cmocka_unit_test(test_misuse_forward__results),
        cmocka_unit_test(test_misuse_forward__results_again),
        cmocka_unit_test(test_misuse_forward__overlap_again),
        cmocka_unit_test(test_misuse_forward__shapes),
        cmocka_unit_test(test_misuse_forward__batch_first),
        cmocka_unit_test(test_misuse_forward__without_batch),
        cmocka_unit_test(test_misuse_forward__overlap),
        cmocka_unit_test(test_misuse_forward__interleaved),
        cmocka_unit_test(test_misuse_forward__side_by_side),
        cmocka_unit_test(test_misuse_forward__overflow),
        cmocka_unit_test(test_misuse_forward__sequences_tensors),
        cmocka_unit_test(test_misuse_forward__sequences_batch_first),
        cmocka_unit_test(test_misuse_forward__sequences_without_batch),
        cmocka_unit_test(test_misuse_forward__sequences_lengths),
        cmocka_unit_test(test_misuse_forward__sequences_overlap),
        cmocka_unit_test(test_misuse_forward__contiguous),
        cmocka_unit_test(test_misuse_forward__contiguous_overlap),
        cmocka_unit_test(test_misuse_forward__contiguous_side_by_side),
        cmocka_unit_test(test_misuse_forward__contiguous_overflow),
        cmocka_unit_test(test_misuse_forward__rules_are_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
