# SPDX-License-Identifier: MIT
"""Every failure is an exception of the right class with the text of the
library, and costs nothing: no memory, no references."""

import gc
import os
import sys
import weakref

import numpy
import pytest

import fakes
import simplernn
from simplernn import _core, train

X = numpy.zeros((5, 2, 3), "float32")
BUILTINS = {
    "DTYPE": TypeError, "NOT_FOUND": KeyError, "NO_MEMORY": MemoryError,
    "IO": OSError, "FORMAT": ValueError, "ENVIRONMENT": RuntimeError,
}


def statuses():
    names = ((-number, _core.constant_name(-number)) for number in range(1, 64))
    return [(number, name) for number, name in names if name is not None]


def test_the_library_has_statuses():
    assert len(statuses()) >= 18


# What the caller did wrong is a ValueError, what cannot be done a RuntimeError.
@pytest.mark.parametrize("status, name", statuses())
def test_every_status_is_an_exception(status, name):
    word = name.removeprefix("SRNN_ERROR_")
    made = getattr(simplernn, word.title().replace("_", "") + "Error")
    assert made.status == status and made.name == name
    assert issubclass(made, simplernn.SimpleRNNError)
    assert made.__module__ == "simplernn" and made.__doc__
    wanted = BUILTINS.get(word, ValueError if status > -20 else RuntimeError)
    assert issubclass(made, wanted)
    assert str(made("text")) == "text"  # KeyError would quote it


def rnn(**options):
    return simplernn.RNN(3, 4, seed=0, **options)


@pytest.mark.parametrize("call, error, text", [
    (lambda: rnn()(X[..., :2]), "ShapeError",
     "input is [5, 2, 2]; a 1-layer rnn needs [T, batch, input_size=3]"),
    (lambda: rnn()(X, numpy.zeros((2, 2, 4), "float32")), "ShapeError", "h0"),
    (lambda: rnn()(X, lengths=[5, 6]), "RangeError",
     "lengths[1] is 6, expected 0 to T=5"),
    (lambda: rnn()(X, lengths=[5]), "ShapeError",
     "lengths is [1]; a 1-layer rnn with batch 2 needs [batch=2]"),
    (lambda: rnn()(X, lengths=[5.0, 5.0]), "DtypeError",
     "lengths must be integers, not float64"),
    (lambda: rnn()(X, lengths=[2**70, 1]), "DtypeError", "integers"),
    (lambda: rnn()(X, lengths=numpy.array([1, 2**63 + 5], "u8")), "RangeError",
     "lengths has the number 9223372036854775813, which int64 does not have"),
    (lambda: rnn()(X, lengths=[2**64 - 1] * 2), "RangeError",
     "lengths has the number 18446744073709551615"),
    (lambda: rnn()(X, resets=[True]), "ShapeError", "resets is [1]; a"),
    (lambda: simplernn.RNN(0, 4), "RangeError",
     "input_size is 0, expected 1 to 1073741823"),
    (lambda: simplernn.RNN(3, 2**30), "RangeError", "hidden_size is"),
    (lambda: rnn(num_layers=0), "RangeError",
     "SRNN_OPTION_NUM_LAYERS is 0"),
    (lambda: rnn(dropout=2.0), "RangeError",
     "SRNN_OPTION_DROPOUT is 2"),
    (lambda: rnn(nonlinearity="gelu"), "InvalidError",
     "nonlinearity is 'gelu'"),
    (lambda: rnn(dtype="float16"), "DtypeError", "dtype is float16"),
    (lambda: rnn(direction="reverse", bidirectional=True), "InvalidError",
     "direction is 'reverse'"),
    (lambda: rnn(num_threads=0), "RangeError", "num_threads is 0"),
    (lambda: rnn(num_threads=257), "RangeError", "1 to 256"),
    (lambda: rnn().describe(-1, 1), "RangeError", "is -1"),
    (lambda: rnn().stream(0), "RangeError", "batch is 0"),
    (lambda: simplernn.RNN.load("/nonexistent"), "IoError",
     '"/nonexistent": cannot open: No such file or directory'),
    (lambda: simplernn.RNN.load(b"12345678"), "FormatError", ""),
    (lambda: rnn().load_state_dict({}), "NotFoundError",
     "the state_dict has no weight_ih_l0"),
    (lambda: rnn().load_state_dict({**rnn().state_dict(), "x": X}),
     "InvalidError", "x is not a parameter"),
    (lambda: rnn(bidirectional=True).stream().step(X[0, 0]),
     "UnsupportedError", "direction"),
])
def test_errors_of_the_library(call, error, text):
    with pytest.raises(getattr(simplernn, error)) as caught:
        call()
    assert text in str(caught.value)
    assert caught.value.name == "SRNN_ERROR_" + {
        "NotFoundError": "NOT_FOUND"}.get(error, error[:-5].upper())


