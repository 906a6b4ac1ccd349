# SPDX-License-Identifier: MIT
"""What the tests of the command share: files written byte by byte, and how a
run of the command went. Needs nothing but Python."""

import json
import os
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import unittest

COMMAND = os.environ["SIMPLERNN_COMMAND"]
DIGITS = str(pathlib.Path(__file__).resolve().parents[2] /
             "examples/digits/digits.safetensors")
ORDER = os.environ["BYTE_ORDER"]  # "<" or ">", of the machine that runs it
HAVE_OPENBLAS = os.environ["HAVE_OPENBLAS"] == "1"
OK, WRONG, MISUSE, IO, NO_MEMORY = range(5)

# What a file states, unless a test is about files that do not.
STATED = {"nonlinearity": "tanh", "batch_first": "false"}

# A malloc of more than there is gives NULL and a warning, not a report.
ENVIRONMENT = dict(os.environ, ASAN_OPTIONS="allocator_may_return_null=1")

# Of the activations, which texts list.
WORDS = re.findall(r"ROW\([A-Z]+, (\w+), x\)", (
    pathlib.Path(__file__).resolve().parents[2] /
    "src/pointwise/activation.def").read_text())


def run(*arguments, **options):
    options.setdefault("stdin", subprocess.DEVNULL)
    if "input" in options:
        del options["stdin"]
    options.setdefault("stdout", subprocess.PIPE)
    options.setdefault("stderr", subprocess.PIPE)
    options.setdefault("env", ENVIRONMENT)
    return subprocess.run([COMMAND, *map(str, arguments)], timeout=300,
                          check=False, **options)


def product(shape):
    count = 1
    for size in shape:
        count *= size
    return count


def npy_raw(header, data=b"", version=1):
    """Any header in a file whose lengths are right."""
    if isinstance(header, str):
        header = header.encode()
    length = struct.pack("<H" if version == 1 else "<I", len(header))
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + data


def npy_header(descr="<f4", order="False", shape="(3, 2)"):
    return (f"{{'descr': '{descr}', 'fortran_order': {order}, "
            f"'shape': {shape}, }}")


def fortran(values, shape):
    """The values, given in C order, in Fortran order."""
    result = []
    for k in range(len(values)):
        at, rest = 0, k
        for size in shape:
            at, rest = at * size + rest % size, rest // size
        result.append(values[at])
    return result


def npy(shape, values, descr="<f4", is_fortran=False, version=1):
    """A file as numpy.save writes it; values are in C order."""
    if is_fortran:
        values = fortran(values, shape)
    text = ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")
    header = npy_header(descr, str(is_fortran), f"({text})") + "\n"
    code = descr[0].replace("|", "<") + {
        "f2": "e", "f4": "f", "f8": "d", "i4": "i", "i8": "q", "u1": "B",
        "b1": "?"}[descr[1:]]
    return npy_raw(header, b"".join(struct.pack(code, v) for v in values),
                   version)


def read_npy(data):
    """(descr, shape, values) of the command's own output."""
    assert data[:8] == b"\x93NUMPY\x01\x00", data[:8]
    start = 10 + struct.unpack("<H", data[8:10])[0]
    assert start % 64 == 0 and data[start - 1:start] == b"\n"
    header = eval(data[10:start], {"__builtins__": {}})  # a literal of ours
    assert not header["fortran_order"]
    count = product(header["shape"])
    kind = {"<f4": "<%df", "<f8": "<%dd", "<i8": "<%dq", ">f4": ">%df",
            ">f8": ">%dd", ">i8": ">%dq"}[header["descr"]]
    return (header["descr"], header["shape"],
            list(struct.unpack(kind % count, data[start:])))


def model(inputs=2, hidden=2, layers=1, directions=1, dtype="F32", prefix="",
          metadata=STATED, fill=None, extra=(), biases=(), rename=str,
          zeros=()):
    """The bytes of a safetensors file, of small integers: with relu every
    result is exact. fill(k) gives value k of a parameter that is not among the
    zeros, rename its name in the file; dtype is that of all, or a dict by
    names, else F32."""
    fill = fill or (lambda k: (3 * k + 1) % 4 - 1)
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    codes = {"F16": "<e", "BF16": "<H", "F32": "<f", "F64": "<d"}

    def add(name, shape):
        nonlocal data
        begin = len(data)
        own = dtype.get(name, "F32") if isinstance(dtype, dict) else dtype
        values = b"".join(struct.pack(codes[own],
                                      0 if name in zeros else fill(k))
                          for k in range(product(shape)))
        data += values
        header[prefix + rename(name)] = {"dtype": own, "shape": shape,
                        "data_offsets": [begin, begin + len(values)]}

    for layer in range(layers):
        columns = inputs if layer == 0 else directions * hidden
        for suffix in ["", "_reverse"][:directions]:
            add(f"weight_ih_l{layer}{suffix}", [hidden, columns])
            add(f"weight_hh_l{layer}{suffix}", [hidden, hidden])
            for bias in biases:
                add(f"bias_{bias}_l{layer}{suffix}", [hidden])
    rename, prefix = str, ""
    for name, shape in extra:
        add(name, shape)
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def join(first, second):
    """One file with the tensors and the metadata of two."""
    def part(data):
        size = struct.unpack("<Q", data[:8])[0]
        return json.loads(data[8:8 + size]), data[8 + size:]

    (header, data), (other, behind) = part(first), part(second)
    metadata = {**header.get("__metadata__", {}),
                **other.pop("__metadata__", {})}
    for entry in other.values():
        entry["data_offsets"] = [at + len(data)
                                 for at in entry["data_offsets"]]
    text = json.dumps({**header, **other, "__metadata__": metadata}).encode()
    return struct.pack("<Q", len(text)) + text + data + behind


class Test(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def path(self, name):
        return os.path.join(self.folder.name, name)

    def write(self, name, data):
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def read(self, name):
        with open(self.path(name), "rb") as file:
            return file.read()

    def check(self, result, code, *texts):
        """The exit code; for a failure one line that has the texts."""
        error = re.sub("==.*WARNING: AddressSanitizer.*\n", "",
                       result.stderr.decode())
        self.assertEqual(result.returncode, code, error)
        if code == OK:
            self.assertEqual(error, "")
        else:
            self.assertRegex(error, r"\Asimplernn: [^\n]+\n\Z")
        for text in texts:
            self.assertIn(text, error)
        return result

    def succeed_saying(self, pattern, *arguments, **options):
        """Success, and one line on standard error."""
        result = run(*arguments, **options)
        error = result.stderr.decode()
        self.assertEqual(result.returncode, OK, error)
        self.assertRegex(error, rf"\Asimplernn: {pattern}\n\Z")
        return result.stdout

    def succeed(self, *arguments, **options):
        return self.check(run(*arguments, **options), OK).stdout

    def fail_with(self, code, texts, *arguments, **options):
        texts = [texts] if isinstance(texts, str) else texts
        result = self.check(run(*arguments, **options), code, *texts)
        return result.stdout


def main():
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
