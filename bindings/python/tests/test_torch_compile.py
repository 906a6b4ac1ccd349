# SPDX-License-Identifier: MIT
"""The operators: torch.compile, torch.export, opcheck."""

import copy
import io

import pytest

torch = pytest.importorskip("torch", "2.13")

import simplernn.torch as st
from simplernn.torch import _operators
from simplernn.torch._engine import Engines
from torch_support import assert_close, fallbacks


class Model(torch.nn.Module):
    """torch.nn.RNN itself does not compile with fullgraph=True."""

    def __init__(self):
        super().__init__()
        self.embedding = torch.nn.Embedding(10, 3)
        self.rnn = torch.nn.RNN(3, 8, 2, batch_first=True, bidirectional=True)
        self.cell = torch.nn.RNNCell(16, 5, nonlinearity="relu")
        self.linear = torch.nn.Linear(5, 10)

    def forward(self, tokens, state=None):
        output, h_n = self.rnn(self.embedding(tokens), state)
        return self.linear(self.cell(output[:, -1])), h_n


def make_pair():
    torch.manual_seed(9)
    theirs = Model()
    return st.convert(copy.deepcopy(theirs)), theirs


def tokens(B, T):
    return torch.randint(10, (B, T))


def compiled(module, backend, **words):
    torch._dynamo.reset()
    return torch.compile(module, fullgraph=True, backend=backend, **words)


