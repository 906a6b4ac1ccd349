/* SPDX-License-Identifier: MIT */
/* The rules of cell.h. The cell of the rows has I=4, H=2, the step B=3. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

/* Where tensors lie, in bytes of misuse_memory; rows put others at SPARE. */
enum {
    WEIGHT_IH = 1024,
    WEIGHT_HH = 2048,
    BIAS_IH = 3072,
    BIAS_HH = 4096,
    INPUT = 5120,
    HIDDEN = 6144,
    OUTPUT = 7168,
    SPARE = 8192
};

enum { TANH = SRNN_NONLINEARITY_TANH, I = 4, H = 2, B = 3 };

typedef struct {
    srnn_tensor *weight_ih, *weight_hh, *bias_ih, *bias_hh;
} weights;

static weights view_weights(void)
{
    return (weights){
        view(WEIGHT_IH, F32, SHAPE(H, I)), view(WEIGHT_HH, F32, SHAPE(H, H)),
        view(BIAS_IH, F32, SHAPE(H)), view(BIAS_HH, F32, SHAPE(H))};
}

static srnn_cell *make_cell(void)
{
    const weights w = view_weights();
    srnn_cell *cell = NULL;
    expect_success("cell", srnn_cell_create(&cell, TANH, w.weight_ih,
                                            w.weight_hh, w.bias_ih, w.bias_hh));
    return cell;
}

static void refuse_create(const misuse_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const weights w = view_weights();
        srnn_tensor *t[] = {w.weight_ih, w.weight_hh, w.bias_ih, w.bias_hh};
        t[rows[i].argument] = rows[i].tensor;
        REFUSE(rows[i].status, rows[i].says,
               srnn_cell_create(&made.cell, TANH, t[0], t[1], t[2], t[3]));
    }
}

static void test_misuse_cell__create_arguments(void **state)
{
    (void)state;
    const weights w = view_weights();
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_cell_create(NULL, TANH, w.weight_ih, w.weight_hh, w.bias_ih,
                            w.bias_hh));
    static const srnn_nonlinearity wrong[] = {0,    1,         2,        -1,
                                              1199, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < MISUSE_COUNT(wrong); i++)
        REFUSE(SRNN_ERROR_INVALID,
               "nonlinearity is ..., expected SRNN_NONLINEARITY_TANH or "
               "SRNN_NONLINEARITY_RELU",
               srnn_cell_create(&made.cell, wrong[i], w.weight_ih, w.weight_hh,
                                w.bias_ih, w.bias_hh));
    REFUSE_HANDLES(other, "tensor", "weight_ih",
                   srnn_cell_create(&made.cell, TANH, other, w.weight_hh,
                                    w.bias_ih, w.bias_hh));
    REFUSE_HANDLES(other, "tensor", "weight_hh",
                   srnn_cell_create(&made.cell, TANH, w.weight_ih, other,
                                    w.bias_ih, w.bias_hh));
    REFUSE_OTHERS(other, "tensor", "bias_ih",
                  srnn_cell_create(&made.cell, TANH, w.weight_ih, w.weight_hh,
                                   other, w.bias_hh));
    REFUSE_OTHERS(other, "tensor", "bias_hh",
                  srnn_cell_create(&made.cell, TANH, w.weight_ih, w.weight_hh,
                                   w.bias_ih, other));
    ACCEPT(srnn_cell_create(&made.cell, TANH, w.weight_ih, w.weight_hh, NULL,
                            w.bias_hh));
    srnn_cell_destroy(made.cell);
    ACCEPT(srnn_cell_create(&made.cell, TANH, w.weight_ih, w.weight_hh,
                            w.bias_ih, NULL));
    srnn_cell_destroy(made.cell);
    ACCEPT(srnn_cell_create(&made.cell, TANH, w.weight_ih, w.weight_hh, NULL,
                            NULL));
    srnn_cell_destroy(made.cell);
}

