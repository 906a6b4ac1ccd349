// SPDX-License-Identifier: MIT
// Views of containers, with and without strides.
#include <array>
#include <version>
#ifdef __cpp_lib_span
#include <span>
#endif
#ifdef __cpp_lib_mdspan
#include <mdspan>
#endif

#include "support.hpp"

namespace sr = simplernn;

namespace {

using sizes = std::vector<std::int64_t>;

sizes of(sr::span<const std::int64_t> span)
{
    return sizes(span.begin(), span.end());
}

// A std::mdspan of rank 2 with strides, for compilers that have none.
template <class T> struct matrix {
    using element_type = T;
    using rank_type = std::size_t;
    static constexpr rank_type rank() { return 2; }
    static constexpr bool is_always_strided() { return true; }
    T *data_handle() const { return data; }
    int extent(rank_type i) const { return extents[i]; }
    int stride(rank_type i) const { return strides[i]; }

    T *data;
    std::array<int, 2> extents, strides;
};

// The compiler refuses elements without a dtype where they are passed.
template <class Container, class = void> constexpr bool can_wrap = false;
template <class Container>
constexpr bool
    can_wrap<Container,
             std::void_t<decltype(sr::wrap(std::declval<Container>(),
                                           sr::span<const std::int64_t>()))>> =
        true;
template <class Mdspan, class = void> constexpr bool can_wrap_alone = false;
template <class Mdspan>
constexpr bool can_wrap_alone<
    Mdspan, std::void_t<decltype(sr::wrap(std::declval<Mdspan>()))>> = true;
static_assert(can_wrap<std::vector<float> &> &&
              can_wrap<const std::vector<std::int64_t> &>);
static_assert(!can_wrap<std::vector<int> &> && !can_wrap<std::string &>);
static_assert(!can_wrap<std::vector<bool> &> && !can_wrap<float (&)[2][3]>);
static_assert(can_wrap_alone<matrix<const double>>);
static_assert(!can_wrap_alone<matrix<int>> &&
              !can_wrap_alone<std::vector<float> &>);

template <class View>
void check_is(const View &view, sizes shape, sizes strides)
{
    CHECK(of(view.shape()) == shape);
    CHECK(of(view.strides()) == strides);
}

// The last state of a network over 4 steps of 2 sequences.
std::vector<float> run(sr::const_tensor_ref input)
{
    auto context = sr::context::create(sr::rnn::create(3, 5));
    std::vector<float> h_n(2 * 5);
    context.forward(input, nullptr, nullptr, sr::wrap(h_n, {1, 2, 5}));
    return h_n;
}

} // namespace

TEST_CASE("a view of a container")
{
    std::vector<float> vector = numbers(24, 1);
    const auto &constant = vector;
    std::array<double, 6> array{};
    std::uint8_t flags[4] = {};
    auto view = sr::wrap(vector, {4, 2, 3});
    static_assert(std::is_same_v<decltype(view), sr::tensor_view<float>>);
    check_is(view, {4, 2, 3}, {6, 3, 1});
    CHECK(view.data<float>() == vector.data());
    CHECK(view.data<double>() == nullptr);
    CHECK(view.const_data<float>() == vector.data());
    CHECK(view.dtype() == SRNN_DTYPE_FLOAT32);
    CHECK(view.size() == 24);
    CHECK(!view.is_read_only());

    const auto read_only = sr::wrap(constant, sizes{24});
    static_assert(std::is_same_v<decltype(read_only),
                                 const sr::tensor_view<const float>>);
    CHECK(read_only.is_read_only());
    CHECK(read_only.const_data<float>() == vector.data());
    CHECK(sr::wrap(array, {2, 3}).dtype() == SRNN_DTYPE_FLOAT64);
    CHECK(sr::wrap(flags, {2, 2}).dtype() == SRNN_DTYPE_UINT8);
    const std::vector<std::int64_t> lengths{1, 2};
    CHECK(sr::wrap(lengths, {2}).dtype() == SRNN_DTYPE_INT64);

    view.rewrap(vector.data() + 1, {2, 3}, {3, 1});
    check_is(view, {2, 3}, {3, 1});
    CHECK(view.data<float>() == vector.data() + 1);
}

TEST_CASE("a view of an empty container, and of one number")
{
    std::vector<float> empty;
    float number[] = {2};
    check_is(sr::wrap(empty, {0, 3}), {0, 3}, {3, 1});
    check_is(sr::wrap(number, {}), {}, {});
    CHECK(sr::wrap(number, {}).size() == 1);
}

