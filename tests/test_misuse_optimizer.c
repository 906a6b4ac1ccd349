/* SPDX-License-Identifier: MIT */
/* The rules of optimizer.h. A tensor over misuse_memory is what the optimizers
 * write, so that a row sees whether they do. */
#include <float.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "support/expect.h"
#include "support/misuse.h"
#include "support/small_rnn.h"

/* Where things lie, in bytes of misuse_memory. */
enum { NUMBER = 1024, VALUE = 2048, SLOPE = 3072 };

enum { COUNT = 6, FIRST_KIND = SRNN_OPTIMIZER_KIND_SGD, KINDS = 4 };

static srnn_rnn *rnn;
static srnn_gradients *of_rnn;    /* over misuse_memory */
static srnn_gradients *of_tensor; /* "h0" */
static srnn_gradients *stranger;
static srnn_optimizer *optimizers[KINDS]; /* each with both under prefixes */

static float *slope_of_rnn(void)
{
    return (float *)(void *)(misuse_memory + SLOPE);
}

static srnn_optimizer *of_kind(srnn_optimizer_kind kind)
{
    return optimizers[kind - FIRST_KIND];
}

static int create(void **state)
{
    (void)state;
    misuse_fill();
    rnn = small_rnn_create(&(small_rnn){.I = 2, .H = 2});
    expect_success("rnn", srnn_gradients_wrap(&of_rnn, rnn, slope_of_rnn()));
    expect_success("tensor",
                   srnn_gradients_create_tensor(
                       &of_tensor, view(VALUE, F32, SHAPE(COUNT)), "h0"));
    expect_success("stranger",
                   srnn_gradients_create_tensor(
                       &stranger, view(NUMBER, F32, SHAPE(2)), "x"));
    for (int i = 0; i < KINDS; i++) {
        expect_success("create",
                       srnn_optimizer_create(&optimizers[i], FIRST_KIND + i));
        expect_success("add",
                       srnn_optimizer_add(optimizers[i], of_rnn, "rnn."));
        expect_success("add",
                       srnn_optimizer_add(optimizers[i], of_tensor, "a.b."));
    }
    return 0;
}

static int destroy(void **state)
{
    (void)state;
    for (int i = 0; i < KINDS; i++)
        srnn_optimizer_destroy(optimizers[i]);
    srnn_gradients_destroy(of_rnn);
    srnn_gradients_destroy(of_tensor);
    srnn_gradients_destroy(stranger);
    srnn_rnn_destroy(rnn);
    return 0;
}

static void test_misuse_optimizer__create(void **state)
{
    (void)state;
    static const int32_t numbers[] = {0,    1,         -1,       1900,
                                      1905, INT32_MAX, INT32_MIN};
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_optimizer_create(NULL, SRNN_OPTIMIZER_KIND_SGD));
    for (size_t i = 0; i < MISUSE_COUNT(numbers); i++)
        REFUSE(SRNN_ERROR_INVALID,
               "kind is ..., expected an SRNN_OPTIMIZER_KIND",
               srnn_optimizer_create(&made.optimizer, numbers[i]));
    REFUSE(SRNN_ERROR_INVALID, "kind is SRNN_ISA_AVX2",
           srnn_optimizer_create(&made.optimizer, SRNN_ISA_AVX2));
    for (int i = 0; i < KINDS; i++) {
        ACCEPT(srnn_optimizer_create(&made.optimizer, FIRST_KIND + i));
        srnn_optimizer_destroy(made.optimizer);
        ANSWER(FIRST_KIND + i, srnn_optimizer_get_kind(optimizers[i]));
    }
    NOTHING(srnn_optimizer_destroy(NULL));
    ANSWER_OTHERS(other, "optimizer", 0, srnn_optimizer_get_kind(other));
}

