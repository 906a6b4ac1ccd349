// SPDX-License-Identifier: MIT
// Callables as callbacks of C, and their exceptions, over the frames of C.
#ifndef SIMPLERNN_CALLBACK_HPP
#define SIMPLERNN_CALLBACK_HPP

#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>
#include <utility>

namespace simplernn::detail {

// A callback runs on the thread of the call that needs it, so one exception for
// each thread is enough.
inline thread_local std::exception_ptr thrown;

// Runs a callback. With exceptions, what it throws becomes a failure of the
// call of C. The two classes have names of their own, and so has each function
// that uses one of them, because the class is a parameter of its template: a
// linker keeps one of all functions of the same name, and units with and
// without exceptions may be in one program.
#ifdef __cpp_exceptions
struct catching_guard {
    template <class Callback>
    static std::int64_t run(Callback callback) noexcept
    {
        try {
            const std::int64_t outcome = callback();
            thrown =
                nullptr; // of an inner call, which the callback has handled
            return outcome;
        } catch (...) {
            thrown = std::current_exception();
            return -1;
        }
    }
};
using guard = catching_guard;
#else
struct plain_guard {
    template <class Callback>
    static std::int64_t run(Callback callback) noexcept
    {
        return callback();
    }
};
using guard = plain_guard;
#endif

// For what can be called with these arguments and returns a number of bytes.
template <class Function, class... Arguments>
using if_callable = std::enable_if_t<
    std::is_invocable_r_v<std::int64_t, Function &, Arguments...>>;

// What C gives back to call(). A function is no object, so it has its own cast.
template <class Function> void *user_data(Function &function) noexcept
{
    if constexpr (std::is_function_v<Function>)
        return reinterpret_cast<void *>(&function);
    else
        return const_cast<void *>(
            static_cast<const void *>(std::addressof(function)));
}

// What C calls. Its user data is that of a Function.
template <class Guard, class Function, class... Arguments>
std::int64_t call(void *user, Arguments... arguments)
{
    return Guard::run([&]() -> std::int64_t {
        return (*reinterpret_cast<Function *>(user))(arguments...);
    });
}

// The value of call(), which returns a result. After a failure, throws what a
// callback has thrown, or else the error.
template <class Call> auto value_of(Call call)
{
    thrown = nullptr;
    auto result = call();
    if (thrown)
        std::rethrow_exception(std::exchange(thrown, nullptr));
    return std::move(result).value();
}

} // namespace simplernn::detail

#endif
