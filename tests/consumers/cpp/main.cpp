// SPDX-License-Identifier: MIT
// A program outside the project, in C++17: handles in unique_ptr, buffers in
// std::vector, and a status that nobody may ignore.
#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <memory>
#include <simplernn.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr std::int64_t T = 3, B = 2, I = 4, H = 2, L = 2, D = 2;

void check(srnn_status status)
{
    if (status != SRNN_OK)
        throw std::runtime_error(std::string(srnn_status_name(status)) + ": " +
                                 srnn_last_error());
}

template <auto destroy> struct Destroy {
    template <class Handle> void operator()(Handle *handle) const
    {
        destroy(handle);
    }
};
template <class Handle, auto destroy>
using Owner = std::unique_ptr<Handle, Destroy<destroy>>;
using Config = Owner<srnn_config, srnn_config_destroy>;
using Rnn = Owner<srnn_rnn, srnn_rnn_destroy>;
using Context = Owner<srnn_context, srnn_context_destroy>;
using Stream = Owner<srnn_stream, srnn_stream_destroy>;
using Tensor = Owner<srnn_tensor, srnn_tensor_destroy>;

template <class Owner, class Function, class... Arguments>
Owner make(Function create, Arguments... arguments)
{
    typename Owner::pointer handle = nullptr;
    check(create(&handle, arguments...));
    return Owner(handle);
}

// The same numbers in every consumer: see make_expected.py.
std::vector<float> numbers(std::int64_t count, std::int64_t p)
{
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; i++)
        values.push_back(static_cast<float>((p * 7 + i * 3) % 11 - 5) / 16);
    return values;
}

void set_parameters(srnn_rnn *rnn)
{
    std::vector<Tensor> owners;
    std::vector<const srnn_tensor *> values;
    for (std::int64_t p = 0; p < srnn_rnn_parameter_count(rnn); p++) {
        owners.push_back(make<Tensor>(
            srnn_tensor_create, srnn_dtype{SRNN_DTYPE_FLOAT32},
            srnn_rnn_parameter_rank(rnn, p), srnn_rnn_parameter_shape(rnn, p)));
        srnn_tensor *const value = owners.back().get();
        const auto filled = numbers(srnn_tensor_size(value), p);
        std::copy(filled.begin(), filled.end(),
                  static_cast<float *>(srnn_tensor_data(value)));
        values.push_back(value);
    }
    check(srnn_rnn_set_parameters(rnn, values.data(),
                                  static_cast<std::int64_t>(values.size())));
}

// The context keeps its rnn alive, and follows when parameters are set.
Context create_context(srnn_direction direction)
{
    const auto config = make<Config>(srnn_config_create);
    check(srnn_config_set_int(config.get(), SRNN_OPTION_NUM_LAYERS, L));
    check(srnn_config_set_int(config.get(), SRNN_OPTION_DIRECTION, direction));
    const auto rnn = make<Rnn>(srnn_rnn_create, I, H, config.get(), 0u);
    auto context = make<Context>(srnn_context_create, rnn.get());
    set_parameters(rnn.get());
    return context;
}

// Output, then h_n.
std::vector<float> forward(const std::vector<float> &x)
{
    const auto context = create_context(SRNN_DIRECTION_BIDIRECTIONAL);
    const auto h0 = numbers(L * D * B * H, 17);
    std::vector<float> output(T * B * D * H), h_n(h0.size());
    check(srnn_context_forward_contiguous(
        context.get(), T, B, x.data(), h0.data(), output.data(), h_n.data()));
    output.insert(output.end(), h_n.begin(), h_n.end());
    return output;
}

std::vector<float> steps(const std::vector<float> &x)
{
    const auto stream = make<Stream>(
        srnn_stream_create, create_context(SRNN_DIRECTION_FORWARD).get(), B);
    std::vector<float> output(T * B * H);
    for (std::size_t t = 0; t < T; t++)
        check(
            srnn_stream_step(stream.get(), &x[t * B * I], &output[t * B * H]));
    return output;
}

int run(const char *file)
{
    const auto x = numbers(T * B * I, 16);
    auto got = forward(x);
    const auto more = steps(x);
    got.insert(got.end(), more.begin(), more.end());
    std::ifstream expected(file);
    int wrong = 0;
    for (const float value : got) {
        double wanted = 0;
        if (!(expected >> wanted) ||
            !(std::fabs(static_cast<double>(value) - wanted) <= 1e-6))
            wrong++;
    }
    std::cout << "C++, simplernn " << srnn_version() << ": " << wrong
              << " values wrong\n";
    return wrong != 0;
}

} // namespace

int main(int argc, char **argv)
try {
    return argc == 2 ? run(argv[1]) : 2;
} catch (const std::exception &error) {
    std::cerr << error.what() << '\n';
    return 1;
}