static void test_misuse_cell__create_tensors(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {0, view(SPARE, F32, SHAPE(H)), SRNN_ERROR_SHAPE,
         "weight_ih is [2]...[hidden_size, input_size]"},
        {0, view(SPARE, F32, SHAPE(H, I, 1)), SRNN_ERROR_SHAPE,
         "weight_ih is [2, 4, 1]...[hidden_size, input_size]"},
        {0, view(SPARE, F32, SHAPE(0, I)), SRNN_ERROR_RANGE,
         "hidden_size of weight_ih is 0, expected 1 to 1073741823"},
        {0, view(SPARE, F32, SHAPE(H, 0)), SRNN_ERROR_RANGE,
         "input_size of weight_ih is 0, expected 1 to 1073741823"},
        {0, view(SPARE, F64, SHAPE(H, I)), SRNN_ERROR_DTYPE,
         "weight_hh is float32; weight_ih is float64"},
        {0, view(SPARE, I64, SHAPE(H, I)), SRNN_ERROR_DTYPE,
         "weight_ih is int64; the library computes in float32 or float64"},
        {0, view(SPARE, U8, SHAPE(H, I)), SRNN_ERROR_DTYPE,
         "weight_ih is uint8; the library computes in float32 or float64"},
        {1, view(SPARE, F32, SHAPE(H)), SRNN_ERROR_SHAPE,
         "weight_hh is [2]...[hidden_size"},
        {1, view(SPARE, F32, SHAPE(H, H, 1)), SRNN_ERROR_SHAPE,
         "weight_hh is [2, 2, 1]...[hidden_size"},
        {1, view(SPARE, F32, SHAPE(3, H)), SRNN_ERROR_SHAPE,
         "weight_hh is [3, 2]...hidden_size=2...dimension 0 is 3, not 2"},
        {1, view(SPARE, F32, SHAPE(H, 3)), SRNN_ERROR_SHAPE,
         "weight_hh is [2, 3]...hidden_size=2...dimension 1 is 3, not 2"},
        {1, view(SPARE, F64, SHAPE(H, H)), SRNN_ERROR_DTYPE,
         "weight_hh is float64; weight_ih is float32"},
        {1, view(SPARE, I64, SHAPE(H, H)), SRNN_ERROR_DTYPE,
         "weight_hh is int64; weight_ih is float32"},
        {1, view(SPARE, U8, SHAPE(H, H)), SRNN_ERROR_DTYPE,
         "weight_hh is uint8; weight_ih is float32"},
        {2, view(SPARE, F32, SHAPE(1, H)), SRNN_ERROR_SHAPE,
         "bias_ih is [1, 2]...[hidden_size=2]"},
        {2, view(SPARE, F32, 0, NULL), SRNN_ERROR_SHAPE,
         "bias_ih is []...[hidden_size=2]"},
        {2, view(SPARE, F32, SHAPE(3)), SRNN_ERROR_SHAPE,
         "bias_ih is [3]...[hidden_size=2]...dimension 0 is 3, not 2"},
        {2, view(SPARE, F64, SHAPE(H)), SRNN_ERROR_DTYPE,
         "bias_ih is float64; weight_ih is float32"},
        {2, view(SPARE, I64, SHAPE(H)), SRNN_ERROR_DTYPE,
         "bias_ih is int64; weight_ih is float32"},
        {2, view(SPARE, U8, SHAPE(H)), SRNN_ERROR_DTYPE,
         "bias_ih is uint8; weight_ih is float32"},
        {3, view(SPARE, F32, SHAPE(H, 1)), SRNN_ERROR_SHAPE,
         "bias_hh is [2, 1]...[hidden_size=2]"},
        {3, view(SPARE, F32, SHAPE(1)), SRNN_ERROR_SHAPE,
         "bias_hh is [1]...[hidden_size=2]...dimension 0 is 1, not 2"},
        {3, view(SPARE, F64, SHAPE(H)), SRNN_ERROR_DTYPE,
         "bias_hh is float64; weight_ih is float32"},
        {3, view(SPARE, I64, SHAPE(H)), SRNN_ERROR_DTYPE,
         "bias_hh is int64; weight_ih is float32"},
        {3, view(SPARE, U8, SHAPE(H)), SRNN_ERROR_DTYPE,
         "bias_hh is uint8; weight_ih is float32"},
    };
    refuse_create(rows, MISUSE_COUNT(rows));
}

