# SPDX-License-Identifier: MIT
"""Tape and Gradients: what they compute, and what they refuse."""

import copy
import gc
import pickle
import weakref

import numpy
import pytest
from hypothesis import given, strategies as st

import networks
import simplernn
from simplernn import train


def rnn(**options):
    return simplernn.RNN(3, 4, **{"dtype": "float64", "seed": 0, **options})


def normal(*shape, seed=0):
    return numpy.random.default_rng(seed).normal(size=shape)


def slope(function, value, direction, step=1e-6):
    """The derivative of function() where value moves in a direction."""
    before = value.copy()
    found = []
    for sign in 1, -1:
        value[...] = before + sign * step * direction
        found.append(function())
    value[...] = before
    return (found[0] - found[1]) / (2 * step)


@given(st.data())
def test_a_recording_has_the_results_of_a_call(data):
    network = data.draw(networks.networks())
    given_ = data.draw(networks.arguments(network))
    x = given_.pop("input")
    tape = train.Tape(network)
    assert networks.same(tape.record(x, **given_), network(x, **given_))


@given(st.data())
def test_gradients_are_the_slopes_of_a_loss(data):
    """Of all that has a gradient, along a random direction. relu has corners,
    where the slopes of two sides differ."""
    network = data.draw(networks.networks(
        dtype="float64", nonlinearity=data.draw(st.sampled_from(
            ["tanh", "sigmoid", "identity"]))))
    given_ = data.draw(networks.arguments(network))
    x = given_.pop("input")
    single = x.ndim == 2
    batch = 1 if single else x.shape[0 if network.batch_first else 1]
    states = (network.num_layers * (2 if network.bidirectional else 1),
              *([] if single else [batch]), network.hidden_size)
    random = numpy.random.default_rng(data.draw(st.integers(0, 2**32)))
    h0, fresh = random.uniform(-1, 1, (2, *states))
    given_ = {**given_, "h0": h0, "fresh": fresh}
    checkpoint = data.draw(st.integers(0, 3))
    tape = train.Tape(network, checkpoint_steps=checkpoint)
    output, h_n = tape.record(x, **given_)
    d_output, d_h_n = random.normal(size=output.shape), random.normal(
        size=h_n.shape)
    gradients = train.Gradients(network)
    d_input, d_h0, d_fresh = tape.backward(
        d_output, d_h_n, gradients=gradients, d_input=True, d_h0=True,
        d_fresh=True)
    assert (d_input.shape, d_h0.shape, d_fresh.shape) == (
        x.shape, states, states)
    parameters = network.state_dict()

    def loss():
        network.load_state_dict(parameters)
        output, h_n = network(x, **given_)
        return (output * d_output).sum() + (h_n * d_h_n).sum()

    for value, gradient in [(x, d_input), (h0, d_h0), (fresh, d_fresh), *(
            (parameters[name], gradients[name]) for name in gradients.names)]:
        direction = random.normal(size=value.shape)
        wanted = slope(loss, value, direction)
        assert abs((gradient * direction).sum() - wanted) <= 1e-6 * max(
            1, abs(wanted))


def test_arrays_that_the_caller_gives():
    network = rnn()
    tape, gradients = train.Tape(network), train.Gradients(network)
    x, d = normal(5, 2, 3), normal(5, 2, 4, seed=1)
    out = numpy.empty((5, 2, 8))[..., ::2], None
    output, h_n = tape.record(x, out=out)
    assert output is out[0] and h_n.shape == (1, 2, 4)
    wanted = tape.backward(d, d_input=True, d_h0=True)
    assert wanted[2] is None
    d_input, d_h0 = numpy.empty((3, 2, 5)).T, numpy.empty((1, 1, 4))
    found = tape.backward(d, d_input=d_input, d_h0=d_h0, gradients=gradients)
    assert found[0] is d_input and found[1] is d_h0
    assert (d_input == wanted[0]).all()
    assert numpy.allclose(d_h0, wanted[1].sum(axis=1, keepdims=True))
    assert tape.backward(d) == (None, None, None)


def test_accumulation_adds():
    network = rnn()
    tape, gradients = train.Tape(network), train.Gradients(network)
    d = normal(5, 2, 4, seed=1)
    tape.record(normal(5, 2, 3))
    tape.backward(d, gradients=gradients)
    once = gradients.flat.copy()
    tape.backward(d, gradients=gradients)
    assert gradients.flat.tobytes() == once.tobytes()
    tape.backward(d, gradients=gradients, accumulate=True)
    assert (gradients.flat == 2 * once).all()


def test_checkpoints_change_no_bit():
    network = rnn(num_layers=2)
    x, d = normal(300, 8, 3), normal(300, 8, 4, seed=1)
    found = []
    for steps in 0, 1, 100:
        tape = train.Tape(network, checkpoint_steps=steps)
        gradients = train.Gradients(network)
        tape.record(x)
        tape.backward(d, gradients=gradients)
        found.append(gradients.flat.tobytes())
    assert len(set(found)) == 1


