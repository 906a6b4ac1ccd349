// SPDX-License-Identifier: MIT
// Runs a network and computes its gradients: context.
#ifndef SIMPLERNN_CONTEXT_HPP
#define SIMPLERNN_CONTEXT_HPP

#include "gradients.hpp"
#include "tape.hpp"

namespace simplernn {

/// The arguments of a forward over sequences, by name. Only input must be
/// given. Const and Mutable are tensors or arrays.
template <class Const, class Mutable> struct basic_sequences {
    Const input{};    ///< [T,B,I]
    Const lengths{};  ///< std::int64_t [B]
    Const resets{};   ///< std::uint8_t [T,B]
    Const h0{};       ///< [L*D,B,H]
    Const fresh{};    ///< [L*D,B,H]
    Mutable output{}; ///< [T,B,D*H]
    Mutable h_n{};    ///< [L*D,B,H]
};
using sequences = basic_sequences<const_tensor_ref, tensor_ref>;
using sequence_arrays = basic_sequences<const_array, mutable_array>;

/// The arguments of backward, by name. Only input must be given.
struct derivatives {
    const_tensor_ref input{};    ///< that of the recording
    const_tensor_ref d_output{}; ///< [T,B,D*H]
    const_tensor_ref d_h_n{};    ///< [L*D,B,H]
    srnn_accumulation_values accumulation = SRNN_ACCUMULATION_SET;
    srnn_gradients *gradients = nullptr; ///< gradients::get()
    tensor_ref d_input{};                ///< [T,B,I]
    tensor_ref d_h0{};                   ///< [L*D,B,H]
    tensor_ref d_fresh{};                ///< [L*D,B,H]
};

/// The memory and the helper threads that running a network needs. It keeps the
/// network alive. One thread at a time may use a context; a second one gets
/// SRNN_ERROR_BUSY.
///
/// A context is larger than a pointer, because it keeps the sizes that
/// forward_contiguous() and record_contiguous() check.
class context : public detail::owner<srnn_context, srnn_context_destroy> {
  public:
    using owner::owner;
    static context create(rnn_ref rnn) { return try_create(rnn).value(); }
    static result<context> try_create(rnn_ref rnn) noexcept
    {
        return detail::make<context>(srnn_context_create, rnn.get());
    }

    rnn_ref rnn() const noexcept { return srnn_context_rnn(get()); }
    void set_int(srnn_context_option_values option, std::int64_t value)
    {
        try_set_int(option, value).value();
    }
    result<void> try_set_int(srnn_context_option_values option,
                             std::int64_t value) noexcept
    {
        return srnn_context_set_int(get(), option, value);
    }
    std::int64_t get_int(srnn_context_option_values option) const
    {
        return try_get_int(option).value();
    }
    result<std::int64_t>
    try_get_int(srnn_context_option_values option) const noexcept
    {
        return detail::get<std::int64_t>(srnn_context_get_int, get(), option);
    }

    /// Runs the network over a batch: input [T,B,I], h0 [L*D,B,H], output
    /// [T,B,D*H], h_n [L*D,B,H]. With batch_first, T and B of input and output
    /// change places. Without a batch, there is no B.
    void forward(const_tensor_ref input, const_tensor_ref h0, tensor_ref output,
                 tensor_ref h_n)
    {
        try_forward(input, h0, output, h_n).value();
    }
    result<void> try_forward(const_tensor_ref input, const_tensor_ref h0,
                             tensor_ref output, tensor_ref h_n) noexcept
    {
        return srnn_context_forward(get(), input.get(), h0.get(), output.get(),
                                    h_n.get());
    }
    /// The same on containers and arrays, whose dtypes and lengths are checked.
    /// It makes no tensors.
    void forward_contiguous(std::int64_t steps, std::int64_t batch,
                            const_array input, const_array h0,
                            mutable_array output, mutable_array h_n)
    {
        try_forward_contiguous(steps, batch, input, h0, output, h_n).value();
    }
    result<void> try_forward_contiguous(std::int64_t steps, std::int64_t batch,
                                        const_array input, const_array h0,
                                        mutable_array output,
                                        mutable_array h_n) noexcept
    {
        const result<void> fits =
            check(steps, batch, {input, {}, {}, h0, {}, output, h_n});
        if (!fits)
            return fits;
        return srnn_context_forward_contiguous(get(), steps, batch,
                                               input.data(), h0.data(),
                                               output.data(), h_n.data());
    }
    /// Runs the network over sequences of different lengths and over episodes.
    void forward_sequences(const sequences &given)
    {
        try_forward_sequences(given).value();
    }
    result<void> try_forward_sequences(const sequences &given) noexcept
    {
        return srnn_context_forward_sequences(
            get(), given.input.get(), given.lengths.get(), given.resets.get(),
            given.h0.get(), given.fresh.get(), given.output.get(),
            given.h_n.get());
    }

