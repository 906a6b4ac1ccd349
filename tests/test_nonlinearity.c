/* SPDX-License-Identifier: MIT */
/* Every nonlinearity, in all places where an rnn has one: config, forward,
 * cell, stream, file and description. Numbers are those of the scalar
 * reference. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "support/enumerators.h"
#include "support/fma.h"
#include "support/reference.h"
#include "support/small_rnn.h"

enum { T = 7, I = 3, H = 5 };

static void check(srnn_status status)
{
    if (status != SRNN_OK)
        fail_msg("%s", srnn_last_error());
}

static srnn_rnn *make_rnn(srnn_nonlinearity nonlinearity)
{
    return small_rnn_create(&(small_rnn){.I = I,
                                         .H = H,
                                         .L = 1,
                                         .dtype = SRNN_DTYPE_FLOAT64,
                                         .nonlinearity = nonlinearity,
                                         .seed = 3});
}

/* Inputs that reach both sides of 0, and what the reference makes of them. */
typedef struct {
    double x[T * I];
    double output[T * H];
    double h_n[H];
} sequence;

static sequence run_reference(const srnn_rnn *rnn)
{
    static const double zeros[H];
    sequence s;
    for (int i = 0; i < T * I; i++)
        s.x[i] = (double)(i * 37 % 23 - 11) / 4;
    reference_forward(rnn, T, 1, s.x, zeros, s.output, s.h_n);
    return s;
}

/* The reference follows the bit contract, which needs FMA. */
static bool is_exact(const srnn_context *context)
{
    int64_t isa = 0;
    check(srnn_context_get_int(&isa, context, SRNN_CONTEXT_ISA));
    return has_fma((srnn_isa)isa);
}

static void expect(const double *got, const double *wanted, int count,
                   bool exact)
{
    for (int i = 0; i < count; i++)
        if (exact ? got[i] != wanted[i]
                  : !(got[i] - wanted[i] < 1e-14 && wanted[i] - got[i] < 1e-14))
            fail_msg("value %d is %.17g, expected %.17g", i, got[i], wanted[i]);
}

static void check_runs(const srnn_rnn *rnn, const sequence *s, bool *exact)
{
    double y[T * H];
    double h_n[H];
    srnn_context *context = NULL;
    srnn_stream *stream = NULL;
    check(srnn_context_create(&context, rnn));
    check(srnn_context_set_int(context, SRNN_CONTEXT_GEMM, SRNN_GEMM_NATIVE));
    *exact = is_exact(context);
    check(srnn_context_forward_contiguous(context, T, 1, s->x, NULL, y, h_n));
    expect(y, s->output, T * H, *exact);
    expect(h_n, s->h_n, H, *exact);
    check(srnn_stream_create(&stream, context, 1));
    for (int t = 0; t < T; t++) {
        check(srnn_stream_step(stream, s->x + t * I, y));
        expect(y, s->output + t * H, H, *exact);
    }
    srnn_stream_destroy(stream);
    srnn_context_destroy(context);
}

static void check_cell(const srnn_rnn *rnn, srnn_nonlinearity nonlinearity,
                       const sequence *s, bool exact)
{
    static const char *const names[] = {"weight_ih_l0", "weight_hh_l0",
                                        "bias_ih_l0", "bias_hh_l0"};
    const int64_t shapes[][2] = {{1, I}, {1, H}};
    srnn_tensor *w[4];
    srnn_tensor *x = NULL;
    srnn_tensor *h = NULL;
    srnn_cell *cell = NULL;
    double row[I];
    double state[H] = {0};
    for (int i = 0; i < 4; i++)
        check(srnn_rnn_copy_parameter(&w[i], rnn, names[i]));
    check(srnn_cell_create(&cell, nonlinearity, w[0], w[1], w[2], w[3]));
    check(srnn_tensor_wrap(&x, row, SRNN_DTYPE_FLOAT64, 2, shapes[0], NULL));
    check(srnn_tensor_wrap(&h, state, SRNN_DTYPE_FLOAT64, 2, shapes[1], NULL));
    for (int t = 0; t < T; t++) {
        memcpy(row, s->x + t * I, sizeof row);
        check(srnn_cell_forward(cell, x, h, h));
        expect(state, s->output + t * H, H, exact);
    }
    srnn_tensor_destroy(h);
    srnn_tensor_destroy(x);
    srnn_cell_destroy(cell);
    for (int i = 0; i < 4; i++)
        srnn_tensor_destroy(w[i]);
}

static void check_file(const srnn_rnn *rnn, const char *word)
{
    weights_file file = small_rnn_save(rnn, "");
    srnn_weights *weights = NULL;
    srnn_rnn *const loaded = small_rnn_load(&file, "");
    check(srnn_weights_open_memory(&weights, file.bytes, file.size));
    assert_string_equal(srnn_weights_metadata(weights, "nonlinearity"), word);
    small_rnn_check_equal(rnn, loaded);
    srnn_weights_destroy(weights);
    srnn_rnn_destroy(loaded);
    weights_file_free(&file);
}

static void check_description(const srnn_rnn *rnn, const char *word)
{
    char text[4096];
    check(srnn_rnn_describe(text, sizeof text, NULL, rnn, T, 1));
    if (strstr(text, word) == NULL)
        fail_msg("no \"%s\" in: %s", word, text);
}

static void test_nonlinearity__each_is_itself_everywhere(void **state)
{
    (void)state;
    const enumerators all = enumerators_from(SRNN_NONLINEARITY_TANH);
    assert_true(all.count >= 2);
    for (int i = 0; i < all.count; i++) {
        const srnn_nonlinearity nonlinearity = all.values[i];
        char word[32];
        bool exact = false;
        assert_int_equal(srnn_supports(nonlinearity), 1);
        srnn_rnn *const rnn = make_rnn(nonlinearity);
        const sequence s = run_reference(rnn);
        check_runs(rnn, &s, &exact);
        check_cell(rnn, nonlinearity, &s, exact);
        check_file(rnn, enumerator_word(word, nonlinearity));
        check_description(rnn, word);
        srnn_rnn_destroy(rnn);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nonlinearity__each_is_itself_everywhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
