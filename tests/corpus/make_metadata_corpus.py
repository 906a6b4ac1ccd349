#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the inputs of tests/corpus/metadata.

An rnn must come of valid-*, none of refused-*; tests/test_corpus_metadata.c
checks that. They are also the seeds of tests/fuzz/fuzz_metadata.c, which says
what an input consists of. What the fuzzer finds gets a name and an entry here.
"""
import pathlib

FOLDER = pathlib.Path(__file__).parent / "metadata"
FORWARD, REVERSE, BOTH, CELL = range(4)
PREFIX, ESCAPED, REQUIRED = 0x10, 0x20, 0x40
SETS_NONLINEARITY, SETS_BATCH_FIRST, SETS_DROPOUT, SETS_DIRECTION = 1, 2, 4, 8


def case(lines="", flags=FORWARD, sets=0):
    return bytes([flags, sets]) + lines.encode("latin-1")


VALID = {
    "none": case(),
    "tanh": case("nonlinearity=tanh"),
    "relu": case("nonlinearity=relu\nbatch_first=true\n"),
    "sigmoid-cell": case("nonlinearity=sigmoid", CELL),
    "identity-both": case("nonlinearity=identity", BOTH),
    "python-words": case("batch_first=True\nformat=pt"),
    "python-false": case("batch_first=False"),
    "stated": case("batch_first=false\nnonlinearity=tanh", REQUIRED),
    "stated-by-config": case("nonlinearity=tanh", REQUIRED, SETS_BATCH_FIRST),
    "own-before-common": case(
        "nonlinearity=nonsense\nrnn.nonlinearity=relu", PREFIX),
    "common": case("nonlinearity=relu\nencoder.nonlinearity=tanh", PREFIX),
    "prefix-is-no-prefix": case("rnn.nonlinearity=nonsense"),
    "config-before-file": case("nonlinearity=nonsense\nbatch_first=\ndropout=x",
                               FORWARD, SETS_NONLINEARITY | SETS_BATCH_FIRST |
                               SETS_DROPOUT),
    "config-direction": case("direction=nonsense", BOTH, SETS_DIRECTION),
    "reverse-by-text": case("direction=reverse"),
    "reverse-cell": case("direction=reverse", CELL),
    "reverse-by-names": case("direction=reverse", REVERSE),
    "both": case("direction=bidirectional", BOTH),
    "forward": case("direction=forward", PREFIX | ESCAPED),
    "escaped": case("nonlinearity=relu\nbatch_first=true", ESCAPED),
    "dropout": case("dropout=0.5"),
    "dropout-0": case("dropout=0"),
    "dropout-1": case("dropout=1."),
    "dropout-fraction": case("dropout=.125"),
    "dropout-exponent": case("dropout=5E-1"),
    "dropout-plus": case("dropout=1e+0"),
    "dropout-tiny": case("dropout=1e-400"),
    "dropout-digits": case("dropout=0." + "3" * 50),
    "odd-texts": case('a"b\\=\x01\x7f\x1b[31m\n=\n k = v=w\n'),
    "empty-key": case("=tanh"),
    "sixteen": case("".join(f"k{i}=v{i}\n" for i in range(16))),
}

REFUSED = {
    "unknown-word": case("nonlinearity=gelu"),
    "upper-case": case("nonlinearity=Tanh"),
    "blank": case("nonlinearity= tanh"),
    "empty": case("batch_first="),
    "number": case("batch_first=1"),
    "unstated": case("nonlinearity=tanh", REQUIRED),
    "own-is-wrong": case("nonlinearity=relu\nrnn.nonlinearity=x", PREFIX),
    "contradicts-names": case("direction=forward", BOTH),
    "contradicts-reverse": case("direction=forward", REVERSE),
    "both-by-text": case("direction=bidirectional"),
    "twice": case("k=1\nk=2"),
    "twice-escaped": case("k=1\nk=1", ESCAPED),
    "dropout-above-1": case("dropout=1.0000001"),
    "dropout-minus": case("dropout=-0"),
    "dropout-hex": case("dropout=0x1p-1"),
    "dropout-infinite": case("dropout=inf"),
    "dropout-no-exponent": case("dropout=1e"),
    "dropout-two-points": case("dropout=0.1.2"),
    "dropout-point": case("dropout=."),
    "dropout-huge": case("dropout=1e400"),
    "dropout-blank": case("dropout=0.5 "),
}


def main():
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.iterdir():
        stale.unlink()
    for kind, files in (("valid", VALID), ("refused", REFUSED)):
        for name, content in files.items():
            (FOLDER / f"{kind}-{name}").write_bytes(content)


if __name__ == "__main__":
    main()
