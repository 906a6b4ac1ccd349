#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Filters an endless signal sample by sample, and plots it.

    pip install simplernn matplotlib
    python stream.py [picture]

The network is built by hand: a state of one unit without an activation is an
exponential average. Layer 1 averages layer 0. A stream keeps the states from
call to call, so the signal may come in single samples or in blocks of any
size; the results are the same, bit for bit."""

import sys

import matplotlib
import numpy
import simplernn

matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402

SAMPLES = 100_000
WEIGHT = 0.01  # of a new sample in an average


def average():
    """Two averages, one behind the other."""
    values = {}
    for layer in range(2):
        values[f"weight_ih_l{layer}"] = numpy.float32([[WEIGHT]])
        values[f"weight_hh_l{layer}"] = numpy.float32([[1 - WEIGHT]])
    return simplernn.RNN.from_state_dict(values, nonlinearity="identity")


def main(picture="stream.png"):
    rnn = average()
    time = numpy.arange(SAMPLES) / 1000
    noise = numpy.random.default_rng(0).normal(size=SAMPLES)
    signal = (numpy.sin(time) + noise).astype("float32")[:, None]  # [T,I]

    smooth = numpy.empty_like(signal)
    with rnn.stream() as stream:
        for sample, out in zip(signal[:1000], smooth):  # as a microphone would
            stream.step(sample, out=out)
        for begin in range(1000, SAMPLES, 777):  # as a file would
            smooth[begin:begin + 777] = stream.advance(
                signal[begin:begin + 777])

    whole, _ = rnn(signal)
    is_equal = numpy.array_equal(whole, smooth)
    bits = "the same bits as" if is_equal else "other bits than"
    print(f"{SAMPLES} samples in steps and blocks: {bits} in one call")

    figure, axes = pyplot.subplots(figsize=(12, 4))
    shown = slice(0, 20_000)
    axes.plot(time[shown], signal[shown], ",", label="signal")
    axes.plot(time[shown], smooth[shown], label="output")
    axes.set_xlabel("seconds")
    axes.legend()
    figure.savefig(picture)
    return 0 if is_equal else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
