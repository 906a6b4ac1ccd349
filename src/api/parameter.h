/* SPDX-License-Identifier: MIT */
/* Checks of arguments that name parameters or are values of them. */
#ifndef SRNN_API_PARAMETER_H
#define SRNN_API_PARAMETER_H

#include "rnn/owner.h"

/* The index of the parameter of that name; SRNN_ERROR_NOT_FOUND. */
srnn_status srnn_parameter__check_name(int64_t *index, const srnn_owner *owner,
                                       const char *name);

/* A new tensor with the values of the parameter of that name. */
srnn_status srnn_parameter__copy(srnn_tensor **out, const srnn_owner *owner,
                                 const char *name);

/* A tensor of all parameters; described is the owner as messages have it, for
 * example "a 2-layer rnn", and noun a word for it. */
srnn_status srnn_parameter__check_flat(const srnn_owner *owner,
                                       const srnn_tensor *values,
                                       const char *described, const char *noun);

/* Writes value over parameters: target is one of them, or all. */
srnn_status srnn_parameter__write(const srnn_owner *owner,
                                  const srnn_tensor *target,
                                  const srnn_tensor *value);

/* Handles and count; values are those of a state_dict. */
srnn_status srnn_parameter__check_values(const srnn_options *options,
                                         const srnn_tensor *const *values,
                                         int64_t count);

/* Shape and dtype of a parameter; named is what the caller knows it as, NULL
 * for the parameter's own name. */
srnn_status srnn_parameter__check_value(const srnn_options *options,
                                        int64_t index, const srnn_tensor *value,
                                        const char *named);

#endif
