#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Breaks the library on purpose, and expects that its tests notice.

    tests/mutants/run.py              all mutants
    tests/mutants/run.py NAME...      those whose name contains one of these
    tests/mutants/run.py --list       only their names; do they fit their files?

Every tests/mutants/*.txt is a list of mutants. One of them looks like this:

    == bias_hh_forgotten
    # The gradient of bias_hh is never written.
    src/stack/backward.c test_backward
    -if (bias != NULL)
    +if (bias != NULL && i == 0)

The lines after - are a text that the file has exactly once, and those after +
stand for it in the mutant. Several such pairs may follow each other. The first
line of a text need not be a whole line of the file. The test program must fail:
with a failed check, not with a crash or a hang. A mutant that no longer fits
its file, or does not compile, fails the gate too.

Every worker has a copy of the tree, which it builds once. After that it builds
what a mutant changes."""

import argparse
import concurrent.futures
import dataclasses
import os
import pathlib
import queue
import re
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
TIMEOUT = 300  # seconds, of a test
# Without optimization the tests take much longer than the compiler, and make
# looks at all files for much longer than ninja.
FAST = ["-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DSIMPLERNN_EXAMPLES=OFF",
        # A test program stays as it is if the shared library changes.
        "-DCMAKE_LINK_DEPENDS_NO_SHARED=ON"]
CONFIGURE = [*FAST, "-DSIMPLERNN_BLAS=OFF", "-DSIMPLERNN_COMMAND=OFF"]


class Unfit(Exception):
    """The gate cannot say anything about a mutant."""


@dataclasses.dataclass
class Mutant:
    name: str
    about: str
    file: str
    test: str
    pairs: list  # of a text and its replacement


def parse_pairs(name, lines):
    pairs = []
    before = ""
    for line in lines:
        kind, text = line[:1], line[1:]
        if kind not in ("-", "+") or before + kind == "+" or \
                (before, kind) == ("", "+"):
            raise Unfit(f"{name}: unexpected line: {line}")
        if kind == "-" and before != "-":
            pairs.append(([], []))
        pairs[-1][kind == "+"].append(text)
        before = kind
    if not pairs:
        raise Unfit(f"{name}: changes nothing")
    return [("\n".join(old), "\n".join(new)) for old, new in pairs]


def parse(text):
    mutants = []
    for entry in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        name, *lines = entry.rstrip("\n").split("\n")
        about = []
        while lines and lines[0].startswith("#"):
            about.append(lines.pop(0)[1:].strip())
        if not about or not lines or len(lines[0].split()) != 2:
            raise Unfit(f"{name}: expected a comment, and a file and a test")
        file, test = lines.pop(0).split()
        pairs = parse_pairs(name, [line for line in lines if line])
        mutants.append(Mutant(name, " ".join(about), file, test, pairs))
    return mutants


def read_all():
    mutants = []
    for path in sorted(pathlib.Path(__file__).parent.glob("*.txt")):
        mutants += parse(path.read_text())
    names = [m.name for m in mutants]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise Unfit(f"used twice: {', '.join(twice)}")
    check_fit(mutants)
    return mutants


def check_fit(mutants):
    """Tells of all that do not fit, before anything takes time."""
    problems = []
    for mutant in mutants:
        try:
            mutate(mutant, (ROOT / mutant.file).read_text())
        except (OSError, Unfit) as error:
            problems.append(str(error))
    if problems:
        raise Unfit("\n".join(problems))


def mutate(mutant, text):
    for old, new in mutant.pairs:
        count = text.count(old)
        if count != 1:
            raise Unfit(f"{mutant.name}: {mutant.file} has {count} times:\n"
                        f"{old}")
        text = text.replace(old, new)
    return text


def call(*command, **options):
    result = subprocess.run(command, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True,
                            errors="replace", check=False, **options)
    return result.returncode, result.stdout


def cache_flags(folder):
    """For cmake, if there is a ccache: the second copy in the folder costs
    less, and so does going back from a mutant."""
    if shutil.which("ccache") is None:
        return []
    os.environ.setdefault("CCACHE_DIR", str(folder / "ccache"))
    os.environ["CCACHE_BASEDIR"] = str(folder)
    os.environ["CCACHE_NOHASHDIR"] = "1"
    return [f"-DCMAKE_{language}_COMPILER_LAUNCHER=ccache"
            for language in ("C", "CXX")]


class Worker:
    """A copy of the tree, and its build."""

    def __init__(self, folder):
        self.tree = folder / "tree"
        self.build_folder = folder / "build"
        shutil.copytree(ROOT, self.tree,
                        ignore=shutil.ignore_patterns(".git", "build*"))
        code, text = call("cmake", "-S", self.tree, "-B", self.build_folder,
                          *CONFIGURE, *cache_flags(folder.parent))
        if code != 0:
            raise Unfit(text)

    def build(self, tests):
        code, text = call("cmake", "--build", self.build_folder, "-j",
                          str(os.cpu_count() or 1), "--target", *tests)
        if code != 0:
            raise Unfit(f"does not compile:\n{text}")

    def run(self, test):
        """Does it pass? Else the reason, which a check has to give."""
        try:
            code, text = call(self.build_folder / "tests" / test,
                              timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            raise Unfit(f"{test} takes more than {TIMEOUT} s") from None
        if code == 0:
            return None
        failed = re.search(r"^(?:ERROR: |\[  ERROR   \] --- )(.*)", text,
                           re.MULTILINE)
        if code < 0 or "[  FAILED  ]" not in text or failed is None or \
                "Test failed with exception" in text:
            raise Unfit(f"{test} crashed ({code}):\n{text[-2000:]}")
        return failed.group(1)

    def check(self, mutant):
        """What the test says about the mutant; None if nothing."""
        path = self.tree / mutant.file
        original = path.read_text()
        path.write_text(mutate(mutant, original))
        try:
            self.build([mutant.test])
            return self.run(mutant.test)
        finally:
            path.write_text(original)


def check_originals(worker, tests):
    for test in tests:
        reason = worker.run(test)
        if reason is not None:
            raise Unfit(f"{test} fails without a mutant: {reason}")


def work(worker, jobs, tests, show):
    """Takes from the queue until it is empty."""
    while True:
        try:
            job = jobs.get_nowait()
        except queue.Empty:
            return
        name = "the original" if job is None else job.name
        start = time.monotonic()
        try:
            if job is None:
                check_originals(worker, tests)
                show("passes", name, start, ", ".join(tests))
                continue
            reason = worker.check(job)
            if reason is None:
                show("SURVIVES", name, start, job.about)
            else:
                show("caught", name, start, reason)
        except Unfit as error:
            show("ERROR", name, start, str(error))


def make_workers(folder, count, tests):
    """One after the other: ccache has for the second what the first compiled.
    """
    workers = []
    for i in range(count):
        workers.append(Worker(folder / str(i)))
        workers[-1].build(tests)
    return workers


def run_all(mutants, folder, count):
    jobs = queue.Queue()
    problems = []
    for job in [None, *mutants]:
        jobs.put(job)
    tests = sorted({mutant.test for mutant in mutants})

    def show(word, name, start, text):
        seconds = f"{time.monotonic() - start:5.1f} s"
        print(f"{word:8} {seconds}  {name}: {text}", flush=True)
        if word in ("SURVIVES", "ERROR"):
            problems.append(name)

    workers = make_workers(folder, count, tests)
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        futures = [pool.submit(work, worker, jobs, tests, show)
                   for worker in workers]
        for future in futures:
            future.result()
    return problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--workers", type=int,
                        default=max(1, min(4, os.cpu_count() or 1)))
    arguments = parser.parse_args()
    mutants = [m for m in read_all() if not arguments.names or
               any(name in m.name for name in arguments.names)]
    if arguments.list:
        for mutant in mutants:
            print(f"{mutant.name}: {mutant.about}")
        return
    if not mutants:
        sys.exit("no such mutant")
    start = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        problems = run_all(mutants, pathlib.Path(folder), arguments.workers)
    print(f"{len(mutants)} mutants in {time.monotonic() - start:.0f} s")
    if problems:
        sys.exit(f"failed: {', '.join(problems)}")


if __name__ == "__main__":
    try:
        main()
    except Unfit as unfit:
        sys.exit(f"{unfit}")
