# SPDX-License-Identifier: MIT
"""Converts trained simple RNNs of other frameworks.

    rnn = simplernn.convert.convert("model.keras")

| file | needs |
|---|---|
| .pt of torch.save, old and new | |
| .keras and .h5 of Keras | h5py |
| .onnx with RNN nodes | onnx |
| msgpack of Flax, linen and nnx | msgpack |
| .npz and .safetensors, with the names of any of these or of MLX | |
| model.safetensors.index.json and its files | |

Files are read as data. Nothing in them is executed, and nothing outside of
their folder is read. What cannot be converted is a ConvertError, which says
what is in the way."""

import json
import pathlib
import warnings
from typing import NamedTuple

from . import flax, keras, npz, onnx, pt, safetensors
from .archive import Archive
from .budget import Budget
from .network import ConvertError, choose

__all__ = ["Converted", "ConvertError", "convert", "read"]


class Converted(NamedTuple):
    """What read() returns."""

    state_dict: dict  # PyTorch's names, and NumPy arrays
    options: dict  # the other arguments of RNN.from_state_dict
    notes: list  # sentences that the user should read
    name: str  # of the network in the file


def read_archive(path, budget):
    archive = Archive(path, budget)
    if any(name.endswith("/data.pkl") for name in archive.entries):
        return pt.read_archive(archive)
    if "model.weights.h5" in archive.entries:
        return keras.read_archive(archive)
    if any(name.endswith(".npy") for name in archive.entries):
        return npz.read_archive(archive)
    raise ConvertError("the archive is none of PyTorch, Keras or NumPy")


def is_safetensors(start):
    """A length, and then the header, which is JSON."""
    return len(start) > 8 and start[8:9] == b"{" and start[6:8] == b"\0\0"


def is_onnx(start):
    """A protocol buffer that begins with ir_version, a small number."""
    return start[:1] == b"\x08" and len(start) > 1 and start[1] < 0x20


def is_msgpack(start):
    """A map that is not empty."""
    return 0x80 < start[0] < 0x90 or start[0] in (0xDE, 0xDF)


def networks_of(path, budget):
    """The networks in a file, whose kind its first bytes tell."""
    with open(path, "rb") as file:
        start = file.read(9)
    if start[:4] == b"PK\3\4":
        return read_archive(path, budget)
    if start[:8] == b"\x89HDF\r\n\x1a\n":
        return keras.read_file(path, budget)
    if is_safetensors(start):
        return safetensors.read_file(path)
    if start[:1] == b"\x80":
        return pt.read_pickles(path, budget)
    if start[:1] == b"{":
        return safetensors.read_index(path, budget)
    if is_onnx(start):
        return onnx.read_file(path, budget)
    if start and is_msgpack(start):
        return flax.read_file(path, budget)
    raise ConvertError("the kind of the file is not known; convert reads "
                       ".pt, .keras, .h5, .onnx, .npz, .safetensors, "
                       ".safetensors.index.json and msgpack files")


def assumptions(options, given):
    """Fills in what neither the caller nor the file says, and notes it."""
    defaults = {"nonlinearity": "tanh", "batch_first": False}
    assumed = [f"{key} {str(value).lower()}" for key, value in defaults.items()
               if key not in options and key not in given]
    notes = [f"{' and '.join(assumed)} {'were' if assumed[1:] else 'was'} "
             "assumed, because the file does not say"] if assumed else []
    return {**defaults, **options, **given}, notes


def read(path, name=None, *, nonlinearity=None, batch_first=None):
    """Reads a network as arrays. Arguments and errors are those of convert().

    Returns (state_dict, options, notes, name). RNN.from_state_dict(state_dict,
    **options) makes the network. Notes are sentences about differences, for
    example that Keras returns the outputs in another order."""
    path = pathlib.Path(path)
    try:
        budget = Budget(path)
        network = choose(networks_of(path, budget), name)
        state_dict = network.state_dict(budget)
    except ConvertError as error:
        raise ConvertError(f"{json.dumps(str(path))}: {error}") from None
    given = {"nonlinearity": nonlinearity, "batch_first": batch_first}
    options, notes = assumptions(
        {"direction": network.direction, **network.options},
        {key: value for key, value in given.items() if value is not None})
    return Converted(state_dict, options, [*network.notes, *notes],
                     network.name)


def convert(path, name=None, *, nonlinearity=None, batch_first=None):
    """Reads a trained network from a file of another framework as an RNN.

    path          the file; an index.json stands for the files that it names
    name          of the network in the file, if there are several: a prefix
                  of names, a layer of Keras or a node of ONNX. The error lists
                  the names that there are. "a+b" is a network with the layers
                  a and b.
    nonlinearity  "tanh", "relu", "sigmoid" or "identity"; files of PyTorch,
                  Flax and MLX do not state it. By default what the file
                  states, else "tanh"
    batch_first   whether input is [B,T,I] instead of [T,B,I]; files of
                  PyTorch do not state it. By default what the file states,
                  else False

    What was assumed, and what the framework returns in another order, are
    warnings. Raises ConvertError, which is a ValueError, for a file that cannot
    be converted, OSError for one that cannot be read, and ImportError if the
    kind of the file needs a package that is not installed."""
    from simplernn import RNN
    converted = read(path, name, nonlinearity=nonlinearity,
                     batch_first=batch_first)
    for note in converted.notes:
        warnings.warn(note, stacklevel=2)
    return RNN.from_state_dict(converted.state_dict, **converted.options)
