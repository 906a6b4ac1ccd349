#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Accumulators stay in registers: no innermost loop of multiply-adds moves
vectors to or from the stack. One that does still gives the right bits, only
slower.

usage: inner_loops.py OBJDUMP OBJECT...    (of a Release build)"""

import pathlib
import re
import subprocess
import sys

# By source: its functions with such loops, how many there are at least, and
# how many loops all of them have at least.
KERNELS = {
    "native_kernel": (
        r"multiply_((short_)?(?P<m>\d)x(?P<n>\d)|panel_pair)\b",
        12, 12),
    "outer_kernel": (r"multiply_(?P<m>\d+)x(?P<n>\d)\b", 11, 11),
    # recur_rows has the products of project, and loops of activations.
    "recur_kernel": (r"project\b", 1, 13),
    "recur_backward_kernel": (r"recur_rows\b", 1, 13),
    "recur_tile_kernel": (r"multiply_(?P<m>\d+)x(?P<n>\d)\b", 3, 3),
}
# Of the longest loop where the name does not say how many.
CHAINS = 8

FMA = re.compile(r"(vfn?m(add|sub)\d+[ps][sd]|fml[as]|fn?m(add|sub))\s")
JUMP = re.compile(r"(?:j\w+|b|b\.\w+|[ct]bn?z)\s.*?\b(?:0x)?([0-9a-f]+) <")
# rbp and x29 are registers like others unless they are made to be more.
FRAME = re.compile(r"movq?\s+%rsp, ?%rbp|(mov|add)\s+x29, sp")
# Nobody waits for a stride or for the end of a loop, which may be there.
VECTOR = re.compile(r"%[xyz]mm|\b[vqz]\d")
STACK = re.compile(r"\(%rsp|\[sp\b")
STACK_OR_FRAME = re.compile(r"\(%r[sb]p|\[(sp|x29)\b")


def functions(objdump, path):
    """(name, {address: instruction}) of each."""
    text = subprocess.run([objdump, "-d", "--no-show-raw-insn", path],
                          check=True, text=True,
                          stdout=subprocess.PIPE).stdout
    for block in re.split(r"(?m)^(?=[0-9a-f]+ <)", text)[1:]:
        lines = re.findall(r"(?m)^\s*([0-9a-f]+):\s+(.*)", block)
        yield (re.search("<(.+)>:", block).group(1),
               {int(address, 16): line for address, line in lines})


def inner_loops(code):
    """The lines of each loop with FMAs that nothing but its end jumps out of.
    Those of kernels are such; around other ones there is more than FMAs."""
    lines = sorted(code.items())
    at = {address: i for i, (address, _) in enumerate(lines)}
    last = -1  # jump
    for i, (_, line) in enumerate(lines):
        jump = JUMP.match(line)
        if not jump:
            continue
        start = at.get(int(jump.group(1), 16))
        if start is not None and last < start <= i:
            body = [line for _, line in lines[start:i + 1]]
            if any(map(FMA.match, body)):
                yield body
        last = i


def check_function(name, match, code):
    """Complaints about a function, and how many loops it has."""
    frame = any(map(FRAME.match, code.values()))
    pattern = STACK_OR_FRAME if frame else STACK
    loops = list(inner_loops(code))
    bad = [f"{name}: on the stack: {line}"
           for body in loops for line in body
           if pattern.search(line) and VECTOR.search(line)]
    sizes = match.groupdict()
    chains = int(sizes["m"]) * int(sizes["n"]) if sizes.get("m") else CHAINS
    longest = max((len(list(filter(FMA.match, body))) for body in loops),
                  default=0)
    if longest < chains:
        bad.append(f"{name}: no loop of {chains} FMAs, at most {longest}")
    return bad, len(loops)


def check_object(objdump, path, kernel):
    pattern, min_functions, min_loops = KERNELS[kernel]
    found = [(name, re.match(pattern, name), code)
             for name, code in functions(objdump, path)]
    checked = [check_function(*item) for item in found if item[1]]
    loops = sum(count for _, count in checked)
    print(f"{path}: {len(checked)} functions, {loops} loops")
    if len(checked) < min_functions or loops < min_loops:
        yield f"expected {min_functions} functions, {min_loops} loops"
    for bad, _ in checked:
        yield from bad


def main(objdump, *paths):
    kernels = [(path, pathlib.Path(path).name.split(".")[0]) for path in paths]
    kernels = [pair for pair in kernels if pair[1] in KERNELS]
    failed = not kernels
    for path, kernel in kernels:
        for complaint in check_object(objdump, path, kernel):
            print(complaint)
            failed = True
    sys.exit(failed)


main(*sys.argv[1:])
