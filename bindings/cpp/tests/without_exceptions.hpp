// SPDX-License-Identifier: MIT
// What both units of a program have: callbacks of the same types.
#ifndef SIMPLERNN_TESTS_WITHOUT_EXCEPTIONS_HPP
#define SIMPLERNN_TESTS_WITHOUT_EXCEPTIONS_HPP

#include <cstddef>
#include <cstdint>
#include <functional>

using writer = std::function<std::int64_t(const void *, std::size_t)>;
using reader = std::function<std::int64_t(std::int64_t, void *, std::size_t)>;

// Whether callbacks that fail make calls fail.
bool fails_without_exceptions();

#endif
