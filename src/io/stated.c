/* SPDX-License-Identifier: MIT */
/* Words of the metadata, for reader and writer. */
#include "io/stated.h"

const srnn_stated srnn_stated__batch_first = {
    SRNN_OPTION_BATCH_FIRST, "batch_first", {"false", "true"}, {0, 1}};

const srnn_stated srnn_stated__nonlinearity = {
    SRNN_OPTION_NONLINEARITY,
    "nonlinearity",
    {"tanh", "relu"},
    {SRNN_NONLINEARITY_TANH, SRNN_NONLINEARITY_RELU}};

const char *srnn_stated__word(const srnn_stated *stated, int64_t value)
{
    return stated->words[value == stated->values[1]];
}
