/* SPDX-License-Identifier: MIT */
/* Losses on views of any strides, against plain loops in double. */
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
#include "support/expect.h"
#include "support/view_pair.h"

enum { CASES = 400 };

typedef enum { CROSS_ENTROPY, SQUARED_ERROR } kind;

/* A loss of rows of C, and what must come of it. */
typedef struct {
    view_pairs pairs;
    kind kind;
    int rank;
    int64_t shape[VIEW_PAIR_RANK];
    int64_t rows, C;
    double divisor;
    view_pair result, gradient;
    view_pair target;     /* of squared error */
    srnn_tensor *targets; /* of cross-entropy */
    srnn_tensor *counted; /* of squared error; NULL: all rows */
    double sum, *wanted;  /* wanted [rows,C]: the gradient */
    int64_t count;        /* rows or elements that count */
} subject;

static draws *random_of(subject *s)
{
    return &s->pairs.random;
}

static void pick_shape(subject *s)
{
    static const int64_t more[] = {255, 256, 257, 600};
    const bool is_wide = draws_below(random_of(s), 8) == 0;
    s->rank = 1 + (int)draws_below(random_of(s), VIEW_PAIR_RANK);
    s->rows = 1;
    for (int i = 0; i + 1 < s->rank; i++) {
        s->shape[i] = draws_below(random_of(s), 7);
        s->rows *= s->shape[i];
    }
    s->C =
        is_wide ? more[draws_below(random_of(s), 4)] : draws_size(random_of(s));
    s->shape[s->rank - 1] = s->C;
}

static srnn_tensor *create(srnn_dtype dtype, const subject *s)
{
    srnn_tensor *tensor = NULL;
    EXPECT_SUCCESS(srnn_tensor_create(&tensor, dtype, s->rank - 1, s->shape));
    return tensor;
}

static int64_t *classes_of(const subject *s)
{
    return srnn_tensor_data(s->targets);
}

static bool counts(const subject *s, int64_t row)
{
    if (s->kind == CROSS_ENTROPY)
        return classes_of(s)[row] != SRNN_IGNORE_INDEX;
    return s->counted == NULL ||
           ((const uint8_t *)srnn_tensor_data(s->counted))[row] != 0;
}

/* Some rows do not count, or none does. */
static void draw_targets(subject *s)
{
    const int64_t part = draws_below(random_of(s), 4);
    if (s->kind == CROSS_ENTROPY) {
        s->targets = create(SRNN_DTYPE_INT64, s);
        for (int64_t r = 0; r < s->rows; r++)
            classes_of(s)[r] = draws_below(random_of(s), 4) < part
                                   ? SRNN_IGNORE_INDEX
                                   : draws_below(random_of(s), s->C);
        return;
    }
    s->target = view_pair_read(&s->pairs, s->rank, s->shape);
    if (draws_below(random_of(s), 3) == 0)
        return;
    s->counted = create(SRNN_DTYPE_UINT8, s);
    for (int64_t r = 0; r < s->rows; r++)
        ((uint8_t *)srnn_tensor_data(s->counted))[r] =
            draws_below(random_of(s), 4) < part ? 0 : 255;
}

static double at(const view_pair *p, int64_t index)
{
    return element_of(p->plain, index);
}

static void want_cross_entropy(subject *s, int64_t row)
{
    const int64_t first = row * s->C;
    const int64_t target = classes_of(s)[row];
    double most = -INFINITY;
    double total = 0;
    for (int64_t i = 0; i < s->C; i++)
        most = fmax(most, at(&s->result, first + i));
    for (int64_t i = 0; i < s->C; i++)
        total += exp(at(&s->result, first + i) - most);
    for (int64_t i = 0; i < s->C; i++)
        s->wanted[first + i] =
            exp(at(&s->result, first + i) - most) / total - (i == target);
    s->sum += log(total) + (most - at(&s->result, first + target));
    s->count++;
}

static void want_squared_error(subject *s, int64_t row)
{
    for (int64_t i = row * s->C; i < (row + 1) * s->C; i++) {
        const double error = at(&s->result, i) - at(&s->target, i);
        s->wanted[i] = 2 * error;
        s->sum += error * error;
        s->count++;
    }
}

static void compute_wanted(subject *s)
{
    s->wanted = calloc((size_t)(s->rows * s->C + 1), sizeof *s->wanted);
    assert_non_null(s->wanted);
    for (int64_t r = 0; r < s->rows; r++)
        if (counts(s, r))
            (s->kind == CROSS_ENTROPY ? want_cross_entropy
                                      : want_squared_error)(s, r);
    const double divisor = s->divisor > 0 ? s->divisor : (double)s->count;
    for (int64_t i = 0; i < s->rows * s->C; i++)
        if (s->wanted[i] != 0)
            s->wanted[i] /= divisor;
}

