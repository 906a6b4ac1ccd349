/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, no-valgrind, no-qemu */
/* Recordings and backwards of tensors with any strides give the bytes of those
 * of contiguous tensors, and write nothing in between; so do the contiguous
 * forms. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/parameters.h"
#include "support/tools.h"
#include "support/view_pair.h"

enum { CASES = TOOL_CASES(1000), THREADS = 3 };

enum { X, H0, FRESH, DY, DH_N, OPERANDS };
enum { Y, H_N, DX, DH0, DFRESH, RESULTS };

/* A failure names the number of the case. */
typedef struct {
    view_pairs pairs;
    small_rnn of;
    int64_t T, B;
    bool unbatched;
    srnn_rnn *rnn;
    view_pair operands[OPERANDS], results[RESULTS];
    int64_t *lengths;
    uint8_t *resets; /* in the order of the input */
    bool has_lengths, has_resets;
    bool has_operand[OPERANDS], has_result[RESULTS];
} subject;

static int64_t below(subject *s, int64_t limit)
{
    return draws_below(&s->pairs.random, limit);
}

static bool often(subject *s)
{
    return below(s, 4) > 0;
}

/* The shape of a role; without a batch, the rank is 2. */
static int shape_of(const subject *s, srnn_role role, int64_t shape[3])
{
    EXPECT_SUCCESS(srnn_rnn_shape(shape, s->rnn, role, s->T, s->B));
    if (!s->unbatched)
        return 3;
    shape[0] = role == SRNN_ROLE_HIDDEN ? shape[0] : s->T;
    shape[1] = shape[2];
    return 2;
}

static void make_pairs(subject *s)
{
    static const srnn_role read[] = {SRNN_ROLE_INPUT, SRNN_ROLE_HIDDEN,
                                     SRNN_ROLE_HIDDEN, SRNN_ROLE_OUTPUT,
                                     SRNN_ROLE_HIDDEN};
    static const srnn_role written[] = {SRNN_ROLE_OUTPUT, SRNN_ROLE_HIDDEN,
                                        SRNN_ROLE_INPUT, SRNN_ROLE_HIDDEN,
                                        SRNN_ROLE_HIDDEN};
    int64_t shape[3];
    for (int i = 0; i < OPERANDS; i++) {
        const int rank = shape_of(s, read[i], shape);
        s->operands[i] = view_pair_read(&s->pairs, rank, shape);
        s->has_operand[i] = i == X || often(s);
    }
    for (int i = 0; i < RESULTS; i++) {
        const int rank = shape_of(s, written[i], shape);
        s->results[i] = view_pair_written(&s->pairs, rank, shape);
        s->has_result[i] = often(s);
    }
}

static subject make(int number)
{
    subject s = {.pairs = {.random = draws_of(number, 67), .number = number}};
    draws *const d = &s.pairs.random;
    s.unbatched = below(&s, 6) == 0;
    s.T = below(&s, 12);
    s.B = s.unbatched ? 1 : below(&s, 6);
    s.of = (small_rnn){.I = 1 + below(&s, 20),
                       .H = 1 + below(&s, 20),
                       .L = 1 + below(&s, 2),
                       .direction = SRNN_DIRECTION_FORWARD +
                                    (srnn_direction)below(&s, 3),
                       .dtype = draws_dtype(d),
                       .nonlinearity = draws_nonlinearity(d),
                       .batch_first = below(&s, 2) == 0,
                       .dropout = below(&s, 2) == 0 ? 0.5 : 0,
                       .seed = 3};
    s.pairs.dtype = s.of.dtype;
    s.rnn = small_rnn_create(&s.of);
    make_pairs(&s);
    s.lengths = calloc((size_t)s.B + 1, sizeof *s.lengths);
    s.resets = calloc((size_t)(s.T * s.B) + 1, sizeof *s.resets);
    assert_true(s.lengths != NULL && s.resets != NULL);
    for (int64_t b = 0; b < s.B; b++)
        s.lengths[b] = below(&s, s.T + 1);
    for (int64_t i = 0; i < s.T * s.B; i++)
        s.resets[i] = below(&s, 4) == 0;
    s.has_lengths = often(&s);
    s.has_resets = often(&s);
    return s;
}

