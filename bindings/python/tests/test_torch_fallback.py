# SPDX-License-Identifier: MIT
"""What simplernn does not compute, torch does, with its own results."""

import copy

import pytest

torch = pytest.importorskip("torch", "2.13")

from torch.autograd import forward_ad
from torch.utils.flop_counter import FlopCounterMode

import simplernn.torch as st
from torch_support import assert_close, fallbacks


class Subclass(torch.Tensor):
    pass


def run_autocast(module, x):
    with torch.autocast("cpu", torch.bfloat16):
        return [result.float() for result in module(x)]


def run_bfloat16(module, x):
    return [result.float() for result in module.bfloat16()(x.bfloat16())]


def run_vmap(module, x):
    """torch has no rule for its own RNN, but one for its RNNCell."""
    try:
        return torch.vmap(module)(torch.stack([x, x + 1, x + 2]))
    except RuntimeError as error:
        assert "Batching rule not implemented for aten::rnn_" in str(error)
        return [x]


def run_jvp(module, x):
    outputs, tangents = torch.func.jvp(module, (x,), (torch.ones_like(x),))
    return *outputs, *tangents


def run_dual(module, x):
    with forward_ad.dual_level():
        output, _ = module(forward_ad.make_dual(x, torch.ones_like(x)))
        return list(forward_ad.unpack_dual(output))


def run_dual_in_a_mode(module, x):
    with FlopCounterMode(display=False):
        return run_dual(module, x)


def run_func_grad(module, x):
    return [torch.func.grad(lambda x: module(x)[0].square().sum())(x)]


def run_hessian(module, x):
    """Second derivatives work where torch computes."""
    return [torch.func.hessian(lambda x: module(x)[0].square().sum())(x)]


def run_subclass(module, x):
    results = module(x.as_subclass(Subclass))
    assert type(results[0]) is Subclass
    return [result.as_subclass(torch.Tensor) for result in results]


def run_trace(module, x):
    traced = torch.jit.trace(module, x)
    return traced(torch.cat([x, x]))


def run_negative_view(module, x):
    negative = torch.complex(x, x).conj().imag
    assert negative.is_neg()
    return module(negative)


def negated(tensor):
    """A contiguous view that is not negated yet, with the same values."""
    spread = torch.complex(torch.zeros(()), -tensor)
    storage = torch.view_as_real(spread)
    storage.view(-1)[1:tensor.numel() + 1] = -tensor.reshape(-1)
    view = spread.conj().imag.as_strided(tensor.shape, tensor.stride())
    assert view.is_neg() and view.is_contiguous()
    assert torch.equal(view.resolve_neg(), tensor)
    return view


def run_contiguous_negative_view(module, x):
    return module(negated(x))


def run_negative_state(module, x):
    """It needs an input that is not."""
    states = module.num_layers * (2 if module.bidirectional else 1)
    return module(x, negated(torch.ones(states, 2, module.hidden_size)))


def run_no_steps(module, x):
    return module(x[:, :0])


RUNS = [value for name, value in list(globals().items())
        if name.startswith("run_")]


@pytest.mark.parametrize("run", RUNS)
@pytest.mark.parametrize("trains", [True, False])
def test_network(run, trains, fallbacks):
    torch.manual_seed(7)
    theirs = torch.nn.RNN(3, 4, 2, bidirectional=True)
    ours = st.convert(copy.deepcopy(theirs))
    x = torch.randn(5, 2, 3)
    with torch.set_grad_enabled(trains):
        expected, results = run(theirs, x), run(ours, x)
    assert_close(results, tuple(expected) if isinstance(results, tuple)
                 else expected)
    assert fallbacks


@pytest.mark.parametrize("run", [run_autocast, run_bfloat16, run_vmap, run_jvp,
                                 run_subclass, run_trace, run_negative_view,
                                 run_contiguous_negative_view])
def test_cell(run, fallbacks):
    theirs = torch.nn.RNNCell(3, 4)
    ours = st.convert(copy.deepcopy(theirs))
    x = torch.randn(2, 3)
    for module in (theirs, ours):
        forward = module.forward
        module.forward = lambda x, forward=forward: (forward(x),) * 2
    assert_close(run(ours, x), run(theirs, x))
    assert fallbacks


def mixed_dtypes(module, x):
    module.weight_hh_l0.data = module.weight_hh_l0.data.double()
    return module(x)


def double_input(module, x):
    return module(x.double())


def mixed_devices(module, x):
    module.weight_hh_l0 = torch.nn.Parameter(module.weight_hh_l0.to("meta"))
    return module(x)


def wrong_state(module, x):
    return module(x, torch.zeros(1, 3, 4))


def wrong_features(module, x):
    return module(torch.cat([x, x], 2))


def list_input(module, x):
    return module(x.tolist())


