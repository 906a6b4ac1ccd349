# SPDX-License-Identifier: MIT
"""Gradients in the ways that programs ask for them."""

import copy
import gc
import threading
import weakref

import pytest

torch = pytest.importorskip("torch", "2.13")

from torch.utils.checkpoint import checkpoint

import simplernn.torch as st
from torch_support import assert_close, fallbacks


@pytest.fixture(autouse=True)
def nothing_falls_back(fallbacks):
    torch.manual_seed(3)
    yield
    assert not fallbacks


def make_pair(*arguments, **words):
    theirs = torch.nn.RNN(*arguments, dtype=torch.float64, **words)
    return st.convert(copy.deepcopy(theirs)), theirs


def randn(*shape):
    return torch.randn(*shape, dtype=torch.float64)


def assert_same_gradients(pair, loss):
    """Of the parameters, after loss(module).backward()."""
    gradients = []
    for module in pair:
        loss(module).backward()
        gradients.append([parameter.grad for parameter in module.parameters()])
        module.zero_grad()
    assert_close(*gradients)


def test_gradcheck():
    for words in ({}, {"bidirectional": True, "batch_first": True},
                  {"nonlinearity": "relu", "bias": False}):
        module, _ = make_pair(2, 3, 2, **words)
        x, h0 = randn(3, 2, 2), randn(4 if module.bidirectional else 2,
                                      3 if module.batch_first else 2, 3)
        weights = [parameter.detach().requires_grad_()
                   for parameter in module.parameters()]

        def run(x, h0, *weights):
            named = zip(module._flat_weights_names, weights)
            return torch.func.functional_call(module, dict(named), (x, h0))

        assert torch.autograd.gradcheck(
            run, (x.requires_grad_(), h0.requires_grad_(), *weights))


def test_twice_in_one_graph():
    x, y = randn(5, 2, 3), randn(7, 2, 3)
    assert_same_gradients(make_pair(3, 4, 2), lambda module: (
        module(x)[0][-1] * module(y)[0][-1]).sum())


def test_its_output_as_its_input():
    x = randn(5, 2, 3)
    assert_same_gradients(make_pair(3, 3),
                          lambda module: module(*module(x))[0].square().sum())


def test_truncated_backpropagation():
    pieces = randn(4, 5, 2, 3)

    def loss(module):
        h, losses = None, []
        for piece in pieces:
            output, h = module(piece, h)
            losses.append(output.square().sum())
            h = h.detach()
        return sum(losses)

    assert_same_gradients(make_pair(3, 4), loss)


def test_state_carried_on_without_detach():
    pieces = randn(4, 5, 2, 3)

    def loss(module):
        h = None
        for piece in pieces:
            output, h = module(piece, h)
        return output.sum()

    assert_same_gradients(make_pair(3, 4, bidirectional=True), loss)


def test_only_h_n_or_only_output():
    x = randn(5, 2, 3)
    assert_same_gradients(make_pair(3, 4), lambda module: module(x)[1].sum())
    assert_same_gradients(make_pair(3, 4),
                          lambda module: module(x)[0][2].sum())


def test_frozen_parameters_and_inputs():
    ours, theirs = make_pair(3, 4, 2)
    x = randn(5, 2, 3).requires_grad_()
    for module in (ours, theirs):
        module.weight_hh_l0.requires_grad_(False)
        module.bias_ih_l1.requires_grad_(False)
    gradients = []
    for module in (ours, theirs):
        module(x)[0].square().sum().backward()
        gradients.append([x.grad, *(p.grad for p in module.parameters()
                                    if p.grad is not None)])
        x.grad = None
    assert ours.weight_hh_l0.grad is None and ours.bias_ih_l1.grad is None
    assert_close(*gradients)
    ours.requires_grad_(False)
    assert ours(x)[0].requires_grad
    assert not ours(x.detach())[0].requires_grad


def test_backward_twice_and_after_other_forwards():
    ours, theirs = make_pair(3, 4)
    x = randn(5, 2, 3)
    loss = ours(x)[0].square().sum()
    expected = torch.autograd.grad(theirs(x)[0].square().sum(),
                                   theirs.parameters())
    first = torch.autograd.grad(loss, ours.parameters(), retain_graph=True)
    with torch.no_grad():
        ours(randn(3, 9, 3))
    ours(randn(8, 3))[0].sum().backward()
    second = torch.autograd.grad(loss, ours.parameters())
    assert_close(first, expected)
    assert_close(second, expected)
    with pytest.raises(RuntimeError, match="a second time"):
        torch.autograd.grad(loss, ours.parameters())


