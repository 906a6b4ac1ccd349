// SPDX-License-Identifier: MIT
// Endless sequences, run in blocks or in single steps: stream.
#ifndef SIMPLERNN_STREAM_HPP
#define SIMPLERNN_STREAM_HPP

#include "context.hpp"

namespace simplernn {

/// The states of B endless sequences. It keeps the network alive, but not the
/// context. One thread at a time may use a stream; a second one gets
/// SRNN_ERROR_BUSY. set_rnn() is for another thread while steps are running.
///
/// A stream is larger than a pointer, because it keeps the sizes that step()
/// and reset() check. They are the same for every network that it can get.
class stream : public detail::owner<srnn_stream, srnn_stream_destroy> {
  public:
    using owner::owner;
    static stream create(const context &context, std::int64_t batch)
    {
        return try_create(context, batch).value();
    }
    static result<stream> try_create(const context &context,
                                     std::int64_t batch) noexcept
    {
        return detail::make<stream>(srnn_stream_create, context.get(), batch);
    }

    /// Valid until the stream has another network or is destroyed.
    rnn_ref rnn() const noexcept { return srnn_stream_rnn(get()); }
    void set_int(srnn_stream_option_values option, std::int64_t value)
    {
        try_set_int(option, value).value();
    }
    result<void> try_set_int(srnn_stream_option_values option,
                             std::int64_t value) noexcept
    {
        return srnn_stream_set_int(get(), option, value);
    }
    std::int64_t get_int(srnn_stream_option_values option) const
    {
        return try_get_int(option).value();
    }
    result<std::int64_t>
    try_get_int(srnn_stream_option_values option) const noexcept
    {
        return detail::get<std::int64_t>(srnn_stream_get_int, get(), option);
    }

    /// One step of real time: input [B,I], output [B,H] or nullptr, as
    /// containers or arrays. It does not allocate.
    void step(const_array input, mutable_array output)
    {
        try_step(input, output).value();
    }
    result<void> try_step(const_array input, mutable_array output) noexcept
    {
        const srnn_dtype dtype = sizes_.dtype;
        result<void> fits =
            check("input", input, dtype, {batch_, sizes_.input});
        if (fits)
            fits = check("output", output, dtype, {batch_, sizes_.hidden});
        if (!fits)
            return fits;
        return srnn_stream_step(get(), input.data(), output.data());
    }
    /// The next T steps: input [T,B,I], resets std::uint8_t [T,B], fresh
    /// [L*D,B,H], output [T,B,D*H]. context is any one of the same network.
    void advance(context &context, const_tensor_ref input,
                 const_tensor_ref resets, const_tensor_ref fresh,
                 tensor_ref output)
    {
        try_advance(context, input, resets, fresh, output).value();
    }
    result<void> try_advance(context &context, const_tensor_ref input,
                             const_tensor_ref resets, const_tensor_ref fresh,
                             tensor_ref output) noexcept
    {
        return srnn_stream_advance(get(), context.get(), input.get(),
                                   resets.get(), fresh.get(), output.get());
    }
    /// Begins new episodes: in the sequences whose byte in rows [B] is not 0,
    /// or in all, with the states fresh, [L*D,B,H], or [L*D,1,H] for all
    /// sequences, or zeros. It does not allocate.
    void reset(const_array rows = nullptr, const_array fresh = nullptr)
    {
        try_reset(rows, fresh).value();
    }
    result<void> try_reset(const_array rows = nullptr,
                           const_array fresh = nullptr) noexcept
    {
        const bool is_shared = fresh.size() == sizes_.rows * sizes_.hidden;
        const std::int64_t batch = is_shared ? 1 : batch_;
        result<void> fits = check("fresh", fresh, sizes_.dtype,
                                  {sizes_.rows, batch, sizes_.hidden});
        if (fits)
            fits = check("rows", rows, SRNN_DTYPE_UINT8, {batch_});
        if (!fits)
            return fits;
        return srnn_stream_reset(get(),
                                 static_cast<const std::uint8_t *>(rows.data()),
                                 fresh.data(), batch);
    }
    /// Copies the states to a tensor [L*D,B,H].
    void get_state(tensor_ref states) const { try_get_state(states).value(); }
    result<void> try_get_state(tensor_ref states) const noexcept
    {
        return srnn_stream_get_state(get(), states.get());
    }
    /// Sets the states to [L*D,B,H], to [L*D,1,H] for all sequences, or to
    /// zeros.
    void set_state(const_tensor_ref states) { try_set_state(states).value(); }
    result<void> try_set_state(const_tensor_ref states) noexcept
    {
        return srnn_stream_set_state(get(), states.get());
    }
    /// Gives the stream another network of the same sizes, while another thread
    /// may be running steps.
    void set_rnn(rnn_ref rnn) { try_set_rnn(rnn).value(); }
    result<void> try_set_rnn(rnn_ref rnn) noexcept
    {
        return srnn_stream_set_rnn(get(), rnn.get());
    }

  private:
    result<void> check(const char *name, const_array array, srnn_dtype dtype,
                       span<const std::int64_t> shape) const noexcept
    {
        if (get() == nullptr) // the call will say so
            return {};
        return detail::check(name, array, dtype, shape);
    }
    std::int64_t find_batch() const noexcept
    {
        return get() == nullptr ? 0 : *try_get_int(SRNN_STREAM_BATCH);
    }

    detail::sizes sizes_{rnn()};
    std::int64_t batch_ = find_batch();
};

} // namespace simplernn

#endif