    /// The bytes that recording and backward take in the context.
    std::size_t tape_size(const tape &tape, std::int64_t steps,
                          std::int64_t batch) const
    {
        return try_tape_size(tape, steps, batch).value();
    }
    result<std::size_t> try_tape_size(const tape &tape, std::int64_t steps,
                                      std::int64_t batch) const noexcept
    {
        return detail::get<std::size_t>(srnn_context_tape_size, get(),
                                        tape.get(), steps, batch);
    }
    /// Runs the network as forward_sequences() does, and records it.
    void record(tape &tape, const sequences &given)
    {
        try_record(tape, given).value();
    }
    result<void> try_record(tape &tape, const sequences &given) noexcept
    {
        return srnn_context_record(get(), tape.get(), given.input.get(),
                                   given.lengths.get(), given.resets.get(),
                                   given.h0.get(), given.fresh.get(),
                                   given.output.get(), given.h_n.get());
    }
    /// The same on containers and arrays, whose dtypes and lengths are checked.
    void record_contiguous(tape &tape, std::int64_t steps, std::int64_t batch,
                           const sequence_arrays &given)
    {
        try_record_contiguous(tape, steps, batch, given).value();
    }
    result<void> try_record_contiguous(tape &tape, std::int64_t steps,
                                       std::int64_t batch,
                                       const sequence_arrays &given) noexcept
    {
        const result<void> fits = check(steps, batch, given);
        if (!fits)
            return fits;
        return srnn_context_record_contiguous(
            get(), tape.get(), steps, batch, given.input.data(),
            static_cast<const std::int64_t *>(given.lengths.data()),
            static_cast<const std::uint8_t *>(given.resets.data()),
            given.h0.data(), given.fresh.data(), given.output.data(),
            given.h_n.data());
    }
    /// Computes the gradients of a recording, as far as they are wanted.
    void backward(const tape &tape, const derivatives &given)
    {
        try_backward(tape, given).value();
    }
    result<void> try_backward(const tape &tape,
                              const derivatives &given) noexcept
    {
        return srnn_context_backward(
            get(), tape.get(), given.input.get(), given.d_output.get(),
            given.d_h_n.get(), given.accumulation, given.gradients,
            given.d_input.get(), given.d_h0.get(), given.d_fresh.get());
    }

  private:
    // The dtypes and lengths of arrays, which C cannot see.
    result<void> check(std::int64_t steps, std::int64_t batch,
                       const sequence_arrays &given) const noexcept
    {
        if (get() == nullptr) // the call will say so
            return {};
        const std::int64_t first = sizes_.is_batch_first ? batch : steps;
        const std::int64_t second = sizes_.is_batch_first ? steps : batch;
        const std::int64_t input[] = {first, second, sizes_.input};
        const std::int64_t output[] = {first, second, sizes_.output};
        const std::int64_t states[] = {sizes_.rows, batch, sizes_.hidden};
        result<void> outcome;
        const auto look = [&](const char *name, const_array array,
                              srnn_dtype dtype,
                              span<const std::int64_t> shape) {
            if (outcome)
                outcome = detail::check(name, array, dtype, shape);
        };
        look("input", given.input, sizes_.dtype, input);
        look("lengths", given.lengths, SRNN_DTYPE_INT64, {&batch, 1});
        look("resets", given.resets, SRNN_DTYPE_UINT8, {input, 2});
        look("h0", given.h0, sizes_.dtype, states);
        look("fresh", given.fresh, sizes_.dtype, states);
        look("output", given.output, sizes_.dtype, output);
        look("h_n", given.h_n, sizes_.dtype, states);
        return outcome;
    }

    detail::sizes sizes_{rnn()};
};

} // namespace simplernn

#endif
