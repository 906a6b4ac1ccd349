# SPDX-License-Identifier: MIT
"""Archives of NumPy arrays, as numpy.savez and MLX write them."""

import io
import math
import tokenize

from numpy.lib import format as npy

from . import names
from .network import ConvertError, Tensor, quote

# What NumPy raises for a header that it cannot read.
DAMAGE = (KeyError, SyntaxError, TypeError, ValueError, tokenize.TokenError)
MAX_HEADER = 1 << 16  # bytes; NumPy refuses longer ones
HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def read_tensor(archive, entry):
    name = entry.removesuffix(".npy")
    stream = io.BytesIO(archive.read(entry, MAX_HEADER))
    try:
        shape, _, dtype = HEADERS[npy.read_magic(stream)](stream)
    except DAMAGE as error:
        raise ConvertError(f"{quote(name)} is no NumPy array: {error}"
                           ) from None
    count = math.prod(shape)
    if min(shape, default=0) < 0 or \
            stream.tell() + count * dtype.itemsize > archive.size(entry):
        raise ConvertError(f"{quote(name)} {list(shape)} is truncated")

    def values():
        stream = io.BytesIO(archive.read(entry))
        return npy.read_array(stream, allow_pickle=False)

    return Tensor(name, shape, dtype.name, values)


def read_archive(archive):
    return names.find({
        entry.removesuffix(".npy"): read_tensor(archive, entry)
        for entry in archive.entries if entry.endswith(".npy")})
