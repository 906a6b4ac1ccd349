/* SPDX-License-Identifier: MIT */
/* Computes gradients for compare_gradients.py by the library. It reads cases
 * from stdin until its end and answers each on stdout.
 *
 * A case is a line of text,
 *
 *     I H L DIRECTION NONLINEARITY bias DTYPE T B p seed first_row adds given
 *
 * where words in capitals are the ends of enumerators (for example TANH) and
 * given has a bit for each of lengths, resets, h0, fresh, d_output and d_h_n,
 * the first one the lowest. Then come numbers as doubles: all parameters, the
 * input, what is given of the six, and with adds the gradients of all
 * parameters. The answer is doubles: output, h_n, d_input, d_h0, d_fresh and
 * the gradients of all parameters. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "simplernn.h"
#include "support/element.h"
#include "support/recorded.h"

/* A case without its numbers. */
typedef struct {
    small_rnn of;
    int64_t T, B;
    double p;
    uint64_t seed;
    int64_t first_row;
    bool adds;
    unsigned given;
} header;

static _Noreturn void stop(const char *what)
{
    (void)fprintf(stderr, "gradients: %s\n", what);
    exit(1);
}

static int32_t find(const char *set, const char *word)
{
    char name[80];
    int64_t value = 0;
    (void)snprintf(name, sizeof name, "SRNN_%s_%s", set, word);
    if (srnn_constant_value(&value, name) != SRNN_OK)
        stop(srnn_last_error());
    return (int32_t)value;
}

/* False at the end of stdin. */
static bool read_header(header *out)
{
    char line[256];
    char direction[32];
    char nonlinearity[32];
    char dtype[32];
    long long n[8];
    unsigned long long seed;
    double p;
    unsigned given;
    if (fgets(line, sizeof line, stdin) == NULL)
        return false;
    if (sscanf(line,
               "%lld %lld %lld %31s %31s %lld %31s %lld %lld %lf %llu %lld "
               "%lld %u",
               &n[0], &n[1], &n[2], direction, nonlinearity, &n[3], dtype,
               &n[4], &n[5], &p, &seed, &n[6], &n[7], &given) != 14)
        stop("not a case");
    *out = (header){.of = {.I = n[0],
                           .H = n[1],
                           .L = n[2],
                           .direction = find("DIRECTION", direction),
                           .nonlinearity = find("NONLINEARITY", nonlinearity),
                           .no_bias = n[3] == 0,
                           .dtype = find("DTYPE", dtype),
                           .dropout = p},
                    .T = n[4],
                    .B = n[5],
                    .p = p,
                    .seed = seed,
                    .first_row = n[6],
                    .adds = n[7] != 0,
                    .given = given};
    return true;
}

static void get(double *values, int64_t count)
{
    if (fread(values, sizeof *values, (size_t)count, stdin) != (size_t)count)
        stop("a case ends early");
}

static void put(const double *values, int64_t count)
{
    if (fwrite(values, sizeof *values, (size_t)count, stdout) != (size_t)count)
        stop("stdout ends early");
}

static void get_parameters(const recorded *c)
{
    for (int64_t i = 0; i < srnn_rnn_parameter_count(c->rnn); i++) {
        srnn_tensor *const tensor = parameter_copy(c->rnn, i);
        double *const values = reference_zeros(srnn_tensor_size(tensor));
        get(values, srnn_tensor_size(tensor));
        for (int64_t k = 0; k < srnn_tensor_size(tensor); k++)
            element_put(srnn_tensor_data(tensor), srnn_tensor_dtype(tensor), k,
                        values[k]);
        parameter_set(c->rnn, i, tensor);
        free(values);
        srnn_tensor_destroy(tensor);
    }
}

static void get_integers(recorded *c, unsigned given)
{
    double *const values = reference_zeros(c->r.T * c->r.B + c->r.B);
    if (given & 1U)
        get(values, c->r.B);
    for (int64_t b = 0; (given & 1U) && b < c->r.B; b++)
        c->lengths[b] = (int64_t)values[b];
    if (given & 2U)
        get(values, c->r.T * c->r.B);
    for (int64_t i = 0; (given & 2U) && i < c->r.T * c->r.B; i++)
        c->resets[i] = values[i] != 0;
    free(values);
    c->r.lengths = given & 1U ? c->lengths : NULL;
    c->r.resets = given & 2U ? c->resets : NULL;
}

/* NULL for an array that is not given. */
static const double *get_given(double *values, int64_t count, bool is_given)
{
    if (is_given)
        get(values, count);
    return is_given ? values : NULL;
}

