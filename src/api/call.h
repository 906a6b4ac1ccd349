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

#endif
