/* SPDX-License-Identifier: MIT */
/* Labels: long-qemu */
/* Steps of optimizers over several gradients, against formulas in double:
 * random options, which differ between gradients and change between steps,
 * parameters that are frozen for a while, and tensors of the caller. */
#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simplernn.h"
#include "support/draws.h"
#include "support/element.h"
#include "support/expect.h"
#include "support/little_endian.h"
#include "support/reference_optimizer.h"
#include "support/small_rnn.h"

enum { EARLY = 100, CASES = IS_EMULATED ? EARLY : 400, STEPS = 8, MOST = 3 };

/* Of |error| / (1 + |value|), by dtype: what rounding of STEPS steps leaves. */
static const double bounds[] = {4e-6, 1e-14};
static double worst[2];

/* A hash of all values after the cases so far. They have the same bits on
 * every machine, with every compiler and instruction set. */
static uint64_t bits = LITTLE_ENDIAN_HASH;
static const uint64_t early_bits = 0xd8f68b427822ba67u;
static const uint64_t wanted_bits = 0x0cb9bfc89595d601u;

/* Gradients of an rnn or of a tensor, and what their values ought to be. */
typedef struct {
    srnn_rnn *rnn;         /* or NULL */
    unsigned char *memory; /* of the tensor */
    srnn_dtype dtype;
    srnn_gradients *gradients;
    const void *values; /* [P], which the optimizer writes */
    int64_t count;      /* P */
    double *wanted;
    reference_moments *moments;
    reference_optimizer options;
} part;

typedef struct {
    draws random;
    srnn_optimizer_kind kind;
    srnn_optimizer *optimizer;
    part parts[MOST];
    int64_t count;
} subject;

static const srnn_optimizer_option reals[] = {
    SRNN_OPTIMIZER_LEARNING_RATE, SRNN_OPTIMIZER_WEIGHT_DECAY,
    SRNN_OPTIMIZER_MOMENTUM,      SRNN_OPTIMIZER_DAMPENING,
    SRNN_OPTIMIZER_BETA1,         SRNN_OPTIMIZER_BETA2,
    SRNN_OPTIMIZER_EPSILON,       SRNN_OPTIMIZER_ALPHA};
static const srnn_optimizer_option integers[] = {SRNN_OPTIMIZER_NESTEROV,
                                                 SRNN_OPTIMIZER_CENTERED};

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* That of a call about an option that the kind may lack. */
static void expect_option(srnn_status status)
{
    assert_true(status == SRNN_OK || status == SRNN_ERROR_INVALID);
}

/* Reads what the optimizer says of gradients, NULL for all, into options; an
 * option that the kind does not have is 0. */
static void read_options(const subject *s, const srnn_gradients *gradients,
                         reference_optimizer *options)
{
    *options = (reference_optimizer){.kind = s->kind};
    for (size_t i = 0; i < COUNT(reals); i++)
        expect_option(srnn_optimizer_get_real(
            reference_optimizer_option(options, reals[i]), s->optimizer,
            gradients, reals[i]));
    for (size_t i = 0; i < COUNT(integers); i++) {
        int64_t value = 0;
        expect_option(srnn_optimizer_get_int(&value, s->optimizer, gradients,
                                             integers[i]));
        *reference_optimizer_option(options, integers[i]) = (double)value;
    }
}

/* Values that keep the arithmetic of a few steps in good condition. */
static double draw_option(draws *random, srnn_optimizer_option option)
{
    const double unit = (double)draws_below(random, 1001) / 1000;
    switch (option) {
    case SRNN_OPTIMIZER_LEARNING_RATE:
    case SRNN_OPTIMIZER_WEIGHT_DECAY:
        return unit / 4;
    case SRNN_OPTIMIZER_DAMPENING:
        return unit - 0.25;
    case SRNN_OPTIMIZER_EPSILON:
        return 0.01 + unit;
    case SRNN_OPTIMIZER_ALPHA:
        return 0.3 + unit / 2;
    default:
        return unit * 0.95;
    }
}

