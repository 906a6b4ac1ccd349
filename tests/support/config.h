/* SPDX-License-Identifier: MIT */
/* A config in one expression:
 *
 *     CONFIG({SRNN_OPTION_BIAS, 0}, {SRNN_OPTION_NUM_LAYERS, 2})
 *
 * has these options, and the rest as it is created. An option of 0 ends the
 * list. */
#ifndef TESTS_SUPPORT_CONFIG_H
#define TESTS_SUPPORT_CONFIG_H

#include "simplernn.h"

typedef struct {
    srnn_option option;
    int64_t value;
} config_setting;

/* For the caller to destroy. */
srnn_config *config_of(const config_setting *settings);

#define CONFIG(...) config_of((const config_setting[]){__VA_ARGS__, {0, 0}})

#endif
