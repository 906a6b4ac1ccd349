// SPDX-License-Identifier: MIT
// A linear layer, as torch.nn.Linear: linear.
#ifndef SIMPLERNN_LINEAR_HPP
#define SIMPLERNN_LINEAR_HPP

#include "weights.hpp"

namespace simplernn {

/// The options of a linear layer, an aggregate.
struct linear_options {
    bool bias = true;
    srnn_dtype_values dtype = SRNN_DTYPE_FLOAT32;
};

/// A linear layer: output = input weight^T + bias. It lasts until the object
/// and all gradients that use it are destroyed. Any number of threads may share
/// it. Writing parameters fails with SRNN_ERROR_BUSY while a call runs the
/// layer. No thread may read parameters while another one writes them.
///
/// forward() and backward() use the threads of a context: context::get(), of
/// any network. With nullptr, they run on this thread alone.
class linear : public detail::owner<srnn_linear, srnn_linear_destroy> {
  public:
    using owner::owner;
    /// Random values: those of torch.manual_seed(seed); torch.nn.Linear(...).
    static linear create(std::int64_t in_features, std::int64_t out_features,
                         const linear_options &options = {},
                         std::uint64_t seed = 0)
    {
        return try_create(in_features, out_features, options, seed).value();
    }
    static result<linear> try_create(std::int64_t in_features,
                                     std::int64_t out_features,
                                     const linear_options &options = {},
                                     std::uint64_t seed = 0) noexcept
    {
        return detail::make<linear>(srnn_linear_create,
                                    srnn_dtype(options.dtype), in_features,
                                    out_features, options.bias ? 1 : 0, seed);
    }
    /// The tensors prefix + "weight" and prefix + "bias" of a file.
    static linear create_from_weights(const weights &weights,
                                      zstring prefix = nullptr)
    {
        return detail::value_of(
            [&] { return try_create_from_weights(weights, prefix); });
    }
    static result<linear>
    try_create_from_weights(const weights &weights,
                            zstring prefix = nullptr) noexcept
    {
        return detail::make<linear>(srnn_linear_create_from_weights,
                                    weights.get(), prefix.get());
    }

    /// 0 without a layer, as the sizes.
    srnn_dtype dtype() const noexcept { return srnn_linear_dtype(get()); }
    std::int64_t in_features() const noexcept
    {
        return srnn_linear_in_features(get());
    }
    std::int64_t out_features() const noexcept
    {
        return srnn_linear_out_features(get());
    }
    bool has_bias() const noexcept { return srnn_linear_has_bias(get()) != 0; }

    /// A copy of "weight" or "bias".
    tensor copy_parameter(zstring name) const
    {
        return try_copy_parameter(name).value();
    }
    result<tensor> try_copy_parameter(zstring name) const noexcept
    {
        return detail::make<tensor>(srnn_linear_copy_parameter, get(),
                                    name.get());
    }
    void set_parameter(zstring name, const_tensor_ref value)
    {
        try_set_parameter(name, value).value();
    }
    result<void> try_set_parameter(zstring name,
                                   const_tensor_ref value) noexcept
    {
        return srnn_linear_set_parameter(get(), name.get(), value.get());
    }
    /// Fills a parameter with first values.
    void initialise(zstring name, srnn_initialisation_values kind,
                    double gain = 1, std::uint64_t seed = 0)
    {
        try_initialise(name, kind, gain, seed).value();
    }
    result<void> try_initialise(zstring name, srnn_initialisation_values kind,
                                double gain = 1,
                                std::uint64_t seed = 0) noexcept
    {
        return srnn_linear_initialise(get(), name.get(), kind, gain, seed);
    }
    /// P, the number of elements of all parameters.
    std::int64_t flat_size() const noexcept
    {
        return srnn_linear_flat_size(get());
    }
    /// Copies all parameters to values, [P].
    void get_flat(tensor_ref values) const { try_get_flat(values).value(); }
    result<void> try_get_flat(tensor_ref values) const noexcept
    {
        return srnn_linear_get_flat(get(), values.get());
    }
    /// Writes all parameters from values, [P].
    void set_flat(const_tensor_ref values) { try_set_flat(values).value(); }
    result<void> try_set_flat(const_tensor_ref values) noexcept
    {
        return srnn_linear_set_flat(get(), values.get());
    }
    /// Saves the layer into a file, beside what else is in it.
    void save(zstring path, zstring prefix = nullptr) const
    {
        try_save(path, prefix).value();
    }
    result<void> try_save(zstring path, zstring prefix = nullptr) const noexcept
    {
        return srnn_linear_save(get(), path.get(), prefix.get());
    }

    /// Runs the layer: input [...,in_features], output [...,out_features].
    void forward(srnn_context *context, const_tensor_ref input,
                 tensor_ref output) const
    {
        try_forward(context, input, output).value();
    }
    result<void> try_forward(srnn_context *context, const_tensor_ref input,
                             tensor_ref output) const noexcept
    {
        return srnn_linear_forward(get(), context, input.get(), output.get());
    }
    /// Computes the gradients of a forward with the same input, as far as they
    /// are wanted: those of the parameters, and d_input [...,in_features].
    void backward(srnn_context *context, const_tensor_ref input,
                  const_tensor_ref d_output,
                  srnn_accumulation_values accumulation,
                  srnn_gradients *gradients, tensor_ref d_input) const
    {
        try_backward(context, input, d_output, accumulation, gradients, d_input)
            .value();
    }
    result<void> try_backward(srnn_context *context, const_tensor_ref input,
                              const_tensor_ref d_output,
                              srnn_accumulation_values accumulation,
                              srnn_gradients *gradients,
                              tensor_ref d_input) const noexcept
    {
        return srnn_linear_backward(get(), context, input.get(), d_output.get(),
                                    accumulation, gradients, d_input.get());
    }
};

} // namespace simplernn

#endif