def test_dropout_follows_from_the_seed_and_the_place():
    network = rnn(num_layers=2, dropout=0.5)
    x = normal(6, 4, 3)
    plain = network(x)[0]
    tape = train.Tape(network)
    whole = tape.record(x, seed=7)[0]
    assert (tape.record(x, seed=7)[0] == whole).all()
    assert (tape.record(x, seed=-1)[0] != whole).any()
    assert (tape.record(x, seed=2**64 - 1)[0] == tape.record(x, seed=-1)[0]
            ).all()
    assert (whole != plain).any()
    part = tape.record(x[:, 2:], seed=7, first_row=2)[0]
    assert (part == whole[:, 2:]).all()
    assert (tape.record(x[:, 2:], seed=7)[0] != part).any()
    begin, h_n = tape.record(x[:3], seed=7)
    assert (tape.record(x[3:], h_n, seed=7, first_step=3)[0] == whole[3:]).all()
    assert (train.Tape(network, dropout=False).record(x, seed=7)[0] == plain
            ).all()


def test_views_of_gradients():
    network = rnn(num_layers=2, bidirectional=True)
    gradients = train.Gradients(network)
    state = network.state_dict()
    assert gradients.names == tuple(state) and gradients.owner is network
    assert gradients.flat.dtype == "float64" and not gradients.flat.any()
    gradients.flat[...] = numpy.arange(gradients.flat.size)
    begin = 0
    for name, value in state.items():
        view = gradients[name]
        assert view.shape == value.shape and view.flags.c_contiguous
        assert (view.ravel() == gradients.flat[begin:begin + view.size]).all()
        begin += view.size
    assert begin == gradients.flat.size
    assert memoryview(gradients).format == "d"
    gradients["bias_hh_l0"][:] = -1
    flat = gradients.flat
    assert (flat == -1).sum() == 4
    del gradients
    gc.collect()
    assert (flat == -1).sum() == 4


def test_a_frozen_parameter_keeps_its_gradient():
    network = rnn()
    tape, gradients = train.Tape(network), train.Gradients(network)
    gradients.flat[:] = 5
    gradients.freeze("weight_ih_l0")
    assert not gradients.is_trained("weight_ih_l0")
    tape.record(normal(5, 2, 3))
    tape.backward(normal(5, 2, 4), gradients=gradients)
    assert (gradients["weight_ih_l0"] == 5).all()
    assert (gradients["weight_hh_l0"] != 5).all()
    gradients.unfreeze("weight_ih_l0")
    assert gradients.is_trained("weight_ih_l0")
    tape.backward(normal(5, 2, 4), gradients=gradients)
    assert (gradients["weight_ih_l0"] != 5).all()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_norm_scale_and_clip(dtype):
    one, two = (train.Gradients(rnn(seed=seed, dtype=dtype)) for seed in (1, 2))
    for gradients, seed in (one, 3), (two, 4):
        gradients.flat[:] = normal(gradients.flat.size, seed=seed)
    both = numpy.concatenate([one.flat, two.flat]).astype("float64")
    before = numpy.linalg.norm(both)
    ulp = 4 * numpy.finfo(dtype).eps
    assert train.norm([one, two]) == pytest.approx(before, rel=1e-14)
    assert train.norm(one) == train.norm([one]) < before
    assert train.clip_norm((one, two), 1.0) == pytest.approx(before, rel=1e-14)
    found = numpy.concatenate([one.flat, two.flat])
    assert numpy.allclose(found, both / (before + 1e-6), rtol=ulp, atol=0)
    assert train.clip_norm([one, two], numpy.inf) < 1.001
    train.scale([one, two], 2.0)
    assert (numpy.concatenate([one.flat, two.flat]) == 2 * found).all()
    train.clip_value(one, 0.01)
    assert (one.flat == numpy.clip(2 * found[:one.flat.size],
                                   -one.flat.dtype.type(0.01),
                                   one.flat.dtype.type(0.01))).all()


def test_an_array_can_be_a_parameter():
    h0 = numpy.zeros((1, 1, 4))
    gradients = train.Gradients(h0, name="h0")
    assert gradients.names == ("h0",) and gradients["h0"].shape == h0.shape
    assert gradients.owner is h0
    network = rnn()
    tape = train.Tape(network)
    tape.record(normal(5, 2, 3), h0)
    tape.backward(normal(5, 2, 4), d_h0=gradients["h0"])
    assert gradients.flat.all()
    with pytest.raises(ValueError):  # NumPy: there is another reference
        h0.resize(100)


