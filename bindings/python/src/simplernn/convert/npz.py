# SPDX-License-Identifier: MIT
"""Archives of NumPy arrays, as numpy.savez and MLX write them."""

import io
import math
import tokenize

from numpy.lib import format as npy

from . import names
from .network import (MAX_DIMENSIONS, ConvertError, Tensor, is_shape, quote,
                      reason, show)

# What NumPy raises for an array that it cannot read, and Python for a header
# that is too deep for it.
DAMAGE = (KeyError, SyntaxError, TypeError, ValueError, tokenize.TokenError,
          MemoryError, RecursionError)
MAX_HEADER = 1 << 16  # bytes; NumPy refuses longer ones
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_tensor(archive, entry):
    name = entry.removesuffix(".npy")
    stream = io.BytesIO(archive.read(entry, MAX_HEADER))
    try:
        shape, _, dtype = HEADERS[npy.read_magic(stream)](stream)
    except DAMAGE as error:
        raise ConvertError(f"{quote(name)} is no NumPy array: {reason(error)}"
                           ) from None
    archive.budget.take_tensor()
    archive.budget.take_parts(stream.tell())
    if not is_shape(shape):
        raise ConvertError(f"{quote(name)} is no NumPy array: its shape is not "
                           f"up to {MAX_DIMENSIONS} integers of 0 and up")
    size = math.prod(shape) * dtype.itemsize
    if stream.tell() + size > archive.size(entry):
        raise ConvertError(f"{quote(name)} {show(shape)} is truncated")

    def values():
        stream = io.BytesIO(archive.read(entry))
        return npy.read_array(stream, allow_pickle=False)

    return Tensor(name, shape, dtype.name, values)


def read_archive(archive):
    return names.find({
        entry.removesuffix(".npy"): read_tensor(archive, entry)
        for entry in archive.entries if entry.endswith(".npy")})
