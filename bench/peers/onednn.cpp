/* SPDX-License-Identifier: MIT */
/*
 * The peer oneDNN: vanilla_rnn, tanh, float32. Weights and bias are brought
 * into the layouts that the primitives ask for before the clock starts;
 * gradients of them stay in the layouts that the primitive likes best. Input,
 * outputs and their gradients are plain [T,B,*], as a caller has them.
 *     bench-onednn --shape T,B,I,H,L,D [--mode train] --threads N
 */
#include <cstdio>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include <omp.h>
#include <oneapi/dnnl/dnnl.hpp>

extern "C" {
#include "peer.h"
}

using dnnl::memory;
using dnnl::vanilla_rnn_backward;
using dnnl::vanilla_rnn_forward;
using tag = memory::format_tag;

namespace {

/* The layers of one primitive: they all read as many features. */
struct stack {
    memory::dim T, B, I, H, L, D;
    memory::dim first; /* layer */

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
    memory::dim cell_count() const
    {
        return L * D;
    }
    memory::dim first_cell() const
    {
        return first * D;
    }
};

/* All layers in one primitive where oneDNN can: they read as much as they make,
 * in one direction. Else a primitive each, the output of one the input of the
 * next. */
std::vector<stack> split(const bench_shape &s)
{
    if (s.D == 1 && s.I == s.H)
        return {{s.T, s.B, s.I, s.H, s.L, s.D, 0}};
    std::vector<stack> stacks;
    for (memory::dim layer = 0; layer < s.L; layer++)
        stacks.push_back(
            {s.T, s.B, bench_shape_inputs(&s, layer), s.H, 1, s.D, layer});
    return stacks;
}

memory::desc floats(const memory::dims &dims, tag layout)
{
    return {dims, memory::data_type::f32, layout};
}

/* What both primitives are told. */
struct descriptions {
    memory::desc input, h0, ih, hh, bias, output, h_n;

    descriptions(const stack &s, bool trains)
        : input(floats(s.input(), tag::tnc)),
          ih(floats(s.weights(s.I), tag::any)),
          hh(floats(s.weights(s.H), tag::any)),
          bias(floats(s.bias(), tag::any)),
          output(floats(s.output(), tag::tnc)),
          h_n(floats(s.states(), tag::ldnc))
    {
        if (trains) /* otherwise a desc of nothing: zeros */
            h0 = floats(s.states(), tag::ldnc);
    }
};

dnnl::rnn_direction direction_of(const stack &s)
{
    return s.D == 2 ? dnnl::rnn_direction::bidirectional_concat
                    : dnnl::rnn_direction::unidirectional_left2right;
}

vanilla_rnn_forward::primitive_desc
describe_forward(const stack &s, bool trains, const dnnl::engine &engine)
{
    const descriptions d(s, trains);
    return {engine,
            trains ? dnnl::prop_kind::forward_training
                   : dnnl::prop_kind::forward_inference,
            dnnl::algorithm::eltwise_tanh,
            direction_of(s),
            d.input,
            d.h0,
            d.ih,
            d.hh,
            d.bias,
            d.output,
            d.h_n};
}

/* In C, as C++ has no argument for the flag: without it the gradients of the
 * weights are added to what is there, and zeros cost time. */
vanilla_rnn_backward::primitive_desc
describe_backward(const stack &s,
                  const vanilla_rnn_forward::primitive_desc &hint,
                  const dnnl::engine &engine)
{
    const descriptions d(s, true);
    dnnl_primitive_desc_t pd = nullptr;
    const dnnl_status_t status =
        dnnl_vanilla_rnn_backward_primitive_desc_create(
            &pd, engine.get(), dnnl_backward, dnnl_eltwise_tanh,
            dnnl::convert_to_c(direction_of(s)), d.input.get(), d.h0.get(),
            d.ih.get(), d.hh.get(), d.bias.get(), d.output.get(), d.h_n.get(),
            d.input.get(), d.h0.get(), d.ih.get(), d.hh.get(), d.bias.get(),
            d.output.get(), d.h_n.get(), dnnl_rnn_flags_diff_weights_overwrite,
            0, 0, hint.get(), nullptr);
    dnnl::error::wrap_c_api(status, "no backward");
    return vanilla_rnn_backward::primitive_desc(pd);
}

/* A primitive with its arguments, in the form that costs least to pass. */
class call {
  public:
    void set(const dnnl::primitive &primitive)
    {
        primitive_ = primitive;
    }
    void add(int argument, const memory &m)
    {
        memories_.push_back(m); /* which keeps it alive */
        arguments_.push_back({argument, m.get()});
    }
    void execute(const dnnl::stream &stream) const
    {
        const dnnl_status_t status = dnnl_primitive_execute(
            primitive_.get(), stream.get(), static_cast<int>(arguments_.size()),
            arguments_.data());
        dnnl::error::wrap_c_api(status, "a primitive failed");
    }

