// SPDX-License-Identifier: MIT
// Optimizers and checkpoints.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <map>

#include "support.hpp"

namespace sr = simplernn;

namespace {

constexpr std::int64_t T = 4, B = 2, I = 3, H = 5, C = 2;

// A network, a layer and a learned initial state, and how they are trained.
struct training {
    explicit training(srnn_optimizer_kind_values kind)
        : optimizer(sr::optimizer::create(kind))
    {
        optimizer.add(of_rnn, "rnn.");
        optimizer.add(of_head, std::string("fc."));
        optimizer.add(of_h0);
    }
    void step();
    std::vector<float> values() const;

    sr::rnn rnn = sr::rnn::create(I, H, {}, 7);
    sr::linear head = sr::linear::create(H, C, {}, 8);
    std::vector<float> h0 = std::vector<float>(H);
    sr::tensor_view<float> state = sr::wrap(h0, {1, 1, H});
    sr::context context = sr::context::create(rnn);
    sr::tape tape = sr::tape::create(rnn);
    sr::gradients of_rnn = sr::gradients::create(rnn);
    sr::gradients of_head = sr::gradients::create_linear(head);
    sr::gradients of_h0 = sr::gradients::create_tensor(state, "h0");
    sr::optimizer optimizer;
};

void training::step()
{
    const auto x = numbers(T * B * I, 1);
    const std::vector<std::int64_t> classes{1, 0, 1, 1, SRNN_IGNORE_INDEX,
                                            0, 0, 1};
    std::vector<float> y(T * B * H), logits(T * B * C), d_y(T * B * H);
    const auto input = sr::wrap(x, {T, B, I});
    const auto output = sr::wrap(y, {T, B, H});
    const auto scores = sr::wrap(logits, {T, B, C});
    const auto d_output = sr::wrap(d_y, {T, B, H});
    sr::sequences given;
    given.input = input;
    given.h0 = state;
    given.output = output;
    context.record(tape, given);
    head.forward(context.get(), output, scores);
    sr::loss::cross_entropy(scores, scores, sr::wrap(classes, {T, B}));
    head.backward(context.get(), output, scores, SRNN_ACCUMULATION_SET,
                  of_head.get(), d_output);
    std::vector<float> d_h0(H);
    const auto d_state = sr::wrap(d_h0, {1, 1, H});
    sr::derivatives wanted;
    wanted.input = input;
    wanted.d_output = d_output;
    wanted.gradients = of_rnn.get();
    wanted.d_h0 = d_state;
    context.backward(tape, wanted);
    std::copy(d_h0.begin(), d_h0.end(), of_h0.flat().data<float>());
    optimizer.step();
}

std::vector<float> training::values() const
{
    const auto first = static_cast<std::size_t>(rnn.flat_size());
    const auto second = static_cast<std::size_t>(head.flat_size());
    std::vector<float> all(first + second);
    rnn.get_flat(sr::wrap(sr::span<float>(all.data(), rnn.flat_size()),
                          {rnn.flat_size()}));
    head.get_flat(
        sr::wrap(sr::span<float>(all.data() + first, head.flat_size()),
                 {head.flat_size()}));
    all.insert(all.end(), h0.begin(), h0.end());
    return all;
}

// A file in a folder of its own, which goes with the object.
struct scratch {
    char folder[32] = "/tmp/simplernn-XXXXXX";
    std::string path = mkdtemp(folder) + std::string("/checkpoint.safetensors");
    ~scratch()
    {
        std::remove(path.c_str());
        std::remove(folder);
    }
};

// One parameter, its gradient, and an optimizer.
struct parameter {
    std::vector<float> values{8, 8};
    sr::gradients gradients =
        sr::gradients::create_tensor(sr::wrap(values, {2}), "p");
    explicit parameter(float gradient)
    {
        std::fill_n(gradients.flat().data<float>(), 2, gradient);
    }
};

} // namespace

