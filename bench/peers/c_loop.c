/* SPDX-License-Identifier: MIT */
/*
 * The peer C with OpenBLAS: what a user would write in an afternoon. One
 * product for the inputs of all steps, one product a step, and for training one
 * product for each gradient. The compiler's -Ofast makes vectors of the rest,
 * tanhf included, and flushes subnormal numbers.
 *     bench-c-loop --shape T,B,I,H,L,D [--mode train] --threads N
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "peer.h"

#include <cblas.h> /* last: it makes I a macro, by <complex.h> */

#ifdef __clang__
static const char compiler[] = __VERSION__; /* begins with its name */
#else
static const char compiler[] = "gcc " __VERSION__;
#endif

/* Integers of BLAS. */
typedef struct {
    int T, B, in, H;
    int ld; /* of the output: both directions lie side by side */
    int direction;
} cell_size;

static int time_of(const cell_size *s, int step)
{
    return s->direction == 0 ? step : s->T - 1 - step;
}

/* z += h W^T, or h W if w is not turned */
static void product(const cell_size *s, float *z, int ld_z, const float *h,
                    int ld_h, const float *w, CBLAS_TRANSPOSE turn)
{
    if (s->B == 1)
        cblas_sgemv(CblasRowMajor,
                    turn == CblasTrans ? CblasNoTrans : CblasTrans, s->H, s->H,
                    1, w, s->H, h, 1, 1, z, 1);
    else
        cblas_sgemm(CblasRowMajor, CblasNoTrans, turn, s->B, s->H, s->H, 1, h,
                    ld_h, w, s->H, 1, z, ld_z);
}

/* h0 is NULL for zeros. */
static void forward(const cell_size *s, const peer_cell *c, const float *x,
                    const float *h0, float *out)
{
    const float *h = h0;
    int ld_h = s->H;
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, s->T * s->B, s->H,
                s->in, 1, x, s->in, c->w_ih, s->in, 0, out, s->ld);
    for (int step = 0; step < s->T; step++) {
        float *const z = out + (size_t)time_of(s, step) * s->B * s->ld;
        if (h != NULL)
            product(s, z, s->ld, h, ld_h, c->w_hh, CblasTrans);
        for (int b = 0; b < s->B; b++)
            for (int i = 0; i < s->H; i++)
                z[b * s->ld + i] =
                    tanhf(z[b * s->ld + i] + c->b_ih[i] + c->b_hh[i]);
        h = z;
        ld_h = s->ld;
    }
}

/* The part of backward that goes through time: d_z [T,B,H] and d_h0. d_out and
 * d_h_n are NULL for zeros. */
static void backward_steps(const cell_size *s, const peer_cell *c,
                           const float *out, const float *d_out,
                           const float *d_h_n, float *d_z, float *d_h0)
{
    const size_t size = (size_t)s->B * s->H;
    const float *later = NULL;
    for (int step = s->T - 1; step >= 0; step--) {
        const size_t t = (size_t)time_of(s, step);
        const float *const h = out + t * s->B * s->ld;
        float *const d = d_z + t * size;
        for (int b = 0; b < s->B; b++)
            for (int i = 0; i < s->H; i++)
                d[b * s->H + i] =
                    d_out == NULL ? 0 : d_out[(t * s->B + b) * s->ld + i];
        if (later != NULL)
            product(s, d, s->H, later, s->H, c->w_hh, CblasNoTrans);
        else if (d_h_n != NULL)
            cblas_saxpy((int)size, 1, d_h_n, 1, d, 1);
        for (int b = 0; b < s->B; b++)
            for (int i = 0; i < s->H; i++)
                d[b * s->H + i] *= 1 - h[b * s->ld + i] * h[b * s->ld + i];
        later = d;
    }
    memset(d_h0, 0, size * sizeof *d_h0);
    product(s, d_h0, s->H, later, s->H, c->w_hh, CblasNoTrans);
}

/* The rest, all steps at once. d_x is added to if `adds`. */
static void backward_products(const cell_size *s, const peer_cell *c,
                              const float *x, const float *h0, const float *out,
                              const float *d_z, const peer_cell *gradient,
                              float *d_x, bool adds)
{
    const int rows = s->T * s->B, H = s->H;
    const size_t size = (size_t)s->B * H, wide = (size_t)s->B * s->ld;
    const bool back = s->direction == 1;
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, H, s->in, rows, 1, d_z,
                H, x, s->in, 0, gradient->w_ih, s->in);
    cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, H, H, s->B, 1,
                d_z + (size_t)time_of(s, 0) * size, H, h0, H, 0, gradient->w_hh,
                H);
    if (s->T > 1)
        cblas_sgemm(CblasRowMajor, CblasTrans, CblasNoTrans, H, H, rows - s->B,
                    1, d_z + (back ? 0 : size), H, out + (back ? wide : 0),
                    s->ld, 1, gradient->w_hh, H);
    memset(gradient->b_ih, 0, (size_t)H * sizeof(float));
    for (int row = 0; row < rows; row++)
        for (int i = 0; i < H; i++)
            gradient->b_ih[i] += d_z[(size_t)row * H + i];
    memcpy(gradient->b_hh, gradient->b_ih, (size_t)H * sizeof(float));
    cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, rows, s->in, H, 1,
                d_z, H, c->w_ih, s->in, adds ? 1 : 0, d_x, s->in);
}

