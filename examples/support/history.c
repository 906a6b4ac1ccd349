/* SPDX-License-Identifier: MIT */
#include "history.h"

#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "plot.h"

enum { ROWS = 3, FIRST_CAPACITY = 64 };

static double *resize(double *values, int64_t count)
{
    double *const resized = realloc(values, (size_t)count * sizeof *values);
    if (resized == NULL)
        fail("there is no memory for a history of %lld measurements",
             (long long)count);
    return resized;
}

void history_add(history *h, double step, double loss, double score)
{
    if (h->count == h->capacity) {
        h->capacity = h->capacity == 0 ? FIRST_CAPACITY : 2 * h->capacity;
        h->step = resize(h->step, h->capacity);
        h->loss = resize(h->loss, h->capacity);
        h->score = resize(h->score, h->capacity);
    }
    h->step[h->count] = step;
    h->loss[h->count] = loss;
    h->score[h->count] = score;
    h->count++;
}

srnn_tensor *history_tensor(const history *h)
{
    srnn_tensor *tensor = NULL;
    const double *const rows[ROWS] = {h->step, h->loss, h->score};
    check(srnn_tensor_create(&tensor, SRNN_DTYPE_FLOAT64, 2,
                             (int64_t[]){ROWS, h->count}));
    double *const values = srnn_tensor_data(tensor);
    for (int row = 0; row < ROWS && h->count > 0; row++)
        memcpy(values + row * h->count, rows[row],
               (size_t)h->count * sizeof *values);
    return tensor;
}

void history_read(history *h, const srnn_weights *checkpoint)
{
    srnn_tensor *tensor = NULL;
    check(srnn_weights_read_tensor(&tensor, checkpoint, HISTORY_NAME));
    if (srnn_tensor_dtype(tensor) != SRNN_DTYPE_FLOAT64 ||
        srnn_tensor_rank(tensor) != 2 || srnn_tensor_shape(tensor)[0] != ROWS)
        fail("the tensor %s of the checkpoint is not float64 [%d,count]",
             HISTORY_NAME, ROWS);
    const int64_t count = srnn_tensor_shape(tensor)[1];
    const double *const values = srnn_tensor_const_data(tensor);
    for (int64_t i = 0; i < count; i++)
        history_add(h, values[i], values[count + i], values[2 * count + i]);
    srnn_tensor_destroy(tensor);
}

void history_plot(const history *h, const char *path, const char *title,
                  const char *loss_label, const char *score_label)
{
    const plot_curve loss = {.x = h->step, .y = h->loss, .count = h->count};
    const plot_curve score = {.x = h->step, .y = h->score, .count = h->count};
    const plot_panel panels[] = {
        {.y_label = loss_label, .curves = &loss, .curve_count = 1},
        {.x_label = "step",
         .y_label = score_label,
         .curves = &score,
         .curve_count = 1},
    };
    plot_write(path, title, panels, 2);
}

void history_free(history *h)
{
    free(h->step);
    free(h->loss);
    free(h->score);
    *h = (history){0};
}