/* Sets some options of the kind, of gradients or of all. */
static void change_options(subject *s, const srnn_gradients *gradients)
{
    for (size_t i = 0; i < COUNT(reals); i++)
        if (draws_below(&s->random, 2) == 0)
            expect_option(
                srnn_optimizer_set_real(s->optimizer, gradients, reals[i],
                                        draw_option(&s->random, reals[i])));
    expect_option(srnn_optimizer_set_int(s->optimizer, gradients,
                                         SRNN_OPTIMIZER_CENTERED,
                                         draws_below(&s->random, 2)));
    if (s->kind != SRNN_OPTIMIZER_KIND_SGD)
        return;
    const int64_t nesterov = draws_below(&s->random, 2);
    expect_success("nesterov",
                   srnn_optimizer_set_int(s->optimizer, gradients,
                                          SRNN_OPTIMIZER_NESTEROV, nesterov));
    if (nesterov == 0)
        return;
    expect_success("momentum",
                   srnn_optimizer_set_real(s->optimizer, gradients,
                                           SRNN_OPTIMIZER_MOMENTUM, 0.5));
    expect_success("dampening",
                   srnn_optimizer_set_real(s->optimizer, gradients,
                                           SRNN_OPTIMIZER_DAMPENING, 0));
}

static void make_rnn(subject *s, part *p)
{
    small_rnn of = {.dtype = p->dtype};
    of.I = draws_size(&s->random);
    of.H = draws_size(&s->random);
    of.L = 1 + draws_below(&s->random, 2);
    of.direction = SRNN_DIRECTION_FORWARD + (int32_t)draws_below(&s->random, 3);
    of.seed = (uint64_t)draws_below(&s->random, 1000);
    p->rnn = small_rnn_create(&of);
    p->values = srnn_rnn_parameter_data(p->rnn, 0);
    expect_success("gradients", srnn_gradients_create(&p->gradients, p->rnn));
}

static void make_tensor(subject *s, part *p)
{
    const int64_t shape[] = {2, 1, draws_size(&s->random)};
    srnn_tensor *tensor = NULL;
    p->memory = draws_values(&s->random, p->dtype, 2 * shape[2]);
    p->values = p->memory;
    expect_success("tensor", srnn_tensor_wrap(&tensor, p->memory, p->dtype, 3,
                                              shape, NULL));
    expect_success("gradients",
                   srnn_gradients_create_tensor(&p->gradients, tensor, "h0"));
    srnn_tensor_destroy(tensor);
}

static void make_part(subject *s, part *p, int64_t number)
{
    char prefix[32];
    (void)snprintf(prefix, sizeof prefix, "part%d.", (int)number);
    p->dtype = draws_dtype(&s->random);
    if (draws_below(&s->random, 3) == 0)
        make_tensor(s, p);
    else
        make_rnn(s, p);
    p->count = srnn_tensor_size(srnn_gradients_flat(p->gradients));
    p->wanted = calloc((size_t)p->count, sizeof *p->wanted);
    p->moments = calloc((size_t)p->count, sizeof *p->moments);
    assert_true(p->wanted != NULL && p->moments != NULL);
    for (int64_t i = 0; i < p->count; i++)
        p->wanted[i] = element_get(p->values, p->dtype, i);
    if (draws_below(&s->random, 2) == 0)
        change_options(s, NULL); /* of those that are added from now on, too */
    expect_success("add",
                   srnn_optimizer_add(s->optimizer, p->gradients, prefix));
    if (draws_below(&s->random, 2) == 0)
        change_options(s, p->gradients);
}

static subject make(int number)
{
    subject s = {.random = draws_of(number, 71)};
    s.kind = SRNN_OPTIMIZER_KIND_SGD + number % 4;
    s.count = 1 + draws_below(&s.random, MOST);
    expect_success("create", srnn_optimizer_create(&s.optimizer, s.kind));
    for (int64_t i = 0; i < s.count; i++)
        make_part(&s, &s.parts[i], i);
    return s;
}

