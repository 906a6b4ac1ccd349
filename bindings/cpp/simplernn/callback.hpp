// SPDX-License-Identifier: MIT
// Carries an exception of a callback over the frames of C.
#ifndef SIMPLERNN_CALLBACK_HPP
#define SIMPLERNN_CALLBACK_HPP

#include <cstdint>
#include <exception>
#include <utility>

namespace simplernn::detail {

// A callback runs on the thread of the call that needs it, so one exception for
// each thread is enough.
inline thread_local std::exception_ptr thrown;

// Runs a callback. An exception becomes a failure of the call of C.
template <class Callback> std::int64_t guard(Callback callback) noexcept
{
#ifdef __cpp_exceptions
    try {
        const std::int64_t outcome = callback();
        thrown = nullptr; // of an inner call, which the callback has handled
        return outcome;
    } catch (...) {
        thrown = std::current_exception();
        return -1;
    }
#else
    return callback();
#endif
}

// The value of call(), which returns a result. After a failure, throws what a
// callback has thrown, or else the error.
template <class Call> auto value_of(Call call)
{
    thrown = nullptr;
    auto result = call();
#ifdef __cpp_exceptions
    if (thrown)
        std::rethrow_exception(std::exchange(thrown, nullptr));
#endif
    return std::move(result).value();
}

} // namespace simplernn::detail

#endif