static subject make(int number)
{
    static const double divisors[] = {0, 0, 1, 7.5, 1000};
    subject s = {.pairs = {.random = draws_of(number, 73), .number = number}};
    s.kind = number % 2 == 0 ? CROSS_ENTROPY : SQUARED_ERROR;
    s.pairs.dtype = draws_dtype(random_of(&s));
    s.divisor = divisors[draws_below(random_of(&s), 5)];
    pick_shape(&s);
    draw_targets(&s);
    s.result = view_pair_read(&s.pairs, s.rank, s.shape);
    s.gradient = view_pair_written(&s.pairs, s.rank, s.shape);
    compute_wanted(&s);
    return s;
}

static void destroy(subject *s)
{
    view_pair_free(&s->result);
    view_pair_free(&s->gradient);
    if (s->kind == SQUARED_ERROR)
        view_pair_free(&s->target);
    srnn_tensor_destroy(s->targets);
    srnn_tensor_destroy(s->counted);
    free(s->wanted);
}

typedef struct {
    double sum;
    int64_t count;
} answer;

/* Of the views, or of the plain tensors; d and result may be one. */
static answer run(const subject *s, bool views, srnn_tensor *d,
                  const srnn_tensor *result)
{
    answer a = {NAN, -1};
    expect_success_of_case(
        s->pairs.number,
        s->kind == CROSS_ENTROPY
            ? srnn_loss_cross_entropy(&a.sum, &a.count, d, result, s->targets,
                                      s->divisor)
            : srnn_loss_squared_error(&a.sum, &a.count, d, result,
                                      views ? s->target.view : s->target.plain,
                                      s->counted, s->divisor));
    return a;
}

/* A gradient is wrong by a few units of its largest possible entry. */
static void check_values(const subject *s, answer a)
{
    const bool is_float = s->pairs.dtype == SRNN_DTYPE_FLOAT32;
    const double divisor = s->divisor > 0 ? s->divisor
                           : s->count > 0 ? (double)s->count
                                          : 1;
    const double bound = (is_float ? 4e-7 : 1e-15) / divisor *
                         (s->kind == CROSS_ENTROPY ? 1 : 4);
    const double sum_bound =
        is_float && s->kind == CROSS_ENTROPY ? 2e-7 : 1e-14;
    if (a.count != s->count)
        fail_msg("case %d: the count is %lld", s->pairs.number,
                 (long long)a.count);
    if (!(fabs(a.sum - s->sum) <= sum_bound * fmax(s->sum, 1)))
        fail_msg("case %d: sum %.17g, not %.17g", s->pairs.number, a.sum,
                 s->sum);
    for (int64_t i = 0; i < s->rows * s->C; i++)
        if (!(fabs(at(&s->gradient, i) - s->wanted[i]) <= bound) ||
            (s->wanted[i] == 0 && !counts(s, i / s->C) &&
             at(&s->gradient, i) != 0))
            fail_msg("case %d: gradient %lld is %.17g, not %.17g",
                     s->pairs.number, (long long)i, at(&s->gradient, i),
                     s->wanted[i]);
}

/* Values of the plain tensors, then bits of the views, without a gradient, and
 * in place. */
static void test_loss__equals_plain_loops(void **state)
{
    (void)state;
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        const answer plain = run(&s, false, s.gradient.plain, s.result.plain);
        check_values(&s, plain);
        const answer answers[] = {
            run(&s, true, s.gradient.view, s.result.view),
            run(&s, true, NULL, s.result.view),
            run(&s, false, s.result.plain, s.result.plain)};
        for (int i = 0; i < 3; i++)
            assert_true(answers[i].sum == plain.sum &&
                        answers[i].count == plain.count);
        view_pair_check(&s.pairs, &s.gradient, "gradient");
        assert_memory_equal(
            srnn_tensor_data(s.result.plain),
            srnn_tensor_data(s.gradient.plain),
            (size_t)(s.rows * s.C * element_bytes(s.pairs.dtype)));
        destroy(&s);
    }
}

/* Half of the difference of the sums beside an element, which is changed back.
 */
static double slope_of(const subject *s, int64_t i)
{
    const double step = 0x1p-10;
    const double value = at(&s->result, i);
    double sums[2];
    for (int side = 0; side < 2; side++) {
        element_put(srnn_tensor_data(s->result.plain), s->pairs.dtype, i,
                    value + (side == 0 ? step : -step));
        sums[side] = run(s, false, NULL, s->result.plain).sum;
    }
    element_put(srnn_tensor_data(s->result.plain), s->pairs.dtype, i, value);
    return (sums[0] - sums[1]) / (2 * step);
}

