// SPDX-License-Identifier: MIT
// Parameters that several containers and strings convert to.
#ifndef SIMPLERNN_SPAN_HPP
#define SIMPLERNN_SPAN_HPP

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <string>
#include <type_traits>
#include <utility>

namespace simplernn {
namespace detail {

// What a contiguous container holds: const float for a const vector<float>.
template <class Container>
using element_of =
    std::remove_pointer_t<decltype(std::data(std::declval<Container &>()))>;
template <class Container>
using if_contiguous =
    std::void_t<element_of<Container>,
                decltype(std::size(std::declval<Container &>()))>;

} // namespace detail

/// Some T in a row, which belong to somebody else. As std::span, which C++17
/// does not have, and with an initializer_list if T is const.
template <class T> class span {
  public:
    span() noexcept = default;
    span(T *data, std::int64_t size) noexcept : data_(data), size_(size) {}
    span(std::initializer_list<std::remove_const_t<T>> list) noexcept
        : span(list.begin(), static_cast<std::int64_t>(list.size()))
    {
    }
    template <class Container,
              class = std::enable_if_t<std::is_convertible_v<
                  detail::element_of<Container> (*)[], T (*)[]>>>
    span(Container &&container) noexcept
        : span(std::data(container),
               static_cast<std::int64_t>(std::size(container)))
    {
    }

    T *data() const noexcept { return data_; }
    std::int64_t size() const noexcept { return size_; }
    T *begin() const noexcept { return data_; }
    T *end() const noexcept { return data_ + size_; }
    T &operator[](std::int64_t i) const noexcept { return data_[i]; }

  private:
    T *data_ = nullptr;
    std::int64_t size_ = 0;
};

/// A string that ends with NUL: a literal, a std::string, or nullptr.
class zstring {
  public:
    zstring(const char *text) noexcept : text_(text) {}
    zstring(const std::string &text) noexcept : text_(text.c_str()) {}
    const char *get() const noexcept { return text_; }

  private:
    const char *text_;
};

} // namespace simplernn

#endif
