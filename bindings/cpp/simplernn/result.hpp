// SPDX-License-Identifier: MIT
// How a call fails: an error that is thrown, or a result that says so.
#ifndef SIMPLERNN_RESULT_HPP
#define SIMPLERNN_RESULT_HPP

#include <cstdarg>
#include <cstdio>
#include <simplernn.h>
#include <stdexcept>
#include <utility>

namespace simplernn {

/// What the functions without `try_` throw. what() is the message of the
/// library: one line that says what was wrong, with names and numbers.
class error : public std::runtime_error {
  public:
    error(srnn_status status, const char *message)
        : std::runtime_error(message), status_(status)
    {
    }
    srnn_status status() const noexcept { return status_; }
    /// For example "SRNN_ERROR_SHAPE".
    const char *name() const noexcept { return srnn_status_name(status_); }

  private:
    srnn_status status_;
};

namespace detail {
#ifdef __cpp_exceptions
[[noreturn]] inline void raise(srnn_status status, const char *message)
{
    throw error(status, message);
}
#else
// Not defined: a call of it is an error of the compiler.
[[noreturn, gnu::error("without exceptions, use the form with try_")]] void
raise(srnn_status status, const char *message);
#endif
} // namespace detail

/// What a function with `try_` returns: the status, the message after a
/// failure, and a value of type T. The message lasts until the next failure on
/// this thread.
template <class T> class result;

/// The result of a function that returns nothing. It can be made of the status
/// of any function of C, directly after the call.
template <> class [[nodiscard]] result<void> {
  public:
    result(srnn_status status = SRNN_OK) noexcept
        : status_(status), message_(status == SRNN_OK ? "" : srnn_last_error())
    {
    }
    result(srnn_status status, const char *message) noexcept
        : status_(status), message_(message)
    {
    }
    explicit operator bool() const noexcept { return status_ == SRNN_OK; }
    srnn_status status() const noexcept { return status_; }
    /// For example "SRNN_ERROR_SHAPE"; "SRNN_OK" after success.
    const char *name() const noexcept { return srnn_status_name(status_); }
    /// "" after success.
    const char *message() const noexcept { return message_; }
    /// Throws simplernn::error after a failure.
    void value() const
    {
        if (status_ != SRNN_OK)
            detail::raise(status_, message_);
    }

  private:
    srnn_status status_;
    const char *message_;
};

/// After a failure, the value is an empty object or 0, unless the function says
/// something else.
template <class T> class [[nodiscard]] result : public result<void> {
  public:
    result(result<void> outcome, T value) noexcept
        : result<void>(outcome), value_(std::move(value))
    {
    }
    result(result<void> failure) noexcept : result<void>(failure), value_() {}
    /// The value; throws simplernn::error after a failure.
    T value() &&
    {
        result<void>::value();
        return std::move(value_);
    }
    const T &value() const &
    {
        result<void>::value();
        return value_;
    }
    /// The value, without a check.
    T &operator*() noexcept { return value_; }
    const T &operator*() const noexcept { return value_; }
    T *operator->() noexcept { return &value_; }
    const T *operator->() const noexcept { return &value_; }

  private:
    T value_;
};

namespace detail {

// A failure that C++ has found. Each thread has one message.
[[gnu::format(printf, 2, 3)]] inline result<void>
fail(srnn_status status, const char *format, ...) noexcept
{
    static thread_local char message[512];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return {status, message};
}

} // namespace detail
} // namespace simplernn

#endif
