/* SPDX-License-Identifier: MIT */
#include "support/config.h"

#include "support/expect.h"

srnn_config *config_of(const config_setting *settings)
{
    srnn_config *config = NULL;
    expect_success("config", srnn_config_create(&config));
    for (; settings->option != 0; settings++)
        expect_success(
            srnn_constant_name(settings->option),
            srnn_config_set_int(config, settings->option, settings->value));
    return config;
}
