# SPDX-License-Identifier: MIT
"""What a file may take, so that a small file takes little memory and time."""

from .network import ConvertError

# So much is allowed for every file, and so much more for each of its bytes.
ALWAYS_PARTS, PARTS_OF_A_BYTE = 1 << 18, 8
PARTS_OF_A_TENSOR = 64
ALWAYS_BYTES, BYTES_OF_A_BYTE = 1 << 25, 100


class TooMuch(ConvertError):
    """No part of the file can be converted then."""


class Budget:
    """What is left for a file. Parts are the objects that it describes and the
    characters of their names; a tensor takes several objects. Bytes are those
    that are unpacked, and those of the values of tensors. A file can refer to
    one thing many times, so neither needs to be as small as the file."""

    def __init__(self, path):
        self.size, self.paths = 0, set()
        self.parts, self.bytes = ALWAYS_PARTS, ALWAYS_BYTES
        self.add(path)

    def add(self, path):
        """Adds what another file of the same model may take."""
        if path not in self.paths:
            self.paths.add(path)
            size = path.stat().st_size
            self.size += size
            self.parts += PARTS_OF_A_BYTE * size
            self.bytes += BYTES_OF_A_BYTE * size

    def take_parts(self, count):
        self.parts -= count
        if self.parts < 0:
            raise TooMuch(
                "the file describes more objects, or longer names, than a "
                f"model of {self.size} bytes has")

    def take_tensor(self):
        self.take_parts(PARTS_OF_A_TENSOR)

    def take_bytes(self, count):
        self.bytes -= count
        if self.bytes < 0:
            raise TooMuch(
                "the file repeats its values, or would unpack to more values, "
                f"than a model of {self.size} bytes has")

    def join(self, name, separator, key):
        """The name of a part, behind that of the whole if the whole has one."""
        self.take_parts(len(name) + len(separator) + len(key))
        return f"{name}{separator}{key}" if name else key
