// SPDX-License-Identifier: MIT
// A network with its options and weights: rnn.
#ifndef SIMPLERNN_RNN_HPP
#define SIMPLERNN_RNN_HPP

#include <array>
#include <string>

#include "options.hpp"
#include "weights.hpp"

namespace simplernn {

class rnn;

/// A parameter of a network, in place: the values are contiguous and have the
/// dtype of the rnn. It is valid as long as the rnn is. Writing parameters
/// changes the values. name is NULL if there is no such parameter.
struct parameter {
    const char *name;
    span<const std::int64_t> shape;
    const void *data;
};

/// What can be read of a network: functions of an rnn and of an rnn_ref.
class rnn_functions : public detail::holder<const srnn_rnn> {
    template <class Write>
    using if_write = detail::if_callable<Write, const void *, std::size_t>;

  protected:
    using holder::holder;

  public:
    std::int64_t get_int(srnn_option_values option) const
    {
        return try_get_int(option).value();
    }
    result<std::int64_t> try_get_int(srnn_option_values option) const noexcept
    {
        return detail::get<std::int64_t>(srnn_rnn_get_int, get(), option);
    }
    double get_real(srnn_option_values option) const
    {
        return try_get_real(option).value();
    }
    result<double> try_get_real(srnn_option_values option) const noexcept
    {
        return detail::get<double>(srnn_rnn_get_real, get(), option);
    }
    /// Who stated an option; 0 if an rnn has no such option.
    srnn_origin origin(srnn_option_values option) const noexcept
    {
        return srnn_rnn_origin(get(), option);
    }

    std::int64_t parameter_count() const noexcept
    {
        return srnn_rnn_parameter_count(get());
    }
    /// -1 if there is no such name.
    std::int64_t find_parameter(zstring name) const noexcept
    {
        return srnn_rnn_find_parameter(get(), name.get());
    }
    /// The parameter at an index, in state_dict order.
    simplernn::parameter parameter(std::int64_t index) const noexcept
    {
        return {srnn_rnn_parameter_name(get(), index),
                {srnn_rnn_parameter_shape(get(), index),
                 srnn_rnn_parameter_rank(get(), index)},
                srnn_rnn_parameter_data(get(), index)};
    }
    tensor copy_parameter(zstring name) const
    {
        return try_copy_parameter(name).value();
    }
    result<tensor> try_copy_parameter(zstring name) const noexcept
    {
        return detail::make<tensor>(srnn_rnn_copy_parameter, get(), name.get());
    }
    /// P, the number of elements of all parameters.
    std::int64_t flat_size() const noexcept
    {
        return srnn_rnn_flat_size(get());
    }
    /// Copies all parameters to values, [P].
    void get_flat(tensor_ref values) const { try_get_flat(values).value(); }
    result<void> try_get_flat(tensor_ref values) const noexcept
    {
        return srnn_rnn_get_flat(get(), values.get());
    }

    rnn clone() const;
    result<rnn> try_clone() const noexcept;

    /// metadata is a key, its text, a key, its text and so on, and nullptr.
    void save(zstring path, zstring prefix = nullptr,
              const char *const *metadata = nullptr) const
    {
        try_save(path, prefix, metadata).value();
    }
    result<void> try_save(zstring path, zstring prefix = nullptr,
                          const char *const *metadata = nullptr) const noexcept
    {
        return srnn_rnn_save(get(), path.get(), prefix.get(), metadata);
    }
    void save_alone(zstring path, zstring prefix = nullptr,
                    const char *const *metadata = nullptr) const
    {
        try_save_alone(path, prefix, metadata).value();
    }
    result<void>
    try_save_alone(zstring path, zstring prefix = nullptr,
                   const char *const *metadata = nullptr) const noexcept
    {
        return srnn_rnn_save_alone(get(), path.get(), prefix.get(), metadata);
    }
    /// Saves through write(bytes, size), which returns what
    /// srnn_write_function does. What it throws comes out of this function; the
    /// form with try_ fails with SRNN_ERROR_IO instead.
    template <class Write, class = if_write<Write>>
    void save_callback(Write &&write, zstring prefix = nullptr,
                       const char *const *metadata = nullptr) const
    {
        detail::value_of(
            [&] { return try_save_callback(write, prefix, metadata); });
    }
    template <class Write, class Guard = detail::guard, class = if_write<Write>>
    result<void>
    try_save_callback(Write &&write, zstring prefix = nullptr,
                      const char *const *metadata = nullptr) const noexcept
    {
        const srnn_write_function call =
            detail::call<Guard, std::remove_reference_t<Write>>;
        return srnn_rnn_save_callback(get(), call, detail::user_data(write),
                                      prefix.get(), metadata);
    }

