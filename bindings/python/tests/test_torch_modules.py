# SPDX-License-Identifier: MIT
"""What the modules share with torch's, apart from computing."""

import copy
import io
import pickle

import pytest

torch = pytest.importorskip("torch", "2.13")

import simplernn.torch as st
from torch_support import CLASSES, assert_close, fallbacks

MODULES = [
    (torch.nn.RNN, (3, 4), {}),
    (torch.nn.RNN, (3, 4, 2, "relu", False, True), {}),
    (torch.nn.RNN, (3, 4), {"num_layers": 3, "bidirectional": True,
                            "dropout": 0.5, "dtype": torch.float64}),
    (torch.nn.RNNCell, (3, 4), {}),
    (torch.nn.RNNCell, (3, 4, False, "relu"), {"dtype": torch.float64}),
]
all_modules = pytest.mark.parametrize("kind, arguments, words", MODULES)


def make_pair(kind, arguments, words):
    torch.manual_seed(5)
    theirs = kind(*arguments, **words)
    torch.manual_seed(5)
    return CLASSES[kind](*arguments, **words), theirs


def input_of(module):
    return torch.randn(5, module.input_size,
                       dtype=next(module.parameters()).dtype)


@all_modules
def test_attributes(kind, arguments, words):
    ours, theirs = make_pair(kind, arguments, words)
    assert str(ours) == str(theirs)
    assert not isinstance(ours, kind)
    # A module of torch also keeps a list of its weights.
    hidden = {"_flat_weights", "_flat_weight_refs"}
    assert vars(ours).keys() == vars(theirs).keys() - hidden
    for name in vars(theirs).keys() - hidden:
        if not name.startswith("_"):
            assert getattr(ours, name) == getattr(theirs, name)
    for name in ("flatten_parameters", "reset_parameters", "check_input"):
        assert hasattr(ours, name) == hasattr(theirs, name)


@all_modules
def test_parameters_have_the_same_names_order_and_initial_values(
        kind, arguments, words):
    ours, theirs = make_pair(kind, arguments, words)
    for mine, other in zip(ours.named_parameters(), theirs.named_parameters(),
                           strict=True):
        assert mine[0] == other[0] and torch.equal(mine[1], other[1])
    torch.manual_seed(6)
    ours.reset_parameters()
    torch.manual_seed(6)
    theirs.reset_parameters()
    for mine, other in zip(ours.parameters(), theirs.parameters(), strict=True):
        assert torch.equal(mine, other)


def test_all_weights_and_flat_weights():
    ours, theirs = make_pair(*MODULES[2])
    assert [[torch.equal(mine, other) for mine, other in zip(*layer)]
            for layer in zip(ours.all_weights, theirs.all_weights)] == [
                [True] * 4] * 6
    assert ours.all_weights[1][2] is ours.bias_ih_l0_reverse
    assert [id(weight) for weight in ours._flat_weights] == [
        id(weight) for weight in ours.parameters()]
    ours.weight_ih_l0 = torch.nn.Parameter(torch.zeros(4, 3))
    assert ours._flat_weights[0] is ours.weight_ih_l0


@all_modules
def test_state_dict_both_ways(kind, arguments, words):
    ours, theirs = make_pair(kind, arguments, words)
    for module in (ours, theirs):
        module.eval()
        module.reset_parameters()
    x = input_of(theirs)
    before = ours(x)
    theirs.load_state_dict(ours.state_dict())
    assert_close(before, theirs(x))
    theirs.reset_parameters()
    ours.load_state_dict(theirs.state_dict())
    assert_close(ours(x), theirs(x))


@all_modules
def test_copies_and_files(kind, arguments, words):
    ours, _ = make_pair(kind, arguments, words)
    ours.eval()
    x = input_of(ours)
    expected = ours(x)
    with torch.no_grad():
        ours(x)
    file = io.BytesIO()
    torch.save(ours, file)
    copies = [copy.deepcopy(ours), copy.copy(ours),
              pickle.loads(pickle.dumps(ours))]
    for weights_only in (False, True):
        file.seek(0)
        copies.append(torch.load(file, weights_only=weights_only))
    for copied in copies:
        assert vars(copied).keys() - {"_engine"} == (vars(ours).keys()
                                                     - {"_engine"})
        assert_close(copied(x), expected)
        assert str(copied) == str(ours)


def test_dtypes_and_devices(fallbacks):
    module = st.RNN(3, 4)
    x = torch.randn(5, 3)
    expected = module(x)
    assert_close(module.double()(x.double())[0].float(), expected[0])
    assert_close(module.float()(x), expected)
    assert not fallbacks
    assert module.bfloat16()(x.bfloat16())[0].dtype is torch.bfloat16
    assert module.to("meta")(x.to("meta", torch.bfloat16))[0].is_meta
    assert len(fallbacks) == 2
    empty = module.to_empty(device="cpu").float()
    empty.reset_parameters()
    assert empty(x)[0].isfinite().all()