TEST_CASE("a step updates the parameters of all gradients")
{
    parameter first(1), second(2);
    sr::optimizer_options options;
    options.learning_rate = 0.5;
    auto optimizer = sr::optimizer::create(SRNN_OPTIMIZER_KIND_SGD, options);
    optimizer.add(first.gradients, "first.");
    optimizer.add(second.gradients, "second.");
    optimizer.set_real(SRNN_OPTIMIZER_LEARNING_RATE, 2, second.gradients.get());
    optimizer.step();
    CHECK(first.values == std::vector<float>{7.5, 7.5});
    CHECK(second.values == std::vector<float>{4, 4});
    CHECK(optimizer.get_int(SRNN_OPTIMIZER_STEPS) == 1);
    first.gradients.set_trained("p", false);
    optimizer.step();
    CHECK(first.values == std::vector<float>{7.5, 7.5});
    CHECK(second.values == std::vector<float>{0, 0});

    second.gradients.flat().data<float>()[0] =
        std::numeric_limits<float>::quiet_NaN();
    check_failure(
        SRNN_ERROR_NOT_FINITE, [&] { return optimizer.try_step(); },
        [&] { optimizer.step(); });
    CHECK(optimizer.get_int(SRNN_OPTIMIZER_STEPS) == 2);
    parameter third(1);
    check_failure(
        SRNN_ERROR_STATE, [&] { return optimizer.try_add(third.gradients); },
        [&] { optimizer.add(third.gradients); });
}

TEST_CASE("an optimizer keeps gradients and networks alive")
{
    auto optimizer = sr::optimizer::create(SRNN_OPTIMIZER_KIND_ADAM);
    check_failure(
        SRNN_ERROR_STATE, [&] { return optimizer.try_step(); },
        [&] { optimizer.step(); });
    optimizer.add(sr::gradients::create(sr::rnn::create(3, 5)), "rnn.");
    optimizer.add(sr::gradients::create_linear(sr::linear::create(5, 2)));
    optimizer.step();
    auto moved = std::move(optimizer);
    moved.step();
    CHECK(moved.get_int(SRNN_OPTIMIZER_STEPS) == 2);
    CHECK(optimizer.kind() == 0);
    check_failure(
        SRNN_ERROR_INVALID, [&] { return optimizer.try_step(); },
        [&] { optimizer.step(); });
}

TEST_CASE("options of an optimizer")
{
    const std::map<srnn_optimizer_kind_values, sr::optimizer_options> all = [] {
        sr::optimizer_options sgd;
        sgd.learning_rate = 0.1;
        sgd.weight_decay = 0.2;
        sgd.momentum = 0.3;
        sgd.dampening = 0.0;
        sgd.nesterov = true;
        sgd.check_finite = false;
        sr::optimizer_options adam;
        adam.beta1 = 0.4;
        adam.beta2 = 0.5;
        adam.epsilon = 0.6;
        sr::optimizer_options rmsprop;
        rmsprop.alpha = 0.7;
        rmsprop.centered = true;
        return decltype(all){{SRNN_OPTIMIZER_KIND_SGD, sgd},
                             {SRNN_OPTIMIZER_KIND_ADAMW, adam},
                             {SRNN_OPTIMIZER_KIND_RMSPROP, rmsprop}};
    }();
    const auto make = [&](srnn_optimizer_kind_values kind) {
        auto optimizer = sr::optimizer::create(kind, all.at(kind));
        CHECK(optimizer.kind() == kind);
        return optimizer;
    };
    const auto sgd = make(SRNN_OPTIMIZER_KIND_SGD);
    CHECK(sgd.get_real(SRNN_OPTIMIZER_LEARNING_RATE) == 0.1);
    CHECK(sgd.get_real(SRNN_OPTIMIZER_WEIGHT_DECAY) == 0.2);
    CHECK(sgd.get_real(SRNN_OPTIMIZER_MOMENTUM) == 0.3);
    CHECK(sgd.get_real(SRNN_OPTIMIZER_DAMPENING) == 0);
    CHECK(sgd.get_int(SRNN_OPTIMIZER_NESTEROV) == 1);
    CHECK(sgd.get_int(SRNN_OPTIMIZER_CHECK_FINITE) == 0);
    const auto adam = make(SRNN_OPTIMIZER_KIND_ADAMW);
    CHECK(adam.get_real(SRNN_OPTIMIZER_LEARNING_RATE) == 1e-3);
    CHECK(adam.get_real(SRNN_OPTIMIZER_BETA1) == 0.4);
    CHECK(adam.get_real(SRNN_OPTIMIZER_BETA2) == 0.5);
    CHECK(adam.get_real(SRNN_OPTIMIZER_EPSILON) == 0.6);
    auto rmsprop = make(SRNN_OPTIMIZER_KIND_RMSPROP);
    CHECK(rmsprop.get_real(SRNN_OPTIMIZER_ALPHA) == 0.7);
    CHECK(rmsprop.get_int(SRNN_OPTIMIZER_CENTERED) == 1);
}

