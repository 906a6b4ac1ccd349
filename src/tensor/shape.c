/* SPDX-License-Identifier: MIT */
/* Explains shapes. */
#include "tensor/shape.h"

#include <inttypes.h>

#include "util/error.h"
#include "util/text.h"

/* The first dimension that differs; rank if none does. */
static int32_t first_difference(int32_t rank, const int64_t *shape,
                                const srnn_dimension *wanted)
{
    int32_t i = 0;
    while (i < rank &&
           (wanted[i].size == SRNN_ANY_SIZE || wanted[i].size == shape[i]))
        i++;
    return i;
}

bool srnn_shape__matches(int32_t rank, const int64_t *shape,
                         int32_t wanted_rank, const srnn_dimension *wanted)
{
    return rank == wanted_rank && first_difference(rank, shape, wanted) == rank;
}

static void append_wanted(srnn_text *text, int32_t rank,
                          const srnn_dimension *wanted)
{
    for (int32_t i = 0; i < rank; i++) {
        srnn_text__append(text, "%s%s", i == 0 ? "[" : ", ", wanted[i].label);
        if (wanted[i].size != SRNN_ANY_SIZE)
            srnn_text__append(text, "=%" PRId64, wanted[i].size);
    }
    srnn_text__append(text, "]");
}

srnn_status srnn_shape__fail(const char *name, int32_t rank,
                             const int64_t *shape, const char *owner,
                             int32_t wanted_rank, const srnn_dimension *wanted)
{
    char buffer[640];
    srnn_text text = {buffer, sizeof buffer, 0};
    srnn_text__append(&text, "%s is ", name);
    srnn_text__append_shape(&text, rank, shape);
    srnn_text__append(&text, "; %s needs ", owner);
    append_wanted(&text, wanted_rank, wanted);
    if (rank != wanted_rank) {
        srnn_text__append(&text, ": it has %d dimension%s, not %d", (int)rank,
                          rank == 1 ? "" : "s", (int)wanted_rank);
    } else {
        const int32_t i = first_difference(rank, shape, wanted);
        srnn_text__append(&text, ": dimension %d is %" PRId64 ", not %" PRId64,
                          (int)i, shape[i], wanted[i].size);
    }
    return srnn_error__fail(SRNN_ERROR_SHAPE, "%s", buffer);
}