static void test_misuse_cell__create_smallest(void **state)
{
    (void)state;
    srnn_tensor *const one = view(SPARE, F32, SHAPE(1, 1));
    ACCEPT(srnn_cell_create(&made.cell, TANH, one, one, NULL, NULL));
    srnn_cell_destroy(made.cell);
}

/* One above SRNN_MAX_SIZE, and at it, where only memory lacks. */
static void test_misuse_cell__create_limits(void **state)
{
    (void)state;
    const int64_t size = (int64_t)SRNN_MAX_SIZE + 1;
    const weights w = view_weights();
    srnn_tensor *const wide = view_nowhere(F32, SHAPE(H, size));
    srnn_tensor *const tall = view_nowhere(F32, SHAPE(size, I));
    srnn_tensor *const square = view_nowhere(F32, SHAPE(size, size));
    REFUSE(SRNN_ERROR_RANGE,
           "input_size of weight_ih is 1073741824, expected 1 to 1073741823",
           srnn_cell_create(&made.cell, TANH, wide, w.weight_hh, w.bias_ih,
                            w.bias_hh));
    REFUSE(SRNN_ERROR_RANGE,
           "hidden_size of weight_ih is 1073741824, expected 1 to 1073741823",
           srnn_cell_create(&made.cell, TANH, tall, square, NULL, NULL));
    REFUSE(SRNN_ERROR_NO_MEMORY, "cannot allocate ... bytes",
           srnn_cell_create(&made.cell, TANH,
                            view_nowhere(F32, SHAPE(H, size - 1)), w.weight_hh,
                            w.bias_ih, w.bias_hh));
    srnn_tensor *const most = view_nowhere(F32, SHAPE(size - 1, size - 1));
    REFUSE(SRNN_ERROR_OVERFLOW, "would need more than 2^63 - 1 bytes",
           srnn_cell_create(&made.cell, TANH, most, most, NULL, NULL));
}

/* An rnn of 3 layers. */
static srnn_rnn *make_rnn(srnn_direction direction)
{
    return small_rnn_create(
        &(small_rnn){.I = I, .H = H, .L = 3, .direction = direction});
}

enum {
    FORWARD = SRNN_DIRECTION_FORWARD,
    REVERSE = SRNN_DIRECTION_REVERSE,
    BOTH = SRNN_DIRECTION_BIDIRECTIONAL
};

static void test_misuse_cell__create_view(void **state)
{
    (void)state;
    srnn_rnn *const both = make_rnn(BOTH);
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_cell_create_view(NULL, both, 0, FORWARD));
    REFUSE_HANDLES(other, "rnn", "rnn",
                   srnn_cell_create_view(&made.cell, other, 0, FORWARD));
    REFUSE(SRNN_ERROR_RANGE, "layer is -1, expected 0 to 2",
           srnn_cell_create_view(&made.cell, both, -1, FORWARD));
    REFUSE(SRNN_ERROR_RANGE, "layer is 3, expected 0 to 2",
           srnn_cell_create_view(&made.cell, both, 3, FORWARD));
    REFUSE(SRNN_ERROR_RANGE, "layer is 4294967296, expected 0 to 2",
           srnn_cell_create_view(&made.cell, both, INT64_C(1) << 32, FORWARD));
    ACCEPT(srnn_cell_create_view(&made.cell, both, 2, REVERSE));
    srnn_cell_destroy(made.cell);
    srnn_rnn_destroy(both);
}

