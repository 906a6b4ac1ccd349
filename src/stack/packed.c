/* SPDX-License-Identifier: MIT */
/* One worker's walk: windows of steps, in each of them a layer after another.
 */
#include "stack/packed.h"

#include <string.h>

#include "stack/task.h"
#include "tensor/dtype.h"

/* A step: its number, its packed rows and where they begin. */
typedef struct {
    int64_t step;
    int64_t rows;
    int64_t at;
} cursor;

/* A packed buffer: rows side by side. */
typedef struct {
    void *data;
    int64_t width;
} packed;

static int64_t size_of(const srnn_packed_worker *w)
{
    return srnn_dtype__size(w->plan->input.dtype);
}

static const srnn_options *options_of(const srnn_packed_worker *w)
{
    return &w->plan->rnn->options;
}

static void *row_of(const srnn_packed_worker *w, void *rows, int64_t number,
                    int64_t stride)
{
    return (unsigned char *)rows + number * stride * size_of(w);
}

/* How many of the first n rows have a step of this number. */
static int64_t still_running(const srnn_packed_worker *w, int64_t step,
                             int64_t n)
{
    while (n > 0 && w->rows[n - 1].length <= step)
        n--;
    return n;
}

static cursor begin_at(const srnn_packed_worker *w, int64_t step)
{
    return (cursor){step, still_running(w, step, w->count), 0};
}

static cursor next(const srnn_packed_worker *w, cursor c)
{
    return (cursor){c.step + 1, still_running(w, c.step + 1, c.rows),
                    c.at + c.rows};
}

/* The next step that has other rows, or the end. */
static cursor next_change(const srnn_packed_worker *w, cursor c, int64_t end)
{
    const int64_t rows = c.rows;
    do
        c = next(w, c);
    while (c.step < end && c.rows == rows);
    return c;
}

/* The step behind the window that begins here. */
static int64_t end_of_window(const srnn_packed_worker *w, cursor c)
{
    do
        c = next(w, c);
    while (c.rows > 0 && c.at + c.rows <= w->capacity);
    return c.step;
}

/* Where a row's step lies in time. */
static int64_t time_of(const srnn_packed_sequence *s, int64_t step,
                       bool reverse)
{
    return reverse ? s->length - 1 - step : step;
}

static void *element(const srnn_packed_worker *w, srnn_sequence s, int64_t t,
                     int64_t row)
{
    return row_of(w, s.data, t * s.time_stride + row * s.batch_stride, 1);
}

/* Between a tensor and the packed rows of a window. */
typedef enum { GATHER, SCATTER } transfer;

/* A row at `count` steps, which lie so many bytes apart here and there. */
static void move_row(unsigned char *to, int64_t to_stride,
                     const unsigned char *from, int64_t from_stride,
                     int64_t count, size_t bytes)
{
    for (int64_t i = 0; i < count; i++)
        memcpy(to + i * to_stride, from + i * from_stride, bytes);
}

static void move(const srnn_packed_worker *w, packed buffer,
                 srnn_sequence tensor, cursor c, int64_t end, bool reverse,
                 transfer kind)
{
    const int64_t bytes = buffer.width * size_of(w);
    const int64_t tensor_stride =
        (reverse ? -1 : 1) * tensor.time_stride * size_of(w);
    while (c.step < end) {
        const cursor stop = next_change(w, c, end);
        const int64_t steps = stop.step - c.step;
        const int64_t packed_stride = c.rows * bytes;
        for (int64_t i = 0; i < c.rows; i++) {
            const srnn_packed_sequence *const s = &w->rows[i];
            void *const here = row_of(w, buffer.data, c.at + i, buffer.width);
            void *const there =
                element(w, tensor, time_of(s, c.step, reverse), s->row);
            if (kind == GATHER)
                move_row(here, packed_stride, there, tensor_stride, steps,
                         (size_t)bytes);
            else
                move_row(there, tensor_stride, here, packed_stride, steps,
                         (size_t)bytes);
        }
        c = stop;
    }
}

/* The output's half of a direction. */
static srnn_sequence half_of(const srnn_packed_worker *w, int64_t direction)
{
    srnn_sequence half = srnn_task__sequence(w->plan, &w->plan->output);
    half.data = row_of(w, half.data, direction * options_of(w)->hidden_size, 1);
    return half;
}

static int64_t cell_of(const srnn_packed_worker *w, int64_t layer,
                       int64_t direction)
{
    return srnn_options__cell(options_of(w), layer, direction);
}

/* The states between windows, of this member's rows. */
static srnn_matrix states_of(const srnn_packed_worker *w, int64_t cell)
{
    const int64_t H = options_of(w)->hidden_size;
    const int64_t row = cell * w->plan->B + w->first;
    return (srnn_matrix){row_of(w, w->plan->states, row, H), w->count, H, H};
}

