// SPDX-License-Identifier: MIT
// One step of one cell, as in torch.nn.RNNCell: cell.
#ifndef SIMPLERNN_CELL_HPP
#define SIMPLERNN_CELL_HPP

#include "rnn.hpp"

namespace simplernn {

/// The weights of one cell, and its step h' = act(W_ih x + b_ih + W_hh h +
/// b_hh). It never changes, so any number of threads may use one.
class cell : public detail::owner<srnn_cell, srnn_cell_destroy> {
  public:
    using owner::owner;
    /// Copies weights [H,I], [H,H] and biases [H]; nullptr is a bias of zeros.
    static cell create(srnn_nonlinearity_values nonlinearity,
                       const_tensor_ref weight_ih, const_tensor_ref weight_hh,
                       const_tensor_ref bias_ih, const_tensor_ref bias_hh)
    {
        return try_create(nonlinearity, weight_ih, weight_hh, bias_ih, bias_hh)
            .value();
    }
    static result<cell> try_create(srnn_nonlinearity_values nonlinearity,
                                   const_tensor_ref weight_ih,
                                   const_tensor_ref weight_hh,
                                   const_tensor_ref bias_ih,
                                   const_tensor_ref bias_hh) noexcept
    {
        return detail::make<cell>(srnn_cell_create, nonlinearity,
                                  weight_ih.get(), weight_hh.get(),
                                  bias_ih.get(), bias_hh.get());
    }
    /// A view of one cell of a network, which it keeps alive. While it exists,
    /// writing parameters of the network fails with SRNN_ERROR_IN_USE.
    static cell create_view(rnn_ref rnn, std::int64_t layer,
                            srnn_direction_values direction)
    {
        return try_create_view(rnn, layer, direction).value();
    }
    static result<cell>
    try_create_view(rnn_ref rnn, std::int64_t layer,
                    srnn_direction_values direction) noexcept
    {
        return detail::make<cell>(srnn_cell_create_view, rnn.get(), layer,
                                  direction);
    }

    std::int64_t input_size() const noexcept
    {
        return srnn_cell_input_size(get());
    }
    std::int64_t hidden_size() const noexcept
    {
        return srnn_cell_hidden_size(get());
    }
    /// One step of a batch: input [B,I], hidden [B,H] or nullptr, output [B,H].
    /// Without a batch, there is no B.
    void forward(const_tensor_ref input, const_tensor_ref hidden,
                 tensor_ref output) const
    {
        try_forward(input, hidden, output).value();
    }
    result<void> try_forward(const_tensor_ref input, const_tensor_ref hidden,
                             tensor_ref output) const noexcept
    {
        return srnn_cell_forward(get(), input.get(), hidden.get(),
                                 output.get());
    }
};

} // namespace simplernn

#endif
