/* SPDX-License-Identifier: MIT */
/* Walks over packed rows. */
#include "stack/rows.h"

#include <string.h>

#include "util/integer.h"

srnn_row_cursor srnn_rows__at(const srnn_rows *rows, int64_t row, int64_t t)
{
    if (rows->starts == NULL)
        return (srnn_row_cursor){row / rows->B, row % rows->B};
    while (rows->starts[t + 1] <= row)
        t++;
    return (srnn_row_cursor){t, row - rows->starts[t]};
}

bool srnn_rows__has_reset(const srnn_rows *rows, int64_t t)
{
    if (rows->resets == NULL)
        return false;
    for (int64_t i = 0; i < srnn_rows__count(rows, t); i++)
        if (srnn_rows__is_reset(rows, t, i))
            return true;
    return false;
}

/* Do steps t-1 and t belong to different runs? */
static bool breaks(const srnn_rows *rows, int64_t t)
{
    return srnn_rows__count(rows, t) != srnn_rows__count(rows, t - 1) ||
           srnn_rows__has_reset(rows, t);
}

int64_t srnn_rows__run_end(const srnn_rows *rows, int64_t first, int64_t limit)
{
    if (srnn_rows__are_even(rows))
        return limit;
    int64_t t = first + 1;
    while (t < limit && !breaks(rows, t))
        t++;
    return t;
}

int64_t srnn_rows__run_first(const srnn_rows *rows, int64_t end, int64_t limit)
{
    if (srnn_rows__are_even(rows))
        return limit;
    int64_t t = end - 1;
    while (t > limit && !breaks(rows, t))
        t--;
    return t;
}

/* Merges [first, middle) and [middle, end) of `from`, which lists rows of the
 * batch, each by falling length. */
static void merge(int64_t *to, const int64_t *from, int64_t first,
                  int64_t middle, int64_t end, const int64_t *lengths,
                  int64_t stride)
{
    int64_t left = first;
    int64_t right = middle;
    for (int64_t i = first; i < end; i++) {
        const bool takes_left =
            left < middle &&
            (right == end ||
             lengths[from[left] * stride] >= lengths[from[right] * stride]);
        to[i] = takes_left ? from[left++] : from[right++];
    }
}

/* A merge sort: qsort may take memory behind our allocator. */
void srnn_rows__order(int64_t *order, int64_t *other, int64_t B,
                      const int64_t *lengths, int64_t stride)
{
    for (int64_t b = 0; b < B; b++)
        order[b] = b;
    for (int64_t width = 1; width < B; width *= 2) {
        for (int64_t first = 0; first < B; first += 2 * width)
            merge(other, order, first, srnn_integer__smaller(first + width, B),
                  srnn_integer__smaller(first + 2 * width, B), lengths, stride);
        memcpy(order, other, (size_t)B * sizeof *order);
    }
}

int64_t srnn_rows__sort(int64_t *order, int64_t *sorted, int64_t *starts,
                        int64_t *other, int64_t T, int64_t B,
                        const int64_t *lengths, int64_t stride)
{
    srnn_rows__order(order, other, B, lengths, stride);
    for (int64_t i = 0; i < B; i++)
        sorted[i] = lengths[order[i] * stride];
    int64_t running = B;
    starts[0] = 0;
    for (int64_t t = 0; t < T; t++) {
        while (running > 0 && sorted[running - 1] <= t)
            running--;
        starts[t + 1] = starts[t] + running;
    }
    return sorted[0];
}
