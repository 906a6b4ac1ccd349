/* SPDX-License-Identifier: MIT */
/* The argument checks that several functions share. Each sets the error text;
 * name is the argument's, as in the public header. */
#ifndef SRNN_API_CHECK_H
#define SRNN_API_CHECK_H

#include "simplernn/tape.h"
#include "tensor/shape.h"
#include "util/error.h"
#include "util/handle.h"

/* SRNN_ERROR_INVALID if it is NULL. */
srnn_status srnn_check__pointer(const void *pointer, const char *name);

/* SRNN_ERROR_INVALID if it is NULL or empty. */
srnn_status srnn_check__path(const char *path);

/* SRNN_ERROR_INVALID if it is NULL or not a handle of this kind. */
srnn_status srnn_check__handle(const void *handle, srnn_handle_kind kind,
                               const char *name);

/* The same for a tensor that is to be written: SRNN_ERROR_STATE if it is read
 * only. */
srnn_status srnn_check__result(const srnn_tensor *tensor, const char *name);

/* The same as a question that sets no text: for accessors. */
bool srnn_check__is(const void *handle, srnn_handle_kind kind);

/* SRNN_ERROR_RANGE unless minimum <= value <= maximum. */
srnn_status srnn_check__range(int64_t value, const char *name, int64_t minimum,
                              int64_t maximum);

/* SRNN_ERROR_INVALID: the option is not one of owner, which is "a context".
 * Says what it is instead, or that the options are named so: "SRNN_CONTEXT_".
 */
srnn_status srnn_check__fail_option(int32_t option, const char *owner,
                                    const char *names);

/* SRNN_ERROR_INVALID: the option is real, or else an integer, and the function
 * is for others. */
srnn_status srnn_check__fail_type(int32_t option, bool is_real);

/* SRNN_ERROR_INVALID: the option, or the argument of that name, cannot be
 * value. Says the name of an enumerator of another set. */
srnn_status srnn_check__fail_value(const char *name, int64_t value,
                                   const char *expected);

/* SRNN_ERROR_INVALID unless value is one of the enumerators. */
srnn_status srnn_check__nonlinearity(const char *name, int64_t value);
srnn_status srnn_check__direction(const char *name, int64_t value);
srnn_status srnn_check__accumulation(srnn_accumulation accumulation);

/* SRNN_ERROR_INVALID unless it is NULL or aligned as the dtype must be. */
srnn_status srnn_check__aligned(const void *address, const char *name,
                                srnn_dtype dtype);
/* SRNN_ERROR_INVALID unless it is a dtype. */
srnn_status srnn_check__dtype_is_known(int64_t dtype);

/* SRNN_ERROR_DTYPE unless an rnn can compute in the dtype of name. */
srnn_status srnn_check__dtype_is_real(int64_t dtype, const char *name);

/* SRNN_ERROR_DTYPE unless the tensor has the dtype of owner. */
srnn_status srnn_check__dtype(const srnn_tensor *tensor, const char *name,
                              srnn_dtype wanted, const char *owner);

/* Whether states have the shape [cells,batch,hidden_size], or that without the
 * batch at rank 2. States that are only read may be of one row, which all rows
 * share. wanted receives the dimensions of the shape, for an error. */
bool srnn_check__fits_states(srnn_dimension wanted[3],
                             const srnn_tensor *states, int32_t rank,
                             const int64_t *shape, bool is_result);

/* SRNN_ERROR_ALIAS if a result shares memory with another tensor; either may
 * be NULL. */
srnn_status srnn_check__apart(const srnn_tensor *result,
                              const char *result_name, const srnn_tensor *other,
                              const char *other_name);

#endif
