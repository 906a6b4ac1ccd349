/* SPDX-License-Identifier: MIT */
#include "examination.h"

#include <stdio.h>

#include "network.h"
#include "plot.h"
#include "random.h"

enum { TRIALS = 1000 /* at each coherence, to each side */ };

static const double percent = 100;

/* How many answers of the trials in a batch are RIGHT. */
static int64_t count_right(const batch *b)
{
    int64_t right = 0;
    for (int64_t row = 0; row < b->count; row++)
        right += network_answer(b, row) == RIGHT;
    return right;
}

/* Fills a batch with trials to one side. Their keys are the numbers from 0 on
 * of a sequence, without those of trials to the other side. */
static void draw_side(batch *b, uint64_t key, double coherence, int side)
{
    uint64_t number = 0;
    for (int64_t row = 0; row < b->count; number++) {
        const trial t = trial_create(random_bits(key, number), coherence);
        if (t.answer == side)
            trial_write(&t, row++, b->input, b->target, b->counted);
    }
}

examination examine(model *m, uint64_t key)
{
    examination e = {.count = TRIALS};
    batch b = batch_create(m, TRIALS);
    for (int i = 0; i < COHERENCES; i++)
        for (int side = LEFT; side < OUTPUTS; side++) {
            draw_side(&b, random_bits(key, (uint64_t)i), coherences[i], side);
            network_run(m, &b);
            e.right[i][side] = count_right(&b);
        }
    batch_destroy(&b);
    return e;
}

void examination_print(const examination *e)
{
    printf("coherence  accuracy  ideal observer\n");
    for (int i = 0; i < COHERENCES; i++) {
        const int64_t correct =
            e->right[i][RIGHT] + e->count - e->right[i][LEFT];
        printf("%7.1f %%  %6.1f %%  %12.1f %%\n", percent * coherences[i],
               percent * (double)correct / (double)(2 * e->count),
               percent * ideal_accuracy(coherences[i]));
    }
}

void examination_plot(const examination *e, const char *path)
{
    enum { DOTS = COHERENCES * OUTPUTS, POINTS = 101 };
    double x[DOTS], y[DOTS], ideal_x[POINTS], ideal_y[POINTS];
    const double most = coherences[COHERENCES - 1];
    for (int i = 0; i < COHERENCES; i++)
        for (int side = LEFT; side < OUTPUTS; side++) {
            const int dot = i * OUTPUTS + side;
            const double coherence = percent * coherences[i];
            x[dot] = side == RIGHT ? coherence : -coherence;
            y[dot] = percent * (double)e->right[i][side] / (double)e->count;
        }
    for (int i = 0; i < POINTS; i++) {
        const double coherence = most * (2.0 * i / (POINTS - 1) - 1);
        ideal_x[i] = percent * coherence;
        ideal_y[i] = percent * ideal_accuracy(coherence);
    }
    const plot_curve curves[] = {
        {"network", x, y, DOTS, true},
        {"ideal observer", ideal_x, ideal_y, POINTS, false},
    };
    const plot_panel panel = {.x_label = "coherence to the right (%)",
                              .y_label = "decisions for right (%)",
                              .curves = curves,
                              .curve_count = 2};
    plot_write(path, "Psychometric curve", &panel, 1);
}
