#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures networks beside torch.nn.RNN, and plots the ratios.

    pip install simplernn torch matplotlib
    python speed.py [picture]

Both run with one thread and with all cores, and the better median counts. Close
other programs first. bench/ has more rows and more peers."""

import os
import statistics
import sys
import time

import matplotlib
import simplernn
import torch

matplotlib.use("agg")
from matplotlib import pyplot  # noqa: E402

#       T,   B,  I,   H,   L, directions
ROWS = [(1, 1, 16, 32, 1, 1),
        (100, 1, 64, 64, 1, 1),
        (100, 1, 256, 256, 2, 2),
        (100, 32, 28, 128, 1, 1),
        (100, 32, 256, 256, 1, 1)]


def median(call, seconds=0.3):
    """The median of a call, in microseconds."""
    samples, end = [], time.perf_counter() + seconds
    call()
    while time.perf_counter() < end or len(samples) < 10:
        begin = time.perf_counter()
        call()
        samples.append(time.perf_counter() - begin)
    return 1e6 * statistics.median(samples)


def measure(T, B, I, H, L, directions):
    """Our best median, and that of PyTorch."""
    module = torch.nn.RNN(I, H, L, bidirectional=directions == 2).eval()
    rnn = simplernn.RNN.from_torch(module)
    x = torch.randn(T, B, I)
    ours, theirs = [], []
    for threads in {1, os.cpu_count()}:
        rnn.num_threads = threads
        torch.set_num_threads(threads)
        ours.append(median(lambda: rnn(x)))
        with torch.inference_mode():
            theirs.append(median(lambda: module(x)))
    return min(ours), min(theirs)


def main(picture="speed.png"):
    ratios = []
    print("T,B,I,H,L,D: simplernn us, PyTorch us, ratio")
    for row in ROWS:
        ours, theirs = measure(*row)
        ratios.append(theirs / ours)
        print(f"{','.join(map(str, row))}: {ours:.1f}, {theirs:.1f}, "
              f"{ratios[-1]:.1f}")
    figure, axes = pyplot.subplots(figsize=(9, 3.5))
    axes.barh([",".join(map(str, row)) for row in ROWS], ratios)
    axes.set_xscale("log")
    axes.invert_yaxis()
    axes.set_xlabel("times as fast as torch.nn.RNN")
    axes.set_ylabel("T,B,I,H,L,D")
    figure.tight_layout()
    figure.savefig(picture)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
