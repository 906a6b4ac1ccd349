#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the command lines of tests/corpus/command that are written by hand.

tests/fuzz/fuzz_command.c says what they may be, and which files there are. What
the fuzzer finds lies beside them, as input-*.
"""
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / "command"

LINES = [
    "--help", "--version", "", "nothing", "doctor", "doctor x", "info --help",
    "info m", "info m --json", "info b --steps 3 --batch 2", "info b --draw",
    "info m --svg s", "info m --prefix no.", "info f", "check m", "check b",
    "check m --strict", "check b --json", "check b --nonlinearity relu",
    "check m --allow-extra --prefix rnn.", "run m x --output o",
    "run m x --h0 h --lengths l --output o --hidden n", "run m x --quiet",
    "run m x --resets r --fresh h --output o", "run b x --output o",
    "run b x --time-first --output o --threads 2 --flush-subnormals",
    "run m x --head fc. --last-step --classes --output o", "run m - --output o",
    "run m x --head fc. --output -", "run m x --output m", "run m f --output o",
    "run m x --output o --hidden o", "run m x --classes", "run m x --output",
    "train x c --output o", "train x v --output o --hidden-size 3",
    "train x c --output o --num-layers 2 --dropout 0.5 --bidirectional",
    "train x c --output o --optimizer sgd --learning-rate 0.1 --clip 0",
    "train x c --output o --validation 0.5 --patience 1 --schedule plateau",
    "train x c --output o --schedule cosine --seed 3 --batch-size 1",
    "train x c --output o --checkpoint k --log g --lengths l",
    "train x c --output o --start-from m --weight-decay 0.1 --batch-first",
    "train x c --output o --resume f", "train x c", "train x",
    "train x c --epochs 99999999999999999 --output o", "bench m", "bench b",
    "bench m --json --steps 2 --batch 2 --threads 1", "bench m --steps 0",
    "run m x --output o --direction reverse", "run m x --batch-first",
    "info", "check m b", "run --odd", "info none", "check none",
    "bench none",
    "run m none --output o",
    "info n\x7f\u00e9\t", "\x1b[31m", "info m --\x7f",
    "run m x --threads \u2028",
    "run none x --output .", "train none c --output o", "bench m --json x",
]


def array(shape):
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n"
    return (b"\x93NUMPY\1\0" + struct.pack("<H", len(header)) +
            header.encode() + bytes(4 * 2 * 2 * 4))


def main():
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.glob("input-by-hand-*"):
        stale.unlink()
    for number, line in enumerate(LINES):
        text = "".join(word + "\n" for word in line.split()) + "\n"
        content = array("(4, 2, 2)") if " f" in line else b""
        (FOLDER / f"input-by-hand-{number:02}.bin").write_bytes(
            text.encode() + content)


if __name__ == "__main__":
    main()