TEST_CASE("options of some gradients, and options that are refused")
{
    parameter one(1), other(1);
    auto optimizer = sr::optimizer::create(SRNN_OPTIMIZER_KIND_SGD);
    optimizer.add(one.gradients);
    sr::optimizer_options options;
    options.dampening = 0.5;
    options.nesterov = true;
    optimizer.set(options, one.gradients.get());
    CHECK(optimizer.get_real(SRNN_OPTIMIZER_DAMPENING, one.gradients.get()) ==
          0.5);
    CHECK(optimizer.get_real(SRNN_OPTIMIZER_DAMPENING) == 0);
    const auto nesterov = [&](const srnn_gradients *gradients) {
        return optimizer.get_int(SRNN_OPTIMIZER_NESTEROV, gradients);
    };
    CHECK(nesterov(one.gradients.get()) == 1);
    CHECK(nesterov(nullptr) == 0);
    optimizer.set_int(SRNN_OPTIMIZER_NESTEROV, 1);
    optimizer.set_int(SRNN_OPTIMIZER_NESTEROV, 0, one.gradients.get());
    CHECK(nesterov(one.gradients.get()) == 0);
    CHECK(nesterov(nullptr) == 1);
    const srnn_gradients *const foreign = other.gradients.get();
    check_failure(
        SRNN_ERROR_NOT_FOUND,
        [&] { return optimizer.try_set(options, foreign); },
        [&] { optimizer.set(options, foreign); });
    check_failure(
        SRNN_ERROR_NOT_FOUND,
        [&] {
            return optimizer.try_get_real(SRNN_OPTIMIZER_MOMENTUM, foreign);
        },
        [&] { optimizer.get_real(SRNN_OPTIMIZER_MOMENTUM, foreign); });
    check_failure(
        SRNN_ERROR_NOT_FOUND,
        [&] { return optimizer.try_get_int(SRNN_OPTIMIZER_NESTEROV, foreign); },
        [&] { optimizer.get_int(SRNN_OPTIMIZER_NESTEROV, foreign); });
    check_failure(
        SRNN_ERROR_STATE,
        [&] { return optimizer.try_set_int(SRNN_OPTIMIZER_STEPS, 1); },
        [&] { optimizer.set_int(SRNN_OPTIMIZER_STEPS, 1); });
    check_failure(
        SRNN_ERROR_RANGE,
        [&] { return optimizer.try_set_real(SRNN_OPTIMIZER_MOMENTUM, -1); },
        [&] { optimizer.set_real(SRNN_OPTIMIZER_MOMENTUM, -1); });
    sr::optimizer_options wrong; // the first failure ends it
    wrong.learning_rate = -1;
    wrong.momentum = 0.9;
    check_failure(
        SRNN_ERROR_RANGE, [&] { return optimizer.try_set(wrong); },
        [&] { optimizer.set(wrong); });
    CHECK(optimizer.get_real(SRNN_OPTIMIZER_MOMENTUM) == 0);
    check_failure(
        SRNN_ERROR_RANGE,
        [&] {
            return sr::optimizer::try_create(SRNN_OPTIMIZER_KIND_SGD, wrong);
        },
        [&] { sr::optimizer::create(SRNN_OPTIMIZER_KIND_SGD, wrong); });
    wrong.learning_rate = 1;
    CHECK(sr::optimizer::try_create(SRNN_OPTIMIZER_KIND_ADAM, wrong).status() ==
          SRNN_ERROR_INVALID); // Adam has no momentum
}