static void test_misuse_optimizer__add(void **state)
{
    (void)state;
    static const char *const wrong[] = {"\xff", "rnn\xc0\x80.",
                                        "a\xed\xa0\x80"};
    srnn_optimizer *const optimizer = of_kind(SRNN_OPTIMIZER_KIND_ADAM);
    REFUSE_HANDLES(other, "optimizer", "optimizer",
                   srnn_optimizer_add(other, stranger, "x."));
    REFUSE_HANDLES(other, "gradients", "gradients",
                   srnn_optimizer_add(optimizer, other, "x."));
    for (size_t i = 0; i < MISUSE_COUNT(wrong); i++)
        REFUSE(SRNN_ERROR_INVALID, "the prefix...is not valid UTF-8",
               srnn_optimizer_add(optimizer, stranger, wrong[i]));
    expect_success("step", srnn_optimizer_step(optimizer));
    REFUSE(SRNN_ERROR_STATE,
           "the optimizer has made 1 steps; add all gradients before the first",
           srnn_optimizer_add(optimizer, stranger, "x."));
}

/* The same gradients, others of the same rnn, others over a part of the
 * tensor. */
static void test_misuse_optimizer__add_again(void **state)
{
    (void)state;
    static const char says[] = "the optimizer has the parameters of the "
                               "gradients already";
    srnn_optimizer *const optimizer = of_kind(SRNN_OPTIMIZER_KIND_SGD);
    srnn_gradients *twin = NULL;
    srnn_gradients *part = NULL;
    expect_success("twin", srnn_gradients_create(&twin, rnn));
    expect_success(
        "part", srnn_gradients_create_tensor(
                    &part, view(VALUE + 4 * (COUNT - 1), F32, SHAPE(2)), "x"));
    REFUSE(SRNN_ERROR_INVALID, says,
           srnn_optimizer_add(optimizer, of_rnn, "other."));
    REFUSE(SRNN_ERROR_INVALID, says,
           srnn_optimizer_add(optimizer, of_tensor, "other."));
    REFUSE(SRNN_ERROR_INVALID, says,
           srnn_optimizer_add(optimizer, twin, "other."));
    REFUSE(SRNN_ERROR_INVALID, says,
           srnn_optimizer_add(optimizer, part, "other."));
    srnn_gradients_destroy(twin);
    srnn_gradients_destroy(part);
}

/* Adds a tensor of that name beside "rnn.weight_ih_l0", "a.b.h0" and others.
 * says is NULL where that is allowed. */
static void try_name(const char *prefix, const char *name, const char *says)
{
    srnn_gradients *named = NULL;
    srnn_optimizer *optimizer = NULL;
    expect_success(name, srnn_gradients_create_tensor(
                             &named, view(NUMBER, F32, SHAPE(1)), name));
    expect_success("create", srnn_optimizer_create(
                                 &optimizer, SRNN_OPTIMIZER_KIND_RMSPROP));
    expect_success("add", srnn_optimizer_add(optimizer, of_rnn, "rnn."));
    expect_success("add", srnn_optimizer_add(optimizer, of_tensor, "a.b."));
    if (says == NULL)
        ACCEPT(srnn_optimizer_add(optimizer, named, prefix));
    else
        REFUSE(SRNN_ERROR_INVALID, says,
               srnn_optimizer_add(optimizer, named, prefix));
    srnn_optimizer_destroy(optimizer);
    srnn_gradients_destroy(named);
}

static void test_misuse_optimizer__names(void **state)
{
    (void)state;
    static const struct {
        const char *prefix;
        const char *name;
        const char *says; /* NULL: it is accepted */
    } rows[] = {
        {"", "rnn.weight_ih_l0",
         "the name \"rnn.weight_ih_l0\" is one that other"},
        {NULL, "rnn.bias_hh_l0",
         "the name \"rnn.bias_hh_l0\" is one that other"},
        {"rnn.weight_", "hh_l0",
         "the name \"rnn.weight_hh_l0\" is one that other"},
        {"rn", "n.bias_ih_l0", "the name \"rnn.bias_ih_l0\" is one that other"},
        {"a.", "b.h0", "the name \"a.b.h0\" is one that other"},
        {"a.b.", "h0", "the name \"a.b.h0\" is one that other"},
        {"optimizer.", "x", "\"optimizer.x\" begins with \"optimizer.\""},
        {"", "optimizer.", "\"optimizer.\" begins with \"optimizer.\""},
        {"opt", "imizer.x", "\"optimizer.x\" begins with \"optimizer.\""},
        {"", "__metadata__", "\"__metadata__\" is reserved for metadata"},
        {"__meta", "data__", "\"__metadata__\" is reserved for metadata"},
        {"optimizer.a.", "x\n", "\"optimizer.a.x\\x0a\" begins"},
        {"optimizer", "x", NULL},
        {"", "__metadata__x", NULL},
        {"__metadata__", "x", NULL},
        {"__metadata__.", "x", NULL},
        {"rnn.weight_ih_l0_and_a_tail_that_no_parameter_has", "x", NULL},
        {"rnn.", "weight_ih_l1", "the name \"rnn.weight_ih_l1\" is one"},
        {"rnn.", "weight_hh", "the name \"rnn.weight_hh\" is one"},
        {"rnn.", "h0", NULL},
        {"rnn.weight_ih_l0.", "x", NULL},
        {"a.b.h", "01", NULL},
        {"a.b", "h0", NULL},
        {"a.b.", "h", NULL},
        {"a.b.h0", "a.b.h0", NULL},
        {"\xc3\xa4.", "h0", NULL},
    };
    for (size_t i = 0; i < MISUSE_COUNT(rows); i++)
        try_name(rows[i].prefix, rows[i].name, rows[i].says);
}

