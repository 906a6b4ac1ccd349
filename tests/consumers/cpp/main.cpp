// SPDX-License-Identifier: MIT
// A program outside the project, in C++17: handles in unique_ptr, buffers in
// std::vector, wrapped without a copy.
#include <array>
#include <cmath>
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
        throw std::runtime_error(std::string(srnn_status_string(status)) +
                                 ": " + srnn_last_error());
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
using Tensor = Owner<srnn_tensor, srnn_tensor_destroy>;

// The same numbers in every consumer: see make_expected.py.
void fill(float *data, std::int64_t size, std::int64_t p)
{
    for (std::int64_t i = 0; i < size; i++)
        data[i] = static_cast<float>((p * 7 + i * 3) % 11 - 5) / 16;
}

Rnn create_rnn()
{
    srnn_config *made = nullptr;
    check(srnn_config_create(&made));
    const Config config(made);
    check(srnn_config_set_int(made, SRNN_OPTION_INPUT_SIZE, I));
    check(srnn_config_set_int(made, SRNN_OPTION_HIDDEN_SIZE, H));
    check(srnn_config_set_int(made, SRNN_OPTION_NUM_LAYERS, L));
    check(srnn_config_set_int(made, SRNN_OPTION_BIDIRECTIONAL, 1));
    srnn_rnn *rnn = nullptr;
    check(srnn_rnn_create(&rnn, made, 0));
    return Rnn(rnn);
}

void fill_parameters(srnn_rnn *rnn)
{
    for (std::int64_t p = 0; p < srnn_rnn_parameter_count(rnn); p++) {
        srnn_tensor *made = nullptr;
        check(srnn_rnn_get_parameter_at(&made, rnn, p));
        const Tensor parameter(made);
        fill(static_cast<float *>(srnn_tensor_data(made)),
             srnn_tensor_size(made), p);
        check(srnn_rnn_set_parameter_at(rnn, p, made));
    }
}

Tensor wrap(std::vector<float> &data, std::array<std::int64_t, 3> shape)
{
    srnn_tensor *tensor = nullptr;
    data.resize(static_cast<std::size_t>(shape[0] * shape[1] * shape[2]));
    check(srnn_tensor_wrap(&tensor, data.data(), SRNN_DTYPE_FLOAT32, 3,
                           shape.data(), nullptr));
    return Tensor(tensor);
}

int run(const char *file)
{
    const Rnn rnn = create_rnn();
    fill_parameters(rnn.get());
    srnn_context *made = nullptr;
    check(srnn_context_create(&made, rnn.get()));
    const Context context(made);
    std::vector<float> x, h, y, last;
    const Tensor input = wrap(x, {T, B, I}), h0 = wrap(h, {L * D, B, H});
    const Tensor output = wrap(y, {T, B, D * H}),
                 h_n = wrap(last, {L * D, B, H});
    fill(x.data(), srnn_tensor_size(input.get()), 16);
    fill(h.data(), srnn_tensor_size(h0.get()), 17);
    check(srnn_context_forward(context.get(), input.get(), h0.get(),
                               output.get(), h_n.get()));

    y.insert(y.end(), last.begin(), last.end());
    std::ifstream expected(file);
    int wrong = 0;
    for (const float got : y) {
        double value = 0;
        if (!(expected >> value) || !(std::fabs(got - value) <= 1e-6))
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
