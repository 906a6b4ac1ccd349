/* SPDX-License-Identifier: MIT */
/* Moves rows of features. */
#include "stack/moves.h"

#include <string.h>

#include "tensor/dtype.h"

srnn_outside srnn_outside__sequence(const srnn_rnn *rnn,
                                    const srnn_tensor *tensor, int64_t T,
                                    int64_t B)
{
    if (tensor == NULL)
        return (srnn_outside){0};
    const bool batched = tensor->rank == 3;
    const bool batch_first = rnn->options.batch_first && batched;
    const int32_t last = tensor->rank - 1;
    srnn_outside o = {
        .data = tensor->data,
        .size = srnn_dtype__size(tensor->dtype),
        .features = tensor->shape[last],
        .step_stride = tensor->strides[batch_first ? 1 : 0],
        .row_stride = batched ? tensor->strides[batch_first ? 0 : 1] : 0,
        .feature_stride = tensor->shape[last] == 1 ? 1 : tensor->strides[last]};
    if (B == 1)
        o.row_stride = T == 1 ? o.features : o.step_stride;
    if (T == 1)
        o.step_stride = B * o.row_stride;
    return o;
}

srnn_outside srnn_outside__states(const srnn_tensor *tensor)
{
    if (tensor == NULL)
        return (srnn_outside){0};
    const int32_t last = tensor->rank - 1;
    const bool has_rows = tensor->rank == 3 && tensor->shape[1] > 1;
    return (srnn_outside){.data = tensor->data,
                          .size = srnn_dtype__size(tensor->dtype),
                          .features = tensor->shape[last],
                          .step_stride = tensor->strides[0],
                          .row_stride = has_rows ? tensor->strides[1] : 0,
                          .feature_stride = tensor->strides[last]};
}

bool srnn_outside__is_matrix(const srnn_outside *o, const srnn_rows *rows)
{
    return rows->starts == NULL && o->feature_stride == 1 &&
           o->row_stride == o->features &&
           o->step_stride == rows->B * o->row_stride;
}

srnn_matrix srnn_outside__matrix(const srnn_outside *o, int64_t first,
                                 int64_t count)
{
    return (srnn_matrix){o->data + first * o->row_stride * o->size, count,
                         o->features, o->row_stride};
}

/* A run of features: strides in elements. */
static void copy(unsigned char *to, int64_t to_stride,
                 const unsigned char *from, int64_t from_stride, int64_t count,
                 int64_t size)
{
    if (to_stride == 1 && from_stride == 1) {
        memcpy(to, from, (size_t)(count * size));
        return;
    }
    for (int64_t i = 0; i < count; i++)
        memcpy(to + i * to_stride * size, from + i * from_stride * size,
               (size_t)size);
}

static unsigned char *element(const srnn_outside *o, int64_t step, int64_t row)
{
    return o->data + (step * o->step_stride + row * o->row_stride) * o->size;
}

void srnn_outside__gather(const srnn_outside *o, const srnn_rows *rows,
                          srnn_row_cursor from, int64_t count, void *to,
                          int64_t stride)
{
    for (int64_t n = 0; n < count; n++) {
        copy((unsigned char *)to + n * stride * o->size, 1,
             element(o, from.t, srnn_rows__row(rows, from.i)),
             o->feature_stride, o->features, o->size);
        srnn_rows__next(rows, &from);
    }
}

void srnn_outside__scatter(const srnn_outside *o, const srnn_rows *rows,
                           srnn_row_cursor from, int64_t count, const void *in,
                           int64_t stride)
{
    if (stride == o->features && srnn_outside__is_matrix(o, rows)) {
        memcpy(element(o, from.t, from.i), in,
               (size_t)(count * stride * o->size));
        return;
    }
    for (int64_t n = 0; n < count; n++) {
        copy(element(o, from.t, srnn_rows__row(rows, from.i)),
             o->feature_stride,
             (const unsigned char *)in + n * stride * o->size, 1, o->features,
             o->size);
        srnn_rows__next(rows, &from);
    }
}

void srnn_outside__read_state(const srnn_outside *o, const srnn_rows *rows,
                              int64_t cell, int64_t i, void *to)
{
    copy(to, 1, element(o, cell, srnn_rows__row(rows, i)), o->feature_stride,
         o->features, o->size);
}

void srnn_outside__write_state(const srnn_outside *o, const srnn_rows *rows,
                               int64_t cell, int64_t i, const void *from)
{
    copy(element(o, cell, srnn_rows__row(rows, i)), o->feature_stride, from, 1,
         o->features, o->size);
}

static void clear_row(const srnn_outside *o, int64_t row, int64_t first,
                      int64_t end)
{
    for (int64_t t = first; t < end; t++)
        for (int64_t k = 0; k < o->features; k++)
            memset(element(o, t, row) + k * o->feature_stride * o->size, 0,
                   (size_t)o->size);
}

void srnn_outside__clear_padding(const srnn_outside *o, const srnn_rows *rows,
                                 int64_t T)
{
    if (rows->lengths == NULL)
        return; /* no padding */
    for (int64_t i = 0; i < rows->B; i++)
        clear_row(o, srnn_rows__row(rows, i), rows->lengths[i], T);
}