/* Two objects under one prefix, in either order. */
static void try_pair(srnn_gradients *a, srnn_gradients *b, const char *says)
{
    srnn_gradients *const pair[] = {a, b};
    for (int first = 0; first < 2; first++) {
        srnn_optimizer *optimizer = NULL;
        expect_success("create", srnn_optimizer_create(
                                     &optimizer, SRNN_OPTIMIZER_KIND_SGD));
        expect_success("add", srnn_optimizer_add(optimizer, pair[first], "x."));
        if (says == NULL)
            ACCEPT(srnn_optimizer_add(optimizer, pair[1 - first], "x."));
        else
            REFUSE(SRNN_ERROR_INVALID, says,
                   srnn_optimizer_add(optimizer, pair[1 - first], "x."));
        srnn_optimizer_destroy(optimizer);
    }
}

static void try_tensor(srnn_gradients *object, const char *name,
                       const char *says)
{
    srnn_gradients *named = NULL;
    expect_success(name, srnn_gradients_create_tensor(
                             &named, view(NUMBER, F32, SHAPE(1)), name));
    try_pair(object, named, says);
    srnn_gradients_destroy(named);
}

/* A reader could not tell the parameters of two objects apart, even where their
 * names differ. */
static void test_misuse_optimizer__objects_under_one_prefix(void **state)
{
    srnn_linear *linear = NULL;
    srnn_gradients *of_linear = NULL, *of_reverse = NULL;
    srnn_rnn *const reverse = small_rnn_create(
        &(small_rnn){.I = 2, .H = 4, .direction = SRNN_DIRECTION_REVERSE});
    (void)state;
    expect_success("reverse", srnn_gradients_create(&of_reverse, reverse));
    expect_success("linear", srnn_linear_create(&linear, F32, 2, 4, 0, 1));
    expect_success("linear", srnn_gradients_create_linear(&of_linear, linear));
    try_pair(of_rnn, of_reverse, "the name \"x.weight_ih_l0");
    try_tensor(of_rnn, "weight_ih_l9", "the name \"x.weight_ih_l9\"");
    try_tensor(of_rnn, "bias_hh", "the name \"x.bias_hh\"");
    try_tensor(of_rnn, "h0", NULL);
    try_tensor(of_linear, "bias", "the name \"x.bias\"");
    try_tensor(of_linear, "scale", NULL);
    try_pair(of_rnn, of_linear, NULL);
    srnn_gradients_destroy(of_linear);
    srnn_gradients_destroy(of_reverse);
    srnn_linear_destroy(linear);
    srnn_rnn_destroy(reverse);
}

/* A long name is shortened in the middle. */
static void test_misuse_optimizer__long_prefixes(void **state)
{
    (void)state;
    static char prefix[2000];
    memset(prefix, 'a', sizeof prefix - 1);
    try_name(prefix, "x", NULL);
    memcpy(prefix, "optimizer.", sizeof "optimizer." - 1);
    try_name(prefix, "x", "\"optimizer.aaa...aaax\" begins with");
    (void)strcpy(prefix + sizeof prefix - 5, "end.");
    try_name(prefix, "x", "\"optimizer.aaa...aaaend.x\" begins with");
}