/* to = the state of a row in h0 or fresh, or zeros if that is NULL. */
static void copy_state(const srnn_packed_worker *w, void *to,
                       const srnn_tensor *states, int64_t cell, int64_t row)
{
    const size_t bytes = (size_t)(options_of(w)->hidden_size * size_of(w));
    if (states == NULL) {
        memset(to, 0, bytes);
        return;
    }
    const srnn_matrix from = srnn_task__states(w->plan, states, cell);
    memcpy(to, row_of(w, from.data, row, from.stride), bytes);
}

/* The last state of a row. */
static void give_h_n(const srnn_packed_worker *w, const void *from,
                     int64_t cell, int64_t row)
{
    if (w->plan->call.h_n == NULL)
        return;
    const srnn_matrix h_n = srnn_task__states(w->plan, &w->plan->h_n, cell);
    memmove(row_of(w, h_n.data, row, h_n.stride), from,
            (size_t)(options_of(w)->hidden_size * size_of(w)));
}

/* Does an episode begin before this step? In reverse it is the one that ends
 * here: the next one begins a step later in time. */
static bool is_reset(const srnn_packed_worker *w, const srnn_packed_sequence *s,
                     int64_t step, bool reverse)
{
    const srnn_tensor *const resets = w->call->resets;
    if (reverse && step == 0)
        return false;
    const int64_t t = time_of(s, step, reverse) + (reverse ? 1 : 0);
    const bool batch_first = options_of(w)->batch_first && resets->rank == 2;
    const int64_t row =
        resets->rank == 2 ? s->row * resets->strides[batch_first ? 0 : 1] : 0;
    const int64_t at = row + t * resets->strides[batch_first ? 1 : 0];
    return ((const uint8_t *)resets->data)[at] != 0;
}

static bool has_reset(const srnn_packed_worker *w, cursor c, bool reverse)
{
    if (w->call->resets == NULL)
        return false;
    for (int64_t i = 0; i < c.rows; i++)
        if (is_reset(w, &w->rows[i], c.step, reverse))
            return true;
    return false;
}

/* The states before a step: h, or a copy where some of them are fresh. */
static srnn_matrix states_before(const srnn_packed_worker *w, int64_t cell,
                                 bool reverse, srnn_matrix h, cursor c)
{
    const int64_t H = options_of(w)->hidden_size;
    if (!has_reset(w, c, reverse))
        return h;
    memcpy(w->mixed, h.data, (size_t)(c.rows * H * size_of(w)));
    for (int64_t i = 0; i < c.rows; i++)
        if (is_reset(w, &w->rows[i], c.step, reverse))
            copy_state(w, row_of(w, w->mixed, i, H), w->fresh, cell,
                       w->rows[i].row);
    return (srnn_matrix){w->mixed, c.rows, H, H};
}

/* Input products become states, over a window. */
static void recur(const srnn_packed_worker *w, int64_t cell, bool reverse,
                  void *y, cursor c, int64_t end)
{
    const int64_t H = options_of(w)->hidden_size;
    const srnn_matrix between = states_of(w, cell);
    srnn_matrix h = between;
    while (c.step < end) {
        cursor last = c;
        cursor stop = next(w, c);
        while (stop.step < end && stop.rows == c.rows &&
               !has_reset(w, stop, reverse)) {
            last = stop;
            stop = next(w, stop);
        }
        h = states_before(w, cell, reverse, h, c);
        h.rows = c.rows;
        const srnn_layer_pass pass = {
            .cell = &w->plan->rnn->cells[cell],
            .kernels = &w->plan->kernels,
            .T = stop.step - c.step,
            .B = c.rows,
            .output = {row_of(w, y, c.at, H), H, c.rows * H, H},
            .is_projected = true,
            .h0 = h,
            .columns = H};
        (void)SRNN_FOR_DTYPE(w->plan->input.dtype, srnn_layer__forward)(&pass);
        h = (srnn_matrix){row_of(w, y, last.at, H), c.rows, H, H};
        for (int64_t i = stop.rows; i < c.rows; i++)
            give_h_n(w, row_of(w, h.data, i, H), cell, w->rows[i].row);
        c = stop;
    }
    memcpy(between.data, h.data, (size_t)(c.rows * H * size_of(w)));
}

/* Packed rows x become input products y. */
static void project(const srnn_packed_worker *w, int64_t cell, packed x,
                    void *y, int64_t rows)
{
    const int64_t H = options_of(w)->hidden_size;
    const srnn_layer_pass pass = {.cell = &w->plan->rnn->cells[cell],
                                  .kernels = &w->plan->kernels,
                                  .T = rows,
                                  .B = 1,
                                  .input = {x.data, x.width, x.width, x.width},
                                  .output = {y, H, H, H},
                                  .columns = H};
    SRNN_FOR_DTYPE(w->plan->input.dtype, srnn_layer__project)(&pass);
}

