// SPDX-License-Identifier: MIT
// Who owns what, and what the compiler refuses.
#include <type_traits>

#include "support.hpp"

namespace sr = simplernn;

namespace {

template <class Object>
constexpr bool is_owner = !std::is_copy_constructible_v<Object> &&
                          !std::is_copy_assignable_v<Object> &&
                          std::is_nothrow_move_constructible_v<Object> &&
                          std::is_nothrow_move_assignable_v<Object> &&
                          std::is_nothrow_default_constructible_v<Object>;
template <class Object>
constexpr bool is_pointer_sized = sizeof(Object) == sizeof(void *);

template <class... Objects>
constexpr bool are_handles = ((is_owner<Objects> &&
                               is_pointer_sized<Objects>)&&...);
static_assert(
    are_handles<sr::rnn, sr::cell, sr::linear, sr::weights, sr::tape,
                sr::gradients, sr::optimizer, sr::tensor,
                sr::tensor_view<float>, sr::tensor_view<const float>>);
static_assert(is_owner<sr::context> && is_owner<sr::stream>);
static_assert(std::is_trivially_copyable_v<sr::result<void>> &&
              sizeof(sr::result<void>) == 2 * sizeof(void *));

// Nothing that an object derives from can be copied, assigned or swapped: two
// objects would then free one handle, or keep the sizes of another network.
template <class Base>
constexpr bool is_fixed =
    !std::is_copy_constructible_v<Base> &&
    !std::is_move_constructible_v<Base> && !std::is_copy_assignable_v<Base> &&
    !std::is_move_assignable_v<Base> && !std::is_swappable_v<Base>;
template <class... Objects>
constexpr bool have_fixed_bases = (is_fixed<typename Objects::owner> && ...);
static_assert(have_fixed_bases<
              sr::rnn, sr::cell, sr::linear, sr::weights, sr::tape,
              sr::gradients, sr::optimizer, sr::context, sr::stream, sr::tensor,
              sr::tensor_view<float>, sr::tensor_view<const float>>);
static_assert(is_fixed<sr::rnn_functions> && is_fixed<sr::tensor_functions> &&
              is_fixed<sr::const_tensor_functions>);

// A reference can be made of an object, and assigned one, but is no part of it.
template <class Ref, class... Objects>
constexpr bool only_borrows = (... &&
                               (std::is_convertible_v<const Objects &, Ref> &&
                                std::is_assignable_v<Ref &, const Objects &> &&
                                !std::is_convertible_v<Objects &, Ref &> &&
                                !std::is_convertible_v<Objects *, Ref *>));
static_assert(only_borrows<sr::rnn_ref, sr::rnn>);
static_assert(only_borrows<sr::tensor_ref, sr::tensor, sr::tensor_view<float>>);
static_assert(
    only_borrows<sr::const_tensor_ref, sr::tensor_ref, sr::tensor,
                 sr::tensor_view<float>, sr::tensor_view<const float>>);
static_assert(is_pointer_sized<sr::rnn_ref> &&
              is_pointer_sized<sr::tensor_ref> &&
              is_pointer_sized<sr::const_tensor_ref>);

// An object cannot be made of one of another class, or become one.
template <class One, class Other>
constexpr bool is_apart = std::is_same_v<One, Other> ||
                          (!std::is_constructible_v<One, Other> &&
                           !std::is_assignable_v<One &, Other>);
template <class One, class... Others>
constexpr bool is_apart_from_all = (is_apart<One, Others> && ...);
template <class... Objects>
constexpr bool are_apart = (is_apart_from_all<Objects, Objects...> && ...);
static_assert(
    are_apart<sr::tensor, sr::tensor_view<float>, sr::tensor_view<double>,
              sr::tensor_view<const float>, sr::tensor_view<const double>>);

// What is read-only does not go where a call writes.
using input = sr::const_tensor_ref;
using output = sr::tensor_ref;
static_assert(std::is_convertible_v<sr::tensor, input>);
static_assert(std::is_convertible_v<sr::tensor, output>);
static_assert(std::is_convertible_v<sr::tensor_view<float>, input>);
static_assert(std::is_convertible_v<sr::tensor_view<float>, output>);
static_assert(std::is_convertible_v<sr::tensor_view<const float>, input>);
static_assert(!std::is_convertible_v<sr::tensor_view<const float>, output>);
static_assert(!std::is_convertible_v<input, output>);
static_assert(std::is_convertible_v<std::vector<float> &, sr::mutable_array>);
static_assert(
    !std::is_convertible_v<const std::vector<float> &, sr::mutable_array>);
static_assert(
    std::is_convertible_v<const std::vector<float> &, sr::const_array>);
static_assert(std::is_convertible_v<sr::mutable_array, sr::const_array>);
static_assert(!std::is_convertible_v<sr::const_array, sr::mutable_array>);
static_assert(!std::is_convertible_v<std::vector<int> &, sr::const_array>);

// An enumerator of another set, or a number.
static_assert(std::is_invocable_v<decltype(&sr::rnn_ref::get_int), sr::rnn_ref,
                                  srnn_option_values>);
static_assert(!std::is_invocable_v<decltype(&sr::rnn_ref::get_int), sr::rnn_ref,
                                   srnn_stream_option_values>);
static_assert(
    !std::is_invocable_v<decltype(&sr::rnn_ref::get_int), sr::rnn_ref, int>);

// All try_ functions are noexcept; these stand for them.
static_assert(noexcept(std::declval<sr::stream &>().try_step(nullptr,
                                                             nullptr)));
static_assert(noexcept(sr::rnn::try_create(1, 1)));
static_assert(noexcept(
    std::declval<sr::context &>().try_record(std::declval<sr::tape &>(), {})));
static_assert(noexcept(std::declval<sr::optimizer &>().try_step()));
static_assert(noexcept(sr::loss::try_cross_entropy(nullptr, nullptr, nullptr)));

// A gradient goes to memory that may be written.
static_assert(std::is_invocable_v<decltype(&sr::loss::cross_entropy), output,
                                  input, input, double>);
static_assert(!std::is_invocable_v<decltype(&sr::loss::cross_entropy), input,
                                   input, input, double>);
static_assert(std::is_invocable_v<decltype(&sr::gradients::create_tensor),
                                  sr::tensor_view<float>, const char *>);
static_assert(!std::is_invocable_v<decltype(&sr::gradients::create_tensor),
                                   sr::tensor_view<const float>, const char *>);

} // namespace

