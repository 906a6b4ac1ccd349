/* SPDX-License-Identifier: MIT */
/*
 * The peer oneDNN: vanilla_rnn, forward_inference, tanh, float32. Weights and
 * bias are brought into the layout that the primitive asks for before the clock
 * starts; input and outputs are plain [T,B,*], as a caller has them.
 *     bench-onednn --shape T,B,I,H,L,D --threads N [--seconds S --samples N]
 */
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

extern "C" {
#include "shape.h"
#include "timing.h"
}

using dnnl::memory;
using dnnl::vanilla_rnn_forward;
using tag = memory::format_tag;

namespace {

/* The layers of one primitive: they all read as many features. */
struct stack {
    memory::dim T, B, I, H, L, D;

    memory::dims input() const
    {
        return {T, B, I};
    }
    memory::dims output() const
    {
        return {T, B, D * H};
    }
    memory::dims states() const
    {
        return {L, D, B, H};
    }
    memory::dims weights(memory::dim in) const
    {
        return {L, D, in, 1, H};
    }
    memory::dims bias() const
    {
        return {L, D, 1, H};
    }
};

/* All layers in one primitive where oneDNN can: they read as much as they make,
 * in one direction. Else a primitive each, the output of one the input of the
 * next. */
std::vector<stack> split(const bench_shape &s)
{
    if (s.D == 1 && s.I == s.H)
        return {{s.T, s.B, s.I, s.H, s.L, s.D}};
    std::vector<stack> stacks;
    for (memory::dim layer = 0; layer < s.L; layer++)
        stacks.push_back(
            {s.T, s.B, bench_shape_inputs(&s, layer), s.H, 1, s.D});
    return stacks;
}

using values = std::vector<float>;

std::mt19937 generator(1);

values uniform(memory::dim count, float bound)
{
    std::uniform_real_distribution<float> distribution(-bound, bound);
    values v(static_cast<size_t>(count));
    for (float &x : v)
        x = distribution(generator);
    return v;
}

/* In oneDNN's plain layout: [L,D,in,H] and [L,D,H]. One bias, which is what
 * b_ih + b_hh comes to. */
struct parameters {
    values ih, hh, b;

    explicit parameters(const stack &s)
    {
        const float bound = 1 / std::sqrt(static_cast<float>(s.H));
        const memory::dim cells = s.L * s.D;
        ih = uniform(cells * s.I * s.H, bound);
        hh = uniform(cells * s.H * s.H, bound);
        b = uniform(cells * s.H, 2 * bound);
    }
};

memory::desc floats(const memory::dims &dims, tag layout)
{
    return {dims, memory::data_type::f32, layout};
}

vanilla_rnn_forward::primitive_desc describe(const stack &s,
                                             const dnnl::engine &engine)
{
    const auto direction = s.D == 2
                               ? dnnl::rnn_direction::bidirectional_concat
                               : dnnl::rnn_direction::unidirectional_left2right;
    const auto kind = dnnl::prop_kind::forward_inference;
    const auto activation = dnnl::algorithm::eltwise_tanh;
    const memory::desc no_h0;
    const auto input = floats(s.input(), tag::tnc);
    const auto ih = floats(s.weights(s.I), tag::any);
    const auto hh = floats(s.weights(s.H), tag::any);
    const auto bias = floats(s.bias(), tag::any);
    const auto output = floats(s.output(), tag::tnc);
    const auto h_n = floats(s.states(), tag::ldnc);
#if DNNL_VERSION_MAJOR >= 3
    return {engine, kind, activation, direction, input, no_h0,
            ih,     hh,   bias,       output,    h_n};
#else
    return {vanilla_rnn_forward::desc(kind, activation, direction, input, no_h0,
                                      ih, hh, bias, output, h_n),
            engine};
#endif
}

/* A primitive with its arguments, in the form that costs least to pass. */
class stage {
  public:
    stage(const stack &s, parameters &p, const memory &input,
          const dnnl::engine &engine, dnnl::stream &stream)
        : stream_(stream)
    {
        const auto pd = describe(s, engine);
        implementation_ = pd.impl_info_str();
        output_ = memory(pd.dst_layer_desc(), engine);
        add(DNNL_ARG_SRC_LAYER, input);
        add(DNNL_ARG_WEIGHTS_LAYER,
            reorder(p.ih, s.weights(s.I), tag::ldigo, pd.weights_layer_desc()));
        add(DNNL_ARG_WEIGHTS_ITER,
            reorder(p.hh, s.weights(s.H), tag::ldigo, pd.weights_iter_desc()));
        add(DNNL_ARG_BIAS, reorder(p.b, s.bias(), tag::ldgo, pd.bias_desc()));
        add(DNNL_ARG_DST_LAYER, output_);
        add(DNNL_ARG_DST_ITER, memory(pd.dst_iter_desc(), engine));
        if (pd.workspace_desc().get_size() > 0)
            add(DNNL_ARG_WORKSPACE, memory(pd.workspace_desc(), engine));
        primitive_ = vanilla_rnn_forward(pd);
    }