def test_arguments_that_torch_refuses():
    for arguments, words in (
            ((0, 4), {}), ((3, 4.5), {}), ((3, 4, 0), {}),
            ((3, 4, 1, "gelu"), {}), ((3, 4), {"proj_size": 2}),
            ((3, 4), {"dropout": 2.0}), ((3, 4), {"nothing": 1})):
        errors = []
        for kind in (torch.nn.RNN, st.RNN):
            with pytest.raises(Exception) as caught:
                kind(*arguments, **words)
            errors.append((caught.type, str(caught.value)))
        assert errors[0] == errors[1]
    with pytest.warns(UserWarning, match="dropout option adds dropout after"):
        st.RNN(3, 4, dropout=0.5)


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.RNN(3, 4, batch_first=True)
        self.same = self.rnn
        self.parts = torch.nn.ModuleList([torch.nn.RNNCell(4, 4),
                                          torch.nn.GRU(4, 4)])

    def forward(self, x):
        return self.parts[0](self.same(self.rnn(x)[0][..., :3])[1][0])


class Derived(torch.nn.RNN):
    pass


def test_convert(fallbacks):
    model = Model()
    x = torch.randn(2, 5, 3)
    expected, parameters = model(x), dict(model.named_parameters())
    calls = []
    model.rnn.register_forward_hook(lambda *_: calls.append(1))
    assert st.convert(model) is model
    assert type(model.rnn) is st.RNN and model.same is model.rnn
    assert type(model.parts[0]) is st.RNNCell
    assert type(model.parts[1]) is torch.nn.GRU
    for name, parameter in model.named_parameters():
        assert parameter is parameters[name]
    assert_close(model(x), expected)
    assert len(calls) == 2 and not fallbacks
    assert_close(st.convert(model)(x), expected)
    assert type(st.convert(torch.nn.RNN(3, 4))) is st.RNN
    assert type(st.convert(Derived(3, 4))) is Derived


class Chain(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = torch.nn.RNN(3, 4)
        self.parts = torch.nn.ModuleDict({"cell": torch.nn.RNNCell(4, 4)})

    def forward(self, x, hx):
        output, h_n = self.rnn(x, hx)
        return self.parts["cell"](output[-1]) + self.parts["cell"](
            hx=h_n[0], input=output[0])


def test_fx(fallbacks):
    """torch.fx does not look into them, as it does not into those of torch."""
    theirs = Chain()
    ours = st.convert(copy.deepcopy(theirs))
    found, expected = (torch.fx.symbolic_trace(module)
                       for module in (ours, theirs))
    assert [(node.op, node.target) for node in found.graph.nodes] == [
        (node.op, node.target) for node in expected.graph.nodes]
    x, hx = torch.randn(5, 2, 3), torch.randn(1, 2, 4)
    assert type(found.rnn) is st.RNN
    assert_close(found(x, hx), expected(x, hx))
    with pytest.raises(Exception):  # the whole model: torch looks into it
        torch.fx.symbolic_trace(ours.rnn)
    with pytest.raises(Exception):
        torch.fx.symbolic_trace(theirs.rnn)
    assert fallbacks == [ours.rnn]


def test_the_attribute_bias_of_a_cell(fallbacks):
    """torch looks at the biases instead."""
    for bias in (True, False):
        theirs = torch.nn.RNNCell(3, 4, bias)
        ours = st.convert(copy.deepcopy(theirs))
        x = torch.randn(2, 3)
        for module in (ours, theirs):
            module.bias = not bias
        assert_close(ours(x), theirs(x))
        with torch.no_grad():
            assert_close(ours(x), theirs(x))
    assert not fallbacks


def outcome(module, x):
    try:
        return module(x)
    except Exception as error:
        return type(error), str(error)


@pytest.mark.parametrize("trains", [True, False])
@all_modules
def test_weights_that_are_none(kind, arguments, words, trains):
    for name in dict(kind(*arguments, **words).named_parameters()):
        ours, theirs = make_pair(kind, arguments, words)
        for module in (ours, theirs):
            module.eval()
            setattr(module, name, None)
        x = input_of(theirs)
        with torch.set_grad_enabled(trains):
            found, expected = outcome(ours, x), outcome(theirs, x)
        if isinstance(expected[0], type):
            assert found == expected
        else:
            assert_close(found, expected)


def test_attributes_that_change(fallbacks):
    """torch reads them at each call."""
    ours, theirs = make_pair(torch.nn.RNN, (3, 4, 2), {})
    x = torch.randn(5, 2, 3)
    for name, value in (("batch_first", True), ("mode", "RNN_RELU")):
        for module in (ours, theirs):
            setattr(module, name, value)
        with torch.no_grad():
            assert_close(ours(x), theirs(x))
    assert not fallbacks
