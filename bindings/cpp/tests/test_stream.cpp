// SPDX-License-Identifier: MIT
// A stream: steps, windows, states and another network in between.
#include <atomic>
#include <thread>

#include "support.hpp"

namespace sr = simplernn;

namespace {

constexpr std::int64_t T = 6, B = 2, I = 3, H = 5, L = 2;

sr::rnn two_layers(std::uint64_t seed)
{
    sr::options options;
    options.num_layers = L;
    return sr::rnn::create(I, H, options, seed);
}

sr::span<const float> row(const std::vector<float> &x, std::int64_t t)
{
    return {x.data() + t * B * I, B * I};
}

} // namespace

TEST_CASE("steps and windows have the bits of a forward")
{
    auto context = sr::context::create(two_layers(1));
    const std::vector<float> x = numbers(T * B * I, 1);
    std::vector<float> expected(T * B * H), y(B * H), window(3 * B * H);
    context.forward_contiguous(T, B, x, nullptr, expected, nullptr);
    auto stream = sr::stream::create(context, B);
    for (std::int64_t t = 0; t < 3; t++) {
        stream.step(row(x, t), y);
        CHECK(std::equal(y.begin(), y.end(),
                         expected.begin() +
                             static_cast<std::ptrdiff_t>(t * B * H)));
    }
    stream.advance(context, sr::wrap(x, {3, B, I}, {B * I, I, 1}), nullptr,
                   nullptr, nullptr);
    stream.reset();
    for (std::int64_t t = 0; t < 3; t++)
        stream.step(row(x, t), nullptr);
    const sr::span<const float> rest(x.data() + 3 * B * I, 3 * B * I);
    stream.advance(context, sr::wrap(rest, {3, B, I}), nullptr, nullptr,
                   sr::wrap(window, {3, B, H}));
    CHECK(
        std::equal(window.begin(), window.end(), expected.begin() + 3 * B * H));
}

TEST_CASE("a step checks its arrays")
{
    auto stream = sr::stream::create(sr::context::create(two_layers(1)), B);
    std::vector<float> x(B * I), y(B * H), none;
    const std::vector<double> doubles(B * I);
    const auto refuse = [&](sr::const_array input, sr::mutable_array output,
                            std::string message) {
        CHECK(stream.try_step(input, output).message() == message);
        CHECK_THROWS_WITH_AS(stream.step(input, output), message.c_str(),
                             sr::error);
    };
    refuse(y, y, "input has 10 elements; the shape [2, 3] needs 6");
    refuse(x, x, "output has 6 elements; the shape [2, 5] needs 10");
    refuse(x, none, "output has 0 elements; the shape [2, 5] needs 10");
    refuse(doubles, y,
           "input is SRNN_DTYPE_FLOAT64, expected SRNN_DTYPE_FLOAT32");
    refuse(nullptr, y, "input is NULL");
    CHECK(stream.get_int(SRNN_STREAM_BATCH) == B);
    stream.set_int(SRNN_STREAM_FLUSH_SUBNORMALS, 1);
    CHECK(stream.get_int(SRNN_STREAM_FLUSH_SUBNORMALS) == 1);
    const sr::stream moved = std::move(stream);
    CHECK(stream.try_step(x, y).message() == std::string("stream is NULL"));
    const std::vector<std::uint8_t> rows(2);
    CHECK(sr::stream().try_reset(rows).message() ==
          std::string("stream is NULL"));
}

TEST_CASE("states are read, written and reset")
{
    auto stream = sr::stream::create(sr::context::create(two_layers(1)), B);
    const std::vector<float> states = numbers(L * B * H, 2);
    const std::vector<float> shared = numbers(L * H, 3);
    std::vector<float> got(L * B * H);
    const auto read = [&] {
        stream.get_state(sr::wrap(got, {L, B, H}));
        return got;
    };
    stream.set_state(sr::wrap(states, {L, B, H}));
    CHECK(read() == states);

    const std::vector<std::uint8_t> second{0, 1};
    stream.reset(second, shared); // one state for all sequences
    std::vector<float> expected = states;
    for (std::size_t l = 0; l < L; l++)
        for (std::size_t h = 0; h < H; h++)
            expected[static_cast<std::size_t>(l * B * H + H + h)] =
                shared[static_cast<std::size_t>(l * H + h)];
    CHECK(read() == expected);
    stream.reset(nullptr, states);
    CHECK(read() == states);
    stream.reset(second);
    CHECK(read()[0] == states[0]);
    CHECK(got[H] == 0);
    stream.set_state(nullptr);
    CHECK(read() == std::vector<float>(L * B * H));

    const std::vector<std::uint8_t> three(3);
    check_failure(
        SRNN_ERROR_SHAPE, [&] { return stream.try_reset(three); },
        [&] { stream.reset(three); });
    const std::vector<float> few(3);
    check_failure(
        SRNN_ERROR_SHAPE, [&] { return stream.try_reset(nullptr, few); },
        [&] { stream.reset(nullptr, few); });
    check_failure(
        SRNN_ERROR_DTYPE, [&] { return stream.try_reset(shared); },
        [&] { stream.reset(shared); });
}

TEST_CASE("another network comes in while steps are running")
{
    const auto first = two_layers(1), second = two_layers(2);
    auto stream = sr::stream::create(sr::context::create(first), B);
    const std::vector<float> x = numbers(B * I, 1);
    std::atomic<int> steps{0};
    std::atomic<bool> ends{false};
    std::thread runner([&] {
        std::vector<float> y(B * H);
        while (!ends) {
            stream.step(x, y);
            steps++;
        }
    });
    for (int i = 0; i < 10; i++) {
        const int before = steps;
        stream.set_rnn(i % 2 == 0 ? second : first);
        while (steps == before)
            std::this_thread::yield();
    }
    ends = true;
    runner.join();
    stream.set_rnn(second);
    CHECK(stream.rnn().get() == second.get());
    const auto wide = sr::rnn::create(I, H + 1);
    check_failure(
        SRNN_ERROR_SHAPE, [&] { return stream.try_set_rnn(wide); },
        [&] { stream.set_rnn(wide); });
}
