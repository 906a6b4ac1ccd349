# SPDX-License-Identifier: MIT
"""Files of torch.save: the zip archives of PyTorch 1.6 and later, and the files
of several pickles that came before."""

import functools
import io
import math
import mmap

from numpy.lib.stride_tricks import as_strided

from . import names
from .network import (FLOATS, SIZES, ConvertError, Tensor, decode, quote,
                      show)
from .pickles import Machine, TorchTensor, check_storage

MAGIC = 0x1950A86A20F9469CFC6C  # of a file before PyTorch 1.6
VERSION = 1001
NAMED = (TorchTensor, dict, list, tuple)  # what may hold tensors, and tensors


def folder_of(archive):
    """All files of the archive are in one folder."""
    folders = [name.removesuffix("/data.pkl") for name in archive.entries
               if name.endswith("/data.pkl")]
    if len(folders) != 1:
        raise ConvertError("the archive has no data.pkl, or several")
    if f"{folders[0]}/constants.pkl" in archive.entries:
        raise ConvertError("the file is a TorchScript program; load it with "
                           "torch.jit.load, and save its state_dict() with "
                           "torch.save")
    return folders[0]


def byte_order(archive, folder):
    name = f"{folder}/byteorder"
    order = archive.read(name) if name in archive.entries else b"little"
    if order not in (b"little", b"big"):
        raise ConvertError("the archive has an unknown byte order")
    return "<" if order == b"little" else ">"


def read_archive(archive):
    folder = folder_of(archive)
    order = byte_order(archive, folder)
    start = f"{folder}/data/"
    entries = {name.removeprefix(start): name for name in archive.entries
               if name.startswith(start)}

    def load_storage(identity):
        storage = check_storage(identity, 5)
        size = archive.size(entries.get(storage.key))
        if size < storage.count * SIZES[storage.dtype]:
            raise ConvertError(
                f"the storage {quote(storage.key)} has {storage.count} numbers "
                f"of {storage.dtype}, but the archive has {size} bytes of it; "
                "the file is damaged")
        return storage

    @functools.lru_cache(maxsize=1)  # all weights may be in one storage
    def read_storage(storage):
        data = archive.read(entries[storage.key])
        size = storage.count * SIZES[storage.dtype]
        return decode(data[:size], storage.dtype, order)

    stream = io.BytesIO(archive.read(f"{folder}/data.pkl"))
    budget = archive.budget
    value = Machine(load_storage, budget).run(stream)
    return state_of(value, read_storage, budget)


def state_of(value, read_storage, budget):
    return names.find(name_tensors(
        value, lambda name, view: tensor_of(name, view, read_storage), budget))


def name_tensors(value, make, budget):
    """{name: Tensor} of the tensors in dicts, lists and tuples. Names of outer
    dicts stand in front, with dots between."""
    found, seen, todo = {}, set(), [("", value)]
    while todo:
        name, value = todo.pop()
        if type(value) is TorchTensor:
            if name in found:
                raise ConvertError(f"two tensors are called {quote(name)}")
            budget.take_tensor()
            found[name] = make(name, value)
        elif type(value) in (dict, list, tuple) and id(value) not in seen:
            seen.add(id(value))  # so an object inside itself ends here
            items = (value.items() if type(value) is dict else
                     enumerate(value))
            todo += [(budget.join(name, ".", str(key)), item)
                     for key, item in items if type(item) in NAMED][::-1]
    return found


def tensor_of(name, view, read):
    """read(storage) returns the array of a whole storage."""
    if view.storage.dtype not in FLOATS:
        return Tensor(name, view.shape, view.storage.dtype, None)

    def values():
        array = read(view.storage)
        if math.prod(view.shape) > view.storage.count:
            raise ConvertError(f"{quote(name)} {show(view.shape)} repeats the "
                               f"{view.storage.count} numbers of its storage; "
                               "clone() it before saving")
        return as_strided(array[view.offset:], view.shape,
                          [stride * array.itemsize for stride in view.strides],
                          writeable=False)

    return Tensor(name, view.shape, view.storage.dtype, values)


def refuse_storage(_):
    raise ConvertError("the file has a storage in front of its tensors; it is "
                       "damaged")


def read_pickles(path, budget):
    with open(path, "rb") as file, \
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as stream:
        first = Machine(refuse_storage, budget).run(stream)
        if type(first) is not int or first != MAGIC:
            raise ConvertError("the file is a pickle that torch.save did not "
                               "write; save a state_dict with torch.save, or "
                               "arrays with numpy.savez")
        version = Machine(refuse_storage, budget).run(stream)
        system = Machine(refuse_storage, budget).run(stream)
        if version != VERSION or type(system) is not dict or \
                system.get("little_endian") is not True:
            raise ConvertError("the file is of another version of torch.save, "
                               "or of a big-endian machine; load it with "
                               "PyTorch and save it again")
        return read_state(path, stream, budget)


def read_state(path, stream, budget):
    storages, places = {}, {}

    def load_storage(identity):
        storage = check_storage(identity, 6)
        if storages.setdefault(storage.key, storage) != storage:
            raise ConvertError(f"the storage {quote(storage.key)} is described "
                               "twice; the file is damaged")
        return storage

    @functools.lru_cache(maxsize=1)
    def read_storage(storage):
        size = storage.count * SIZES[storage.dtype]
        budget.take_bytes(size)
        with open(path, "rb") as file:
            file.seek(places[storage.key])
            return decode(file.read(size), storage.dtype)

    value = Machine(load_storage, budget).run(stream)
    keys = Machine(refuse_storage, budget).run(stream)
    if type(keys) is not list or not all(
            type(key) is str for key in keys) or {*keys} != storages.keys():
        raise ConvertError("the file does not list its storages; it is damaged")
    for key in keys:
        places[key] = find_storage(stream, storages[key])
    return state_of(value, read_storage, budget)


def find_storage(stream, storage):
    """Goes past a storage, which begins with the number of its elements."""
    count = int.from_bytes(stream.read(8), "little")
    place = stream.tell()
    end = place + count * SIZES[storage.dtype]
    if count != storage.count or end > len(stream):
        raise ConvertError(f"the storage {quote(storage.key)} is to have "
                           f"{storage.count} numbers of {storage.dtype}; the "
                           "file is damaged or truncated")
    stream.seek(end)
    return place
