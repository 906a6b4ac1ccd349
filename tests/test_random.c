/* SPDX-License-Identifier: MIT */
/* Labels: long, uses-threads, no-valgrind, no-qemu */
/* Random configurations, sizes, layouts, schedules, instruction sets and values
 * against the scalar reference: equal bits with the native kernels, a bound
 * with OpenBLAS and with the baseline, which has no FMA. And the same once more
 * as a loop over cells. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/draws.h"
#include "support/element.h"
#include "support/enumerators.h"
#include "support/expect.h"
#include "support/guarded.h"
#include "support/reference.h"
#include "support/small_rnn.h"
#include "support/tools.h"

enum { CASES = TOOL_CASES(10000), PADDING = 3, FILLING = 0xa5 };

/* The seed of a case is its number: a failure names it. */
typedef struct {
    draws random;
    int number;
    int64_t T, B, I, H, L, D;
    srnn_dtype dtype;
    srnn_direction direction;
    bool batch_first, unbatched;
    srnn_gemm gemm;
    srnn_isa isa;
    srnn_rnn *rnn;
} configuration;

static int64_t below(configuration *c, int64_t limit)
{
    return draws_below(&c->random, limit);
}

static configuration make(int number)
{
    configuration c = {.random = draws_of(number, 77), .number = number};
    c.T = below(&c, 40);
    c.unbatched = below(&c, 5) == 0;
    c.B = c.unbatched ? 1 : below(&c, 6);
    c.I = draws_size(&c.random);
    c.H = draws_size(&c.random);
    c.L = 1 + below(&c, 3);
    c.direction = SRNN_DIRECTION_FORWARD + (int32_t)below(&c, 3);
    c.D = c.direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    c.dtype = draws_dtype(&c.random);
    c.batch_first = below(&c, 2) == 0;
    c.gemm = below(&c, 5) > 0 ? SRNN_GEMM_NATIVE : SRNN_GEMM_OPENBLAS;
#if !SRNN_HAVE_OPENBLAS
    c.gemm = SRNN_GEMM_NATIVE;
#endif
    const srnn_nonlinearity nonlinearity = draws_nonlinearity(&c.random);
    const bool no_bias = below(&c, 2) == 0;
    c.rnn = small_rnn_create(&(small_rnn){.I = c.I,
                                          .H = c.H,
                                          .L = c.L,
                                          .direction = c.direction,
                                          .dtype = c.dtype,
                                          .nonlinearity = nonlinearity,
                                          .no_bias = no_bias,
                                          .batch_first = c.batch_first,
                                          .seed = (uint64_t)number});
    return c;
}

/* A tensor in the caller's layout: padded, perhaps permuted, over its own
 * memory, every byte of which is known, and beside which nothing may be
 * touched.
 */
typedef struct {
    srnn_tensor *tensor;
    guarded pages;
    unsigned char *memory;
    size_t bytes;
} buffer;

/* Random strides for a shape; returns the elements from first to last. */
static int64_t pick_strides(configuration *c, int rank, const int64_t *shape,
                            int64_t *strides)
{
    int order[3] = {0, 1, 2};
    if (below(c, 3) == 0) { /* any dimension may be the innermost */
        const int other = (int)below(c, rank);
        order[rank - 1] = other;
        order[other] = rank - 1;
    }
    int64_t extent = 1 + (below(c, 4) == 0); /* elements apart */
    for (int i = rank - 1; i >= 0; i--) {
        strides[order[i]] = extent;
        extent *= shape[order[i]] > 0 ? shape[order[i]] : 1;
        const int64_t has_padding = below(c, 2);
        extent += has_padding * below(c, PADDING);
    }
    return extent;
}

static buffer make_buffer(configuration *c, int rank, const int64_t *shape)
{
    int64_t strides[3];
    const int64_t elements = pick_strides(c, rank, shape, strides);
    buffer b = {.bytes = (size_t)(elements * element_bytes(c->dtype))};
    b.pages = guarded_create("a tensor", b.bytes);
    b.memory = guarded_place(&b.pages, b.bytes,
                             (guarded_side)(c->number % GUARDED_SIDES));
    memset(b.memory, FILLING, b.bytes);
    assert_int_equal(
        srnn_tensor_wrap(&b.tensor, b.memory, c->dtype, rank, shape, strides),
        SRNN_OK);
    return b;
}

