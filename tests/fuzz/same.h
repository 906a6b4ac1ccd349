/* SPDX-License-Identifier: MIT */
/* Are two rnns the same, with all options and parameters? */
#ifndef TESTS_FUZZ_SAME_H
#define TESTS_FUZZ_SAME_H

#include <string.h>

#include "fuzz/require.h"
#include "simplernn.h"

static inline size_t bytes_of(const srnn_tensor *tensor)
{
    const srnn_dtype dtype = srnn_tensor_dtype(tensor);
    return (size_t)srnn_tensor_size(tensor) * (dtype == SRNN_DTYPE_UINT8 ? 1
                                               : dtype == SRNN_DTYPE_FLOAT32
                                                   ? 4
                                                   : 8);
}

static inline void require_same(const srnn_rnn *a, const srnn_rnn *b)
{
    for (srnn_option option = 1; option < SRNN_OPTION_DROPOUT; option++) {
        int64_t left = 0;
        int64_t right = 1;
        require(srnn_rnn_get_int(&left, a, option) == SRNN_OK);
        require(srnn_rnn_get_int(&right, b, option) == SRNN_OK);
        require(left == right);
    }
    double left = 0;
    double right = 1;
    require(srnn_rnn_get_real(&left, a, SRNN_OPTION_DROPOUT) == SRNN_OK);
    require(srnn_rnn_get_real(&right, b, SRNN_OPTION_DROPOUT) == SRNN_OK);
    require(memcmp(&left, &right, sizeof left) == 0);
    for (int64_t i = 0; i < srnn_rnn_parameter_count(a); i++) {
        srnn_tensor *parameter = NULL;
        require(srnn_rnn_copy_parameter(
                    &parameter, a, srnn_rnn_parameter_name(a, i)) == SRNN_OK);
        require(memcmp(srnn_tensor_data(parameter),
                       srnn_rnn_parameter_data(b, i),
                       bytes_of(parameter)) == 0);
        srnn_tensor_destroy(parameter);
    }
}

#endif
