// SPDX-License-Identifier: MIT
// The options of a network.
#ifndef SIMPLERNN_OPTIONS_HPP
#define SIMPLERNN_OPTIONS_HPP

#include <cstdint>
#include <optional>

#include "handle.hpp"

namespace simplernn {

/// The options of a network, an aggregate in place of srnn_config. With C++20:
///
///     rnn::create(3, 5, {.num_layers = 2,
///                        .nonlinearity = SRNN_NONLINEARITY_RELU});
///
/// An option without a value has its default or is found in the file. One with
/// a value counts as stated, even if it is the default. srnn_option_values
/// documents each of them.
struct options {
    std::optional<std::int64_t> input_size{};
    std::optional<std::int64_t> hidden_size{};
    std::optional<std::int64_t> num_layers{};
    std::optional<srnn_direction_values> direction{};
    std::optional<srnn_nonlinearity_values> nonlinearity{};
    std::optional<bool> bias{};
    std::optional<bool> batch_first{};
    std::optional<srnn_dtype_values> dtype{};
    std::optional<double> dropout{};
    std::optional<bool> require_stated{};
    std::optional<bool> allow_extra{};
};

namespace detail {

class config : public owner<srnn_config, srnn_config_destroy> {
  public:
    using owner::owner;
};

template <class Value>
void set(result<config> &made, srnn_option option,
         const std::optional<Value> &value) noexcept
{
    if (made && value)
        made = {srnn_config_set_int(made->get(), option,
                                    static_cast<std::int64_t>(*value)),
                std::move(*made)};
}

inline result<config> make_config(const options &options) noexcept
{
    auto made = make<config>(srnn_config_create);
    set(made, SRNN_OPTION_INPUT_SIZE, options.input_size);
    set(made, SRNN_OPTION_HIDDEN_SIZE, options.hidden_size);
    set(made, SRNN_OPTION_NUM_LAYERS, options.num_layers);
    set(made, SRNN_OPTION_DIRECTION, options.direction);
    set(made, SRNN_OPTION_NONLINEARITY, options.nonlinearity);
    set(made, SRNN_OPTION_BIAS, options.bias);
    set(made, SRNN_OPTION_BATCH_FIRST, options.batch_first);
    set(made, SRNN_OPTION_DTYPE, options.dtype);
    set(made, SRNN_OPTION_REQUIRE_STATED, options.require_stated);
    set(made, SRNN_OPTION_ALLOW_EXTRA, options.allow_extra);
    if (made && options.dropout)
        made = {srnn_config_set_real(made->get(), SRNN_OPTION_DROPOUT,
                                     *options.dropout),
                std::move(*made)};
    return made;
}

} // namespace detail
} // namespace simplernn

#endif
