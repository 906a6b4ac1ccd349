// SPDX-License-Identifier: MIT
// A program without exceptions and RTTI. It says what is wrong, if anything is.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <simplernn.hpp>
#include <vector>

namespace sr = simplernn;

namespace {

void check(bool is_right, const char *what)
{
    if (is_right)
        return;
    std::printf("wrong: %s\n", what);
    std::exit(1);
}

// The value, or the end of the program.
template <class T> T get(sr::result<T> result)
{
    check(result ? true : false, result.message());
    return std::move(*result);
}
void get(sr::result<void> result)
{
    check(result ? true : false, result.message());
}

void train(const sr::rnn &rnn, sr::context &context, std::vector<float> &x)
{
    auto tape = get(sr::tape::try_create(rnn));
    auto gradients = get(sr::gradients::try_create(rnn));
    const auto input = get(sr::try_wrap(x, {4, 2, 3}));
    std::vector<float> d_last(2 * 5, 1);
    const auto d_h_n = get(sr::try_wrap(d_last, {1, 2, 5}));
    get(context.try_record(tape, {input}));
    sr::derivatives wanted;
    wanted.input = input;
    wanted.d_h_n = d_h_n;
    wanted.gradients = gradients.get();
    get(context.try_backward(tape, wanted));
    check(get(sr::gradients::try_norm({gradients.get()})) > 0, "the norm");
    auto optimizer = get(sr::optimizer::try_create(SRNN_OPTIMIZER_KIND_ADAM));
    get(optimizer.try_set_real(SRNN_OPTIMIZER_LEARNING_RATE, 0.5));
    get(optimizer.try_add(gradients, "rnn."));
    get(optimizer.try_step());
    check(get(optimizer.try_get_int(SRNN_OPTIMIZER_STEPS)) == 1, "the steps");
}

// Makes an output smaller, in one step.
void learn(std::vector<float> &y)
{
    const auto head = get(sr::linear::try_create(5, 2));
    auto gradients = get(sr::gradients::try_create_linear(head));
    std::vector<float> scores(8 * 2);
    const std::vector<float> zeros(8 * 2);
    const auto input = get(sr::try_wrap(y, {8, 5}));
    const auto output = get(sr::try_wrap(scores, {8, 2}));
    const auto target = get(sr::try_wrap(zeros, {8, 2}));
    auto optimizer = get(sr::optimizer::try_create(SRNN_OPTIMIZER_KIND_SGD));
    get(optimizer.try_add(gradients));
    get(head.try_forward(nullptr, input, output));
    const auto before =
        get(sr::loss::try_squared_error(nullptr, output, target));
    get(sr::loss::try_squared_error(output, output, target));
    get(head.try_backward(nullptr, input, output, SRNN_ACCUMULATION_SET,
                          gradients.get(), nullptr));
    get(optimizer.try_step());
    get(head.try_forward(nullptr, input, output));
    const auto after =
        get(sr::loss::try_squared_error(nullptr, output, target));
    check(after.mean() < before.mean(), "the loss");
    const auto refused = optimizer.try_load(sr::weights());
    check(refused.status() == SRNN_ERROR_INVALID, "no weights");
}

void fail(sr::context &context)
{
    const std::vector<float> x(23);
    const auto short_input =
        context.try_forward_contiguous(4, 2, x, nullptr, nullptr, nullptr);
    check(short_input.status() == SRNN_ERROR_SHAPE, "the status");
    check(std::strcmp(short_input.message(),
                      "input has 23 elements; the shape [4, 2, 3] needs 24") ==
              0,
          short_input.message());
    const auto refused = sr::rnn::try_create(0, 5);
    check(refused.status() == SRNN_ERROR_RANGE, "the other status");
    check(refused->get() == nullptr, "the value of a failure");
    const auto write = [](const void *, std::size_t) { return -1; };
    check(context.rnn().try_save_callback(write).status() == SRNN_ERROR_IO,
          "a callback that fails");
}

} // namespace

int main()
{
    const auto rnn = get(sr::rnn::try_create(3, 5));
    auto context = get(sr::context::try_create(rnn));
    std::vector<float> x(4 * 2 * 3, 0.5f), y(4 * 2 * 5), last(2 * 5);
    get(context.try_forward_contiguous(4, 2, x, nullptr, y, nullptr));
    auto stream = get(sr::stream::try_create(context, 2));
    get(stream.try_step(sr::span<float>(x.data(), 6), last));
    check(std::equal(last.begin(), last.end(), y.begin()), "a step");
    train(rnn, context, x);
    learn(y);
    fail(context);
    return 0;
}
