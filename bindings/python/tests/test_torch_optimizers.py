# SPDX-License-Identifier: MIT
"""simplernn.train beside PyTorch: the same weights, data and order give the
same training."""

import numpy
import pytest

torch = pytest.importorskip("torch", "2.13")

import simplernn
from simplernn import train

STEPS = 200
KINDS = [
    ("SGD", {"lr": 0.05}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "dampening": 0.3}),
    ("SGD", {"lr": 0.05, "momentum": 0.9, "nesterov": True,
             "weight_decay": 1e-3}),
    ("Adam", {"lr": 1e-2}),
    ("Adam", {"lr": 1e-2, "betas": (0.8, 0.99), "weight_decay": 1e-3}),
    ("AdamW", {"lr": 1e-2}),
    ("RMSprop", {}),
    ("RMSprop", {"centered": True, "momentum": 0.5, "weight_decay": 1e-3,
                 "lr": 1e-3}),
]


@pytest.fixture(autouse=True)
def one_thread():
    """Such small tensors would only wait for more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def data():
    """Batches in an order that both sides have."""
    random = numpy.random.default_rng(0)
    for _ in range(STEPS):
        x = random.normal(size=(7, 6, 3))
        targets = (x.sum(axis=2) > 0).astype("int64") + (x[..., 0] > 1)
        yield x, numpy.where(random.random((7, 6)) < 0.2, -100, targets)


def rate(number):
    """A schedule: options are set between steps."""
    return 1.0 if number < STEPS // 2 else 0.5


def train_theirs(rnn, fc, kind, options):
    parameters = [*rnn.parameters(), *fc.parameters()]
    optimizer = getattr(torch.optim, kind)(parameters, **options)
    first, losses = optimizer.param_groups[0]["lr"], []
    for number, (x, targets) in enumerate(data()):
        optimizer.param_groups[0]["lr"] = first * rate(number)
        loss = torch.nn.functional.cross_entropy(
            fc(rnn(torch.from_numpy(x))[0]).flatten(0, 1),
            torch.from_numpy(targets).flatten())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(loss.item())
    return losses


def train_ours(rnn, fc, kind, options):
    tape = train.Tape(rnn)
    g_rnn, g_fc = train.Gradients(rnn), train.Gradients(fc)
    optimizer = getattr(train, kind)({"rnn.": g_rnn, "fc.": g_fc}, **options)
    first, losses = optimizer.lr, []
    for number, (x, targets) in enumerate(data()):
        optimizer.lr = first * rate(number)
        output, _ = tape.record(x)
        total, count, d = train.cross_entropy(fc(output), targets)
        d = fc.backward(output, d, gradients=g_fc)
        tape.backward(d, gradients=g_rnn)
        train.clip_norm([g_rnn, g_fc], 1.0)
        optimizer.step()
        losses.append(total / count)
    return losses


@pytest.mark.parametrize("kind, options", KINDS)
def test_two_hundred_steps(kind, options):
    torch.manual_seed(0)
    theirs = (torch.nn.RNN(3, 8, 2, bidirectional=True, dtype=torch.float64),
              torch.nn.Linear(16, 3, dtype=torch.float64))
    ours = (simplernn.RNN.from_torch(theirs[0]),
            train.Linear.from_torch(theirs[1]))
    losses = [train_one(*parts, kind, options) for train_one, parts in (
        (train_theirs, theirs), (train_ours, ours))]
    assert losses[0][-1] < 0.8 * losses[0][0]
    assert numpy.allclose(*losses, rtol=1e-9, atol=0)
    for their, our in zip(theirs, ours):
        for name, value in our.state_dict().items():
            wanted = their.state_dict()[name].numpy()
            assert abs(value - wanted).max() < 1e-8


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_layer_begins_with_the_values_of_torch(dtype):
    for seed in 0, 7, 2**40:
        for bias in True, False:
            torch.manual_seed(seed)
            theirs = torch.nn.Linear(13, 7, bias, dtype=getattr(torch, dtype))
            ours = train.Linear(13, 7, bias, dtype=dtype, seed=seed)
            for name, value in theirs.state_dict().items():
                assert (ours.state_dict()[name] == value.numpy()).all()


def test_tensors_go_in_and_come_out():
    """Results of tensors are tensors, and gradients of a tensor of torch are
    those of a parameter."""
    rnn = simplernn.RNN(3, 4, seed=0)
    fc = train.Linear(4, 2, seed=0)
    h0 = torch.zeros(1, 1, 4)
    gradients = train.Gradients(h0, name="h0")
    tape = train.Tape(rnn)
    output, _ = tape.record(torch.ones(5, 2, 3), h0)
    logits = fc(output)
    _, _, d = train.cross_entropy(logits, torch.zeros(5, 2, dtype=torch.int64))
    d = fc.backward(output, d)
    d_input, _, _ = tape.backward(d, d_input=True, d_h0=gradients["h0"])
    assert all(isinstance(each, torch.Tensor)
               for each in (output, logits, d, d_input))
    train.SGD(gradients, 1.0).step()
    assert torch.equal(h0, -torch.from_numpy(gradients["h0"])) and h0.any()
    with pytest.raises(RuntimeError, match="not resizable"):
        h0.resize_(100, 100)  # would free what the optimizer writes
    with pytest.raises(TypeError, match="requires a gradient"):
        train.Gradients(torch.zeros(3, requires_grad=True), name="h0")