static void test_loss__gradients_are_slopes(void **state)
{
    (void)state;
    int checked[2] = {0, 0};
    for (int number = 0; number < CASES; number++) {
        subject s = make(number);
        s.divisor = 1;
        if (s.pairs.dtype == SRNN_DTYPE_FLOAT64 && s.rows * s.C < 300) {
            (void)run(&s, false, s.gradient.plain, s.result.plain);
            for (int64_t i = 0; i < s.rows * s.C; i++)
                if (fabs(slope_of(&s, i) - at(&s.gradient, i)) > 1e-7)
                    fail_msg("case %d: gradient %lld is no slope", number,
                             (long long)i);
            checked[s.kind]++;
        }
        destroy(&s);
    }
    assert_true(checked[CROSS_ENTROPY] > 20 && checked[SQUARED_ERROR] > 20);
}

enum { ROWS = 4, C = 21 };

/* Rows [first, first + count) of [ROWS,C] arrays of float32. */
typedef struct {
    srnn_tensor *logits, *gradient, *targets;
} rows;

static rows wrap(float *logits, float *gradient, int64_t *targets,
                 int64_t count)
{
    rows r;
    const int64_t shape[] = {count, C};
    EXPECT_SUCCESS(srnn_tensor_wrap(&r.logits, logits, SRNN_DTYPE_FLOAT32, 2,
                                    shape, NULL));
    EXPECT_SUCCESS(srnn_tensor_wrap(&r.gradient, gradient, SRNN_DTYPE_FLOAT32,
                                    2, shape, NULL));
    EXPECT_SUCCESS(srnn_tensor_wrap(&r.targets, targets, SRNN_DTYPE_INT64, 1,
                                    shape, NULL));
    return r;
}

static answer run_rows(float *logits, float *gradient, int64_t *targets,
                       int64_t count, double divisor)
{
    answer a;
    rows r = wrap(logits, gradient, targets, count);
    EXPECT_SUCCESS(srnn_loss_cross_entropy(&a.sum, &a.count, r.gradient,
                                           r.logits, r.targets, divisor));
    srnn_tensor_destroy(r.logits);
    srnn_tensor_destroy(r.gradient);
    srnn_tensor_destroy(r.targets);
    return a;
}

static void draw_rows(float logits[ROWS * C], int64_t targets[ROWS])
{
    draws random = draws_of(1, 79);
    for (int i = 0; i < ROWS * C; i++)
        logits[i] = (float)draws_value(&random);
    for (int r = 0; r < ROWS; r++)
        targets[r] = draws_below(&random, C);
}

/* With one divisor, parts have the gradients of the whole. */
static void test_loss__parts_add_up(void **state)
{
    float logits[ROWS * C];
    float whole[ROWS * C];
    float parts[ROWS * C];
    int64_t targets[ROWS];
    double sum = 0;
    int64_t count = 0;
    (void)state;
    draw_rows(logits, targets);
    targets[1] = SRNN_IGNORE_INDEX;
    const answer a = run_rows(logits, whole, targets, ROWS, 3);
    for (int r = 0; r < ROWS; r++) {
        const answer part =
            run_rows(logits + r * C, parts + r * C, targets + r, 1, 3);
        sum += part.sum;
        count += part.count;
    }
    assert_true(fabs(sum - a.sum) <= 1e-15 * sum);
    assert_true(count == a.count && count == 3);
    assert_memory_equal(parts, whole, sizeof whole);
}

/* The product of what their logarithms are taken of would be infinite. */
static void test_loss__many_rows_add_up(void **state)
{
    enum { MANY = 5000, EQUAL = 7 };
    static float logits[MANY * EQUAL];
    static int64_t targets[MANY];
    const int64_t shape[] = {MANY, EQUAL};
    srnn_tensor *x = NULL;
    srnn_tensor *classes = NULL;
    double sum = 0;
    int64_t count = 0;
    (void)state;
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&x, logits, SRNN_DTYPE_FLOAT32, 2, shape, NULL));
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&classes, targets, SRNN_DTYPE_INT64, 1, shape, NULL));
    EXPECT_SUCCESS(srnn_loss_cross_entropy(&sum, &count, NULL, x, classes, 0));
    assert_int_equal(count, MANY);
    assert_true(fabs(sum / (MANY * log(EQUAL)) - 1) < 1e-14);
    logits[0] = NAN;
    EXPECT_SUCCESS(srnn_loss_cross_entropy(&sum, &count, NULL, x, classes, 0));
    assert_true(isnan(sum));
    srnn_tensor_destroy(x);
    srnn_tensor_destroy(classes);
}