RED = "\x1b[31mred"


@pytest.mark.parametrize("call", [
    lambda: rnn().load_state_dict({**rnn().state_dict(), RED: X}),
    lambda: rnn().load_state_dict({**rnn().state_dict(), (RED, 3): X}),
    lambda: train.Linear(3, 2).load_state_dict(
        {**train.Linear(3, 2).state_dict(), RED: X}),
    lambda: simplernn.RNN.from_state_dict({RED: X}),
    lambda: simplernn.RNN.from_state_dict({RED: X.astype("int8")}),
    lambda: rnn(dtype=RED),
    lambda: rnn(nonlinearity=RED),
    lambda: train.SGD({"": train.Gradients(rnn())})[RED],
    lambda: train.SGD({"": train.Gradients(rnn())}).save(
        "/nonexistent/x", {RED: X.astype("int8")}),
])
def test_names_in_messages_have_no_control_characters(call):
    with pytest.raises(simplernn.SimpleRNNError) as caught:
        call()
    assert "red" in str(caught.value) and str(caught.value).isprintable()


def test_names_that_are_no_texts():
    state = {**rnn().state_dict(), 3: X, "x" * 10**6: X}
    with pytest.raises(simplernn.InvalidError) as caught:
        rnn().load_state_dict(state)
    assert str(caught.value).startswith("3, \"xxx")
    assert len(str(caught.value)) < 300
    with pytest.raises(simplernn.InvalidError, match=" and 980 more is not"):
        rnn().load_state_dict({**rnn().state_dict(),
                               **dict.fromkeys(range(1000), X)})


@pytest.mark.parametrize("call, text", [
    (lambda: rnn()(), "RNN() needs the argument input"),
    (lambda: rnn()(None), "RNN() needs the argument input"),
    (lambda: rnn()(X, None, [5, 5]), "at most 2 arguments by position, not 3"),
    (lambda: rnn()(X, input=X), "got the argument 'input' twice"),
    (lambda: rnn()(X, hx=None), "has no argument 'hx'"),
    (lambda: rnn()(X, out=X), "out must be a tuple (output, h_n)"),
    (lambda: rnn()(X, out=(None,)), "out must be a tuple (output, h_n)"),
    (lambda: rnn()(X, out=[None, None]), "out must be a tuple (output, h_n)"),
    (lambda: rnn().stream().step(), "step() needs the argument input"),
    (lambda: rnn().stream().step(X, X), "at most 1 arguments"),
    (lambda: rnn().stream().advance(X, ahead="1"), "int"),
    (lambda: rnn().stream().set_rnn(3), "rnn must be an RNN"),
    (lambda: simplernn.Stream(3, 1), "a stream is made of an RNN"),
    (lambda: simplernn.RNN("3", 4), "int"),
    (lambda: simplernn.RNN(3, 4, seed=1.5), "float"),
    (lambda: simplernn.RNN(3, 4, num_threads="2"), "int"),
    (lambda: simplernn.RNN(3, 4, bias="yes"), "int"),
    (lambda: rnn()._record(*[None] * 6), "7 arguments"),
    (lambda: rnn()._set_parameters(3), "iterable"),
    (lambda: _core.command(3), "must be a tuple"),
    (lambda: _core.command(("text",)), "bytes"),
    (lambda: _core.constant(3), ""),
    (lambda: rnn().save(3), ""),
    (lambda: simplernn.RNN.load(3), "bytes-like"),
    (lambda: simplernn.RNN.from_torch(3), "not a simple recurrent network"),
])
def test_errors_of_arguments(call, text):
    with pytest.raises((TypeError, AttributeError)) as caught:
        call()
    assert text in str(caught.value)
    assert not isinstance(caught.value, simplernn.SimpleRNNError)


