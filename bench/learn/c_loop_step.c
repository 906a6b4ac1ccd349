/* SPDX-License-Identifier: MIT */
/* The training step of problem.h in C with OpenBLAS, as a user would write it
 * in an afternoon; see ../peers/c_loop.c. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "problem.h"

#include <cblas.h>
#undef I /* a macro of <complex.h> */

#ifdef __clang__
static const char compiler[] = __VERSION__; /* begins with its name */
#else
static const char compiler[] = "gcc " __VERSION__;
#endif

enum { W_IH, W_HH, B_IH, B_HH, FC_W, FC_B };

typedef struct {
    const learn_problem *p;
    int T, B, in, H, C, rows;
    float **w; /* parameters */
    float *g[LEARN_PARAMETERS], *m[LEARN_PARAMETERS], *v[LEARN_PARAMETERS];
    float *h;                 /* [T,B,H] */
    float *d_z;               /* [T,B,H] */
    float *logits, *d_logits; /* [rows,C] */
    float *d_h;               /* [rows,H], of what the loss reads */
    int64_t steps;
    double loss;
} model;

/* C = beta C + A B, each of A and B perhaps turned */
static void multiply(CBLAS_TRANSPOSE turn_a, CBLAS_TRANSPOSE turn_b, int M,
                     int N, int K, const float *a, const float *b, float beta,
                     float *c)
{
    cblas_sgemm(CblasRowMajor, turn_a, turn_b, M, N, K, 1, a,
                turn_a == CblasNoTrans ? K : M, b,
                turn_b == CblasNoTrans ? N : K, beta, c, N);
}

static void forward(model *m)
{
    const size_t size = (size_t)m->B * (size_t)m->H;
    multiply(CblasNoTrans, CblasTrans, m->T * m->B, m->H, m->in, m->p->x,
             m->w[W_IH], 0, m->h);
    for (int t = 0; t < m->T; t++) {
        float *const z = m->h + (size_t)t * size;
        if (t > 0)
            multiply(CblasNoTrans, CblasTrans, m->B, m->H, m->H, z - size,
                     m->w[W_HH], 1, z);
        for (int b = 0; b < m->B; b++)
            for (int i = 0; i < m->H; i++)
                z[b * m->H + i] =
                    tanhf(z[b * m->H + i] + m->w[B_IH][i] + m->w[B_HH][i]);
    }
}

/* What the loss reads: the last rows of h. */
static float *features(const model *m)
{
    return m->h +
           ((size_t)m->T * (size_t)m->B - (size_t)m->rows) * (size_t)m->H;
}

static void compare_classes(model *m)
{
    double sum = 0;
    for (int r = 0; r < m->rows; r++) {
        const float *const z = m->logits + (size_t)r * (size_t)m->C;
        float *const d = m->d_logits + (size_t)r * (size_t)m->C;
        const int64_t target = m->p->classes[r];
        float most = z[0];
        for (int c = 1; c < m->C; c++)
            most = z[c] > most ? z[c] : most;
        float total = d[0] = expf(z[0] - most);
        for (int c = 1; c < m->C; c++)
            total += d[c] = expf(z[c] - most);
        sum += log((double)total) + (double)(most - z[target]);
        for (int c = 0; c < m->C; c++)
            d[c] /= total * (float)m->rows;
        d[target] -= 1 / (float)m->rows;
    }
    m->loss = sum / m->rows;
}

static void compare_values(model *m)
{
    const int count = m->rows * m->C;
    double sum = 0;
    for (int i = 0; i < count; i++) {
        const float error = m->logits[i] - m->p->values[i];
        sum += (double)(error * error);
        m->d_logits[i] = 2 * error / (float)count;
    }
    m->loss = sum / count;
}

static void add_rows(float *sums, const float *rows, int count, int width)
{
    memset(sums, 0, (size_t)width * sizeof *sums);
    for (int r = 0; r < count; r++)
        for (int i = 0; i < width; i++)
            sums[i] += rows[(size_t)r * (size_t)width + (size_t)i];
}

static void run_head(model *m)
{
    const float *const x = features(m);
    for (int r = 0; r < m->rows; r++)
        memcpy(m->logits + (size_t)r * (size_t)m->C, m->w[FC_B],
               (size_t)m->C * sizeof(float));
    multiply(CblasNoTrans, CblasTrans, m->rows, m->C, m->H, x, m->w[FC_W], 1,
             m->logits);
    if (m->p->has_values)
        compare_values(m);
    else
        compare_classes(m);
    multiply(CblasTrans, CblasNoTrans, m->C, m->H, m->rows, m->d_logits, x, 0,
             m->g[FC_W]);
    add_rows(m->g[FC_B], m->d_logits, m->rows, m->C);
    multiply(CblasNoTrans, CblasNoTrans, m->rows, m->H, m->C, m->d_logits,
             m->w[FC_W], 0, m->d_h);
}

