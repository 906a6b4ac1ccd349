// SPDX-License-Identifier: MIT
// Linear layers, losses and first values give what C gives.
#include <cmath>
#include <cstdlib>

#include "support.hpp"

namespace sr = simplernn;

namespace {

constexpr std::int64_t N = 6, I = 3, O = 2;

std::vector<float> values_of(const sr::linear &linear)
{
    std::vector<float> values(static_cast<std::size_t>(linear.flat_size()));
    linear.get_flat(sr::wrap(values, {linear.flat_size()}));
    return values;
}

std::vector<float> values_of(sr::tensor_ref tensor)
{
    const float *const values = tensor.const_data<float>();
    return {values, values + tensor.size()};
}

} // namespace

TEST_CASE("a linear layer has the parameters of C")
{
    const auto linear = sr::linear::create(I, O, {}, 7);
    srnn_linear *handle = nullptr;
    REQUIRE(srnn_linear_create(&handle, SRNN_DTYPE_FLOAT32, I, O, 1, 7) ==
            SRNN_OK);
    const sr::linear same(handle);
    CHECK(values_of(linear) == values_of(same));
    CHECK(values_of(linear) != values_of(sr::linear::create(I, O, {}, 8)));
    CHECK(linear.dtype() == SRNN_DTYPE_FLOAT32);
    CHECK(linear.in_features() == I);
    CHECK(linear.out_features() == O);
    CHECK(linear.has_bias());
    CHECK(linear.flat_size() == O * I + O);

    sr::linear_options options;
    options.bias = false;
    options.dtype = SRNN_DTYPE_FLOAT64;
    const auto plain = sr::linear::create(I, O, options);
    CHECK(plain.dtype() == SRNN_DTYPE_FLOAT64);
    CHECK(!plain.has_bias());
    CHECK(plain.flat_size() == O * I);
    check_failure(
        SRNN_ERROR_RANGE, [] { return sr::linear::try_create(0, 1); },
        [] { sr::linear::create(0, 1); });
}

TEST_CASE("parameters of a linear layer are read and written")
{
    auto linear = sr::linear::create(I, O);
    auto values = numbers(linear.flat_size(), 1);
    linear.set_flat(sr::wrap(values, {linear.flat_size()}));
    CHECK(values_of(linear) == values);
    CHECK(linear.copy_parameter("bias").data<float>()[1] == values.back());
    const std::vector<float> bias{5, 6};
    linear.set_parameter("bias", sr::wrap(bias, {O}));
    CHECK(values_of(linear).back() == 6);
    linear.initialise("weight", SRNN_INITIALISATION_IDENTITY, 2);
    linear.initialise("bias", SRNN_INITIALISATION_ZEROS);
    CHECK(values_of(linear) == std::vector<float>{2, 0, 0, 0, 2, 0, 0, 0});
    linear.initialise("weight", SRNN_INITIALISATION_UNIFORM, 3, 4);
    auto other = sr::linear::create(I, O);
    REQUIRE(srnn_linear_initialise(other.get(), "weight",
                                   SRNN_INITIALISATION_UNIFORM, 3,
                                   4) == SRNN_OK);
    CHECK(values_of(linear)[0] == values_of(other)[0]);
    check_failure(
        SRNN_ERROR_NOT_FOUND, [&] { return linear.try_copy_parameter("no"); },
        [&] { linear.copy_parameter("no"); });
    check_failure(
        SRNN_ERROR_SHAPE,
        [&] {
            return linear.try_initialise("bias",
                                         SRNN_INITIALISATION_ORTHOGONAL);
        },
        [&] { linear.initialise("bias", SRNN_INITIALISATION_ORTHOGONAL); });
    check_failure(
        SRNN_ERROR_SHAPE,
        [&] {
            return linear.try_set_parameter("bias", sr::wrap(bias, {1, 2}));
        },
        [&] {
            linear.set_parameter("bias", sr::wrap(bias, {1, 2}));
        });
    check_failure(
        SRNN_ERROR_SHAPE,
        [&] { return linear.try_set_flat(sr::wrap(bias, {2})); },
        [&] { linear.set_flat(sr::wrap(bias, {2})); });
    check_failure(
        SRNN_ERROR_INVALID, [&] { return linear.try_get_flat(nullptr); },
        [&] { linear.get_flat(nullptr); });
}

TEST_CASE("parameters of a network get first values")
{
    auto rnn = sr::rnn::create(I, O), other = sr::rnn::create(I, O);
    rnn.initialise("weight_ih_l0", SRNN_INITIALISATION_ORTHOGONAL, 2, 5);
    REQUIRE(srnn_rnn_initialise(other.get(), "weight_ih_l0",
                                SRNN_INITIALISATION_ORTHOGONAL, 2,
                                5) == SRNN_OK);
    const auto weight = rnn.copy_parameter("weight_ih_l0");
    CHECK(values_of(weight) == values_of(other.copy_parameter("weight_ih_l0")));
    check_failure(
        SRNN_ERROR_RANGE,
        [&] {
            return rnn.try_initialise("bias_ih_l0", SRNN_INITIALISATION_UNIFORM,
                                      -1);
        },
        [&] { rnn.initialise("bias_ih_l0", SRNN_INITIALISATION_UNIFORM, -1); });
}