static recorded get_recorded(const header *h)
{
    recorded c = recorded_make(&h->of, h->T, h->B);
    get_parameters(&c);
    get(c.input, c.inputs);
    get_integers(&c, h->given);
    c.r.h0 = get_given(c.h0, c.states, h->given & 4U);
    c.r.fresh = get_given(c.fresh, c.states, h->given & 8U);
    c.r.d_output = get_given(c.d_output, c.outputs, h->given & 16U);
    c.r.d_h_n = get_given(c.d_h_n, c.states, h->given & 32U);
    c.r.dropout = (reference_dropout){h->p, h->seed, h->first_row, 0};
    return c;
}

static void check(srnn_status status)
{
    if (status != SRNN_OK)
        stop(srnn_last_error());
}

/* Memory of the dtype with these values; NULL for NULL. */
static void *convert(const recorded *c, const double *values, int64_t count)
{
    const size_t bytes = (size_t)(count * element_bytes(c->of.dtype));
    void *const memory = malloc(bytes + 1);
    if (memory == NULL)
        stop("no memory");
    for (int64_t i = 0; values != NULL && i < count; i++)
        element_put(memory, c->of.dtype, i, values[i]);
    if (values != NULL)
        return memory;
    free(memory);
    return NULL;
}

/* Writes an array out, and frees it. */
static void put_array(const recorded *c, void *memory, int64_t count)
{
    double *const values = reference_zeros(count);
    for (int64_t i = 0; i < count; i++)
        values[i] = element_get(memory, c->of.dtype, i);
    put(values, count);
    free(values);
    free(memory);
}

/* The arrays of a call, in the dtype. */
typedef struct {
    void *input, *h0, *fresh, *output, *h_n;
    void *d_output, *d_h_n, *d_input, *d_h0, *d_fresh;
    void *parameters[PARAMETERS_MOST];
} arrays;

static void compute(const recorded *c, const arrays *a, bool adds)
{
    srnn_context *context = NULL;
    srnn_tape *tape = NULL;
    check(srnn_context_create(&context, c->rnn));
    check(srnn_tape_create(&tape, c->rnn));
    check(srnn_tape_set_int(tape, SRNN_TAPE_DROPOUT_SEED,
                            (int64_t)c->r.dropout.seed));
    check(srnn_tape_set_int(tape, SRNN_TAPE_FIRST_ROW, c->r.dropout.first_row));
    check(srnn_context_record_contiguous(context, tape, c->r.T, c->r.B,
                                         a->input, c->r.lengths, c->r.resets,
                                         a->h0, a->fresh, a->output, a->h_n));
    // Nothing leaks: the caller has the arrays.
    // NOLINTNEXTLINE(clang-analyzer-unix.Malloc)
    check(srnn_context_backward_contiguous(
        context, tape, a->input, a->d_output, a->d_h_n,
        adds ? SRNN_ACCUMULATION_ADD : SRNN_ACCUMULATION_SET, a->parameters,
        a->d_input, a->d_h0, a->d_fresh));
    srnn_tape_destroy(tape);
    srnn_context_destroy(context);
}

static void answer(const header *h)
{
    recorded c = get_recorded(h);
    recorded_gradients g = recorded_gradients_make(c.rnn, h->T, h->B);
    double *const zeros = reference_zeros(c.outputs + c.states + c.inputs);
    for (int64_t i = 0; h->adds && i < g.count; i++)
        get(g.parameters[i], g.sizes[i]);
    arrays a = {.input = convert(&c, c.input, c.inputs),
                .h0 = convert(&c, c.r.h0, c.states),
                .fresh = convert(&c, c.r.fresh, c.states),
                .output = convert(&c, zeros, c.outputs),
                .h_n = convert(&c, zeros, c.states),
                .d_output = convert(&c, c.r.d_output, c.outputs),
                .d_h_n = convert(&c, c.r.d_h_n, c.states),
                .d_input = convert(&c, zeros, c.inputs),
                .d_h0 = convert(&c, zeros, c.states),
                .d_fresh = convert(&c, zeros, c.states)};
    for (int64_t i = 0; i < g.count; i++)
        a.parameters[i] = convert(&c, g.parameters[i], g.sizes[i]);
    compute(&c, &a, h->adds);
    put_array(&c, a.output, c.outputs);
    put_array(&c, a.h_n, c.states);
    put_array(&c, a.d_input, c.inputs);
    put_array(&c, a.d_h0, c.states);
    put_array(&c, a.d_fresh, c.states);
    for (int64_t i = 0; i < g.count; i++)
        put_array(&c, a.parameters[i], g.sizes[i]);
    free(a.input);
    free(a.h0);
    free(a.fresh);
    free(a.d_output);
    free(a.d_h_n);
    free(zeros);
    recorded_gradients_free(&g);
    recorded_free(&c);
}

int main(void)
{
    header h;
    while (read_header(&h)) {
        answer(&h);
        if (fflush(stdout) != 0)
            stop("stdout ends early");
    }
    return 0;
}
