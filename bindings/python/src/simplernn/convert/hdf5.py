# SPDX-License-Identifier: MIT
"""The arrays of HDF5 files."""

import contextlib
import math

from .extra import require
from .network import ConvertError, Tensor, quote, reason


TEXTS = b"GCOL\1"  # how a heap of texts begins
NAMES = b"HEAP\0"  # how a heap of the names in a group begins
MAX_TEXTS = 100  # of an attribute; a layer has up to six weights
WRAP = 1 << 64  # the HDF5 library adds modulo this
PLACE = 16  # bytes in front of a text, in front of a heap, and of a free place


def check_heaps(data):
    """Refuses what the HDF5 library would read for ever: a free place without
    a size in a heap of texts, and free places in a heap of names that name each
    other in a circle. data is the bytes of the file, in which places and sizes
    have 8 bytes each, as Keras writes them. All heaps together may have as many
    places as there is room for in the file, so that heaps that overlap take no
    time."""
    sizes = data[13:15] if data[8:9] < b"\2" else data[9:11]
    if data[:8] != b"\x89HDF\r\n\x1a\n" or sizes != b"\x08\x08":
        raise ConvertError("the HDF5 file is not one that Keras writes")
    left = len(data) // PLACE
    for start, check in (TEXTS, check_texts), (NAMES, check_names):
        heap = data.find(start)
        while heap >= 0:
            left = check(data, heap, left)
            heap = data.find(start, heap + 1)


def number(data, at, size=8):
    return int.from_bytes(data[at:at + size], "little")


def take_place(left):
    if left == 0:
        raise ConvertError("the HDF5 file is damaged: its heaps overlap or "
                           "have no end")
    return left - 1


def check_texts(data, heap, left):
    """The heaps may have so many places. Returns how many are left."""
    end = heap + number(data, heap + 8)
    place = heap + PLACE
    while place + PLACE <= min(end, len(data)):
        left = take_place(left)
        size = number(data, place + 8)
        if number(data, place, 2) != 0:
            size = (PLACE + (size + 7) // 8 * 8) % WRAP
        if size == 0 or size >= WRAP // 2:  # which leads back
            raise ConvertError("the HDF5 file is damaged: a place in a heap "
                               "has no size, or leads back")
        place += size
    return left


def check_names(data, heap, left):
    """The same for the free places of a heap of names. The HDF5 library refuses
    those at which the loop ends early. It would read beyond the end of a heap
    if a free place did not fit."""
    size, free, start = (number(data, heap + at) for at in (8, 16, 24))
    while free != 1 and free < min(size, len(data) - start):
        if free + PLACE > size:
            raise ConvertError("the HDF5 file is damaged: a free place does "
                               "not fit into its heap")
        left = take_place(left)
        following = number(data, start + free)
        end = (free + number(data, start + free + 8)) % WRAP
        if following == 0 or end > size:
            break
        free = following
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