/* The optimizer keeps what it needs, in any order. */
static void free_subject(subject *s)
{
    if (draws_below(&s->random, 2) == 0)
        srnn_optimizer_destroy(s->optimizer);
    else
        s->count = -s->count;
    for (int64_t i = 0; i < llabs(s->count); i++) {
        part *const p = &s->parts[i];
        srnn_gradients_destroy(p->gradients);
        srnn_rnn_destroy(p->rnn);
        free(p->memory);
        free(p->wanted);
        free(p->moments);
    }
    if (s->count < 0)
        srnn_optimizer_destroy(s->optimizer);
}

/* The names of the parameters of a part. */
static const char *name_of(const part *p, int64_t index)
{
    return p->rnn == NULL ? index == 0 ? "h0" : NULL
                          : srnn_rnn_parameter_name(p->rnn, index);
}

/* Random gradients, of which none is read if the parameter is frozen; what the
 * step ought to make of them. */
static void prepare_parameter(subject *s, part *p, const char *name)
{
    srnn_tensor *const tensor = srnn_gradients_tensor(p->gradients, name);
    const bool is_trained = draws_below(&s->random, 4) != 0;
    const int64_t first =
        ((char *)srnn_tensor_data(tensor) -
         (char *)srnn_tensor_data(srnn_gradients_flat(p->gradients))) /
        element_bytes(p->dtype);
    expect_success("trained",
                   srnn_gradients_set_trained(p->gradients, name, is_trained));
    for (int64_t i = 0; i < srnn_tensor_size(tensor); i++) {
        const double g = is_trained ? draws_value(&s->random) : NAN;
        element_put(srnn_tensor_data(tensor), p->dtype, i, g);
        if (is_trained)
            p->wanted[first + i] = reference_optimizer_step(
                &p->options, &p->moments[first + i], p->wanted[first + i], g);
    }
}

static void hash(const part *p)
{
    bits = little_endian_hash(bits, p->values, (size_t)element_bytes(p->dtype),
                              (size_t)p->count);
}

static void check_part(int number, const part *p)
{
    const int at = p->dtype == SRNN_DTYPE_FLOAT64;
    for (int64_t i = 0; i < p->count; i++) {
        const double got = element_get(p->values, p->dtype, i);
        const double error = fabs(got - p->wanted[i]) / (1 + fabs(got));
        if (!(error <= bounds[at]))
            fail_msg("case %d, value %d: %.17g, not %.17g", number, (int)i, got,
                     p->wanted[i]);
        worst[at] = fmax(worst[at], error);
    }
}

static void check_case(int number)
{
    subject s = make(number);
    int64_t steps = -1;
    for (int step = 0; step < STEPS; step++) {
        part *const changed = &s.parts[draws_below(&s.random, s.count)];
        if (step % 3 == 2)
            change_options(
                &s, draws_below(&s.random, 2) == 0 ? NULL : changed->gradients);
        for (int64_t i = 0; i < s.count; i++) {
            part *const p = &s.parts[i];
            read_options(&s, p->gradients, &p->options);
            for (int64_t k = 0; name_of(p, k) != NULL; k++)
                prepare_parameter(&s, p, name_of(p, k));
        }
        expect_success_of_case(number, srnn_optimizer_step(s.optimizer));
        for (int64_t i = 0; i < s.count; i++)
            check_part(number, &s.parts[i]);
    }
    expect_success("steps", srnn_optimizer_get_int(&steps, s.optimizer, NULL,
                                                   SRNN_OPTIMIZER_STEPS));
    assert_int_equal(steps, STEPS);
    for (int64_t i = 0; i < s.count; i++)
        hash(&s.parts[i]);
    free_subject(&s);
}

static void check_bits(uint64_t wanted)
{
    if (bits != wanted)
        fail_msg("bits are %016" PRIx64, bits);
}

static void test_optimizer__follows_the_formulas(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        check_case(number);
        if (number + 1 == EARLY)
            check_bits(early_bits);
    }
    print_message("off by %.2g in float32, %.2g in float64\n", worst[0],
                  worst[1]);
    check_bits(CASES == EARLY ? early_bits : wanted_bits);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_optimizer__follows_the_formulas),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
