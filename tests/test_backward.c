/* SPDX-License-Identifier: MIT */
/* Labels: long, uses-threads, no-valgrind, no-qemu */
/* Record and backward against the scalar oracle, to the bit: any sizes,
 * directions, lengths, resets, states, dropout, layout, threads, schedule,
 * instruction set and checkpoint interval. */
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
#include "support/element.h"
#include "support/enumerators.h"
#include "support/expect.h"
#include "support/fma.h"
#include "support/recorded.h"
#include "support/tools.h"

#if defined(__OPTIMIZE__) && !IS_SANITIZED
enum { CASES = TOOL_CASES(3000) };
#else /* each takes ten times as long */
enum { CASES = TOOL_CASES(600) };
#endif
enum { MAX_THREADS = 4 };

/* The seed of a case is its number: a failure names it. */
typedef struct {
    int number;
    draws random;
    small_rnn of;
    int64_t T, B, D;
    bool unbatched;
    bool shares_h0, shares_fresh;
    srnn_context *context;
    srnn_tape *tape;
    recorded c;
    recorded_gradients wanted;
    double *output, *h_n; /* wanted */
} subject;

static int64_t below(subject *s, int64_t limit)
{
    return draws_below(&s->random, limit);
}

static bool maybe(subject *s, int64_t parts)
{
    return below(s, parts) == 0;
}

static void pick(subject *s)
{
    const int64_t most = maybe(s, 3) ? 40 : 9;
    s->unbatched = maybe(s, 10);
    s->T = below(s, most);
    s->B = s->unbatched ? 1 : below(s, maybe(s, 4) ? 50 : 8);
    if (!s->unbatched && maybe(s, 40)) /* several pieces of a step */
        s->B = 500 + below(s, 600);
    s->of = (small_rnn){.I = draws_size(&s->random),
                        .H = draws_size(&s->random),
                        .L = 1 + below(s, 3),
                        .direction = SRNN_DIRECTION_FORWARD +
                                     (srnn_direction)below(s, 3),
                        .seed = (uint64_t)s->number};
    s->of.dtype = draws_dtype(&s->random);
    s->of.nonlinearity = draws_nonlinearity(&s->random);
    s->of.no_bias = maybe(s, 4);
    s->of.batch_first = maybe(s, 2);
    s->of.dropout = maybe(s, 2) ? (double)below(s, 9) / 8 : 0;
    if (s->B > 100) {
        s->of.I = 1 + s->of.I % 8;
        s->of.H = 1 + s->of.H % 8;
        s->T %= 6;
    }
    s->D = s->of.direction == SRNN_DIRECTION_BIDIRECTIONAL ? 2 : 1;
}

/* All rows get the states of row 0. */
static void share(const subject *s, double *states)
{
    for (int64_t cell = 0; cell < s->of.L * s->D; cell++)
        for (int64_t b = 1; b < s->B; b++)
            memcpy(states + (cell * s->B + b) * s->of.H,
                   states + cell * s->B * s->of.H,
                   (size_t)s->of.H * sizeof *states);
}

static void set_tape(subject *s)
{
    static const int64_t intervals[] = {0, 0, 1, 2, 3, 5, 7, 600};
    const int64_t interval = intervals[below(s, 8)];
    const bool drops = !maybe(s, 8);
    s->c.r.dropout.p = drops ? s->of.dropout : 0;
    EXPECT_SUCCESS(srnn_tape_create(&s->tape, s->c.rnn));
    EXPECT_SUCCESS(
        srnn_tape_set_int(s->tape, SRNN_TAPE_CHECKPOINT_STEPS, interval));
    EXPECT_SUCCESS(srnn_tape_set_int(s->tape, SRNN_TAPE_DROPOUT, drops));
    EXPECT_SUCCESS(srnn_tape_set_int(s->tape, SRNN_TAPE_DROPOUT_SEED,
                                     (int64_t)s->c.r.dropout.seed));
    EXPECT_SUCCESS(srnn_tape_set_int(s->tape, SRNN_TAPE_FIRST_ROW,
                                     s->c.r.dropout.first_row));
    s->c.r.dropout.first_step = maybe(s, 2) ? 0 : below(s, 1 << 20);
    EXPECT_SUCCESS(srnn_tape_set_int(s->tape, SRNN_TAPE_FIRST_STEP,
                                     s->c.r.dropout.first_step));
}

/* An instruction set with FMA, which the default one has too; any threads and
 * schedule. */