static void test_misuse_cell__create_view_direction(void **state)
{
    (void)state;
    srnn_rnn *const forward = make_rnn(FORWARD);
    srnn_rnn *const reverse = make_rnn(REVERSE);
    srnn_rnn *const both = make_rnn(BOTH);
    static const srnn_direction wrong[] = {-1, 0, 1, 2, 1204};
    for (size_t i = 0; i < MISUSE_COUNT(wrong); i++) {
        REFUSE(SRNN_ERROR_INVALID,
               "direction is ..., expected SRNN_DIRECTION_FORWARD, that of the "
               "rnn",
               srnn_cell_create_view(&made.cell, forward, 2, wrong[i]));
        REFUSE(SRNN_ERROR_INVALID,
               "direction is ..., expected SRNN_DIRECTION_FORWARD or "
               "SRNN_DIRECTION_REVERSE",
               srnn_cell_create_view(&made.cell, both, 2, wrong[i]));
    }
    REFUSE(SRNN_ERROR_INVALID,
           "direction is SRNN_DIRECTION_REVERSE, expected "
           "SRNN_DIRECTION_FORWARD, that of the rnn",
           srnn_cell_create_view(&made.cell, forward, 2, REVERSE));
    REFUSE(SRNN_ERROR_INVALID,
           "direction is SRNN_DIRECTION_FORWARD, expected "
           "SRNN_DIRECTION_REVERSE, that of the rnn",
           srnn_cell_create_view(&made.cell, reverse, 2, FORWARD));
    REFUSE(SRNN_ERROR_INVALID,
           "direction is SRNN_DIRECTION_BIDIRECTIONAL, expected "
           "SRNN_DIRECTION_FORWARD or SRNN_DIRECTION_REVERSE",
           srnn_cell_create_view(&made.cell, both, 2, BOTH));
    ACCEPT(srnn_cell_create_view(&made.cell, reverse, 2, REVERSE));
    srnn_cell_destroy(made.cell);
    srnn_rnn_destroy(forward);
    srnn_rnn_destroy(reverse);
    srnn_rnn_destroy(both);
}

/* A cell looks for its kernels where a context does. */
static void refuse_environment(const char *variable, const char *value,
                               srnn_status status, const char *says)
{
    const weights w = view_weights();
    srnn_rnn *const rnn = make_rnn(FORWARD);
    assert_int_equal(setenv(variable, value, 1), 0);
    REFUSE(status, says,
           srnn_cell_create(&made.cell, TANH, w.weight_ih, w.weight_hh,
                            w.bias_ih, w.bias_hh));
    REFUSE(status, says, srnn_cell_create_view(&made.cell, rnn, 0, FORWARD));
    assert_int_equal(unsetenv(variable), 0);
    srnn_rnn_destroy(rnn);
}

static int clear_environment(void **state)
{
    (void)state;
    return unsetenv("SIMPLERNN_GEMM") | unsetenv("SIMPLERNN_ISA");
}

static void test_misuse_cell__environment(void **state)
{
    (void)state;
    refuse_environment("SIMPLERNN_GEMM", "fast", SRNN_ERROR_ENVIRONMENT,
                       "SIMPLERNN_GEMM is \"fast\"; this build has: native");
    refuse_environment("SIMPLERNN_ISA", "fast", SRNN_ERROR_ENVIRONMENT,
                       "SIMPLERNN_ISA is \"fast\"...has: " OWN_ISA_NAME);
#if !SRNN_HAVE_OPENBLAS
    refuse_environment("SIMPLERNN_GEMM", "openblas", SRNN_ERROR_UNSUPPORTED,
                       "openblas...native");
#endif
    refuse_environment("SIMPLERNN_ISA", OTHER_ISA_NAME, SRNN_ERROR_UNSUPPORTED,
                       "SIMPLERNN_ISA is \"" OTHER_ISA_NAME
                       "\"...has: " OWN_ISA_NAME);
}

