/* SPDX-License-Identifier: MIT */
/* The element types a tensor can have. */
#include "tensor/dtype.h"

#define REAL(id, type, name, bytes, suffix, x)                                 \
    [SRNN_DTYPE_AT_##id] = {name, bytes, _Alignof(type), true},
#define OTHER(id, type, name, bytes, x)                                        \
    [SRNN_DTYPE_AT_##id] = {name, bytes, _Alignof(type), false},
const srnn_dtype_row srnn_dtype__rows[SRNN_DTYPE_COUNT] = {
    SRNN_DTYPE_ROWS(REAL, OTHER, )};

#define HOLDS(id, type, name, bytes, ...)                                      \
    _Static_assert(sizeof(type) == (bytes), name);                             \
    _Static_assert(SRNN_DTYPE_##id - SRNN_DTYPE_FLOAT32 == SRNN_DTYPE_AT_##id, \
                   "dtype.def: order of " name);
SRNN_DTYPES(HOLDS)