static void free_subject(subject *s)
{
    for (int i = 0; i < OPERANDS; i++)
        view_pair_free(&s->operands[i]);
    for (int i = 0; i < RESULTS; i++)
        view_pair_free(&s->results[i]);
    free(s->lengths);
    free(s->resets);
    srnn_rnn_destroy(s->rnn);
}

/* One way to train: a context, a tape and the gradients [P]. */
typedef struct {
    srnn_context *context;
    srnn_tape *tape;
    srnn_gradients *gradients;
} trainer;

static trainer trainer_make(subject *s)
{
    trainer t = {.context = draws_context(&s->pairs.random, s->rnn, THREADS)};
    EXPECT_SUCCESS(srnn_tape_create(&t.tape, s->rnn));
    EXPECT_SUCCESS(srnn_gradients_create(&t.gradients, s->rnn));
    return t;
}

static void trainer_free(trainer *t)
{
    srnn_gradients_destroy(t->gradients);
    srnn_tape_destroy(t->tape);
    srnn_context_destroy(t->context);
}

static srnn_tensor *operand(const subject *s, int i, bool is_plain)
{
    return !s->has_operand[i] ? NULL
           : is_plain         ? s->operands[i].plain
                              : s->operands[i].view;
}

static srnn_tensor *result(const subject *s, int i, bool is_plain)
{
    return !s->has_result[i] ? NULL
           : is_plain        ? s->results[i].plain
                             : s->results[i].view;
}

/* Lengths and resets: contiguous, or each second element of an array, or for
 * resets the other way round. */
typedef struct {
    int64_t lengths[16];
    uint8_t resets[512];
    srnn_tensor *all_lengths, *all_resets;
} integers;

static void integers_make(integers *n, const subject *s, bool is_plain)
{
    const int64_t step = is_plain ? 1 : 2;
    const bool swaps = s->of.batch_first && !s->unbatched;
    const int64_t shape[] = {swaps ? s->B : s->T, swaps ? s->T : s->B};
    const int64_t columns = s->unbatched ? 1 : shape[1];
    const int64_t rows = shape[0];
    const int64_t strides[] = {is_plain ? columns : -2 * columns, step};
    const int64_t first = is_plain || rows == 0 ? 0 : (rows - 1) * 2 * columns;
    for (int64_t b = 0; b < s->B; b++)
        n->lengths[b * step] = s->lengths[b];
    for (int64_t i = 0; i < rows; i++)
        for (int64_t j = 0; j < columns; j++)
            n->resets[first + i * strides[0] + j * strides[1]] =
                s->resets[i * columns + j];
    EXPECT_SUCCESS(srnn_tensor_wrap_const(&n->all_lengths, n->lengths,
                                          SRNN_DTYPE_INT64, 1, &s->B, &step));
    EXPECT_SUCCESS(srnn_tensor_wrap_const(
        &n->all_resets, n->resets + first, SRNN_DTYPE_UINT8,
        s->unbatched ? 1 : 2, shape, strides));
}

static void train(const subject *s, trainer *t, bool is_plain)
{
    integers n = {{0}, {0}, NULL, NULL};
    integers_make(&n, s, is_plain);
    expect_success_of_case(
        s->pairs.number,
        srnn_context_record(t->context, t->tape, operand(s, X, is_plain),
                            s->has_lengths ? n.all_lengths : NULL,
                            s->has_resets ? n.all_resets : NULL,
                            operand(s, H0, is_plain),
                            operand(s, FRESH, is_plain), result(s, Y, is_plain),
                            result(s, H_N, is_plain)));
    expect_success_of_case(
        s->pairs.number,
        srnn_context_backward(
            t->context, t->tape, operand(s, X, is_plain),
            operand(s, DY, is_plain), operand(s, DH_N, is_plain),
            SRNN_ACCUMULATION_SET, t->gradients, result(s, DX, is_plain),
            result(s, DH0, is_plain), result(s, DFRESH, is_plain)));
    srnn_tensor_destroy(n.all_lengths);
    srnn_tensor_destroy(n.all_resets);
}

static void check_gradients(const subject *s, const trainer *got,
                            const trainer *wanted)
{
    const srnn_tensor *const a = srnn_gradients_flat(got->gradients);
    const srnn_tensor *const b = srnn_gradients_flat(wanted->gradients);
    if (memcmp(srnn_tensor_const_data(a), srnn_tensor_const_data(b),
               (size_t)(srnn_tensor_size(a) * element_bytes(s->pairs.dtype))) !=
        0)
        fail_msg("case %d: gradients differ", s->pairs.number);
}

