# SPDX-License-Identifier: MIT
"""The arrays of HDF5 files."""

import contextlib

from .extra import require
from .network import ConvertError, Tensor, quote


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
        raise ConvertError(f"the HDF5 file is damaged: {error}") from None


def tensors_of(open_file):
    """{path: Tensor} of all arrays of a file. Links to other places and to
    other files are not followed. open_file() returns an open h5py.File."""
    h5py, found = require("h5py"), {}

    def add(path, item):
        if isinstance(item, h5py.Dataset):
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


def attribute_of(open_file, path, name):
    """A text or a list of texts, None if there is none."""
    with reading(open_file) as file:
        value = file[path].attrs.get(name) if path in file else None
        if value is None or isinstance(value, (str, bytes)):
            return text_of(value)
        return [text_of(each) for each in value]


def text_of(value):
    return value.decode() if isinstance(value, bytes) else value
