# SPDX-License-Identifier: MIT
"""Trains N networks on N threads of one process, and prints how the number of
training steps per second grows with N.

    train_threads.py [--threads N] [--seconds S] [--samples K]

A step records, computes a loss, goes back, clips, and updates with Adam. Each
thread has a network of its own, which computes on that thread alone. The last
column has N processes instead of N threads: what the machine gives to programs
that share nothing. All are measured in turns, because other programs come and
go on a shared machine."""

import argparse
import multiprocessing
import os
import statistics
import threading
import time

import numpy
import simplernn
from simplernn import train

# T, B, I, H and classes.
SHAPES = [(20, 64, 2, 16, 2), (28, 100, 28, 128, 10), (35, 20, 65, 256, 65)]


class Training:
    def __init__(self, shape, seed):
        steps, batch, input_size, hidden_size, classes = shape
        random = numpy.random.default_rng(seed)
        self.x = random.normal(size=(steps, batch, input_size)
                               ).astype("float32")
        self.targets = random.integers(0, classes, (steps, batch))
        self.rnn = simplernn.RNN(input_size, hidden_size, seed=seed,
                                 num_threads=1)
        self.fc = train.Linear(hidden_size, classes, seed=seed)
        self.tape = train.Tape(self.rnn)
        self.g_rnn = train.Gradients(self.rnn)
        self.g_fc = train.Gradients(self.fc)
        self.optimizer = train.Adam({"rnn.": self.g_rnn, "fc.": self.g_fc})

    def step(self):
        output, _ = self.tape.record(self.x)
        logits = self.fc(output)
        _, _, d = train.cross_entropy(logits, self.targets, d_logits=logits)
        d = self.fc.backward(output, d, gradients=self.g_fc)
        self.tape.backward(d, gradients=self.g_rnn)
        train.clip_norm([self.g_rnn, self.g_fc], 1.0)
        self.optimizer.step()


def measure_threads(trainings, seconds):
    """Steps per second of all threads together."""
    barrier = threading.Barrier(len(trainings) + 1)
    counts = [0] * len(trainings)
    done = False

    def work(number):
        barrier.wait()
        while not done:
            trainings[number].step()
            counts[number] += 1

    threads = [threading.Thread(target=work, args=(number,))
               for number in range(len(trainings))]
    for thread in threads:
        thread.start()
    barrier.wait()
    start = time.perf_counter()
    time.sleep(seconds)
    done = True
    for thread in threads:
        thread.join()
    return sum(counts) / (time.perf_counter() - start)


def measure_processes(trainings, seconds):
    """Steps per second of processes that train one network each."""
    context = multiprocessing.get_context("fork")
    barrier = context.Barrier(len(trainings))
    rates = context.SimpleQueue()

    def work(training):
        barrier.wait()
        rates.put(measure_threads([training], seconds))

    processes = [context.Process(target=work, args=(training,))
                 for training in trainings]
    for process in processes:
        process.start()
    found = [rates.get() for _ in processes]
    for process in processes:
        process.join()
    return sum(found)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    cores = len(os.sched_getaffinity(0))
    parser.add_argument("--threads", type=int, default=cores)
    parser.add_argument("--seconds", type=float, default=1.0)
    parser.add_argument("--samples", type=int, default=7)
    options = parser.parse_args()
    numbers = range(1, options.threads + 1)
    print(f"simplernn {simplernn.__version__}, {cores} cores, "
          f"load {os.getloadavg()[0]:.1f}\n")
    print(f"{'T,B,I,H,classes':20}{'threads':>8}{'steps/s':>10}{'scaling':>9}"
          f"{'processes':>11}")
    for shape in SHAPES:
        trainings = [Training(shape, seed) for seed in numbers]
        for training in trainings:
            training.step()
        found = [[measure(trainings[:number], options.seconds)
                  for number in numbers
                  for measure in (measure_threads, measure_processes)]
                 for _ in range(options.samples)]
        rates = [statistics.median(column) for column in zip(*found)]
        for number, ours, theirs in zip(numbers, rates[::2], rates[1::2]):
            print(f"{','.join(map(str, shape)):20}{number:8}{ours:10.0f}"
                  f"{ours / rates[0]:9.2f}{theirs:11.0f}")


if __name__ == "__main__":
    main()
