/* SPDX-License-Identifier: MIT */
/* Activations of rows. Compiled per dtype and ISA. */
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

#define ENTRY(id, word, x) [SRNN_ACTIVATION_AT_##id] = apply_##word,
srnn_activation_function *const
    SRNN_KERNEL_NAME(srnn_activation__all)[SRNN_ACTIVATION_COUNT] = {
        SRNN_ACTIVATION_ROWS(ENTRY, )};
