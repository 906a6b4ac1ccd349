# SPDX-License-Identifier: MIT
"""Eight threads that use one object at once. Where that is a mistake, each call
has the result of a call alone, or raises: nothing is mixed up, and nothing
crashes. On a free-threaded Python the threads run at the same moment."""

import subprocess
import sys
import sysconfig
import threading

import numpy
import pytest

import simplernn
from simplernn import train
from test_threads import run_threads

THREADS = 8


@pytest.fixture(autouse=True)
def switch_often():
    """With a GIL, threads meet in more places."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(interval)


def inputs(seed=0):
    random = numpy.random.default_rng(seed)
    return random.random((20, 4, 16)).astype("float32")


def network_of(seed=0):
    return simplernn.RNN(16, 32, num_threads=1, seed=seed)


def attempt(call, *allowed):
    """What the call returns, or None if it raises what it may."""
    try:
        return call()
    except (simplernn.BusyError, *allowed):
        return None


def use_together(*calls, rounds=100, allowed=()):
    """Every thread makes all calls, and begins with another one. Returns how
    many succeeded."""
    counts = [0] * THREADS

    def work(number):
        for i in range(number, number + rounds * len(calls)):
            if attempt(calls[i % len(calls)], *allowed) is not None:
                counts[number] += 1

    run_threads(*[lambda number=number: work(number)
                  for number in range(THREADS)])
    return sum(counts)


FIRST_USE = """
import threading, simplernn
network = simplernn.RNN(4, 8, seed=0)
x = memoryview(bytes(4 * 5 * 3 * 4)).cast("B").cast("f", (5, 3, 4))
barrier = threading.Barrier(8)
failures = []