static void free_buffer(buffer *b)
{
    srnn_tensor_destroy(b->tensor);
    guarded_destroy(&b->pages);
}

/* Where an element of any shape and strides lies. */
static int64_t place_of(const srnn_tensor *tensor, int64_t index)
{
    int64_t place = 0;
    for (int32_t i = srnn_tensor_rank(tensor) - 1; i >= 0; i--) {
        const int64_t size = srnn_tensor_shape(tensor)[i];
        place += index % size * srnn_tensor_strides(tensor)[i];
        index /= size;
    }
    return place;
}

/* A result is written where its elements lie and nowhere between, one that is
 * not wanted nowhere at all. */
static void check_gaps(const configuration *c, const buffer *b, bool is_wanted)
{
    const int64_t size = element_bytes(c->dtype);
    const int64_t count = is_wanted ? srnn_tensor_size(b->tensor) : 0;
    for (int64_t i = 0; i < count; i++)
        memset(b->memory + place_of(b->tensor, i) * size, FILLING,
               (size_t)size);
    for (size_t i = 0; i < b->bytes; i++)
        if (b->memory[i] != FILLING)
            fail_msg("case %d: byte %zu beside the elements", c->number, i);
}

/* Copies a tensor to or from contiguous doubles. Sequences are [T,B,features]
 * there, whatever layout the tensor has. */
typedef enum { READ, WRITE } way;

static void move(configuration *c, const buffer *b, double *values,
                 bool is_sequence, way where)
{
    const int64_t *const shape = srnn_tensor_shape(b->tensor);
    const int64_t *const strides = srnn_tensor_strides(b->tensor);
    const bool swap = is_sequence && c->batch_first && !c->unbatched;
    const int t = swap ? 1 : 0;
    const int row = swap ? 0 : 1;
    const int last = srnn_tensor_rank(b->tensor) - 1;
    const int64_t rows = c->unbatched ? 1 : shape[row];
    for (int64_t i = 0; i < shape[t] * rows * shape[last]; i++) {
        const int64_t at =
            i / shape[last] / rows * strides[t] +
            (c->unbatched ? 0 : i / shape[last] % rows * strides[row]) +
            i % shape[last] * strides[last];
        if (where == READ)
            values[i] = element_get(b->memory, c->dtype, at);
        else
            element_put(b->memory, c->dtype, at, values[i]);
    }
}

static buffer make_role(configuration *c, srnn_role role)
{
    int64_t shape[3];
    assert_int_equal(srnn_rnn_shape(shape, c->rnn, role, c->T, c->B), SRNN_OK);
    if (!c->unbatched)
        return make_buffer(c, 3, shape);
    const int64_t first = role == SRNN_ROLE_HIDDEN ? shape[0] : c->T;
    return make_buffer(c, 2, (const int64_t[]){first, shape[2]});
}

/* Equal bits, or within the bound of a sum that is rounded elsewhere. The bound
 * leaves room for a network that magnifies the difference from step to step. */
static void compare(const configuration *c, const char *name, const double *got,
                    const double *wanted, int64_t count)
{
    const bool exact =
        c->gemm == SRNN_GEMM_NATIVE && c->isa != SRNN_ISA_BASELINE;
    const double bound = exact                            ? 0
                         : c->dtype == SRNN_DTYPE_FLOAT32 ? 1e-5
                                                          : 1e-14;
    for (int64_t i = 0; i < count; i++) {
        const double scale = fmax(1, fabs(wanted[i]));
        if (!(fabs(got[i] - wanted[i]) <= bound * scale))
            fail_msg("case %d: %s[%d] is %.17g, expected %.17g", c->number,
                     name, (int)i, got[i], wanted[i]);
    }
}

static double *make_values(configuration *c, int64_t count, bool zero)
{
    double *const values = malloc((size_t)(count + 1) * sizeof *values);
    assert_non_null(values);
    for (int64_t i = 0; i < count; i++)
        values[i] = zero ? 0 : draws_value(&c->random);
    return values;
}