static void test_misuse_cell__accessors(void **state)
{
    (void)state;
    NOTHING(srnn_cell_destroy(NULL));
    ANSWER_OTHERS(other, "cell", 0, srnn_cell_input_size(other));
    ANSWER_OTHERS(other, "cell", 0, srnn_cell_hidden_size(other));
}

static void test_misuse_cell__forward_handles(void **state)
{
    (void)state;
    srnn_cell *const cell = make_cell();
    srnn_tensor *const input = view(INPUT, F32, SHAPE(B, I));
    srnn_tensor *const hidden = view(HIDDEN, F32, SHAPE(B, H));
    srnn_tensor *const output = view(OUTPUT, F32, SHAPE(B, H));
    REFUSE_HANDLES(other, "cell", "cell",
                   srnn_cell_forward(other, input, hidden, output));
    REFUSE_HANDLES(other, "tensor", "input",
                   srnn_cell_forward(cell, other, hidden, output));
    REFUSE_OTHERS(other, "tensor", "hidden",
                  srnn_cell_forward(cell, input, other, output));
    REFUSE_HANDLES(other, "tensor", "output",
                   srnn_cell_forward(cell, input, hidden, other));
    REFUSE(SRNN_ERROR_SHAPE, "hidden is [3, 4]...[batch=3, hidden_size=2]",
           srnn_cell_forward(cell, input, input, output));
    REFUSE(SRNN_ERROR_SHAPE, "output is [3, 4]...[batch=3, hidden_size=2]",
           srnn_cell_forward(cell, input, hidden, input));
    ACCEPT(srnn_cell_forward(cell, input, hidden, output));
    ACCEPT(srnn_cell_forward(cell, input, NULL, output));
    srnn_cell_destroy(cell);
}

/* One argument of srnn_cell_forward is another tensor. */
static void refuse_forward(const misuse_row *rows, size_t count,
                           srnn_tensor *input, srnn_tensor *hidden,
                           srnn_tensor *output)
{
    srnn_cell *const cell = make_cell();
    for (size_t i = 0; i < count; i++) {
        srnn_tensor *t[] = {input, hidden, output};
        t[rows[i].argument] = rows[i].tensor;
        REFUSE(rows[i].status, rows[i].says,
               srnn_cell_forward(cell, t[0], t[1], t[2]));
    }
    srnn_cell_destroy(cell);
}

