/* SPDX-License-Identifier: MIT */
/* The linear layer behind srnn_linear: its parameters, and what is made of
 * them. */
#ifndef SRNN_LINEAR_LINEAR_H
#define SRNN_LINEAR_LINEAR_H

#include "gemm/gemm.h"
#include "rnn/owner.h"
#include "simplernn/linear.h"
#include "util/readers.h"

/* One block of memory: this struct, then what it points to. */
struct srnn_linear {
    srnn_handle handle;
    srnn_dtype dtype;
    int64_t parameter_count; /* without a bias 1 */
    srnn_parameter parameters[2];
    int64_t value_count; /* P, the elements of both */
    void *values;        /* [P]: weight, then bias */
    /* What calls read; see srnn_linear__update. */
    srnn_gemm_weight weight;     /* [out_features,in_features] */
    srnn_gemm_weight transposed; /* of it, for the gradient of the input */
    void *zeros;                 /* [the larger number of features] */
    /* These change with every call, so they lie apart. References are those of
     * the caller and of gradients. */
    _Alignas(SRNN_MEMORY_ALIGNMENT) atomic_int_fast64_t references;
    srnn_readers readers; /* calls that run it */
};

/* A layer of zeros, with one reference. Names what overflows. */
srnn_status srnn_linear__create(srnn_linear **out, srnn_dtype dtype,
                                int64_t in_features, int64_t out_features,
                                bool bias);

/* Fills the parameters as torch.manual_seed(seed) and torch.nn.Linear would. */
void srnn_linear__initialise(srnn_linear *linear, uint64_t seed);

void srnn_linear__retain(srnn_linear *linear);
void srnn_linear__release(srnn_linear *linear);

/* Until the end no call runs the layer: SRNN_ERROR_BUSY if one does, or another
 * writer is at work. */
srnn_status srnn_linear__begin_write(srnn_linear *linear);
void srnn_linear__end_write(srnn_linear *linear);

/* What calls read must follow the parameters: to be called after they were
 * written. */
void srnn_linear__update(srnn_linear *linear);

/* Around a call that runs it: SRNN_ERROR_BUSY if a writer is at work. */
srnn_status srnn_linear__enter(const srnn_linear *linear);
void srnn_linear__leave(const srnn_linear *linear);

static inline int64_t srnn_linear__in_features(const srnn_linear *linear)
{
    return linear->weight.matrix.columns;
}

static inline int64_t srnn_linear__out_features(const srnn_linear *linear)
{
    return linear->weight.matrix.rows;
}

/* [out_features], or NULL. */
static inline const void *srnn_linear__bias(const srnn_linear *linear)
{
    return linear->parameter_count == 1 ? NULL : linear->parameters[1].data;
}

/* "a linear layer from 4 to 2 features" */
typedef struct {
    char text[80];
} srnn_linear_name;

const char *srnn_linear__name(srnn_linear_name *out, const srnn_linear *linear);

/* As the owner of its parameters. */
srnn_owner srnn_linear__owner(srnn_linear *linear);

#endif