@pytest.mark.parametrize("call", [
    lambda: simplernn.RNN(2**70, 4), lambda: simplernn.RNN(3, -2**70),
    lambda: rnn(num_threads=2**70), lambda: rnn().stream(2**70),
    lambda: rnn().describe(2**70, 1), lambda: _core.constant_name(2**70),
    lambda: rnn().stream().advance(X[:, :1], ahead=2**70)])
def test_integers_beyond_64_bits(call):
    with pytest.raises(OverflowError):
        call()


def test_a_class_that_forgets_its_base():
    class Forgetful(simplernn.RNN):
        def __init__(self):
            pass

    network = Forgetful()
    for call in (lambda: network(X), lambda: network.state_dict(),
                 lambda: network.hidden_size, lambda: network.stream(),
                 lambda: network.describe(), lambda: repr(network),
                 lambda: network.save("/nonexistent"),
                 lambda: network._sync([]), lambda: network._tape_size(1, 1),
                 lambda: rnn().stream().set_rnn(network),
                 lambda: network._backward(*[None] * 7)):
        with pytest.raises(RuntimeError, match=r"super\(\).__init__\(\)"):
            call()


def test_a_network_is_made_once():
    network = rnn()
    before = network(X)[0].tobytes()
    for again in (lambda: network.__init__(5, 6), lambda: network._create(
            5, 6, {}, 0), lambda: network._load_bytes(
                rnn()._save_bytes("", ()), "", {})):
        with pytest.raises(RuntimeError, match="has a network already"):
            again()
    assert network(X)[0].tobytes() == before


def test_backward_needs_the_input_of_the_recording():
    """Its sizes are known before anything is read or written."""
    network = rnn()
    tape = numpy.zeros(network._tape_size(5, 2), "uint8")
    output = numpy.zeros((5, 2, 4), "float32")
    network._record(X, None, None, output, None, tape, None)
    network._backward(X, tape, output, None, None, None, None)
    for other in (X[:4], numpy.zeros((2, 5, 3), "float32"),
                  numpy.zeros((50, 20, 3), "float32"), X[:, 0]):
        with pytest.raises(simplernn.ShapeError, match="the recording has T=5"):
            network._backward(numpy.ascontiguousarray(other), tape, None, None,
                              None, None, None)
    for short in (tape[:63], tape[:64]):
        with pytest.raises(simplernn.SimpleRNNError):
            network._record(X, None, None, output, None, short, None)
    with pytest.raises(simplernn.ShapeError):
        network._record(None, None, None, output, None, tape, None)


def resident():
    """In bytes. Sanitizers keep what was freed for a while, and find leaks by
    themselves."""
    gc.collect()
    if "SIMPLERNN_SANITIZED" in os.environ:
        return 0
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096


