# SPDX-License-Identifier: MIT
"""Any number of threads, one network."""

import subprocess
import sys
import threading
import time

import numpy
import pytest

import simplernn

THREADS = 8


def rnn(hidden_size=32, **options):
    options = {"num_threads": 1, "seed": 0, **options}
    return simplernn.RNN(16, hidden_size, **options)


def inputs(steps=50, batch=4, seed=0):
    random = numpy.random.default_rng(seed)
    return random.random((steps, batch, 16)).astype("float32")


def run_threads(*functions):
    """Runs all at once, and raises what one of them raised."""
    failures = []
    barrier = threading.Barrier(len(functions))

    def call(function):
        barrier.wait()
        try:
            function()
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=call, args=(function,), daemon=True)
               for function in functions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive(), "a thread waits for ever"
    if failures:
        raise failures[0]


def test_eight_threads_run_one_network():
    network = rnn(num_layers=2, bidirectional=True)
    x = inputs()
    lengths = [50, 3, 0, 20]
    wanted = network(x)[0].tobytes(), network(x, lengths=lengths)[0].tobytes()

    def work():
        for _ in range(100):
            assert network(x)[0].tobytes() == wanted[0]
            assert network(x, lengths=lengths)[0].tobytes() == wanted[1]

    run_threads(*[work] * THREADS)


def filled(network, number):
    return {name: numpy.full_like(value, number)
            for name, value in network.state_dict().items()}


def writers(network, states, done):
    """Functions that write the states by turns until readers are done."""
    def load():
        writes = 0
        while not done.is_set():
            network.load_state_dict(states[writes % 2])
            writes += 1
        assert writes > 10

    def sync():
        writes = 0
        while not done.is_set():
            network._sync(list(states[writes % 2].values()))
            writes += 1
        assert writes > 10

    return load, sync


def test_readers_see_the_whole_of_a_write():
    """Calls wait for a writer, and a writer for calls. Weights are all a or
    all b, and so is every result."""
    network = rnn()
    x = inputs()
    states = filled(network, 0.01), filled(network, -0.02)
    allowed = []
    for state in states:
        network.load_state_dict(state)
        stepped = network.stream(4).step(x[0]).tobytes()
        allowed.append((network(x)[0].tobytes(), stepped,
                        network._save_bytes("", ())))
    done = threading.Event()
    running = THREADS - 2
    lock = threading.Lock()

    def read():
        nonlocal running
        try:
            for _ in range(300):
                assert network(x)[0].tobytes() in {a[0] for a in allowed}
                with network.stream(4) as stream:
                    assert stream.step(x[0]).tobytes() in {
                        a[1] for a in allowed}
                assert network._save_bytes("", ()) in {a[2] for a in allowed}
                for value in network.state_dict().values():
                    assert numpy.unique(value).size == 1
        finally:
            with lock:
                running -= 1
                if running == 0:
                    done.set()

    run_threads(*writers(network, states, done), *[read] * running)


def test_a_writer_is_not_starved():
    """There is always a call inside: each takes milliseconds, and many threads
    make them."""
    network = rnn(64)
    x = inputs(4000, 8)
    done = threading.Event()

    def read():
        while not done.is_set():
            network(x)

    def write():
        try:
            for number in range(10):
                time.sleep(0.02)
                network.load_state_dict(filled(network, number / 100))
        finally:
            done.set()

    run_threads(write, *[read] * 12)


def test_cells_and_recordings_are_calls_too():
    cell = simplernn.RNNCell(16, 32, seed=0)
    network = rnn()
    x = inputs(5)
    done = threading.Event()
    states = filled(network, 0.01), filled(network, 0.02)
    cell_states = filled(cell, 0.01), filled(cell, 0.02)
    allowed = set()
    for state in cell_states:
        cell.load_state_dict(state)
        allowed.add(cell(x[0]).tobytes())
    tape = numpy.zeros(network._tape_size(5, 4), "uint8")
    output = numpy.zeros((5, 4, 32), "float32")

    def record():
        network._record(x, None, None, output, None, tape, None)
        return output.tobytes()

    recorded = set()
    for state in states:
        network.load_state_dict(state)
        recorded.add(record())
    assert len(recorded) == 2

    def read():
        try:
            for _ in range(500):
                assert cell(x[0]).tobytes() in allowed
                assert record() in recorded
        finally:
            done.set()

    def write():
        while not done.is_set():
            cell.load_state_dict(cell_states[0])
            cell.load_state_dict(cell_states[1])
            network._sync(list(states[0].values()))
            network._sync(list(states[1].values()))

    run_threads(read, write)


