/* SPDX-License-Identifier: MIT */
/* The block of gradients, and what is done to all of them. */
#include "rnn/gradients.h"

#include <math.h>

#include "rnn/values.h"
#include "tensor/dtype.h"
#include "util/error.h"
#include "util/memory.h"

/* See srnn_arena: while measuring, out receives NULL. data: of the caller, or
 * NULL. */
static void lay_out(srnn_gradients **out, srnn_arena *arena,
                    const srnn_owner *owner, void *data)
{
    const int64_t count = owner->count;
    *out = srnn_arena__take(arena, 1, sizeof(srnn_gradients));
    srnn_tensor *const tensors =
        srnn_arena__take(arena, count + 1, sizeof(srnn_tensor));
    bool *const is_trained = srnn_arena__take(arena, count, sizeof(bool));
    if (data == NULL)
        data = srnn_arena__take(arena, owner->value_count,
                                srnn_dtype__size(owner->dtype));
    if (*out == NULL)
        return;
    (*out)->data = data;
    (*out)->tensors = tensors;
    (*out)->flat = tensors + count;
    (*out)->is_trained = is_trained;
}

/* Views of what they stand for, at the same distances. Whoever borrows one
 * cannot point it elsewhere. */
static void make_tensors(srnn_gradients *gradients)
{
    const srnn_owner *const owner = &gradients->owner;
    for (int64_t i = 0; i < owner->count; i++) {
        srnn_tensor *const tensor = &gradients->tensors[i];
        *tensor = owner->functions->parameter(owner->object, i);
        tensor->data =
            (unsigned char *)gradients->data +
            ((unsigned char *)tensor->data - (unsigned char *)owner->values);
        tensor->is_fixed = true;
        gradients->is_trained[i] = true;
    }
    *gradients->flat = srnn_owner__flat(owner);
    gradients->flat->data = gradients->data;
    gradients->flat->is_fixed = true;
}

/* Without an owner, and so without tensors. */
static srnn_status allocate(srnn_gradients **out, const srnn_owner *owner,
                            void *data)
{
    srnn_gradients *gradients = NULL;
    srnn_arena arena = {NULL, 0, 0, false};
    lay_out(&gradients, &arena, owner, data);
    SRNN_TRY(srnn_arena__check(&arena, "the gradients"));
    void *memory = NULL;
    SRNN_TRY(srnn_memory__create(&memory, arena.used));
    arena = (srnn_arena){memory, arena.used, 0, false};
    lay_out(&gradients, &arena, owner, data);
    gradients->handle.kind = SRNN_HANDLE_GRADIENTS;
    atomic_init(&gradients->references, 1);
    *out = gradients;
    return SRNN_OK;
}

srnn_status srnn_gradients__create(srnn_gradients **out,
                                   const srnn_owner *owner, void *data)
{
    SRNN_TRY(allocate(out, owner, data));
    (*out)->owner = *owner;
    owner->functions->retain(owner->object);
    make_tensors(*out);
    return SRNN_OK;
}

srnn_status srnn_gradients__create_named(srnn_gradients **out,
                                         const srnn_named_tensor *named)
{
    srnn_named_tensor copy = *named;
    const srnn_owner owner = srnn_owner__of_tensor(&copy);
    SRNN_TRY(allocate(out, &owner, NULL));
    (*out)->named = copy;
    (*out)->owner = srnn_owner__of_tensor(&(*out)->named);
    make_tensors(*out);
    return SRNN_OK;
}

void srnn_gradients__retain(srnn_gradients *gradients)
{
    atomic_fetch_add(&gradients->references, 1);
}

void srnn_gradients__release(srnn_gradients *gradients)
{
    if (atomic_fetch_sub(&gradients->references, 1) != 1)
        return;
    gradients->handle.kind = 0;
    gradients->owner.functions->release(gradients->owner.object);
    srnn_memory__destroy(gradients);
}

