// SPDX-License-Identifier: MIT
// What a compiler must refuse: see CMakeLists.txt.
#include <simplernn.hpp>

#ifdef THROWS
simplernn::rnn make()
{
    return simplernn::rnn::create(3, 5);
}
#endif

void step(simplernn::stream &stream)
{
#ifdef IGNORES
    stream.try_step(nullptr, nullptr);
#else
    (void)stream.try_step(nullptr, nullptr);
#endif
}