/* What stays from call to call. */
typedef struct {
    const peer_problem *problem;
    peer_results results;
    float **values;   /* by layer: what it reads; the last one is the output */
    float **d_values; /* their gradients */
    float *d_z;
} network;

static cell_size size_of(const network *n, int64_t layer, int64_t direction)
{
    const bench_shape *const s = &n->problem->shape;
    return (cell_size){
        (int)s->T, (int)s->B,          (int)bench_shape_inputs(s, layer),
        (int)s->H, (int)(s->D * s->H), (int)direction};
}

static void run_forward(network *n)
{
    const peer_problem *const p = n->problem;
    const int64_t H = p->shape.H;
    /* One step alone stands for a step of a stream, which has a state. */
    const bool has_h0 = p->loss != PEER_LOSS_NONE || p->shape.T == 1;
    for (int64_t i = 0; i < p->cell_count; i++) {
        const int64_t layer = i / p->shape.D;
        const cell_size s = size_of(n, layer, i % p->shape.D);
        forward(&s, &p->cells[i], n->values[layer],
                has_h0 ? p->h0 + i * s.B * H : NULL,
                n->values[layer + 1] + s.direction * H);
    }
}

static void run_backward(network *n)
{
    const peer_problem *const p = n->problem;
    const int64_t H = p->shape.H;
    for (int64_t i = p->cell_count - 1; i >= 0; i--) {
        const int64_t layer = i / p->shape.D;
        const cell_size s = size_of(n, layer, i % p->shape.D);
        const bool is_last = p->loss == PEER_LOSS_LAST;
        const float *d_out = n->d_values[layer + 1] + s.direction * H;
        const float *const out = n->values[layer + 1] + s.direction * H;
        if (is_last && layer == p->shape.L - 1)
            d_out = NULL;
        backward_steps(&s, &p->cells[i], out, d_out,
                       is_last ? p->d_h_n + i * s.B * H : NULL, n->d_z,
                       n->results.d_h0 + i * s.B * H);
        backward_products(&s, &p->cells[i], n->values[layer],
                          p->h0 + i * s.B * H, out, n->d_z,
                          &n->results.gradients[i], n->d_values[layer],
                          s.direction != p->shape.D - 1);
    }
}

static void run(void *argument)
{
    network *const n = argument;
    run_forward(n);
    if (n->problem->loss != PEER_LOSS_NONE)
        run_backward(n);
}

/* Aligned, or OpenBLAS would be slower than it is for many programs. */
static float *room(int64_t count)
{
    const size_t bytes = ((size_t)count * sizeof(float) + 63) / 64 * 64;
    float *const values = aligned_alloc(64, bytes);
    if (values != NULL)
        memset(values, 0, bytes);
    return values;
}

static bool create(network *n, peer_problem *p)
{
    const bench_shape *const s = &p->shape;
    const size_t count = (size_t)s->L + 1;
    const int64_t output = s->T * s->B * s->D * s->H;
    *n = (network){.problem = p,
                   .values = calloc(count, sizeof(float *)),
                   .d_values = calloc(count, sizeof(float *)),
                   .d_z = room(s->T * s->B * s->H)};
    if (!peer_results_create(&n->results, p) || n->values == NULL ||
        n->d_values == NULL || n->d_z == NULL)
        return false;
    n->values[0] = p->input;
    n->values[s->L] = n->results.output;
    n->d_values[0] = n->results.d_input;
    n->d_values[s->L] = p->d_output;
    bool done = true;
    for (int64_t layer = 1; layer < s->L; layer++) {
        n->values[layer] = room(output);
        n->d_values[layer] = room(output);
        done = done && n->values[layer] != NULL && n->d_values[layer] != NULL;
    }
    return done;
}

static void destroy(network *n)
{
    for (int64_t layer = 1; layer < n->problem->shape.L; layer++) {
        free(n->values == NULL ? NULL : n->values[layer]);
        free(n->d_values == NULL ? NULL : n->d_values[layer]);
    }
    free(n->values);
    free(n->d_values);
    free(n->d_z);
    peer_results_destroy(&n->results, n->problem);
}

/* "OpenBLAS 0.3.21": the first two words of what it tells. */
static void name_blas(char *out, size_t capacity)
{
    const char *const text = openblas_get_config();
    const size_t first = strcspn(text, " ");
    const size_t second = strcspn(text + first + (text[first] != '\0'), " ");
    (void)snprintf(out, capacity, "%.*s", (int)(first + 1 + second), text);
}

/* Twice, so that it would be seen if the second call added to the first. */
static bool measure(network *n, peer_problem *p, const peer_options *options)
{
    char blas[64];
    bench_times times;
    run(n);
    run(n);
    const double error = peer_largest_error(p, &n->results);
    if (!peer_is_right(error))
        return false;
    peer_problem_fill_loss(p);
    if (!bench_timing_measure(&times, &options->effort, run, n))
        return false;
    name_blas(blas, sizeof blas);
    peer_print("c_loop", compiler, blas, openblas_get_corename(), options,
               &times, error);
    return true;
}

int main(int argc, char **argv)
{
    enum { FAILURE = 1, MISUSE = 2 };
    peer_options options;
    network n;
    if (!peer_parse(&options, argc, argv))
        return MISUSE;
    openblas_set_num_threads(options.threads);
    peer_problem *const p = peer_problem_create(&options.shape, options.loss);
    if (p == NULL)
        return FAILURE;
    const bool done = create(&n, p) && measure(&n, p, &options);
    destroy(&n);
    peer_problem_destroy(p);
    return done ? 0 : FAILURE;
}
