# SPDX-License-Identifier: MIT
"""What the peers in Python share: the command line, the rule of measuring
(that of ../timing.c) and a reference that tells whether a peer computes what
is asked of it."""

import argparse
import ctypes
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
VANISHED = 1e-20  # a gradient that is as small may be anything as small


def parse():
    """The arguments, with shape as a tuple (T, B, I, H, L, D)."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--shape", required=True, metavar="T,B,I,H,L,D")
    parser.add_argument("--mode", choices=("forward", "train"),
                        default="forward")
    parser.add_argument("--loss", choices=("all", "last"), default="all")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--samples", type=int, default=30)
    arguments = parser.parse_args()
    arguments.shape = tuple(int(n) for n in arguments.shape.split(","))
    if len(arguments.shape) != 6:
        parser.error("--shape takes six sizes")
    return arguments


class Problem:
    """Input x [T,B,I], and cells[l][d] = (W_ih, W_hh, b_ih, b_hh) as torch has
    them. In training also h0 [L*D,B,H] and the gradient of the loss: d_output
    [T,B,D*H] with the loss "all", d_h_n [L*D,B,H] with the loss "last"; the
    other one is None. Only the last sequence of the batch has a loss, so that
    all gradients are those of this sequence, until fill_loss()."""

    def __init__(self, arguments):
        T, B, I, H, L, D = self.shape = arguments.shape
        self.trains = arguments.mode == "train"
        self.loss = arguments.loss
        self.random = np.random.default_rng(1)
        self.cells = [[self.make_cell(I if layer == 0 else D * H)
                       for _ in range(D)] for layer in range(L)]
        self.x = self.uniform(1, T, B, I)
        self.h0 = self.uniform(1, L * D, B, H) if self.trains else None
        self.d_output = self.d_h_n = None
        self.fill_loss()
        for loss in (self.d_output, self.d_h_n):
            if loss is not None:
                loss[:, :-1] = 0

    def uniform(self, bound, *sizes):
        return self.random.uniform(-bound, bound, sizes).astype(np.float32)

    def make_cell(self, inputs):
        H = self.shape[3]
        bound = 1 / math.sqrt(H)
        return (self.uniform(bound, H, inputs), self.uniform(bound, H, H),
                self.uniform(bound, H), self.uniform(bound, H))

    def fill_loss(self):
        T, B, _, H, L, D = self.shape
        if self.trains and self.loss == "all":
            self.d_output = self.uniform(1, T, B, D * H)
        elif self.trains:
            self.d_h_n = self.uniform(1, L * D, B, H)


class Result:
    """What a peer computed: output [T,B,D*H], and in training d_x, d_h0 and
    gradients[l][d], in the shapes of the problem."""

    def __init__(self, output, d_x=None, d_h0=None, gradients=None):
        self.output, self.d_x, self.d_h0 = output, d_x, d_h0
        self.gradients = gradients


def order(steps, direction):
    return range(steps)[::1 if direction == 0 else -1]


def forward_cell(sequence, cell, state, direction):
    """The states of one sequence [T,inputs]."""
    w_ih, w_hh, b_ih, b_hh = cell
    made = sequence @ w_ih.T + b_ih + b_hh
    for t in order(len(made), direction):
        state = np.tanh(made[t] + w_hh @ state)
        made[t] = state
    return made


def backward_cell(sequence, cell, h0, direction, made, d_made, d_state):
    """The gradients of sequence, of h0 and of the parameters."""
    w_ih, w_hh, _, _ = cell
    d_z = np.empty_like(made)
    before = np.empty_like(made)
    state = h0
    for t in order(len(made), direction):
        before[t] = state
        state = made[t]
    for t in order(len(made), 1 - direction):
        d_z[t] = (d_made[t] + d_state) * (1 - made[t] ** 2)
        d_state = d_z[t] @ w_hh
    d_b = d_z.sum(axis=0)
    return d_z @ w_ih, d_state, (d_z.T @ sequence, d_z.T @ before, d_b, d_b)


def reference(problem):
    """The Result of the last sequence, in float64."""
    _, _, _, H, L, D = problem.shape

    def wide(values, *sizes):
        return (np.zeros(sizes) if values is None
                else values[:, -1].astype(np.float64))

    cells = [[tuple(p.astype(np.float64) for p in cell) for cell in layer]
             for layer in problem.cells]
    h0 = wide(problem.h0, L * D, H)
    values = [problem.x[:, -1].astype(np.float64)]
    for layer in range(L):
        values.append(np.concatenate(
            [forward_cell(values[-1], cells[layer][d], h0[layer * D + d], d)
             for d in range(D)], axis=1))
    result = Result(values[-1], d_h0=np.zeros((L * D, H)),
                    gradients=[[None] * D for _ in range(L)])
    d_values = wide(problem.d_output, *values[-1].shape)
    d_h_n = wide(problem.d_h_n, L * D, H)
    for layer in reversed(range(L) if problem.trains else ()):
        d_below = 0
        for d in range(D):
            half, at = slice(d * H, d * H + H), layer * D + d
            d_x, result.d_h0[at], result.gradients[layer][d] = backward_cell(
                values[layer], cells[layer][d], h0[at], d,
                values[layer + 1][:, half], d_values[:, half], d_h_n[at])
            d_below = d_below + d_x
        d_values = d_below
    result.d_x = d_values
    return result


def error_of(got, want):
    """Relative to the largest entry, except if all have vanished."""
    return np.abs(got - want).max() / max(np.abs(want).max(), VANISHED)


def check(problem, result):
    """The largest error of the last sequence of the batch; ends the program
    if it is too large."""
    want = reference(problem)
    errors = [error_of(result.output[:, -1], want.output)]
    if problem.trains:
        errors += [error_of(result.d_x[:, -1], want.d_x),
                   error_of(result.d_h0[:, -1], want.d_h0)]
        errors += [error_of(got, right)
                   for ours, theirs in zip(result.gradients, want.gradients)
                   for cell, other in zip(ours, theirs)
                   for got, right in zip(cell, other)]
    if not all(error < LARGEST_ERROR for error in errors):
        sys.exit(f"{sys.argv[0]}: wrong by {max(errors)}")
    return float(max(errors))


def core_type():
    """OpenBLAS's, if the program has loaded one under its usual name."""
    with open("/proc/self/maps", encoding="utf-8") as maps:
        paths = {line.split()[-1] for line in maps if "blas" in line}
    for path in sorted(paths):
        name = getattr(ctypes.CDLL(path), "openblas_get_corename", None)
        if name:
            name.restype = ctypes.c_char_p
            return name().decode()
    return None


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


def main(library, version, blas, prepare):
    """prepare(problem, threads) returns a function that runs the mode once and
    one that gives the Result of the latest run. blas names what makes the
    products: "OpenBLAS" also has a core type."""
    arguments = parse()
    problem = Problem(arguments)
    run, result = prepare(problem, arguments.threads)
    run()
    run()  # it would be seen if this one added to the first
    error = check(problem, result())
    problem.fill_loss()
    run, _ = prepare(problem, arguments.threads)
    gc.disable()
    times = measure(run, arguments.seconds, arguments.samples)
    line = {"library": library, "version": version, "blas": blas}
    if blas.startswith("OpenBLAS"):
        line["core_type"] = core_type()
    line["mode"] = arguments.mode
    if problem.trains:
        line["loss"] = arguments.loss
    print(json.dumps(line | {
        "shape": arguments.shape, "threads": arguments.threads,
        "median_us": round(1e6 * statistics.median(times), 4),
        "min_us": round(1e6 * min(times), 4),
        "samples": len(times), "error": float(f"{error:.2g}")}))