/* The values of one case as the reference sees them. */
typedef struct {
    int64_t inputs, outputs, states;
    bool has_h0;
    bool is_shared; /* h0 is the same in all rows, and given once */
    double *input, *h0, *output, *h_n, *got;
} values;

/* The state of the first row becomes that of all. */
static void share(const configuration *c, double *states)
{
    for (int64_t cell = 0; cell < c->L * c->D; cell++)
        for (int64_t b = 1; b < c->B; b++)
            memcpy(states + (cell * c->B + b) * c->H,
                   states + cell * c->B * c->H, (size_t)c->H * sizeof *states);
}

static values make_all(configuration *c)
{
    values v = {.inputs = c->T * c->B * c->I,
                .outputs = c->T * c->B * c->D * c->H,
                .states = c->L * c->D * c->B * c->H,
                .has_h0 = below(c, 3) > 0};
    v.input = make_values(c, v.inputs, false);
    v.is_shared = v.has_h0 && c->B > 0 && below(c, 3) == 0;
    v.h0 = make_values(c, v.states, !v.has_h0);
    if (v.is_shared)
        share(c, v.h0);
    v.output = make_values(c, v.outputs, true);
    v.h_n = make_values(c, v.states, true);
    v.got = make_values(c, v.outputs + v.states, true);
    reference_forward(c->rnn, c->T, c->B, v.input, v.h0, v.output, v.h_n);
    return v;
}

static void free_all(values *v)
{
    free(v->input);
    free(v->h0);
    free(v->output);
    free(v->h_n);
    free(v->got);
}

static void set_context(srnn_context *context, srnn_context_option option,
                        int64_t v)
{
    assert_int_equal(srnn_context_set_int(context, option, v), SRNN_OK);
}

/* Kernels, threads and schedule; an instruction set that is not here leaves the
 * best one. */
static void choose(configuration *c, srnn_context *context)
{
    int64_t isa = 0;
    set_context(context, SRNN_CONTEXT_GEMM, c->gemm);
    const enumerators isas = enumerators_from(SRNN_ISA_BASELINE);
    const srnn_isa wanted = isas.values[below(c, isas.count)];
    if (srnn_supports(wanted))
        set_context(context, SRNN_CONTEXT_ISA, wanted);
    assert_int_equal(srnn_context_get_int(&isa, context, SRNN_CONTEXT_ISA),
                     SRNN_OK);
    c->isa = (srnn_isa)isa;
    draws_share_out(&c->random, context, 4);
}

/* h0, of one row if it is shared. */
static buffer make_h0(configuration *c, const values *v)
{
    const bool is_one_row = v->is_shared && !c->unbatched;
    buffer h0 = is_one_row
                    ? make_buffer(c, 3, (const int64_t[]){c->L * c->D, 1, c->H})
                    : make_role(c, SRNN_ROLE_HIDDEN);
    double *const first = make_values(c, c->L * c->D * c->H, true);
    for (int64_t cell = 0; is_one_row && cell < c->L * c->D; cell++)
        memcpy(first + cell * c->H, v->h0 + cell * c->B * c->H,
               (size_t)c->H * sizeof *first);
    move(c, &h0, is_one_row ? first : v->h0, false, WRITE);
    free(first);
    return h0;
}

