/* SPDX-License-Identifier: MIT */
/* Labels: long, uses-threads, no-valgrind, no-qemu */
/* The bits of a row follow from the weights, its input and its h0 alone. Random
 * configurations of all directions give the same bytes whatever rows lie beside
 * it, however T is split, with any schedule and number of threads and, where
 * there is FMA, with any instruction set. */
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
#include "support/small_rnn.h"
#include "support/tools.h"

#if defined(__OPTIMIZE__) && !IS_SANITIZED
enum { CASES = TOOL_CASES(4000) };
#else
enum { CASES = TOOL_CASES(400) }; /* they take ten times as long */
#endif
enum { MAX_STEPS = 12, MAX_THREADS = 8 };
enum { FEW_ROWS = 9, MANY_ROWS = 200 };

/* The seed of a case is its number: a failure names it. */
typedef struct {
    draws random;
    int number;
    int64_t T, B, I, H, L, D;
    int64_t element; /* its bytes */
    srnn_direction direction;
    size_t output_bytes, state_bytes;
    srnn_dtype dtype;
    bool batch_first;
    srnn_rnn *rnn;
    srnn_context *context;
    unsigned char *input, *h0; /* h0 may be NULL */
} configuration;

/* What a forward gave: output and h_n, laid out without gaps. */
typedef struct {
    unsigned char *output, *h_n;
} results;

typedef struct {
    int64_t begin, count;
} range;

static int64_t below(configuration *c, int64_t limit)
{
    return draws_below(&c->random, limit);
}

static int64_t pick_size(configuration *c)
{
    static const int64_t sizes[] = {1,  2,  7,  8,   16,  17,  32, 33,
                                    48, 64, 65, 100, 128, 130, 200};
    return sizes[below(c, sizeof sizes / sizeof *sizes)];
}

static void check(const configuration *c, srnn_status status)
{
    expect_success_of_case(c->number, status);
}

static unsigned char *allocate(size_t bytes)
{
    unsigned char *const memory = malloc(bytes);
    assert_non_null(memory);
    memset(memory, 0xa5, bytes);
    return memory;
}

/* 11 bits each, of any size from deep in tanh's linear part to its ends. */
static unsigned char *make_values(configuration *c, size_t bytes)
{
    unsigned char *const values = allocate(bytes);
    const double unit = (double)(1 << below(c, 16)) / (1 << 22);
    for (size_t i = 0; i < bytes / (size_t)c->element; i++) {
        const double value = (double)(below(c, 2048) - 1024) * unit;
        element_put(values, c->dtype, (int64_t)i, value);
    }
    return values;
}

static void set(const configuration *c, srnn_context_option option, int64_t v)
{
    check(c, srnn_context_set_int(c->context, option, v));
}

/* Native and serial. Half the time any instruction set; one that is not here
 * leaves the best one. */
static void make_context(configuration *c)
{
    check(c, srnn_context_create(&c->context, c->rnn));
    set(c, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE);
    set(c, SRNN_CONTEXT_NUM_THREADS, 1);
    if (below(c, 2) == 0) {
        const enumerators isas = enumerators_from(SRNN_ISA_BASELINE);
        const srnn_isa isa = isas.values[below(c, isas.count)];
        if (srnn_supports(isa))
            set(c, SRNN_CONTEXT_ISA, isa);
    }
}

/* directions: the first so many of srnn_direction. */
static configuration make(int number, unsigned short kind, int64_t directions)
{
    configuration c = {.random = draws_of(number, kind), .number = number};
    c.T = 1 + below(&c, MAX_STEPS);
    c.B = 1 + below(&c, below(&c, 16) > 0 ? FEW_ROWS : MANY_ROWS);
    c.I = pick_size(&c);
    c.H = pick_size(&c);
    c.L = 1 + below(&c, 3);
    c.direction = SRNN_DIRECTION_FORWARD + (int32_t)below(&c, directions);
    c.D = c.direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
    c.dtype = draws_dtype(&c.random);
    c.batch_first = below(&c, 2) == 0;
    c.element = element_bytes(c.dtype);
    c.output_bytes = (size_t)(c.T * c.B * c.D * c.H * c.element);
    c.state_bytes = (size_t)(c.L * c.D * c.B * c.H * c.element);
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
    make_context(&c);
    c.input = make_values(&c, (size_t)(c.T * c.B * c.I * c.element));
    if (below(&c, 3) > 0)
        c.h0 = make_values(&c, c.state_bytes);
    return c;
}

