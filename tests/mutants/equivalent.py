# SPDX-License-Identifier: MIT
"""The mutants that no test can notice, with the reason for each.

equivalent/*.txt lists them. One of them looks like this:

    == src/stack/schedule.c
    # It is the least work that a thread is woken for: only speed.
    -    if (work < 2 * least)
    +    if (work <= 2 * least)

The lines after - are a text that the file has exactly once, and those after +
are what the mutant makes of it. Blanks and comments do not count. A single +
with an asterisk stands for every mutant of the text; then the reason must hold
for anything that compiles."""

import dataclasses
import pathlib
import re

from draw import ROOT, words
from run import Unfit, parse_pairs


@dataclasses.dataclass
class Entry:
    file: str
    why: str
    old: str
    new: str


def parse(text, source):
    for block in re.split(r"^== ", text, flags=re.MULTILINE)[1:]:
        file, *lines = block.rstrip("\n").split("\n")
        why = []
        while lines and lines[0].startswith("#"):
            why.append(lines.pop(0)[1:].strip())
        if not why:
            raise Unfit(f"{source}: {file}: no reason")
        for old, new in parse_pairs(file, [line for line in lines if line]):
            yield Entry(file, " ".join(why), old, new)


def check_fit(entry):
    path = ROOT / entry.file
    count = path.read_text().count(entry.old) if path.is_file() else 0
    if count != 1:
        raise Unfit(f"an equivalent mutant no longer fits: {entry.file} has "
                    f"{count} times:\n{entry.old}")


def read_all():
    entries = []
    problems = []
    for path in sorted(pathlib.Path(__file__).parent.glob("equivalent/*.txt")):
        entries += parse(path.read_text(), path.name)
    for entry in entries:
        try:
            check_fit(entry)
        except Unfit as error:
            problems.append(str(error))
    if problems:
        raise Unfit("\n".join(problems))
    return entries


def find(mutant, entries):
    """The entry that says why no test can notice the mutant, or None."""
    text = (ROOT / mutant.file).read_text()
    if not mutant.fits(text):
        return None
    for entry in entries:
        if entry.file != mutant.file:
            continue
        if entry.new == "*":
            first = text[:text.index(entry.old)].count("\n") + 1
            if first <= mutant.line <= first + entry.old.count("\n"):
                return entry
        elif words(text.replace(entry.old, entry.new)) == \
                words(mutant.apply(text)):
            return entry
    return None
