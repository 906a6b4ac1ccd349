// SPDX-License-Identifier: MIT
// Updates parameters, and saves checkpoints of training: optimizer.
#ifndef SIMPLERNN_OPTIMIZER_HPP
#define SIMPLERNN_OPTIMIZER_HPP

#include <optional>

#include "gradients.hpp"

namespace simplernn {

/// The options of an optimizer, an aggregate. With C++20:
///
///     optimizer::create(SRNN_OPTIMIZER_KIND_ADAM, {.learning_rate = 1e-2});
///
/// An option without a value keeps the one that it has. An option that the kind
/// of the optimizer does not have is an error. srnn_optimizer_option_values
/// documents each of them.
struct optimizer_options {
    std::optional<double> learning_rate{};
    std::optional<double> weight_decay{};
    std::optional<double> momentum{};
    std::optional<double> dampening{};
    std::optional<bool> nesterov{};
    std::optional<double> beta1{};
    std::optional<double> beta2{};
    std::optional<double> epsilon{};
    std::optional<double> alpha{};
    std::optional<bool> centered{};
    std::optional<bool> check_finite{};
};

/// Updates parameters from their gradients, with the formulas and the defaults
/// of torch.optim. It keeps the gradients alive, and with them the networks and
/// layers, but not memory of the program. One thread at a time may use an
/// optimizer; a second one gets SRNN_ERROR_BUSY.
///
/// Functions that take `const srnn_gradients *` mean the parameters of these
/// gradients, or with nullptr those of all gradients that are in the optimizer
/// or are added later: `optimizer.set({.learning_rate = 0.1}, head.get())`.
class optimizer : public detail::owner<srnn_optimizer, srnn_optimizer_destroy> {
  public:
    using owner::owner;
    static optimizer create(srnn_optimizer_kind_values kind,
                            const optimizer_options &options = {})
    {
        return try_create(kind, options).value();
    }
    static result<optimizer>
    try_create(srnn_optimizer_kind_values kind,
               const optimizer_options &options = {}) noexcept
    {
        auto made = detail::make<optimizer>(srnn_optimizer_create, kind);
        if (!made)
            return made;
        const result<void> outcome = made->try_set(options);
        if (!outcome)
            return outcome;
        return made;
    }

    /// 0 without an optimizer.
    srnn_optimizer_kind kind() const noexcept
    {
        return srnn_optimizer_get_kind(get());
    }
    /// Adds the parameters of gradients, with the options that the optimizer
    /// has now. In checkpoints, their names begin with the prefix.
    void add(const gradients &gradients, zstring prefix = nullptr)
    {
        try_add(gradients, prefix).value();
    }
    result<void> try_add(const gradients &gradients,
                         zstring prefix = nullptr) noexcept
    {
        return srnn_optimizer_add(get(), gradients.get(), prefix.get());
    }

    /// Sets the options that have a value, in the order of optimizer_options.
    /// The first failure ends it.
    void set(const optimizer_options &options,
             const srnn_gradients *gradients = nullptr)
    {
        try_set(options, gradients).value();
    }
    result<void> try_set(const optimizer_options &options,
                         const srnn_gradients *gradients = nullptr) noexcept
    {
        result<void> outcome;
        const auto set = [&](srnn_optimizer_option_values option, auto value) {
            if (!outcome || !value)
                return;
            if constexpr (std::is_same_v<decltype(value), std::optional<bool>>)
                outcome = try_set_int(option, *value ? 1 : 0, gradients);
            else
                outcome = try_set_real(option, *value, gradients);
        };
        set(SRNN_OPTIMIZER_LEARNING_RATE, options.learning_rate);
        set(SRNN_OPTIMIZER_WEIGHT_DECAY, options.weight_decay);
        set(SRNN_OPTIMIZER_MOMENTUM, options.momentum);
        set(SRNN_OPTIMIZER_DAMPENING, options.dampening);
        set(SRNN_OPTIMIZER_NESTEROV, options.nesterov);
        set(SRNN_OPTIMIZER_BETA1, options.beta1);
        set(SRNN_OPTIMIZER_BETA2, options.beta2);
        set(SRNN_OPTIMIZER_EPSILON, options.epsilon);
        set(SRNN_OPTIMIZER_ALPHA, options.alpha);
        set(SRNN_OPTIMIZER_CENTERED, options.centered);
        set(SRNN_OPTIMIZER_CHECK_FINITE, options.check_finite);
        return outcome;
    }
    void set_real(srnn_optimizer_option_values option, double value,
                  const srnn_gradients *gradients = nullptr)
    {
        try_set_real(option, value, gradients).value();
    }
    result<void>
    try_set_real(srnn_optimizer_option_values option, double value,
                 const srnn_gradients *gradients = nullptr) noexcept
    {
        return srnn_optimizer_set_real(get(), gradients, option, value);
    }
    double get_real(srnn_optimizer_option_values option,
                    const srnn_gradients *gradients = nullptr) const
    {
        return try_get_real(option, gradients).value();
    }
    result<double>
    try_get_real(srnn_optimizer_option_values option,
                 const srnn_gradients *gradients = nullptr) const noexcept
    {
        return detail::get<double>(srnn_optimizer_get_real, get(), gradients,
                                   option);
    }
    void set_int(srnn_optimizer_option_values option, std::int64_t value,
                 const srnn_gradients *gradients = nullptr)
    {
        try_set_int(option, value, gradients).value();
    }
    result<void> try_set_int(srnn_optimizer_option_values option,
                             std::int64_t value,
                             const srnn_gradients *gradients = nullptr) noexcept
    {
        return srnn_optimizer_set_int(get(), gradients, option, value);
    }
    std::int64_t get_int(srnn_optimizer_option_values option,
                         const srnn_gradients *gradients = nullptr) const
    {
        return try_get_int(option, gradients).value();
    }
    result<std::int64_t>
    try_get_int(srnn_optimizer_option_values option,
                const srnn_gradients *gradients = nullptr) const noexcept
    {
        return detail::get<std::int64_t>(srnn_optimizer_get_int, get(),
                                         gradients, option);
    }

    /// Updates all parameters that are trained. It allocates nothing.
    void step() { try_step().value(); }
    result<void> try_step() noexcept { return srnn_optimizer_step(get()); }

    /// Saves a checkpoint, with tensors of the program under names. metadata is
    /// as for rnn_ref::save().
    void save(zstring path, span<const char *const> names = {},
              span<const srnn_tensor *const> tensors = {},
              const char *const *metadata = nullptr) const
    {
        try_save(path, names, tensors, metadata).value();
    }
    result<void> try_save(zstring path, span<const char *const> names = {},
                          span<const srnn_tensor *const> tensors = {},
                          const char *const *metadata = nullptr) const noexcept
    {
        if (names.size() != tensors.size())
            return detail::fail(SRNN_ERROR_INVALID,
                                "there are %lld names for %lld tensors",
                                static_cast<long long>(names.size()),
                                static_cast<long long>(tensors.size()));
        return srnn_optimizer_save(get(), path.get(), names.data(),
                                   tensors.data(), tensors.size(), metadata);
    }
    /// Continues from a checkpoint, with the same bits as if training had never
    /// stopped.
    void load(const weights &weights)
    {
        detail::value_of([&] { return try_load(weights); });
    }
    result<void> try_load(const weights &weights) noexcept
    {
        return srnn_optimizer_load(get(), weights.get());
    }
};

} // namespace simplernn

#endif
