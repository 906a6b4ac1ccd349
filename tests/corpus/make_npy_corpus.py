#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the arrays of tests/corpus/npy.

valid-* must be read, refused-* must not; tests/unit/test_npy.c checks that.
They are also the seeds of tests/fuzz/fuzz_npy.c. What the fuzzer finds gets a
name and an entry here.
"""
import pathlib
import struct

FOLDER = pathlib.Path(__file__).parent / "npy"


def raw(header, data=b"", version=1):
    """A file of any header."""
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return (b"\x93NUMPY" + bytes([version, 0]) + length + header.encode() +
            data)


def array(descr="<f4", order="False", shape="(3, 2)", count=6, version=1):
    code = descr[0] + {"2": "e", "4": "f", "8": "d"}[descr[2]]
    data = b"".join(struct.pack(code, k / 4 - 1) for k in range(count))
    return raw(f"{{'descr': '{descr}', 'fortran_order': {order}, "
               f"'shape': {shape}, }}\n", data, version)


def swap(data, old, new):
    """Another text of the same length in the header."""
    assert len(old) == len(new) and old in data
    return data.replace(old, new)


PLAIN = array()

VALID = {
    "f4": PLAIN,
    "f2": array("<f2"),
    "f8": array("<f8"),
    "big-f2": array(">f2"),
    "big-f4": array(">f4"),
    "big-f8": array(">f8"),
    "fortran": array(order="True", shape="(3, 1, 2)"),
    "fortran-f8": array("<f8", "True"),
    "version-2": array(version=2),
    "version-3": array(version=3),
    "scalar": array(shape="()", count=1),
    "vector": array(shape="(6,)"),
    "rank-8": array(shape="(1, 1, 1, 1, 1, 1, 2, 3)"),
    "no-steps": array(shape="(0, 5, 2)", count=0),
    "fortran-empty": array(order="True", shape="(5, 0)", count=0),
    "huge-beside-0": array(shape="(1099511627776, 0)", count=0),
    "python-2": array(shape="(3L, 2L)"),
    "other-quotes": swap(PLAIN, b"'shape'", b'"shape"'),
    "extreme-f2": raw("{'descr': '<f2', 'fortran_order': False, "
                      "'shape': (7,)}", struct.pack(
                          "<7H", 0, 0x8001, 0x3ff, 0x400, 0x7bff, 0xfc00,
                          0x7e01)),
    "not-a-number": PLAIN[:-8] + struct.pack("<2f", float("nan"),
                                             float("-inf")),
}

REFUSED = {
    "nothing": b"",
    "magic-only": PLAIN[:6],
    "huge-around-0": array(shape="(4294967296, 0, 2294967296)", count=0),
    "no-length": PLAIN[:8],
    "cut-header": PLAIN[:30],
    "cut-values": PLAIN[:-1],
    "tail": PLAIN + b"\0",
    "version-4": swap(PLAIN, b"Y\x01", b"Y\x04"),
    "long-header": b"\x93NUMPY\x02\x00\xff\xff\xff\xff{}",
    "empty-header": raw(""),
    "empty-dict": raw("{}"),
    "not-ascii": swap(PLAIN, b"shape", b"sh\xc3\xa9e"),
    "structured": raw("{'descr': [('a', '<f4')], 'fortran_order': False, "
                      "'shape': (1,)}", bytes(4)),
    "integers": swap(PLAIN, b"<f4", b"<i4"),
    "lengths": swap(PLAIN, b"<f4", b">i8") + bytes(24),
    "flags": swap(PLAIN, b"<f4", b"|u1")[:-18],
    "bools": swap(PLAIN, b"<f4", b"|b1")[:-18],
    "odd-type": swap(PLAIN, b"<f4", b"< f"),
    "repeated-key": raw("{'descr': '<f4', 'descr': '<f4'}"),
    "nested-shape": swap(PLAIN, b"(3, 2)", b"((6,))"),
    "negative": swap(PLAIN, b"(3, 2)", b"(-3,2)"),
    "number-as-shape": array(shape="(6)"),
    "rank-9": array(shape="(1,1,1,1,1,1,1,2,3)"),
    "product-wraps": array(shape="(4294967296, 4294967296)", count=0),
    "huge": array(shape="(2305843009213693951,)", count=1),
    "code": swap(PLAIN, b"False", b"exit("),
}


def main():
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.iterdir():
        stale.unlink()
    for kind, files in (("valid", VALID), ("refused", REFUSED)):
        for name, data in files.items():
            (FOLDER / f"{kind}-{name}.npy").write_bytes(data)


if __name__ == "__main__":
    main()
