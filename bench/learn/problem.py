# SPDX-License-Identifier: MIT
"""The training step of problem.h, for the programs in Python."""

import argparse
import gc
import json
import math
import statistics
import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "peers"))
import peer

CHECKED = 20  # LEARN_CHECKED


def parse():
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", required=True, metavar="T,B,I,H,C")
    parser.add_argument("--loss", choices=("all", "last"), required=True)
    parser.add_argument("--target", choices=("classes", "values"),
                        required=True)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--samples", type=int, default=30)
    arguments = parser.parse_args()
    arguments.sizes = tuple(int(n) for n in arguments.sizes.split(","))
    return arguments


class Problem:
    """parameters as a list, x [T,B,I], and targets: classes [rows] or values
    [rows,C]."""

    def __init__(self, arguments):
        self.sizes = T, B, I, H, C = arguments.sizes
        self.is_last = arguments.loss == "last"
        self.has_values = arguments.target == "values"
        self.next = 0
        bound = 1 / math.sqrt(H)
        self.parameters = [self.draw(bound, *shape) for shape in (
            (H, I), (H, H), (H,), (H,), (C, H), (C,))]
        self.x = self.draw(1, T, B, I)
        rows = B if self.is_last else T * B
        self.targets = self.draw(1, rows, C if self.has_values else 1)
        if not self.has_values:
            scaled = C * (self.targets[:, 0].astype(np.float64) + 1) / 2
            self.targets = scaled.astype(np.int64) % C

    def draw(self, bound, *shape):
        """The next numbers of the sequence that problem.c has."""
        count = math.prod(shape)
        n = np.arange(self.next + 1, self.next + count + 1, dtype=np.uint64)
        self.next += count
        words = (n * np.uint64(2654435769)) & np.uint64(0xffffffff)
        values = bound * (2 * (words / 2**32) - 1)
        return values.astype(np.float32).reshape(shape)


def main(library, version, prepare):
    """prepare(problem, threads) returns a function that makes one step and
    returns the loss before it, as anything that float() takes."""
    arguments = parse()
    step = prepare(Problem(arguments), arguments.threads)
    for _ in range(CHECKED):
        loss = step()
    loss = float(loss)
    gc.disable()
    times = peer.measure(step, arguments.seconds, arguments.samples)
    print(json.dumps({
        "library": library, "version": version, "threads": arguments.threads,
        "median_us": round(1e6 * statistics.median(times), 4),
        "min_us": round(1e6 * min(times), 4), "samples": len(times),
        "loss": loss}))
