/* SPDX-License-Identifier: MIT */
/* What a dtype is: its size, its name, and whether an rnn computes in it. All
 * of it comes from the rows of dtype.def, and so must every choice by dtype: a
 * type that was forgotten is a missing entry of a table, never another type. */
#ifndef SRNN_TENSOR_DTYPE_H
#define SRNN_TENSOR_DTYPE_H

#include <assert.h>
#include <stdbool.h>

#include "simplernn/tensor.h"
#include "tensor/dtype.def"

/* Rows: all of them, for a ROW(id, type, name, bytes, ...); or the reals, for a
 * ROW(id, type, name, bytes, suffix, x). */
#define SRNN_DTYPES(ROW) SRNN_DTYPE_ROWS(ROW, ROW, )
#define SRNN_REALS(ROW, x) SRNN_DTYPE_ROWS(ROW, SRNN_DTYPE_NO_ROW, x)
#define SRNN_DTYPE_NO_ROW(...)

/* Places in tables by dtype: SRNN_DTYPE_AT_FLOAT32 and so on. */
#define SRNN_DTYPE_PLACE(id, ...) SRNN_DTYPE_AT_##id,
enum { SRNN_DTYPES(SRNN_DTYPE_PLACE) SRNN_DTYPE_COUNT };

typedef struct {
    const char *name;
    int64_t bytes; /* of one element */
    int64_t alignment;
    bool is_real;
} srnn_dtype_row;

extern const srnn_dtype_row srnn_dtype__rows[SRNN_DTYPE_COUNT];

static inline bool srnn_dtype__is_known(int64_t dtype)
{
    return dtype >= SRNN_DTYPE_FLOAT32 &&
           dtype < SRNN_DTYPE_FLOAT32 + SRNN_DTYPE_COUNT;
}

/* The place of a known dtype. */
static inline int64_t srnn_dtype__at(int64_t dtype)
{
    assert(srnn_dtype__is_known(dtype));
    return dtype - SRNN_DTYPE_FLOAT32;
}

/* Does an rnn compute in it? */
static inline bool srnn_dtype__is_real(int64_t dtype)
{
    return srnn_dtype__is_known(dtype) &&
           srnn_dtype__rows[srnn_dtype__at(dtype)].is_real;
}

/* The place of a dtype that is real. */
static inline int64_t srnn_dtype__real_at(int64_t dtype)
{
    assert(srnn_dtype__is_real(dtype));
    return srnn_dtype__at(dtype);
}

/* Bytes of one element. */
static inline int64_t srnn_dtype__size(int64_t dtype)
{
    return srnn_dtype__rows[srnn_dtype__at(dtype)].bytes;
}

/* What an address of elements must be a multiple of: their size, or what the
 * ABI asks for if that is less, as for 8 bytes on 32-bit x86. */
static inline int64_t srnn_dtype__alignment(int64_t dtype)
{
    return srnn_dtype__rows[srnn_dtype__at(dtype)].alignment;
}

/* "float32" */
static inline const char *srnn_dtype__name(int64_t dtype)
{
    return srnn_dtype__rows[srnn_dtype__at(dtype)].name;
}

/* Of name_f32, name_f64 the function for a dtype, which must be real. */
#define SRNN_FOR_DTYPE(dtype, name)                                            \
    ({                                                                         \
        static __typeof__(name##_f32) *const of_dtype_[SRNN_DTYPE_COUNT] = {   \
            SRNN_REALS(SRNN_DTYPE_VARIANT, name)};                             \
        of_dtype_[srnn_dtype__real_at(dtype)];                                 \
    })
#define SRNN_DTYPE_VARIANT(id, type, word, bytes, suffix, name)                \
    [SRNN_DTYPE_AT_##id] = name##_##suffix,

#endif
