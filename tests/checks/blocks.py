#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the fenced blocks of a Markdown page, in order, in the current folder.
A comment right above a block says what becomes of it:

    <!-- file: NAME -->     it is written to that file, which a later block
                            must name
    <!-- run -->            it is run: sh by sh -eu, python by python3
    <!-- output -->         it is what the block that ran last has printed
    <!-- output: part -->   it is a part of that

    <!-- run: NAME -->      .ci/run runs it by run_readme NAME: what installs
    <!-- output: NAME -->   it is a part of what that has printed

A block without such a comment is an error, as is a comment without a block.

usage: blocks.py PAGE               all but those with a NAME
       blocks.py PAGE NAME FILE     what that has printed is in FILE"""

import pathlib
import re
import subprocess
import sys

CI = pathlib.Path(__file__).parents[2] / ".ci/run"
COMMANDS = {"sh": ("sh", "-euc"), "python": ("python3", "-c")}
MARKER = re.compile(r"<!-- (file|run|output)(?:: (\S+))? -->")
FENCE = re.compile(r"[\s>*+\-\d.]*(```|~~~)")  # also in lists and quotes


class Block:
    def __init__(self, line, marker, language):
        self.line, self.language, self.code = line, language, ""
        self.verb, self.word = marker.groups() if marker else (None, None)

    def fail(self, why):
        sys.exit(f"{sys.argv[1]}:{self.line}: {why}")


def blocks_of(page):
    """The blocks of a page; whatever is no block with its comment ends us."""
    blocks, marker, is_open = [], None, False
    for number, line in enumerate(page.splitlines(), 1):
        if is_open and line == "```":
            is_open = False
        elif is_open:
            blocks[-1].code += line + "\n"
        elif FENCE.match(line):
            is_open, block = True, Block(number, marker, line[3:])
            if not marker or not re.fullmatch(r"```\w+", line):
                block.fail("a block that is neither run nor compared")
            blocks.append(block)
        elif marker:
            Block(number, marker, "").fail("no block follows the comment")
        marker = None if is_open else MARKER.fullmatch(line)
    if is_open or marker:
        sys.exit(f"{sys.argv[1]}: the last block is not whole")
    return blocks


def is_for_the_gate(block):
    if block.word is None or block.verb == "file" or block.word == "part":
        return False
    if not re.search(rf"run_readme {block.word}\b", CI.read_text()):
        block.fail(f".ci/run has no run_readme {block.word}")
    return True


def run(block):
    """What it prints on both streams, also shown as it comes."""
    if block.language not in COMMANDS:
        block.fail(f"cannot run {block.language}")
    print(f"\n$ {block.code}", flush=True)
    command = (*COMMANDS[block.language], block.code)
    with subprocess.Popen(command, text=True, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        output = ""
        for line in process.stdout:
            print(line, end="", flush=True)
            output += line
    if process.returncode != 0:
        block.fail(f"exit code {process.returncode}")
    return output


def write(block, later):
    path = pathlib.PurePath(block.word or "")
    # cmake is given the folder of a CMakeLists.txt.
    used = path.parent.name if path.name == "CMakeLists.txt" else path.name
    if not used or not any(used in other.code for other in later
                           if other.verb != "output"):
        block.fail(f"no block uses the file {block.word}")
    pathlib.Path(path.parent).mkdir(parents=True, exist_ok=True)
    pathlib.Path(path).write_text(block.code)


def compare(block, output, is_part):
    is_same = block.code in output if is_part else block.code == output
    if not block.code or not is_same:
        block.fail(f"the output is not this, but:\n{output}")


def run_all(blocks):
    output = ""
    blocks = [block for block in blocks if not is_for_the_gate(block)]
    for number, block in enumerate(blocks, 1):
        if block.verb == "file":
            write(block, blocks[number:])
        elif block.verb == "run":
            output = run(block)
        else:
            compare(block, output, block.word == "part")
    print(f"\n{sys.argv[1]}: {len(blocks)} blocks are as they say", flush=True)


def compare_with_file(blocks, name, file):
    output = pathlib.Path(file).read_text()
    outputs = [b for b in blocks if (b.verb, b.word) == ("output", name)]
    if not outputs:
        sys.exit(f"{sys.argv[1]} has no output of {name}")
    for block in outputs:
        compare(block, output, True)


if len(sys.argv) not in (2, 4):
    sys.exit(__doc__)
found = blocks_of(pathlib.Path(sys.argv[1]).read_text())
if len(sys.argv) == 2:
    run_all(found)
else:
    compare_with_file(found, *sys.argv[2:])