static void choose(subject *s)
{
    const enumerators isas = enumerators_from(SRNN_ISA_BASELINE);
    const int32_t isa = isas.values[below(s, isas.count)];
    s->context = draws_context(&s->random, s->c.rnn, MAX_THREADS);
    if (isa != SRNN_ISA_BASELINE && srnn_supports(isa))
        EXPECT_SUCCESS(srnn_context_set_int(s->context, SRNN_CONTEXT_ISA, isa));
    s->c.r.keeps_subnormals = maybe(s, 4);
    EXPECT_SUCCESS(srnn_context_set_int(
        s->context, SRNN_CONTEXT_KEEP_TINY_GRADIENTS, s->c.r.keeps_subnormals));
}

static void shrink(double *values, int64_t count, double factor)
{
    for (int64_t i = 0; i < count; i++)
        values[i] *= factor;
}

/* Gradients that are about as small as what counts as zero. */
static void shrink_gradients(subject *s)
{
    const double tiny = s->of.dtype == SRNN_DTYPE_FLOAT32 ? 0x1p-100 : 0x1p-960;
    const double factor = tiny * (double)(1 << below(s, 12));
    shrink(s->c.d_output, s->c.outputs, factor);
    shrink(s->c.d_h_n, s->c.states, factor);
}

static void compute_wanted(subject *s)
{
    s->output = reference_zeros(s->c.outputs);
    s->h_n = reference_zeros(s->c.states);
    s->wanted = recorded_gradients_make(s->c.rnn, s->T, s->B);
    s->wanted.out.parameters = s->wanted.parameters;
    reference_forward_sequences(s->c.rnn, &s->c.r, s->output, s->h_n);
    reference_backward(s->c.rnn, &s->c.r, &s->wanted.out, false);
}

static subject make(int number)
{
    subject s = {.random = draws_of(number, 61), .number = number};
    pick(&s);
    s.c = recorded_draw(&s.random, &s.of, s.T, s.B);
    s.shares_h0 = !s.unbatched && maybe(&s, 4);
    s.shares_fresh = !s.unbatched && maybe(&s, 4);
    if (s.shares_h0)
        share(&s, s.c.h0);
    if (s.shares_fresh)
        share(&s, s.c.fresh);
    if (maybe(&s, 8))
        shrink_gradients(&s);
    set_tape(&s);
    choose(&s);
    compute_wanted(&s);
    return s;
}

static void free_subject(subject *s)
{
    srnn_tape_destroy(s->tape);
    srnn_context_destroy(s->context);
    recorded_gradients_free(&s->wanted);
    recorded_free(&s->c);
    free(s->output);
    free(s->h_n);
}

/* Of row b at step t in a tensor laid out as the input. */
static int64_t at(const subject *s, int64_t t, int64_t b)
{
    return s->of.batch_first && !s->unbatched ? b * s->T + t : t * s->B + b;
}

/* [T,B,width] as the library takes it. */
static unsigned char *sequence_of(const subject *s, const double *values,
                                  int64_t width)
{
    const int64_t size = element_bytes(s->of.dtype);
    unsigned char *const to = malloc((size_t)(s->T * s->B * width * size) + 1);
    assert_non_null(to);
    for (int64_t t = 0; t < s->T; t++)
        for (int64_t b = 0; b < s->B; b++)
            for (int64_t i = 0; i < width; i++)
                element_put(to, s->of.dtype, at(s, t, b) * width + i,
                            values[(t * s->B + b) * width + i]);
    return to;
}

static unsigned char *array_of(const subject *s, const double *values,
                               int64_t count)
{
    unsigned char *const to =
        malloc((size_t)(count * element_bytes(s->of.dtype)) + 1);
    assert_non_null(to);
    for (int64_t i = 0; i < count; i++)
        element_put(to, s->of.dtype, i, values[i]);
    return to;
}

/* A tensor over new memory: the values, or what must be overwritten. */
typedef struct {
    unsigned char *data;
    srnn_tensor *tensor;
    int64_t bytes;
} made;

static made wrap(const subject *s, unsigned char *data, srnn_role role,
                 int64_t batch)
{
    int64_t shape[3];
    made m = {.data = data};
    EXPECT_SUCCESS(srnn_rnn_shape(shape, s->c.rnn, role, s->T, batch));
    m.bytes = shape[0] * shape[1] * shape[2] * element_bytes(s->of.dtype);
    if (s->unbatched) {
        shape[0] = role == SRNN_ROLE_HIDDEN ? shape[0] : s->T;
        shape[1] = shape[2];
    }
    EXPECT_SUCCESS(srnn_tensor_wrap(&m.tensor, data, s->of.dtype,
                                    s->unbatched ? 2 : 3, shape, NULL));
    return m;
}

static made result(const subject *s, srnn_role role, int64_t batch)
{
    int64_t shape[3];
    EXPECT_SUCCESS(srnn_rnn_shape(shape, s->c.rnn, role, s->T, batch));
    const size_t bytes = (size_t)(shape[0] * shape[1] * shape[2]) *
                         (size_t)element_bytes(s->of.dtype);
    unsigned char *const data = malloc(bytes + 1);
    assert_non_null(data);
    memset(data, 0xa5, bytes);
    return wrap(s, data, role, batch);
}

