#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Runs the fenced blocks of a Markdown page, in order, in the current folder.
A comment right above a block says what is done with it:

    <!-- file: NAME -->     The block is written to that file. A later block
                            must name the file.
    <!-- run -->            The block is run: sh by sh -eu, python by python3.
    <!-- output -->         The block is what the last run has printed.
    <!-- output: part -->   The block is a part of that.
    <!-- excerpt: NAME -->  The lines of the block stand together in that file
                            of the tree. They may be indented there.

    <!-- run: NAME -->      .ci/run runs the block, by run_readme NAME. This is
                            for blocks that install packages.
    <!-- output: NAME -->   The block is a part of what that has printed.

A block without such a comment is an error, as is a comment without a block.

usage: blocks.py PAGE               every block except those for .ci/run
       blocks.py PAGE NAME FILE     only the outputs of NAME, against FILE"""

import pathlib
import re
import subprocess
import sys

CI = pathlib.Path(__file__).parents[2] / ".ci/run"
COMMANDS = {"sh": ("sh", "-euc"), "python": ("python3", "-c")}
MARKER = re.compile(r"<!-- (file|run|output|excerpt)(?:: (\S+))? -->")
FENCE = re.compile(r"[\s>*+\-\d.]*(```|~~~)")  # also in lists and quotes


class Block:
    def __init__(self, line, marker, language):
        self.line, self.language, self.code = line, language, ""
        self.verb, self.word = marker.groups() if marker else (None, None)

    def fail(self, why):
        sys.exit(f"{sys.argv[1]}:{self.line}: {why}")


def blocks_of(page):
    """The blocks of a page. A block without a comment ends the program, and so
    does a comment without a block."""
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
    if block.word in (None, "part") or block.verb in ("file", "excerpt"):
        return False
    if not re.search(rf"run_readme {block.word}\b", CI.read_text()):
        block.fail(f".ci/run has no run_readme {block.word}")
    return True


def run(block):
    """Returns what the block prints on both streams, and prints it too."""
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


def compare_with_source(block):
    def bare(text):
        return "\n".join(line.strip() for line in text.splitlines())

    source = pathlib.Path(block.word or "")
    if not block.code.strip() or not source.is_file():
        block.fail(f"there is no {block.word} to compare this with")
    if f"\n{bare(block.code)}\n" not in f"\n{bare(source.read_text())}\n":
        block.fail(f"{block.word} does not have these lines")


def run_all(blocks):
    output = ""
    blocks = [block for block in blocks if not is_for_the_gate(block)]
    for number, block in enumerate(blocks, 1):
        if block.verb == "file":
            write(block, blocks[number:])
        elif block.verb == "run":
            output = run(block)
        elif block.verb == "excerpt":
            compare_with_source(block)
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
