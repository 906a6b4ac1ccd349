#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes the files of tests/corpus/convert: small files that ask for much, or
lie about themselves.

simplernn.convert must refuse all of them;
bindings/python/tests/test_convert_files.py checks that. They are also seeds of
bindings/python/tests/fuzz/fuzz_convert.py. What the fuzzer finds gets a name
and an entry here.
"""
import io
import json
import pathlib
import struct
import zipfile

FOLDER = pathlib.Path(__file__).parent / "convert"


def archive(entries, method=zipfile.ZIP_DEFLATED):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        for name, data in entries.items():
            file.writestr(zipfile.ZipInfo(name), data, method)
    return stream.getvalue()


def pickled(instructions):
    return archive({"a/data.pkl": b"\x80\2" + instructions + b".",
                    "a/data/0": bytes(48)})


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value.encode()


# An empty tensor, which is number 0 of the memo.
TENSOR = (b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") +
          b"ctorch\nFloatStorage\n" + text("0") + text("cpu") +
          b"K\x0ctQK\0K\0\x85K\1\x85\x89}tRq\0")


def numbers_of_one_hash(count):
    values = (k * (2**61 - 1) for k in range(1, count))
    return b"".join(b"\x8a\x09" + value.to_bytes(9, "little") + b"N"
                    for value in values)


def npy(shape):
    header = (f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}}}\n"
              if shape[0] == "(" else shape).encode()
    return archive({"weight_ih_l0.npy": b"\x93NUMPY\1\0" + struct.pack(
        "<H", len(header)) + header + bytes(4)})


def safetensors(shape):
    header = json.dumps({"a": {"dtype": "F32", "shape": shape,
                               "data_offsets": [0, 0]}}).encode()
    return struct.pack("<Q", len(header)) + header


def msgpack(name, count):
    """An array of no numbers under each of so many names."""
    array = b"\x93\x91\0\xa7float32\xc4\0"
    item = b"\xc7" + bytes([len(array), 1]) + array
    return (b"\x81\xda" + struct.pack(">H", len(name)) + name.encode() +
            b"\xde" + struct.pack(">H", count) + b"".join(
                b"\xa3%03d" % number + item for number in range(count)))


def fields(*pairs):
    """A message of a protocol buffer, in which all is less than 128."""
    data = b""
    for number, value in pairs:
        if isinstance(value, int):
            data += bytes([number << 3, value])
        else:
            value = value.encode() if isinstance(value, str) else value
            data += bytes([number << 3 | 2, len(value)]) + value
    return data


def onnx(location, offset, length):
    """An RNN node, and where its weights are. The fuzzer names its file
    "model"."""
    place = [(13, fields((1, key), (2, value))) for key, value in
             (("location", location), ("offset", offset), ("length", length))]
    weights = fields((1, 1), (1, 1), (1, 1), (2, 1), (8, "w"), *place, (14, 1))
    node = fields((1, "x"), (1, "w"), (1, "w"), (2, "y"), (4, "RNN"))
    graph = fields((1, node), (5, weights), (11, fields((1, "x"))))
    return fields((1, 8), (7, graph))


def damaged(data):
    return data[:60] + bytes([data[60] ^ 0xFF]) + data[61:]


REFUSED = {
    "nested-names.pt": pickled(text("x" * 200000) + b"q\0" +
                               b"}h\0" * 1000 + b"N" + b"s" * 1000),
    "names-of-one-tensor.pt": pickled(
        b"}(" + text("a") + TENSOR + text("x" * 20000) + b"](" +
        b"h\0" * 1000 + b"eu"),
    "long-name.pt": pickled(b"}" + text("x" * 1000000) + TENSOR + b"s"),
    "many-dicts.pt": pickled(b"(" + b"}" * 1000000 + b"t"),
    "many-pairs.pt": pickled(
        b"ccollections\nOrderedDict\nq\0(](" +
        b"".join(text(str(k)) + b"N\x86" for k in range(400)) + b"etq\1](" +
        b"h\0h\1R" * 2000 + b"e"),
    "one-hash.pt": pickled(b"}(" + numbers_of_one_hash(40) + b"u"),
    "memo-out-of-order.pt": pickled(b"}q\7"),
    "lzma.pt": archive({"a/data.pkl": bytes(5000)}, zipfile.ZIP_LZMA),
    "lzma-damaged.pt": damaged(archive({"a/data.pkl": bytes(5000)},
                                       zipfile.ZIP_LZMA)),
    "too-deep.npz": npy("-" * 9000 + "1\n"),
    "flags-as-sizes.npz": npy("(True, True)"),
    "many-digits.npz": npy("(0x" + "f" * 6000 + ", 1)"),
    "many-sizes.npz": npy("(" + "1," * 1000 + ")"),
    "large-sizes.safetensors": safetensors([2**62] * 32),
    "many-sizes.safetensors": safetensors([1] * 1000),
    "names.msgpack": msgpack("x" * 3000, 150),
    "data-in-a-folder.onnx": onnx("", "0", "4"),
    "data-of-itself.onnx": onnx("model", "-1", "4"),
    "data-too-far.onnx": onnx("model", "1" + 30 * "0", "4"),
    "data-too-long.onnx": onnx("model", "0", "1" + 30 * "0"),
}


def main():
    FOLDER.mkdir(exist_ok=True)
    for stale in FOLDER.iterdir():
        stale.unlink()
    for name, data in REFUSED.items():
        (FOLDER / f"refused-{name}").write_bytes(data)


if __name__ == "__main__":
    main()