def work():
    barrier.wait()
    try:
        y, h_n = network(x)  # imports NumPy
        import numpy
        assert y.shape == (5, 3, 8) and isinstance(y, numpy.ndarray)
        for i in range(20):  # types that nobody has seen
            kind = type(f"Kind{i}", (numpy.ndarray,), {})
            assert (network(numpy.zeros((5, 3, 4), "f").view(kind))[0]
                    == y).all()
    except BaseException as error:
        failures.append(error)

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert not failures, failures
"""


def test_the_first_use_of_numpy(environment):
    for _ in range(5):
        subprocess.run([sys.executable, "-c", FIRST_USE], env=environment,
                       check=True)


@pytest.mark.skipif(not sysconfig.get_config_var("Py_GIL_DISABLED"),
                    reason="this Python has a GIL")
def test_the_gil_stays_off(environment):
    """Python turns it on for an extension that does not declare otherwise."""
    environment.pop("PYTHON_GIL", None)
    subprocess.run([sys.executable, "-W", "error", "-c",
                    "import simplernn, simplernn.train, sys\n"
                    "assert not sys._is_gil_enabled()"],
                   env=environment, check=True)


def test_a_network_is_made_by_one_thread():
    """It has the sizes of one of them, and others see all of it or nothing."""
    x = inputs()
    for _ in range(50):
        network = simplernn.RNN.__new__(simplernn.RNN)
        made = []

        def make(number):
            try:
                network.__init__(16, number, seed=0)
                made.append(number)
            except RuntimeError as error:
                assert "already" in str(error)

        def use():
            for _ in range(20):
                found = attempt(lambda: network(x), RuntimeError)
                assert found is None or found[0].shape[2] == found[1].shape[2]

        run_threads(*[lambda number=number: make(number)
                      for number in range(1, 5)], *[use] * 4)
        assert made == [network.hidden_size] == [network(x)[0].shape[2]]


def test_an_optimizer_and_a_layer_are_made_by_one_thread():
    gradients = train.Gradients(network_of())
    for _ in range(50):
        optimizer = train.SGD.__new__(train.SGD)
        layer = train.Linear.__new__(train.Linear)
        made = []

        def make(number):
            for each, arguments in ((optimizer, ({f"{number}.": gradients},)),
                                    (layer, (4, number))):
                try:
                    each.__init__(*arguments)
                    made.append(each)
                except RuntimeError as error:
                    assert "already" in str(error)
            attempt(optimizer.step)

        run_threads(*[lambda number=number: make(number)
                      for number in range(1, THREADS + 1)])
        assert made in ([optimizer, layer], [layer, optimizer])
        assert layer(numpy.ones((2, 4), "float32")).shape == (
            2, layer.out_features)
        optimizer.step()


def test_one_network():
    """Calls have the result of one of the states, whatever others do."""
    network = network_of()
    x = inputs()
    states = [network_of(seed).state_dict() for seed in (0, 1)]
    allowed = {network_of(seed)(x)[0].tobytes() for seed in (0, 1)}

    def call():
        assert network(x)[0].tobytes() in allowed
        return True

    def set_threads():
        for number in (1, 2, None):
            network.num_threads = number
        assert network.num_threads in (1, 2, None)

    use_together(call, call, lambda: network.load_state_dict(states[0]),
                 lambda: network.load_state_dict(states[1]), set_threads,
                 lambda: train.Gradients(network).names,
                 lambda: network.stream(4).step(x[0]),
                 lambda: network.describe(), rounds=30)


def test_one_stream():
    """One thread is in it, and the others are refused. It alone keeps each of
    its networks, so that the old one ends when it gets another."""
    x = inputs()
    zeros = numpy.zeros((1, 4, 32), "float32")
    for _ in range(5):
        stream = network_of().stream(4)

        def set_state():
            stream.state = zeros

        succeeded = use_together(
            lambda: stream.step(x[0]), lambda: stream.advance(x), set_state,
            lambda: stream.state, lambda: stream.reset([0, 2]),
            lambda: stream.rnn.hidden_size,
            lambda: stream.set_rnn(network_of()), rounds=50)
        assert succeeded > 0
        stream.reset()
        assert stream.advance(x).tobytes() == stream.rnn(x)[0].tobytes()


def test_a_stream_is_closed_once():
    network = network_of()
    x = inputs()
    for _ in range(50):
        stream = network.stream(4)
        use_together(lambda: stream.step(x[0]), lambda: stream.advance(x),
                     lambda: stream.state, stream.close,
                     lambda: stream.set_rnn(network),
                     rounds=1, allowed=(ValueError,))
        stream.close()
        with pytest.raises(ValueError, match="closed"):
            stream.step(x[0])


def test_one_tape():
    """A gradient is that of one recording, with the input of that one."""
    network = network_of()
    tape = train.Tape(network)
    xs = [inputs(seed) for seed in range(THREADS)]
    d_output = numpy.ones((20, 4, 32), "float32")
    allowed = set()
    for x in xs:
        tape.record(x)
        gradients = train.Gradients(network)
        tape.backward(d_output, gradients=gradients)
        allowed.add(gradients.flat.tobytes())
    assert len(allowed) == THREADS
    succeeded = []

    def work(x):
        gradients = train.Gradients(network)
        for _ in range(200):
            attempt(lambda: tape.record(x))
            if attempt(lambda: tape.backward(d_output, gradients=gradients)):
                assert gradients.flat.tobytes() in allowed
                succeeded.append(True)

    run_threads(*[lambda x=x: work(x) for x in xs])
    assert succeeded


def test_a_tape_in_a_call_refuses_another():
    """Also while the call reads its arguments."""
    network = network_of()
    tape = train.Tape(network)
    inside, done = threading.Event(), threading.Event()

    class Rows:
        def __array__(self, *args, **keywords):
            inside.set()
            done.wait()
            return numpy.array([20, 1, 2, 3])

    thread = threading.Thread(
        target=lambda: tape.record(inputs(), lengths=Rows()))
    thread.start()
    inside.wait()
    try:
        for call in lambda: tape.record(inputs()), tape.backward:
            with pytest.raises(simplernn.BusyError, match="using the tape"):
                call()
    finally:
        done.set()
        thread.join()
    tape.backward()


def test_gradients_and_an_optimizer(tmp_path):
    """Steps, options, checkpoints and gradients of one network."""
    network = network_of()
    gradients, own = (train.Gradients(network) for _ in range(2))
    optimizer = train.Adam({"rnn.": gradients}, lr=1e-6)
    optimizer.save(tmp_path / "checkpoint")
    x, d_output = inputs(), numpy.ones((20, 4, 32), "float32")

    def go_back():
        tape = train.Tape(network)
        tape.record(x)
        return tape.backward(d_output, gradients=gradients)

    def set_rate():
        optimizer.lr = 1e-6
        return optimizer.lr

    def freeze():
        gradients.freeze("bias_hh_l0")
        gradients.unfreeze("bias_hh_l0")

    def save():
        optimizer.save(tmp_path / f"checkpoint{threading.get_ident()}",
                       {"x": x}, {"epoch": "1"})

    succeeded = use_together(
        go_back, set_rate, freeze, save, optimizer.step,
        lambda: optimizer.load(tmp_path / "checkpoint"),
        lambda: train.norm([gradients, own]),
        lambda: train.clip_norm(gradients, 1.0),
        lambda: train.scale([own, gradients], 0.5),
        lambda: gradients.flat.sum() + gradients["weight_hh_l0"].sum(),
        lambda: repr(optimizer), rounds=10, allowed=(simplernn.StaleError,))
    assert succeeded > 0
    optimizer.step()
    assert numpy.isfinite(network(x)[0]).all()


def test_one_layer():
    layer = train.Linear(16, 3, seed=0)
    network = network_of()
    gradients = train.Gradients(layer)
    x, d = inputs(), numpy.ones((20, 4, 3), "float32")
    state = layer.state_dict()
    wanted = layer(x).tobytes()

    def call():
        assert layer(x, rnn=network).tobytes() == wanted
        return True

    assert use_together(
        call, lambda: layer.load_state_dict(state), lambda: repr(layer),
        lambda: layer.backward(x, d, gradients=gradients),
        lambda: layer.backward(x, d, gradients=gradients, rnn=network),
        rounds=50) > 0
