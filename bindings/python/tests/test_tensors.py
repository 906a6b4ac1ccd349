# SPDX-License-Identifier: MIT
"""Tensors of PyTorch as arguments and results. A version with the exchange
table of DLPack gets tensors as results, an older one arrays of NumPy."""

import numpy
import pytest

import networks
import simplernn
import simplernn.train

torch = pytest.importorskip("torch")
HAS_TABLE = hasattr(torch.Tensor, "__dlpack_c_exchange_api__")


def rnn(**options):
    return simplernn.RNN(3, 4, **{"num_layers": 2, "seed": 0, **options})


def arrays(results):
    return [numpy.asarray(each) for each in results]


def inputs(shape=(5, 2, 3)):
    return torch.rand(shape, generator=torch.Generator().manual_seed(0))


def test_results_are_of_the_kind_of_the_input():
    network, x = rnn(), inputs()
    wanted = network(x.numpy())
    output, h_n = network(x)
    if not HAS_TABLE:
        assert networks.same((output, h_n), wanted)
        return
    assert type(output) is type(h_n) is torch.Tensor
    assert output.dtype == torch.float32 and not output.requires_grad
    assert networks.same((output.numpy(), h_n.numpy()), wanted)
    assert type(network(x.numpy(), torch.zeros(2, 2, 4))[0]) is numpy.ndarray
    cell, stream = simplernn.RNNCell(3, 4, seed=0), network.stream(2)
    assert type(cell(x[0])) is type(stream.step(x[0])) is torch.Tensor
    assert type(stream.advance(x)) is torch.Tensor
    double = rnn(dtype="float64")(x.double())[0]
    assert double.dtype == torch.float64
    del network
    assert output.sum().isfinite()


@pytest.mark.parametrize("view", [
    lambda x: x.expand(5, 2, 3), lambda x: x.transpose(0, 1).contiguous()
    .transpose(0, 1), lambda x: x.flip(0), lambda x: x[:, :, [2, 1, 0]],
    lambda x: x[::2], lambda x: x[:0], lambda x: x[:, :0],
    lambda x: x.view(-1).unfold(0, 3, 1)[:8].view(8, 1, 3),
    lambda x: torch.nn.Parameter(x, requires_grad=False),
    lambda x: x.permute(2, 1, 0).contiguous().permute(2, 1, 0)])
def test_views(view):
    network = rnn()
    x = view(inputs())
    wanted = network(x.numpy().copy())
    assert networks.same(arrays(network(x)), wanted)


def test_the_bit_of_a_lazy_sign():
    """The imaginary part of a conjugate is a view that is not negated yet."""
    x = torch.view_as_complex(torch.rand(5, 2, 3, 2)).conj().imag
    assert x.is_neg()
    for view in x, x[:1, :1], x[:, 0]:
        with pytest.raises(simplernn.UnsupportedError, match="resolve_neg"):
            rnn()(view)
    single = torch.view_as_complex(torch.rand(1, 1, 1, 2)).conj().imag
    with pytest.raises(simplernn.UnsupportedError, match="resolve_neg"):
        simplernn.RNN(1, 1)(single)
    assert networks.same(arrays(rnn()(x.resolve_neg())),
                         rnn()(x.resolve_neg().numpy()))


def test_the_sign_of_a_contiguous_view():
    """A view of a part of a conjugate, which torch takes for contiguous."""
    def negated(tensor):
        view = torch._neg_view(tensor)
        assert view.is_neg() and view.is_contiguous()
        return view

    network, x = rnn(), inputs()
    state, lengths = torch.zeros(2, 2, 4), torch.tensor([5, 5])
    stream, output = network.stream(2), torch.zeros(5, 2, 4)
    linear = simplernn.train.Linear(3, 4, seed=0)
    logits, targets = torch.zeros(5, 3), torch.zeros(5, dtype=torch.int64)
    lossy = simplernn.train.cross_entropy
    names = dict(torch.nn.RNN(3, 4, 2).named_parameters())
    tape = simplernn.train.Tape(network)
    tape.record(x)
    for call in (
            lambda: network(negated(x)), lambda: network(x, negated(state)),
            lambda: network(x, fresh=negated(state)),
            lambda: network(x, out=(negated(output), None)),
            lambda: network(x, lengths=negated(lengths)),
            lambda: simplernn.RNNCell(3, 4)(negated(x[0])),
            lambda: stream.step(negated(x[0])),
            lambda: setattr(stream, "state", negated(state)),
            lambda: stream.advance(negated(x)), lambda: linear(negated(x)),
            lambda: lossy(negated(logits), targets),
            lambda: lossy(negated(logits.double()), targets),
            lambda: lossy(logits, negated(targets)),
            lambda: lossy(logits, targets, d_logits=negated(logits)),
            lambda: tape.backward(negated(output)),
            lambda: network._sync([negated(each) for each in names.values()]),
            lambda: network.load_state_dict(
                {name: negated(each) for name, each in names.items()})):
        with pytest.raises(RuntimeError, match="resolve_neg"):
            call()


