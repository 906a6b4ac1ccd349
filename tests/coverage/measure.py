#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measures which lines and branches the tests reach.

    tests/coverage/measure.py BUILD

BUILD is a build of the preset `coverage` in which the tests have run. Prints a
row for each folder of src/ and what no test reaches, and fails if a folder of
FLOORS has less than its share.

A file that is compiled several times, for dtypes and instruction sets, counts
once: a line or a branch is reached if it is reached in one of them.

unreachable.txt lists what no test can reach, and why:

    # The reason, for all entries up to the next empty line.
    io/source.c srnn_source__open 1
        the text of the line

The first line has the file, the function, and how many branches of the line are
never taken; 0 stands for a line that is never run and has no branches. What is
listed is left out of the shares. Each entry stands for one line: where a
function has the line twice, so has the list. An entry fails if its line is gone
or if the tests reach more of it, so that the list stays true."""

import collections
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"
LIST = pathlib.Path(__file__).with_name("unreachable.txt")
# The shares of lines and branches that must be reached, in percent.
FLOORS = {folder: (99, 97) for folder in
          ("api", "io", "rnn", "stack", "optimizer", "linear", "cli", "layer",
           "pointwise", "tensor")}
TOGETHER = 20  # object files that one gcov reads


class Line:
    """What is known of a line, over all objects that have it."""

    def __init__(self, function):
        self.function = function
        self.is_run = False
        # By their number, because a macro may have more of them in one dtype.
        self.branches = {}

    def add(self, row):
        self.is_run |= row["count"] > 0
        taken = [branch["count"] > 0 for branch in row["branches"]]
        known = self.branches.setdefault(len(taken), taken)
        self.branches[len(taken)] = [a or b for a, b in zip(known, taken)]

    def total(self):
        return sum(self.branches)

    def missing(self):
        return sum(taken.count(False) for taken in self.branches.values())


def read_counters(build):
    """The lines of each file of src/, by their number."""
    notes = sorted(build.glob("src/**/*.gcno"))
    if not notes:
        sys.exit(f"{build} was not built for coverage")
    files = collections.defaultdict(dict)
    for start in range(0, len(notes), TOGETHER):
        output = subprocess.run(
            ["gcov", "--json-format", "--stdout", "--branch-probabilities",
             *notes[start:start + TOGETHER]], cwd=build, check=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
        for text in output.splitlines():
            report = json.loads(text)
            for file in report["files"]:
                path = build / report["current_working_directory"]
                path = (path / file["file"]).resolve()
                if path.is_relative_to(SOURCE):
                    add_file(files[path.relative_to(SOURCE)], file)
    return files


def add_file(lines, file):
    for row in file["lines"]:
        number = row["line_number"]
        if number not in lines:
            lines[number] = Line(row.get("function_name", ""))
        lines[number].add(row)


def read_list():
    """How often there is an entry (file, function, text, branches)."""
    lines = [line for line in LIST.read_text().splitlines()
             if line and not line.startswith("#")]
    entries = collections.Counter()
    for head, text in zip(lines[::2], lines[1::2]):
        file, function, count = head.split(" ")
        assert text.startswith("    "), text
        entries[file, function, text.strip(), int(count)] += 1
    return entries


class Folder:
    def __init__(self):
        self.lines = self.missing_lines = self.listed_lines = 0
        self.branches = self.missing_branches = self.listed_branches = 0

    def add(self, line, listed):
        self.lines += 1
        self.branches += line.total()
        if listed:
            self.listed_lines += not line.is_run
            self.listed_branches += line.missing()
        else:
            self.missing_lines += not line.is_run
            self.missing_branches += line.missing()

    def shares(self):
        """Of lines and branches, in percent."""
        lines = self.lines - self.listed_lines
        branches = self.branches - self.listed_branches
        return (100 * (1 - self.missing_lines / max(lines, 1)),
                100 * (1 - self.missing_branches / max(branches, 1)))


def judge(files, entries):
    """The folders, a text for each line that lacks something, and the entries
    that no line has used up."""
    folders = collections.defaultdict(Folder)
    missing = []
    unused = collections.Counter(entries)
    for path in sorted(files):
        texts = (SOURCE / path).read_text().splitlines()
        for number, line in sorted(files[path].items()):
            text = texts[number - 1].strip()
            entry = str(path), line.function, text, line.missing()
            lacks = line.missing() > 0 or not line.is_run
            listed = lacks and unused[entry] > 0
            if listed:
                unused[entry] -= 1
            folders[path.parts[0]].add(line, listed)
            if lacks and not listed:
                missing.append(f"{path}:{number} {line.function} "
                               f"{line.missing()}\n    {text}")
    return folders, missing, unused


def print_folders(folders):
    """Whether all are above their floors."""
    fine = True
    print(f"{'folder':<10} {'lines':>21} {'branches':>23} {'listed':>9}")
    for name, folder in sorted(folders.items()):
        shares = folder.shares()
        low = any(share < floor for share, floor
                  in zip(shares, FLOORS.get(name, (0, 0))))
        fine = fine and not low
        reached = (folder.lines - folder.missing_lines - folder.listed_lines,
                   folder.branches - folder.missing_branches -
                   folder.listed_branches)
        print(f"{name:<10} "
              f"{reached[0]:>5}/{folder.lines:<5} {shares[0]:>7.2f} % "
              f"{reached[1]:>6}/{folder.branches:<6} {shares[1]:>7.2f} % "
              f"{folder.listed_lines:>4} {folder.listed_branches:>4}"
              f"{'  too low' if low else ''}")
    return fine


def main():
    build = pathlib.Path(sys.argv[1]).resolve()
    folders, missing, unused = judge(read_counters(build), read_list())
    for text in missing:
        if text.split("/")[0] in FLOORS:
            print(text)
    fine = print_folders(folders)
    for file, function, text, branches in unused.elements():
        print(f"{LIST.name} lists what is reached or gone: "
              f"{file} {function} {branches}\n    {text}")
    return 0 if fine and unused.total() == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
