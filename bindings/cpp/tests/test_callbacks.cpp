// SPDX-License-Identifier: MIT
// Callables of every kind as callbacks, and what the compiler refuses.
#include <cstring>
#include <functional>
#include <memory>
#include <stdexcept>
#include <type_traits>

#include "support.hpp"

namespace sr = simplernn;

namespace {

using bytes = std::vector<unsigned char>;

// What functions write to and read from, which have no memory of their own.
bytes image;

std::int64_t append(const void *data, std::size_t size)
{
    const auto *const begin = static_cast<const unsigned char *>(data);
    image.insert(image.end(), begin, begin + size);
    return static_cast<std::int64_t>(size);
}

std::int64_t copy(std::int64_t offset, void *target, std::size_t size)
{
    std::memcpy(target, image.data() + offset, size);
    return static_cast<std::int64_t>(size);
}

std::int64_t append_quietly(const void *data, std::size_t size) noexcept
{
    return append(data, size);
}

std::int64_t copy_quietly(std::int64_t offset, void *target,
                          std::size_t size) noexcept
{
    return copy(offset, target, size);
}

std::int64_t refuse_bytes(const void *, std::size_t)
{
    throw std::logic_error("full");
}

std::int64_t refuse_to_read(std::int64_t, void *, std::size_t)
{
    throw std::logic_error("empty");
}

// Writes and reads, and counts its calls.
struct counter {
    int calls = 0;
    std::int64_t operator()(const void *data, std::size_t size)
    {
        calls++;
        return append(data, size);
    }
    std::int64_t operator()(std::int64_t offset, void *target, std::size_t size)
    {
        calls++;
        return copy(offset, target, size);
    }
};

struct move_only : counter {
    std::unique_ptr<int> owned = std::make_unique<int>(1);
};

struct without_address : counter {
    void operator&() = delete;
};

template <class Write, class = void> constexpr bool can_save = false;
template <class Write>
constexpr bool
    can_save<Write, std::void_t<decltype(std::declval<sr::rnn>().save_callback(
                        std::declval<Write>()))>> = true;
template <class Read, class = void> constexpr bool can_open = false;
template <class Read>
constexpr bool can_open<Read, std::void_t<decltype(sr::weights::open_callback(
                                  std::declval<Read>(), 0))>> = true;

using writer = std::int64_t(const void *, std::size_t);
using reader = std::int64_t(std::int64_t, void *, std::size_t);

static_assert(can_save<writer &> && can_save<writer *> && can_save<writer *&>);
static_assert(can_save<counter> && can_save<counter &>);
static_assert(!can_save<const counter &>); // its operator is not const
static_assert(!can_save<reader &> && !can_save<int> && !can_save<void()>);
static_assert(!can_save<void (&)(const void *, std::size_t)>);

// An object that reads must last, so it is no temporary. A function lasts.
static_assert(can_open<reader &> && can_open<reader *> && can_open<reader *&>);
static_assert(can_open<counter &> && !can_open<counter>);
static_assert(!can_open<const counter &>);
static_assert(can_open<const std::function<reader> &>);
static_assert(!can_open<std::function<reader>>);
static_assert(!can_open<writer &> && !can_open<writer *> && !can_open<int &>);

// The bytes that a network writes through a callable.
template <class Write> bytes saved(const sr::rnn &rnn, Write &&write)
{
    image.clear();
    rnn.save_callback(std::forward<Write>(write));
    const bytes thrown_form = std::exchange(image, {});
    CHECK(rnn.try_save_callback(std::forward<Write>(write)));
    CHECK(image == thrown_form);
    return thrown_form;
}

// The first bias of the network in the image, read through a callable.
template <class Read> float opened(Read &&read)
{
    const auto size = static_cast<std::int64_t>(image.size());
    const auto file =
        sr::weights::open_callback(std::forward<Read>(read), size);
    CHECK(sr::weights::try_open_callback(std::forward<Read>(read), size));
    return file.read_tensor("bias_hh_l0").template data<float>()[0];
}

} // namespace

TEST_CASE("callables of every kind write")
{
    const auto rnn = sr::rnn::create(3, 5);
    const bytes expected = saved(rnn, append);
    CHECK(expected.size() > 200);
    writer *const pointer = append;
    const auto lambda = [](const void *data, std::size_t size) {
        return append(data, size);
    };
    const std::function<writer> function = append;
    CHECK(saved(rnn, append_quietly) == expected);
    CHECK(saved(rnn, &append) == expected);
    CHECK(saved(rnn, pointer) == expected);
    CHECK(saved(rnn, lambda) == expected);
    CHECK(saved(rnn, +lambda) == expected);
    CHECK(saved(rnn, function) == expected);
    CHECK(saved(rnn, counter()) == expected);
    CHECK(saved(rnn, move_only()) == expected);
    counter counts;
    move_only moves;
    without_address hides;
    CHECK(saved(rnn, counts) == expected);
    CHECK(saved(rnn, moves) == expected);
    CHECK(saved(rnn, hides) == expected);
    const int calls = counts.calls; // of the object itself, not of a copy
    CHECK(calls > 0);
    CHECK(saved(rnn, std::ref(counts)) == expected);
    CHECK(counts.calls == 2 * calls);
    CHECK_THROWS_AS(rnn.save_callback(refuse_bytes), std::logic_error);
    CHECK(rnn.try_save_callback(refuse_bytes).status() == SRNN_ERROR_IO);
}

TEST_CASE("callables of every kind read")
{
    const auto rnn = sr::rnn::create(3, 5);
    image = saved(rnn, append);
    const auto bias = rnn.copy_parameter("bias_hh_l0");
    const float expected = bias.data<float>()[0];
    reader *const pointer = copy;
    const auto lambda = [](std::int64_t offset, void *target,
                           std::size_t size) {
        return copy(offset, target, size);
    };
    const std::function<reader> function = copy;
    counter counts;
    move_only moves;
    without_address hides;
    auto reference = std::ref(counts);
    CHECK(opened(copy) == expected);
    CHECK(opened(copy_quietly) == expected);
    CHECK(opened(&copy) == expected);
    CHECK(opened(pointer) == expected);
    CHECK(opened(lambda) == expected);
    CHECK(opened(+lambda) == expected);
    CHECK(opened(function) == expected);
    CHECK(opened(counts) == expected);
    CHECK(opened(moves) == expected);
    CHECK(opened(hides) == expected);
    const int calls = counts.calls;
    CHECK(calls > 0);
    CHECK(opened(reference) == expected);
    CHECK(counts.calls == 2 * calls);
    CHECK_THROWS_AS(sr::weights::open_callback(refuse_to_read, 100),
                    std::logic_error);
    CHECK(sr::weights::try_open_callback(refuse_to_read, 100).status() ==
          SRNN_ERROR_IO);
}

TEST_CASE("a pointer to a function that reads need not last")
{
    const auto rnn = sr::rnn::create(3, 5);
    image = saved(rnn, append);
    reader *pointer = copy;
    const auto file = sr::weights::open_callback(
        pointer, static_cast<std::int64_t>(image.size()));
    pointer = refuse_to_read;
    CHECK(file.read_tensor("bias_hh_l0").size() == 5);
}
