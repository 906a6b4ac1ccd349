// SPDX-License-Identifier: MIT
// The unit that is compiled without exceptions: see with_exceptions.cpp.
#include "without_exceptions.hpp"

#include <simplernn.hpp>

namespace sr = simplernn;

bool fails_without_exceptions()
{
    writer write = [](const void *, std::size_t) { return -1; };
    reader read = [](std::int64_t, void *, std::size_t) { return -1; };
    const auto rnn = sr::rnn::try_create(3, 5);
    return rnn && rnn->try_save_callback(write).status() == SRNN_ERROR_IO &&
           sr::weights::try_open_callback(read, 100).status() == SRNN_ERROR_IO;
}