@pytest.fixture(autouse=True, scope="module")
def cache(tmp_path_factory):
    """What another version of the package has compiled does not count."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TORCHINDUCTOR_CACHE_DIR",
                     str(tmp_path_factory.mktemp("inductor")))
        yield


@pytest.mark.parametrize("backend", ["aot_eager", "inductor"])
@pytest.mark.parametrize("dynamic", [None, True])
def test_compile(backend, dynamic, fallbacks):
    ours, theirs = make_pair()
    module = compiled(ours, backend, dynamic=dynamic)
    state = torch.randn(4, 3, 8)
    for arguments in ((tokens(3, 7),), (tokens(3, 7), state), (tokens(5, 9),),
                      (tokens(3, 12), state)):
        with torch.no_grad():
            assert_close(module(*arguments), theirs(*arguments))
        gradients = []
        for each in (module, theirs):
            logits, h_n = each(*arguments)
            (logits.square().sum() + h_n.sum()).backward()
            gradients.append([p.grad for p in each.parameters()])
            each.zero_grad()
        assert_close(*gradients)
    assert not fallbacks


def test_compiled_training_follows_the_weights():
    ours, theirs = make_pair()
    module = compiled(ours, "aot_eager")
    for each in (module, theirs):
        optimizer = torch.optim.Adam(each.parameters(), 0.01)
        torch.manual_seed(1)
        for _ in range(10):
            optimizer.zero_grad()
            logits, _ = each(tokens(3, 7))
            logits.logsumexp(1).sum().backward()
            optimizer.step()
    assert_close(list(ours.parameters()), list(theirs.parameters()))
    with torch.no_grad():
        ours.rnn.weight_hh_l0.data.add_(0.5)
        theirs.rnn.weight_hh_l0.data.add_(0.5)
        x = tokens(3, 7)
        assert_close(module(x), theirs(x))


def test_compiled_dropout_is_reproducible():
    module = compiled(st.RNN(3, 8, 2, dropout=0.5), "aot_eager")
    x = torch.randn(6, 4, 3)

    def run(seed):
        torch.manual_seed(seed)
        output, _ = module(x)
        return output, torch.autograd.grad(output.square().sum(),
                                           module.parameters())

    assert_close(run(1), run(1))
    assert not torch.equal(run(1)[0], run(2)[0])


def test_what_falls_back_compiles_too():
    ours, theirs = make_pair()
    x = torch.randn(3, 5, 3)
    for words in ({"dtype": torch.bfloat16},):
        module = compiled(ours.rnn.to(**words), "aot_eager")
        assert_close([each.float() for each in module(x.to(**words))],
                     [each.float() for each in theirs.rnn.to(**words)(
                         x.to(**words))])


@pytest.mark.parametrize("transform", [
    lambda f, x: torch.func.grad(lambda x: f(x).sum())(x),
    lambda f, x: torch.func.jvp(f, (x,), (x,))[1]])
def test_transforms_compile_too(transform):
    ours, theirs = make_pair()
    x = torch.randn(3, 5, 3)
    run = torch.compile(lambda x: transform(lambda x: ours.rnn(x)[0], x),
                        fullgraph=True, backend="aot_eager")
    torch._dynamo.reset()
    assert_close(run(x), transform(lambda x: theirs.rnn(x)[0], x))


def test_export(fallbacks):
    ours, theirs = make_pair()
    B, T = torch.export.Dim("B", min=2, max=64), torch.export.Dim("T", min=2)
    exported = torch.export.export(ours, (tokens(3, 7),),
                                   dynamic_shapes=({0: B, 1: T},))
    file = io.BytesIO()
    torch.export.save(exported, file)
    file.seek(0)
    loaded = torch.export.load(file).module()
    for shape in ((3, 7), (2, 2), (60, 31)):
        x = tokens(*shape)
        assert_close(loaded(x), theirs(x))
    loaded.rnn.weight_hh_l0.data.add_(0.5)
    theirs.rnn.weight_hh_l0.data.add_(0.5)
    assert_close(loaded(x), theirs(x))
    names = [node.target for node in exported.graph.nodes]
    assert names.count(torch.ops.simplernn.rnn.default) == 2
    assert not fallbacks


def test_an_exported_model_trains():
    ours, theirs = make_pair()
    loaded = torch.export.export(ours, (tokens(3, 7),)).module()
    x = tokens(3, 7)
    for each in (loaded, theirs):
        each(x)[0].square().sum().backward()
    gradients = dict(theirs.named_parameters())
    for name, parameter in loaded.named_parameters():
        assert_close(parameter.grad, gradients[name].grad)


def arguments_of(module, x, h0=None, lengths=None, seed=None):
    return (x, h0, lengths, seed, module._flat_weights,
            *module._options(module._flat_weights)[3:])


CALLS = [
    lambda: arguments_of(st.RNN(3, 4), torch.randn(5, 2, 3)),
    lambda: arguments_of(
        st.RNN(3, 4, 2, bidirectional=True, batch_first=True,
               dtype=torch.float64),
        torch.randn(2, 5, 3, dtype=torch.float64, requires_grad=True),
        torch.randn(4, 2, 4, dtype=torch.float64, requires_grad=True),
        torch.tensor([5, 3])),
    lambda: arguments_of(st.RNN(3, 4, 3, "relu", False, dropout=0.5),
                         torch.randn(5, 2, 3), seed=torch.tensor(12345)),
    lambda: arguments_of(st.RNN(3, 4).requires_grad_(False),
                         torch.randn(5, 2, 3)),
]
all_calls = pytest.mark.parametrize("make", CALLS)


@pytest.fixture
def one_engine(monkeypatch):
    """A tape begins with a number of the model that recorded it, so equal
    weights at another place give other bytes. opcheck copies the weights."""
    find = _operators.engines.find
    weights = [torch.empty(1)]
    monkeypatch.setattr(_operators.engines, "find",
                        lambda options, _: find(options, weights))


@all_calls
def test_opcheck(make, one_engine):
    torch.manual_seed(2)
    call = make()
    torch.library.opcheck(torch.ops.simplernn.rnn, call)
    torch.library.opcheck(torch.ops.simplernn.rnn_record, call)
    with torch.no_grad():
        output, h_n, tape = torch.ops.simplernn.rnn_record(*call)
    needs = [True, call[1] is not None, *[True, False] * (len(call[4]) // 2)]
    call = [value.detach() if torch.is_tensor(value) else value
            for value in call]
    call[4] = [weight.detach() for weight in call[4]]
    for gradients in ((torch.randn_like(output), None),
                      (None, torch.randn_like(h_n))):
        torch.library.opcheck(torch.ops.simplernn.rnn_backward,
                              (needs, tape, *gradients, *call))


@all_calls
def test_tapes_are_large_enough(make):
    """Their size must be a formula, because T and B can be symbols."""
    call = make()
    options = _operators.options_of(call[4], *call[5:])
    engine = _operators.engines.find(options, call[4])
    for T in (*range(1, 70, 3), 1000):
        for B in (*range(1, 70, 5), 333):
            shape = (B, T) if options.batch_first else (T, B)
            input = torch.empty(*shape, 3, device="meta")
            bytes = len(_operators.new_recording(options, input)[2])
            needed = engine.model._tape_size(T, B)
            assert needed + 1024 <= bytes <= needed + 4096


def test_engines_that_are_gone(monkeypatch):
    """Each backward finds no engine with its recording, and records again."""
    monkeypatch.setattr(_operators, "engines", Engines(limit=1))
    pairs = [(st.convert(copy.deepcopy(theirs)), theirs)
             for theirs in (torch.nn.RNN(3, 4) for _ in range(3))]
    x = torch.randn(5, 2, 3)
    for ours, _ in pairs:
        output, _, _ = torch.ops.simplernn.rnn_record(*arguments_of(ours, x))
        ours.loss = output.square().sum()
    assert len(_operators.engines.engines) == 1
    for ours, theirs in pairs:
        ours.loss.backward()
        theirs(x)[0].square().sum().backward()
        assert_close([parameter.grad for parameter in ours.parameters()],
                     [parameter.grad for parameter in theirs.parameters()])
