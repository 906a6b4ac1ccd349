// SPDX-License-Identifier: MIT
// Memory with a dtype, a shape and strides: tensor, and views as tensor_view.
#ifndef SIMPLERNN_TENSOR_HPP
#define SIMPLERNN_TENSOR_HPP

#include <array>

#include "array.hpp"
#include "handle.hpp"

namespace simplernn {

/// What can be read of a tensor: functions of every tensor, view and reference.
class const_tensor_functions : public detail::holder<const srnn_tensor> {
  protected:
    using holder::holder;

  public:
    srnn_dtype dtype() const noexcept { return srnn_tensor_dtype(get()); }
    /// The number of elements.
    std::int64_t size() const noexcept { return srnn_tensor_size(get()); }
    span<const std::int64_t> shape() const noexcept
    {
        return {srnn_tensor_shape(get()), srnn_tensor_rank(get())};
    }
    span<const std::int64_t> strides() const noexcept
    {
        return {srnn_tensor_strides(get()), srnn_tensor_rank(get())};
    }
    bool is_read_only() const noexcept
    {
        return srnn_tensor_is_read_only(get()) != 0;
    }
    /// The element with index 0; NULL if the elements are no T.
    template <class T> const T *const_data() const noexcept
    {
        return dtype() == dtype_of<T>
                   ? static_cast<const T *>(srnn_tensor_const_data(get()))
                   : nullptr;
    }
};

/// A tensor that a call reads: a tensor or a view converts to it, and nullptr
/// for one that is not given. It borrows the tensor. Any number of threads may
/// use it.
class const_tensor_ref
    : public detail::reference<const srnn_tensor, const_tensor_functions> {
  public:
    using reference::reference;
};

/// What else can be done with a tensor whose values are not const.
class tensor_functions : public const_tensor_functions {
  protected:
    explicit tensor_functions(srnn_tensor *handle) noexcept
        : const_tensor_functions(handle)
    {
    }

