// SPDX-License-Identifier: MIT
// A context and a cell give the bits of C, and check what C cannot.
#include "support.hpp"

namespace sr = simplernn;

namespace {

constexpr std::int64_t T = 4, B = 2, I = 3, H = 5, L = 2, D = 2;

sr::options both_directions()
{
    sr::options options;
    options.num_layers = L;
    options.direction = SRNN_DIRECTION_BIDIRECTIONAL;
    return options;
}

struct arrays {
    std::vector<float> x = numbers(T * B * I, 1),
                       h0 = numbers(L * D * B * H, 2);
    std::vector<float> y = std::vector<float>(T * B * D * H);
    std::vector<float> h_n = std::vector<float>(L * D * B * H);
    bool operator==(const arrays &other) const
    {
        return y == other.y && h_n == other.h_n;
    }
};

arrays by_c(const sr::context &context)
{
    arrays a;
    const auto status = srnn_context_forward_contiguous(
        context.get(), T, B, a.x.data(), a.h0.data(), a.y.data(), a.h_n.data());
    REQUIRE(status == SRNN_OK);
    return a;
}

} // namespace

TEST_CASE("a forward has the bits of C")
{
    auto context =
        sr::context::create(sr::rnn::create(I, H, both_directions()));
    const arrays expected = by_c(context);
    CHECK(expected.y[0] != 0);
    arrays a, b, c;
    context.forward(sr::wrap(a.x, {T, B, I}), sr::wrap(a.h0, {L * D, B, H}),
                    sr::wrap(a.y, {T, B, D * H}),
                    sr::wrap(a.h_n, {L * D, B, H}));
    CHECK(a == expected);
    context.forward_contiguous(T, B, b.x, b.h0, b.y, b.h_n);
    CHECK(b == expected);
    sr::sequences given;
    const auto x = sr::wrap(c.x, {T, B, I});
    const auto h0 = sr::wrap(c.h0, {L * D, B, H});
    const auto y = sr::wrap(c.y, {T, B, D * H});
    const auto h_n = sr::wrap(c.h_n, {L * D, B, H});
    given.input = x;
    given.h0 = h0;
    given.output = y;
    given.h_n = h_n;
    context.forward_sequences(given);
    CHECK(c == expected);

    const std::vector<std::int64_t> lengths{3, 1};
    const std::vector<std::uint8_t> resets{0, 0, 1, 0, 0, 0, 0, 0};
    const std::vector<float> fresh = numbers(L * D * B * H, 3);
    const auto n = sr::wrap(lengths, {B});
    const auto r = sr::wrap(resets, {T, B});
    const auto f = sr::wrap(fresh, {L * D, B, H});
    given.lengths = n;
    given.resets = r;
    given.fresh = f;
    context.forward_sequences(given);
    arrays d;
    const auto yd = sr::wrap(d.y, {T, B, D * H});
    const auto hd = sr::wrap(d.h_n, {L * D, B, H});
    REQUIRE(srnn_context_forward_sequences(context.get(), x.get(), n.get(),
                                           r.get(), h0.get(), f.get(), yd.get(),
                                           hd.get()) == SRNN_OK);
    CHECK(c == d);
    CHECK(!(c == expected));
}

TEST_CASE("arrays of the wrong length or dtype are refused")
{
    sr::options options = both_directions();
    auto context = sr::context::create(sr::rnn::create(I, H, options));
    const auto refuse = [&](arrays a, srnn_status status, std::string message) {
        const auto outcome =
            context.try_forward_contiguous(T, B, a.x, a.h0, a.y, a.h_n);
        CHECK(outcome.status() == status);
        CHECK(outcome.message() == message);
        const auto call = [&] {
            context.forward_contiguous(T, B, a.x, a.h0, a.y, a.h_n);
        };
        CHECK_THROWS_WITH_AS(call(), message.c_str(), sr::error);
    };
    arrays a;
    a.x.pop_back();
    refuse(a, SRNN_ERROR_SHAPE,
           "input has 23 elements; the shape [4, 2, 3] needs 24");
    a = {};
    a.h0.push_back(0);
    refuse(a, SRNN_ERROR_SHAPE,
           "h0 has 41 elements; the shape [4, 2, 5] needs 40");
    a = {};
    a.y.clear(); // empty is not the same as not wanted
    refuse(a, SRNN_ERROR_SHAPE,
           "output has 0 elements; the shape [4, 2, 10] needs 80");
    a = {};
    a.h_n.pop_back();
    refuse(a, SRNN_ERROR_SHAPE,
           "h_n has 39 elements; the shape [4, 2, 5] needs 40");

    options.dtype = SRNN_DTYPE_FLOAT64;
    context = sr::context::create(sr::rnn::create(I, H, options));
    refuse({}, SRNN_ERROR_DTYPE,
           "input is SRNN_DTYPE_FLOAT32, expected SRNN_DTYPE_FLOAT64");
}