static void done(made *m)
{
    srnn_tensor_destroy(m->tensor);
    free(m->data);
}

static void check_bytes(const subject *s, const char *name, const void *got,
                        unsigned char *wanted, int64_t bytes)
{
    if (memcmp(got, wanted, (size_t)bytes) != 0) {
        const int64_t size = element_bytes(s->of.dtype);
        for (int64_t i = 0; i < bytes / size; i++)
            if (memcmp((const unsigned char *)got + i * size, wanted + i * size,
                       (size_t)size) != 0)
                fail_msg("case %d: %s[%d] of %d is %.17g, expected %.17g",
                         s->number, name, (int)i, (int)(bytes / size),
                         element_get(got, s->of.dtype, i),
                         element_get(wanted, s->of.dtype, i));
    }
    free(wanted);
}

/* States [L*D,B,H], or those of row 0. */
static made states_of(const subject *s, const double *values, bool shared)
{
    const int64_t H = s->of.H;
    const int64_t cells = s->of.L * s->D;
    if (!shared)
        return wrap(s, array_of(s, values, cells * s->B * H), SRNN_ROLE_HIDDEN,
                    s->B);
    double *const first = reference_zeros(cells * H);
    for (int64_t i = 0; s->B > 0 && i < cells * H; i++)
        first[i] = values[i / H * s->B * H + i % H];
    const made m = wrap(s, array_of(s, first, cells * H), SRNN_ROLE_HIDDEN, 1);
    free(first);
    return m;
}

static srnn_tensor *lengths_of(const subject *s)
{
    srnn_tensor *tensor = NULL;
    if (s->c.r.lengths != NULL)
        EXPECT_SUCCESS(srnn_tensor_wrap(&tensor, s->c.lengths, SRNN_DTYPE_INT64,
                                        1, &s->B, NULL));
    return tensor;
}

/* The bytes go to data. */
static srnn_tensor *resets_of(const subject *s, uint8_t **data)
{
    srnn_tensor *tensor = NULL;
    const bool swaps = s->of.batch_first && !s->unbatched;
    const int64_t shape[] = {swaps ? s->B : s->T, swaps ? s->T : s->B};
    *data = malloc((size_t)(s->T * s->B) + 1);
    assert_non_null(*data);
    for (int64_t t = 0; t < s->T; t++)
        for (int64_t b = 0; b < s->B; b++)
            (*data)[at(s, t, b)] = s->c.resets[t * s->B + b];
    if (s->c.r.resets != NULL)
        EXPECT_SUCCESS(srnn_tensor_wrap(&tensor, *data, SRNN_DTYPE_UINT8,
                                        s->unbatched ? 1 : 2, shape, NULL));
    return tensor;
}

static void record(subject *s, const srnn_tensor *input)
{
    uint8_t *bytes = NULL;
    srnn_tensor *const lengths = lengths_of(s);
    srnn_tensor *const resets = resets_of(s, &bytes);
    made h0 = states_of(s, s->c.h0, s->shares_h0);
    made fresh = states_of(s, s->c.fresh, s->shares_fresh);
    made output = result(s, SRNN_ROLE_OUTPUT, s->B);
    made h_n = result(s, SRNN_ROLE_HIDDEN, s->B);
    const bool has_output = !maybe(s, 5);
    const bool has_h_n = !maybe(s, 5);
    expect_success_of_case(
        s->number,
        srnn_context_record(s->context, s->tape, input, lengths, resets,
                            s->c.r.h0 == NULL ? NULL : h0.tensor,
                            s->c.r.fresh == NULL ? NULL : fresh.tensor,
                            has_output ? output.tensor : NULL,
                            has_h_n ? h_n.tensor : NULL));
    if (has_output)
        check_bytes(s, "output", output.data,
                    sequence_of(s, s->output, s->D * s->of.H), output.bytes);
    if (has_h_n)
        check_bytes(s, "h_n", h_n.data, array_of(s, s->h_n, s->c.states),
                    h_n.bytes);
    done(&h0);
    done(&fresh);
    done(&output);
    done(&h_n);
    srnn_tensor_destroy(lengths);
    srnn_tensor_destroy(resets);
    free(bytes);
}

static void check_states(const subject *s, const char *name, const made *got,
                         const double *wanted, bool shared)
{
    double *const sum = reference_zeros(s->of.L * s->D * s->of.H);
    if (shared && s->B != 1)
        reference_share(s->c.rnn, s->B, wanted, sum);
    else
        shared = false;
    check_bytes(s, name, got->data,
                array_of(s, shared ? sum : wanted,
                         got->bytes / element_bytes(s->of.dtype)),
                got->bytes);
    free(sum);
}

