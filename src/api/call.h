/* SPDX-License-Identifier: MIT */
/* What a forward is called with, checked: of a context or of a stream. */
#ifndef SRNN_API_CALL_H
#define SRNN_API_CALL_H

#include "stack/padded.h"

/* The input is a tensor, the others are or are NULL, results can be written. */
srnn_status srnn_call__check_handles(const srnn_call *call);
srnn_status srnn_padded_call__check_handles(const srnn_padded_call *call);

/* Dtypes, shapes and aliases, once handles have been checked. */
srnn_status srnn_call__check(const srnn_context *context,
                             const srnn_call *call);
srnn_status srnn_padded_call__check(const srnn_context *context,
                                    const srnn_padded_call *call);

/* SRNN_ERROR_ALIAS if a result shares memory where it may not. */
srnn_status srnn_call__check_aliases(const srnn_call *call);

/* What a call has been found to be, to check further tensors of it. */
typedef struct {
    const srnn_context *context;
    const srnn_tensor *input; /* of any T and B; NULL: they are known */
    int64_t T;                /* of the output */
    int64_t B;
    bool batched;
} srnn_checked_call;

/* [T,B,features], [B,T,features] or [T,features]; states; dtypes. */
srnn_status srnn_checked_call__sequence(const srnn_checked_call *call,
                                        const srnn_tensor *tensor,
                                        const char *name,
                                        srnn_dimension features);
srnn_status srnn_checked_call__states(const srnn_checked_call *call,
                                      const srnn_tensor *tensor,
                                      const char *name, bool is_result);
srnn_status srnn_checked_call__dtype(const srnn_checked_call *call,
                                     const srnn_tensor *tensor,
                                     const char *name);

/* The tensor that steps and batch imply over contiguous memory; false if its
 * bytes do not fit, which is the SRNN_ERROR_OVERFLOW of fail_size. */
bool srnn_call__wrap(srnn_tensor *tensor, const srnn_rnn *rnn, srnn_role role,
                     int64_t steps, int64_t batch, const void *data);
srnn_status srnn_call__fail_size(int64_t steps, int64_t batch);

#endif
