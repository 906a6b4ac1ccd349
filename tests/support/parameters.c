/* SPDX-License-Identifier: MIT */
#include "support/parameters.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/expect.h"

srnn_tensor *parameter_copy(const srnn_rnn *rnn, int64_t index)
{
    const char *const name = srnn_rnn_parameter_name(rnn, index);
    srnn_tensor *value = NULL;
    expect_success(name, srnn_rnn_copy_parameter(&value, rnn, name));
    return value;
}

void parameter_set(srnn_rnn *rnn, int64_t index, const srnn_tensor *value)
{
    const char *const name = srnn_rnn_parameter_name(rnn, index);
    expect_success(name, srnn_rnn_set_parameter(rnn, name, value));
}

void parameter_take(srnn_rnn *rnn, int64_t index, const srnn_rnn *from,
                    int64_t from_index)
{
    srnn_tensor *const value = parameter_copy(from, from_index);
    parameter_set(rnn, index, value);
    srnn_tensor_destroy(value);
}

parameters parameters_copy(const srnn_rnn *rnn)
{
    parameters p = {.count = srnn_rnn_parameter_count(rnn)};
    assert_in_range(p.count, 1, PARAMETERS_MOST);
    for (int64_t i = 0; i < p.count; i++)
        p.values[i] = parameter_copy(rnn, i);
    return p;
}

void parameters_free(parameters *p)
{
    for (int64_t i = 0; i < p->count; i++)
        srnn_tensor_destroy(p->values[i]);
}

srnn_status parameters_set(srnn_rnn *rnn, const parameters *p)
{
    return srnn_rnn_set_parameters(rnn, (const srnn_tensor *const *)p->values,
                                   p->count);
}

srnn_status parameters_set_flat(srnn_rnn *rnn, const parameters *p)
{
    srnn_tensor *flat[PARAMETERS_MOST];
    srnn_tensor *all = NULL;
    for (int64_t i = 0; i < p->count; i++) {
        srnn_tensor *const value = p->values[i];
        const int64_t size = srnn_tensor_size(value);
        expect_success(
            "view", srnn_tensor_wrap(&flat[i], srnn_tensor_data(value),
                                     srnn_tensor_dtype(value), 1, &size, NULL));
    }
    expect_success(
        "all", srnn_tensor_concatenate(&all, (const srnn_tensor *const *)flat,
                                       p->count, 0));
    const srnn_status status = srnn_rnn_set_flat(rnn, all);
    srnn_tensor_destroy(all);
    for (int64_t i = 0; i < p->count; i++)
        srnn_tensor_destroy(flat[i]);
    return status;
}

srnn_rnn *parameters_create(const parameters *p, const small_rnn *of)
{
    srnn_config *const config = small_rnn_config(of);
    srnn_rnn *rnn = NULL;
    expect_success("rnn", srnn_rnn_create_from_tensors(
                              &rnn, (const srnn_tensor *const *)p->values,
                              p->count, config));
    srnn_config_destroy(config);
    return rnn;
}
