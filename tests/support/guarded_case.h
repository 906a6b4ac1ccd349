/* SPDX-License-Identifier: MIT */
/* Calls of many sizes whose operands lie between pages that nobody may touch
 * (guarded.h), once at the end of their memory and once at its beginning. What
 * a call only reads lies on pages that nobody may write. */
#ifndef TESTS_SUPPORT_GUARDED_CASE_H
#define TESTS_SUPPORT_GUARDED_CASE_H

#include <stdbool.h>

#include "simplernn.h"
#include "support/guarded.h"

typedef struct {
    int number;
    int64_t T, B, I, H, L, D;
    int64_t inputs, states, outputs; /* bytes of input, h0 and output */
    srnn_dtype dtype;
    guarded_side side;
    srnn_rnn *rnn;
    srnn_context *context; /* of one thread and the native kernels */
} guarded_case;

typedef void guarded_check(const guarded_case *c);

/* Kernels treat the last rows and columns on their own, so two of the sizes T,
 * B, I and H take all values up to GUARDED_MOST, T and B from 0, and the others
 * are small. This is done for every two of them, both dtypes and both sides. If
 * is_stream, T is always small, and the direction forward. */
void guarded_cases(guarded_check *check, bool is_stream);

enum { GUARDED_MOST = 68 };

/* Memory for a result, for an operand of any small numbers, or for one of these
 * values. The name tells it apart from the others of the call. */
void *guarded_result(const guarded_case *c, const char *name, int64_t bytes);
const void *guarded_operand(const guarded_case *c, const char *name,
                            int64_t bytes);
const void *guarded_values(const guarded_case *c, const char *name,
                           int64_t bytes, const void *values);

/* The first two as contiguous tensors, to be destroyed. */
srnn_tensor *guarded_result_tensor(const guarded_case *c, const char *name,
                                   int32_t rank, const int64_t *shape);
srnn_tensor *guarded_operand_tensor(const guarded_case *c, const char *name,
                                    int32_t rank, const int64_t *shape);

/* Readies a call with the next instruction set of the machine; false behind the
 * last. Position begins with 0. */
bool guarded_next_isa(const guarded_case *c, int *position, const char *call);

#endif
