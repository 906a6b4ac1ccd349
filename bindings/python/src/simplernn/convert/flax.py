# SPDX-License-Identifier: MIT
"""Files of flax.serialization.to_bytes: msgpack with arrays in extensions."""

import math

from . import names
from .extra import require
from .network import (FLOATS, MAX_DIMENSIONS, ConvertError, Tensor, decode,
                      is_shape, quote, reason, show)

ARRAY = 1  # the extension type of an array


class Array(tuple):
    """Shape, name of the dtype and bytes of an array."""


def unpack_extension(code, data):
    """Arrays become what they are, other extensions stay bytes."""
    if code != ARRAY:
        return data
    shape, dtype, values = require("msgpack").unpackb(data, raw=True)
    if not is_shape(tuple(shape)):
        raise ConvertError("the shape of an array is not up to "
                           f"{MAX_DIMENSIONS} integers of 0 and up; the file "
                           "is damaged")
    return Array((tuple(shape), dtype.decode(), values))


def check_array(name, array):
    shape, dtype, data = array
    if dtype not in FLOATS:
        return Tensor(name, shape, dtype, None)
    values = decode(data, dtype)
    if values.size != math.prod(shape):
        raise ConvertError(f"{quote(name)} {show(shape)} has {values.size} "
                           "values; the file is damaged")
    return Tensor(name, shape, dtype, lambda: values.reshape(shape))


def name_arrays(tree, budget):
    """{name: Tensor} of nested dicts, with slashes between their keys."""
    found, todo = {}, [("", tree)]
    while todo:
        name, value = todo.pop()
        if isinstance(value, Array):
            budget.take_tensor()
            found[name] = check_array(name, value)
        elif isinstance(value, dict) and "__msgpack_chunked_array__" in value:
            raise ConvertError(f"{quote(name)} is larger than 1 GiB and cut "
                               "into pieces, which is not supported")
        elif isinstance(value, dict):
            todo += [(budget.join(name, "/", str(key)), item)
                     for key, item in value.items()
                     if isinstance(item, (Array, dict))][::-1]
    return found


def read_file(path, budget):
    msgpack = require("msgpack")
    try:
        tree = msgpack.unpackb(path.read_bytes(), raw=False,
                               ext_hook=unpack_extension)
        if not isinstance(tree, dict):
            raise ConvertError("the msgpack file holds no dict of parameters")
        return names.find(name_arrays(tree, budget))
    except ConvertError:
        raise
    except (ValueError, TypeError, AttributeError, msgpack.UnpackException
            ) as error:
        raise ConvertError("the msgpack file is damaged: "
                           f"{reason(error)}") from None
