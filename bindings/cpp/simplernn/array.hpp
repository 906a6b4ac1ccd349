// SPDX-License-Identifier: MIT
// Contiguous arguments, for calls that make no tensors of them.
#ifndef SIMPLERNN_ARRAY_HPP
#define SIMPLERNN_ARRAY_HPP

#include <cstdio>

#include "result.hpp"
#include "span.hpp"

namespace simplernn {
namespace detail {

template <class T> struct dtype_of;
template <> struct dtype_of<float> {
    static constexpr srnn_dtype value = SRNN_DTYPE_FLOAT32;
};
template <> struct dtype_of<double> {
    static constexpr srnn_dtype value = SRNN_DTYPE_FLOAT64;
};
template <> struct dtype_of<std::int64_t> {
    static constexpr srnn_dtype value = SRNN_DTYPE_INT64;
};
template <> struct dtype_of<std::uint8_t> {
    static constexpr srnn_dtype value = SRNN_DTYPE_UINT8;
};

// For elements that have a dtype.
template <class T>
using if_dtype = decltype(dtype_of<std::remove_const_t<T>>::value);

} // namespace detail

/// The dtype of a type of C++, which may be const.
template <class T>
inline constexpr srnn_dtype dtype_of =
    detail::dtype_of<std::remove_const_t<T>>::value;

/// An argument without strides: where its elements are, how many, and of which
/// dtype. It converts from std::vector, std::array, std::span and other
/// contiguous containers, and from an array of C. nullptr is an argument that
/// is not given. Void is const void for what a call reads, and void for what it
/// writes. An array owns nothing, and is meant for the duration of a call.
template <class Void> class basic_array {
    // For elements that have a dtype and may be written if that is asked for.
    template <class T>
    using if_element =
        std::enable_if_t<std::is_const_v<Void> || !std::is_const_v<T>,
                         detail::if_dtype<T>>;

  public:
    basic_array(std::nullptr_t = nullptr) noexcept {}
    template <class T, class = if_element<T>>
    basic_array(T *data, std::int64_t size) noexcept
        : data_(data), size_(size), dtype_(dtype_of<T>)
    {
    }
    template <class Container,
              class = if_element<detail::element_of<Container>>>
    basic_array(Container &&container) noexcept
        : basic_array(std::data(container),
                      static_cast<std::int64_t>(std::size(container)))
    {
    }

    /// What can be written can be read.
    template <class Other, class = std::enable_if_t<std::is_const_v<Void> &&
                                                    std::is_void_v<Other>>>
    basic_array(basic_array<Other> other) noexcept
        : data_(other.data()), size_(other.size()), dtype_(other.dtype())
    {
    }

    Void *data() const noexcept { return data_; }
    std::int64_t size() const noexcept { return size_; }
    /// 0 for an argument that is not given.
    srnn_dtype dtype() const noexcept { return dtype_; }

  private:
    Void *data_ = nullptr;
    std::int64_t size_ = 0;
    srnn_dtype dtype_ = 0;
};

using const_array = basic_array<const void>;
using mutable_array = basic_array<void>;

namespace detail {

// The number of elements of a shape; -1 if it does not fit in 63 bits.
inline std::int64_t count(span<const std::int64_t> shape) noexcept
{
    std::int64_t product = 1;
    bool fits = true;
    for (const std::int64_t size : shape)
        fits = !__builtin_mul_overflow(product, size, &product) && fits;
    return fits ? product : -1;
}

inline result<void> fail_size(const char *name, std::int64_t size,
                              span<const std::int64_t> shape) noexcept
{
    char text[200] = ""; // SRNN_MAX_RANK sizes fit
    char *end = text;
    for (const std::int64_t i : shape)
        end += std::sprintf(end, "%s%lld", end == text ? "" : ", ",
                            static_cast<long long>(i));
    return fail(SRNN_ERROR_SHAPE,
                "%s has %lld elements; the shape [%s] needs %lld", name,
                static_cast<long long>(size), text,
                static_cast<long long>(count(shape)));
}

// Whether an argument has the dtype and as many elements as the shape, or is
// not given. A shape that is too large for the library is left to it.
inline result<void> check(const char *name, const_array array,
                          std::int64_t dtype,
                          span<const std::int64_t> shape) noexcept
{
    if (array.dtype() == 0)
        return {};
    if (array.dtype() != dtype)
        return fail(SRNN_ERROR_DTYPE, "%s is %s, expected %s", name,
                    srnn_constant_name(array.dtype()),
                    srnn_constant_name(dtype));
    const std::int64_t wanted = count(shape);
    if (array.size() != wanted && wanted >= 0)
        return fail_size(name, array.size(), shape);
    return {};
}

} // namespace detail

} // namespace simplernn

#endif
