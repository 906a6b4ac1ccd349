#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Every public name in a page, a manual page or a comment of the public headers
is one that the headers declare."""

import re
import sys

import public_api

# Results tell of the version that was measured; a changelog, of what is gone.
HISTORY = ("bench/results/", "CHANGELOG.md")
# srnn_x stands for any; the build has names in capitals of its own.
NAME = (r"\b(?:srnn_(?!x\b|x_)\w*[a-z0-9]|"
        r"SRNN_(?:CONTEXT|DTYPE|ERROR|OPTION|STREAM)_\w*[A-Z0-9])\b")
FOLDERS = ("bench", "docs", "examples", "include", "src", "tests")


def pages():
    root = public_api.ROOT
    found = [*root.glob("*.md"), *public_api.HEADERS]
    for folder in FOLDERS:
        for pattern in ("*.md", "*.1.in"):
            found += (root / folder).rglob(pattern)
    return sorted(page for page in found if not str(
        page.relative_to(root)).startswith(HISTORY))


def main():
    known = set(re.findall(r"\bsrnn_\w+|\bSRNN_\w+", public_api.code()))
    strangers = []
    for page in pages():
        for name in re.findall(NAME, page.read_text()):
            # Internal names have a double underscore.
            if name not in known and "__" not in name:
                strangers.append(f"{page}: {name}")
    print("\n".join(strangers), end="\n" if strangers else "")
    if not known or strangers:
        sys.exit(1)


if __name__ == "__main__":
    main()
