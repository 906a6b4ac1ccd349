# SPDX-License-Identifier: MIT
"""safetensors files, and models that are cut into several of them."""

import math
import pathlib

from . import names
from .jsontext import parse
from .network import (FLOATS, MAX_DIMENSIONS, SIZES, ConvertError, Tensor,
                      decode, is_count, is_file, is_shape, quote, shorten, show)

MAX_HEADER = 100_000_000  # bytes, the limit of the safetensors package
TYPES = {"F16": "float16", "BF16": "bfloat16", "F32": "float32",
         "F64": "float64"}


def read_header(path):
    """The header, and where the values begin."""
    with open(path, "rb") as file:
        size = int.from_bytes(file.read(8), "little")
        if size > MAX_HEADER:
            raise ConvertError(f"the header of {quote(path.name)} is to have "
                               f"{size} bytes; it is no safetensors file")
        text = file.read(size)
    if len(text) < size:
        raise ConvertError(f"{quote(path.name)} is truncated")
    return parse(text), 8 + size


def check_entry(name, entry, space):
    """Shape, dtype and the bytes of a tensor, of which there are space."""
    try:
        shape, (begin, end) = tuple(entry["shape"]), entry["data_offsets"]
        dtype = TYPES.get(entry["dtype"], str(entry["dtype"]))
    except (KeyError, TypeError, ValueError):
        raise ConvertError(f"the header does not describe {quote(name)} in "
                           "full") from None
    if not is_shape(shape):
        raise ConvertError(f"the shape of {quote(name)} is not up to "
                           f"{MAX_DIMENSIONS} integers of 0 and up")
    if not (is_count(begin) and is_count(end) and begin <= end <= space):
        raise ConvertError(f"{quote(name)} lies outside of the file")
    size = SIZES.get(dtype, 0) * math.prod(shape)
    if dtype in FLOATS and size != end - begin:
        raise ConvertError(f"{quote(name)} {show(shape)} of {dtype} has "
                           f"{end - begin} bytes instead of "
                           f"{shorten(str(size))}")
    return shape, dtype, begin, end


def read_tensors(path):
    """{name: Tensor} and the metadata of one file."""
    header, start = read_header(path)
    metadata = header.pop("__metadata__", {})
    space = path.stat().st_size - start
    tensors = {}
    for name, entry in header.items():
        shape, dtype, begin, end = check_entry(name, entry, space)

        def values(dtype=dtype, shape=shape, begin=begin, end=end):
            with open(path, "rb") as file:
                file.seek(start + begin)
                return decode(file.read(end - begin), dtype).reshape(shape)

        tensors[name] = Tensor(name, shape, dtype, values)
    return tensors, metadata if isinstance(metadata, dict) else {}


def read_file(path):
    return names.find(*read_tensors(path))


def read_index(path, budget):
    """A model.safetensors.index.json, and the files beside it that it names."""
    weight_map = parse(path.read_bytes()).get("weight_map")
    if not isinstance(weight_map, dict) or \
            not all(isinstance(name, str) for name in weight_map.values()):
        raise ConvertError("the JSON text is no index of safetensors files: it "
                           "has no weight_map")
    files, tensors, metadata = {}, {}, {}
    for name, shard in weight_map.items():
        if pathlib.PurePath(shard).name != shard or shard in ("", ".", ".."):
            raise ConvertError(f"the index names {quote(shard)}, which is not "
                               "the name of a file beside it")
        if shard not in files:
            if not is_file(path.parent / shard):
                raise ConvertError(f"the index names {quote(shard)}, which is "
                                   "not in its folder")
            budget.add(path.parent / shard)
            files[shard], own = read_tensors(path.parent / shard)
            metadata.update(own)
        if name not in files[shard]:
            raise ConvertError(f"{quote(shard)} has no {quote(name)}, which "
                               "the index says")
        tensors[name] = files[shard][name]
    return names.find(tensors, metadata)
