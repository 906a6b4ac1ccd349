# SPDX-License-Identifier: MIT
"""Networks that are trained on several threads at once."""

import os
import threading

import numpy

import simplernn
from simplernn import train
from test_threads import run_threads

THREADS = 8


class Training:
    def __init__(self, seed, rnn=None, fc=None):
        self.rnn = rnn or simplernn.RNN(4, 16, seed=seed, num_threads=1)
        self.fc = fc or train.Linear(16, 3, seed=seed)
        self.g_rnn, self.g_fc = (train.Gradients(each)
                                 for each in (self.rnn, self.fc))
        self.tape = train.Tape(self.rnn)
        self.optimizer = train.Adam({"rnn.": self.g_rnn, "fc.": self.g_fc})
        random = numpy.random.default_rng(seed)
        self.x = random.normal(size=(10, 8, 4)).astype("float32")
        self.targets = random.integers(0, 3, (10, 8))

    def go_back(self):
        y, _ = self.tape.record(self.x)
        logits = self.fc(y, rnn=self.rnn)
        _, _, d = train.cross_entropy(logits, self.targets, d_logits=logits)
        d = self.fc.backward(y, d, gradients=self.g_fc, rnn=self.rnn)
        self.tape.backward(d, gradients=self.g_rnn)

    def step(self):
        self.go_back()
        train.clip_norm([self.g_rnn, self.g_fc], 1.0)
        self.optimizer.step()

    def values(self):
        return [value.tobytes() for part in (self.rnn, self.fc)
                for value in part.state_dict().values()]


def test_eight_threads_train_eight_models():
    def run(training):
        for _ in range(50):
            training.step()
        return training.values()

    wanted = [run(Training(seed)) for seed in range(THREADS)]
    found = [None] * THREADS

    def work(number):
        found[number] = run(Training(number))

    run_threads(*[lambda number=number: work(number)
                  for number in range(THREADS)])
    assert found == wanted and len({found[0][0], found[1][0]}) == 2


def test_a_step_waits_for_calls_and_calls_for_a_step():
    """Readers never see half of a step. Two optimizers have the same networks
    in another order, which must not make them wait for each other."""
    one = Training(0)
    two = Training(1)
    optimizers = [train.SGD(dict(zip("abcd", gradients)), lr=1.0)
                  for gradients in (
                      [one.g_rnn, one.g_fc, two.g_rnn, two.g_fc],
                      [two.g_fc, two.g_rnn, one.g_fc, one.g_rnn])]
    for training in one, two:
        for part in training.rnn, training.fc:
            part.load_state_dict({name: numpy.zeros_like(value) for
                                  name, value in part.state_dict().items()})
    for gradients in one.g_rnn, one.g_fc, two.g_rnn, two.g_fc:
        gradients.flat[:] = 0.001
    lock = threading.Lock()
    readers = 4

    def step(optimizer):
        while readers > 0:
            step_when_free(optimizer)
        assert optimizer.steps > 10

    def read():
        nonlocal readers
        try:
            for _ in range(200):
                for training in one, two:
                    for part in training.rnn, training.fc:
                        for value in part.state_dict().values():
                            assert numpy.unique(value).size == 1
                    training.fc(training.rnn(training.x)[0], rnn=training.rnn)
                    training.fc(training.x.repeat(4, axis=2))
        finally:
            with lock:
                readers -= 1

    run_threads(*[lambda each=each: step(each) for each in optimizers],
                *[read] * readers)


def step_when_free(optimizer):
    """Gradients belong to one thread at a time, so that two optimizers with the
    same ones may meet there."""
    while True:
        try:
            return optimizer.step()
        except simplernn.BusyError as error:
            assert "gradients" in str(error)


def test_a_layer_may_be_older_than_the_network_whose_threads_it_uses():
    """A step waits for the network in between, while it has the newest one. It
    must not wait for a layer whose thread waits for that one."""
    layer = train.Linear(512, 512)
    between, newest = (simplernn.RNN(64, 64, num_threads=1) for _ in range(2))
    gradients = [train.Gradients(each) for each in (layer, between, newest)]
    optimizers = train.SGD(dict(zip("abc", gradients))), train.SGD(gradients[0])
    x, long = numpy.ones((64, 512), "float32"), numpy.ones((500, 8, 64),
                                                           "float32")
    done = threading.Event()

    def step():
        try:
            for _ in range(50):
                for optimizer in optimizers:
                    optimizer.step()
        finally:
            done.set()

    def read():
        while not done.is_set():
            layer(x, rnn=newest)

    def run():
        while not done.is_set():
            between(long)

    run_threads(step, read, read, run)


def test_one_thread_at_a_time_uses_gradients():
    """A second one gets BusyError."""
    network = simplernn.RNN(4, 128, seed=0)
    gradients, tape = train.Gradients(network), train.Tape(network)
    tape.record(numpy.ones((2000, 8, 4), "float32"))
    d_output = numpy.ones((2000, 8, 128), "float32")
    refused = []

    def use(call):
        try:
            call()
        except simplernn.BusyError as error:
            refused.append(str(error))

    def go_back():
        for _ in range(20):  # until both are inside
            use(lambda: tape.backward(d_output, gradients=gradients))
            if refused:
                break

    thread = threading.Thread(target=go_back)
    thread.start()
    while thread.is_alive():
        use(lambda: train.norm(gradients))
    thread.join()
    assert set(refused) == {"another thread is using the gradients"}


def test_a_fork_waits_for_training():
    """The child can train what threads of its parent trained at the fork."""
    trainings = [Training(seed) for seed in range(3)]
    done = threading.Event()

    def work(training):
        while not done.is_set():
            training.step()

    threads = [threading.Thread(target=work, args=(training,))
               for training in trainings]
    for thread in threads:
        thread.start()
    try:
        for _ in range(20):
            child = os.fork()
            if child == 0:
                try:
                    for training in trainings:
                        training.step()
                    os._exit(0)
                except BaseException:
                    os._exit(1)
            assert os.waitpid(child, 0)[1] == 0
    finally:
        done.set()
        for thread in threads:
            thread.join()


def test_streams_follow_the_steps():
    """A stream computes with the weights of the last step."""
    training = Training(0)
    with training.rnn.stream(8) as stream:
        for _ in range(3):
            training.step()
            stream.reset()
            assert (stream.advance(training.x)
                    == training.rnn(training.x)[0]).all()


