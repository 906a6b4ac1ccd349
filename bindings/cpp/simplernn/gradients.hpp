// SPDX-License-Identifier: MIT
// The gradients of parameters: gradients.
#ifndef SIMPLERNN_GRADIENTS_HPP
#define SIMPLERNN_GRADIENTS_HPP

#include "linear.hpp"
#include "rnn.hpp"

namespace simplernn {

/// One gradient for each element of each parameter of a network or of a linear
/// layer, which they keep alive, or of a tensor. They are one vector [P] with a
/// view for each parameter. One thread at a time may use them; a second one
/// gets SRNN_ERROR_BUSY.
///
/// scale(), norm(), clip_norm() and clip_value() take the gradients of several
/// objects: `gradients::clip_norm({encoder.get(), decoder.get()}, 1.0)`.
class gradients : public detail::owner<srnn_gradients, srnn_gradients_destroy> {
  public:
    using owner::owner;
    /// Gradients of 0.
    static gradients create(const simplernn::rnn &rnn)
    {
        return try_create(rnn).value();
    }
    static result<gradients> try_create(const simplernn::rnn &rnn) noexcept
    {
        return detail::make<gradients>(srnn_gradients_create, rnn.get());
    }
    /// Gradients of 0 for a linear layer.
    static gradients create_linear(const linear &linear)
    {
        return try_create_linear(linear).value();
    }
    static result<gradients> try_create_linear(const linear &linear) noexcept
    {
        return detail::make<gradients>(srnn_gradients_create_linear,
                                       linear.get());
    }
    /// Gradients of 0 for a tensor of the program, which is then a parameter:
    /// an optimizer writes its values. Their memory must last as long as the
    /// gradients do, and as long as an optimizer keeps them alive.
    static gradients create_tensor(tensor_ref value, zstring name)
    {
        return try_create_tensor(value, name).value();
    }
    static result<gradients> try_create_tensor(tensor_ref value,
                                               zstring name) noexcept
    {
        return detail::make<gradients>(srnn_gradients_create_tensor,
                                       value.get(), name.get());
    }
    /// Gradients in memory of the program, [P] of the dtype of the rnn, which
    /// must last as long as they do, and as long as an optimizer keeps them
    /// alive.
    static gradients wrap(const simplernn::rnn &rnn, mutable_array data)
    {
        return try_wrap(rnn, data).value();
    }
    static result<gradients> try_wrap(const simplernn::rnn &rnn,
                                      mutable_array data) noexcept
    {
        const auto dtype = rnn.try_get_int(SRNN_OPTION_DTYPE);
        if (!dtype)
            return dtype;
        const result<void> fits =
            detail::check("data", data, *dtype, {rnn.flat_size()});
        if (!fits)
            return fits;
        return detail::make<gradients>(srnn_gradients_wrap, rnn.get(),
                                       data.data());
    }

    /// get() is NULL if they are not those of a network.
    rnn_ref rnn() const noexcept { return srnn_gradients_rnn(get()); }
    /// All of them, [P], borrowed.
    tensor_ref flat() noexcept { return srnn_gradients_flat(get()); }
    /// Those of a parameter, in its shape, borrowed. get() is NULL if no
    /// parameter has that name.
    tensor_ref tensor(zstring name) noexcept
    {
        return srnn_gradients_tensor(get(), name.get());
    }
    /// Trains a parameter, as all are at first, or freezes it.
    void set_trained(zstring name, bool trained)
    {
        try_set_trained(name, trained).value();
    }
    result<void> try_set_trained(zstring name, bool trained) noexcept
    {
        return srnn_gradients_set_trained(get(), name.get(), trained ? 1 : 0);
    }
    bool is_trained(zstring name) const noexcept
    {
        return srnn_gradients_is_trained(get(), name.get()) != 0;
    }

    static void scale(span<srnn_gradients *const> list, double factor)
    {
        try_scale(list, factor).value();
    }
    static result<void> try_scale(span<srnn_gradients *const> list,
                                  double factor) noexcept
    {
        return srnn_gradients_scale(list.data(), list.size(), factor);
    }
    static double norm(span<srnn_gradients *const> list)
    {
        return try_norm(list).value();
    }
    /// After SRNN_ERROR_NOT_FINITE, the value is NaN or infinity.
    static result<double> try_norm(span<srnn_gradients *const> list) noexcept
    {
        return detail::get<double>(srnn_gradients_norm, list.data(),
                                   list.size());
    }
    /// Returns the norm before the call.
    static double clip_norm(span<srnn_gradients *const> list, double maximum)
    {
        return try_clip_norm(list, maximum).value();
    }
    /// After SRNN_ERROR_NOT_FINITE, the value is NaN or infinity.
    static result<double> try_clip_norm(span<srnn_gradients *const> list,
                                        double maximum) noexcept
    {
        return detail::get<double>(srnn_gradients_clip_norm, list.data(),
                                   list.size(), maximum);
    }
    static void clip_value(span<srnn_gradients *const> list, double maximum)
    {
        try_clip_value(list, maximum).value();
    }
    static result<void> try_clip_value(span<srnn_gradients *const> list,
                                       double maximum) noexcept
    {
        return srnn_gradients_clip_value(list.data(), list.size(), maximum);
    }
};

} // namespace simplernn

#endif