    void execute() const
    {
        const dnnl_status_t status = dnnl_primitive_execute(
            primitive_.get(), stream_.get(),
            static_cast<int>(arguments_.size()), arguments_.data());
        dnnl::error::wrap_c_api(status, "a primitive failed");
    }

    const memory &output() const
    {
        return output_;
    }
    const std::string &implementation() const
    {
        return implementation_;
    }

  private:
    void add(int argument, const memory &m)
    {
        memories_.push_back(m); /* which keeps it alive */
        arguments_.push_back({argument, m.get()});
    }

    memory reorder(values &from, const memory::dims &dims, tag layout,
                   const memory::desc &wanted)
    {
        const dnnl::engine engine = stream_.get_engine();
        memory plain(floats(dims, layout), engine, from.data());
        memory result(wanted, engine);
        dnnl::reorder(plain, result).execute(stream_, plain, result);
        stream_.wait();
        return result;
    }

    dnnl::stream &stream_;
    dnnl::primitive primitive_;
    std::string implementation_;
    memory output_;
    std::vector<memory> memories_;
    std::vector<dnnl_exec_arg_t> arguments_;
};

struct network {
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    std::vector<stack> stacks;
    std::vector<parameters> weights;
    std::vector<stage> stages;
    values input;

    explicit network(const bench_shape &s) : stacks(split(s))
    {
        input = uniform(s.T * s.B * s.I, 1);
        memory from(floats(stacks[0].input(), tag::tnc), engine, input.data());
        for (const stack &part : stacks) {
            weights.emplace_back(part);
            stages.emplace_back(part, weights.back(), from, engine, stream);
            from = stages.back().output();
        }
    }

