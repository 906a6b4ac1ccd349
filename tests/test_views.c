/* SPDX-License-Identifier: MIT */
/* Labels: uses-threads, no-valgrind, long-qemu */
/* Whatever only is read may lie in memory by any strides: repeated, sliding
 * over itself, backwards. Whatever is written may lie backwards. Every function
 * that takes tensors gives the bits that contiguous copies give, reads no byte
 * beside its elements and writes none.
 *
 * With the native kernels: OpenBLAS promises no bits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/config.h"
#include "support/element.h"
#include "support/enumerators.h"
#include "support/expect.h"
#include "support/small_rnn.h"
#include "support/tools.h"
#include "support/view_pair.h"

enum { CASES = TOOL_CASES(3000), RANK = VIEW_PAIR_RANK };

/* The seed of a case is its number: a failure names it. */
typedef struct {
    view_pairs pairs;
    int64_t T, B, I, H, L, D;
    bool batch_first;
    srnn_rnn *rnn;
} subject;

static int64_t below(subject *s, int64_t limit)
{
    return draws_below(&s->pairs.random, limit);
}

static subject make(int number)
{
    subject s = {.pairs = {.random = draws_of(number, 9), .number = number}};
    s.T = below(&s, 20);
    s.B = below(&s, 5);
    s.I = draws_size(&s.pairs.random);
    s.H = draws_size(&s.pairs.random);
    s.L = 1 + below(&s, 2);
    s.D = 1 + below(&s, 2);
    s.pairs.dtype = draws_dtype(&s.pairs.random);
    s.batch_first = below(&s, 2) == 0;
    s.rnn = small_rnn_create(&(small_rnn){.I = s.I,
                                          .H = s.H,
                                          .L = s.L,
                                          .D = s.D,
                                          .dtype = s.pairs.dtype,
                                          .batch_first = s.batch_first,
                                          .seed = (uint64_t)number});
    return s;
}

static void succeed(const subject *s, srnn_status status)
{
    expect_success_of_case(s->pairs.number, status);
}

typedef struct {
    view_pair input, h0, output, h_n;
    bool has_h0;
} call;

static view_pair make_role(subject *s, srnn_role role,
                           view_pair (*make_pair)(view_pairs *, int,
                                                  const int64_t *))
{
    int64_t shape[RANK];
    expect_success("shape", srnn_rnn_shape(shape, s->rnn, role, s->T, s->B));
    if (s->B != 1 || s->pairs.number % 2 == 0)
        return make_pair(&s->pairs, 3, shape);
    const int64_t first = role == SRNN_ROLE_HIDDEN ? shape[0] : s->T;
    return make_pair(&s->pairs, 2, (const int64_t[]){first, shape[2]});
}

static call make_call(subject *s)
{
    call c = {.has_h0 = below(s, 4) > 0};
    c.input = make_role(s, SRNN_ROLE_INPUT, view_pair_read);
    c.h0 = make_role(s, SRNN_ROLE_HIDDEN, view_pair_read);
    c.output = make_role(s, SRNN_ROLE_OUTPUT, view_pair_written);
    c.h_n = make_role(s, SRNN_ROLE_HIDDEN, view_pair_written);
    return c;
}

static void free_call(call *c)
{
    view_pair_free(&c->input);
    view_pair_free(&c->h0);
    view_pair_free(&c->output);
    view_pair_free(&c->h_n);
}

static srnn_context *make_context(subject *s)
{
    srnn_context *context = NULL;
    const int64_t isa = SRNN_ISA_BASELINE + below(s, 4);
    expect_success("context", srnn_context_create(&context, s->rnn));
    expect_success("gemm", srnn_context_set_int(context, SRNN_CONTEXT_GEMM,
                                                SRNN_GEMM_NATIVE));
    if (srnn_supports((int32_t)isa))
        expect_success("isa",
                       srnn_context_set_int(context, SRNN_CONTEXT_ISA, isa));
    return context;
}

static void share_out(subject *s, srnn_context *context)
{
    draws_share_out(&s->pairs.random, context, 3);
}

/* First by the plain tensors, then by the views; the context is the same, so
 * that its plan must notice. Lengths are those of sequences, or NULL. */