void *srnn_gradients__of(const srnn_gradients *gradients, int64_t index)
{
    return gradients->is_trained[index] ? gradients->tensors[index].data : NULL;
}

srnn_status srnn_gradients__enter(srnn_gradients *gradients)
{
    if (srnn_busy__take(&gradients->busy))
        return SRNN_OK;
    return srnn_error__fail(SRNN_ERROR_BUSY,
                            "another thread is using the gradients");
}

void srnn_gradients__leave(srnn_gradients *gradients)
{
    srnn_busy__release(&gradients->busy);
}

static double sum_squares(const srnn_gradients *gradients, double sum,
                          double factor)
{
    const srnn_dtype dtype = gradients->flat->dtype;
    srnn_values_sum *const add =
        SRNN_FOR_DTYPE(dtype, srnn_values__sum_squares);
    for (int64_t i = 0; i < gradients->owner.count; i++)
        if (gradients->is_trained[i])
            sum += add(gradients->tensors[i].data, gradients->tensors[i].size,
                       factor);
    return sum;
}

static double sum_all(srnn_gradients *const *list, int64_t count, double factor)
{
    double sum = 0;
    for (int64_t i = 0; i < count; i++)
        sum = sum_squares(list[i], sum, factor);
    return sum;
}

/* The larger of two, or the one that is NaN. */
static double larger(double a, double b)
{
    return isnan(a) || a > b ? a : b;
}

static double largest_of(const srnn_gradients *gradients)
{
    const srnn_dtype dtype = gradients->flat->dtype;
    srnn_values_largest *const find =
        SRNN_FOR_DTYPE(dtype, srnn_values__largest);
    double largest = 0;
    for (int64_t i = 0; i < gradients->owner.count; i++)
        if (gradients->is_trained[i])
            largest = larger(largest, find(gradients->tensors[i].data,
                                           gradients->tensors[i].size));
    return largest;
}

/* Squares of float64 may leave the range of double. Where the plain sum may
 * have lost some, those of a power of two times the values are summed. */
double srnn_gradients__norm(srnn_gradients *const *list, int64_t count)
{
    const double safe = 0x1p-800;
    const double sum = sum_all(list, count, 1);
    if (sum >= safe && isfinite(sum))
        return sqrt(sum);
    double largest = 0;
    for (int64_t i = 0; i < count; i++)
        largest = larger(largest, largest_of(list[i]));
    if (largest == 0 || !isfinite(largest))
        return largest;
    const double factor = largest > 1 ? 0x1p-600 : 0x1p600;
    return sqrt(sum_all(list, count, factor)) / factor;
}

int64_t srnn_gradients__find_not_finite(const srnn_gradients *gradients)
{
    const srnn_dtype dtype = gradients->flat->dtype;
    srnn_values_question *const are_finite =
        SRNN_FOR_DTYPE(dtype, srnn_values__are_finite);
    for (int64_t i = 0; i < gradients->owner.count; i++)
        if (gradients->is_trained[i] &&
            !are_finite(gradients->tensors[i].data, gradients->tensors[i].size))
            return i;
    return -1;
}

static void change(srnn_gradients *gradients, srnn_values_change *function,
                   double number)
{
    for (int64_t i = 0; i < gradients->owner.count; i++)
        if (gradients->is_trained[i])
            function(gradients->tensors[i].data, gradients->tensors[i].size,
                     number);
}

void srnn_gradients__scale(srnn_gradients *gradients, double factor)
{
    const srnn_dtype dtype = gradients->flat->dtype;
    if (factor != 1) /* which would change bits of NaN */
        change(gradients, SRNN_FOR_DTYPE(dtype, srnn_values__scale), factor);
}

void srnn_gradients__clamp(srnn_gradients *gradients, double maximum)
{
    const srnn_dtype dtype = gradients->flat->dtype;
    change(gradients, SRNN_FOR_DTYPE(dtype, srnn_values__clamp), maximum);
}