typedef struct {
    srnn_optimizer_option option;
    int kinds[KINDS];  /* which have it */
    double outside[3]; /* values that are out of range, then NaN */
    double inside[2];
    const char *range;
} option_row;

static const option_row reals[] = {
    {SRNN_OPTIMIZER_LEARNING_RATE,
     {1, 1, 1, 1},
     {-1, -DBL_MIN, INFINITY},
     {0, DBL_MAX},
     "0 or above, and finite"},
    {SRNN_OPTIMIZER_WEIGHT_DECAY,
     {1, 1, 1, 1},
     {-1, -DBL_MIN, INFINITY},
     {0, DBL_MAX},
     "0 or above, and finite"},
    {SRNN_OPTIMIZER_MOMENTUM,
     {1, 0, 0, 1},
     {-1, -DBL_MIN, INFINITY},
     {0, DBL_MAX},
     "0 or above, and finite"},
    {SRNN_OPTIMIZER_DAMPENING,
     {1, 0, 0, 0},
     {-INFINITY, INFINITY},
     {-DBL_MAX, DBL_MAX},
     "a finite number"},
    {SRNN_OPTIMIZER_BETA1,
     {0, 1, 1, 0},
     {-DBL_MIN, 1, 2},
     {0, 1 - DBL_EPSILON / 2},
     "0 to below 1"},
    {SRNN_OPTIMIZER_BETA2,
     {0, 1, 1, 0},
     {-DBL_MIN, 1, 2},
     {0, 1 - DBL_EPSILON / 2},
     "0 to below 1"},
    {SRNN_OPTIMIZER_EPSILON,
     {0, 1, 1, 1},
     {-1, -DBL_MIN, INFINITY},
     {0, DBL_MAX},
     "0 or above, and finite"},
    {SRNN_OPTIMIZER_ALPHA,
     {0, 0, 0, 1},
     {-DBL_MIN, 1 + DBL_EPSILON, 2},
     {0, 1},
     "0 to 1"},
};

static const option_row integers[] = {
    {SRNN_OPTIMIZER_NESTEROV, {1, 0, 0, 0}, {-1, 2, 1e9}, {0, 1}, "0 or 1"},
    {SRNN_OPTIMIZER_CENTERED, {0, 0, 0, 1}, {-1, 2, 1e9}, {0, 1}, "0 or 1"},
};

static void refuse_real(srnn_optimizer *optimizer, srnn_status status,
                        const char *says, const srnn_gradients *gradients,
                        srnn_optimizer_option option)
{
    double *const out = (double *)(void *)(misuse_memory + NUMBER);
    REFUSE(status, says,
           srnn_optimizer_set_real(optimizer, gradients, option, 0.5));
    REFUSE(status, says,
           srnn_optimizer_get_real(out, optimizer, gradients, option));
}

static void refuse_int(srnn_optimizer *optimizer, srnn_status status,
                       const char *says, const srnn_gradients *gradients,
                       srnn_optimizer_option option)
{
    int64_t *const out = (int64_t *)(void *)(misuse_memory + NUMBER);
    REFUSE(status, says,
           srnn_optimizer_set_int(optimizer, gradients, option, 1));
    REFUSE(status, says,
           srnn_optimizer_get_int(out, optimizer, gradients, option));
}

