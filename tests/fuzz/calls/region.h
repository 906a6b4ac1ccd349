/* SPDX-License-Identifier: MIT */
/* The memory that calls of fuzz_calls.c read and write. */
#ifndef TESTS_FUZZ_CALLS_REGION_H
#define TESTS_FUZZ_CALLS_REGION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simplernn.h"

enum { REGION_ARENA = 4096 };

/* One block of its own length, so that a sanitizer sees what is beyond. All
 * that a call can write of the caller's lies in it. */
extern unsigned char *region_arena;

void region_begin(void); /* of an input */
void region_end(void);

/* The regions of the next call begin at the start of the arena again, and its
 * tensors are gone. */
void region_next_call(void);

/* Writes small numbers, lengths, flags or odd values over the arena. */
void region_fill(void);

/* bytes of the arena, mostly behind what was taken before in this call; rarely
 * NULL or not aligned. NULL if they do not fit and could be used. */
void *region_take(int64_t bytes);

/* The bytes of a shape; 0 if a size is 0, -1 beyond the arena, and -2 if they
 * do not fit in 63 bits. */
int64_t region_bytes(srnn_dtype dtype, int rank, const int64_t *shape);

/* A tensor for this call that mostly has the shape and the dtype; rarely NULL
 * or any other tensor. One that is only read may be read-only. */
srnn_tensor *region_input(srnn_dtype dtype, int rank, const int64_t *shape);
srnn_tensor *region_output(srnn_dtype dtype, int rank, const int64_t *shape);

/* The same for an argument that need not be there: NULL often. */
srnn_tensor *region_option(srnn_dtype dtype, int rank, const int64_t *shape);
srnn_tensor *region_option_output(srnn_dtype dtype, int rank,
                                  const int64_t *shape);

/* A dtype, a shape and strides, and an address for which they are valid, or
 * NULL. */
typedef struct {
    srnn_dtype dtype;
    int32_t rank;
    int64_t shape[SRNN_MAX_RANK + 1];
    int64_t strides[SRNN_MAX_RANK + 1];
    bool has_strides;
    void *data;
} region_view;

void region_take_view(region_view *out);
const int64_t *region_strides(const region_view *view);

/* A block for tapes, of REGION_TAPE bytes: the last one, or a new one. */
enum { REGION_TAPE = 2048 };

void *region_tape_memory(bool is_new);

/* A block of zeros that lasts until the end of the input. */
void *region_keep(size_t bytes);

#endif