static void check_forward(subject *s, const call *c, const srnn_tensor *lengths)
{
    srnn_context *const context = make_context(s);
    const srnn_tensor *const h0 = c->has_h0 ? c->h0.plain : NULL;
    const srnn_tensor *const h0_view = c->has_h0 ? c->h0.view : NULL;
    if (lengths == NULL) {
        succeed(s, srnn_context_forward(context, c->input.plain, h0,
                                        c->output.plain, c->h_n.plain));
        share_out(s, context);
        succeed(s, srnn_context_forward(context, c->input.view, h0_view,
                                        c->output.view, c->h_n.view));
    } else {
        succeed(s, srnn_context_forward_sequences(
                       context, c->input.plain, lengths, NULL, h0, NULL,
                       c->output.plain, c->h_n.plain));
        share_out(s, context);
        succeed(s, srnn_context_forward_sequences(context, c->input.view,
                                                  lengths, NULL, h0_view, NULL,
                                                  c->output.view, c->h_n.view));
    }
    view_pair_check(&s->pairs, &c->output, "output");
    view_pair_check(&s->pairs, &c->h_n, "h_n");
    srnn_context_destroy(context);
}

static void test_views__of_a_forward(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        call c = make_call(&s);
        int64_t lengths[5];
        for (int i = 0; i < 5; i++)
            lengths[i] = below(&s, s.T + 1);
        srnn_tensor *given = NULL;
        expect_success("lengths",
                       srnn_tensor_wrap_const(&given, lengths, SRNN_DTYPE_INT64,
                                              1, &s.B, NULL));
        check_forward(&s, &c, number % 3 == 0 ? given : NULL);
        srnn_tensor_destroy(given);
        free_call(&c);
        srnn_rnn_destroy(s.rnn);
    }
}

/* Handles that are pointed from one call's memory to the next one's. */
static void test_views__by_the_same_handles(void **state)
{
    (void)state;
    for (int number = 0; number < CASES / 10; number++) {
        subject s = make(number);
        call c = make_call(&s);
        srnn_context *const context = make_context(&s);
        const int32_t rank = srnn_tensor_rank(c.input.plain);
        srnn_tensor *x = NULL;
        expect_success("x", srnn_tensor_wrap(&x, &number, SRNN_DTYPE_UINT8, 0,
                                             NULL, NULL));
        for (int i = 0; i < 4; i++) {
            const srnn_tensor *const source =
                i % 2 == 0 ? c.input.plain : c.input.view;
            const view_pair *const y = i < 2 ? &c.output : &c.h_n;
            expect_success("rewrap",
                           srnn_tensor_rewrap_const(
                               x, srnn_tensor_const_data(source), s.pairs.dtype,
                               rank, srnn_tensor_shape(source),
                               srnn_tensor_strides(source)));
            srnn_tensor *const result = i % 2 == 0 ? y->plain : y->view;
            succeed(&s, srnn_context_forward(context, x, NULL,
                                             i < 2 ? result : NULL,
                                             i < 2 ? NULL : result));
        }
        view_pair_check(&s.pairs, &c.output, "output");
        view_pair_check(&s.pairs, &c.h_n, "h_n");
        srnn_tensor_destroy(x);
        srnn_context_destroy(context);
        free_call(&c);
        srnn_rnn_destroy(s.rnn);
    }
}

/* A stream starts from states, and reads blocks, that are views. */
static void test_views__of_a_stream(void **state)
{
    (void)state;
    for (int number = 0; number < CASES / 3; number++) {
        subject s = make(2 * number); /* with a batch */
        s.B = s.B == 0 ? 1 : s.B;
        call c = make_call(&s);
        srnn_context *const context = make_context(&s);
        srnn_stream *stream = NULL;
        expect_success("stream", srnn_stream_create(&stream, context, s.B));
        succeed(&s, srnn_stream_set_state(stream, c.h0.plain));
        succeed(&s, srnn_stream_advance(stream, context, c.input.plain, NULL,
                                        NULL, c.output.plain));
        succeed(&s, srnn_stream_get_state(stream, c.h_n.plain));
        share_out(&s, context);
        succeed(&s, srnn_stream_set_state(stream, c.h0.view));
        succeed(&s, srnn_stream_advance(stream, context, c.input.view, NULL,
                                        NULL, c.output.view));
        succeed(&s, srnn_stream_get_state(stream, c.h_n.view));
        view_pair_check(&s.pairs, &c.output, "output");
        view_pair_check(&s.pairs, &c.h_n, "states");
        srnn_stream_destroy(stream);
        srnn_context_destroy(context);
        free_call(&c);
        srnn_rnn_destroy(s.rnn);
    }
}

