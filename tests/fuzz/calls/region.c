/* SPDX-License-Identifier: MIT */
#include "fuzz/calls/region.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz/calls/input.h"
#include "fuzz/calls/object.h"
#include "fuzz/require.h"

enum { TENSORS = 48, KEPT = 64, LINE = 64 };

unsigned char *region_arena;

static int64_t taken; /* bytes of the arena, by the present call */
static srnn_tensor *tensors[TENSORS];
static int tensor_count;
static void *kept[KEPT];
static int kept_count;
static void *tape_memory;

void region_begin(void)
{
    region_arena = calloc(1, REGION_ARENA);
    require(region_arena != NULL);
    region_next_call();
}

void region_end(void)
{
    region_next_call();
    free(region_arena);
    while (kept_count > 0)
        free(kept[--kept_count]);
    tape_memory = NULL;
}

void region_next_call(void)
{
    taken = 0;
    while (tensor_count > 0)
        srnn_tensor_destroy(tensors[--tensor_count]);
}

void *region_keep(size_t bytes)
{
    if (kept_count == KEPT)
        return NULL;
    void *const block = calloc(1, bytes == 0 ? 1 : bytes);
    require(block != NULL);
    kept[kept_count++] = block;
    return block;
}

void *region_tape_memory(bool is_new)
{
    if (is_new || tape_memory == NULL)
        tape_memory = region_keep(REGION_TAPE);
    return tape_memory;
}

static void fill_floats(unsigned seed)
{
    static const float odd[] = {NAN, INFINITY, -INFINITY, 1e38F, 1e-45F, -0.0F};
    float *const values = (float *)(void *)region_arena;
    for (unsigned i = 0; i < REGION_ARENA / sizeof *values; i++) {
        const bool is_odd = seed >= 128 && i % 17 == seed % 17;
        values[i] =
            is_odd ? odd[seed % 6] : (float)((i * 7 + seed) % 31) / 16 - 1;
    }
}

static void fill_doubles(unsigned seed)
{
    double *const values = (double *)(void *)region_arena;
    for (unsigned i = 0; i < REGION_ARENA / sizeof *values; i++)
        values[i] = (double)((i * 5 + seed) % 29) / 16 - 1;
}

static void fill_numbers(unsigned seed)
{
    int64_t *const values = (int64_t *)(void *)region_arena;
    for (unsigned i = 0; i < REGION_ARENA / sizeof *values; i++)
        values[i] = (i + seed) % 3;
    if (seed >= 128)
        values[seed % 4] = seed % 2 == 0 ? SRNN_IGNORE_INDEX : INT64_MIN;
}

void region_fill(void)
{
    const unsigned how = input_take(4);
    const unsigned seed = input_take(256);
    if (how == 0)
        fill_floats(seed);
    else if (how == 1)
        fill_doubles(seed);
    else if (how == 2)
        fill_numbers(seed);
    else
        memset(region_arena, seed < 128 ? (int)seed % 2 : (int)seed,
               REGION_ARENA);
}

void *region_take(int64_t bytes)
{
    const unsigned how = input_take(32);
    if (bytes == -2) /* which must be refused unseen */
        return region_arena;
    if (how == 31 || bytes < 0 || bytes > REGION_ARENA)
        return NULL;
    int64_t start = taken;
    if (how >= 28) /* upon others, or the end */
        start = input_take(2) == 0 ? REGION_ARENA : input_take(256) * LINE / 8;
    if (start + bytes > REGION_ARENA)
        start = REGION_ARENA - bytes;
    start = start / 8 * 8;
    taken = (start + bytes + LINE - 1) / LINE * LINE;
    if (how == 27 && start + bytes < REGION_ARENA)
        start++; /* not aligned */
    return region_arena + start;
}

static int64_t size_of(srnn_dtype dtype)
{
    switch (dtype) {
    case SRNN_DTYPE_FLOAT32:
        return sizeof(float);
    case SRNN_DTYPE_UINT8:
        return 1;
    default:
        return sizeof(int64_t);
    }
}

int64_t region_bytes(srnn_dtype dtype, int rank, const int64_t *shape)
{
    int64_t bytes = size_of(dtype);
    int64_t all = bytes;
    for (int i = 0; i < rank; i++) {
        if (shape[i] < 0)
            return -2;
        if (__builtin_mul_overflow(all, shape[i] == 0 ? 1 : shape[i], &all))
            return -2;
        bytes *= shape[i] == 0 ? 0 : 1;
    }
    return bytes == 0 ? 0 : all > REGION_ARENA ? -1 : all;
}

static srnn_tensor *add(srnn_tensor *tensor)
{
    require(tensor_count < TENSORS);
    return tensors[tensor_count++] = tensor;
}

static bool is_small(int64_t number)
{
    return number > -REGION_ARENA && number < REGION_ARENA;
}

/* Contiguous, or the last axis apart, or the first two exchanged, or, if it is
 * only read, one element for all. */