    /// The shape that a tensor of a forward must have.
    std::array<std::int64_t, 3> shape(srnn_role_values role, std::int64_t steps,
                                      std::int64_t batch) const
    {
        return try_shape(role, steps, batch).value();
    }
    result<std::array<std::int64_t, 3>>
    try_shape(srnn_role_values role, std::int64_t steps,
              std::int64_t batch) const noexcept
    {
        std::array<std::int64_t, 3> sizes{};
        const result<void> outcome =
            srnn_rnn_shape(sizes.data(), get(), role, steps, batch);
        return {outcome, sizes};
    }
    /// A table of layers, parameters and shapes.
    std::string describe(std::int64_t steps, std::int64_t batch) const
    {
        std::string text(try_describe(nullptr, 0, steps, batch).value(), '\0');
        try_describe(text.data(), text.size() + 1, steps, batch).value();
        return text;
    }
    /// Writes the table to text, and does not allocate. The value is its length
    /// without the NUL, even after SRNN_ERROR_BUFFER.
    result<std::size_t> try_describe(char *text, std::size_t capacity,
                                     std::int64_t steps,
                                     std::int64_t batch) const noexcept
    {
        std::size_t length = 0;
        const result<void> outcome =
            srnn_rnn_describe(text, capacity, &length, get(), steps, batch);
        return {outcome, length};
    }
};

/// A network to read: an rnn converts to it, and contexts, streams, tapes and
/// gradients give the one that they keep alive. It borrows the network. Any
/// number of threads may use it, but not while another thread writes
/// parameters.
class rnn_ref : public detail::reference<const srnn_rnn, rnn_functions> {
  public:
    using reference::reference;
};

/// A network. It lasts until the object and all contexts, streams, cells, tapes
/// and gradients that use it are destroyed. Any number of threads may share it,
/// each with its own context or stream. Writing parameters fails with
/// SRNN_ERROR_BUSY while a call runs the network.
class rnn : public detail::owner<srnn_rnn, srnn_rnn_destroy, rnn_functions> {
  public:
    using owner::owner;
    /// Random weights: those of torch.manual_seed(seed); torch.nn.RNN(...).
    static rnn create(std::int64_t input_size, std::int64_t hidden_size,
                      const options &options = {}, std::uint64_t seed = 0)
    {
        return try_create(input_size, hidden_size, options, seed).value();
    }
    static result<rnn> try_create(std::int64_t input_size,
                                  std::int64_t hidden_size,
                                  const options &options = {},
                                  std::uint64_t seed = 0) noexcept
    {
        auto config = detail::make_config(options);
        if (!config)
            return config;
        return detail::make<rnn>(srnn_rnn_create, input_size, hidden_size,
                                 config->get(), seed);
    }
    /// Copies of all parameters, in state_dict order.
    static rnn create_from_tensors(span<const srnn_tensor *const> values,
                                   const options &options = {})
    {
        return try_create_from_tensors(values, options).value();
    }
    static result<rnn>
    try_create_from_tensors(span<const srnn_tensor *const> values,
                            const options &options = {}) noexcept
    {
        auto config = detail::make_config(options);
        if (!config)
            return config;
        return detail::make<rnn>(srnn_rnn_create_from_tensors, values.data(),
                                 values.size(), config->get());
    }
    /// The weights of a file, whose names have the prefix.
    static rnn create_from_weights(const weights &weights,
                                   zstring prefix = nullptr,
                                   const options &options = {})
    {
        return detail::value_of(
            [&] { return try_create_from_weights(weights, prefix, options); });
    }
    static result<rnn>
    try_create_from_weights(const weights &weights, zstring prefix = nullptr,
                            const options &options = {}) noexcept
    {
        auto config = detail::make_config(options);
        if (!config)
            return config;
        return detail::make<rnn>(srnn_rnn_create_from_weights, weights.get(),
                                 prefix.get(), config->get());
    }

    void set_parameter(zstring name, const_tensor_ref value)
    {
        try_set_parameter(name, value).value();
    }
    result<void> try_set_parameter(zstring name,
                                   const_tensor_ref value) noexcept
    {
        return srnn_rnn_set_parameter(get(), name.get(), value.get());
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
        return srnn_rnn_initialise(get(), name.get(), kind, gain, seed);
    }
    /// Writes all parameters, in state_dict order.
    void set_parameters(span<const srnn_tensor *const> values)
    {
        try_set_parameters(values).value();
    }
    result<void>
    try_set_parameters(span<const srnn_tensor *const> values) noexcept
    {
        return srnn_rnn_set_parameters(get(), values.data(), values.size());
    }
    /// Writes all parameters from values, [P].
    void set_flat(const_tensor_ref values) { try_set_flat(values).value(); }
    result<void> try_set_flat(const_tensor_ref values) noexcept
    {
        return srnn_rnn_set_flat(get(), values.get());
    }
};

inline rnn rnn_functions::clone() const
{
    return try_clone().value();
}
inline result<rnn> rnn_functions::try_clone() const noexcept
{
    return detail::make<rnn>(srnn_rnn_clone, get());
}

namespace detail {

// The sizes of a network, which never change. A context and a stream keep them,
// so that calls which check arrays need not ask the library.
struct sizes {
    explicit sizes(rnn_ref rnn) noexcept
    {
        if (rnn.get() == nullptr)
            return;
        is_batch_first = *rnn.try_get_int(SRNN_OPTION_BATCH_FIRST) != 0;
        dtype = static_cast<srnn_dtype>(*rnn.try_get_int(SRNN_OPTION_DTYPE));
        input = (*rnn.try_shape(SRNN_ROLE_INPUT, 1, 1))[2];
        output = (*rnn.try_shape(SRNN_ROLE_OUTPUT, 1, 1))[2];
        const auto states = *rnn.try_shape(SRNN_ROLE_HIDDEN, 1, 1);
        rows = states[0];
        hidden = states[2];
    }
    bool is_batch_first = false;
    srnn_dtype dtype = 0;
    std::int64_t input = 0, output = 0, rows = 0, hidden = 0;
};

} // namespace detail
} // namespace simplernn

#endif