TEST_CASE("objects move")
{
    auto rnn = sr::rnn::create(3, 5);
    srnn_rnn *const handle = rnn.get();
    sr::rnn moved = std::move(rnn);
    CHECK(moved.get() == handle);
    CHECK(rnn.get() == nullptr);
    rnn = std::move(moved);
    CHECK(rnn.get() == handle);
    CHECK(moved.get() == nullptr);
    check_failure(
        SRNN_ERROR_INVALID, [&] { return moved.try_clone(); },
        [&] { moved.clone(); });
    rnn = sr::rnn::create(2, 2); // frees the first one
    CHECK(rnn.get_int(SRNN_OPTION_HIDDEN_SIZE) == 2);
    sr::rnn &same = rnn;
    rnn = std::move(same);
    CHECK(rnn.parameter_count() == 4);
}

TEST_CASE("handles of C go in and out")
{
    srnn_rnn *handle = nullptr;
    REQUIRE(srnn_rnn_create(&handle, 3, 5, nullptr, 0) == SRNN_OK);
    sr::rnn rnn(handle);
    CHECK(rnn.flat_size() == 50);
    sr::context context(sr::context::create(rnn).release());
    const std::vector<float> x(6), y(10);
    CHECK(context.try_forward_contiguous(1, 2, x, y, nullptr, nullptr));
    sr::stream stream(sr::stream::create(context, 2).release());
    CHECK(stream.try_step(x, nullptr));
    handle = rnn.release();
    CHECK(rnn.get() == nullptr);
    CHECK(sr::rnn_ref(handle).flat_size() == 50); // borrowed
    srnn_rnn_destroy(handle);
}

