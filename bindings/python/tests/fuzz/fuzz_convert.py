#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Any bytes as a file for simplernn.convert.read: it gives a network or raises
ConvertError. It runs nothing that is in the file, opens no other file and keeps
to little memory. Needs atheris, h5py, msgpack and onnx, but no built package.

    fuzz_convert.py FOLDER bindings/python/tests/golden tests/corpus/convert

The options are those of libFuzzer. What is learned goes to FOLDER."""

import io
import os
import pathlib
import random
import resource
import sys
import tempfile
import types
import warnings
import zipfile

import atheris

SOURCE = pathlib.Path(__file__).resolve().parents[2] / "src" / "simplernn"
GOLDEN = SOURCE.parents[1] / "tests" / "golden"
MEMORY = 4 << 30  # of addresses; more is a MemoryError, which no file may cause

# The converters need none of the compiled package around them.
package = types.ModuleType("simplernn")
package.__path__ = [str(SOURCE)]
sys.modules["simplernn"] = package
with atheris.instrument_imports(include=["simplernn"]):
    from simplernn import convert
    from simplernn.convert import ConvertError

FOLDER = pathlib.Path(tempfile.mkdtemp(prefix="simplernn-fuzz-"))
MODEL = FOLDER / "model"

# What Python tells of itself that no file may cause.
FORBIDDEN = ("exec", "pickle.find_class", "os.exec", "os.posix_spawn",
             "os.spawn", "os.system", "os.remove", "os.rename", "socket.",
             "subprocess.", "ctypes.dlopen", "shutil.", "marshal.loads")


class Guard:
    """Ends the program at what is forbidden, while it is on."""

    def __init__(self):
        self.is_on = False
        sys.addaudithook(self.see)

    def see(self, event, arguments):
        if not self.is_on:
            return
        if event.startswith(FORBIDDEN):
            self.fail(event, arguments)
        if event == "open" and not self.may_open(*arguments):
            self.fail(event, arguments)

    @staticmethod
    def may_open(path, mode, flags):
        writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT)
        return not writes and pathlib.Path(os.fsdecode(path)).parent == FOLDER

    def fail(self, event, arguments):
        self.is_on = False
        sys.stderr.write(f"forbidden: {event} {arguments}\n")
        os.abort()


guard = Guard()


def read():
    try:
        converted = convert.read(MODEL)
    except ConvertError as error:
        # One line that begins with the file and shows no control bytes.
        text = str(error)
        assert text.startswith(f'"{MODEL}": '), text
        assert text.isprintable(), repr(text)
        return
    assert all(array.dtype.kind == "f"
               for array in converted.state_dict.values())


def test_one_input(data):
    MODEL.write_bytes(data)
    guard.is_on = True
    try:
        read()
    finally:
        guard.is_on = False


def mutate_archive(data, max_size, seed):
    """Changes a file in a zip archive, whose sums of bytes stay right."""
    random.seed(seed)
    result = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, \
            zipfile.ZipFile(result, "w") as new:
        entries = old.infolist()
        chosen = random.choice(entries).filename
        for entry in entries:
            content = old.read(entry)
            if entry.filename == chosen:
                content = bytes(atheris.Mutate(content, max_size))
            new.writestr(entry.filename, content)
    return result.getvalue()


def mutate(data, max_size, seed):
    if data[:2] == b"PK" and seed % 4:
        try:
            changed = mutate_archive(data, max_size, seed)
            if len(changed) <= max_size:
                return changed
        except Exception:  # a damaged archive
            pass
    return bytes(atheris.Mutate(data, max_size))


def main():
    warnings.simplefilter("ignore")
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for seed in sorted(GOLDEN.iterdir()):  # imports what is imported late
        MODEL.write_bytes(seed.read_bytes())
        read()
    atheris.Setup(sys.argv, test_one_input, custom_mutator=mutate)
    atheris.Fuzz()


main()
