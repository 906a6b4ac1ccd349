# SPDX-License-Identifier: MIT
"""Random modules and inputs, right and wrong ones: values, gradients, shapes
and errors are those of torch."""

import copy
import random

import pytest

torch = pytest.importorskip("torch", "2.13")

from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence

import simplernn.torch as st
from torch_support import TOLERANCES, assert_close, fallbacks

SEEDS = range(0, 4000, 400)


def make_module(rng):
    dtype = rng.choice(list(TOLERANCES))
    words = {"bias": rng.random() < 0.7, "dtype": dtype}
    # The gradient of relu jumps at 0, and the sign of a sum in float32 depends
    # on its order.
    if dtype is torch.float64:
        words["nonlinearity"] = rng.choice(["tanh", "relu"])
    sizes = rng.choice([1, 2, 3, 8, 17, 40]), rng.choice([1, 2, 5, 16, 33])
    if rng.random() < 0.2:
        return torch.nn.RNNCell(*sizes, **words)
    return torch.nn.RNN(*sizes, rng.randint(1, 3), **words,
                        batch_first=rng.random() < 0.5,
                        bidirectional=rng.random() < 0.5)


def make_tensor(rng, dtype, *shape):
    """Not always a contiguous one."""
    if rng.random() < 0.8:
        return torch.randn(*shape, dtype=dtype)
    return torch.randn(*reversed(shape), 2, dtype=dtype)[..., 0].permute(
        *reversed(range(len(shape))))


def make_arguments(rng, module):
    dtype = next(module.parameters()).dtype
    T, B = rng.randint(1, 12), rng.randint(1, 6)
    batch = (B,) if rng.random() < 0.7 else ()
    if isinstance(module, torch.nn.RNNCell):
        input = make_tensor(rng, dtype, *batch, module.input_size)
        state = make_tensor(rng, dtype, *batch, module.hidden_size)
    else:
        shape = (B, T) if batch and module.batch_first else (T, *batch)
        input = make_tensor(rng, dtype, *shape, module.input_size)
        states = module.num_layers * (2 if module.bidirectional else 1)
        state = make_tensor(rng, dtype, states, *batch, module.hidden_size)
        if batch and rng.random() < 0.3:
            lengths = torch.tensor([rng.randint(1, T) for _ in range(B)])
            input = pack_padded_sequence(input, lengths, module.batch_first,
                                         enforce_sorted=False)
    return [input, state] if rng.random() < 0.6 else [input]


def spoil(rng, tensor):
    """Mostly into what a network refuses."""
    return rng.choice([
        lambda: tensor.unsqueeze(0), lambda: tensor[0],
        lambda: tensor[..., :-1], lambda: tensor[:0], lambda: tensor[:1],
        lambda: torch.cat([tensor, tensor]), lambda: tensor.half(),
        lambda: tensor.double(), lambda: tensor.long(), lambda: tensor.tolist(),
        lambda: tensor.movedim(0, -1)])()


def map_tensors(function, values):
    return [value._replace(data=function(value.data))
            if isinstance(value, PackedSequence) else function(value)
            for value in values]


def train(module, arguments, loss_seed):
    """The results, and the gradients of the arguments and the weights."""
    leaves = map_tensors(lambda tensor: tensor.detach().requires_grad_(),
                         arguments)
    results = module(*leaves)
    torch.manual_seed(loss_seed)
    values = [results] if torch.is_tensor(results) else [
        result.data if isinstance(result, PackedSequence) else result
        for result in results]
    sum((value * torch.randn(value.shape, dtype=value.dtype)).sum()
        for value in values).backward()
    tensors = [leaf.data if isinstance(leaf, PackedSequence) else leaf
               for leaf in leaves]
    gradients = [tensor.grad for tensor in (*tensors, *module.parameters())]
    module.zero_grad()
    return results, gradients


@pytest.mark.parametrize("first", SEEDS)
def test_right_calls(first, fallbacks):
    for seed in range(first, first + 400):
        rng = random.Random(seed)
        torch.manual_seed(seed)
        theirs = make_module(rng)
        ours = st.convert(copy.deepcopy(theirs))
        arguments = make_arguments(rng, theirs)
        with torch.no_grad():
            assert_close(ours(*arguments), theirs(*arguments))
        results, gradients = train(ours, arguments, seed)
        expected, expected_gradients = train(theirs, arguments, seed)
        assert_close(results, expected)
        for mine, other in zip(gradients, expected_gradients, strict=True):
            assert_close(mine, other)
    assert not fallbacks


def outcome(module, arguments):
    try:
        return module(*arguments)
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize("trains", [True, False])
def test_wrong_calls(trains):
    refused = 0
    for seed in range(1000):
        rng = random.Random(seed)
        theirs = make_module(rng)
        ours = st.convert(copy.deepcopy(theirs))
        arguments = make_arguments(rng, theirs)
        spoiled = rng.randrange(len(arguments))
        arguments[spoiled:spoiled + 1] = map_tensors(
            lambda tensor: spoil(rng, tensor), arguments[spoiled:spoiled + 1])
        with torch.set_grad_enabled(trains):
            expected = outcome(theirs, arguments)
            result = outcome(ours, arguments)
        if isinstance(expected, tuple) and isinstance(expected[0], type):
            refused += 1
            assert result == expected
        else:
            assert_close(result, expected)
    assert refused > 500