  private:
    dnnl::primitive primitive_;
    std::vector<memory> memories_;
    std::vector<dnnl_exec_arg_t> arguments_;
};

using values = std::vector<float>;

/* Cells one after the other, as [L,D,1,H,in] and [L,D,1,H]. */
values join(const peer_cell *cells, memory::dim count,
            float *peer_cell::*parameter, memory::dim size)
{
    values joined;
    for (memory::dim i = 0; i < count; i++)
        joined.insert(joined.end(), cells[i].*parameter,
                      cells[i].*parameter + size);
    return joined;
}

void part(const values &joined, peer_cell *cells, memory::dim count,
          float *peer_cell::*parameter, memory::dim size)
{
    for (memory::dim i = 0; i < count; i++)
        std::memcpy(cells[i].*parameter, &joined[i * size],
                    size * sizeof(float));
}

/* Forward, and in training backward, of one stack. */
class stage {
  public:
    stage(const stack &s, const peer_problem &p, const memory &input,
          const dnnl::engine &engine, dnnl::stream &stream)
        : stack_(s), engine_(engine), stream_(stream), problem_(p)
    {
        const auto pd = describe_forward(s, trains(), engine);
        implementation_ = pd.impl_info_str();
        input_ = input;
        output_ = memory(pd.dst_layer_desc(), engine);
        h_n_ = memory(pd.dst_iter_desc(), engine);
        if (pd.workspace_desc().get_size() > 0)
            workspace_ = memory(pd.workspace_desc(), engine);
        add_common(forward_, pd);
        forward_.set(vanilla_rnn_forward(pd));
        if (trains())
            hint_ = pd;
    }

    /* d_output is the gradient of the output. */
    void create_backward(const memory &d_output)
    {
        const auto pd = describe_backward(stack_, hint_, engine_);
        implementation_ = std::string(pd.impl_info_str());
        add_common(backward_, pd);
        backward_.add(DNNL_ARG_DIFF_DST_LAYER, d_output);
        backward_.add(DNNL_ARG_DIFF_DST_ITER,
                      states(problem_.d_h_n, pd.diff_dst_iter_desc()));
        backward_.add(DNNL_ARG_DIFF_SRC_LAYER,
                      d_input_ = memory(pd.diff_src_layer_desc(), engine_));
        backward_.add(DNNL_ARG_DIFF_SRC_ITER,
                      d_h0_ = memory(pd.diff_src_iter_desc(), engine_));
        backward_.add(DNNL_ARG_DIFF_WEIGHTS_LAYER,
                      d_ih_ = memory(pd.diff_weights_layer_desc(), engine_));
        backward_.add(DNNL_ARG_DIFF_WEIGHTS_ITER,
                      d_hh_ = memory(pd.diff_weights_iter_desc(), engine_));
        backward_.add(DNNL_ARG_DIFF_BIAS,
                      d_bias_ = memory(pd.diff_bias_desc(), engine_));
        backward_.set(vanilla_rnn_backward(pd));
    }

    void forward() const
    {
        forward_.execute(stream_);
    }
    void backward() const
    {
        backward_.execute(stream_);
    }

    /* The gradients, in the shapes of torch. Both biases have the same. */
    void copy_gradients(const peer_results &r) const
    {
        const stack &s = stack_;
        peer_cell *const cells = r.gradients + s.first_cell();
        const memory::dim n = s.cell_count(), H = s.H;
        part(plain(d_ih_, s.weights(s.I), tag::ldgoi), cells, n,
             &peer_cell::w_ih, H * s.I);
        part(plain(d_hh_, s.weights(H), tag::ldgoi), cells, n, &peer_cell::w_hh,
             H * H);
        const values bias = plain(d_bias_, s.bias(), tag::ldgo);
        part(bias, cells, n, &peer_cell::b_ih, H);
        part(bias, cells, n, &peer_cell::b_hh, H);
        std::memcpy(r.d_h0 + s.first_cell() * s.B * H, d_h0_.get_data_handle(),
                    n * s.B * H * sizeof(float));
    }

    const memory &output() const
    {
        return output_;
    }
    const memory &d_input() const
    {
        return d_input_;
    }
    const std::string &implementation() const
    {
        return implementation_;
    }

  private:
    bool trains() const
    {
        return problem_.loss != PEER_LOSS_NONE;
    }

    /* What forward and backward both have, each in the layouts it wants. */
    template <typename description>
    void add_common(call &c, const description &pd)
    {
        const stack &s = stack_;
        const peer_cell *const cells = problem_.cells + s.first_cell();
        const memory::dim n = s.cell_count(), H = s.H;
        values bias = join(cells, n, &peer_cell::b_ih, H);
        const values other = join(cells, n, &peer_cell::b_hh, H);
        for (size_t i = 0; i < bias.size(); i++)
            bias[i] += other[i];
        c.add(DNNL_ARG_SRC_LAYER, input_);
        if (trains())
            c.add(DNNL_ARG_SRC_ITER, states(problem_.h0, pd.src_iter_desc()));
        c.add(DNNL_ARG_WEIGHTS_LAYER,
              packed(join(cells, n, &peer_cell::w_ih, H * s.I), s.weights(s.I),
                     tag::ldgoi, pd.weights_layer_desc()));
        c.add(DNNL_ARG_WEIGHTS_ITER,
              packed(join(cells, n, &peer_cell::w_hh, H * H), s.weights(H),
                     tag::ldgoi, pd.weights_iter_desc()));
        c.add(DNNL_ARG_BIAS, packed(bias, s.bias(), tag::ldgo, pd.bias_desc()));
        c.add(DNNL_ARG_DST_LAYER, output_);
        c.add(DNNL_ARG_DST_ITER, h_n_);
        if (workspace_)
            c.add(DNNL_ARG_WORKSPACE, workspace_);
    }

