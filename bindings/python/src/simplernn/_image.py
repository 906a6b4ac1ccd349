# SPDX-License-Identifier: MIT
"""A state_dict as the bytes of a safetensors file.

The library reads networks from such files. It finds out their sizes, and says
what is wrong with names and shapes. So a state_dict goes the same way.
"""

from . import _core
from ._options import shown

_TYPES = {"float64": "F64", "float32": "F32", "float16": "F16"}


def to_numpy(value):
    """An array of NumPy, without a copy where that is possible."""
    import numpy

    if hasattr(value, "detach"):  # of PyTorch
        value = value.detach()
        if str(value.dtype) == "torch.bfloat16":
            value = value.float()
        value = value.cpu()
    return numpy.asarray(value)


def image(state_dict):
    """The bytes of a file with these values."""
    import json

    header, pieces, offset = {}, [], 0
    for name, value in state_dict.items():
        array = to_numpy(value)
        if array.dtype.name not in _TYPES:
            raise _core.DtypeError(
                f"{shown(name)} has dtype {array.dtype}; parameters have dtype "
                "float32 or float64")
        piece = array.astype(array.dtype.newbyteorder("<")).tobytes()
        header[name] = {
            "dtype": _TYPES[array.dtype.name],
            "shape": list(array.shape),
            "data_offsets": [offset, offset + len(piece)],
        }
        pieces.append(piece)
        offset += len(piece)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    return b"".join([len(text).to_bytes(8, "little"), text, *pieces])