static void test_misuse_optimizer__handles_of_options(void **state)
{
    (void)state;
    const srnn_optimizer_option rate = SRNN_OPTIMIZER_LEARNING_RATE;
    const srnn_optimizer_option nesterov = SRNN_OPTIMIZER_NESTEROV;
    srnn_optimizer *const sgd = of_kind(SRNN_OPTIMIZER_KIND_SGD);
    double real = 0;
    int64_t integer = 0;
    REFUSE_HANDLES(other, "optimizer", "optimizer",
                   srnn_optimizer_set_real(other, NULL, rate, 1));
    REFUSE_HANDLES(other, "optimizer", "optimizer",
                   srnn_optimizer_get_real(&real, other, NULL, rate));
    REFUSE_HANDLES(other, "optimizer", "optimizer",
                   srnn_optimizer_set_int(other, NULL, nesterov, 1));
    REFUSE_HANDLES(other, "optimizer", "optimizer",
                   srnn_optimizer_get_int(&integer, other, NULL, nesterov));
    REFUSE_OTHERS(other, "gradients", "gradients",
                  srnn_optimizer_set_real(sgd, other, rate, 1));
    REFUSE_OTHERS(other, "gradients", "gradients",
                  srnn_optimizer_get_real(&real, sgd, other, rate));
    REFUSE_OTHERS(other, "gradients", "gradients",
                  srnn_optimizer_set_int(sgd, other, nesterov, 1));
    REFUSE_OTHERS(other, "gradients", "gradients",
                  srnn_optimizer_get_int(&integer, sgd, other, nesterov));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_optimizer_get_real(NULL, sgd, NULL, rate));
    REFUSE(SRNN_ERROR_INVALID, "out is NULL",
           srnn_optimizer_get_int(NULL, sgd, NULL, nesterov));
    refuse_real(sgd, SRNN_ERROR_NOT_FOUND,
                "the gradients are not in the optimizer", stranger, rate);
    refuse_int(sgd, SRNN_ERROR_NOT_FOUND,
               "the gradients are not in the optimizer", stranger, nesterov);
}

static void test_misuse_optimizer__kinds_of_options(void **state)
{
    (void)state;
    static const int32_t strangers[] = {0, 400, 413, -401, INT32_MAX};
    for (int kind = 0; kind < KINDS; kind++) {
        srnn_optimizer *const o = optimizers[kind];
        for (size_t i = 0; i < MISUSE_COUNT(strangers); i++) {
            refuse_real(o, SRNN_ERROR_INVALID,
                        "option is ..., expected an SRNN_OPTIMIZER_", NULL,
                        strangers[i]);
            refuse_int(o, SRNN_ERROR_INVALID,
                       "option is ..., expected an SRNN_OPTIMIZER_", NULL,
                       strangers[i]);
        }
        refuse_int(o, SRNN_ERROR_INVALID,
                   "SRNN_TAPE_DROPOUT is not an option of an optimizer", NULL,
                   SRNN_TAPE_DROPOUT);
        for (size_t i = 0; i < MISUSE_COUNT(reals); i++) {
            refuse_int(o, SRNN_ERROR_INVALID,
                       " is real: call the function that ends in _real", NULL,
                       reals[i].option);
            if (reals[i].kinds[kind] == 0)
                refuse_real(o, SRNN_ERROR_INVALID,
                            " is not an option of SRNN_OPTIMIZER_KIND_", NULL,
                            reals[i].option);
        }
        for (size_t i = 0; i < MISUSE_COUNT(integers); i++) {
            refuse_real(o, SRNN_ERROR_INVALID,
                        " is an integer: call the function that ends in _int",
                        NULL, integers[i].option);
            if (integers[i].kinds[kind] == 0)
                refuse_int(o, SRNN_ERROR_INVALID,
                           " is not an option of SRNN_OPTIMIZER_KIND_", NULL,
                           integers[i].option);
        }
    }
}

static void check_real(srnn_optimizer *o, const option_row *row,
                       const srnn_gradients *gradients)
{
    double got = -1;
    for (int i = 0; i < 3; i++)
        REFUSE(SRNN_ERROR_RANGE, row->range,
               srnn_optimizer_set_real(o, gradients, row->option,
                                       row->outside[i] == 0 ? NAN
                                                            : row->outside[i]));
    for (int i = 0; i < 2; i++) {
        ACCEPT(
            srnn_optimizer_set_real(o, gradients, row->option, row->inside[i]));
        ACCEPT(srnn_optimizer_get_real(&got, o, gradients, row->option));
        assert_true(got == row->inside[i]);
    }
    ACCEPT(srnn_optimizer_set_real(o, gradients, row->option, -0.0));
    ACCEPT(srnn_optimizer_get_real(&got, o, gradients, row->option));
    assert_true(got == 0 && !signbit(got));
}

