#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""No line of a text that people write has more than 80 columns.

Not looked at is what programs write, and what cannot be broken: in Markdown
rows of tables, fenced blocks, which are run or compared, and a line that is one
piece of code or one picture."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
MAX_COLUMNS = 80
NO_TEXT = {".npy", ".npz", ".safetensors", ".svg", ".pyc", ".pt", ".keras",
           ".h5", ".onnx", ".msgpack", ".bin"}
NOT_OURS = re.compile(r"\.git/|build[^/]*/|.*\.(hypothesis|pytest_cache)/")
GENERATED = re.compile(r"bench/results/|tests/abi/libsimplernn\.abi|"
                       r"bindings/rust/.*\.stderr$")
# bench/report.py writes what is between the comments.
UNBREAKABLE = re.compile(r"""
    ^<!--\ results\ -->$ .*? ^<!--\ end\ of\ results\ -->$ |
    ^```\w+$ .*? ^```$ |
    ^\|[^\n]*\|$ |
    ^`[^`\n]*`$ |
    ^!\[[^\n]*\]\([^\n]*\)$""", re.MULTILINE | re.DOTALL | re.VERBOSE)


def blank(match):
    """As many lines, without text."""
    return re.sub(r".", "", match.group())


def long_lines(path):
    text = path.read_text()
    if path.suffix == ".md":
        text = UNBREAKABLE.sub(blank, text)
    return [number for number, line in enumerate(text.splitlines(), 1)
            if len(line) > MAX_COLUMNS]


def main():
    names = {str(path.relative_to(ROOT)): path for path in ROOT.rglob("*")
             if path.is_file() and path.suffix not in NO_TEXT}
    texts = {name: path for name, path in sorted(names.items())
             if not NOT_OURS.match(name) and not GENERATED.match(name)}
    bad = [f"{name}:{number}: more than {MAX_COLUMNS} columns"
           for name, path in texts.items() for number in long_lines(path)]
    print("\n".join(bad + [f"{len(texts)} texts"]))
    sys.exit(bool(bad) or not texts)


main()
