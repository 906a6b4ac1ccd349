/* SPDX-License-Identifier: MIT */
/* The rules of srnn_context_forward, but for SRNN_ERROR_BUSY (test_busy.c). The
 * rnn of the rows is the last of the reference cases: T=3, B=2, I=4, H=2, L=2,
 * D=2. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"

/* Where tensors lie, in bytes of misuse_memory; rows put others at SPARE. */
enum { INPUT = 1024, H0 = 2048, OUTPUT = 3072, H_N = 4096, SPARE = 5120 };

enum { T = 3, B = 2, I = 4, H = 2, L = 2, D = 2, CELLS = L * D, WIDTH = D * H };

static srnn_context *make_context(int64_t batch_first)
{
    srnn_config *config = NULL;
    srnn_rnn *rnn = NULL;
    srnn_context *context = NULL;
    expect_success("config", srnn_config_create(&config));
    expect_success(
        "options",
        srnn_config_set_int(config, SRNN_OPTION_INPUT_SIZE, I) |
            srnn_config_set_int(config, SRNN_OPTION_HIDDEN_SIZE, H) |
            srnn_config_set_int(config, SRNN_OPTION_NUM_LAYERS, L) |
            srnn_config_set_int(config, SRNN_OPTION_BIDIRECTIONAL, D - 1) |
            srnn_config_set_int(config, SRNN_OPTION_BATCH_FIRST, batch_first));
    expect_success("rnn", srnn_rnn_create(&rnn, config, 1));
    expect_success("context", srnn_context_create(&context, rnn));
    srnn_config_destroy(config);
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

static void test_misuse__forward_handles(void **state)
{
    (void)state;
    srnn_context *const context = make_context(0);
    const call c = view_call();
    REFUSE_HANDLES("context", "context",
                   srnn_context_forward(other, c.input, c.h0, c.output, c.h_n));
    REFUSE_HANDLES("tensor", "input",
                   srnn_context_forward(context, other, c.h0, c.output, c.h_n));
    REFUSE_OTHERS(
        "tensor", "h0",
        srnn_context_forward(context, c.input, other, c.output, c.h_n));
    REFUSE_OTHERS("tensor", "output",
                  srnn_context_forward(context, c.input, c.h0, other, c.h_n));
    REFUSE_OTHERS(
        "tensor", "h_n",
        srnn_context_forward(context, c.input, c.h0, c.output, other));
    ACCEPT(srnn_context_forward(context, c.input, c.h0, c.output, c.h_n));
    ACCEPT(srnn_context_forward(context, c.input, NULL, NULL, NULL));
    srnn_context_destroy(context);
}

static void test_misuse__forward_padded_handles(void **state)
{
    (void)state;
    srnn_context *const context = make_context(0);
    const call c = view_call();
    REFUSE_HANDLES("context", "context",
                   srnn_context_forward_padded(other, c.input, NULL, NULL, c.h0,
                                               c.output, c.h_n));
    REFUSE_HANDLES("tensor", "input",
                   srnn_context_forward_padded(context, other, NULL, NULL, c.h0,
                                               c.output, c.h_n));
    REFUSE_OTHERS("tensor", "h0",
                  srnn_context_forward_padded(context, c.input, NULL, NULL,
                                              other, c.output, c.h_n));
    REFUSE_OTHERS("tensor", "output",
                  srnn_context_forward_padded(context, c.input, NULL, NULL,
                                              c.h0, other, c.h_n));
    REFUSE_OTHERS("tensor", "h_n",
                  srnn_context_forward_padded(context, c.input, NULL, NULL,
                                              c.h0, c.output, other));
    srnn_context_destroy(context);
}

static void test_misuse__forward_padded_lengths(void **state)
{
    (void)state;
    srnn_context *const context = make_context(0);
    const call c = view_call();
    const int64_t negative[] = {T, -1};
    const int64_t too_long[] = {T + 1, 0};
    const int64_t right[] = {T, 0};
    const uint8_t resets[T * B] = {0, 1, 255, 0, 0, 1};
    REFUSE(SRNN_ERROR_INVALID, "lengths[1] is -1, expected 0 to T=3",
           srnn_context_forward_padded(context, c.input, negative, NULL, c.h0,
                                       c.output, c.h_n));
    REFUSE(SRNN_ERROR_INVALID, "lengths[0] is 4, expected 0 to T=3",
           srnn_context_forward_padded(context, c.input, too_long, NULL, c.h0,
                                       c.output, c.h_n));
    ACCEPT(srnn_context_forward_padded(context, c.input, right, resets, c.h0,
                                       c.output, c.h_n));
    ACCEPT(srnn_context_forward_padded(context, c.input, NULL, NULL, NULL, NULL,
                                       NULL));
    srnn_context_destroy(context);
}

/* A row of srnn_context_forward: one argument is another tensor. */
typedef struct {
    int argument;
    srnn_tensor *tensor;
    srnn_status status;
    const char *says;
} row;

enum { IN, FIRST, OUT, LAST };

static void refuse_forward(int64_t batch_first, call c, const row *rows,
                           size_t count)
{
    srnn_context *const context = make_context(batch_first);
    for (size_t i = 0; i < count; i++) {
        srnn_tensor *t[] = {c.input, c.h0, c.output, c.h_n};
        t[rows[i].argument] = rows[i].tensor;
        REFUSE(rows[i].status, rows[i].says,
               srnn_context_forward(context, t[IN], t[FIRST], t[OUT], t[LAST]));
        REFUSE(rows[i].status, rows[i].says,
               srnn_context_forward_padded(context, t[IN], NULL, NULL, t[FIRST],
                                           t[OUT], t[LAST]));
    }
    ACCEPT(srnn_context_forward(context, c.input, c.h0, c.output, c.h_n));
    srnn_context_destroy(context);
}

#define COUNT(rows) (sizeof(rows) / sizeof *(rows))

static void test_misuse__forward_dtypes(void **state)
{
    (void)state;
    const row rows[] = {
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
    refuse_forward(0, view_call(), rows, COUNT(rows));
}

static void test_misuse__forward_results(void **state)
{
    (void)state;
    const row rows[] = {
        {OUT, view_const(SPARE, F32, SHAPE(T, B, WIDTH)), SRNN_ERROR_STATE,
         "output is a read-only tensor"},
        {LAST, view_const(SPARE, F32, SHAPE(CELLS, B, H)), SRNN_ERROR_STATE,
         "h_n is a read-only tensor"},
    };
    call c = view_call();
    c.input = view_const(INPUT, F32, SHAPE(T, B, I));
    c.h0 = view_const(H0, F32, SHAPE(CELLS, B, H));
    refuse_forward(0, c, rows, COUNT(rows));
}

/* The same memory as in the call before, by a handle that is read only. */
static void test_misuse__forward_results_again(void **state)
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

static void test_misuse__forward_shapes(void **state)
{
    (void)state;
    const row rows[] = {
        {IN, view(SPARE, F32, SHAPE(I)), SRNN_ERROR_SHAPE,
         "input is [4]; a 2-layer bidirectional rnn needs [T, batch, "
         "input_size=4]"},
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
    refuse_forward(0, view_call(), rows, COUNT(rows));
}

/* T and B have changed places in input and output, not in h0 and h_n. */
static void test_misuse__forward_batch_first(void **state)
{
    (void)state;
    const row rows[] = {
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
    refuse_forward(1, c, rows, COUNT(rows));
}

static void test_misuse__forward_without_batch(void **state)
{
    (void)state;
    const row rows[] = {
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
    refuse_forward(0, c, rows, COUNT(rows));
}

/* Input and output have 96 bytes, h0 and h_n 64. */
static void test_misuse__forward_overlap(void **state)
{
    (void)state;
    static const char input_output[] = "output at 0x...input at 0x";
    static const char h0_output[] = "output at 0x...h0 at 0x";
    static const char output_h_n[] = "output at 0x...h_n at 0x";
    static const char input_h_n[] = "h_n at 0x...input at 0x";
    static const char h0_h_n[] = "h_n at 0x...h0 at 0x";
    const row rows[] = {
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
    refuse_forward(0, view_call(), rows, COUNT(rows));
}

/* Side by side in one buffer; one column less, and they are not. */
static void test_misuse__forward_interleaved(void **state)
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
static void test_misuse__forward_side_by_side(void **state)
{
    (void)state;
    srnn_context *const context = make_context(0);
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
static void test_misuse__forward_overflow(void **state)
{
    (void)state;
    srnn_context *const context = make_context(0);
    srnn_tensor *const fits =
        view_nowhere(F32, SHAPE(INT64_C(1) << 30, 1 << 26, I));
    srnn_tensor *const too_large =
        view_nowhere(F32, SHAPE(INT64_C(1) << 30, (1 << 29) - 1, I));
    REFUSE(SRNN_ERROR_NO_MEMORY, "bytes",
           srnn_context_forward(context, fits, NULL, NULL, NULL));
    REFUSE(SRNN_ERROR_OVERFLOW, "bytes",
           srnn_context_forward(context, too_large, NULL, NULL, NULL));
    srnn_context_destroy(context);
}

static void test_misuse__forward_rules_are_here(void **state)
{
    (void)state;
    misuse_covers_function("srnn_context_forward");
    misuse_covers_function("srnn_context_forward_padded");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse__forward_handles),
        cmocka_unit_test(test_misuse__forward_padded_handles),
        cmocka_unit_test(test_misuse__forward_padded_lengths),
        cmocka_unit_test(test_misuse__forward_dtypes),
        cmocka_unit_test(test_misuse__forward_results),
        cmocka_unit_test(test_misuse__forward_results_again),
        cmocka_unit_test(test_misuse__forward_shapes),
        cmocka_unit_test(test_misuse__forward_batch_first),
        cmocka_unit_test(test_misuse__forward_without_batch),
        cmocka_unit_test(test_misuse__forward_overlap),
        cmocka_unit_test(test_misuse__forward_interleaved),
        cmocka_unit_test(test_misuse__forward_side_by_side),
        cmocka_unit_test(test_misuse__forward_overflow),
        cmocka_unit_test(test_misuse__forward_rules_are_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