static void test_views__of_a_cell(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        srnn_cell *cell = NULL;
        const int first = number % 4 == 1 ? 1 : 0; /* without a batch */
        const int64_t in[] = {s.B, s.I};
        const int64_t out[] = {s.B, s.H};
        view_pair input = view_pair_read(&s.pairs, 2 - first, in + first);
        view_pair hidden = view_pair_read(&s.pairs, 2 - first, out + first);
        view_pair output = view_pair_written(&s.pairs, 2 - first, out + first);
        expect_success("cell", srnn_cell_create_view(&cell, s.rnn, 0,
                                                     SRNN_DIRECTION_FORWARD));
        succeed(&s, srnn_cell_forward(cell, input.plain, hidden.plain,
                                      output.plain));
        succeed(&s,
                srnn_cell_forward(cell, input.view, hidden.view, output.view));
        view_pair_check(&s.pairs, &output, "output");
        view_pair_free(&input);
        view_pair_free(&hidden);
        view_pair_free(&output);
        srnn_cell_destroy(cell);
        srnn_rnn_destroy(s.rnn);
    }
}

static void test_views__of_a_parameter(void **state)
{
    (void)state;
    for (int number = 0; number < CASES / 3; number++) {
        subject s = make(number);
        srnn_tensor *got = NULL;
        view_pair value =
            view_pair_read(&s.pairs, 2, (const int64_t[]){s.H, s.I});
        succeed(&s, srnn_rnn_set_parameter(s.rnn, "weight_ih_l0", value.view));
        expect_success("get",
                       srnn_rnn_copy_parameter(&got, s.rnn, "weight_ih_l0"));
        assert_memory_equal(srnn_tensor_data(got),
                            srnn_tensor_data(value.plain),
                            (size_t)(s.H * s.I * element_bytes(s.pairs.dtype)));
        srnn_tensor_destroy(got);
        view_pair_free(&value);
        srnn_rnn_destroy(s.rnn);
    }
}

/* All ways to make a cell of the same weights. */
static void make_cells(srnn_cell *cells[3], subject *s, const view_pair *w)
{
    /* The lower bits of the number say which biases there are. */
    const enumerators all = enumerators_from(SRNN_NONLINEARITY_TANH);
    const srnn_nonlinearity nonlinearity =
        all.values[(s->pairs.number >> 3) % all.count];
    const srnn_tensor *const views[] = {w[0].view, w[1].view, w[2].view,
                                        w[3].view};
    const bool bias = views[2] != NULL && views[3] != NULL;
    srnn_rnn *rnn = NULL;
    srnn_config *const config = CONFIG(
        {SRNN_OPTION_BIAS, bias}, {SRNN_OPTION_NONLINEARITY, nonlinearity});
    succeed(s, srnn_cell_create(&cells[0], nonlinearity, w[0].plain, w[1].plain,
                                w[2].plain, w[3].plain));
    succeed(s, srnn_cell_create(&cells[1], nonlinearity, views[0], views[1],
                                views[2], views[3]));
    cells[2] = NULL; /* an rnn has both biases or none */
    if (bias || (views[2] == NULL && views[3] == NULL)) {
        succeed(
            s, srnn_rnn_create_from_tensors(&rnn, views, bias ? 4 : 2, config));
        succeed(s, srnn_cell_create_view(&cells[2], rnn, 0,
                                         SRNN_DIRECTION_FORWARD));
        srnn_rnn_destroy(rnn);
    }
    srnn_config_destroy(config);
}

/* What one cell computes is checked against the rnn elsewhere; here a cell that
 * is made of tensors against a cell of an rnn that is. */
static void test_views__of_weights(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        const int64_t shapes[][2] = {
            {s.H, s.I}, {s.H, s.H}, {s.H, 0}, {s.H, 0}};
        const int64_t in[] = {s.B, s.I};
        const int64_t out[] = {s.B, s.H};
        view_pair w[4] = {{0}};
        srnn_cell *cells[3];
        for (int i = 0; i < 4; i++)
            if (i < 2 || (number / 2 >> (i - 2) & 1) == 0)
                w[i] = view_pair_read(&s.pairs, i < 2 ? 2 : 1, shapes[i]);
        view_pair input = view_pair_read(&s.pairs, 2, in);
        view_pair first = view_pair_written(&s.pairs, 2, out);
        view_pair second = view_pair_written(&s.pairs, 2, out);
        make_cells(cells, &s, w);
        succeed(&s,
                srnn_cell_forward(cells[0], input.plain, NULL, first.plain));
        succeed(&s, srnn_cell_forward(cells[1], input.view, NULL, first.view));
        view_pair_check(&s.pairs, &first, "output");
        if (cells[2] != NULL) {
            succeed(&s, srnn_cell_forward(cells[1], input.view, NULL,
                                          second.plain));
            succeed(&s,
                    srnn_cell_forward(cells[2], input.view, NULL, second.view));
            view_pair_check(&s.pairs, &second, "output of the rnn's");
        }
        view_pair_free(&input);
        view_pair_free(&first);
        view_pair_free(&second);
        for (int i = 0; i < 3; i++)
            srnn_cell_destroy(cells[i]);
        for (int i = 0; i < 4; i++)
            if (w[i].view != NULL)
                view_pair_free(&w[i]);
        srnn_rnn_destroy(s.rnn);
    }
}

