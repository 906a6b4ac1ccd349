/* SPDX-License-Identifier: MIT */
/* Activations of rows, and their gradients. Compiled per dtype and ISA. */
#include "pointwise/activation.h"
#include "pointwise/activation_vector.h"

/* In whole vectors; the rest in a part of one. */
#define APPLY(values, count, function)                                         \
    do {                                                                       \
        real *const v = (values);                                              \
        int64_t i = 0;                                                         \
        for (; i + VECTOR_SIZE <= (count); i += VECTOR_SIZE)                   \
            vector_store(v + i, function(vector_load(v + i)));                 \
        if (i < (count))                                                       \
            vector_store_first(v + i,                                          \
                               function(vector_load_first(v + i, (count)-i)),  \
                               (count)-i);                                     \
    } while (0)

#define FUNCTION(id, word, x)                                                  \
    static void apply_##word(void *values, int64_t count)                      \
    {                                                                          \
        APPLY(values, count, word##_of);                                       \
    }
SRNN_ACTIVATION_ROWS(FUNCTION, )

/* In whole vectors; the rest in a part of one. */
#define APPLY_GRADIENT(word, dy_load, dy_load_first)                           \
    do {                                                                       \
        int64_t i = 0;                                                         \
        for (; i + VECTOR_SIZE <= count; i += VECTOR_SIZE)                     \
            vector_store(g + i, flushed(word##_gradient_of(                    \
                                            (dy_load) + vector_load(dh + i),   \
                                            vector_load(y + i)),               \
                                        limit));                               \
        if (i < count) {                                                       \
            const int64_t rest = count - i;                                    \
            const vector sum =                                                 \
                (dy_load_first) + vector_load_first(dh + i, rest);             \
            const vector part =                                                \
                word##_gradient_of(sum, vector_load_first(y + i, rest));       \
            vector_store_first(g + i, flushed(part, limit), rest);             \
        }                                                                      \
    } while (0)

#define GRADIENT(id, word, x)                                                  \
    static void gradient_##word(void *front, const void *behind,               \
                                const void *more, const void *results,         \
                                int64_t count, double tiny)                    \
    {                                                                          \
        real *const g = front;                                                 \
        const real *const dy = behind;                                         \
        const real *const dh = more;                                           \
        const real *const y = results;                                         \
        const vector limit = vector_of((real)tiny);                            \
        if (dy == NULL)                                                        \
            APPLY_GRADIENT(word, vector_of(0), vector_of(0));                  \
        else                                                                   \
            APPLY_GRADIENT(word, vector_load(dy + i),                          \
                           vector_load_first(dy + i, rest));                   \
    }
SRNN_ACTIVATION_ROWS(GRADIENT, )

#define ENTRY(id, word, x)                                                     \
    [SRNN_ACTIVATION_AT_##id] = {apply_##word, gradient_##word},
const srnn_activation_kernels
    SRNN_KERNEL_NAME(srnn_activation__all)[SRNN_ACTIVATION_COUNT] = {
        SRNN_ACTIVATION_ROWS(ENTRY, )};
