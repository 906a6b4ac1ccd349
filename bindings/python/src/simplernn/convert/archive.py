# SPDX-License-Identifier: MIT
"""Zip archives that may be damaged or hostile."""

import zipfile
import zlib

from .network import ConvertError, quote, reason

# The others shrink so much, or take so much memory, that none of them is safe.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError,
          OSError, OverflowError, RuntimeError, ValueError)


class Archive:
    """The files in a zip archive, by their names. It stays open, because the
    list of its files is read whenever it is opened."""

    def __init__(self, path, budget):
        self.entries, self.budget = {}, budget
        try:
            self.file = zipfile.ZipFile(path)
        except DAMAGE as error:
            raise ConvertError("the archive is damaged: "
                               f"{reason(error)}") from None
        for entry in self.file.infolist():
            if entry.filename in self.entries:
                raise ConvertError(f"the archive has {quote(entry.filename)} "
                                   "twice")
            self.entries[entry.filename] = entry

    def size(self, name):
        return self.entries[name].file_size if name in self.entries else 0

    def read(self, name, most=None):
        """The bytes of a file, or the first ones, `most` of them."""
        if name not in self.entries:
            raise ConvertError(f"the archive has no {quote(name)}; the file is "
                               "damaged")
        entry = self.entries[name]
        if entry.compress_type not in METHODS:
            raise ConvertError(f"{quote(name)} in the archive is compressed by "
                               "another method than deflate, the only one that "
                               "PyTorch, Keras and NumPy use")
        size = min(entry.file_size, entry.file_size if most is None else most)
        if size > self.budget.bytes:
            raise ConvertError(f"{quote(name)} would unpack from "
                               f"{entry.compress_size} to {entry.file_size} "
                               "bytes; no weights shrink as much")
        self.budget.take_bytes(size)
        try:
            with self.file.open(entry) as file:
                data = file.read(size)
        except DAMAGE as error:
            raise ConvertError(f"{quote(name)} in the archive is damaged: "
                               f"{reason(error)}") from None
        if len(data) != size:  # which zipfile does not always notice
            raise ConvertError(f"{quote(name)} in the archive is damaged: it "
                               f"has {len(data)} bytes instead of {size}")
        return data
