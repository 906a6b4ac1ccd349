#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Has every enumerator of the public headers the value in constants.txt? A
compiled client has these values in it. Limits (SRNN_MAX_...) may grow.

usage: constants.py          compares; an enumerator that is new is an error too
       constants.py update   adds the new ones to constants.txt"""

import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "checks"))
import public_api  # noqa: E402

FILE = pathlib.Path(__file__).with_name("constants.txt")


def in_headers():
    """Each has its value written out, not one that its neighbours give."""
    named = public_api.named_constants()
    values = dict(re.findall(r"\b(SRNN_\w+)\s*=\s*(-?\d+)",
                             public_api.code()))
    return {name: int(values[name]) for name in named}


def in_file():
    lines = FILE.read_text().splitlines() if FILE.exists() else []
    return {name: int(value) for name, value in map(str.split, lines)}


def main():
    now, pinned = in_headers(), in_file()
    bad = [f"{name} is {now.get(name)}, but {value} in every compiled client"
           for name, value in pinned.items() if now.get(name) != value]
    new = [name for name in now if name not in pinned]
    if sys.argv[1:] == ["update"]:
        pinned.update({name: now[name] for name in new})
        FILE.write_text("".join(f"{name} {value}\n"
                                for name, value in pinned.items()))
        new = []
    bad += [f"{name} is not in {FILE.name}; add it by: {sys.argv[0]} update"
            for name in new]
    print("\n".join(bad + [f"{len(now)} enumerators"]))
    sys.exit(bool(bad) or not now)


main()