@pytest.mark.parametrize("call, error, text", [
    (lambda: train.Gradients(3), TypeError, "need a name"),
    (lambda: train.Gradients(rnn(), name="rnn"), TypeError, "name is for an"),
    (lambda: train.Gradients(3, name="h0"), TypeError, "must be an array"),
    (lambda: train.Gradients([1.0], name="h0"), TypeError, "must be an array"),
    (lambda: train.Gradients(numpy.zeros(3), name=3), TypeError, "str"),
    (lambda: train.Gradients(numpy.zeros(3), name="a\0b"), ValueError, "null"),
    (lambda: train.Gradients(numpy.zeros(3), name=""), simplernn.InvalidError,
     "name"),
    (lambda: train.Gradients(numpy.zeros(3), name="x" * 32),
     simplernn.RangeError, "31"),
    (lambda: train.Gradients(numpy.zeros(0), name="h0"), simplernn.ShapeError,
     ""),
    (lambda: train.Gradients(numpy.zeros(6)[::2], name="h0"),
     simplernn.StateError, "contiguous"),
    (lambda: train.Gradients(numpy.zeros(3, "int32"), name="h0"),
     simplernn.DtypeError, "int32"),
    (lambda: train.Gradients(numpy.broadcast_to(1.0, 3), name="h0"),
     simplernn.StateError, "read-only"),
    (lambda: train.Gradients(rnn())["bias"], simplernn.NotFoundError,
     "no parameter is named 'bias'; there are ('weight_ih_l0',"),
    (lambda: train.Gradients(rnn())[0], KeyError, "named 0"),
    (lambda: train.Gradients(rnn()).freeze("x"), KeyError, "named 'x'"),
    (lambda: train.Gradients(rnn()).is_trained("x"), KeyError, "named 'x'"),
    (lambda: train.Tape(3), TypeError, "rnn must be an RNN"),
    (lambda: train.Tape(rnn(), checkpoint_steps=-1), simplernn.RangeError,
     "CHECKPOINT_STEPS"),
    (lambda: train.Tape(rnn()).backward(), simplernn.StateError, "empty"),
    (lambda: train.Tape(rnn()).record(normal(5, 2, 2)), simplernn.ShapeError,
     "input is [5, 2, 2]; a 1-layer rnn needs [T, batch, input_size=3]"),
    (lambda: train.Tape(rnn()).record(normal(5, 2, 3), seed=2**64),
     simplernn.RangeError, "seed"),
    (lambda: train.Tape(rnn()).record(normal(5, 2, 3), first_row=-1),
     simplernn.RangeError, "FIRST_ROW"),
    (lambda: train.norm(3), TypeError, "iterable"),
    (lambda: train.norm([3]), TypeError, "gradients must be Gradients"),
    (lambda: train.norm([]), simplernn.RangeError, ""),
    (lambda: train.norm([train.Gradients(rnn())] * 2), simplernn.InvalidError,
     "the same gradients"),
    (lambda: train.scale(train.Gradients(rnn()), -1.0), simplernn.RangeError,
     "factor"),
    (lambda: train.clip_norm(train.Gradients(rnn())), TypeError, ""),
])
def test_errors(call, error, text):
    with pytest.raises(error) as caught:
        call()
    assert text in str(caught.value)


def test_errors_of_backward():
    network = rnn()
    tape = train.Tape(network)
    x = normal(5, 2, 3)
    tape.record(x)
    gradients = train.Gradients(network)
    for arguments, error, text in [
            ({"d_output": normal(5, 2, 3)}, simplernn.ShapeError, "d_output"),
            ({"d_h_n": normal(2, 4)}, simplernn.ShapeError, "d_h_n"),
            ({"d_output": numpy.zeros((5, 2, 4), "float32")},
             simplernn.DtypeError, "d_output has dtype float32"),
            ({"gradients": train.Gradients(rnn())}, simplernn.InvalidError, ""),
            ({"gradients": network}, TypeError, "must be Gradients"),
            ({"d_input": numpy.zeros((5, 2, 4))}, simplernn.ShapeError,
             "d_input"),
            ({"d_h0": normal(5, 2, 3)}, simplernn.ShapeError, "d_h0"),
            ({"d_fresh": 3}, TypeError, "d_fresh must be an array"),
            ({"d_input": x}, simplernn.AliasError, "")]:
        with pytest.raises(error) as caught:
            tape.backward(**arguments)
        assert text in str(caught.value)
    gradients.flat[3] = numpy.inf
    bits = gradients.flat.tobytes()
    for call in (lambda: train.norm(gradients),
                 lambda: train.clip_norm([gradients], 1.0),
                 lambda: train.clip_value([gradients], 1.0)):
        with pytest.raises(simplernn.NotFiniteError, match="weight_ih_l0"):
            call()
    assert gradients.flat.tobytes() == bits
    network.load_state_dict(network.state_dict())
    with pytest.raises(simplernn.StaleError):
        tape.backward(normal(5, 2, 4))


def test_nothing_can_be_pickled_or_copied():
    network = rnn()
    for value in train.Tape(network), train.Gradients(network), train.Adam(
            train.Gradients(network)):
        for call in pickle.dumps, copy.copy, copy.deepcopy:
            with pytest.raises(TypeError, match="cannot pickle"):
                call(value)


def test_a_network_that_keeps_its_training_is_collected():
    class Agent(simplernn.RNN):
        pass

    agent = Agent(3, 4, seed=0)
    agent.tape = train.Tape(agent)
    agent.gradients = train.Gradients(agent)
    agent.optimizer = train.SGD(agent.gradients)
    agent.tape.record(numpy.zeros((5, 2, 3), "float32"))
    gone = weakref.ref(agent)
    del agent
    gc.collect()
    assert gone() is None