TEST_CASE("strides, a span and an mdspan see the same elements")
{
    const std::vector<float> wide = numbers(4 * 2 * 7, 2);
    std::vector<float> copied;
    for (std::size_t i = 0; i < 4 * 2; i++)
        for (std::size_t j = 0; j < 3; j++)
            copied.push_back(wide[i * 7 + 2 * j]);
    const auto expected = run(sr::wrap(copied, {4, 2, 3}));
    CHECK(run(sr::wrap(wide, {4, 2, 3}, {14, 7, 2})) == expected);
    CHECK(run(sr::wrap(numbers(24, 2), {4, 2, 3})) != expected);
    const auto columns =
        sr::wrap(matrix<const float>{wide.data(), {8, 3}, {7, 2}});
    check_is(columns, {8, 3}, {7, 2});
    CHECK(columns.const_data<float>() == wide.data());
#ifdef __cpp_lib_span
    CHECK(run(sr::wrap(std::span(copied), {4, 2, 3})) == expected);
    CHECK(run(sr::wrap(std::span(wide).subspan(0, 56), {4, 2, 3},
                       {14, 7, 2})) == expected);
#endif
#ifdef __cpp_lib_mdspan
    std::mdspan cube(copied.data(), 4, 2, 3);
    CHECK(run(sr::wrap(cube)) == expected);
    std::layout_stride::mapping layout(std::extents(4, 2, 3),
                                       std::array{14, 7, 2});
    CHECK(run(sr::wrap(std::mdspan(wide.data(), layout))) == expected);
#endif
}

TEST_CASE("a view of const may repeat elements, another one may not")
{
    std::vector<float> row = numbers(3, 3);
    std::vector<float> repeated;
    for (int i = 0; i < 4 * 2; i++)
        repeated.insert(repeated.end(), row.begin(), row.end());
    const auto &constant = row;
    CHECK(run(sr::wrap(constant, {4, 2, 3}, {0, 0, 1})) ==
          run(sr::wrap(repeated, {4, 2, 3})));
    check_failure(
        SRNN_ERROR_INVALID,
        [&] {
            return sr::try_wrap(row, {4, 2, 3}, {0, 0, 1});
        },
        [&] {
            sr::wrap(row, {4, 2, 3}, {0, 0, 1});
        });
}

TEST_CASE("a view that leaves its container")
{
    std::vector<float> x(20);
    const auto refuse = [&](sizes shape, sizes strides, const char *message) {
        const auto view = sr::try_wrap(
            x, shape,
            strides.empty() ? sr::span<const std::int64_t>() : strides);
        CHECK(std::string(view.message()) == message);
        CHECK(view.status() == SRNN_ERROR_SHAPE);
        CHECK(view->get() == nullptr);
    };
    refuse({4, 2, 3}, {},
           "the container has 20 elements; the shape [4, 2, 3] needs 24");
    refuse({}, {}, "the container has 20 elements; the shape [] needs 1");
    refuse({3, 6}, {},
           "the container has 20 elements; the shape [3, 6] needs 18");
    refuse(
        {3, 2}, {10, 1},
        "the container has elements 0 to 19; the strides reach from 0 to 21");
    refuse(
        {3}, {-1},
        "the container has elements 0 to 19; the strides reach from -2 to 0");
    CHECK(sr::try_wrap(x, {2, 10}, {10, 1})); // the last one is 19
    CHECK(sr::try_wrap(x, {3}, {10}).status() == SRNN_ERROR_SHAPE); // 20
    check_failure(
        SRNN_ERROR_SHAPE,
        [&] {
            return sr::try_wrap(x, {7, 3});
        },
        [&] {
            sr::wrap(x, {7, 3});
        });
    check_failure(
        SRNN_ERROR_INVALID,
        [&] {
            return sr::try_wrap(x, {4, 5}, {5});
        },
        [&] {
            sr::wrap(x, {4, 5}, {5});
        });
    constexpr std::int64_t large = std::int64_t{1} << 40;
    check_failure(
        SRNN_ERROR_OVERFLOW,
        [&] {
            return sr::try_wrap(x, {large, large});
        },
        [&] {
            sr::wrap(x, {large, large});
        });
}

TEST_CASE("tensors own their memory")
{
    auto tensor = sr::tensor::create(SRNN_DTYPE_FLOAT32, {2, 3});
    std::vector<float> values = numbers(6, 4), back(6);
    tensor.copy(sr::wrap(values, {2, 3}));
    sr::wrap(back, {2, 3}).copy(tensor);
    CHECK(back == values);
    const auto joined =
        sr::tensor::concatenate({tensor.get(), tensor.get()}, 1);
    CHECK(of(joined.shape()) == sizes{2, 6});
    CHECK(joined.const_data<float>()[3] == values[0]);
    check_failure(
        SRNN_ERROR_SHAPE,
        [&] {
            return tensor.try_copy(sr::wrap(values, {3, 2}));
        },
        [&] {
            tensor.copy(sr::wrap(values, {3, 2}));
        });
}
