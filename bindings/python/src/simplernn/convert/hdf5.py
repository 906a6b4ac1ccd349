# SPDX-License-Identifier: MIT
"""The arrays of HDF5 files."""

import contextlib
import math

from .extra import require
from .network import ConvertError, Tensor, quote, reason


HEAP = b"GCOL\1\0\0\0"  # how a heap of texts begins
MAX_TEXTS = 100  # of an attribute; a layer has up to six weights
PLACE = 16  # bytes in front of a text, and in front of a heap


def check_heaps(data):
    """Refuses what the HDF5 library would read for ever: a free place without
    a size in a heap. data is the bytes of the file, in which sizes have 8 bytes
    each, as Keras writes them. All heaps together may have as many places as
    there is room for in the file, so that heaps that overlap take no time."""
    sizes = data[14:15] if data[8:9] < b"\2" else data[10:11]
    if data[:8] != b"\x89HDF\r\n\x1a\n" or sizes != b"\x08":
        raise ConvertError("the HDF5 file is not one that Keras writes")
    heap = data.find(HEAP)
    left = len(data) // PLACE
    while heap >= 0:
        left = check_heap(data, heap, left)
        heap = data.find(HEAP, heap + 1)


def check_heap(data, heap, left):
    """The heaps may have so many places. Returns how many are left."""
    end = heap + int.from_bytes(data[heap + 8:heap + 16], "little")
    place = heap + PLACE
    while place + PLACE <= min(end, len(data)):
        if left == 0:
            raise ConvertError("the HDF5 file is damaged: its heaps overlap")
        left -= 1
        index = int.from_bytes(data[place:place + 2], "little")
        size = int.from_bytes(data[place + 8:place + 16], "little")
        size = size if index == 0 else PLACE + (size + 7) // 8 * 8
        if size == 0:
            raise ConvertError("the HDF5 file is damaged: a place in a heap "
                               "has no size")
        place += size
    return left


@contextlib.contextmanager
def reading(open_file):
    """An open file, in which whatever h5py raises is damage."""
    try:
        with open_file() as file:
            yield file
    except ConvertError:
        raise
    except (KeyError, OSError, OverflowError, RuntimeError, TypeError,
            ValueError) as error:
        raise ConvertError("the HDF5 file is damaged: "
                           f"{reason(error)}") from None


def tensors_of(open_file, budget):
    """{path: Tensor} of all arrays of a file. Links to other places and to
    other files are not followed. open_file() returns an open h5py.File."""
    h5py, found = require("h5py"), {}

    def add(path, item):
        budget.take_parts(len(path))
        if isinstance(path, bytes):  # as h5py gives what is not UTF-8
            raise ConvertError("the HDF5 file is damaged: a name is not UTF-8")
        if isinstance(item, h5py.Dataset):
            budget.take_tensor()
            found[path] = tensor_of(open_file, path, item)

    with reading(open_file) as file:
        file.visititems(add)
    return found


def tensor_of(open_file, path, dataset):
    problem = ""
    if dataset.external or dataset.is_virtual:
        problem = "is in another file"
    elif dataset.chunks or dataset.id.get_storage_size() != dataset.nbytes:
        problem = "is compressed or incomplete, which Keras does not write"

    def values():
        if problem:
            raise ConvertError(f"{quote(path)} {problem}")
        with reading(open_file) as file:
            return file[path][()]

    return Tensor(path, dataset.shape or (), dataset.dtype.name, values)


def attribute_of(open_file, path, name, budget):
    """A text or a list of texts, None if there is none."""
    with reading(open_file) as file:
        attributes = file[path].attrs if path in file else {}
        if name not in attributes:
            return None
        shape = attributes.get_id(name).shape or ()
        # Many texts of an attribute may be in one place of the file.
        if math.prod(shape) > MAX_TEXTS:
            raise ConvertError(f"{quote(path)} has more than {MAX_TEXTS} texts "
                               f"as its {name}")
        value = attributes[name]
        if isinstance(value, (str, bytes)):
            return text_of(value, budget)
        return [text_of(each, budget) for each in value]


def text_of(value, budget):
    if isinstance(value, (str, bytes)):
        budget.take_parts(len(value))
    return value.decode() if isinstance(value, bytes) else value
