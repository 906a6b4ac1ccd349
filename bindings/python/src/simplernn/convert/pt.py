# SPDX-License-Identifier: MIT
"""Files of torch.save: the zip archives of PyTorch 1.6 and later, and the files
of several pickles that came before."""

import io
import mmap

from . import names
from .network import SIZES, ConvertError, decode, quote
from .pickles import Machine, check_storage, name_tensors, tensor_of

MAGIC = 0x1950A86A20F9469CFC6C  # of a file before PyTorch 1.6
VERSION = 1001


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

    def load_storage(identity):
        storage = check_storage(identity, 5)
        size = archive.size(f"{folder}/data/{storage.key}")
        if size < storage.count * SIZES[storage.dtype]:
            raise ConvertError(
                f"the storage {quote(storage.key)} has {storage.count} numbers "
                f"of {storage.dtype}, but the archive has {size} bytes of it; "
                "the file is damaged")
        return storage

    def read_storage(storage):
        data = archive.read(f"{folder}/data/{storage.key}")
        size = storage.count * SIZES[storage.dtype]
        return decode(data[:size], storage.dtype, order)

    stream = io.BytesIO(archive.read(f"{folder}/data.pkl"))
    return state_of(Machine(load_storage).run(stream), read_storage)


def state_of(value, read_storage):
    return names.find(name_tensors(
        value, lambda name, view: tensor_of(name, view, read_storage)))


def refuse_storage(_):
    raise ConvertError("the file has a storage in front of its tensors; it is "
                       "damaged")


def read_pickles(path):
    with open(path, "rb") as file, \
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as stream:
        first = Machine(refuse_storage).run(stream)
        if type(first) is not int or first != MAGIC:
            raise ConvertError("the file is a pickle that torch.save did not "
                               "write; save a state_dict with torch.save, or "
                               "arrays with numpy.savez")
        version = Machine(refuse_storage).run(stream)
        system = Machine(refuse_storage).run(stream)
        if version != VERSION or type(system) is not dict or \
                system.get("little_endian") is not True:
            raise ConvertError("the file is of another version of torch.save, "
                               "or of a big-endian machine; load it with "
                               "PyTorch and save it again")
        return read_state(path, stream)


def read_state(path, stream):
    storages, places = {}, {}

    def load_storage(identity):
        storage = check_storage(identity, 6)
        if storages.setdefault(storage.key, storage) != storage:
            raise ConvertError(f"the storage {quote(storage.key)} is described "
                               "twice; the file is damaged")
        return storage

    def read_storage(storage):
        with open(path, "rb") as file:
            file.seek(places[storage.key])
            size = storage.count * SIZES[storage.dtype]
            return decode(file.read(size), storage.dtype)

    value = Machine(load_storage).run(stream)
    keys = Machine(refuse_storage).run(stream)
    if type(keys) is not list or not all(
            type(key) is str for key in keys) or {*keys} != storages.keys():
        raise ConvertError("the file does not list its storages; it is damaged")
    for key in keys:
        places[key] = find_storage(stream, storages[key])
    return state_of(value, read_storage)


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