TEST_CASE("training goes on from a checkpoint with the same bits")
{
    const scratch checkpoint;
    training whole(SRNN_OPTIMIZER_KIND_ADAM);
    const auto before = whole.values();
    const std::vector<std::int64_t> place{5};
    const auto mark = sr::wrap(place, {1});
    const char *const metadata[] = {"data", "digits", nullptr};
    for (int step = 0; step < 10; step++) {
        if (step == 5)
            whole.optimizer.save(checkpoint.path, {"place"}, {mark.get()},
                                 metadata);
        whole.step();
    }
    CHECK(whole.values() != before);

    training resumed(SRNN_OPTIMIZER_KIND_ADAM);
    const auto file = sr::weights::open(checkpoint.path);
    CHECK(std::string(file.metadata("data")) == "digits");
    CHECK(file.read_tensor("place").data<std::int64_t>()[0] == 5);
    resumed.optimizer.load(file);
    CHECK(resumed.optimizer.get_int(SRNN_OPTIMIZER_STEPS) == 5);
    CHECK(resumed.values() != before);
    for (int step = 5; step < 10; step++)
        resumed.step();
    const auto a = whole.values(), b = resumed.values();
    CHECK(std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0);

    const auto model = sr::rnn::create_from_weights(file, "rnn.");
    const auto head = sr::linear::create_from_weights(file, "fc.");
    CHECK(model.flat_size() == resumed.rnn.flat_size());
    CHECK(head.in_features() == H);
    training other(SRNN_OPTIMIZER_KIND_SGD);
    check_failure(
        SRNN_ERROR_STATE, [&] { return other.optimizer.try_load(file); },
        [&] { other.optimizer.load(file); });
    check_failure(
        SRNN_ERROR_INVALID,
        [&] { return whole.optimizer.try_save(checkpoint.path, {"place"}); },
        [&] { whole.optimizer.save(checkpoint.path, {"place"}); });
}

TEST_CASE("a linear layer is saved beside a network")
{
    const scratch model;
    const auto rnn = sr::rnn::create(I, H);
    const auto head = sr::linear::create(H, C, {}, 3);
    rnn.save_alone(model.path, "rnn.");
    head.save(model.path, "fc.");
    const auto weights = sr::weights::open(model.path);
    CHECK(weights.count() == 6);
    CHECK(sr::rnn::create_from_weights(weights, "rnn.").flat_size() ==
          rnn.flat_size());
    const auto same = sr::linear::create_from_weights(weights, "fc.");
    CHECK(std::memcmp(same.copy_parameter("weight").data<float>(),
                      head.copy_parameter("weight").data<float>(),
                      C * H * sizeof(float)) == 0);
    check_failure(
        SRNN_ERROR_NOT_FOUND,
        [&] { return sr::linear::try_create_from_weights(weights); },
        [&] { sr::linear::create_from_weights(weights); });
    check_failure(
        SRNN_ERROR_INVALID, [&] { return head.try_save(""); },
        [&] { head.save(""); });
}

TEST_CASE("a callback that reads a checkpoint may throw")
{
    struct stopped {};
    const scratch checkpoint;
    training saved(SRNN_OPTIMIZER_KIND_ADAM);
    saved.optimizer.save(checkpoint.path);
    std::FILE *const stream = std::fopen(checkpoint.path.c_str(), "rb");
    REQUIRE(stream != nullptr);
    std::fseek(stream, 0, SEEK_END);
    const std::int64_t size = std::ftell(stream);
    bool stops = false;
    auto read = [&](std::int64_t offset, void *target, std::size_t bytes) {
        if (stops)
            throw stopped();
        std::fseek(stream, static_cast<long>(offset), SEEK_SET);
        return static_cast<std::int64_t>(std::fread(target, 1, bytes, stream));
    };
    const auto file = sr::weights::open_callback(read, size);
    saved.optimizer.load(file);
    stops = true;
    CHECK_THROWS_AS(saved.optimizer.load(file), stopped);
    CHECK_THROWS_AS(sr::linear::create_from_weights(file, "fc."), stopped);
    CHECK(saved.optimizer.try_load(file).status() == SRNN_ERROR_IO);
    CHECK(sr::linear::try_create_from_weights(file, "fc.").status() ==
          SRNN_ERROR_IO);
    std::fclose(stream);
}
