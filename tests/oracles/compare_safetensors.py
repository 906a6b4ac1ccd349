#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Holds what the library reads of a safetensors file against safetensors 0.8.

    pip install safetensors==0.8.0 numpy
    python compare_safetensors.py libsimplernn.so.0 [CASES] [SEED]

Both read every file of tests/corpus/weights, and then CASES files, 100000 if it
is not given, whose headers are mutations of those. If both accept a file, they
must find the same names, types, shapes and metadata. What the package refuses,
the library must refuse. What the library alone refuses, it must refuse for one
of the reasons in STRICTER. How often each was the reason is printed.
"""

import collections
import ctypes
import os
import pathlib
import random
import re
import struct
import sys

from safetensors import SafetensorError, deserialize, safe_open

CORPUS = pathlib.Path(__file__).resolve().parents[1] / "corpus" / "weights"

# What the library says of a file that the package accepts, and why it does.
STRICTER = {
    r"^byte 0 of the header, 0x(20|09|0a|0d),": "a blank in front",
    r"duplicate": "the same name twice",
    r"has an unknown field": "a field besides dtype, shape and data_offsets",
    r"dimensions, expected 0 to 8": "more than 8 dimensions",
    r"u0000 is not allowed|NUL byte in object key":
        "the character U+0000 in a string",
    r"an object of objects of arrays": "an object in an unknown field",
    r"\[.*\b0\b.*\] would need more than 2\^63 - 1 bits":
        "sizes beside a 0 that overflow",
    r"bytes of JSON, expected at most 4096": "a long description of a tensor",
    r"more than SRNN_MAX_HEADER_SIZE": "a header above 4 MiB",
}

TOKENS = [b'"', b"{", b"}", b"[", b"]", b",", b":", b"\\", b"\\u0000",
          b"\\u0061", b"\\ud83d", b"\\ude00", b"\\/", b" ", b"\n", b"\t",
          b"0", b"1", b"4", b"-0", b"-1", b"1.0", b"1e0", b"01", b"null",
          b"true", b"\x00", b"\x1f", b"\x7f", b"\xff", b"\xc3\xa9",
          b"\xed\xa0\x80", b"\xef\xbb\xbf", b'"__metadata__":{},',
          b'"__metadata__":{"k":"v"},', b'"k":"v"', b'"dtype":"F32",',
          b'"shape":[1],', b'"data_offsets":[0,4],', b'"strides":[1],',
          b'"w":{"dtype":"F32","shape":[0],"data_offsets":[0,0]},',
          b"F64", b"F16", b"BOOL", b"F8_E4M3", b"F4", b"18446744073709551616",
          b"9223372036854775808", b"4611686018427387904"]


class Library:
    """Files by ctypes."""

    def __init__(self, path):
        self.lib = ctypes.CDLL(path)
        names = ["srnn_last_error", "srnn_weights_name", "srnn_weights_type",
                 "srnn_weights_metadata_key", "srnn_weights_metadata"]
        for name in names:
            getattr(self.lib, name).restype = ctypes.c_char_p
        self.lib.srnn_weights_count.restype = ctypes.c_int64
        self.lib.srnn_weights_shape.restype = ctypes.POINTER(ctypes.c_int64)

    def read(self, content):
        """(tensors, metadata, None) or (None, None, why not)."""
        handle = ctypes.c_void_p()
        if self.lib.srnn_weights_open_memory(
                ctypes.byref(handle), content, ctypes.c_size_t(len(content))):
            return None, None, self.lib.srnn_last_error().decode()
        tensors = {}
        for i in range(self.lib.srnn_weights_count(handle)):
            index = ctypes.c_int64(i)
            name = self.lib.srnn_weights_name(handle, index).decode()
            rank = self.lib.srnn_weights_rank(handle, index)
            shape = self.lib.srnn_weights_shape(handle, index)
            tensors[name] = (
                self.lib.srnn_weights_type(handle, index).decode(),
                [shape[j] for j in range(rank)])
        metadata = {}
        for i in range(1 << 20):
            key = self.lib.srnn_weights_metadata_key(handle, ctypes.c_int64(i))
            if key is None:
                break
            metadata[key.decode()] = self.lib.srnn_weights_metadata(
                handle, key).decode()
        self.lib.srnn_weights_destroy(handle)
        return tensors, metadata, None


class Package:
    """The same by the package, which reads metadata from files alone."""

    def __init__(self):
        self.file = os.memfd_create("weights")
        self.path = f"/proc/self/fd/{self.file}"

    def read(self, content):
        try:
            tensors = {name: (entry["dtype"], list(entry["shape"]))
                       for name, entry in deserialize(content)}
            os.ftruncate(self.file, 0)
            os.pwrite(self.file, content, 0)
            with safe_open(self.path, "numpy") as opened:
                return tensors, opened.metadata() or {}, None
        except SafetensorError as error:
            return None, None, str(error)


def mutate(random_, header):
    """One to four changes of bytes, pieces or tokens."""
    header = bytearray(header)
    for _ in range(random_.choice((1, 1, 1, 2, 3, 4))):
        begin = random_.randrange(len(header) + 1)
        end = min(len(header), begin + random_.choice((0, 1, 2, 4, 8, 40)))
        kind = random_.choice((0, 1, 2, 3, 4, 5, 5, 6, 6))
        if kind == 0:
            header[begin:begin] = random_.choice(TOKENS)
        elif kind == 1:
            header[begin:end] = random_.choice(TOKENS)
        elif kind == 2:
            del header[begin:end]
        elif kind == 3:
            header[begin:begin] = header[begin:end]
        elif kind == 4 and header:
            header[begin % len(header)] = random_.randrange(256)
        elif kind == 6:
            gaps = [i + 1 for i, byte in enumerate(header)
                    if byte in b"{[,:"] or [0]
            begin = random_.choice(gaps)
            header[begin:begin] = random_.choice((b" ", b"\n", b"\t \r"))
        elif header:
            digits = [i for i, byte in enumerate(header)
                      if chr(byte).isdigit()] or [0]
            header[random_.choice(digits)] = random_.choice(b"0123456789")
    return bytes(header)


def mutated(random_, seeds):
    header, data = random_.choice(seeds)
    header = mutate(random_, header)
    if random_.randrange(8) == 0:
        data = data[:random_.randrange(len(data) + 1)]
    return struct.pack("<Q", len(header)) + header + data


def parts_of(content):
    length = struct.unpack("<Q", content[:8])[0]
    return content[8:8 + length], content[8 + length:]


def reason_of(text):
    for pattern, reason in STRICTER.items():
        if re.search(pattern, text):
            return reason
    return None


class Comparison:
    def __init__(self, library):
        self.library, self.package = Library(library), Package()
        self.counts = collections.Counter()
        self.failures = 0

    def fail(self, content, what):
        self.failures += 1
        print(f"{content!r}: {what}")

    def compare(self, content):
        own, own_notes, own_error = self.library.read(content)
        other, other_notes, other_error = self.package.read(content)
        if own_error is None and other_error is None:
            self.counts["accepted by both"] += 1
            if own != other or own_notes != other_notes:
                self.fail(content, f"{own} {own_notes}, but the package has "
                          f"{other} {other_notes}")
        elif own_error is not None and other_error is not None:
            self.counts["refused by both"] += 1
        elif own_error is not None:
            reason = reason_of(own_error)
            self.counts[f"refused alone: {reason}"] += 1
            if reason is None:
                self.fail(content, f"only refused here: {own_error}")
        else:
            self.counts["accepted alone"] += 1
            self.fail(content, f"only refused there: {other_error}")


def main():
    comparison = Comparison(sys.argv[1])
    cases = int(sys.argv[2]) if len(sys.argv) > 2 else 100000
    seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
    files = [path.read_bytes() for path in sorted(CORPUS.iterdir())]
    for content in files:
        comparison.compare(content)
    random_ = random.Random(seed)
    seeds = [parts_of(content) for content in files
             if len(content) >= 8 and len(parts_of(content)[0]) < 4096]
    for _ in range(cases):
        comparison.compare(mutated(random_, seeds))
    for what, count in sorted(comparison.counts.items()):
        print(f"{count:8} {what}")
    if comparison.failures:
        sys.exit(f"{comparison.failures} files without a reason, seed {seed}")


if __name__ == "__main__":
    main()
