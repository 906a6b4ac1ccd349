// SPDX-License-Identifier: MIT
// Recording, backward and gradients give the bits of C.
#include <limits>

#include "support.hpp"

namespace sr = simplernn;

namespace {

constexpr std::int64_t T = 4, B = 2, I = 3, H = 5;

// A network, a recording of it, and what backward needs.
struct recording {
    sr::rnn rnn = sr::rnn::create(I, H, {}, 7);
    sr::context context = sr::context::create(rnn);
    sr::tape tape = sr::tape::create(rnn);
    std::vector<float> x = numbers(T * B * I, 1), d_y = numbers(T * B * H, 2);
    std::vector<float> y = std::vector<float>(T * B * H);
    sr::tensor_view<float> input = sr::wrap(x, {T, B, I});
    sr::tensor_view<float> output = sr::wrap(y, {T, B, H});
    sr::tensor_view<float> d_output = sr::wrap(d_y, {T, B, H});
};

std::vector<float> values_of(sr::gradients &gradients)
{
    const float *const values = gradients.flat().const_data<float>();
    return {values, values + gradients.flat().size()};
}

std::vector<float> by_c(recording &r)
{
    auto gradients = sr::gradients::create(r.rnn);
    REQUIRE(srnn_context_record(r.context.get(), r.tape.get(), r.input.get(),
                                nullptr, nullptr, nullptr, nullptr,
                                r.output.get(), nullptr) == SRNN_OK);
    REQUIRE(srnn_context_backward(r.context.get(), r.tape.get(), r.input.get(),
                                  r.d_output.get(), nullptr,
                                  SRNN_ACCUMULATION_SET, gradients.get(),
                                  nullptr, nullptr, nullptr) == SRNN_OK);
    return values_of(gradients);
}

} // namespace

TEST_CASE("record and backward have the bits of C")
{
    recording r;
    const auto expected = by_c(r);
    const auto y = r.y;
    CHECK(expected[0] != 0);
    auto gradients = sr::gradients::create(r.rnn);
    sr::sequences given;
    given.input = r.input;
    given.output = r.output;
    r.y.assign(r.y.size(), 0);
    r.context.record(r.tape, given);
    CHECK(r.y == y);
    sr::derivatives wanted;
    wanted.input = r.input;
    wanted.d_output = r.d_output;
    wanted.gradients = gradients.get();
    r.context.backward(r.tape, wanted);
    CHECK(values_of(gradients) == expected);

    std::vector<float> d_x(T * B * I), d_h0(B * H);
    const auto d_input = sr::wrap(d_x, {T, B, I});
    const auto d_first = sr::wrap(d_h0, {1, B, H});
    wanted.accumulation = SRNN_ACCUMULATION_ADD;
    wanted.d_input = d_input;
    wanted.d_h0 = d_first;
    r.context.backward(r.tape, wanted);
    auto twice = expected;
    for (float &value : twice)
        value += value;
    CHECK(values_of(gradients) == twice);
    CHECK(d_x[0] != 0);
    CHECK(d_h0[0] != 0);
}

TEST_CASE("recording of arrays")
{
    recording r;
    const auto expected = by_c(r);
    const auto y = r.y;
    r.y.assign(r.y.size(), 0);
    sr::sequence_arrays given;
    given.input = r.x;
    given.output = r.y;
    r.context.record_contiguous(r.tape, T, B, given);
    CHECK(r.y == y);

    const std::vector<std::int64_t> lengths{3, 4};
    const std::vector<std::uint8_t> resets(T * B);
    given.lengths = lengths;
    given.resets = resets;
    r.context.record_contiguous(r.tape, T, B, given);
    CHECK(r.y != y); // the first sequence is shorter
    const auto refuse = [&](srnn_status status) {
        check_failure(
            status,
            [&] {
                return r.context.try_record_contiguous(r.tape, T, B, given);
            },
            [&] { r.context.record_contiguous(r.tape, T, B, given); });
    };
    given.resets = sr::const_array(resets.data(), T);
    refuse(SRNN_ERROR_SHAPE);
    given.resets = r.x;
    refuse(SRNN_ERROR_DTYPE);
    given.resets = nullptr;
    given.lengths = sr::const_array(lengths.data(), 1);
    refuse(SRNN_ERROR_SHAPE);
    given.lengths = nullptr;
    given.fresh = sr::const_array(r.x.data(), 3);
    refuse(SRNN_ERROR_SHAPE);
}