static void backward(model *m)
{
    const size_t size = (size_t)m->B * (size_t)m->H;
    const int rows = m->T * m->B;
    for (int t = m->T - 1; t >= 0; t--) {
        float *const d = m->d_z + (size_t)t * size;
        const float *const h = m->h + (size_t)t * size;
        const bool is_read = !m->p->is_last || t == m->T - 1;
        if (is_read)
            memcpy(d, m->d_h + (m->p->is_last ? 0 : (size_t)t * size),
                   size * sizeof *d);
        else
            memset(d, 0, size * sizeof *d);
        if (t < m->T - 1)
            multiply(CblasNoTrans, CblasNoTrans, m->B, m->H, m->H, d + size,
                     m->w[W_HH], 1, d);
        for (size_t i = 0; i < size; i++)
            d[i] *= 1 - h[i] * h[i];
    }
    multiply(CblasTrans, CblasNoTrans, m->H, m->in, rows, m->d_z, m->p->x, 0,
             m->g[W_IH]);
    multiply(CblasTrans, CblasNoTrans, m->H, m->H, rows - m->B, m->d_z + size,
             m->h, 0, m->g[W_HH]);
    add_rows(m->g[B_IH], m->d_z, rows, m->H);
    memcpy(m->g[B_HH], m->g[B_IH], (size_t)m->H * sizeof(float));
}

static void update(model *m)
{
    double squares = 0;
    m->steps++;
    for (int i = 0; i < LEARN_PARAMETERS; i++) {
        float sum = 0;
        for (int64_t j = 0; j < m->p->sizes[i]; j++)
            sum += m->g[i][j] * m->g[i][j];
        squares += (double)sum;
    }
    const double factor = 1 / (sqrt(squares) + 1e-6);
    const float scale = factor < 1 ? (float)factor : 1;
    const double first = 1 - pow(0.9, (double)m->steps);
    const double second = sqrt(1 - pow(0.999, (double)m->steps));
    const float rate = (float)(1e-3 / first), root = (float)second;
    for (int i = 0; i < LEARN_PARAMETERS; i++)
        for (int64_t j = 0; j < m->p->sizes[i]; j++) {
            const float g = m->g[i][j] * scale;
            m->m[i][j] = 0.9f * m->m[i][j] + 0.1f * g;
            m->v[i][j] = 0.999f * m->v[i][j] + 0.001f * g * g;
            m->w[i][j] -=
                rate * m->m[i][j] / (sqrtf(m->v[i][j]) / root + 1e-8f);
        }
}

static void step(void *argument)
{
    model *const m = argument;
    forward(m);
    run_head(m);
    backward(m);
    update(m);
}

static void create(model *m, learn_problem *p)
{
    *m = (model){.p = p,
                 .T = (int)p->T,
                 .B = (int)p->B,
                 .in = (int)p->I,
                 .H = (int)p->H,
                 .C = (int)p->C,
                 .rows = (int)p->rows,
                 .w = p->parameters};
    for (int i = 0; i < LEARN_PARAMETERS; i++) {
        m->g[i] = learn_room(p->sizes[i]);
        m->m[i] = learn_room(p->sizes[i]);
        m->v[i] = learn_room(p->sizes[i]);
    }
    m->h = learn_room(p->T * p->B * p->H);
    m->d_z = learn_room(p->T * p->B * p->H);
    m->logits = learn_room(p->rows * p->C);
    m->d_logits = learn_room(p->rows * p->C);
    m->d_h = learn_room(p->rows * p->H);
}

static void destroy(model *m)
{
    for (int i = 0; i < LEARN_PARAMETERS; i++) {
        free(m->g[i]);
        free(m->m[i]);
        free(m->v[i]);
    }
    free(m->h);
    free(m->d_z);
    free(m->logits);
    free(m->d_logits);
    free(m->d_h);
}

int main(int argc, char **argv)
{
    learn_problem problem;
    model m;
    learn_problem_create(&problem, argc, argv);
    openblas_set_num_threads(problem.threads);
    create(&m, &problem);
    learn_measure(&problem, "c_loop", compiler, openblas_get_corename(), step,
                  &m, &m.loss);
    destroy(&m);
    learn_problem_destroy(&problem);
    return 0;
}