static void test_misuse_cell__forward_batch(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {0, view(SPARE, F64, SHAPE(B, I)), SRNN_ERROR_DTYPE,
         "input is float64; the cell is float32"},
        {0, view(SPARE, I64, SHAPE(B, I)), SRNN_ERROR_DTYPE,
         "input is int64; the cell is float32"},
        {0, view(SPARE, U8, SHAPE(B, I)), SRNN_ERROR_DTYPE,
         "input is uint8; the cell is float32"},
        {0, view(SPARE, F32, 0, NULL), SRNN_ERROR_SHAPE,
         "input is []...input_size=4"},
        {0, view(SPARE, F32, SHAPE(1, B, I)), SRNN_ERROR_SHAPE,
         "input is [1, 3, 4]...[batch, input_size=4]"},
        {0, view(SPARE, F32, SHAPE(B, 5)), SRNN_ERROR_SHAPE,
         "input is [3, 5]; a cell needs [batch, input_size=4]: dimension 1 is "
         "5, not 4"},
        {1, view(SPARE, F64, SHAPE(B, H)), SRNN_ERROR_DTYPE,
         "hidden is float64; the cell is float32"},
        {1, view(SPARE, I64, SHAPE(B, H)), SRNN_ERROR_DTYPE,
         "hidden is int64; the cell is float32"},
        {1, view(SPARE, U8, SHAPE(B, H)), SRNN_ERROR_DTYPE,
         "hidden is uint8; the cell is float32"},
        {1, view(SPARE, F32, SHAPE(H)), SRNN_ERROR_SHAPE,
         "hidden is [2]...[batch=3, hidden_size=2]"},
        {1, view(SPARE, F32, SHAPE(1, B, H)), SRNN_ERROR_SHAPE,
         "hidden is [1, 3, 2]...[batch=3, hidden_size=2]"},
        {1, view(SPARE, F32, SHAPE(1, H)), SRNN_ERROR_SHAPE,
         "hidden is [1, 2]...batch=3...dimension 0 is 1, not 3"},
        {1, view(SPARE, F32, SHAPE(B, 1)), SRNN_ERROR_SHAPE,
         "hidden is [3, 1]...hidden_size=2...dimension 1 is 1, not 2"},
        {2, view(SPARE, F64, SHAPE(B, H)), SRNN_ERROR_DTYPE,
         "output is float64; the cell is float32"},
        {2, view(SPARE, I64, SHAPE(B, H)), SRNN_ERROR_DTYPE,
         "output is int64; the cell is float32"},
        {2, view(SPARE, U8, SHAPE(B, H)), SRNN_ERROR_DTYPE,
         "output is uint8; the cell is float32"},
        {2, view_const(SPARE, F32, SHAPE(B, H)), SRNN_ERROR_STATE,
         "output is a read-only tensor"},
        {2, view(SPARE, F32, SHAPE(H)), SRNN_ERROR_SHAPE,
         "output is [2]...[batch=3, hidden_size=2]"},
        {2, view(SPARE, F32, SHAPE(1, B, H)), SRNN_ERROR_SHAPE,
         "output is [1, 3, 2]...[batch=3, hidden_size=2]"},
        {2, view(SPARE, F32, SHAPE(4, H)), SRNN_ERROR_SHAPE,
         "output is [4, 2]...batch=3...dimension 0 is 4, not 3"},
        {2, view(SPARE, F32, SHAPE(B, 3)), SRNN_ERROR_SHAPE,
         "output is [3, 3]...hidden_size=2...dimension 1 is 3, not 2"},
    };
    refuse_forward(rows, MISUSE_COUNT(rows), view(INPUT, F32, SHAPE(B, I)),
                   view(HIDDEN, F32, SHAPE(B, H)),
                   view(OUTPUT, F32, SHAPE(B, H)));
}

static void test_misuse_cell__forward_row(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {0, view(SPARE, F32, SHAPE(5)), SRNN_ERROR_SHAPE,
         "input is [5]...[input_size=4]...dimension 0 is 5, not 4"},
        {1, view(SPARE, F32, SHAPE(1, H)), SRNN_ERROR_SHAPE,
         "hidden is [1, 2]...[hidden_size=2]"},
        {1, view(SPARE, F32, SHAPE(3)), SRNN_ERROR_SHAPE,
         "hidden is [3]...[hidden_size=2]...dimension 0 is 3, not 2"},
        {2, view(SPARE, F32, SHAPE(1, H)), SRNN_ERROR_SHAPE,
         "output is [1, 2]...[hidden_size=2]"},
        {2, view(SPARE, F32, SHAPE(1)), SRNN_ERROR_SHAPE,
         "output is [1]...[hidden_size=2]...dimension 0 is 1, not 2"},
    };
    refuse_forward(rows, MISUSE_COUNT(rows), view(INPUT, F32, SHAPE(I)),
                   view(HIDDEN, F32, SHAPE(H)), view(OUTPUT, F32, SHAPE(H)));
}

