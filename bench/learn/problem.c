/* SPDX-License-Identifier: MIT */
/* The command line, the numbers and the line of JSON. */
#include "problem.h"

#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fail(const char *text)
{
    (void)fprintf(stderr, "%s\n", text);
    exit(2);
}

float *learn_room(int64_t count)
{
    const size_t bytes = ((size_t)count * sizeof(float) + 63) / 64 * 64;
    float *const values = aligned_alloc(64, bytes);
    if (values == NULL)
        fail("no memory");
    memset(values, 0, bytes);
    return values;
}

/* Weyl's sequence of the golden ratio: number n is in [0,1). */
static double number(uint32_t n)
{
    return (double)(uint32_t)(n * UINT32_C(2654435769)) / 0x1p32;
}

static float *draw(int64_t count, double bound, uint32_t *next)
{
    float *const values = learn_room(count);
    for (int64_t i = 0; i < count; i++)
        values[i] = (float)(bound * (2 * number(++*next) - 1));
    return values;
}

/* A whole number, and where the text goes on. */
static bool parse_integer(int64_t *out, const char **text)
{
    char *end = NULL;
    *out = strtoll(*text, &end, 10);
    const bool is_number = end != *text;
    *text = end;
    return is_number;
}

static bool parse_sizes(learn_problem *p, const char *text)
{
    int64_t *const sizes[] = {&p->T, &p->B, &p->I, &p->H, &p->C};
    for (int i = 0; i < 5; i++)
        if (!parse_integer(sizes[i], &text) || *text++ != (i < 4 ? ',' : '\0'))
            return false;
    return true;
}

static bool parse_option(learn_problem *p, int option, const char *text)
{
    char *end = NULL;
    int64_t threads = 0;
    switch (option) {
    case 's':
        return parse_sizes(p, text);
    case 'l':
        p->is_last = strcmp(text, "last") == 0;
        return p->is_last || strcmp(text, "all") == 0;
    case 'g':
        p->has_values = strcmp(text, "values") == 0;
        return p->has_values || strcmp(text, "classes") == 0;
    case 't':
        if (!parse_integer(&threads, &text))
            return false;
        p->threads = (int)threads;
        return *text == '\0';
    case 'S':
        p->effort.seconds = strtod(text, &end);
        return end != text && *end == '\0';
    case 'n':
        return parse_integer(&p->effort.samples, &text) && *text == '\0';
    default:
        return false;
    }
}

static void parse(learn_problem *p, int argc, char **argv)
{
    static const struct option options[] = {
        {"sizes", required_argument, NULL, 's'},
        {"loss", required_argument, NULL, 'l'},
        {"target", required_argument, NULL, 'g'},
        {"threads", required_argument, NULL, 't'},
        {"seconds", required_argument, NULL, 'S'},
        {"samples", required_argument, NULL, 'n'},
        {NULL, 0, NULL, 0}};
    int option = 0;
    *p = (learn_problem){.threads = 1, .effort = {0.3, 30}};
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1)
        if (!parse_option(p, option, optarg))
            fail("bad arguments");
    if (optind < argc || p->T < 1 || p->B < 1 || p->I < 1 || p->H < 1 ||
        p->C < 1 || p->threads < 1)
        fail("--sizes T,B,I,H,C is missing");
}

void learn_problem_create(learn_problem *p, int argc, char **argv)
{
    uint32_t next = 0;
    parse(p, argc, argv);
    const int64_t sizes[LEARN_PARAMETERS] = {p->H * p->I, p->H * p->H, p->H,
                                             p->H,        p->C * p->H, p->C};
    p->rows = p->is_last ? p->B : p->T * p->B;
    for (int i = 0; i < LEARN_PARAMETERS; i++) {
        p->sizes[i] = sizes[i];
        p->parameters[i] = draw(sizes[i], 1 / sqrt((double)p->H), &next);
    }
    p->x = draw(p->T * p->B * p->I, 1, &next);
    p->values = draw(p->rows * (p->has_values ? p->C : 1), 1, &next);
    p->classes = calloc((size_t)p->rows, sizeof *p->classes);
    if (p->classes == NULL)
        fail("no memory");
    for (int64_t i = 0; !p->has_values && i < p->rows; i++)
        p->classes[i] =
            (int64_t)((double)p->C * ((double)p->values[i] + 1) / 2) % p->C;
}

void learn_problem_destroy(learn_problem *p)
{
    for (int i = 0; i < LEARN_PARAMETERS; i++)
        free(p->parameters[i]);
    free(p->x);
    free(p->values);
    free(p->classes);
}

void learn_measure(const learn_problem *p, const char *library,
                   const char *version, const char *core_type, bench_work *step,
                   void *argument, const double *loss)
{
    bench_times times;
    for (int i = 0; i < LEARN_CHECKED; i++)
        step(argument);
    const double checked = *loss;
    if (!bench_timing_measure(&times, &p->effort, step, argument))
        fail("no memory for samples");
    (void)printf("{\"library\": \"%s\", \"version\": \"%s\", ", library,
                 version);
    if (core_type != NULL)
        (void)printf("\"core_type\": \"%s\", ", core_type);
    (void)printf("\"threads\": %d, \"median_us\": %.6g, \"min_us\": %.6g, "
                 "\"samples\": %" PRId64 ", \"loss\": %.9g}\n",
                 p->threads, 1e6 * times.median, 1e6 * times.min, times.samples,
                 checked);
}