TEST_CASE("what runs a network keeps it alive")
{
    auto context = sr::context::create(sr::rnn::create(3, 5));
    const auto stream = sr::stream::create(context, 2);
    CHECK(context.rnn().get() == stream.rnn().get());
    CHECK(context.rnn().get_int(SRNN_OPTION_INPUT_SIZE) == 3);
    context = sr::context(); // the stream goes on
    CHECK(stream.rnn().flat_size() == 50);
    const auto tape = sr::tape::create(stream.rnn());
    CHECK(tape.rnn().get() == stream.rnn().get());
    const auto cell =
        sr::cell::create_view(tape.rnn(), 0, SRNN_DIRECTION_FORWARD);
    CHECK(cell.input_size() == 3);
    CHECK(cell.hidden_size() == 5);
}

TEST_CASE("options")
{
    sr::options options;
    options.num_layers = 2;
    options.direction = SRNN_DIRECTION_BIDIRECTIONAL;
    options.nonlinearity = SRNN_NONLINEARITY_RELU;
    options.bias = false;
    options.batch_first = true;
    options.dtype = SRNN_DTYPE_FLOAT64;
    options.dropout = 0.25;
    options.input_size = 3;
    options.hidden_size = 5;
    const auto rnn = sr::rnn::create(3, 5, options, 7);
    CHECK(rnn.get_int(SRNN_OPTION_NUM_LAYERS) == 2);
    CHECK(rnn.get_int(SRNN_OPTION_DIRECTION) == SRNN_DIRECTION_BIDIRECTIONAL);
    CHECK(rnn.get_int(SRNN_OPTION_NONLINEARITY) == SRNN_NONLINEARITY_RELU);
    CHECK(rnn.get_int(SRNN_OPTION_BIAS) == 0);
    CHECK(rnn.get_int(SRNN_OPTION_BATCH_FIRST) == 1);
    CHECK(rnn.get_int(SRNN_OPTION_DTYPE) == SRNN_DTYPE_FLOAT64);
    CHECK(rnn.get_real(SRNN_OPTION_DROPOUT) == 0.25);
    CHECK(rnn.origin(SRNN_OPTION_BIAS) == SRNN_ORIGIN_CALLER);
    CHECK(sr::rnn::create(3, 5).origin(SRNN_OPTION_BIAS) ==
          SRNN_ORIGIN_DEFAULT);
    CHECK(rnn.shape(SRNN_ROLE_OUTPUT, 4, 2) ==
          std::array<std::int64_t, 3>{2, 4, 10});

    options.input_size = 4; // each is passed on
    check_failure(
        SRNN_ERROR_INVALID, [&] { return sr::rnn::try_create(3, 5, options); },
        [&] { sr::rnn::create(3, 5, options); });
    options.input_size.reset();
    options.hidden_size = 4;
    check_failure(
        SRNN_ERROR_INVALID, [&] { return sr::rnn::try_create(3, 5, options); },
        [&] { sr::rnn::create(3, 5, options); });
    options.dropout = 2.0;
    check_failure(
        SRNN_ERROR_RANGE, [&] { return sr::rnn::try_create(3, 4, options); },
        [&] { sr::rnn::create(3, 4, options); });
}

#if __cplusplus >= 202002L
TEST_CASE("options by name")
{
    const auto rnn = sr::rnn::create(
        3, 5, {.num_layers = 3, .nonlinearity = SRNN_NONLINEARITY_RELU});
    CHECK(rnn.get_int(SRNN_OPTION_NUM_LAYERS) == 3);
}
#endif
