/* SPDX-License-Identifier: MIT */
/* Many inputs of an activation in blocks, on every instruction set that is
 * here, shared out over the cores. What was seen is told afterwards, as cmocka
 * does not live in threads. For the tests of activations. */
#ifndef TESTS_UNIT_ACTIVATION_BLOCKS_H
#define TESTS_UNIT_ACTIVATION_BLOCKS_H

#include <math.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pointwise/activation.h"
#include "support/fma.h"
#include "support/tools.h"
#include "util/team.h"

/* Every how many blocks are tested: of those with a result that has to be
 * computed, and of the others, where it is the input, 0, 1/2 or 1. Both take
 * long, and the others, which are nine of ten, take minutes. So
 * SRNN_TEST_VALUES asks for `most` of the values or for `all` of them. Under a
 * sanitizer or an emulator even the usual sample would take long. */
typedef struct {
    uint32_t computed, others;
} distances;

static distances find_distances(void)
{
    const char *const wanted = getenv("SRNN_TEST_VALUES");
    if (IS_SANITIZED || IS_EMULATED)
        return (distances){499, 499};
    if (wanted == NULL)
        return (distances){17, 17};
    return strcmp(wanted, "all") == 0 ? (distances){1, 1} : (distances){1, 17};
}

enum { BLOCK = 1 << 14, MAX_THREADS = 8 };

/* What an activation may be off by, in units in the last place of the result.
 * The baseline rounds products and sums apart. */
typedef struct {
    double fma;
    double baseline;
} bounds;

static uint32_t bits_of(float x)
{
    uint32_t bits = 0;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

static float from_bits(uint32_t bits)
{
    float x = 0;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Whether the result has to be computed. Each test says so for its own. */
static bool is_measured(float x);

/* Of a block of consecutive float32 values. */
static bool is_computed(uint32_t block)
{
    return is_measured(from_bits(block * BLOCK)) ||
           is_measured(from_bits(block * BLOCK + BLOCK - 1));
}

/* 2^(exponent of x - digits + 1): the last place of a result like x. */
static double last_place(double x, int digits)
{
    uint64_t bits = 0;
    memcpy(&bits, &x, sizeof bits);
    bits = ((bits >> 52) - (uint64_t)(digits - 1)) << 52;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* An instruction set that is here, and what was seen of it. */
typedef struct {
    srnn_isa isa;
    double worst;
} subject;

static int list_subjects(subject *subjects)
{
    int count = 0;
#define ADD(id, ...)                                                           \
    if (srnn_isa__is_here(SRNN_ISA_##id))                                      \
        subjects[count++] = (subject){SRNN_ISA_##id, 0};
    SRNN_ISAS(ADD, )
    assert_true(count > 0);
    return count;
}

/* One thread's part of the blocks. cmocka does not live in threads: what went
 * wrong is told afterwards. */
typedef struct worker {
    void (*check)(struct worker *w, uint32_t block);
    bool (*has_computed)(uint32_t block); /* has it results that are? */
    distances distance;
    uint32_t first, end; /* blocks */
    subject subjects[SRNN_ISA_COUNT];
    int count;
    bool failed;
    char failure[200];
    float x32[BLOCK], y32[BLOCK], z32[BLOCK], oracle32[BLOCK];
    double wanted32[BLOCK];
    double x64[BLOCK], y64[BLOCK], z64[BLOCK], first64[BLOCK];
} worker;

static void note(worker *w, const subject *s, const char *what, double x,
                 double y)
{
    if (!w->failed)
        (void)snprintf(
            w->failure, sizeof w->failure, "%s: %s: of %.17g it is %.17g",
            s == NULL ? "oracle" : srnn_isa__name(s->isa), what, x, y);
    w->failed = true;
}

/* Instruction sets with FMA give the same bits; there is no NaN in the block.
 * True if this one has FMA. */
static bool check_first_f64(worker *w, const subject *s, bool has_first)
{
    if (!has_fma(s->isa))
        return false;
    if (has_first && memcmp(w->y64, w->first64, sizeof w->first64) != 0)
        note(w, s, "other bits, in the block of", w->x64[0], w->y64[0]);
    memcpy(w->first64, w->y64, sizeof w->first64);
    return true;
}

static void *work(void *argument)
{
    worker *const w = argument;
    for (uint32_t block = w->first; block < w->end && !w->failed; block++)
        if (block % (w->has_computed(block) ? w->distance.computed
                                            : w->distance.others) ==
            0)
            w->check(w, block);
    return NULL;
}

static void report(const worker *w, const char *name, bounds bound)
{
    for (int i = 0; i < w->count; i++) {
        const subject *const s = &w->subjects[i];
        print_message("%s %s: largest error %.4f ulp\n", name,
                      srnn_isa__name(s->isa), s->worst);
        assert_true(s->worst > 0.5);
        assert_true(s->worst <= (has_fma(s->isa) ? bound.fma : bound.baseline));
    }
}

/* The blocks, shared out over the cores. */
static void check_blocks(void (*check)(worker *w, uint32_t block),
                         bool (*has_computed)(uint32_t block), uint32_t blocks,
                         const char *name, bounds bound)
{
    int threads = (int)srnn_team__available();
    pthread_t ids[MAX_THREADS];
    if (threads > MAX_THREADS)
        threads = MAX_THREADS;
    worker *const workers = calloc((size_t)threads, sizeof *workers);
    assert_non_null(workers);
    for (int i = 0; i < threads; i++) {
        worker *const w = &workers[i];
        w->check = check;
        w->has_computed = has_computed;
        w->distance = find_distances();
        w->first =
            (uint32_t)((uint64_t)blocks * (unsigned)i / (unsigned)threads);
        w->end = (uint32_t)((uint64_t)blocks * (unsigned)(i + 1) /
                            (unsigned)threads);
        w->count = list_subjects(w->subjects);
        assert_int_equal(pthread_create(&ids[i], NULL, work, w), 0);
    }
    for (int i = 0; i < threads; i++)
        assert_int_equal(pthread_join(ids[i], NULL), 0);
    for (int i = 0; i < threads; i++) {
        if (workers[i].failed)
            fail_msg("%s", workers[i].failure);
        for (int j = 0; j < workers[i].count; j++)
            workers[0].subjects[j].worst = fmax(workers[0].subjects[j].worst,
                                                workers[i].subjects[j].worst);
    }
    report(&workers[0], name, bound);
    free(workers);
}

/* Of random float64 inputs. */
static bool is_always_computed(uint32_t block)
{
    (void)block;
    return true;
}

/* Sebastiano Vigna's splitmix64. */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

#endif
