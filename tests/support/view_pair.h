/* SPDX-License-Identifier: MIT */
/* A view by random strides, and a contiguous tensor of the same values: what is
 * computed with one must be what is computed with the other. */
#ifndef TESTS_SUPPORT_VIEW_PAIR_H
#define TESTS_SUPPORT_VIEW_PAIR_H

#include <stdbool.h>

#include "support/draws.h"
#include "support/guarded.h"

enum { VIEW_PAIR_RANK = 3 };

/* What pairs of one case have in common; its number is named by failures. */
typedef struct {
    draws random;
    int number;
    srnn_dtype dtype;
} view_pairs;

typedef struct {
    srnn_tensor *view;
    srnn_tensor *plain;
    unsigned char *data; /* the view's first element */
    unsigned char *memory;
    size_t bytes;
    bool is_guarded; /* else the memory is that of malloc */
    guarded pages;   /* around the memory, if it is */
} view_pair;

/* Values, and a read-only view of them that repeats, slides or goes backwards.
 * Some lie on pages that may not be written, beside one that may not be read.
 * rank 1 to VIEW_PAIR_RANK. */
view_pair view_pair_read(view_pairs *of, int rank, const int64_t *shape);

/* For a result: dimensions in any order, either way, with gaps; guarded, too.
 */
view_pair view_pair_written(view_pairs *of, int rank, const int64_t *shape);

/* Every element of the view is the plain one's, every other byte what it was.
 */
void view_pair_check(const view_pairs *of, const view_pair *p,
                     const char *name);

void view_pair_free(view_pair *p);

#endif