    void forward()
    {
        for (const stage &s : stages)
            s.execute();
        stream.wait();
    }
};

void run(void *argument)
{
    static_cast<network *>(argument)->forward();
}

using sequence = std::vector<std::vector<double>>; /* [T][features] */

/* h_t = tanh(x_t W_ih + b + h_{t-1} W_hh), into columns [d*H, d*H + H) */
void reference_cell(sequence &out, const sequence &in, const stack &s,
                    const parameters &p, memory::dim layer, memory::dim d)
{
    const memory::dim cell = layer * s.D + d;
    const float *const ih = &p.ih[static_cast<size_t>(cell * s.I * s.H)];
    const float *const hh = &p.hh[static_cast<size_t>(cell * s.H * s.H)];
    const float *const b = &p.b[static_cast<size_t>(cell * s.H)];
    std::vector<double> h(static_cast<size_t>(s.H), 0), z;
    for (memory::dim step = 0; step < s.T; step++) {
        const auto t = static_cast<size_t>(d == 0 ? step : s.T - 1 - step);
        z.assign(b, b + s.H);
        for (memory::dim i = 0; i < s.I; i++)
            for (memory::dim o = 0; o < s.H; o++)
                z[o] += in[t][i] * ih[i * s.H + o];
        for (memory::dim i = 0; i < s.H; i++)
            for (memory::dim o = 0; o < s.H; o++)
                z[o] += h[i] * hh[i * s.H + o];
        for (memory::dim o = 0; o < s.H; o++)
            out[t][d * s.H + o] = h[o] = std::tanh(z[o]);
    }
}

/* The largest error of the last sequence of the batch, against plain loops in
 * double: a peer that computed something else would be no peer. */
double largest_error(const network &n)
{
    const stack &first = n.stacks.front();
    const memory::dim b = first.B - 1;
    sequence now(static_cast<size_t>(first.T));
    for (memory::dim t = 0; t < first.T; t++) {
        const float *const x = &n.input[(t * first.B + b) * first.I];
        now[t].assign(x, x + first.I);
    }
    for (size_t i = 0; i < n.stacks.size(); i++) {
        const stack &s = n.stacks[i];
        for (memory::dim layer = 0; layer < s.L; layer++) {
            sequence next(now.size(), std::vector<double>(s.D * s.H));
            for (memory::dim d = 0; d < s.D; d++)
                reference_cell(next, now, s, n.weights[i], layer, d);
            now = next;
        }
    }
    const auto *const got =
        static_cast<const float *>(n.stages.back().output().get_data_handle());
    const memory::dim width = first.D * first.H;
    double error = 0;
    for (memory::dim t = 0; t < first.T; t++)
        for (memory::dim o = 0; o < width; o++)
            error =
                std::max(error, std::fabs(now[t][o] -
                                          got[(t * first.B + b) * width + o]));
    return error;
}

struct options {
    bench_shape shape{};
    int threads = 1;
    bench_effort effort{0.3, 30};
};

options parse(int argc, char **argv)
{
    options result;
    for (int i = 1; i + 1 < argc; i += 2) {
        const std::string name = argv[i];
        if (name == "--shape" && bench_shape_parse(&result.shape, argv[i + 1]))
            continue;
        if (name == "--threads")
            result.threads = std::stoi(argv[i + 1]);
        else if (name == "--seconds")
            result.effort.seconds = std::stod(argv[i + 1]);
        else if (name == "--samples")
            result.effort.samples = std::stoll(argv[i + 1]);
        else
            throw std::runtime_error("bad argument " + name);
    }
    if (result.shape.T == 0)
        throw std::runtime_error("--shape T,B,I,H,L,D is missing");
    return result;
}

void bench(const options &o)
{
    omp_set_num_threads(o.threads);
    network n(o.shape);
    n.forward();
    const double error = largest_error(n);
    if (!(error < 1e-5))
        throw std::runtime_error("wrong by " + std::to_string(error));

    bench_times times;
    if (!bench_timing_measure(&times, &o.effort, run, &n))
        throw std::runtime_error("no memory");
    const bench_shape &s = o.shape;
    const dnnl_version_t *const v = dnnl_version();
    std::printf("{\"library\": \"onednn\", \"version\": \"%d.%d.%d (%s)\", "
                "\"shape\": [%lld, %lld, %lld, %lld, %lld, %lld], "
                "\"threads\": %d, \"median_us\": %.6g, \"min_us\": %.6g, "
                "\"samples\": %lld, \"error\": %.2g}\n",
                v->major, v->minor, v->patch,
                n.stages.back().implementation().c_str(),
                static_cast<long long>(s.T), static_cast<long long>(s.B),
                static_cast<long long>(s.I), static_cast<long long>(s.H),
                static_cast<long long>(s.L), static_cast<long long>(s.D),
                o.threads, 1e6 * times.median, 1e6 * times.min,
                static_cast<long long>(times.samples), error);
}

} // namespace

int main(int argc, char **argv)
{
    try {
        bench(parse(argc, argv));
        return 0;
    } catch (const std::exception &e) {
        std::fprintf(stderr, "bench-onednn: %s\n", e.what());
        return 1;
    }
}
