/* SPDX-License-Identifier: MIT */
/* The gradients behind srnn_gradients. */
#ifndef SRNN_RNN_GRADIENTS_H
#define SRNN_RNN_GRADIENTS_H

#include "rnn/owner.h"
#include "simplernn/gradients.h"
#include "util/busy.h"

/* One block of memory: this struct, the arrays, and the values unless they are
 * the caller's. */
struct srnn_gradients {
    srnn_handle handle;
    atomic_int_fast64_t references; /* of the caller and of optimizers */
    srnn_busy busy;          /* held by each call that reads or writes values */
    srnn_owner owner;        /* of the parameters; its object is retained */
    srnn_named_tensor named; /* that object, if it is a tensor of the caller */
    void *data;              /* [P], in the order of the parameters */
    srnn_tensor *tensors;    /* one a parameter: views of data */
    srnn_tensor *flat;       /* a view of all of it */
    bool *is_trained;        /* by parameter */
};

/* Of zeros, or over data if that is not NULL, with one reference. It retains
 * the owner. SRNN_ERROR_OVERFLOW, SRNN_ERROR_NO_MEMORY. */
srnn_status srnn_gradients__create(srnn_gradients **out,
                                   const srnn_owner *owner, void *data);

/* The same for a tensor with a name, of which it takes a copy. */
srnn_status srnn_gradients__create_named(srnn_gradients **out,
                                         const srnn_named_tensor *named);

void srnn_gradients__retain(srnn_gradients *gradients);
void srnn_gradients__release(srnn_gradients *gradients);

/* The name of a parameter. */
static inline const char *srnn_gradients__name(const srnn_gradients *gradients,
                                               int64_t index)
{
    return gradients->owner.functions->name(gradients->owner.object, index);
}

/* Where the gradient of a parameter lies, contiguous in its shape; NULL if it
 * is frozen, and so not wanted. */
void *srnn_gradients__of(const srnn_gradients *gradients, int64_t index);

/* SRNN_ERROR_BUSY if another thread is inside. */
srnn_status srnn_gradients__enter(srnn_gradients *gradients);
void srnn_gradients__leave(srnn_gradients *gradients);

/* What follows is about parameters that are trained.
 *
 * The norm of all of a list: NaN or infinite if a value is. */
double srnn_gradients__norm(srnn_gradients *const *list, int64_t count);

/* The first parameter with a NaN or an infinity, or -1. */
int64_t srnn_gradients__find_not_finite(const srnn_gradients *gradients);

/* See srnn_values_change. */
void srnn_gradients__scale(srnn_gradients *gradients, double factor);
void srnn_gradients__clamp(srnn_gradients *gradients, double maximum);

#endif