/* Nothing overflows, and classes that cannot be have a gradient of 0. */
static void test_loss__extreme_logits_are_finite(void **state)
{
    float logits[ROWS * C] = {0};
    float gradient[ROWS * C];
    int64_t targets[ROWS] = {0, 1, 2, 0};
    (void)state;
    logits[0] = 1e4f;             /* right, and sure */
    logits[C] = 1e4f;             /* wrong, and sure: a loss of 1e4 */
    for (int i = 0; i < C; i++) { /* one class of two is left */
        logits[2 * C + i] = i == 2 || i == 3 ? -1e4f : -INFINITY;
        logits[3 * C + i] = i == 0 ? -3e38f : -INFINITY; /* one is left */
    }
    const answer a = run_rows(logits, gradient, targets, ROWS, 1);
    assert_true(fabs(a.sum - (1e4 + log(2))) < 1e-7);
    for (int i = 0; i < C; i++) {
        assert_true(gradient[i] == 0);
        assert_true(gradient[C + i] == (i == 0 ? 1 : i == 1 ? -1 : 0));
        assert_true(gradient[2 * C + i] == (i == 2   ? -0.5f
                                            : i == 3 ? 0.5f
                                                     : 0));
        assert_true(gradient[3 * C + i] == 0);
    }
}

/* The largest logit of a row is looked for in all of it. */
static void test_loss__one_large_logit_of_many(void **state)
{
    enum { MANY = 600 };
    const int64_t shape[] = {MANY};
    float logits[MANY] = {0};
    int64_t target = 0;
    srnn_tensor *row = NULL;
    srnn_tensor *own = NULL;
    (void)state;
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&row, logits, SRNN_DTYPE_FLOAT32, 1, shape, NULL));
    EXPECT_SUCCESS(
        srnn_tensor_wrap(&own, &target, SRNN_DTYPE_INT64, 0, NULL, NULL));
    for (int i = 0; i < MANY; i++) {
        double sum = -1;
        int64_t count = 0;
        logits[i] = 1e4f;
        target = i;
        EXPECT_SUCCESS(
            srnn_loss_cross_entropy(&sum, &count, NULL, row, own, 0));
        assert_true(sum == 0 && count == 1);
        target = (i + 1) % MANY;
        EXPECT_SUCCESS(
            srnn_loss_cross_entropy(&sum, &count, NULL, row, own, 0));
        assert_true(sum == 1e4);
        logits[i] = 0;
    }
    srnn_tensor_destroy(row);
    srnn_tensor_destroy(own);
}

/* They stay in their row, and do not count where the row does not. */
static void test_loss__nan_and_infinity_show(void **state)
{
    static const float values[] = {NAN, INFINITY};
    (void)state;
    for (int v = 0; v < 2; v++)
        for (int i = 0; i < C; i++) {
            float logits[ROWS * C];
            float gradient[ROWS * C];
            int64_t targets[ROWS];
            draw_rows(logits, targets);
            logits[C + i] = values[v];
            assert_true(
                isnan(run_rows(logits, gradient, targets, ROWS, 0).sum));
            for (int j = 0; j < ROWS * C; j++)
                assert_true((bool)isnan(gradient[j]) == (j / C == 1));
            targets[1] = SRNN_IGNORE_INDEX;
            const answer a = run_rows(logits, gradient, targets, ROWS, 0);
            assert_true(isfinite(a.sum) && a.count == ROWS - 1);
            for (int j = 0; j < ROWS * C; j++)
                assert_true(isfinite(gradient[j]) &&
                            (j / C != 1 || gradient[j] == 0));
        }
}

static void test_loss__nothing_counts(void **state)
{
    static const double divisors[] = {0, 2};
    (void)state;
    for (int i = 0; i < 2; i++) {
        float logits[ROWS * C];
        float gradient[ROWS * C];
        int64_t targets[ROWS];
        draw_rows(logits, targets);
        for (int r = 0; r < ROWS; r++)
            targets[r] = SRNN_IGNORE_INDEX;
        memset(gradient, 0xa5, sizeof gradient);
        answer a = run_rows(logits, gradient, targets, ROWS, divisors[i]);
        assert_true(a.sum == 0 && a.count == 0);
        for (int j = 0; j < ROWS * C; j++)
            assert_true(gradient[j] == 0);
        a = run_rows(logits, gradient, targets, 0, divisors[i]);
        assert_true(a.sum == 0 && a.count == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_loss__equals_plain_loops),
        cmocka_unit_test(test_loss__gradients_are_slopes),
        cmocka_unit_test(test_loss__parts_add_up),
        cmocka_unit_test(test_loss__many_rows_add_up),
        cmocka_unit_test(test_loss__extreme_logits_are_finite),
        cmocka_unit_test(test_loss__one_large_logit_of_many),
        cmocka_unit_test(test_loss__nan_and_infinity_show),
        cmocka_unit_test(test_loss__nothing_counts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
