# SPDX-License-Identifier: MIT
"""What the peers in Python share: the command line, the rule of measuring
(that of ../timing.c) and a reference that tells whether a peer computes what
is asked of it."""

import argparse
import gc
import json
import math
import statistics
import sys
from time import perf_counter

import numpy as np

WARM_UP_SECONDS = 0.05
SAMPLE_SECONDS = 20e-6
LARGEST_ERROR = 1e-5


def parse():
    """The arguments, with shape as a tuple (T, B, I, H, L, D)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", required=True, metavar="T,B,I,H,L,D")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--samples", type=int, default=30)
    arguments = parser.parse_args()
    arguments.shape = tuple(int(n) for n in arguments.shape.split(","))
    if len(arguments.shape) != 6:
        parser.error("--shape takes six sizes")
    return arguments


def make_inputs(shape):
    """Input [T,B,I], and cells[l][d] = (W_ih, W_hh, b_ih, b_hh) as torch has
    them."""
    T, B, I, H, L, D = shape
    random = np.random.default_rng(1)

    def uniform(bound, *sizes):
        return random.uniform(-bound, bound, sizes).astype(np.float32)

    def cell(inputs):
        bound = 1 / math.sqrt(H)
        return (uniform(bound, H, inputs), uniform(bound, H, H),
                uniform(bound, H), uniform(bound, H))

    cells = [[cell(I if layer == 0 else D * H) for _ in range(D)]
             for layer in range(L)]
    return uniform(1, T, B, I), cells


def reference(x, cells):
    """The output for one sequence [T,I], in float64."""
    sequence = x.astype(np.float64)
    for layer in cells:
        halves = []
        for d, parameters in enumerate(layer):
            w_ih, w_hh, b_ih, b_hh = (p.astype(np.float64)
                                      for p in parameters)
            made = sequence @ w_ih.T + b_ih + b_hh
            state = np.zeros(w_hh.shape[0])
            for t in range(len(made))[::1 if d == 0 else -1]:
                state = np.tanh(made[t] + w_hh @ state)
                made[t] = state
            halves.append(made)
        sequence = np.concatenate(halves, axis=1)
    return sequence


def check(output, x, cells):
    """The largest error of the last sequence of the batch; ends the program
    if it is too large."""
    error = np.abs(output[:, -1] - reference(x[:, -1], cells)).max()
    if not error < LARGEST_ERROR:
        sys.exit(f"{sys.argv[0]}: wrong by {error}")
    return float(error)


def measure(forward, seconds, samples):
    """Seconds of every sample's mean call."""
    forward()
    calls, start = 0, perf_counter()
    while perf_counter() - start < WARM_UP_SECONDS:
        forward()
        calls += 1
    elapsed = perf_counter() - start
    fit = SAMPLE_SECONDS * calls / elapsed
    calls = 1 if fit < 1 else int(fit + 1)

    times, elapsed = [], 0.0
    while len(times) < samples or elapsed < seconds:
        start = perf_counter()
        for _ in range(calls):
            forward()
        sample = perf_counter() - start
        times.append(sample / calls)
        elapsed += sample
    return times


def main(library, version, prepare):
    """prepare(shape, x, cells, threads) returns a function that runs a forward
    and one that gives the output [T,B,D*H] of the latest."""
    arguments = parse()
    x, cells = make_inputs(arguments.shape)
    forward, output = prepare(arguments.shape, x, cells, arguments.threads)
    forward()
    error = check(output(), x, cells)
    gc.disable()
    times = measure(forward, arguments.seconds, arguments.samples)
    print(json.dumps({
        "library": library, "version": version,
        "shape": arguments.shape, "threads": arguments.threads,
        "median_us": round(1e6 * statistics.median(times), 4),
        "min_us": round(1e6 * min(times), 4),
        "samples": len(times), "error": float(f"{error:.2g}")}))