static void check_int(srnn_optimizer *o, const option_row *row,
                      const srnn_gradients *gradients)
{
    int64_t got = -1;
    for (int i = 0; i < 3; i++)
        REFUSE(SRNN_ERROR_RANGE, row->range,
               srnn_optimizer_set_int(o, gradients, row->option,
                                      (int64_t)row->outside[i]));
    for (int i = 0; i < 2; i++) {
        ACCEPT(srnn_optimizer_set_int(o, gradients, row->option,
                                      (int64_t)row->inside[i]));
        ACCEPT(srnn_optimizer_get_int(&got, o, gradients, row->option));
        assert_true(got == (int64_t)row->inside[i]);
    }
}

static void test_misuse_optimizer__ranges(void **state)
{
    (void)state;
    for (int kind = 0; kind < KINDS; kind++) {
        const srnn_gradients *const owners[] = {NULL, of_rnn, of_tensor};
        for (int owner = 0; owner < 3; owner++) {
            for (size_t i = 0; i < MISUSE_COUNT(reals); i++)
                if (reals[i].kinds[kind] != 0)
                    check_real(optimizers[kind], &reals[i], owners[owner]);
            for (size_t i = 0; i < MISUSE_COUNT(integers); i++)
                if (integers[i].kinds[kind] != 0)
                    check_int(optimizers[kind], &integers[i], owners[owner]);
        }
    }
}

static double rate_of(const srnn_optimizer *o, const srnn_gradients *gradients)
{
    double rate = -1;
    expect_success("rate",
                   srnn_optimizer_get_real(&rate, o, gradients,
                                           SRNN_OPTIMIZER_LEARNING_RATE));
    return rate;
}

/* NULL is for all that there are and all to come, others are for themselves. */
static void test_misuse_optimizer__scopes(void **state)
{
    (void)state;
    srnn_optimizer *const o = of_kind(SRNN_OPTIMIZER_KIND_ADAM);
    ACCEPT(srnn_optimizer_set_real(o, of_rnn, SRNN_OPTIMIZER_LEARNING_RATE, 1));
    assert_true(rate_of(o, of_rnn) == 1 && rate_of(o, of_tensor) == 1e-3 &&
                rate_of(o, NULL) == 1e-3);
    ACCEPT(srnn_optimizer_set_real(o, NULL, SRNN_OPTIMIZER_LEARNING_RATE, 2));
    assert_true(rate_of(o, of_rnn) == 2 && rate_of(o, of_tensor) == 2 &&
                rate_of(o, NULL) == 2);
    ACCEPT(srnn_optimizer_add(o, stranger, "x."));
    assert_true(rate_of(o, stranger) == 2);
}

static void test_misuse_optimizer__shared_options(void **state)
{
    (void)state;
    static const int64_t wrong[] = {-1, 2, INT64_MAX, INT64_MIN};
    srnn_optimizer *const o = of_kind(SRNN_OPTIMIZER_KIND_ADAMW);
    int64_t got = -1;
    refuse_int(o, SRNN_ERROR_INVALID,
               "gradients is not NULL; all share SRNN_OPTIMIZER_CHECK_FINITE",
               of_rnn, SRNN_OPTIMIZER_CHECK_FINITE);
    REFUSE(SRNN_ERROR_INVALID,
           "gradients is not NULL; all share SRNN_OPTIMIZER_STEPS",
           srnn_optimizer_get_int(&got, o, of_rnn, SRNN_OPTIMIZER_STEPS));
    REFUSE(SRNN_ERROR_STATE, "SRNN_OPTIMIZER_STEPS is read only",
           srnn_optimizer_set_int(o, NULL, SRNN_OPTIMIZER_STEPS, 1));
    for (size_t i = 0; i < MISUSE_COUNT(wrong); i++)
        REFUSE(SRNN_ERROR_RANGE,
               "SRNN_OPTIMIZER_CHECK_FINITE is ..., expected 0 to 1",
               srnn_optimizer_set_int(o, NULL, SRNN_OPTIMIZER_CHECK_FINITE,
                                      wrong[i]));
    for (int64_t value = 0; value < 2; value++) {
        ACCEPT(srnn_optimizer_set_int(o, NULL, SRNN_OPTIMIZER_CHECK_FINITE,
                                      value));
        ACCEPT(
            srnn_optimizer_get_int(&got, o, NULL, SRNN_OPTIMIZER_CHECK_FINITE));
        assert_true(got == value);
    }
    ACCEPT(srnn_optimizer_get_int(&got, o, NULL, SRNN_OPTIMIZER_STEPS));
    assert_true(got == 0);
}