static void test_tape_views__equal_contiguous_tensors(void **state)
{
    (void)state;
    static const char *const names[] = {"output", "h_n", "d_input", "d_h0",
                                        "d_fresh"};
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        trainer plain = trainer_make(&s);
        trainer strided = trainer_make(&s);
        train(&s, &plain, true);
        train(&s, &strided, false);
        check_gradients(&s, &strided, &plain);
        for (int i = 0; i < RESULTS; i++)
            if (s.has_result[i])
                view_pair_check(&s.pairs, &s.results[i], names[i]);
        trainer_free(&plain);
        trainer_free(&strided);
        free_subject(&s);
    }
}

/* Memory for a result of the contiguous form; NULL for none. */
static unsigned char *copy_of(const subject *s, int i)
{
    const size_t bytes = (size_t)(srnn_tensor_size(s->results[i].plain) *
                                  element_bytes(s->pairs.dtype));
    unsigned char *const copy = malloc(bytes + 1);
    assert_non_null(copy);
    memset(copy, 0x5a, bytes);
    return copy;
}

static void *data_of(srnn_tensor *tensor)
{
    return tensor == NULL ? NULL : srnn_tensor_data(tensor);
}

static void record_arrays(const subject *s, const trainer *t,
                          unsigned char *const results[RESULTS])
{
    void *p[OPERANDS];
    for (int i = 0; i < OPERANDS; i++)
        p[i] = data_of(operand(s, i, true));
    expect_success_of_case(s->pairs.number,
                           srnn_context_record_contiguous(
                               t->context, t->tape, s->T, s->B, p[X],
                               s->has_lengths ? s->lengths : NULL,
                               s->has_resets ? s->resets : NULL, p[H0],
                               p[FRESH], s->has_result[Y] ? results[Y] : NULL,
                               s->has_result[H_N] ? results[H_N] : NULL));
}

/* Of a recording in any form. */
static void go_back_arrays(const subject *s, const trainer *t,
                           const srnn_tape *tape,
                           unsigned char *const results[RESULTS])
{
    void *p[OPERANDS];
    void *r[RESULTS];
    void *gradients[PARAMETERS_MOST];
    for (int i = 0; i < OPERANDS; i++)
        p[i] = data_of(operand(s, i, true));
    for (int i = 0; i < RESULTS; i++)
        r[i] = s->has_result[i] ? results[i] : NULL;
    for (int64_t i = 0; i < srnn_rnn_parameter_count(s->rnn); i++)
        gradients[i] = srnn_tensor_data(srnn_gradients_tensor(
            t->gradients, srnn_rnn_parameter_name(s->rnn, i)));
    expect_success_of_case(
        s->pairs.number,
        srnn_context_backward_contiguous(t->context, tape, p[X], p[DY], p[DH_N],
                                         SRNN_ACCUMULATION_SET, gradients,
                                         r[DX], r[DH0], r[DFRESH]));
}

static void test_tape_views__contiguous_forms(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number + CASES);
        trainer tensors = trainer_make(&s);
        trainer arrays = trainer_make(&s);
        unsigned char *results[RESULTS];
        for (int i = 0; i < RESULTS; i++)
            results[i] = copy_of(&s, i);
        train(&s, &tensors, true);
        record_arrays(&s, &arrays, results);
        /* One sequence without a batch is a batch of one to arrays. */
        go_back_arrays(&s, &arrays,
                       number % 2 == 0 ? arrays.tape : tensors.tape, results);
        check_gradients(&s, &arrays, &tensors);
        for (int i = 0; i < RESULTS; i++) {
            const srnn_tensor *const wanted = s.results[i].plain;
            if (s.has_result[i] &&
                memcmp(results[i], srnn_tensor_const_data(wanted),
                       (size_t)(srnn_tensor_size(wanted) *
                                element_bytes(s.pairs.dtype))) != 0)
                fail_msg("case %d: result %d differs", number, i);
            free(results[i]);
        }
        trainer_free(&tensors);
        trainer_free(&arrays);
        free_subject(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tape_views__equal_contiguous_tensors),
        cmocka_unit_test(test_tape_views__contiguous_forms),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
