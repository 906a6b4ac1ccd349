#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Holds README.md of the current folder to its word. A comment above a code
block says what it is:
    <!-- run: c -->         a C program
    <!-- run: link -->      the command that compiles it
    <!-- run: python -->    the same program in Python: it prints the same
    <!-- run: shapes -->    a part of what the first command prints
    <!-- run: error -->     a part of what the shapes example prints

usage: readme.py programs           compiles and runs them, with the library
                                    installed where all tools find it
       readme.py printed NAME FILE  is the block of that name in the file?"""

import pathlib
import re
import subprocess
import sys


def block(name):
    text = pathlib.Path("README.md").read_text()
    found = re.search(rf"<!-- run: {name} -->\s*```\w*\n(.*?)```", text,
                      flags=re.S)
    if not found:
        sys.exit(f"README.md has no block marked <!-- run: {name} -->")
    return found.group(1)


def output_of(*command):
    print("$", *command, flush=True)
    output = subprocess.run(command, text=True, check=True,
                            stdout=subprocess.PIPE).stdout
    print(output, flush=True)
    return output


def programs():
    link = block("link").strip()
    source, program = (re.search(pattern, link).group(1)
                       for pattern in (r"(\S+\.c)\b", r"-o (\S+)"))
    pathlib.Path(source).write_text(block("c"))
    output_of("sh", "-euc", link)
    in_c = output_of("./" + program)
    in_python = output_of("/usr/bin/python3", "-c", block("python"))
    if in_c != in_python or not in_c.strip():
        sys.exit("the C and the Python program do not print the same")


def printed(name, file):
    if block(name) not in pathlib.Path(file).read_text():
        sys.exit(f"the block {name} is not in the output")


if sys.argv[1:] == ["programs"]:
    programs()
elif sys.argv[1:2] == ["printed"] and len(sys.argv) == 4:
    printed(*sys.argv[2:])
else:
    sys.exit(__doc__)
