/* SPDX-License-Identifier: MIT */
/* Tensors with the sizes of a row. */
#ifndef BENCH_VALUES_H
#define BENCH_VALUES_H

#include <stdbool.h>

#include <simplernn.h>

/* False after a failure, which it tells on stderr. */
bool bench_is_fine(srnn_status status);

/* Zeros, in the shape that a role has. False after a failure, which it has told
 * on stderr. */
bool bench_values_create(srnn_tensor **out, const srnn_rnn *rnn, srnn_role role,
                         int64_t steps, int64_t batch);

/* The same with values of U(-1, 1). */
bool bench_values_draw(srnn_tensor **out, const srnn_rnn *rnn, srnn_role role,
                       int64_t steps, int64_t batch);

#endif