static void check_parameters(const subject *s, srnn_gradients *gradients,
                             const recorded_gradients *wanted)
{
    for (int64_t i = 0; i < wanted->count; i++) {
        const char *const name = srnn_rnn_parameter_name(s->c.rnn, i);
        const srnn_tensor *const tensor =
            srnn_gradients_tensor(gradients, name);
        check_bytes(s, name, srnn_tensor_const_data(tensor),
                    array_of(s, wanted->parameters[i], wanted->sizes[i]),
                    wanted->sizes[i] * element_bytes(s->of.dtype));
    }
}

static void go_back(subject *s, const srnn_tensor *input,
                    srnn_gradients *gradients, srnn_accumulation how,
                    const recorded_gradients *wanted)
{
    made d_output = wrap(s, sequence_of(s, s->c.d_output, s->D * s->of.H),
                         SRNN_ROLE_OUTPUT, s->B);
    made d_h_n = states_of(s, s->c.d_h_n, false);
    made d_input = result(s, SRNN_ROLE_INPUT, s->B);
    made d_h0 = result(s, SRNN_ROLE_HIDDEN, s->shares_h0 ? 1 : s->B);
    made d_fresh = result(s, SRNN_ROLE_HIDDEN, s->shares_fresh ? 1 : s->B);
    const bool has_d_input = !maybe(s, 4);
    const bool has_d_h0 = !maybe(s, 4);
    const bool has_d_fresh = !maybe(s, 4);
    expect_success_of_case(
        s->number,
        srnn_context_backward(s->context, s->tape, input,
                              s->c.r.d_output == NULL ? NULL : d_output.tensor,
                              s->c.r.d_h_n == NULL ? NULL : d_h_n.tensor, how,
                              gradients, has_d_input ? d_input.tensor : NULL,
                              has_d_h0 ? d_h0.tensor : NULL,
                              has_d_fresh ? d_fresh.tensor : NULL));
    if (has_d_input)
        check_bytes(s, "d_input", d_input.data,
                    sequence_of(s, s->wanted.out.d_input, s->of.I),
                    d_input.bytes);
    if (has_d_h0)
        check_states(s, "d_h0", &d_h0, s->wanted.out.d_h0, s->shares_h0);
    if (has_d_fresh)
        check_states(s, "d_fresh", &d_fresh, s->wanted.out.d_fresh,
                     s->shares_fresh);
    if (gradients != NULL)
        check_parameters(s, gradients, wanted);
    done(&d_output);
    done(&d_h_n);
    done(&d_input);
    done(&d_h0);
    done(&d_fresh);
}

/* Values that gradients of parameters have before ADD, which are wanted after
 * it with the others added to them. */
static void fill(subject *s, srnn_gradients *gradients, recorded_gradients *sum)
{
    for (int64_t i = 0; i < sum->count; i++) {
        srnn_tensor *const tensor = srnn_gradients_tensor(
            gradients, srnn_rnn_parameter_name(s->c.rnn, i));
        for (int64_t k = 0; k < sum->sizes[i]; k++) {
            sum->parameters[i][k] = draws_value(&s->random);
            element_put(srnn_tensor_data(tensor), s->of.dtype, k,
                        sum->parameters[i][k]);
        }
    }
    sum->out.parameters = sum->parameters;
    reference_backward(s->c.rnn, &s->c.r, &sum->out, true);
}

/* ADD, SET over that, and without gradients of parameters. */
static void check_case(int number)
{
    subject s = make(number);
    made input =
        wrap(&s, sequence_of(&s, s.c.input, s.of.I), SRNN_ROLE_INPUT, s.B);
    srnn_gradients *gradients = NULL;
    recorded_gradients sum = recorded_gradients_make(s.c.rnn, s.T, s.B);
    EXPECT_SUCCESS(srnn_gradients_create(&gradients, s.c.rnn));
    fill(&s, gradients, &sum);
    record(&s, input.tensor);
    go_back(&s, input.tensor, gradients, SRNN_ACCUMULATION_ADD, &sum);
    draws_share_out(&s.random, s.context, MAX_THREADS);
    go_back(&s, input.tensor, gradients, SRNN_ACCUMULATION_SET, &s.wanted);
    go_back(&s, input.tensor, NULL, SRNN_ACCUMULATION_SET, NULL);
    srnn_gradients_destroy(gradients);
    recorded_gradients_free(&sum);
    done(&input);
    free_subject(&s);
}

static void test_backward__has_the_bits_of_the_oracle(void **state)
{
    (void)state;
    if (!machine_has_fma())
        skip(); /* the oracle rounds as FMA does */
    for (int number = 0; number < CASES; number++)
        check_case(number);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_backward__has_the_bits_of_the_oracle),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