TEST_CASE("the library finds the rest")
{
    auto context = sr::context::create(sr::rnn::create(I, H));
    const arrays a;
    const auto message_of = [&](std::int64_t steps, std::int64_t batch) {
        const auto outcome = context.try_forward_contiguous(
            steps, batch, a.x, nullptr, nullptr, nullptr);
        CHECK(std::string(outcome.message()) == srnn_last_error());
        return outcome.status();
    };
    CHECK(message_of(-1, B) == SRNN_ERROR_RANGE);
    CHECK(message_of(std::int64_t{1} << 62, 4) == SRNN_ERROR_OVERFLOW);
    CHECK(context.try_forward_contiguous(0, B, nullptr, nullptr, nullptr,
                                         nullptr));
    CHECK(sr::context()
              .try_forward_contiguous(T, B, a.x, nullptr, nullptr, nullptr)
              .message() == std::string("context is NULL"));
}

TEST_CASE("batch_first changes places, not lengths")
{
    sr::options options;
    options.batch_first = true;
    auto context = sr::context::create(sr::rnn::create(I, H, options));
    std::vector<float> x = numbers(T * B * I, 1), y(T * B * H), z(T * B * H);
    context.forward_contiguous(T, B, x, nullptr, y, nullptr);
    context.forward(sr::wrap(x, {B, T, I}), nullptr, sr::wrap(z, {B, T, H}),
                    nullptr);
    CHECK(y == z);
}

TEST_CASE("options of a context")
{
    auto context = sr::context::create(sr::rnn::create(I, H));
    context.set_int(SRNN_CONTEXT_NUM_THREADS, 1);
    CHECK(context.get_int(SRNN_CONTEXT_NUM_THREADS) == 1);
    context.set_int(SRNN_CONTEXT_SCHEDULE, SRNN_SCHEDULE_SERIAL);
    check_failure(
        SRNN_ERROR_RANGE,
        [&] { return context.try_set_int(SRNN_CONTEXT_NUM_THREADS, 0); },
        [&] { context.set_int(SRNN_CONTEXT_NUM_THREADS, 0); });
}

TEST_CASE("a cell has the bits of C")
{
    const auto rnn = sr::rnn::create(I, H);
    const auto view = sr::cell::create_view(rnn, 0, SRNN_DIRECTION_FORWARD);
    const auto copy = sr::cell::create(
        SRNN_NONLINEARITY_TANH, rnn.copy_parameter("weight_ih_l0"),
        rnn.copy_parameter("weight_hh_l0"), rnn.copy_parameter("bias_ih_l0"),
        rnn.copy_parameter("bias_hh_l0"));
    std::vector<float> x = numbers(B * I, 1), h = numbers(B * H, 2);
    std::vector<float> a(B * H), b(B * H), c(B * H);
    const auto input = sr::wrap(x, {B, I}), hidden = sr::wrap(h, {B, H});
    view.forward(input, hidden, sr::wrap(a, {B, H}));
    copy.forward(input, hidden, sr::wrap(b, {B, H}));
    const auto output = sr::wrap(c, {B, H});
    REQUIRE(srnn_cell_forward(view.get(), input.get(), hidden.get(),
                              output.get()) == SRNN_OK);
    CHECK(a == c);
    CHECK(b == c);
    CHECK(a[0] != 0);
}
