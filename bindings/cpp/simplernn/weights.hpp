// SPDX-License-Identifier: MIT
// The named tensors of a safetensors file: weights.
#ifndef SIMPLERNN_WEIGHTS_HPP
#define SIMPLERNN_WEIGHTS_HPP

#include "callback.hpp"
#include "tensor.hpp"

namespace simplernn {

/// An open safetensors file. Values are read when they are asked for. Any
/// number of threads may use one object. Names and shapes that it returns are
/// valid as long as it is.
class weights : public detail::owner<srnn_weights, srnn_weights_destroy> {
    template <class Read>
    using if_lasting_read = std::enable_if_t<
        std::is_lvalue_reference_v<Read> ||
            std::is_function_v<std::remove_pointer_t<Read>>,
        detail::if_callable<Read, std::int64_t, void *, std::size_t>>;

  public:
    using owner::owner;
    static weights open(zstring path) { return try_open(path).value(); }
    static result<weights> try_open(zstring path) noexcept
    {
        return detail::make<weights>(srnn_weights_open, path.get());
    }
    /// The bytes must last, without a change, as long as the weights do.
    static weights open_memory(const void *bytes, std::size_t size)
    {
        return try_open_memory(bytes, size).value();
    }
    static result<weights> try_open_memory(const void *bytes,
                                           std::size_t size) noexcept
    {
        return detail::make<weights>(srnn_weights_open_memory, bytes, size);
    }
    /// Reads the file through read(offset, target, size), which returns what
    /// srnn_read_function does. It must last as long as the weights do, so it
    /// cannot be a temporary; only a pointer to a function need not last. What
    /// it throws comes out of open_callback(), read_tensor(),
    /// create_from_weights() of networks and layers, and optimizer::load().
    /// Their forms with try_ fail with SRNN_ERROR_IO instead.
    template <class Read, class = if_lasting_read<Read>>
    static weights open_callback(Read &&read, std::int64_t size)
    {
        return detail::value_of([&] { return try_open_callback(read, size); });
    }
    template <class Read, class Guard = detail::guard,
              class = if_lasting_read<Read>>
    static result<weights> try_open_callback(Read &&read,
                                             std::int64_t size) noexcept
    {
        using function = std::remove_reference_t<Read>;
        if constexpr (std::is_pointer_v<function>) {
            return try_open_callback<decltype(*read), Guard>(*read, size);
        } else {
            const srnn_read_function call = detail::call<Guard, function>;
            return detail::make<weights>(srnn_weights_open_callback, call,
                                         detail::user_data(read), size);
        }
    }

    /// The number of tensors. An index is below it; they are sorted by name.
    std::int64_t count() const noexcept { return srnn_weights_count(get()); }
    const char *name(std::int64_t index) const noexcept
    {
        return srnn_weights_name(get(), index);
    }
    /// The element type as the file names it, for example "BF16".
    const char *type(std::int64_t index) const noexcept
    {
        return srnn_weights_type(get(), index);
    }
    span<const std::int64_t> shape(std::int64_t index) const noexcept
    {
        return {srnn_weights_shape(get(), index),
                srnn_weights_rank(get(), index)};
    }
    /// NULL if there is no such key.
    const char *metadata(zstring key) const noexcept
    {
        return srnn_weights_metadata(get(), key.get());
    }
    /// NULL if there is no such index.
    const char *metadata_key(std::int64_t index) const noexcept
    {
        return srnn_weights_metadata_key(get(), index);
    }
    tensor read_tensor(zstring name) const
    {
        return detail::value_of([&] { return try_read_tensor(name); });
    }
    result<tensor> try_read_tensor(zstring name) const noexcept
    {
        return detail::make<tensor>(srnn_weights_read_tensor, get(),
                                    name.get());
    }
};

} // namespace simplernn

#endif
