# SPDX-License-Identifier: MIT
"""fork, spawn, and networks that go from process to process."""

import multiprocessing
import os
import subprocess
import sys
import threading
import time

import numpy
import pytest

import simplernn

X = numpy.random.default_rng(0).random((20, 4, 16)).astype("float32")


def rnn(**options):
    return simplernn.RNN(16, 32, **{"num_layers": 2, "seed": 0, **options})


def run_child(work):
    """Runs work() in a child made by fork; it must end well, and soon."""
    child = os.fork()
    if child == 0:
        try:
            work()
            os._exit(0)
        except BaseException:
            import traceback
            traceback.print_exc()
        finally:
            os._exit(1)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        found, status = os.waitpid(child, os.WNOHANG)
        if found:
            assert os.waitstatus_to_exitcode(status) == 0
            return
        time.sleep(0.001)
    os.kill(child, 9)
    os.waitpid(child, 0)
    raise AssertionError("the child hangs")


def use(network, stream, wanted):
    """Runs, steps, writes and saves."""
    assert network(X)[0].tobytes() == wanted
    stream.reset()
    assert stream.advance(X).tobytes() == wanted
    state = network.state_dict()
    network.load_state_dict({name: value * 0 for name, value in state.items()})
    assert not network(X)[0].any()
    network.load_state_dict(state)
    assert network(X)[0].tobytes() == wanted
    assert simplernn.RNN.load(network._save_bytes("", ()))(
        X)[0].tobytes() == wanted


@pytest.mark.parametrize("num_threads", [1, 4])
def test_a_child_uses_what_it_inherits(num_threads):
    network = rnn(num_threads=num_threads)
    stream = network.stream(4)
    wanted = network(X)[0].tobytes()
    run_child(lambda: use(network, stream, wanted))
    use(network, stream, wanted)


@pytest.mark.parametrize("inside", ["forward", "advance", "write", "save"])
def test_a_fork_while_other_threads_are_inside(inside, tmp_path):
    """They do not exist in the child, so it neither waits for them nor is it
    told that they are busy."""
    network = rnn(num_threads=1)
    wanted = network(X)[0].tobytes()
    long = numpy.zeros((500, 4, 16), "float32")
    state = network.state_dict()
    own = network.stream(4)
    works = {
        "forward": lambda: network(long),
        "advance": lambda: own.advance(long),
        "write": lambda: network.load_state_dict(state),
        "save": lambda: network.save(tmp_path / "rnn.safetensors"),
    }
    done = threading.Event()

    def work():
        while not done.is_set():
            works[inside]()

    threads = [threading.Thread(target=work)
               for _ in range(1 if inside == "advance" else 3)]
    for thread in threads:
        thread.start()
    used = own if inside == "advance" else network.stream(4)
    try:
        for _ in range(15):
            run_child(lambda: use(network, used, wanted))
    finally:
        done.set()
        for thread in threads:
            thread.join()


def answer(pipe):
    network, x = pipe.recv()
    pipe.send((network(x)[0].tobytes(), network.num_threads, repr(network),
               getattr(network, "note", None)))
    network.load_state_dict(network.state_dict())
    pipe.send(network)


class Noted(simplernn.RNN):
    """Has an attribute of its own."""


@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_networks_go_from_process_to_process(method):
    context = multiprocessing.get_context(method)
    network = Noted(16, 32, bidirectional=True, num_threads=1, seed=0)
    network.note = "kept"
    here, there = context.Pipe()
    process = context.Process(target=answer, args=(there,))
    process.start()
    here.send((network, X))
    wanted = network(X)[0].tobytes()
    assert here.recv() == (wanted, 1, repr(network), "kept")
    assert here.recv()(X)[0].tobytes() == wanted
    process.join(60)
    assert process.exitcode == 0


def run_one(network):
    return network(X)[0].tobytes()


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_pools(method):
    networks = [rnn(seed=seed, num_threads=1) for seed in range(6)]
    networks[0](X)
    with multiprocessing.get_context(method).Pool(2) as pool:
        assert pool.map(run_one, networks) == [
            network(X)[0].tobytes() for network in networks]


HANDLERS = """
import os, sys
held = []
os.register_at_fork(**{sys.argv[1]: held.clear})
import numpy, simplernn
x = numpy.ones((5, 3, 4), "float32")
network = simplernn.RNN(4, 8, seed=0)
held += [simplernn.RNN(4, 8), simplernn.RNN(4, 8)]
child = os.fork()
network(x), simplernn.RNN(4, 8)(x)
if child == 0:
    os._exit(0)
assert os.waitpid(child, 0)[1] == 0
"""


@pytest.mark.parametrize("when", ["before", "after_in_parent",
                                  "after_in_child"])
def test_a_handler_of_a_fork_may_free_a_network(when, environment):
    """It runs while the extension keeps all networks from changing, if it was
    registered before the extension."""
    subprocess.run([sys.executable, "-c", HANDLERS, when], env=environment,
                   timeout=60, check=True)
