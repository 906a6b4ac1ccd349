#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A folder of src/ includes itself and the folders above it, nothing else."""

import re
import sys

import public_api

# From the top: a line may include the lines above it, not its neighbours.
LEVELS = [
    ["os"],
    ["util"],
    ["simd"],
    ["tensor"],
    ["gemm", "pointwise"],
    ["cell"],
    ["layer"],
    ["rnn"],
    ["stack"],
    ["linear"],
    ["optimizer"],
    ["io"],
    ["api"],
]
# Clients of the public headers: they include nothing else but themselves.
CLIENTS = ["cli"]
# Each foreign library is known to one folder, and to clients that need it. So
# is the dynamic linker; OpenBLAS's headers need not be there.
OWNERS = {"cblas.h": [], "sys/mman.h": ["os"], "dlfcn.h": ["gemm"],
          "link.h": ["os", "gemm"], "jansson.h": ["io", "cli"]}

LEVEL_OF = {name: i for i, names in enumerate(LEVELS) for name in names}


def allowed(folder, target):
    """May a file in folder include target?"""
    if target in OWNERS:
        return folder in OWNERS[target]
    if "/" not in target or target.startswith(("simplernn/", "sys/")):
        return True
    other = target.split("/")[0]
    if other == folder or folder in CLIENTS:
        return other == folder
    return other in LEVEL_OF and LEVEL_OF[other] < LEVEL_OF[folder]


def includes(path):
    text = path.read_text()
    return re.findall(r'(?m)^\s*#\s*include\s+[<"]([^>"]+)[>"]', text)


def complaints(path):
    """What path includes and may not."""
    folder = path.parent.name
    if path in public_api.HEADERS:
        return [t for t in includes(path) if t not in ("stddef.h", "stdint.h")
                and not (path.parent / t).exists()]
    if folder not in LEVEL_OF and folder not in CLIENTS:
        return ["(the folder has no level)"]
    return [t for t in includes(path) if not allowed(folder, t)]


def main():
    sources = sorted(public_api.ROOT.glob("src/**/*.[ch]"))
    bad = [f"{path.relative_to(public_api.ROOT)}: includes {target}"
           for path in sources + public_api.HEADERS
           for target in complaints(path)]
    print("\n".join(bad + [f"{len(sources)} source files"]))
    sys.exit(bool(bad) or not sources)


main()
