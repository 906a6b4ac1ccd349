// SPDX-License-Identifier: MIT
// A program outside the project, in C++17, on the header for C++.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <exception>
#include <fstream>
#include <iostream>
#include <simplernn.hpp>
#include <vector>

namespace {

constexpr std::int64_t T = 3, B = 2, I = 4, H = 2, L = 2, D = 2;

// The same numbers in every consumer: see make_expected.py.
std::vector<float> numbers(std::int64_t count, std::int64_t p)
{
    std::vector<float> values;
    for (std::int64_t i = 0; i < count; i++)
        values.push_back(static_cast<float>((p * 7 + i * 3) % 11 - 5) / 16);
    return values;
}

void set_parameters(simplernn::rnn &rnn)
{
    std::vector<simplernn::tensor> owners;
    std::vector<const srnn_tensor *> values;
    for (std::int64_t p = 0; p < rnn.parameter_count(); p++) {
        auto value = rnn.copy_parameter(rnn.parameter(p).name);
        const auto filled = numbers(value.size(), p);
        std::copy(filled.begin(), filled.end(), value.data<float>());
        values.push_back(value.get());
        owners.push_back(std::move(value));
    }
    rnn.set_parameters(values);
}

// The context keeps its rnn alive, and follows when parameters are set.
simplernn::context create_context(srnn_direction_values direction)
{
    simplernn::options options;
    options.num_layers = L;
    options.direction = direction;
    auto rnn = simplernn::rnn::create(I, H, options);
    auto context = simplernn::context::create(rnn);
    set_parameters(rnn);
    return context;
}

// Output, then h_n.
std::vector<float> forward(const std::vector<float> &x)
{
    auto context = create_context(SRNN_DIRECTION_BIDIRECTIONAL);
    const auto h0 = numbers(L * D * B * H, 17);
    std::vector<float> output(T * B * D * H), h_n(h0.size());
    context.forward_contiguous(T, B, x, h0, output, h_n);
    output.insert(output.end(), h_n.begin(), h_n.end());
    return output;
}

std::vector<float> steps(const std::vector<float> &x)
{
    auto stream =
        simplernn::stream::create(create_context(SRNN_DIRECTION_FORWARD), B);
    std::vector<float> output(T * B * H);
    for (std::int64_t t = 0; t < T; t++)
        stream.step({x.data() + t * B * I, B * I},
                    {output.data() + t * B * H, B * H});
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