  public:
    srnn_tensor *get() const noexcept
    {
        return const_cast<srnn_tensor *>(const_tensor_functions::get());
    }
    /// The element with index 0; NULL if the elements are no T.
    template <class T> T *data() const noexcept
    {
        return dtype() == dtype_of<T>
                   ? static_cast<T *>(srnn_tensor_data(get()))
                   : nullptr;
    }
    /// Copies the values of a tensor of the same shape and dtype to this one.
    void copy(const_tensor_ref source) const { try_copy(source).value(); }
    result<void> try_copy(const_tensor_ref source) const noexcept
    {
        return srnn_tensor_copy(get(), source.get());
    }
};

/// A tensor that a call writes: a tensor or a view of values that are not const
/// converts to it, and nullptr for one that is not wanted. It borrows the
/// tensor.
class tensor_ref : public detail::reference<srnn_tensor, tensor_functions> {
  public:
    using reference::reference;
};

/// A tensor that owns its memory, contiguous and aligned to 64 bytes. Any
/// number of threads may use one, as long as the program orders reads and
/// writes of its values.
class tensor
    : public detail::owner<srnn_tensor, srnn_tensor_destroy, tensor_functions> {
  public:
    using owner::owner;
    /// Zeros.
    static tensor create(srnn_dtype_values dtype,
                         span<const std::int64_t> shape)
    {
        return try_create(dtype, shape).value();
    }
    static result<tensor> try_create(srnn_dtype_values dtype,
                                     span<const std::int64_t> shape) noexcept
    {
        return detail::make<tensor>(srnn_tensor_create, srnn_dtype(dtype),
                                    static_cast<std::int32_t>(shape.size()),
                                    shape.data());
    }
    /// Joins tensors along an axis, as torch.cat does.
    static tensor concatenate(span<const srnn_tensor *const> tensors,
                              std::int32_t axis)
    {
        return try_concatenate(tensors, axis).value();
    }
    static result<tensor>
    try_concatenate(span<const srnn_tensor *const> tensors,
                    std::int32_t axis) noexcept
    {
        return detail::make<tensor>(srnn_tensor_concatenate, tensors.data(),
                                    tensors.size(), axis);
    }
};

/// A tensor over memory of the program, which must last as long as the view
/// does. T is float, double, std::int64_t or std::uint8_t. A view of const T is
/// read-only: the compiler refuses it where a call writes. It may repeat
/// elements (a stride of 0) and have elements that overlap; a view of T may
/// not. Making one allocates; rewrap() does not.
///
/// Any number of threads may use a view, as long as none calls rewrap().
template <class T>
class tensor_view
    : public detail::owner<
          srnn_tensor, srnn_tensor_destroy,
          std::conditional_t<std::is_const_v<T>, const_tensor_functions,
                             tensor_functions>> {
  public:
    using tensor_view::owner::owner;
    /// data is the address of the element with index 0. Strides count elements;
    /// without strides, the view is contiguous.
    static tensor_view wrap(T *data, span<const std::int64_t> shape,
                            span<const std::int64_t> strides = {})
    {
        return try_wrap(data, shape, strides).value();
    }
    static result<tensor_view>
    try_wrap(T *data, span<const std::int64_t> shape,
             span<const std::int64_t> strides = {}) noexcept
    {
        if (const result<void> ranks = check_ranks(shape, strides); !ranks)
            return ranks;
        return detail::make<tensor_view>(
            create, data, dtype_of<T>, static_cast<std::int32_t>(shape.size()),
            shape.data(), strides.data());
    }
    /// Points the view at other memory, without an allocation.
    void rewrap(T *data, span<const std::int64_t> shape,
                span<const std::int64_t> strides = {})
    {
        try_rewrap(data, shape, strides).value();
    }
    result<void> try_rewrap(T *data, span<const std::int64_t> shape,
                            span<const std::int64_t> strides = {}) noexcept
    {
        if (const result<void> ranks = check_ranks(shape, strides); !ranks)
            return ranks;
        return recreate(this->get(), data, dtype_of<T>,
                        static_cast<std::int32_t>(shape.size()), shape.data(),
                        strides.data());
    }

  private:
    static constexpr auto create = [] {
        if constexpr (std::is_const_v<T>)
            return srnn_tensor_wrap_const;
        else
            return srnn_tensor_wrap;
    }();
    static constexpr auto recreate = [] {
        if constexpr (std::is_const_v<T>)
            return srnn_tensor_rewrap_const;
        else
            return srnn_tensor_rewrap;
    }();
    static result<void> check_ranks(span<const std::int64_t> shape,
                                    span<const std::int64_t> strides) noexcept
    {
        if (strides.data() == nullptr || strides.size() == shape.size())
            return {};
        return detail::fail(SRNN_ERROR_INVALID,
                            "shape has %lld sizes, but strides has %lld",
                            static_cast<long long>(shape.size()),
                            static_cast<long long>(strides.size()));
    }
};

namespace detail {

// Whether a view stays inside of a container.
template <class T>
result<void> check_reach(const tensor_view<T> &view, std::int64_t size,
                         bool has_strides) noexcept
{
    std::int64_t lowest = 0, highest = 0;
    for (std::int64_t i = 0; i < view.shape().size(); i++) {
        const std::int64_t reach = (view.shape()[i] - 1) * view.strides()[i];
        (reach < 0 ? lowest : highest) += reach;
    }
    if (!has_strides && view.size() != size)
        return fail_size("the container", size, view.shape());
    if (view.size() > 0 && (lowest < 0 || highest >= size))
        return fail(SRNN_ERROR_SHAPE,
                    "the container has elements 0 to %lld; the strides reach "
                    "from %lld to %lld",
                    static_cast<long long>(size - 1),
                    static_cast<long long>(lowest),
                    static_cast<long long>(highest));
    return {};
}

} // namespace detail

/// A view of a std::vector, std::array, std::span or another contiguous
/// container. Without strides, the shape must have as many elements as the
/// container. With strides, no element may be outside of it. For memory of
/// unknown length, see tensor_view::wrap().
template <class Container, class T = detail::element_of<Container>,
          class = detail::if_dtype<T>>
result<tensor_view<T>> try_wrap(Container &&container,
                                span<const std::int64_t> shape,
                                span<const std::int64_t> strides = {}) noexcept
{
    auto view = tensor_view<T>::try_wrap(std::data(container), shape, strides);
    if (!view)
        return view;
    const result<void> inside = detail::check_reach(
        *view, static_cast<std::int64_t>(std::size(container)),
        strides.data() != nullptr);
    if (!inside)
        return inside;
    return view;
}
template <class Container, class T = detail::element_of<Container>,
          class = detail::if_dtype<T>>
tensor_view<T> wrap(Container &&container, span<const std::int64_t> shape,
                    span<const std::int64_t> strides = {})
{
    return try_wrap(container, shape, strides).value();
}

/// A view of a std::mdspan, or of another class with its interface, with its
/// shape and its strides.
template <class Mdspan, class T = typename Mdspan::element_type,
          class = decltype(std::declval<Mdspan>().data_handle()),
          class = detail::if_dtype<T>>
result<tensor_view<T>> try_wrap(const Mdspan &mdspan) noexcept
{
    static_assert(Mdspan::is_always_strided(), "it has no strides");
    std::array<std::int64_t, Mdspan::rank()> shape{}, strides{};
    for (typename Mdspan::rank_type i = 0; i < Mdspan::rank(); i++) {
        shape[i] = static_cast<std::int64_t>(mdspan.extent(i));
        strides[i] = static_cast<std::int64_t>(mdspan.stride(i));
    }
    return tensor_view<T>::try_wrap(mdspan.data_handle(), shape, strides);
}
template <class Mdspan, class T = typename Mdspan::element_type,
          class = decltype(std::declval<Mdspan>().data_handle()),
          class = detail::if_dtype<T>>
tensor_view<T> wrap(const Mdspan &mdspan)
{
    return try_wrap(mdspan).value();
}

} // namespace simplernn

#endif