static void test_misuse_optimizer__step(void **state)
{
    (void)state;
    srnn_cell *cell = NULL;
    srnn_optimizer *const o = of_kind(SRNN_OPTIMIZER_KIND_SGD);
    srnn_optimizer *empty = NULL;
    REFUSE_HANDLES(other, "optimizer", "optimizer", srnn_optimizer_step(other));
    expect_success("empty",
                   srnn_optimizer_create(&empty, SRNN_OPTIMIZER_KIND_ADAM));
    REFUSE(SRNN_ERROR_STATE, "the optimizer has no gradients",
           srnn_optimizer_step(empty));
    srnn_optimizer_destroy(empty);
    *slope_of_rnn() = NAN;
    REFUSE(SRNN_ERROR_NOT_FINITE,
           "the gradient of \"rnn.weight_ih_l0\" has a value that is NaN",
           srnn_optimizer_step(o));
    *slope_of_rnn() = 1;
    expect_success(
        "cell", srnn_cell_create_view(&cell, rnn, 0, SRNN_DIRECTION_FORWARD));
    REFUSE(SRNN_ERROR_IN_USE, "cell", srnn_optimizer_step(o));
    srnn_cell_destroy(cell);
    expect_success("step", srnn_optimizer_step(o));
}

/* Of any gradients, the last ones too. */
static void test_misuse_optimizer__nesterov(void **state)
{
    (void)state;
    static const struct {
        double momentum;
        double dampening;
        const char *says;
    } rows[] = {
        {0, 0, "momentum above 0 and a dampening of 0; they are 0 and 0"},
        {0.5, 0.25, "they are 0.5 and 0.25"},
        {0.5, -0.25, "they are 0.5 and -0.25"},
    };
    srnn_optimizer *const o = of_kind(SRNN_OPTIMIZER_KIND_SGD);
    expect_success("nesterov", srnn_optimizer_set_int(
                                   o, of_tensor, SRNN_OPTIMIZER_NESTEROV, 1));
    for (size_t i = 0; i < MISUSE_COUNT(rows); i++) {
        expect_success("momentum", srnn_optimizer_set_real(
                                       o, of_tensor, SRNN_OPTIMIZER_MOMENTUM,
                                       rows[i].momentum));
        expect_success("dampening", srnn_optimizer_set_real(
                                        o, of_tensor, SRNN_OPTIMIZER_DAMPENING,
                                        rows[i].dampening));
        REFUSE(SRNN_ERROR_STATE, rows[i].says, srnn_optimizer_step(o));
    }
    expect_success("dampening", srnn_optimizer_set_real(
                                    o, of_tensor, SRNN_OPTIMIZER_DAMPENING, 0));
    ACCEPT(srnn_optimizer_step(o));
}

static void test_misuse_optimizer__rules_are_all_here(void **state)
{
    (void)state;
    /* test_misuse_checkpoint.c has these. */
    static const char save[] = "srnn_optimizer_save";
    static const char load[] = "srnn_optimizer_load";
    misuse_covers("optimizer.h", ELSEWHERE(save, load));
    misuse_covers_statuses("srnn_optimizer_", ELSEWHERE(save, load));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, create, destroy)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_misuse_optimizer__create),
        TEST(test_misuse_optimizer__add),
        TEST(test_misuse_optimizer__add_again),
        TEST(test_misuse_optimizer__names),
        TEST(test_misuse_optimizer__objects_under_one_prefix),
        TEST(test_misuse_optimizer__long_prefixes),
        TEST(test_misuse_optimizer__handles_of_options),
        TEST(test_misuse_optimizer__kinds_of_options),
        TEST(test_misuse_optimizer__ranges),
        TEST(test_misuse_optimizer__scopes),
        TEST(test_misuse_optimizer__shared_options),
        TEST(test_misuse_optimizer__step),
        TEST(test_misuse_optimizer__nesterov),
        cmocka_unit_test(test_misuse_optimizer__rules_are_all_here),
    };
    return misuse_verdict(
        cmocka_run_group_tests(tests, misuse_setup, misuse_teardown));
}