/* The input has 48 bytes, hidden and output 24. */
static void test_misuse_cell__forward_overlap(void **state)
{
    (void)state;
    const misuse_row rows[] = {
        {2, view(INPUT, F32, SHAPE(B, H)), SRNN_ERROR_ALIAS,
         "output at 0x...input at 0x"},
        {2, view(INPUT + 44, F32, SHAPE(B, H)), SRNN_ERROR_ALIAS,
         "output at 0x...input at 0x"},
        {2, view(INPUT - 20, F32, SHAPE(B, H)), SRNN_ERROR_ALIAS,
         "output at 0x...input at 0x"},
        {2, view_strided(INPUT - 40, F32, SHAPE(B, H), LIST(20, 1)),
         SRNN_ERROR_ALIAS, "output at 0x...input at 0x"},
        {2, view(HIDDEN + 20, F32, SHAPE(B, H)), SRNN_ERROR_ALIAS,
         "output at 0x...hidden at 0x"},
        {2, view(HIDDEN - 20, F32, SHAPE(B, H)), SRNN_ERROR_ALIAS,
         "output at 0x...hidden at 0x"},
        {2, view_strided(HIDDEN, F32, SHAPE(B, H), LIST(1, 3)),
         SRNN_ERROR_ALIAS, "output at 0x...hidden at 0x"},
    };
    refuse_forward(rows, MISUSE_COUNT(rows), view(INPUT, F32, SHAPE(B, I)),
                   view(HIDDEN, F32, SHAPE(B, H)),
                   view(OUTPUT, F32, SHAPE(B, H)));
}

static void test_misuse_cell__forward_side_by_side(void **state)
{
    (void)state;
    srnn_cell *const cell = make_cell();
    srnn_tensor *const input = view(INPUT, F32, SHAPE(B, I));
    srnn_tensor *const hidden = view(HIDDEN, F32, SHAPE(B, H));
    const size_t places[] = {INPUT + 48, INPUT - 24, HIDDEN + 24, HIDDEN - 24,
                             HIDDEN};
    for (size_t i = 0; i < MISUSE_COUNT(places); i++) {
        srnn_tensor *const output = view(places[i], F32, SHAPE(B, H));
        ACCEPT(srnn_cell_forward(cell, input, hidden, output));
    }
    srnn_cell_destroy(cell);
}

/* One row, read 2^58 times, and an output column by column: the copies of the
 * input, of no hidden and of the output have 2^62, 2^61 and 2^61 bytes. */
static void test_misuse_cell__forward_overflow(void **state)
{
    (void)state;
    const int64_t many = INT64_C(1) << 58;
    if (!MISUSE_HAS_64_BITS)
        skip(); /* no output is so large */
    srnn_cell *const cell = make_cell();
    srnn_tensor *input = NULL;
    srnn_tensor *const output =
        view_strided(OUTPUT, F32, SHAPE(many, H), LIST(1, many));
    expect_success("input",
                   srnn_tensor_wrap_const(&input, misuse_memory + INPUT, F32,
                                          SHAPE(many, I), LIST(0, 0)));
    REFUSE(SRNN_ERROR_OVERFLOW,
           "the copies of a step would need more than 2^63 - 1 bytes",
           srnn_cell_forward(cell, input, NULL, output));
    srnn_tensor_destroy(input);
    srnn_cell_destroy(cell);
}

static void test_misuse_cell__rules_are_all_here(void **state)
{
    (void)state;
    misuse_covers("cell.h", NULL);
    misuse_covers_statuses("srnn_cell_", NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_misuse_cell__create_arguments),
        cmocka_unit_test(test_misuse_cell__create_tensors),
        cmocka_unit_test(test_misuse_cell__create_smallest),
        cmocka_unit_test(test_misuse_cell__create_limits),
        cmocka_unit_test(test_misuse_cell__create_view),
        cmocka_unit_test(test_misuse_cell__create_view_direction),
        cmocka_unit_test_teardown(test_misuse_cell__environment,
                                  clear_environment),
        cmocka_unit_test(test_misuse_cell__accessors),
        cmocka_unit_test(test_misuse_cell__forward_handles),
        cmocka_unit_test(test_misuse_cell__forward_batch),
        cmocka_unit_test(test_misuse_cell__forward_row),
        cmocka_unit_test(test_misuse_cell__forward_overlap),
        cmocka_unit_test(test_misuse_cell__forward_side_by_side),
        cmocka_unit_test(test_misuse_cell__forward_overflow),
        cmocka_unit_test(test_misuse_cell__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