def test_tensors_without_memory():
    network, x = rnn(), inputs()
    error, text = simplernn.UnsupportedError, "no memory"
    if not hasattr(x, "untyped_storage"):  # PyTorch 1 refuses them itself
        error, text = RuntimeError, "out of bounds"
    for shape in ((5, 2, 3), (2, 2, 4)):
        released = torch.zeros(shape)
        getattr(released, "untyped_storage", released.storage)().resize_(0)
        with pytest.raises(error, match=text):
            network(*([released] if shape[0] == 5 else [x, released]))
    assert network(torch.empty(5, 0, 3))[0].shape == (5, 0, 4)


def test_given_results():
    network, x = rnn(), inputs()
    output, h_n = torch.zeros(5, 2, 4), torch.zeros(2, 2, 4)
    got = network(x, out=(output, h_n))
    assert got[0] is output and got[1] is h_n
    assert networks.same([output.numpy(), h_n.numpy()], network(x.numpy()))
    spread = torch.zeros(5, 2, 8)[..., ::2]
    network(x, out=(spread, None))
    assert (spread == output).all()
    with pytest.raises(simplernn.AliasError):
        network(x, out=(output, output[:2]))


def test_integers_and_flags():
    network, x = rnn(), inputs()
    wanted = network(x, lengths=[5, 2], resets=numpy.eye(5, 2) > 0)[0]
    for lengths, resets in (
            (torch.tensor([5, 2]), torch.eye(5, 2).bool()),
            (torch.tensor([5, 2], dtype=torch.int32), torch.eye(5, 2)),
            (torch.tensor([5, 2]).byte(), torch.eye(5, 2).byte())):
        assert (network(x, lengths=lengths, resets=resets)[0] == wanted).all()
    stream = network.stream(3)
    stream.state = torch.ones(2, 3, 4)
    stream.reset(torch.tensor([True, False, False]))
    stream.reset(torch.tensor([2]))
    assert (stream.state == [[[0], [1], [0]]]).all()


def test_what_is_refused():
    network = rnn()
    x = inputs()
    needs = x.clone().requires_grad_()
    for arguments in ({"input": needs}, {"input": x, "h0": torch.zeros(
            2, 2, 4, requires_grad=True)}, {"input": needs * 1}):
        with pytest.raises(TypeError, match="requires a gradient.*detach"):
            network(**arguments)
    with torch.no_grad(), pytest.raises(TypeError, match="output requires a"):
        network(x, out=(torch.zeros(5, 2, 4, requires_grad=True), None))
    dtypes = ["float16", "bfloat16", "int32", "int64", "float64"]
    for dtype in dtypes + ["bool"] * HAS_TABLE:
        with pytest.raises(simplernn.DtypeError,
                           match=f"input has dtype {dtype}.*torch.float32"):
            network(x.to(getattr(torch, dtype)))
    for strange in (x.to("meta"), x.to_sparse(), x.to(torch.complex64)):
        with pytest.raises((TypeError, ValueError, RuntimeError, BufferError)):
            network(strange)
        with pytest.raises((TypeError, ValueError, RuntimeError, BufferError)):
            network(x, out=(strange, None))


def test_parameters_may_require_gradients():
    module = torch.nn.RNN(3, 4, 2)
    network = rnn()
    network.load_state_dict(dict(module.named_parameters()))
    x = inputs()
    with torch.no_grad():
        torch.testing.assert_close(
            torch.as_tensor(network(x)[0]), module(x)[0])
    assert network._sync(list(module.parameters())) is False
    module.weight_hh_l1.data.mul_(2)
    assert network._sync(list(module.parameters())) is True


@pytest.mark.parametrize("options", [
    {}, {"num_layers": 3, "bidirectional": True}, {"bias": False},
    {"nonlinearity": "relu", "batch_first": True}, {"dtype": torch.float64}])
def test_state_dict_both_ways(options):
    module = torch.nn.RNN(3, 4, **options)
    network = simplernn.RNN.from_torch(module)
    x = inputs().to(options.get("dtype", torch.float32))
    with torch.no_grad():
        for got, wanted in zip(network(x), module(x)):
            torch.testing.assert_close(torch.as_tensor(got), wanted)
    other = torch.nn.RNN(3, 4, **options)
    other.load_state_dict({name: torch.from_numpy(value)
                           for name, value in network.state_dict().items()})
    assert all((a == b).all() for a, b in zip(module.parameters(),
                                              other.parameters()))


def test_a_seed_is_that_of_torch():
    for seed in (0, -5, 2**63):
        torch.manual_seed(seed)
        module = torch.nn.RNN(40, 9, 3, bidirectional=True)
        network = simplernn.RNN(40, 9, 3, bidirectional=True, seed=seed)
        for name, value in module.named_parameters():
            assert (network.state_dict()[name] == value.detach().numpy()).all()


def test_cells_and_other_modules():
    cell = torch.nn.RNNCell(3, 4)
    ours = simplernn.RNNCell.from_torch(cell)
    with torch.no_grad():
        torch.testing.assert_close(torch.as_tensor(ours(inputs()[0])),
                                   cell(inputs()[0]))
    half = simplernn.RNN.from_torch(torch.nn.RNN(3, 4).bfloat16())
    assert half.dtype == "float32"
    for other in (torch.nn.LSTM(3, 4), torch.nn.GRU(3, 4), torch.nn.Linear(
            3, 4)):
        with pytest.raises(TypeError, match="not a simple recurrent network"):
            simplernn.RNN.from_torch(other)