static void free_configuration(configuration *c)
{
    srnn_context_destroy(c->context);
    srnn_rnn_destroy(c->rnn);
    free(c->input);
    free(c->h0);
}

static results make_results(const configuration *c)
{
    return (results){allocate(c->output_bytes), allocate(c->state_bytes)};
}

static void free_results(results r)
{
    free(r.output);
    free(r.h_n);
}

static srnn_tensor *wrap(const configuration *c, unsigned char *data,
                         const int64_t *shape, const int64_t *strides)
{
    srnn_tensor *tensor = NULL;
    check(c, srnn_tensor_wrap(&tensor, data, c->dtype, 3, shape, strides));
    return tensor;
}

/* Some steps of some rows of a sequence. */
static srnn_tensor *wrap_sequence(const configuration *c, unsigned char *data,
                                  int64_t features, range steps, range rows)
{
    const int t = c->batch_first ? 1 : 0;
    const int b = 1 - t;
    int64_t shape[] = {0, 0, features};
    int64_t strides[] = {0, 0, 1};
    shape[t] = steps.count;
    shape[b] = rows.count;
    strides[t] = c->batch_first ? features : c->B * features;
    strides[b] = c->batch_first ? c->T * features : features;
    const int64_t first = steps.begin * strides[t] + rows.begin * strides[b];
    return wrap(c, data + first * c->element, shape, strides);
}

static srnn_tensor *wrap_states(const configuration *c, unsigned char *data,
                                range rows)
{
    const int64_t shape[] = {c->L * c->D, rows.count, c->H};
    const int64_t strides[] = {c->B * c->H, c->H, 1};
    return wrap(c, data + rows.begin * c->H * c->element, shape, strides);
}

/* One call over some steps of some rows, from h0 or zeros. */
static void forward(const configuration *c, range steps, range rows,
                    unsigned char *h0, results r)
{
    srnn_tensor *const input = wrap_sequence(c, c->input, c->I, steps, rows);
    srnn_tensor *const first = h0 == NULL ? NULL : wrap_states(c, h0, rows);
    srnn_tensor *const output =
        wrap_sequence(c, r.output, c->D * c->H, steps, rows);
    srnn_tensor *const last = wrap_states(c, r.h_n, rows);
    check(c, srnn_context_forward(c->context, input, first, output, last));
    srnn_tensor_destroy(input);
    srnn_tensor_destroy(first);
    srnn_tensor_destroy(output);
    srnn_tensor_destroy(last);
}

static results forward_all(const configuration *c)
{
    const results r = make_results(c);
    forward(c, (range){0, c->T}, (range){0, c->B}, c->h0, r);
    return r;
}

/* Compares the bytes, and frees what was got. */
static void expect(const configuration *c, results got, results wanted,
                   const char *how, int64_t number)
{
    const bool same = memcmp(got.output, wanted.output, c->output_bytes) == 0 &&
                      memcmp(got.h_n, wanted.h_n, c->state_bytes) == 0;
    if (!same)
        fail_msg("case %d: other bits %s %d (T=%d B=%d I=%d H=%d L=%d %s "
                 "float%d)",
                 c->number, how, (int)number, (int)c->T, (int)c->B, (int)c->I,
                 (int)c->H, (int)c->L, srnn_constant_name(c->direction),
                 (int)c->element * 8);
    free_results(got);
}