static void test_views__of_a_copy(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = {
            .pairs = {.random = draws_of(number, 10), .number = number}};
        int64_t shape[RANK];
        s.pairs.dtype = draws_dtype(&s.pairs.random);
        const int rank = 1 + (int)below(&s, RANK);
        for (int i = 0; i < rank; i++)
            shape[i] = below(&s, 6);
        view_pair source = view_pair_read(&s.pairs, rank, shape);
        view_pair target = view_pair_written(&s.pairs, rank, shape);
        succeed(&s, srnn_tensor_copy(target.view, source.view));
        succeed(&s, srnn_tensor_copy(target.plain, source.plain));
        view_pair_check(&s.pairs, &target, "target");
        view_pair_free(&source);
        view_pair_free(&target);
    }
}

/* The rnn's own memory, turned or moved, would change while it is read. */
static void test_views__of_own_parameters_are_no_values(void **state)
{
    enum { H = 4 };
    const int64_t square[] = {H, H};
    const int64_t turned[] = {1, H};
    const int64_t row[] = {H};
    (void)state;
    srnn_rnn *const rnn = small_rnn_create(&(small_rnn){.I = H, .H = H});
    srnn_rnn *const before = small_rnn_create(&(small_rnn){.I = H, .H = H});
    const srnn_tensor *own[4];
    const srnn_tensor *swapped[4];
    for (int i = 0; i < 4; i++) {
        srnn_tensor *view = NULL;
        expect_success("own", srnn_tensor_wrap_const(
                                  &view, srnn_rnn_parameter_data(rnn, i),
                                  SRNN_DTYPE_FLOAT32, i < 2 ? 2 : 1,
                                  i < 2 ? square : row, NULL));
        own[i] = view;
        swapped[i < 2 ? 1 - i : i] = view;
    }
    srnn_tensor *transpose = NULL;
    expect_success("turned", srnn_tensor_wrap_const(
                                 &transpose, srnn_rnn_parameter_data(rnn, 1),
                                 SRNN_DTYPE_FLOAT32, 2, square, turned));
    expect_failure("turned",
                   srnn_rnn_set_parameter(rnn, "weight_hh_l0", transpose),
                   SRNN_ERROR_ALIAS, (const char *[4]){"value"});
    expect_failure("of another",
                   srnn_rnn_set_parameter(rnn, "weight_ih_l0", own[1]),
                   SRNN_ERROR_ALIAS, (const char *[4]){"value"});
    expect_failure("swapped", srnn_rnn_set_parameters(rnn, swapped, 4),
                   SRNN_ERROR_ALIAS, (const char *[4]){"weight_ih_l0"});
    small_rnn_check_equal(rnn, before);
    expect_success("its own",
                   srnn_rnn_set_parameter(rnn, "weight_hh_l0", own[1]));
    expect_success("all its own", srnn_rnn_set_parameters(rnn, own, 4));
    small_rnn_check_equal(rnn, before);
    for (int i = 0; i < 4; i++)
        srnn_tensor_destroy((srnn_tensor *)own[i]);
    srnn_tensor_destroy(transpose);
    srnn_rnn_destroy(rnn);
    srnn_rnn_destroy(before);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_views__of_a_forward),
        cmocka_unit_test(test_views__by_the_same_handles),
        cmocka_unit_test(test_views__of_a_stream),
        cmocka_unit_test(test_views__of_a_cell),
        cmocka_unit_test(test_views__of_a_parameter),
        cmocka_unit_test(test_views__of_weights),
        cmocka_unit_test(test_views__of_a_copy),
        cmocka_unit_test(test_views__of_own_parameters_are_no_values),
    };
    (void)setenv("SIMPLERNN_GEMM", "native", 1); /* of cells */
    return cmocka_run_group_tests(tests, NULL, NULL);
}
