# SPDX-License-Identifier: MIT
"""Times simplernn.torch.RNN against the torch.nn.RNN that it replaces.

    python compare_torch.py [--samples N]

Times are medians of calls in one run, in microseconds, with weights in float32.
The two modules take turns, so that a disturbance hits both. Each has the better
one of its times with one thread and with all, and the fused Adam, the fastest
of torch. Quiet machines give good numbers: stop other programs first."""

import argparse
import copy
import os
import statistics
import time

import torch

import simplernn.torch

# What is timed, T,B,I,H,L,D, and the ratio that simplernn is made for.
ROWS = [
    ("inference", (1, 1, 32, 32, 1, 1), 3),
    ("inference", (1, 1, 1024, 1024, 1, 1), None),
    ("inference", (100, 1, 64, 64, 1, 1), 12),
    ("inference", (100, 32, 256, 256, 1, 1), 1.3),
    ("inference", (100, 1, 256, 256, 2, 2), 3),
    ("forward and backward", (100, 1, 64, 64, 1, 1), 20),
    ("training step", (100, 1, 64, 64, 1, 1), 6),
    ("training step", (20, 64, 2, 16, 1, 1), 2),
    ("training step", (100, 32, 28, 128, 1, 1), 2),
]


def prepare_inference(module, x, _):
    return lambda: module(x)


def prepare_forward_and_backward(module, x, d_output):
    weights = list(module.parameters())

    def run():
        output, _ = module(x)
        torch.autograd.grad(output, weights, d_output)
    return run


def prepare_training_step(module, x, d_output):
    optimizer = torch.optim.Adam(module.parameters(), fused=True)

    def run():
        optimizer.zero_grad()
        output, _ = module(x)
        output.backward(d_output)
        torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
        optimizer.step()
    return run


def time_in_turns(runs, samples):
    """The median microseconds of each."""
    counts = []
    for run in runs:  # samples of 5 ms and more
        run()
        start = time.perf_counter()
        run()
        counts.append(max(1, int(5e-3 / (time.perf_counter() - start))))
    times = [[] for _ in runs]
    for _ in range(samples):
        for run, count, found in zip(runs, counts, times):
            time.sleep(0.01)  # or threads of the other still wait actively
            run()
            start = time.perf_counter()
            for _ in range(count):
                run()
            found.append((time.perf_counter() - start) / count * 1e6)
    return [statistics.median(found) for found in times]


def compare(what, shape, samples):
    T, B, I, H, L, D = shape
    torch.manual_seed(0)
    theirs = torch.nn.RNN(I, H, L, bidirectional=D == 2)
    ours = simplernn.torch.convert(copy.deepcopy(theirs))
    x, d_output = torch.randn(T, B, I), torch.randn(T, B, D * H)
    prepare = {"inference": prepare_inference,
               "forward and backward": prepare_forward_and_backward,
               "training step": prepare_training_step}[what]
    runs = [prepare(module, x, d_output) for module in (theirs, ours)]
    times = []
    with torch.set_grad_enabled(what != "inference"):
        for threads in sorted({1, os.cpu_count()}):
            torch.set_num_threads(threads)
            times.append(time_in_turns(runs, samples))
    return [min(column) for column in zip(*times)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--samples", type=int, default=100)
    samples = parser.parse_args().samples
    print(f"torch {torch.__version__}, simplernn {simplernn.__version__}, "
          f"{os.cpu_count()} threads, load {os.getloadavg()[0]:.1f}\n")
    print(f"{'':22}{'T,B,I,H,L,D':20}{'torch us':>10}{'simplernn us':>14}"
          f"{'ratio':>8}{'goal':>6}")
    for what, shape, goal in ROWS:
        theirs, ours = compare(what, shape, samples)
        print(f"{what:22}{','.join(map(str, shape)):20}{theirs:10.1f}"
              f"{ours:14.1f}{theirs / ours:8.1f}{goal or '':>6}")


if __name__ == "__main__":
    main()
