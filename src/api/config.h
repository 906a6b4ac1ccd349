/* SPDX-License-Identifier: MIT */
/* The config handle, and options by number. */
#ifndef SRNN_API_CONFIG_H
#define SRNN_API_CONFIG_H

#include "rnn/options.h"
#include "util/handle.h"

struct srnn_config {
    srnn_handle handle;
    srnn_options options;
};

/* The options of a config; the defaults for NULL. */
const srnn_options *srnn_config__options(const srnn_config *config);

/* The value of an integer option, or of a real one; SRNN_ERROR_INVALID if it is
 * none. */
srnn_status srnn_options__get_int(int64_t *out, const srnn_options *options,
                                  srnn_option option);
srnn_status srnn_options__get_real(double *out, const srnn_options *options,
                                   srnn_option option);

#endif
