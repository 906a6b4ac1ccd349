/* SPDX-License-Identifier: MIT */
/* Spans: the steps that go through all layers at once, see stack/walk.h. */
#ifndef SRNN_STACK_SPAN_H
#define SRNN_STACK_SPAN_H

#include "stack/walker.h"

/* Steps [first, end) of a window. */
typedef struct {
    const srnn_window *window;
    int64_t first;
    int64_t end;
    int64_t start; /* its first packed row */
} srnn_span;

/* The spans of a window, from its last or its first steps on, each of so many
 * blocks unless it has to be whole. Begin with srnn_span__begin; false after
 * the last. */
srnn_span srnn_span__begin(const srnn_window *window, bool descends);
bool srnn_span__next(srnn_span *span, const srnn_walk *walk, bool descends,
                     int64_t blocks);

/* Computes the states of a span in all layers. Every member has to call it.
 * False if this member is to leave, see srnn_walker__barrier. */
bool srnn_span__record(srnn_walker *walker, const srnn_span *span);

#endif