def test_streams_of_one_network_are_apart():
    network = rnn(num_layers=2)
    xs = [inputs(seed=seed) for seed in range(THREADS)]
    wanted = [network(x)[0].tobytes() for x in xs]

    def work(number):
        with network.stream(4) as stream:
            got = [stream.step(step) for step in xs[number][:25]]
            got += list(stream.advance(xs[number][25:]))
        assert numpy.stack(got).tobytes() == wanted[number]

    run_threads(*[lambda number=number: work(number)
                  for number in range(THREADS)])


def long_call(network):
    """A stream, and a thread that is inside a call of it for a while."""
    stream = network.stream(8)
    x = inputs(2000, 8)
    began = threading.Event()

    def work():
        began.set()
        try:
            stream.advance(x)
        except ValueError as error:
            assert str(error) == "the stream is closed"
        except simplernn.BusyError:
            pass  # the other thread was faster

    thread = threading.Thread(target=work)
    thread.start()
    began.wait()
    time.sleep(0.001)
    return stream, thread


@pytest.mark.parametrize("name, call", [
    ("step", lambda stream: stream.step(inputs(1, 8)[0])),
    ("advance", lambda stream: stream.advance(inputs(1, 8))),
    ("state", lambda stream: stream.state),
    ("reset", lambda stream: stream.reset()),
    ("close", lambda stream: stream.close())])
def test_one_thread_at_a_time_uses_a_stream(name, call):
    network = rnn(128)
    for _ in range(100):  # until the other thread is inside
        stream, thread = long_call(network)
        try:
            call(stream)
        except simplernn.BusyError as error:
            assert str(error) == "another thread is using the stream"
            break
        finally:
            thread.join()
    else:
        raise AssertionError(f"{name}() was never refused")
    call(stream)


def test_another_network_while_a_thread_steps():
    """No step fails, and each has the result of one of the networks."""
    networks = rnn(), rnn(seed=1)
    x = inputs(40)
    stream = networks[0].stream(4)
    allowed = {network(x[:1])[0].tobytes() for network in networks}
    done = threading.Event()

    def run():
        try:
            for _ in range(10000):
                stream.reset()
                assert stream.advance(x[:1]).tobytes() in allowed
                stream.reset()
                assert stream.step(x[0]).tobytes() in allowed
        finally:
            done.set()

    def exchange():
        while not done.is_set():
            for network in networks:
                stream.set_rnn(network)
                assert stream.rnn is network

    def write():
        states = [network.state_dict() for network in networks]
        while not done.is_set():
            for network, state in zip(networks, states):
                network.load_state_dict(state)

    run_threads(run, exchange, write)


def test_num_threads_changes_no_bit_and_can_be_taken_back():
    network = rnn(64, num_layers=2, bidirectional=True)
    x = inputs(100, 8)
    wanted = network(x)[0].tobytes()
    for number in (1, 2, 3, 8, None):
        network.num_threads = number
        assert network.num_threads == number
        assert network(x)[0].tobytes() == wanted
    with pytest.raises(AttributeError):
        del network.num_threads


COUNT_THREADS = """
import os, numpy, simplernn
network = simplernn.RNN(256, 256, num_threads=1, seed=0)
x = numpy.ones((100, 32, 256), "float32")
network(x)
alone = len(os.listdir("/proc/self/task"))
network.num_threads = None
network(x)
print(len(os.listdir("/proc/self/task")) - alone)
"""


def test_none_leaves_num_threads_to_the_library(environment):
    """A context that had one thread gets more when it may."""
    found = subprocess.run([sys.executable, "-c", COUNT_THREADS], text=True,
                           env={**environment, "SIMPLERNN_NUM_THREADS": "2",
                                "OPENBLAS_NUM_THREADS": "1"},
                           stdout=subprocess.PIPE, check=True)
    assert int(found.stdout) == 1