TEST_CASE("a tape in memory of the program")
{
    recording r;
    const auto expected = by_c(r);
    CHECK(r.context.tape_size(r.tape, T, B) > 0);
    std::vector<double> memory(r.tape.size(T, B) / sizeof(double) + 1);
    r.tape.set_memory(memory.data(), memory.size() * sizeof(double));
    r.context.record(r.tape, {r.input});
    std::vector<float> values(static_cast<std::size_t>(r.rnn.flat_size()));
    auto gradients = sr::gradients::wrap(r.rnn, values);
    sr::derivatives wanted;
    wanted.input = r.input;
    wanted.d_output = r.d_output;
    wanted.gradients = gradients.get();
    r.context.backward(r.tape, wanted);
    CHECK(values == expected);
    r.tape.set_int(SRNN_TAPE_CHECKPOINT_STEPS, 2);
    CHECK(r.tape.get_int(SRNN_TAPE_CHECKPOINT_STEPS) == 2);
    values.pop_back();
    check_failure(
        SRNN_ERROR_SHAPE,
        [&] { return sr::gradients::try_wrap(r.rnn, values); },
        [&] { sr::gradients::wrap(r.rnn, values); });
}

TEST_CASE("gradients of several networks")
{
    const auto first = sr::rnn::create(2, 2), second = sr::rnn::create(1, 3);
    auto a = sr::gradients::create(first), b = sr::gradients::create(second);
    a.flat().data<float>()[0] = 3;
    b.tensor("bias_hh_l0").data<float>()[1] = 4;
    CHECK(a.rnn().get() == first.get());
    CHECK(b.tensor("none").get() == nullptr);
    CHECK(sr::gradients::norm({a.get(), b.get()}) == 5);
    CHECK(sr::gradients::clip_norm({a.get(), b.get()}, 10) == 5);
    sr::gradients::scale({a.get(), b.get()}, 2);
    CHECK(values_of(a)[0] == 6);
    sr::gradients::clip_value({a.get(), b.get()}, 7);
    CHECK(b.tensor("bias_hh_l0").const_data<float>()[1] == 7);
    CHECK(b.is_trained("bias_hh_l0"));
    b.set_trained("bias_hh_l0", false);
    CHECK(!b.is_trained("bias_hh_l0"));
    CHECK(sr::gradients::norm({b.get()}) == 0);
    check_failure(
        SRNN_ERROR_NOT_FOUND, [&] { return b.try_set_trained("none", true); },
        [&] { b.set_trained("none", true); });
}

TEST_CASE("a step of training")
{
    recording r;
    std::vector<float> values(static_cast<std::size_t>(r.rnn.flat_size()));
    const auto flat = sr::wrap(values, {r.rnn.flat_size()});
    r.rnn.get_flat(flat);
    CHECK(values[0] == r.rnn.copy_parameter("weight_ih_l0").data<float>()[0]);
    values[0] += 1;
    r.rnn.set_flat(flat);
    const auto parameter = r.rnn.parameter(0);
    CHECK(static_cast<const float *>(parameter.data)[0] == values[0]);
    CHECK(std::string(parameter.name) == "weight_ih_l0");
    CHECK(parameter.shape.size() == 2);
    CHECK(parameter.shape[0] == H);
    CHECK(r.rnn.find_parameter(std::string("bias_hh_l0")) == 3);
    CHECK(r.rnn.find_parameter("none") == -1);
    CHECK(r.rnn.parameter(4).name == nullptr);

    std::vector<sr::tensor> copies;
    std::vector<const srnn_tensor *> list;
    for (std::int64_t i = 0; i < r.rnn.parameter_count(); i++) {
        copies.push_back(r.rnn.copy_parameter(r.rnn.parameter(i).name));
        list.push_back(copies.back().get());
    }
    auto other = sr::rnn::create_from_tensors(list);
    CHECK(static_cast<const float *>(other.parameter(0).data)[0] == values[0]);
    copies[3].data<float>()[0] = 9;
    other.set_parameters(list);
    CHECK(static_cast<const float *>(other.parameter(3).data)[0] == 9);
    other.set_parameter("bias_hh_l0", r.rnn.copy_parameter("bias_hh_l0"));
    CHECK(static_cast<const float *>(other.parameter(3).data)[0] != 9);
    list.pop_back();
    check_failure(
        SRNN_ERROR_RANGE, [&] { return other.try_set_parameters(list); },
        [&] { other.set_parameters(list); });
}