    /* The states of this stack, in the problem's own memory. */
    memory states(float *all, const memory::desc &desc) const
    {
        return memory(desc, engine_,
                      all + stack_.first_cell() * stack_.B * stack_.H);
    }

    memory packed(values from, const memory::dims &dims, tag layout,
                  const memory::desc &wanted) const
    {
        memory flat(floats(dims, layout), engine_, from.data());
        memory result(wanted, engine_);
        dnnl::reorder(flat, result).execute(stream_, flat, result);
        stream_.wait();
        return result;
    }

    values plain(memory from, const memory::dims &dims, tag layout) const
    {
        const memory::desc desc = floats(dims, layout);
        values result(desc.get_size() / sizeof(float));
        memory flat(desc, engine_, result.data());
        dnnl::reorder(from, flat).execute(stream_, from, flat);
        stream_.wait();
        return result;
    }

    stack stack_;
    dnnl::engine engine_;
    dnnl::stream &stream_;
    const peer_problem &problem_;
    std::string implementation_;
    memory input_, output_, h_n_, workspace_;
    memory d_input_, d_h0_, d_ih_, d_hh_, d_bias_;
    vanilla_rnn_forward::primitive_desc hint_;
    call forward_, backward_;
};

struct network {
    dnnl::engine engine{dnnl::engine::kind::cpu, 0};
    dnnl::stream stream{engine};
    peer_problem &problem;
    std::vector<stack> stacks;
    std::vector<stage> stages;

    explicit network(peer_problem &p) : problem(p), stacks(split(p.shape))
    {
        memory from(floats(stacks[0].input(), tag::tnc), engine, p.input);
        for (const stack &s : stacks) {
            stages.emplace_back(s, p, from, engine, stream);
            from = stages.back().output();
        }
        if (p.loss == PEER_LOSS_NONE)
            return;
        memory down(floats(stacks.back().output(), tag::tnc), engine,
                    p.d_output);
        for (size_t i = stages.size(); i-- > 0;) {
            stages[i].create_backward(down);
            down = stages[i].d_input();
        }
    }

    void run()
    {
        for (const stage &s : stages)
            s.forward();
        for (size_t i = stages.size();
             problem.loss != PEER_LOSS_NONE && i-- > 0;)
            stages[i].backward();
        stream.wait();
    }

    void copy_results(const peer_results &r) const
    {
        const memory &output = stages.back().output();
        std::memcpy(r.output, output.get_data_handle(),
                    output.get_desc().get_size());
        if (problem.loss == PEER_LOSS_NONE)
            return;
        const memory &d_input = stages.front().d_input();
        std::memcpy(r.d_input, d_input.get_data_handle(),
                    d_input.get_desc().get_size());
        for (const stage &s : stages)
            s.copy_gradients(r);
    }
};

void run(void *argument)
{
    static_cast<network *>(argument)->run();
}

/* Twice, so that it would be seen if the second call added to the first. */
double check(network &n)
{
    peer_results results;
    if (!peer_results_create(&results, &n.problem))
        throw std::runtime_error("no memory");
    n.run();
    n.run();
    n.copy_results(results);
    const double error = peer_largest_error(&n.problem, &results);
    peer_results_destroy(&results, &n.problem);
    if (!peer_is_right(error))
        throw std::runtime_error("it computes something else");
    return error;
}

void bench(const peer_options &o)
{
    omp_set_num_threads(o.threads);
    const std::unique_ptr<peer_problem, decltype(&peer_problem_destroy)>
        problem(peer_problem_create(&o.shape, o.loss), peer_problem_destroy);
    if (problem == nullptr)
        throw std::runtime_error("no memory");
    network n(*problem);
    const double error = check(n);
    peer_problem_fill_loss(problem.get());

    bench_times times;
    if (!bench_timing_measure(&times, &o.effort, run, &n))
        throw std::runtime_error("no memory");
    const dnnl_version_t *const v = dnnl_version();
    const std::string version = std::to_string(v->major) + "." +
                                std::to_string(v->minor) + "." +
                                std::to_string(v->patch) + " (" +
                                n.stages.back().implementation() + ")";
    peer_print("onednn", version.c_str(), "oneDNN", nullptr, &o, &times, error);
}

} // namespace

int main(int argc, char **argv)
{
    peer_options options;
    if (!peer_parse(&options, argc, argv))
        return 2;
    try {
        bench(options);
        return 0;
    } catch (const std::exception &e) {
        std::fprintf(stderr, "bench-onednn: %s\n", e.what());
        return 1;
    }
}