def test_gradients_of_odd_layouts():
    ours, theirs = make_pair(3, 4, batch_first=True)
    x = randn(3, 5, 2).permute(2, 1, 0)
    for loss in (lambda y: y.sum(), lambda y: y[:, ::2].sum(),
                 lambda y: y.transpose(0, 1).reshape(-1).cumsum(0).sum(),
                 has_negative_gradient):
        assert_same_gradients((ours, theirs),
                              lambda module: loss(module(x)[0]))


def has_negative_gradient(y):
    """The gradient of y is a view with the negative bit. It is contiguous only
    if it has one element."""
    def check(gradient):
        assert gradient.is_neg()

    y.register_hook(check)
    return (torch.complex(torch.zeros_like(y), y).conj() * (2 + 3j)).imag.sum()


def test_one_negative_gradient():
    x = randn(1, 1, 3)
    assert_same_gradients(make_pair(3, 1), lambda module:
                          has_negative_gradient(module(x)[0]))


def test_weights_that_are_not_contiguous():
    ours, theirs = make_pair(3, 4)
    for module in (ours, theirs):
        module.weight_hh_l0.data = theirs.weight_hh_l0.data.t()
    x = randn(5, 2, 3)
    assert_same_gradients((ours, theirs),
                          lambda module: module(x)[0].square().sum())


def test_output_changed_in_place():
    ours, _ = make_pair(3, 4)
    x = randn(5, 2, 3)
    expected = torch.autograd.grad(ours(x)[0].mul(2).sum(), ours.parameters())
    output = ours(x)[0]
    assert_close(torch.autograd.grad(output.mul_(2).sum(), ours.parameters()),
                 expected)


@pytest.mark.parametrize("use_reentrant", [False, True])
@pytest.mark.parametrize("dropout", [0.0, 0.5])
def test_checkpoint(use_reentrant, dropout):
    ours, _ = make_pair(3, 4, 2, dropout=dropout)
    x = randn(5, 2, 3).requires_grad_()
    torch.manual_seed(4)
    (ours(x)[0].square() * ours(x)[0]).sum().backward()
    expected = [parameter.grad for parameter in ours.parameters()]
    ours.zero_grad()

    def twice(x):
        return ours(x)[0].square() * ours(x)[0]

    torch.manual_seed(4)
    checkpoint(twice, x, use_reentrant=use_reentrant).sum().backward()
    assert_close([parameter.grad for parameter in ours.parameters()], expected)


def test_saved_tensors_elsewhere():
    """The tape is a tensor that hooks may move."""
    x = randn(5, 2, 3)
    ours, theirs = make_pair(3, 4)

    kept = {}

    def pack(tensor):
        key = len(kept)
        kept[key] = tensor.detach().clone()
        return key

    def loss(module):
        with torch.autograd.graph.saved_tensors_hooks(pack, kept.pop):
            return module(x)[0].square().sum()

    assert_same_gradients((ours, theirs), loss)


def test_saved_tensors_with_other_strides():
    def transposed(tensor):
        return (tensor.transpose(0, 1).contiguous().transpose(0, 1)
                if tensor.dim() > 1 else tensor)

    def negated(tensor):
        return (torch._neg_view(-tensor) if tensor.is_floating_point()
                else tensor)

    x, h0 = randn(5, 2, 3), randn(1, 2, 4)
    for unpack in (transposed, negated):
        def loss(module):
            with torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack):
                return module(x, h0)[0].square().sum()

        assert_same_gradients(make_pair(3, 4), loss)


def test_gradients_of_create_graph_can_be_written_to():
    pair, x = make_pair(3, 4), randn(5, 2, 3).requires_grad_()
    gradients = []
    for module in pair:
        found = torch.autograd.grad(
            module(x)[0].sum(), (x, *module.parameters()), create_graph=True)
        for gradient in found:
            assert gradient.requires_grad
            gradient.mul_(2)
        gradients.append([gradient.detach() for gradient in found])
    assert_close(*gradients)
    with pytest.raises(RuntimeError, match="no second derivatives"):
        torch.autograd.grad(found_of(pair[0], x).mul_(2).sum(), x)


def found_of(module, x):
    return torch.autograd.grad(module(x)[0].sum(), x, create_graph=True)[0]


def test_weights_changed_before_backward():
    ours, _ = make_pair(3, 4)
    output = ours(randn(5, 2, 3))[0]
    with torch.no_grad():
        ours.weight_hh_l0.add_(1)
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.sum().backward()