static void check_forward(configuration *c, values *v)
{
    srnn_context *context = NULL;
    buffer input = make_role(c, SRNN_ROLE_INPUT);
    buffer h0 = make_h0(c, v);
    buffer output = make_role(c, SRNN_ROLE_OUTPUT);
    buffer h_n = make_role(c, SRNN_ROLE_HIDDEN);
    const bool wants_output = below(c, 4) > 0;
    const bool wants_h_n = below(c, 4) > 0;
    const bool in_place = v->has_h0 && !v->is_shared && below(c, 4) == 0;
    buffer *const last = in_place ? &h0 : &h_n;
    move(c, &input, v->input, true, WRITE);
    assert_int_equal(srnn_context_create(&context, c->rnn), SRNN_OK);
    choose(c, context);
    guarded_allow_writes(&input.pages, false);
    guarded_allow_writes(&h0.pages, in_place);
    guarded_say("case %d", c->number);
    expect_success_of_case(
        c->number, srnn_context_forward(context, input.tensor,
                                        v->has_h0 ? h0.tensor : NULL,
                                        wants_output ? output.tensor : NULL,
                                        wants_h_n ? last->tensor : NULL));
    if (wants_output) {
        move(c, &output, v->got, true, READ);
        compare(c, "output", v->got, v->output, v->outputs);
    }
    if (wants_h_n) {
        move(c, last, v->got, false, READ);
        compare(c, "h_n", v->got, v->h_n, v->states);
    }
    guarded_allow_writes(&h0.pages, true);
    check_gaps(c, &output, wants_output);
    check_gaps(c, &h0, true);
    check_gaps(c, &h_n, wants_h_n && !in_place);
    srnn_context_destroy(context);
    free_buffer(&input);
    free_buffer(&h0);
    free_buffer(&output);
    free_buffer(&h_n);
}

static srnn_tensor *wrap(const configuration *c, void *data, int64_t rows,
                         int64_t columns, int64_t stride)
{
    srnn_tensor *tensor = NULL;
    assert_int_equal(srnn_tensor_wrap(&tensor, data, c->dtype, 2,
                                      (const int64_t[]){rows, columns},
                                      (const int64_t[]){stride, 1}),
                     SRNN_OK);
    return tensor;
}

/* Converts between doubles and the dtype's elements, in place of a caller. */
static void *to_elements(const configuration *c, const double *from,
                         int64_t count)
{
    void *const elements = malloc((size_t)(count + 1) * sizeof(double));
    assert_non_null(elements);
    for (int64_t i = 0; i < count; i++)
        element_put(elements, c->dtype, i, from[i]);
    return elements;
}

static void *element(const configuration *c, void *elements, int64_t index)
{
    return (unsigned char *)elements + index * element_bytes(c->dtype);
}

/* The first layer's first direction as a loop over its cell, carrying the state
 * in place, against the states that it ends with. */
static void check_cell_loop(configuration *c, const values *v)
{
    srnn_cell *cell = NULL;
    char isa[32];
    const srnn_direction direction = c->direction == SRNN_DIRECTION_REVERSE
                                         ? SRNN_DIRECTION_REVERSE
                                         : SRNN_DIRECTION_FORWARD;
    assert_int_equal(setenv("SIMPLERNN_GEMM",
                            c->gemm == SRNN_GEMM_NATIVE ? "native" : "openblas",
                            1),
                     0);
    assert_int_equal(setenv("SIMPLERNN_ISA", enumerator_word(isa, c->isa), 1),
                     0);
    assert_int_equal(srnn_cell_create_view(&cell, c->rnn, 0, direction),
                     SRNN_OK);
    void *const x = to_elements(c, v->input, v->inputs);
    void *const h = to_elements(c, v->h0, c->B * c->H);
    srnn_tensor *const state = wrap(c, h, c->B, c->H, c->H);
    for (int64_t i = 0; i < c->T; i++) {
        const int64_t t =
            direction == SRNN_DIRECTION_REVERSE ? c->T - 1 - i : i;
        srnn_tensor *const step =
            wrap(c, element(c, x, t * c->B * c->I), c->B, c->I, c->I);
        assert_int_equal(srnn_cell_forward(cell, step, state, state), SRNN_OK);
        srnn_tensor_destroy(step);
    }
    for (int64_t i = 0; i < c->B * c->H; i++)
        v->got[i] = element_get(h, c->dtype, i);
    compare(c, "the cell's last state", v->got, v->h_n, c->B * c->H);
    srnn_tensor_destroy(state);
    srnn_cell_destroy(cell);
    free(x);
    free(h);
}

static void test_random__configurations_equal_reference(void **state)
{
    (void)state;
    guarded_watch(NULL);
    for (int number = 0; number < CASES; number++) {
        configuration c = make(number);
        values v = make_all(&c);
        check_forward(&c, &v);
        check_cell_loop(&c, &v);
        free_all(&v);
        srnn_rnn_destroy(c.rnn);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_random__configurations_equal_reference),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