def failing_calls():
    """Calls that fail late: something is open already."""
    network = rnn()
    cell = simplernn.RNNCell(3, 4, seed=0)
    stream = network.stream(2)
    half = X.astype("float16")
    odd = numpy.zeros((5, 2, 3), ">f4")  # is copied
    h0 = numpy.zeros((1, 2, 4), "float32")
    bad_state = {**network.state_dict(), "bias_hh_l0": X}
    layer, tape = train.Linear(3, 2, seed=0), train.Tape(network)
    gradients = train.Gradients(network)
    optimizer = train.SGD({"rnn.": gradients, "fc.": train.Gradients(layer)},
                          nesterov=True)
    tape.record(X)
    output = numpy.zeros((5, 2, 4), "float32")
    arrays = X, half, odd, h0, gradients, layer, network

    def each():
        yield lambda: tape.record(odd, h0, lengths=[9, 9])
        yield lambda: tape.record(X, h0, seed=2**64)
        yield lambda: tape.backward(output, h0, d_input=True, d_h0=X)
        yield lambda: tape.backward(output, gradients=train.Gradients(layer))
        yield lambda: layer(odd, out=X)
        yield lambda: layer.backward(odd, X)
        yield lambda: layer.load_state_dict({"weight": X, "bias": X})
        yield lambda: train.Linear.load(b"no file at all")
        yield lambda: train.Gradients(memoryview(X), name="")
        yield lambda: train.Gradients(fakes.Fake(X), name="x" * 40)
        yield lambda: gradients["x"]
        yield lambda: train.clip_norm([gradients, gradients], 1.0)
        yield lambda: train.cross_entropy(odd, [1])
        yield lambda: train.squared_error(X, odd, counted=[1])
        yield lambda: train.Adam({"a.": gradients, "b.": gradients})
        yield lambda: train.Adam(gradients, -1.0)
        yield lambda: optimizer.step()
        yield lambda: optimizer.save("/nonexistent/x", {"x": X}, {"y": "z"})
        yield lambda: optimizer.load("/nonexistent")
        yield lambda: setattr(optimizer["fc."], "lr", -1.0)
        yield lambda: network(X, half)
        yield lambda: network(odd, h0[..., :1])
        yield lambda: network(X, h0, lengths=[9, 9])
        yield lambda: network(X, h0, out=(X, None))
        yield lambda: network(memoryview(X), h0, resets=X)
        yield lambda: cell(X[0], half[0])
        yield lambda: stream.step(X[0], out=X[0])
        yield lambda: stream.advance(odd, resets=[1])
        yield lambda: stream.reset([0, 9])
        yield lambda: setattr(stream, "state", X)
        yield lambda: network.load_state_dict(bad_state)
        yield lambda: simplernn.RNN.load(b"no file at all")
        yield lambda: network._record(X, None, h0, X, h0, X, None)

    return list(each()), arrays


def succeeding_calls():
    network = rnn()
    cell = simplernn.RNNCell(3, 4, seed=0)
    stream = network.stream(2)
    odd = numpy.zeros((5, 2, 3), ">f4")
    h0 = numpy.zeros((1, 2, 4), "float32")
    out = numpy.zeros((5, 2, 4), "float32")
    values = list(network.state_dict().values())
    gradients = [value.copy() for value in values]
    lengths, flags = numpy.array([5, 3]), X[..., 0].astype("uint8")
    tape = numpy.zeros(network._tape_size(5, 2), "uint8")
    layer, recorded = train.Linear(4, 2, seed=0), train.Tape(network)
    trained, head = train.Gradients(network), train.Gradients(layer)
    optimizer = train.Adam({"rnn.": trained, "fc.": head})
    targets, states = numpy.zeros((5, 2), "int64"), out.copy()
    recorded.record(X)
    arrays = (X, odd, h0, out, lengths, flags, tape, targets, layer, trained,
              head, network, *values, *gradients)

    def each():
        yield lambda: recorded.record(memoryview(X), h0, lengths=[5, 3], seed=1)
        yield lambda: (recorded.record(odd), recorded.backward(
            memoryview(out), gradients=trained, d_input=True, d_h0=h0))
        yield lambda: layer(memoryview(out), rnn=network)
        yield lambda: layer.backward(fakes.Fake(out), X[..., :2],
                                     gradients=head, d_input=states)
        yield lambda: layer.load_state_dict(layer.state_dict())
        yield lambda: (trained.flat.sum(), trained["bias_hh_l0"],
                       memoryview(trained))
        yield lambda: train.clip_norm([trained, head], 1.0)
        yield lambda: train.cross_entropy(X[..., :2], memoryview(targets))
        yield lambda: train.squared_error(X, odd, counted=flags)
        yield lambda: train.Gradients(memoryview(h0), name="h0").flat
        yield lambda: train.Gradients(fakes.Old(h0), name="h0")
        yield lambda: train.RMSprop({"a": train.Gradients(layer)}).step()
        yield lambda: (optimizer.step(), setattr(optimizer, "lr", 1e-3))
        yield lambda: repr(optimizer) + repr(layer)
        yield lambda: network(X, h0)
        yield lambda: network(odd, h0, lengths=[5, 3], resets=X[..., 0])
        yield lambda: network(memoryview(X), out=(out, h0))
        yield lambda: network(X, out=(memoryview(out), memoryview(h0)))
        yield lambda: network(X, memoryview(h0), fresh=memoryview(h0),
                              lengths=memoryview(lengths),
                              resets=memoryview(flags))
        yield lambda: network(fakes.Fake(X), fakes.Old(h0),
                              out=(fakes.Fake(out), None))
        yield lambda: cell(memoryview(X[0]), memoryview(h0[0]),
                           out=memoryview(out[0]))
        yield lambda: stream.step(memoryview(X[0]), out=memoryview(out[0]))
        yield lambda: stream.advance(memoryview(X), fresh=memoryview(h0),
                                     resets=flags, out=memoryview(out))
        yield lambda: stream.reset(memoryview(flags[0]), fresh=memoryview(h0))
        yield lambda: network._record(*map(memoryview, (
            X, lengths, h0, out, h0, tape)), None)
        yield lambda: network._backward(
            *map(memoryview, (X, tape, out, h0)),
            [memoryview(value) for value in gradients], None, None)
        yield lambda: cell(X[0], h0[0])
        yield lambda: stream.step(X[0, ::-1], out=out[0])
        yield lambda: stream.advance(X, resets=X[..., 0] > 0)
        yield lambda: stream.reset([0, 1], fresh=h0)
        yield lambda: setattr(stream, "state", stream.state)
        yield lambda: network._sync(values)
        yield lambda: network._set_parameters(values)
        yield lambda: network.stream(3).close()
        yield lambda: repr(network)

    return list(each()), arrays


