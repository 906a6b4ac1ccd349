#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Weakens each memory order of the code under test, one at a time, and expects
that a scenario of the model checker fails: an order that no scenario needs is
stronger than it has to be.

    orders.py MODEL     the program, built with gcc

The operations are those that the program says it has, found in the source by
its debug information. So there is no list of them to keep: what is added to one
of the files is weakened too, and what no scenario runs fails this check."""

import collections
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# By which threads wait for each other or keep each other out.
FILES = [ROOT / "src" / "util" / name for name in
         ("busy.h", "event.c", "fork.c", "readers.h", "team.c")]
NAMES = ["relaxed", "consume", "acquire", "release", "acq_rel", "seq_cst"]
RELAXED, _, ACQUIRE, RELEASE, BOTH, SEQ_CST = range(6)
NONE = -1

# One step weaker.
WEAKER = {
    "load": {SEQ_CST: [ACQUIRE], ACQUIRE: [RELAXED]},
    "store": {SEQ_CST: [RELEASE], RELEASE: [RELAXED]},
    "update": {SEQ_CST: [BOTH], BOTH: [ACQUIRE, RELEASE],
               ACQUIRE: [RELAXED], RELEASE: [RELAXED]},
}
WEAKER["exchange"] = WEAKER["update"]

# An operation with an order that could be weaker.
OPERATION = re.compile(r"\batomic_(?:load|store|exchange|compare_exchange|"
                       r"fetch|flag)\w*\s*\([^;{]*")


def run(model, *arguments):
    return subprocess.run([model, *arguments], capture_output=True, text=True)


def read_sites(model, output):
    """{(file, line, kind, orders): (addresses, scenarios)}"""
    rows = re.findall(r"(?m)^site (\w+) (\w+) (\w+) (-?\d) (-?\d)$", output)
    # A return address may be that of the next line.
    calls = [hex(int(row[1], 16) - 1) for row in rows]
    lines = subprocess.run(["addr2line", "-e", model], input="\n".join(calls),
                           capture_output=True, text=True, check=True)
    sites = collections.defaultdict(lambda: (set(), set()))
    for row, place in zip(rows, lines.stdout.splitlines()):
        file, line = re.match(r"(.*):(\d+)", place).groups()
        key = (pathlib.Path(file).resolve(), int(line), row[2],
               (int(row[3]), int(row[4])))
        sites[key][0].add(row[1])
        sites[key][1].add(row[0])
    return sites


def weaker(kind, orders):
    """The orders that are one step weaker."""
    for order in WEAKER[kind].get(orders[0], []):
        yield order, orders[1]
    for order in WEAKER["load"].get(orders[1], []):
        yield orders[0], order


def check(model, site, orders):
    """A row for the table, and whether a scenario failed."""
    (file, line, kind, before), (addresses, scenarios) = site
    options = ["--all"]
    for address in sorted(addresses):
        options += ["--weaken", address, *map(str, orders)]
    result = run(model, *options, *sorted(scenarios))
    failure = re.search(r"(?m)^ERROR: (.*)$", result.stdout)
    if (result.returncode == 0) != (failure is None):
        sys.exit(f"{model}: {result.stdout}{result.stderr}")
    changes = [f"{NAMES[one]} -> {NAMES[other]}"
               for one, other in zip(before, orders) if one != other]
    which = " (failing)" if before[0] == orders[0] else ""
    place = f"{file.relative_to(ROOT)}:{line}"
    verdict = failure.group(1) if failure else "NOTHING FAILS"
    return (f"{place:24} {kind + which:19} {changes[0]:20} {verdict}",
            failure is not None)


def missing(sites):
    """Operations with an order, but in no scenario."""
    known = {(file, line) for file, line, _, _ in sites}
    for file in FILES:
        text = file.read_text()
        for match in OPERATION.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            if "relaxed" not in match.group() and (file, line) not in known:
                yield f"{file.relative_to(ROOT)}:{line} is in no scenario"


def main(model):
    whole = run(model, "--all")
    print(re.sub(r"(?m)^site .*\n", "", whole.stdout), end="")
    if whole.returncode != 0:
        sys.exit("a scenario fails already")
    sites = {key: value
             for key, value in read_sites(model, whole.stdout).items()
             if key[0] in FILES}
    unseen = list(missing(sites))
    print("".join(f"{place}\n" for place in unseen), end="")
    tasks = [(site, orders) for site in sorted(sites.items())
             for orders in weaker(site[0][2], site[0][3])]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        rows = list(pool.map(lambda task: check(model, *task), tasks))
    for row, _ in rows:
        print(row)
    unneeded = sum(not needed for _, needed in rows)
    print(f"{len(rows)} orders weakened, {unneeded} of them for nothing")
    return bool(unseen) or unneeded > 0 or not rows


sys.exit(main(sys.argv[1]))
