// SPDX-License-Identifier: MIT
// Every status of the library arrives as an error, with its message.
#include <atomic>
#include <cstdlib>
#include <limits>
#include <set>
#include <thread>

#include "support.hpp"

namespace sr = simplernn;

namespace {

std::set<srnn_status> seen;

// A failure of the library, whose words nobody changes.
template <class Try, class Throw>
void check_status(srnn_status status, Try attempt, Throw call)
{
    check_failure(
        status,
        [&] {
            auto outcome = attempt();
            CHECK(std::string(outcome.message()) == srnn_last_error());
            return outcome;
        },
        call);
    seen.insert(status);
}

std::set<srnn_status> all_statuses()
{
    std::set<srnn_status> all;
    for (srnn_status status = -1; status > -100; status--)
        if (std::string(srnn_status_name(status)) != "SRNN_UNKNOWN")
            all.insert(status);
    return all;
}

void wrong_arguments(sr::rnn &rnn, sr::context &context)
{
    std::vector<float> x = numbers(6, 1), y(10);
    std::vector<double> doubles(10);
    const auto input = sr::wrap(x, {1, 2, 3});
    const auto output = sr::wrap(y, {1, 2, 5});
    sr::context nothing;
    check_status(
        SRNN_ERROR_INVALID,
        [&] { return nothing.try_forward(input, nullptr, output, nullptr); },
        [&] { nothing.forward(input, nullptr, output, nullptr); });
    const auto wrong = sr::wrap(x, {1, 3, 2});
    check_status(
        SRNN_ERROR_SHAPE,
        [&] { return context.try_forward(wrong, nullptr, output, nullptr); },
        [&] { context.forward(wrong, nullptr, output, nullptr); });
    const auto other = sr::wrap(doubles, {1, 2, 5});
    check_status(
        SRNN_ERROR_DTYPE,
        [&] { return context.try_forward(input, nullptr, other, nullptr); },
        [&] { context.forward(input, nullptr, other, nullptr); });
    constexpr std::int64_t large = std::int64_t{1} << 62;
    check_status(
        SRNN_ERROR_OVERFLOW,
        [&] {
            return sr::tensor::try_create(SRNN_DTYPE_FLOAT32, {large, 4});
        },
        [&] {
            sr::tensor::create(SRNN_DTYPE_FLOAT32, {large, 4});
        });
    const auto h0 = sr::wrap(y, {1, 2, 5});
    check_status(
        SRNN_ERROR_ALIAS,
        [&] { return context.try_forward(input, h0, output, nullptr); },
        [&] { context.forward(input, h0, output, nullptr); });
    check_status(
        SRNN_ERROR_NOT_FOUND, [&] { return rnn.try_copy_parameter("none"); },
        [&] { rnn.copy_parameter("none"); });
    check_status(
        SRNN_ERROR_RANGE, [&] { return sr::rnn::try_create(0, 5); },
        [&] { sr::rnn::create(0, 5); });
    auto tape = sr::tape::create(rnn);
    alignas(64) std::uint8_t memory[64] = {};
    tape.set_memory(memory, sizeof memory);
    check_status(
        SRNN_ERROR_BUFFER, [&] { return context.try_record(tape, {input}); },
        [&] { context.record(tape, {input}); });
}

void unfit_objects(sr::rnn &rnn, sr::context &context)
{
    const auto values = rnn.copy_parameter("bias_ih_l0");
    {
        const auto cell = sr::cell::create_view(rnn, 0, SRNN_DIRECTION_FORWARD);
        check_status(
            SRNN_ERROR_IN_USE,
            [&] { return rnn.try_set_parameter("bias_ih_l0", values); },
            [&] { rnn.set_parameter("bias_ih_l0", values); });
    }
    check_status(
        SRNN_ERROR_STATE,
        [&] { return context.try_set_int(SRNN_CONTEXT_LAST_THREADS, 1); },
        [&] { context.set_int(SRNN_CONTEXT_LAST_THREADS, 1); });
    std::vector<float> x = numbers(6, 1);
    auto tape = sr::tape::create(rnn);
    context.record(tape, {sr::wrap(x, {1, 2, 3})});
    rnn.set_parameter("bias_ih_l0", values);
    check_status(
        SRNN_ERROR_STALE,
        [&] {
            return context.try_backward(tape, {sr::wrap(x, {1, 2, 3})});
        },
        [&] {
            context.backward(tape, {sr::wrap(x, {1, 2, 3})});
        });
    sr::options options;
    options.direction = SRNN_DIRECTION_BIDIRECTIONAL;
    auto both = sr::stream::create(
        sr::context::create(sr::rnn::create(3, 5, options)), 2);
    std::vector<float> y(2 * 5); // as long as the comment of step says
    check_status(
        SRNN_ERROR_UNSUPPORTED, [&] { return both.try_step(x, y); },
        [&] { both.step(x, y); });
    auto gradients = sr::gradients::create(rnn);
    gradients.flat().data<float>()[1] = std::numeric_limits<float>::infinity();
    check_status(
        SRNN_ERROR_NOT_FINITE,
        [&] { return sr::gradients::try_norm({gradients.get()}); },
        [&] { sr::gradients::norm({gradients.get()}); });
    CHECK(*sr::gradients::try_norm({gradients.get()}) ==
          std::numeric_limits<double>::infinity());
}

void surroundings(sr::rnn &rnn)
{
    check_status(
        SRNN_ERROR_IO, [&] { return sr::weights::try_open("/no/such/file"); },
        [&] { sr::weights::open("/no/such/file"); });
    check_status(
        SRNN_ERROR_FORMAT,
        [&] { return sr::weights::try_open_memory("short", 5); },
        [&] { sr::weights::open_memory("short", 5); });
    setenv("SIMPLERNN_ISA", "abacus", 1);
    check_status(
        SRNN_ERROR_ENVIRONMENT, [&] { return sr::context::try_create(rnn); },
        [&] { sr::context::create(rnn); });
    unsetenv("SIMPLERNN_ISA");
}

// An allocator can only be replaced while no object exists.
void no_memory()
{
    const auto refuse = [](void *, std::size_t, std::size_t) -> void * {
        return nullptr;
    };
    const auto release = [](void *, void *) {};
    sr::result<void>(srnn_allocator_set(refuse, release, nullptr)).value();
    check_status(
        SRNN_ERROR_NO_MEMORY, [] { return sr::rnn::try_create(3, 5); },
        [] { sr::rnn::create(3, 5); });
    sr::result<void>(srnn_allocator_set(nullptr, nullptr, nullptr)).value();
}

void second_thread(sr::rnn &rnn, sr::context &context)
{
    std::vector<float> x(200 * 3);
    std::atomic<bool> ends{false};
    std::thread runner([&] {
        while (!ends) // a call that begins during a write is busy as well
            (void)context.try_forward_contiguous(200, 1, x, nullptr, nullptr,
                                                 nullptr);
    });
    const auto values = rnn.copy_parameter("bias_ih_l0");
    const auto until_busy = [&] {
        simplernn::result<void> outcome;
        while (outcome)
            outcome = rnn.try_set_parameter("bias_ih_l0", values);
        return outcome;
    };
    check_status(SRNN_ERROR_BUSY, until_busy, [&] { until_busy().value(); });
    ends = true;
    runner.join();
}

} // namespace

