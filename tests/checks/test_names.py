#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""The name of a test in C begins with that of its file, so that a name that
fails tells where it stands."""

import re
import sys

import public_api

TEST = re.compile(r"\bvoid\s+(\w+)\(void \*\*\w+\)")


def main():
    count, bad = 0, []
    for path in sorted(public_api.ROOT.glob("tests/**/test_*.c")):
        names = TEST.findall(path.read_text())
        count += len(names)
        bad += [f"{path.relative_to(public_api.ROOT)}: {name}"
                for name in names if not name.startswith(path.stem + "__")]
    print("\n".join(bad + [f"{count} tests"]))
    sys.exit(bool(bad) or not count)


main()