/* Runs a check on many configurations; kind makes them others than those of
 * another check. */
static void check_cases(unsigned short kind, int64_t directions,
                        void (*check_case)(configuration *c, results wanted))
{
    for (int number = 0; number < CASES; number++) {
        configuration c = make(number, kind, directions);
        const results wanted = forward_all(&c);
        check_case(&c, wanted);
        free_results(wanted);
        free_configuration(&c);
    }
}

/* Most often 1, else anything up to all that is left. */
static int64_t pick_piece(configuration *c, int64_t left)
{
    return below(c, 3) > 0 ? 1 : 1 + below(c, left);
}

static void check_rows(configuration *c, results wanted)
{
    const results got = make_results(c);
    int64_t count = 0;
    for (int64_t b = 0; b < c->B; b += count) {
        count = pick_piece(c, c->B - b);
        forward(c, (range){0, c->T}, (range){b, count}, c->h0, got);
    }
    expect(c, got, wanted, "of rows that run apart, of", c->B);
}

static void test_bits__of_a_row_alone_are_those_in_a_batch(void **state)
{
    (void)state;
    check_cases(1, 3, check_rows);
}

/* In the order in which the direction reads them. */
static void check_steps(configuration *c, results wanted)
{
    const results got = make_results(c);
    unsigned char *const carried = allocate(c->state_bytes);
    const bool in_place = below(c, 2) == 0;
    unsigned char *h0 = c->h0;
    int64_t count = 0;
    for (int64_t done = 0; done < c->T; done += count) {
        count = pick_piece(c, c->T - done);
        const int64_t t =
            c->direction == SRNN_DIRECTION_REVERSE ? c->T - done - count : done;
        forward(c, (range){t, count}, (range){0, c->B}, h0, got);
        h0 = in_place ? got.h_n : carried;
        memcpy(carried, got.h_n, c->state_bytes);
    }
    free(carried);
    expect(c, got, wanted, "of steps that run apart, of", c->T);
}

static void test_bits__of_one_call_are_those_of_several(void **state)
{
    (void)state;
    check_cases(2, 2, check_steps);
}

static void check_schedules(configuration *c, results wanted)
{
    for (srnn_schedule s = SRNN_SCHEDULE_AUTO; s <= SRNN_SCHEDULE_COLUMNS;
         s++) {
        set(c, SRNN_CONTEXT_SCHEDULE, s);
        set(c, SRNN_CONTEXT_NUM_THREADS, 1 + below(c, MAX_THREADS));
        expect(c, forward_all(c), wanted, "with schedule", s);
    }
}

static void test_bits__of_threads_are_those_of_one_thread(void **state)
{
    (void)state;
    check_cases(3, 3, check_schedules);
}

static int compared; /* instruction sets with another one */

/* The baseline has no FMA, or is the only one. */
static void check_isas(configuration *c, results wanted)
{
    results first = {NULL, NULL};
    (void)wanted;
    const enumerators isas = enumerators_from(SRNN_ISA_BASELINE);
    for (int i = 1; i < isas.count; i++) {
        const srnn_isa isa = isas.values[i];
        if (!srnn_supports(isa))
            continue;
        set(c, SRNN_CONTEXT_ISA, isa);
        const results got = forward_all(c);
        if (first.output == NULL) {
            first = got;
            continue;
        }
        expect(c, got, first, "with instruction set", isa);
        compared++;
    }
    free_results(first);
}

static void test_bits__of_instruction_sets_with_fma_are_equal(void **state)
{
    (void)state;
    check_cases(4, 3, check_isas);
    if (compared == 0)
        skip(); /* this machine has one at most */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bits__of_a_row_alone_are_those_in_a_batch),
        cmocka_unit_test(test_bits__of_one_call_are_those_of_several),
        cmocka_unit_test(test_bits__of_threads_are_those_of_one_thread),
        cmocka_unit_test(test_bits__of_instruction_sets_with_fma_are_equal),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