static void choose_strides(region_view *v, bool is_read)
{
    int64_t next = 1;
    const unsigned how = input_take(16);
    v->has_strides = how >= 12;
    if (how == 13)
        next = 3;
    for (int i = v->rank - 1; i >= 0; i--) {
        v->strides[i] = next;
        if (__builtin_mul_overflow(next, v->shape[i] == 0 ? 1 : v->shape[i],
                                   &next))
            next = INT64_MAX;
    }
    if (how == 14 && v->rank >= 2 && is_small(v->shape[0]) &&
        is_small(v->strides[1])) {
        v->strides[0] = v->strides[1];
        v->strides[1] *= v->shape[0];
    }
    if (how == 15 && is_read)
        memset(v->strides, 0, sizeof v->strides);
}

/* Where the lowest and behind the highest element lies, in bytes from the one
 * with index 0; false if that does not fit into the arena. */
static bool find_ends(int64_t *low, int64_t *high, const region_view *v)
{
    const int64_t size = size_of(v->dtype);
    *low = 0;
    *high = size;
    for (int i = 0; i < v->rank && i < SRNN_MAX_RANK; i++)
        if (v->shape[i] == 0)
            *high = 0;
    for (int i = 0; *high > 0 && i < v->rank && i < SRNN_MAX_RANK; i++) {
        int64_t reach = 0;
        if (v->shape[i] < 0 ||
            __builtin_mul_overflow(v->shape[i] - 1, v->strides[i], &reach) ||
            reach > REGION_ARENA || reach < -REGION_ARENA)
            return false;
        *(reach < 0 ? low : high) += reach * size;
    }
    return *high - *low <= REGION_ARENA;
}

static void choose_data(region_view *v)
{
    int64_t low = 0;
    int64_t high = 0;
    const bool fits = find_ends(&low, &high, v);
    const bool is_valid = v->rank >= 0 && v->rank <= SRNN_MAX_RANK &&
                          region_bytes(v->dtype, v->rank, v->shape) != -2;
    unsigned char *const start = region_take(!is_valid ? -2
                                             : fits    ? high - low
                                                       : -1);
    v->data = start == NULL ? NULL : start - (is_valid ? low : 0);
}

static srnn_tensor *make(srnn_dtype dtype, int rank, const int64_t *shape,
                         bool is_read)
{
    srnn_tensor *tensor = NULL;
    region_view v = {.dtype = dtype, .rank = rank};
    memcpy(v.shape, shape, (size_t)rank * sizeof *shape);
    choose_strides(&v, is_read);
    choose_data(&v);
    const srnn_status status =
        is_read && input_take(4) == 3
            ? srnn_tensor_wrap_const(&tensor, v.data, dtype, rank, v.shape,
                                     region_strides(&v))
            : srnn_tensor_wrap(&tensor, v.data, dtype, rank, v.shape,
                               region_strides(&v));
    return status == SRNN_OK ? add(tensor) : NULL;
}

static srnn_tensor *choose(srnn_dtype dtype, int rank, const int64_t *shape,
                           bool is_read)
{
    int64_t other[SRNN_MAX_RANK] = {0};
    int axis = 0;
    const unsigned how = input_take(64);
    memcpy(other, shape, (size_t)rank * sizeof *shape);
    switch (how) {
    case 63:
    case 62:
    case 61:
        return object_take(OBJECT_TENSOR);
    case 60:
        dtype = input_enumerator(SRNN_DTYPE_FLOAT32, 4);
        break;
    case 59:
    case 58:
        if (rank > 0)
            axis = (int)input_take((unsigned)rank);
        other[axis] = input_take(4);
        break;
    case 57:
        rank = rank > 0 ? rank - 1 : 1;
        break;
    case 56: /* without a batch, or one for all */
        if (rank == 3)
            other[1] = 1;
        break;
    case 55:
        if (rank == 3 && other[1] == 1) {
            rank = 2;
            other[1] = other[2];
        }
        break;
    case 54:
        return !is_read ? NULL : make(dtype, rank, other, true);
    default:
        break;
    }
    return make(dtype, rank, other, is_read);
}

srnn_tensor *region_input(srnn_dtype dtype, int rank, const int64_t *shape)
{
    return choose(dtype, rank, shape, true);
}

srnn_tensor *region_output(srnn_dtype dtype, int rank, const int64_t *shape)
{
    return choose(dtype, rank, shape, false);
}

srnn_tensor *region_option(srnn_dtype dtype, int rank, const int64_t *shape)
{
    return input_take(2) == 0 ? NULL : choose(dtype, rank, shape, true);
}

srnn_tensor *region_option_output(srnn_dtype dtype, int rank,
                                  const int64_t *shape)
{
    return input_take(4) == 3 ? NULL : choose(dtype, rank, shape, false);
}

void region_take_view(region_view *out)
{
    memset(out, 0, sizeof *out);
    out->dtype = input_enumerator(SRNN_DTYPE_FLOAT32, 4);
    out->rank = (int32_t)input_take(4);
    if (input_rarely())
        out->rank = (int32_t)input_take(12) - 1;
    for (int i = 0; i < out->rank && i <= SRNN_MAX_RANK; i++)
        out->shape[i] = input_size();
    if (out->rank >= 0 && out->rank <= SRNN_MAX_RANK)
        choose_strides(out, input_rarely());
    if (input_rarely()) {
        out->has_strides = true;
        const unsigned axis = input_take(4);
        out->strides[axis] = (int64_t)input_take(8) - 4;
    }
    choose_data(out);
}

const int64_t *region_strides(const region_view *view)
{
    return view->has_strides ? view->strides : NULL;
}