static int64_t rows_of_window(const srnn_packed_worker *w, cursor c,
                              int64_t end)
{
    while (c.step < end)
        c = next(w, c);
    return c.at;
}

/* Window after window through so many layers, from the input to the output. */
static void run_from_input(const srnn_packed_worker *w, int64_t layers,
                           int64_t direction)
{
    const int64_t H = options_of(w)->hidden_size;
    const srnn_sequence input = srnn_task__sequence(w->plan, &w->plan->input);
    const bool reverse = srnn_options__reverses(options_of(w), direction);
    int64_t end = 0;
    for (cursor c = begin_at(w, 0); c.rows > 0; c = begin_at(w, end)) {
        packed x = {w->x, options_of(w)->input_size};
        end = end_of_window(w, c);
        const int64_t rows = rows_of_window(w, c, end);
        move(w, x, input, c, end, reverse, GATHER);
        for (int64_t layer = 0; layer < layers; layer++) {
            const int64_t cell = cell_of(w, layer, direction);
            project(w, cell, x, w->y[layer % 2], rows);
            recur(w, cell, reverse, w->y[layer % 2], c, end);
            x = (packed){w->y[layer % 2], H};
        }
        if (w->plan->has_output)
            move(w, x, half_of(w, direction), c, end, reverse, SCATTER);
    }
}

/* A layer above others in both directions, in place: see plan.c. */
static void project_in_place(const srnn_packed_worker *w, int64_t layer)
{
    const int64_t H = options_of(w)->hidden_size;
    const packed x = {w->x, 2 * H};
    const packed y = {w->y[0], H};
    int64_t end = 0;
    for (cursor c = begin_at(w, 0); c.rows > 0; c = begin_at(w, end)) {
        end = end_of_window(w, c);
        const int64_t rows = rows_of_window(w, c, end);
        move(w, x, half_of(w, 0), c, end, false, GATHER);
        for (int64_t direction = 0; direction < 2; direction++) {
            project(w, cell_of(w, layer, direction), x, y.data, rows);
            move(w, y, half_of(w, direction), c, end, false, SCATTER);
        }
    }
}

static void recur_in_place(const srnn_packed_worker *w, int64_t layer,
                           int64_t direction)
{
    const bool reverse = direction == 1;
    const packed y = {w->y[0], options_of(w)->hidden_size};
    int64_t end = 0;
    for (cursor c = begin_at(w, 0); c.rows > 0; c = begin_at(w, end)) {
        end = end_of_window(w, c);
        move(w, y, half_of(w, direction), c, end, reverse, GATHER);
        recur(w, cell_of(w, layer, direction), reverse, y.data, c, end);
        move(w, y, half_of(w, direction), c, end, reverse, SCATTER);
    }
}

/* Before the first step. What has no step ends here. */
static void begin_states(const srnn_packed_worker *w)
{
    const int64_t cells = srnn_options__cells(options_of(w));
    const srnn_tensor *const h0 =
        w->plan->call.h0 == NULL ? NULL : &w->plan->h0;
    for (int64_t cell = 0; cell < cells; cell++) {
        const srnn_matrix states = states_of(w, cell);
        for (int64_t i = 0; i < w->count; i++) {
            void *const state = row_of(w, states.data, i, states.stride);
            copy_state(w, state, h0, cell, w->rows[i].row);
            if (w->rows[i].length == 0)
                give_h_n(w, state, cell, w->rows[i].row);
        }
    }
}

static void clear_padding(const srnn_packed_worker *w)
{
    const srnn_sequence output = half_of(w, 0);
    for (int64_t i = 0; i < w->count; i++)
        for (int64_t t = w->rows[i].length; t < w->plan->T; t++)
            memset(element(w, output, t, w->rows[i].row), 0,
                   (size_t)(output.features * size_of(w)));
}

void srnn_packed__run(const srnn_packed_worker *w)
{
    const int64_t layers = options_of(w)->num_layers;
    const int64_t directions = srnn_options__directions(options_of(w));
    begin_states(w);
    for (int64_t direction = 0; direction < directions; direction++)
        run_from_input(w, directions == 1 ? layers : 1, direction);
    for (int64_t layer = 1; directions == 2 && layer < layers; layer++) {
        project_in_place(w, layer);
        for (int64_t direction = 0; direction < 2; direction++)
            recur_in_place(w, layer, direction);
    }
    if (w->plan->call.output != NULL)
        clear_padding(w);
}
