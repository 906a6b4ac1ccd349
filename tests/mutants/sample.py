#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tries mutants that chance picks, and expects that the tests notice.

    tests/mutants/sample.py                      40 of the pool, by the commit
    tests/mutants/sample.py --all --folder src/io --count 100 --seed 1 \\
        --resume FILE                            100 of all mutants of a folder
    tests/mutants/sample.py --all --folder bindings/python/src/simplernn \\
        --torch PYTHON                           or of a binding
    tests/mutants/sample.py --resume FILE --retry    its survivors once more,
                                                     --thorough or --sanitize
    tests/mutants/sample.py --report FILE        the score by folder
    tests/mutants/sample.py --enlarge FILE       the pool, by such results
    tests/mutants/sample.py --check              do the equivalents still fit?

universalmutator of PyPI makes the mutants (see draw.py). One that does not
compile is broken, and one that gives the same machine code is the same, as is
one of Python or Rust that only changes comments. Neither is tried, and nor is
what equivalent/*.txt lists. The others are killed by a test, or take too long
for one, or survive, which is an error.

Without --all, they are drawn from the pool (pool.json): the first mutants of
every folder in the order of a fixed seed, as far as none of them survives. So
the commit is to blame for a survivor, and not the past."""

import argparse
import concurrent.futures
import dataclasses
import json
import pathlib
import subprocess
import sys
import tempfile
import threading
import time

import draw
import equivalent
import score
from binding_labs import PythonLab, RustLab
from lab import Lab
from run import Unfit

# The share of each folder's mutants that is the pool: those whose rank by this
# seed is below the number.
POOL_SEED = "1"
POOL = pathlib.Path(__file__).with_name("pool.json")
UNTRIED = ("broken", "same", "listed")
LABS = {"bindings/python": PythonLab, "bindings/rust": RustLab}


def tree_hash():
    """The same for the same files, whoever commits them."""
    return subprocess.run(["git", "rev-parse", "HEAD^{tree}"], cwd=draw.ROOT,
                          check=True, capture_output=True,
                          text=True).stdout.strip()


class Run:
    """Mutants and their results. Workers take from the same queue."""

    def __init__(self, mutants, entries, arguments):
        self.mutants = mutants
        self.entries = entries
        self.count = arguments.count
        self.thorough = arguments.thorough
        self.path = arguments.resume
        self.known = {} if arguments.retry else score.read(self.path)
        self.results = {}  # by the place of the mutant in the order
        self.next = 0
        self.lock = threading.Lock()

    def take(self):
        """The place of the next mutant, or None if there are enough."""
        with self.lock:
            if self.next == len(self.mutants) or \
                    self.tested() >= self.count:
                return None
            self.next += 1
            return self.next - 1

    def tested(self):
        return sum(result["verdict"] not in UNTRIED
                   for result in self.results.values())

    def finish(self, place, verdict, test, seconds):
        mutant = self.mutants[place]
        result = {"name": mutant.name, **dataclasses.asdict(mutant),
                  "verdict": verdict, "test": test,
                  "seconds": round(seconds, 1)}
        with self.lock:
            self.results[place] = result
            if self.path is not None:
                with self.path.open("a") as file:
                    file.write(json.dumps(result) + "\n")
        if verdict not in UNTRIED:
            show(result)

    def work(self, lab):
        while (place := self.take()) is not None:
            mutant = self.mutants[place]
            start = time.monotonic()
            if mutant.name in self.known:
                with self.lock:
                    self.results[place] = self.known[mutant.name]
            elif equivalent.find(mutant, self.entries):
                self.finish(place, "listed", "", 0)
            else:
                verdict, test = lab.check(mutant, self.thorough)
                self.finish(place, verdict, test, time.monotonic() - start)

    def chosen(self):
        """The first so many that were tested, and what lies between them: more
        may have been, as workers do not wait for each other."""
        results, tested = [], 0
        for _, result in sorted(self.results.items()):
            results.append(result)
            tested += result["verdict"] not in UNTRIED
            if tested == self.count:
                break
        return results


def show(result):
    print(f"{result['verdict']:8} {result['seconds']:5.1f} s  "
          f"{result['file']}:{result['line']} {result['test']}")
    if result["verdict"] == "survived":
        print(f"    -{result['before']}\n    +" +
              result["after"].replace("\n", "\n    +"))
    sys.stdout.flush()


def find_lab(files):
    """The kind of lab that can try mutants of all these files."""
    kinds = {LABS.get("/".join(file.split("/")[:2]), Lab) for file in files}
    if len(kinds) > 1:
        raise Unfit("--folder has folders that are tested in different ways: "
                    "try those of Python, of Rust and of C one after another")
    return kinds.pop()


def make_labs(folder, arguments, files):
    """The second costs less than the first if there is a ccache."""
    kind, workers = find_lab(files), arguments.workers
    if arguments.sanitize and kind is not Lab:
        raise Unfit("--sanitize is for mutants of src/ and bindings/cpp alone")
    return [kind(folder / str(i), workers, arguments) for i in range(workers)]


def run_all(run, folder, arguments):
    start = time.monotonic()
    labs = make_labs(folder, arguments,
                     {mutant.file for mutant in run.mutants})
    print(f"ready in {time.monotonic() - start:.0f} s", flush=True)
    start = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(arguments.workers) as pool:
        for work in [pool.submit(run.work, lab) for lab in labs]:
            work.result()
    print(f"{run.tested()} mutants in {time.monotonic() - start:.0f} s")


def read_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--all", action="store_true",
                        help="draw from all mutants, not from the pool")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--folder", action="append")
    parser.add_argument("--seed")
    parser.add_argument("--resume", type=pathlib.Path, metavar="FILE",
                        help="has the results so far, and gets new ones")
    parser.add_argument("--retry", action="store_true",
                        help="only those that survived by the file")
    parser.add_argument("--thorough", action="store_true",
                        help="slow tests too, for what survives the others")
    parser.add_argument("--sanitize", action="store_true",
                        help="likely tests only, with ASan and UBSan")
    parser.add_argument("--torch", metavar="PYTHON",
                        help="runs the tests of simplernn.torch, which are "
                        "left out otherwise")
    parser.add_argument("--keep", type=pathlib.Path, metavar="FOLDER",
                        help="keeps the builds here for the next time")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--report", type=pathlib.Path, metavar="FILE")
    parser.add_argument("--enlarge", type=pathlib.Path, metavar="FILE",
                        help="the pool, to what the file has no survivors of")
    parser.add_argument("--check", action="store_true")
    return parser.parse_args()


def choose(arguments):
    """The mutants to try, in their order."""
    folders = arguments.folder or draw.source_folders()
    mutants = draw.draw(folders, arguments.seed or tree_hash())
    if arguments.retry:
        survivors = {result["name"]
                     for result in score.read(arguments.resume).values()
                     if result["verdict"] == "survived"}
        return [mutant for mutant in mutants if mutant.name in survivors]
    if arguments.all:
        return mutants
    shares = json.loads(POOL.read_text())
    return [mutant for mutant in mutants
            if mutant.rank(POOL_SEED) < shares.get(mutant.folder, 0)]


def read_results(path, entries):
    """With the equivalents that are listed by now."""
    results = list(score.read(path).values())
    for result in results:
        fields = [field.name for field in dataclasses.fields(draw.Mutant)]
        mutant = draw.Mutant(*(result[field] for field in fields))
        if result["verdict"] == "survived" and \
                equivalent.find(mutant, entries):
            result["verdict"] = "listed"
    return results


def enlarge(results):
    """The pool becomes all that was drawn with its seed, without a gap."""
    known = {result["name"] for result in results
             if result["verdict"] != "survived"}
    shares = {}
    for mutant in draw.draw(draw.source_folders(), POOL_SEED):
        if mutant.name not in known:
            shares.setdefault(mutant.folder, mutant.rank(POOL_SEED))
    POOL.write_text(json.dumps(shares, indent=0, sort_keys=True) + "\n")


def main():
    arguments = read_arguments()
    entries = equivalent.read_all()
    if arguments.check:
        return
    if arguments.report:
        print(score.table(read_results(arguments.report, entries)))
        return
    if arguments.enlarge:
        enlarge(read_results(arguments.enlarge, entries))
        return
    mutants = choose(arguments)
    if not mutants:
        raise Unfit("there is no such mutant")
    run = Run(mutants, entries, arguments)
    with tempfile.TemporaryDirectory() as folder:
        run_all(run, (arguments.keep or pathlib.Path(folder)).resolve(),
                arguments)
    results = run.chosen()
    print(score.table(results))
    survivors = sum(result["verdict"] == "survived" for result in results)
    if survivors:
        raise Unfit(f"{survivors} survived")


if __name__ == "__main__":
    try:
        main()
    except Unfit as unfit:
        sys.exit(f"{unfit}")
