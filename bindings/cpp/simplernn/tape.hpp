// SPDX-License-Identifier: MIT
// What a recorded forward keeps for backward: tape.
#ifndef SIMPLERNN_TAPE_HPP
#define SIMPLERNN_TAPE_HPP

#include "rnn.hpp"

namespace simplernn {

/// A recording of context::record(), or none. It keeps the network alive. One
/// thread at a time may use a tape; a second one gets SRNN_ERROR_BUSY.
class tape : public detail::owner<srnn_tape, srnn_tape_destroy> {
  public:
    using owner::owner;
    static tape create(rnn_ref rnn) { return try_create(rnn).value(); }
    static result<tape> try_create(rnn_ref rnn) noexcept
    {
        return detail::make<tape>(srnn_tape_create, rnn.get());
    }

    rnn_ref rnn() const noexcept { return srnn_tape_rnn(get()); }
    void set_int(srnn_tape_option_values option, std::int64_t value)
    {
        try_set_int(option, value).value();
    }
    result<void> try_set_int(srnn_tape_option_values option,
                             std::int64_t value) noexcept
    {
        return srnn_tape_set_int(get(), option, value);
    }
    std::int64_t get_int(srnn_tape_option_values option) const
    {
        return try_get_int(option).value();
    }
    result<std::int64_t>
    try_get_int(srnn_tape_option_values option) const noexcept
    {
        return detail::get<std::int64_t>(srnn_tape_get_int, get(), option);
    }
    /// The bytes that a recording takes in the tape.
    std::size_t size(std::int64_t steps, std::int64_t batch) const
    {
        return try_size(steps, batch).value();
    }
    result<std::size_t> try_size(std::int64_t steps,
                                 std::int64_t batch) const noexcept
    {
        return detail::get<std::size_t>(srnn_tape_size, get(), steps, batch);
    }
    /// Puts the tape into memory of the program, which must last as long as the
    /// tape uses it; NULL gives the tape its own memory again.
    void set_memory(void *memory, std::size_t bytes)
    {
        try_set_memory(memory, bytes).value();
    }
    result<void> try_set_memory(void *memory, std::size_t bytes) noexcept
    {
        return srnn_tape_set_memory(get(), memory, bytes);
    }
};

} // namespace simplernn

#endif
