# SPDX-License-Identifier: MIT
"""How torch calls the engine: the autograd function of eager code, and for
torch.compile, torch.export and torch's dispatch modes the operators
simplernn::rnn, rnn_record and rnn_backward.

rnn_record also returns the tape that rnn_backward needs. rnn has no tape, and
records in its backward. Eager code does without the operators because each call
of one costs as much as a small network."""

import math

import torch
from torch.utils.flop_counter import register_flop_formula

from simplernn.torch._engine import Engines, Options, new_recording

ARGUMENTS = ("Tensor input, Tensor? h0, Tensor? lengths, Tensor? seed, "
             "Tensor[] weights, int num_layers, str nonlinearity, bool bias, "
             "bool batch_first, float dropout, bool bidirectional")
SCHEMAS = {
    "rnn": f"({ARGUMENTS}) -> (Tensor, Tensor)",
    "rnn_record": f"({ARGUMENTS}) -> (Tensor, Tensor, Tensor)",
    "rnn_backward": f"(bool[] needs, Tensor tape, Tensor? d_output, "
                    f"Tensor? d_h_n, {ARGUMENTS}) -> Tensor[]",
}
engines = Engines(limit=64)


def contiguous(*tensors):
    return [None if tensor is None else tensor.resolve_neg().contiguous()
            for tensor in tensors]


def options_of(weights, *others):
    hidden_size, input_size = weights[0].shape
    return Options(int(input_size), int(hidden_size), weights[0].dtype, *others)


def is_batched(gradient):
    return (gradient is not None
            and torch._C._functorch.is_legacy_batchedtensor(gradient))


def refuse_second_derivatives(*_):
    raise RuntimeError(
        "simplernn computes no second derivatives. Use torch.nn.RNN for them, "
        "or call backward() and torch.autograd.grad() without create_graph")


class Recording(torch.autograd.Function):
    """Output and h_n of an engine, with gradients for input, h0 and weights."""

    @staticmethod
    def forward(ctx, engine, lengths, seed, input, h0, *weights):
        input = input.contiguous()
        h0 = None if h0 is None else h0.contiguous()
        output, h_n, tape = engine.record(weights, input, h0, lengths, seed)
        ctx.save_for_backward(tape, input, h0, *weights)
        ctx.set_materialize_grads(False)
        ctx.others = engine, lengths, seed
        return output, h_n

    @staticmethod
    def backward(ctx, d_output, d_h_n):
        engine, lengths, seed = ctx.others
        # Hooks may have given them other strides.
        tape, input, h0, *weights = contiguous(*ctx.saved_tensors)
        if is_batched(d_output) or is_batched(d_h_n):
            raise RuntimeError(
                "simplernn computes no batched gradients. Use torch.nn.RNN for "
                "them, or call torch.autograd.grad() without is_grads_batched")
        needs = ctx.needs_input_grad[3:]
        gradients = engine.go_back(weights, input, h0, lengths, seed, tape,
                                   *contiguous(d_output, d_h_n), needs)
        if torch.is_grad_enabled():  # by create_graph
            gradients = Once.apply(len(gradients), *gradients, d_output, d_h_n,
                                   input, h0, *weights)
        return None, None, None, *gradients


class Once(torch.autograd.Function):
    """The first tensors, which depend on all, but are not differentiable."""

    @staticmethod
    def forward(ctx, count, *tensors):
        # Otherwise the results were views, which no program may write to.
        ctx.mark_dirty(*[tensor for tensor in tensors[:count]
                         if tensor is not None])
        return tensors[:count]

    backward = staticmethod(refuse_second_derivatives)


def define(name):
    def decorate(function):
        return torch.library.custom_op(
            f"simplernn::{name}", function, mutates_args=(),
            device_types="cpu", schema=SCHEMAS[name])
    return decorate


@define("rnn")
def rnn(input, h0, lengths, seed, weights, *options):
    if seed is not None:
        return rnn_record(input, h0, lengths, seed, weights, *options)[:2]
    engine = engines.find(options_of(weights, *options), weights)
    return engine.run(contiguous(*weights), *contiguous(input, h0, lengths))