TEST_CASE("a linear layer runs forward and backward as in C")
{
    const auto linear = sr::linear::create(I, O, {}, 7);
    const auto context = sr::context::create(sr::rnn::create(1, 1));
    const auto x = numbers(N * I, 1), d_y = numbers(N * O, 2);
    std::vector<float> y(N * O), expected(N * O), d_x(N * I), d_x_by_c(N * I);
    const auto input = sr::wrap(x, {2, 3, I}),
               d_output = sr::wrap(d_y, {2, 3, O});
    const auto output = sr::wrap(y, {2, 3, O});
    const auto d_input = sr::wrap(d_x, {2, 3, I});
    auto gradients = sr::gradients::create_linear(linear);
    auto by_c = sr::gradients::create_linear(linear);
    CHECK(gradients.rnn().get() == nullptr);
    REQUIRE(srnn_linear_forward(linear.get(), nullptr, input.get(),
                                sr::wrap(expected, {2, 3, O}).get()) ==
            SRNN_OK);
    REQUIRE(
        srnn_linear_backward(linear.get(), nullptr, input.get(), d_output.get(),
                             SRNN_ACCUMULATION_SET, by_c.get(),
                             sr::wrap(d_x_by_c, {2, 3, I}).get()) == SRNN_OK);
    for (srnn_context *const one :
         {context.get(), static_cast<srnn_context *>(nullptr)}) {
        y.assign(y.size(), 0);
        d_x.assign(d_x.size(), 0);
        linear.forward(one, input, output);
        CHECK(y == expected);
        linear.backward(one, input, d_output, SRNN_ACCUMULATION_SET,
                        gradients.get(), d_input);
        CHECK(values_of(gradients.flat()) == values_of(by_c.flat()));
        CHECK(d_x == d_x_by_c);
    }
    CHECK(gradients.tensor("bias").size() == O);
    auto twice = values_of(by_c.flat());
    for (float &value : twice)
        value += value;
    linear.backward(nullptr, input, d_output, SRNN_ACCUMULATION_ADD,
                    gradients.get(), nullptr);
    CHECK(values_of(gradients.flat()) == twice);
    check_failure(
        SRNN_ERROR_SHAPE,
        [&] { return linear.try_forward(nullptr, output, output); },
        [&] { linear.forward(nullptr, output, output); });
    const auto backward_failing = [&] {
        return linear.try_backward(nullptr, input, input, SRNN_ACCUMULATION_SET,
                                   nullptr, nullptr);
    };
    check_failure(SRNN_ERROR_SHAPE, backward_failing, [&] {
        linear.backward(nullptr, input, input, SRNN_ACCUMULATION_SET, nullptr,
                        nullptr);
    });
    sr::linear nothing;
    CHECK(nothing.dtype() == 0);
    check_failure(
        SRNN_ERROR_INVALID,
        [&] { return sr::gradients::try_create_linear(nothing); },
        [&] { sr::gradients::create_linear(nothing); });
}

TEST_CASE("a linear layer uses the context that it gets")
{
    const auto linear = sr::linear::create(I, O);
    const auto context = sr::context::create(sr::rnn::create(1, 1));
    const std::vector<float> x(I);
    std::vector<float> y(O);
    const auto input = sr::wrap(x, {I});
    const auto output = sr::wrap(y, {O});
    const auto backward = [&](srnn_context *one) {
        return linear.try_backward(one, input, output, SRNN_ACCUMULATION_SET,
                                   nullptr, nullptr);
    };
    setenv("SIMPLERNN_ISA", "abacus", 1); // only calls without one read it
    const auto status = linear.try_forward(nullptr, input, output).status();
    const auto other_status = backward(nullptr).status();
    const auto good = linear.try_forward(context.get(), input, output);
    const auto other_good = backward(context.get());
    unsetenv("SIMPLERNN_ISA");
    CHECK(status == SRNN_ERROR_ENVIRONMENT);
    CHECK(other_status == SRNN_ERROR_ENVIRONMENT);
    CHECK(good);
    CHECK(other_good);
}

TEST_CASE("losses")
{
    // Two logits that are equal, and two that do not count.
    const std::vector<double> logits{0, 0, 3, 4};
    const std::vector<std::int64_t> targets{1, SRNN_IGNORE_INDEX};
    std::vector<double> d(4, 9);
    const auto input = sr::wrap(logits, {2, 2}),
               nothing = sr::wrap(logits, {4});
    const auto classes = sr::wrap(targets, {2});
    const auto d_logits = sr::wrap(d, {2, 2});
    auto loss = sr::loss::cross_entropy(d_logits, input, classes);
    CHECK(loss.sum == doctest::Approx(std::log(2.0)).epsilon(1e-15));
    CHECK(loss.count == 1);
    CHECK(loss.mean() == loss.sum);
    CHECK(d == std::vector<double>{0.5, -0.5, 0, 0});
    sr::loss::cross_entropy(d_logits, input, classes, 4);
    CHECK(d == std::vector<double>{0.125, -0.125, 0, 0});
    check_failure(
        SRNN_ERROR_SHAPE,
        [&] { return sr::loss::try_cross_entropy(nullptr, nothing, classes); },
        [&] { sr::loss::cross_entropy(nullptr, nothing, classes); });

    const std::vector<double> wanted{0, 0, 0, 2};
    const std::vector<std::uint8_t> rows{0, 1};
    const auto target = sr::wrap(wanted, {2, 2});
    const auto counted = sr::wrap(rows, {2});
    loss = sr::loss::squared_error(d_logits, input, target, counted);
    CHECK(loss.sum == 13);
    CHECK(loss.count == 2);
    CHECK(loss.mean() == 6.5);
    CHECK(d == std::vector<double>{0, 0, 3, 2});
    loss = sr::loss::squared_error(d_logits, input, target, nullptr, 2);
    CHECK(loss.count == 4);
    CHECK(d == std::vector<double>{0, 0, 3, 2});
    check_failure(
        SRNN_ERROR_RANGE,
        [&] {
            return sr::loss::try_squared_error(nullptr, input, target, nullptr,
                                               -1);
        },
        [&] { sr::loss::squared_error(nullptr, input, target, nullptr, -1); });
}