@pytest.mark.parametrize("run", [mixed_dtypes, double_input, mixed_devices,
                                 wrong_state, wrong_features, list_input])
@pytest.mark.parametrize("trains", [True, False])
def test_what_torch_refuses_is_refused_as_by_torch(run, trains):
    theirs = torch.nn.RNN(3, 4)
    ours = st.convert(copy.deepcopy(theirs))
    errors = []
    for module in (theirs, ours):
        with torch.set_grad_enabled(trains), pytest.raises(Exception) as caught:
            run(module, torch.randn(5, 2, 3))
        errors.append((caught.type, str(caught.value)))
    assert errors[0] == errors[1]


def test_all_on_another_device(fallbacks):
    ours = st.RNN(3, 4).to("meta")
    with torch.no_grad():
        output, h_n = ours(torch.randn(5, 2, 3, device="meta"))
    assert output.is_meta and output.shape == (5, 2, 4) and h_n.is_meta
    assert fallbacks


@pytest.mark.parametrize("trains", [True, False])
@pytest.mark.parametrize("is_contiguous", [True, False])
def test_negative_views_as_weights(trains, is_contiguous, fallbacks):
    theirs = torch.nn.RNN(3, 4)
    for weight in theirs.parameters():
        weight.data = (negated(weight.data) if is_contiguous else torch.complex(
            weight.data, weight.data).conj().imag)
        assert weight.is_neg()
    ours = st.RNN(3, 4)
    for ours_weight, weight in zip(ours.parameters(), theirs.parameters()):
        ours_weight.data = weight.data
    with torch.set_grad_enabled(trains):
        x = torch.randn(5, 2, 3)
        assert_close(ours(x), theirs(x))
    assert fallbacks


@pytest.mark.parametrize("trains", [True, False])
def test_the_sign_of_the_same_weights(trains, fallbacks):
    """Their bytes are still those of the last call."""
    theirs, x = torch.nn.RNN(3, 4), torch.randn(5, 2, 3)
    ours = st.convert(copy.deepcopy(theirs))
    with torch.set_grad_enabled(trains):
        assert_close(ours(x), theirs(x))
        for module in (ours, theirs):
            module.weight_hh_l0.data = torch._neg_view(
                module.weight_hh_l0.data)
        assert not fallbacks
        assert_close(ours(x), theirs(x))
    assert fallbacks


def test_inference_mode(fallbacks):
    theirs = torch.nn.RNN(3, 4)
    ours = st.convert(copy.deepcopy(theirs))
    with torch.inference_mode():
        x = torch.randn(5, 2, 3)
        assert_close(ours(x), theirs(x))
        assert ours(x)[0].is_inference()
    assert_close(ours(x.clone()), theirs(x.clone()))
    assert not fallbacks


def test_dispatch_modes_see_an_operator(fallbacks):
    from torch.utils._python_dispatch import TorchDispatchMode

    class Names(TorchDispatchMode):
        def __init__(self):
            super().__init__()
            self.names = []

        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            self.names.append(str(function))
            return function(*args, **(kwargs or {}))

    theirs = torch.nn.RNN(3, 4, 2)
    ours = st.convert(copy.deepcopy(theirs))
    x = torch.randn(5, 2, 3)
    with Names() as mode:
        output = ours(x)
        output[0].sum().backward()
        with torch.no_grad():
            ours(x)
    found = [name for name in mode.names if name.startswith("simplernn")]
    assert found == ["simplernn.rnn_record.default",
                     "simplernn.rnn_backward.default", "simplernn.rnn.default"]
    assert_close(output, theirs(x))
    assert not fallbacks


@pytest.mark.parametrize("words", [
    {}, {"num_layers": 3, "bidirectional": True, "batch_first": True},
    {"bias": False, "num_layers": 2}])
@pytest.mark.parametrize("needs_input", [True, False])
@pytest.mark.parametrize("needs_state", [True, False, None])
def test_operations_are_counted_as_by_torch(words, needs_input, needs_state):
    theirs = torch.nn.RNN(3, 4, **words)
    ours = st.convert(copy.deepcopy(theirs))
    shape = (2, 5, 3) if theirs.batch_first else (5, 2, 3)
    states = theirs.num_layers * (2 if theirs.bidirectional else 1)
    counts = []
    for module in (ours, theirs):
        x = torch.randn(*shape, requires_grad=needs_input)
        hx = None if needs_state is None else torch.randn(
            states, 2, 4, requires_grad=needs_state)
        with FlopCounterMode(display=False) as mode:
            output, _ = module(x, hx)
            counts.append(mode.get_total_flops())
            output.sum().backward()
            counts.append(mode.get_total_flops())
            with torch.no_grad():
                module(x, hx)
            counts.append(mode.get_total_flops())
    assert counts[:3] == counts[3:] and counts[0] > 0
