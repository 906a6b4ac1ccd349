#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures whole training steps beside the peers that are installed: rnn,
linear layer, loss, both backwards, clipping, Adam. Prints a table. Needs the
programs of a build with -DSIMPLERNN_BENCH=ON."""

import argparse
import importlib.util
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
import run as forward

# T,B,I,H,C, what the loss reads, and what it compares with.
ROWS = (("20,64,2,16,10", "last", "classes"),
        ("100,32,28,128,10", "last", "classes"),
        ("35,20,65,256,65", "all", "classes"),
        ("500,64,3,100,2", "all", "values"))
LARGEST_DIFFERENCE = 1e-3  # of the loss after 20 steps, relative


def parse():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path,
                        default=HERE.parent.parent / "build/bench")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=0.3)
    parser.add_argument("--samples", type=int, default=30)
    parser.add_argument("--rows", nargs="+", metavar="T,B,I,H,C",
                        help="some of the rows")
    return parser.parse_args()


def find_contestants(build):
    """Commands by library."""
    folder = build / "bench/learn"
    found = {"simplernn": [folder / "simplernn-step"]}
    if (folder / "c-loop-step").exists():
        found["c_loop"] = [folder / "c-loop-step"]
    found.update((library, [sys.executable, HERE / f"{library}_step.py"])
                 for library in ("torch", "jax")
                 if importlib.util.find_spec(library))
    return found


def run_row(row, contestants, arguments):
    """Every contestant's best result, of all rounds and numbers of threads."""
    best = {}
    environment = forward.clean_environment()
    sizes, loss, target = row
    for _ in range(arguments.rounds):
        for library, command in contestants.items():
            for threads in {1, len(os.sched_getaffinity(0))}:
                results = forward.run_contestant(
                    [*command, "--sizes", sizes, "--loss", loss, "--target",
                     target, "--threads", threads, "--seconds",
                     arguments.seconds, "--samples", arguments.samples],
                    environment | {"OMP_NUM_THREADS": str(threads)}, [])
                best[library] = min(
                    [*results, *filter(None, [best.get(library)])],
                    key=lambda result: result["median_us"])
    return best


def check(best):
    """All must have learned the same."""
    wanted = best["simplernn"]["loss"]
    for library, result in best.items():
        if abs(result["loss"] - wanted) > LARGEST_DIFFERENCE * abs(wanted):
            sys.exit(f"{library} has a loss of {result['loss']}, "
                     f"simplernn of {wanted}")


def describe(result):
    core = f", {result['core_type']}" if "core_type" in result else ""
    return f"{result['median_us']:.1f} ({result['threads']}{core})"


def main():
    arguments = parse()
    contestants = find_contestants(arguments.build)
    rows = [row for row in ROWS
            if arguments.rows is None or row[0] in arguments.rows]
    if not rows:
        sys.exit("no row has these sizes")
    print("Medians in us (threads, core type of OpenBLAS); then the ratio to "
          "simplernn.\n")
    print("| T,B,I,H,C | loss |", " | ".join(contestants), "|")
    print("|---|---|" + "---|" * len(contestants))
    for row in rows:
        best = run_row(row, contestants, arguments)
        check(best)
        ours = best["simplernn"]["median_us"]
        cells = [describe(result) if library == "simplernn" else
                 f"{describe(result)} {result['median_us'] / ours:.2f}x"
                 for library, result in best.items()]
        print(f"| {row[0]} | {row[1]}, {row[2]} |", " | ".join(cells), "|",
              flush=True)
    for library, result in best.items():
        print(f"\n{library} {result['version']}", end="")
    print()


if __name__ == "__main__":
    main()
