#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Finds lists that are kept a second time.

The rows of a .def file are the only list of what they name. A place that names
three of them close together, or all of them if they are fewer, looks like
another list, which somebody would have to change with the first. Such a place
fails, except where ALLOWED says why it is there."""

import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
WINDOW = 6  # lines
MANY = 3

# The list, the set of its enumerators, how a row begins, and whether its words
# count: float32 is a word of every library.
LISTS = [
    ("src/pointwise/activation.def", "NONLINEARITY",
     r"ROW\(([A-Z0-9]+), (\w+), x\)", True),
    ("src/simd/isa.def", "ISA", r"\n +\(([A-Z0-9]+), (\w+), \"", True),
    ("src/tensor/dtype.def", "DTYPE", r"(?:REAL|OTHER)\((\w+), \w+, \"(\w+)\"",
     False),
]

# Where several names have to stand, and why.
ALLOWED = {
    "include/simplernn/config.h": "the enumerators themselves",
    "include/simplernn/tensor.h": "the enumerators themselves",
    "include/simplernn/tuning.h": "the enumerators themselves",
    "tests/abi/constants.txt": "pins the enumerators; a script writes it",
    "tests/command/pictures.txt": "a picture of each; a script writes it",
    "src/io/element.c": "which type of a file becomes which dtype",
    "src/cli/element.c": "which type of a .npy file becomes which dtype",
    "tests/golden/make_golden.py": "which activations PyTorch computes how",
    "tests/support/reference_backward.h": "specifies each derivative",
    "tests/support/misuse.h": "a machine's own set and another's; short names",
    "tests/unit/test_npy.c": "which type of a .npy file becomes which dtype",
    "tests/fuzz/fuzz_metadata.c": "states the rules of the metadata again",
    "tests/corpus/make_metadata_corpus.py": "texts of metadata, good and bad",
    "tests/fuzz/fuzz_npy.c": "which dtypes the command asks for",
    "tests/unit/test_overlap.c": "dtypes of different sizes",
    "tests/oracles/sequences.py": "numbers of a binding by ctypes",
    "docs/guide/deploy.md": "the line of the documents",
    "README.md": "what the library has, in one sentence",
    "CHANGELOG.md": "history",
    "bench/results/results.json": "results",
    "bench/results/results.md": "results",
}
FOLDERS = ["include", "src", "tests", "bench", "cmake", "docs", "examples"]
SUFFIXES = {".c", ".h", ".py", ".md", ".txt", ".cmake", ".sh", ".1", ".cpp",
            ".rs", ".abi", ".json", ".def", ".in", ".map"}


def names_of(path, kind, row, has_words):
    """{enumerator: pattern for it, and for its word if that counts}."""
    rows = re.findall(row, (ROOT / path).read_text())
    assert len(rows) >= 2, path
    return {name: re.compile(rf"\bSRNN_{kind}_{name}\b" +
                             (rf"|\b{word}\b" if has_words else ""))
            for name, word in rows}


def files():
    return sorted(path for folder in FOLDERS
                  for path in (ROOT / folder).rglob("*")
                  if path.is_file() and path.suffix in SUFFIXES) + \
        sorted(path for path in ROOT.iterdir()
               if path.is_file() and path.suffix in SUFFIXES)


def complaints(path, names, many):
    """Windows of lines that name many of them; the first of each kind."""
    lines = path.read_text(errors="replace").splitlines()
    found = [{name for name, pattern in names.items() if pattern.search(line)}
             for line in lines]
    for start in range(len(lines)):
        together = set().union(*found[start:start + WINDOW])
        if found[start] and len(together) >= many:
            yield start + 1, sorted(together)
            return


def main():
    bad, used, count = [], set(), 0
    for source, kind, row, has_words in LISTS:
        names = names_of(source, kind, row, has_words)
        for path in files():
            name = str(path.relative_to(ROOT))
            count += 1
            for line, together in complaints(path, names,
                                             min(MANY, len(names))):
                used.add(name)
                if name not in ALLOWED and name != source:
                    bad.append(f"{name}:{line}: a second list of {source}: "
                               f"{', '.join(together)}")
    bad += [f"{name}: is allowed to have a list and has none"
            for name in ALLOWED if name not in used and (ROOT / name).exists()]
    print("\n".join(bad + [f"{count} files"]))
    sys.exit(bool(bad) or count == 0)


main()