TEST_CASE("every status arrives")
{
    no_memory();
    auto rnn = sr::rnn::create(3, 5);
    auto context = sr::context::create(rnn);
    wrong_arguments(rnn, context);
    unfit_objects(rnn, context);
    surroundings(rnn);
    second_thread(rnn, context);
    CHECK(seen == all_statuses());
}

TEST_CASE("a result of any function of C")
{
    const sr::result<void> good = srnn_allocator_set(nullptr, nullptr, nullptr);
    CHECK(good);
    CHECK(good.status() == SRNN_OK);
    CHECK(std::string(good.name()) == "SRNN_OK");
    CHECK(std::string(good.message()).empty());
    good.value();
    const auto rnn = sr::rnn::create(3, 5);
    const auto set = [] {
        return srnn_allocator_set(nullptr, nullptr, nullptr);
    };
    check_failure(
        SRNN_ERROR_IN_USE, [&] { return sr::result<void>(set()); },
        [&] { sr::result<void>(set()).value(); });
}

TEST_CASE("a message belongs to its thread")
{
    const auto outcome = sr::rnn::try_create(0, 5);
    const std::string message = outcome.message();
    std::thread([] { CHECK(!sr::rnn::try_create(5, 0)); }).join();
    CHECK(outcome.message() == message);
}