def run(calls, count, fails):
    for i in range(count):
        try:
            calls[i % len(calls)]()
        except (simplernn.SimpleRNNError, IndexError, ValueError):
            assert fails
        else:
            assert not fails


@pytest.mark.parametrize("make, fails", [(failing_calls, True),
                                         (succeeding_calls, False)])
def test_calls_leave_nothing_behind(make, fails):
    """10^5 calls. What grows by 32 bytes a call would be 3 MiB."""
    calls, arrays = make()
    run(calls, 2000, fails)
    objects = (*arrays, simplernn.RNN, simplernn.Stream, simplernn.RNNCell,
               train.Tape, train.Gradients, train.Linear, train.Adam)
    before = resident()
    references = [sys.getrefcount(each) for each in objects]
    run(calls, 100_000, fails)
    assert resident() - before < 2**20
    assert [sys.getrefcount(each) for each in objects] == references


def test_networks_leave_nothing_behind():
    def make():
        network = rnn(num_threads=1)
        network(X)
        network.stream(2).step(X[0])
        simplernn.RNN.load(network._save_bytes("", ()))

    for _ in range(500):
        make()
    before = resident()
    for _ in range(3000):
        make()
    assert resident() - before < 2**20


def test_results_outlive_the_network():
    network = rnn()
    output, h_n = network(X + 1)
    bits = output.tobytes()
    state = network.state_dict()
    stream = network.stream(2)
    del network
    gc.collect()
    assert output.tobytes() == bits and output.flags.owndata
    assert state["bias_hh_l0"].flags.owndata
    assert stream.step(X[0] + 1).tobytes() == output[0].tobytes()
    assert stream.rnn.hidden_size == 4


def test_a_network_that_keeps_its_stream_is_collected():
    class Agent(simplernn.RNN):
        pass

    agent = Agent(3, 4, seed=0)
    agent.memory = agent.stream()
    gone = weakref.ref(agent)
    del agent
    gc.collect()
    assert gone() is None


def test_collecting_garbage_during_calls():
    threshold = gc.get_threshold()
    gc.set_threshold(1)
    try:
        network = rnn()
        for _ in range(20):
            network(numpy.zeros((5, 2, 3), ">f4"), lengths=[5, 3],
                    resets=numpy.zeros((5, 2)).tolist())
            network.load_state_dict(network.state_dict())
    finally:
        gc.set_threshold(*threshold)