@define("rnn_record")
def rnn_record(input, h0, lengths, seed, weights, *options):
    engine = engines.find(options_of(weights, *options), weights)
    return engine.record(contiguous(*weights),
                         *contiguous(input, h0, lengths), seed)


@define("rnn_backward")
def rnn_backward(needs, tape, d_output, d_h_n, input, h0, lengths, seed,
                 weights, *options):
    """A gradient that is not needed has no elements."""
    engine = engines.find(options_of(weights, *options), weights)
    gradients = engine.go_back(
        contiguous(*weights), *contiguous(input, h0, lengths), seed,
        *contiguous(tape, d_output, d_h_n), needs)
    return [input.new_empty(0) if gradient is None else gradient
            for gradient in gradients]


@rnn.register_fake
def _(input, h0, lengths, seed, weights, *options):
    return new_recording(options_of(weights, *options), input)[:2]


@rnn_record.register_fake
def _(input, h0, lengths, seed, weights, *options):
    return new_recording(options_of(weights, *options), input)


@rnn_backward.register_fake
def _(needs, tape, d_output, d_h_n, input, h0, lengths, seed, weights,
      *options):
    return [input.new_empty(tensor.shape if need else 0)
            for tensor, need in zip((input, h0, *weights), needs)]


def keep(ctx, inputs, output):
    """Saves the tape too, if there is one."""
    input, h0, lengths, seed, weights, *options = inputs
    ctx.save_for_backward(input, h0, lengths, seed, *weights, *output[2:])
    ctx.options = options
    ctx.set_materialize_grads(False)


def go_back(ctx, tape, saved, d_output, d_h_n):
    input, h0, lengths, seed, *weights = saved
    needs = [*ctx.needs_input_grad[:2], *ctx.needs_input_grad[4]]
    gradients = rnn_backward(needs, tape, d_output, d_h_n, input, h0, lengths,
                             seed, weights, *ctx.options)
    d_input, d_h0, *d_weights = (
        gradient if need else None
        for need, gradient in zip(needs, gradients))
    return d_input, d_h0, None, None, d_weights, *[None] * len(ctx.options)


def backward_of_rnn(ctx, d_output, d_h_n):
    saved = ctx.saved_tensors
    tape = rnn_record(*saved[:4], list(saved[4:]), *ctx.options)[2]
    return go_back(ctx, tape, saved, d_output, d_h_n)


def backward_of_rnn_record(ctx, d_output, d_h_n, _):
    *saved, tape = ctx.saved_tensors
    return go_back(ctx, tape, saved, d_output, d_h_n)


rnn.register_autograd(backward_of_rnn, setup_context=keep)
rnn_record.register_autograd(backward_of_rnn_record, setup_context=keep)
rnn_backward.register_autograd(refuse_second_derivatives)


def products(shapes):
    """Of a row with each matrix among these weights: pairs for the input and
    the state of one layer in one direction."""
    found = [2 * math.prod(shape) for shape in shapes if len(shape) == 2]
    return list(zip(found[::2], found[1::2]))


@register_flop_formula([torch.ops.simplernn.rnn,
                        torch.ops.simplernn.rnn_record])
def count_forward(input, h0, lengths, seed, weights, *_, **__):
    """As torch counts its own: matrix products, here of padded steps too."""
    T, B, _ = input
    return T * B * sum(map(sum, products(weights)))


@register_flop_formula(torch.ops.simplernn.rnn_backward)
def count_backward(needs, tape, d_output, d_h_n, input, h0, lengths, seed,
                   weights, num_layers, nonlinearity, bias, batch_first,
                   dropout, bidirectional, **_):
    """The gradient of an input and a state takes as much as their product, and
    so does that of each matrix. The first state needs one less."""
    T, B, _ = input
    if batch_first:
        T, B = B, T
    pairs = products(weights)
    total = sum(T * B * of_input + (T if needs[1] else T - 1) * B * of_state
                for of_input, of_state in pairs)
    if not needs[0]:
        first = pairs[:2 if bidirectional else 1]
        total -= T * B * sum(of_input for of_input, _ in first)
    return total + T * B * sum(
        2 * math.prod(shape)
        for shape, need in zip(weights, needs[2:]) if need and len(shape) == 2)
