/* SPDX-License-Identifier: MIT */
/* The config handle, and options by number for srnn_rnn_get_*. */
#ifndef SRNN_API_CONFIG_H
#define SRNN_API_CONFIG_H

#include "stack/options.h"
#include "util/handle.h"

struct srnn_config {
    srnn_handle handle;
    srnn_options options;
};

/* The options of a config; the defaults for NULL. */
const srnn_options *srnn_options__of(const srnn_config *config);

/* Where an integer option lies; SRNN_ERROR_INVALID if it is none. */
srnn_status srnn_options__find_integer(const int64_t **out,
                                       const srnn_options *options,
                                       srnn_option option);

/* SRNN_ERROR_INVALID unless the option is real: dropout. */
srnn_status srnn_options__check_real(srnn_option option);

#endif
