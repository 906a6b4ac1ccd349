# SPDX-License-Identifier: MIT
"""Writes what torch.save writes, and what it would never write, without
PyTorch: pickles are put together from their instructions."""

import struct
import zipfile

import numpy

PROTO, STOP = b"\x80\x02", b"."


def text(value):
    data = value.encode()
    return b"X" + struct.pack("<I", len(data)) + data


def number(value):
    data = value.to_bytes(9, "little", signed=True)
    return b"\x8a" + bytes([len(data)]) + data


def several(*items):
    return b"(" + b"".join(items) + b"t"


def numbers(values):
    return several(*map(number, values))


def dictionary(items):
    """items maps texts to instructions."""
    return b"}(" + b"".join(text(key) + value
                            for key, value in items.items()) + b"u"


def name(module, attribute):
    return f"c{module}\n{attribute}\n".encode()


def call(module, attribute, *arguments):
    return name(module, attribute) + several(*arguments) + b"R"


def storage(kind="FloatStorage", key="0", count=12):
    return several(text("storage"), name("torch", kind), text(key),
                   text("cpu"), number(count)) + b"Q"


def tensor(shape=(4, 3), strides=(3, 1), offset=0, metadata=None, **of):
    arguments = [storage(**of), number(offset), numbers(shape),
                 numbers(strides), b"\x89",
                 call("collections", "OrderedDict")]
    if metadata is not None:
        arguments.append(metadata)
    return call("torch._utils", "_rebuild_tensor_v2", *arguments)


def write(path, value, storages=None, more=()):
    """value: the instructions that make what is saved. storages: {key: array}.
    more: entries of the archive, as (name, bytes)."""
    if storages is None:
        storages = {"0": numpy.arange(12, dtype="<f4"),
                    "1": numpy.arange(16, dtype="<f4")}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", PROTO + value + STOP)
        for key, array in storages.items():
            archive.writestr(f"archive/data/{key}", array.tobytes())
        for entry, data in more:
            archive.writestr(entry, data)
    return path


def weights(**of):
    """A network with the weight_ih that the arguments describe."""
    return dictionary({"weight_ih_l0": tensor(**of),
                       "weight_hh_l0": tensor((4, 4), (4, 1), key="1",
                                              count=16)})