def test_input_changed_before_backward():
    ours, _ = make_pair(3, 4)
    x = randn(5, 2, 3)
    output = ours(x)[0]
    x.zero_()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        output.sum().backward()


def test_backward_after_calls_with_other_weights():
    """Each backward finds the weights of another call in the model, and
    records its own again."""
    ours, theirs = make_pair(3, 4, 2, dropout=0.5)
    theirs.eval()
    sets = [{name: torch.randn_like(value, requires_grad=True)
             for name, value in ours.named_parameters()} for _ in range(3)]
    x = randn(5, 2, 3)

    def gradients(module, names):
        torch.manual_seed(4)
        loss = sum(torch.func.functional_call(module, values, (x,))[0].sum()
                   for values in names)
        return torch.autograd.grad(
            loss, [value for values in names for value in values.values()])

    expected = []
    torch.manual_seed(4)
    for values in sets:
        output = torch.func.functional_call(ours, values, (x,))[0]
        expected += torch.autograd.grad(output.sum(), list(values.values()))
    assert_close(gradients(ours, sets), expected)
    ours.eval()
    assert_close(gradients(ours, sets), gradients(theirs, sets))


def test_second_derivatives_are_refused():
    ours, theirs = make_pair(3, 4)
    x = randn(5, 2, 3).requires_grad_()
    for module in (ours, theirs):
        gradient, = torch.autograd.grad(module(x)[0].square().sum(), x,
                                        create_graph=True)
        assert gradient.requires_grad
    expected = gradient.detach()
    gradient, = torch.autograd.grad(ours(x)[0].square().sum(), x,
                                    create_graph=True)
    assert_close(gradient.detach(), expected)
    with pytest.raises(RuntimeError, match="Use torch.nn.RNN for them"):
        gradient.sum().backward()


def test_batched_gradients_are_refused():
    ours, _ = make_pair(3, 4)
    output, h_n = ours(randn(5, 2, 3))
    for result in (output, h_n):
        with pytest.raises(RuntimeError, match="Use torch.nn.RNN for them"):
            torch.autograd.grad(result, ours.parameters(),
                                randn(6, *result.shape), retain_graph=True,
                                is_grads_batched=True)


def test_dropout():
    ours, theirs = make_pair(3, 50, 2, dropout=0.4)
    x = randn(20, 30, 3)

    def run(seed):
        torch.manual_seed(seed)
        output = ours(x)[0]
        state = torch.get_rng_state()
        gradients = torch.autograd.grad(output.square().sum(),
                                        ours.parameters())
        assert torch.equal(state, torch.get_rng_state())
        return output, gradients

    assert_close(run(1), run(1))
    first, second = run(1)[0], run(2)[0]
    assert not torch.equal(first, second)
    assert not torch.equal(ours(x)[0], ours(x)[0])
    with torch.no_grad():
        torch.manual_seed(1)
        assert torch.equal(ours(x)[0], first)
    # The same mean and spread as torch's, over 30 000 values.
    expected = theirs(x)[0]
    assert abs(first.mean() - expected.mean()) < 0.01
    assert abs(first.std() / expected.std() - 1) < 0.02
    for module in (ours, theirs):
        module.eval()
    assert_close(ours(x), theirs(x))
    for module in (ours, theirs):
        module.train()
        module.dropout = 1.0
    assert_close(ours(x), theirs(x))


def test_gradient_of_dropout():
    ours, _ = make_pair(3, 4, 3, dropout=0.5)
    x = randn(4, 2, 3).requires_grad_()

    def run(x):
        torch.manual_seed(8)
        return ours(x)

    assert torch.autograd.gradcheck(run, x)


def test_threads():
    ours, theirs = make_pair(3, 4, 2)
    inputs = randn(8, 5, 2, 3)
    expected = [torch.autograd.grad(theirs(x)[0].sum(), theirs.parameters())
                for x in inputs]
    found = [None] * 8

    def work(index):
        for _ in range(20):
            found[index] = torch.autograd.grad(ours(inputs[index])[0].sum(),
                                               ours.parameters())

    threads = [threading.Thread(target=work, args=(i,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert_close(found, expected)


def test_a_graph_goes_with_its_output():
    ours, _ = make_pair(3, 4)
    x = randn(5, 2, 3).requires_grad_()
    output = ours(x)[0]
    node = weakref.ref(output.grad_fn)
    output.sum().backward()
    del output
    gc.collect()
    assert node() is None
