# SPDX-License-Identifier: MIT
"""What the files of all frameworks become: networks of PyTorch's layout.

A reader makes a Network of each layer that it finds. join() stacks layers that
feed each other, choose() picks the network that the caller wants, and
Network.state_dict() reads and checks its values."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy

MAX_LISTED = 20
MAX_DIMENSIONS = 32  # as NumPy 1 has them
FLOATS = {"float16": "<f2", "bfloat16": "<u2", "float32": "<f4",
          "float64": "<f8"}
SIZES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8, "int8": 1,
         "uint8": 1, "int16": 2, "int32": 4, "int64": 8, "bool": 1,
         "complex64": 8, "complex128": 16}  # of an element, in bytes


class ConvertError(ValueError):
    """A file that cannot be converted. The message says what is in the way,
    by name and shape, and what to do instead."""


def shorten(text):
    return text if len(text) <= 120 else f"{text[:80]}...{text[-30:]}"


def quote(name):
    """A name of a file as one line of ASCII that is not too long."""
    text = str(name)
    if len(text) > 240:  # so that long names take no time
        text = text[:120] + text[-120:]
    return shorten(json.dumps(text))


def show(shape):
    """A shape, for messages."""
    return shorten(str([*shape]))


def reason(error):
    """What another package says about a file, as one line of ASCII that is not
    too long."""
    text = str(error) or type(error).__name__
    is_line = text.isascii() and text.isprintable()
    return shorten(text if is_line else json.dumps(text)[1:-1])


def word(text):
    """A word of a file, which may be any text."""
    return text if text.isascii() and text.isidentifier() and \
        len(text) <= 120 else quote(text)


def is_count(value):
    """Whether it can be the size of an axis, a place or a number of bytes."""
    return type(value) is int and 0 <= value < 1 << 63


def is_shape(sizes):
    """Whether they can be the sizes of a tensor, all dimensions of it."""
    return (type(sizes) is tuple and len(sizes) <= MAX_DIMENSIONS and
            all(map(is_count, sizes)))


def is_file(path):
    """Whether it is a regular file, or a link to one. Nothing else is opened:
    a pipe would never end."""
    try:
        return path.is_file()
    except OSError:  # of a name that is too long
        return False


def counted(count, noun):
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def decode(data, dtype, byte_order="<"):
    """The numbers in some bytes. bfloat16 becomes float32."""
    kind = FLOATS[dtype].replace("<", byte_order)
    numbers = numpy.frombuffer(data, kind)
    if dtype == "bfloat16":
        return (numbers.astype(numpy.uint32) << 16).view(numpy.float32)
    return numbers


@dataclass(frozen=True)
class Tensor:
    """A tensor of a file. Its values are read when they are needed."""

    name: str
    shape: tuple[int, ...]
    dtype: str  # as NumPy names it, and "bfloat16"
    read: Callable[[], numpy.ndarray] | None  # None for types not in FLOATS
    is_transposed: bool = False

    def __str__(self):
        """As it is in the file, for messages."""
        shape = self.shape[::-1] if self.is_transposed else self.shape
        return f"{quote(self.name)} {show(shape)}"

    def transposed(self):
        return replace(self, shape=self.shape[::-1],
                       read=lambda: self.read().T,
                       is_transposed=not self.is_transposed)

    def values(self, dtype, budget):
        """A new array of these values."""
        array = self.read()
        budget.take_bytes(array.size * SIZES[dtype])
        return numpy.array(array, dtype, order="C")


def tensor_of(name, array):
    """A tensor that is in memory already."""
    return Tensor(name, array.shape, array.dtype.name, lambda: array)


class Cell(NamedTuple):
    """One direction of a layer, with the names and shapes of PyTorch."""

    weight_ih: Tensor  # [H,I]
    weight_hh: Tensor  # [H,H]
    bias_ih: Tensor | None = None  # [H]; None is zeros
    bias_hh: Tensor | None = None

    def tensors(self):
        return [tensor for tensor in self if tensor is not None]


def check_cell(cell, input_size):
    """input_size is None if any will do. Returns the sizes I and H."""
    for tensor in cell.tensors():
        if tensor.dtype not in FLOATS:
            raise ConvertError(
                f"{tensor} has the type {word(tensor.dtype)}; a network is "
                f"made of {', '.join(FLOATS)}. Convert a model that is not "
                "quantized")
    hidden = cell.weight_hh
    check_recurrent(hidden)
    size = hidden.shape[1]
    for tensor, rank in zip(cell, (2, 2, 1, 1)):
        if tensor is not None and (len(tensor.shape) != rank or
                                   tensor.shape[0] != size):
            raise ConvertError(f"{tensor} does not fit {hidden}, which has the "
                               f"hidden size {size}")
    inputs = cell.weight_ih.shape[1]
    if 0 in (size, inputs):
        raise ConvertError(f"{cell.weight_ih} is empty")
    if input_size not in (None, inputs):
        raise ConvertError(f"{cell.weight_ih} reads {inputs} numbers a step, "
                           f"but its input has {input_size}")
    return inputs, size


def check_recurrent(tensor):
    """The recurrent weights of a simple RNN are square."""
    rows, columns = (tensor.shape if len(tensor.shape) == 2 else (0, 0))
    if columns and rows in (3 * columns, 4 * columns):
        gated = "a GRU" if rows == 3 * columns else "an LSTM"
        raise ConvertError(f"{tensor} belongs to {gated}; this library runs "
                           "simple (Elman) RNNs only")
    if not columns or rows != columns:
        raise ConvertError(f"{tensor} cannot be the recurrent weights, which "
                           "have the shape [hidden_size, hidden_size]")


@dataclass(frozen=True)
class Network:
    """One or more layers that are alike, as torch.nn.RNN has them."""

    name: str
    layers: tuple[tuple[Cell, ...], ...]  # for each layer, forward first
    direction: str = "forward"
    options: dict = field(default_factory=dict)  # only what the file states
    notes: tuple[str, ...] = ()  # what the caller should know
    follows: str | None = None  # the network whose output is the input
    refusal: str = ""  # why it cannot be converted

    def sizes(self):
        """I and H, after a check of all shapes."""
        if self.refusal:
            raise ConvertError(self.refusal)
        inputs, sizes = None, []
        for cells in self.layers:
            for cell in cells:
                inputs, hidden = check_cell(cell, inputs)
                sizes.append((inputs, hidden))
                if hidden != sizes[0][1]:
                    raise ConvertError(
                        f"{cell.weight_hh} has the hidden size {hidden}, "
                        f"but the first layer has {sizes[0][1]}; all layers "
                        "of a network have one hidden size")
            inputs = len(cells) * hidden
        return sizes[0]

    def __str__(self):
        try:
            inputs, hidden = self.sizes()
        except ConvertError as error:
            return f"{quote(self.name)} (cannot be converted: {error})"
        return (f"{quote(self.name)} (input_size {inputs}, hidden_size "
                f"{hidden}, {counted(len(self.layers), 'layer')}, "
                f"{self.direction})")

    def state_dict(self, budget):
        """PyTorch's names with their values, after a check of all shapes. The
        budget limits them, because many tensors may be in one place."""
        _, hidden = self.sizes()
        cells = [cell for cells in self.layers for cell in cells]
        tensors = [tensor for cell in cells for tensor in cell.tensors()]
        dtype = "float64" if any(tensor.dtype == "float64"
                                 for tensor in tensors) else "float32"
        has_bias = any(cell.bias_ih or cell.bias_hh for cell in cells)
        values = {}
        for layer, cells in enumerate(self.layers):
            for number, cell in enumerate(cells):
                is_reverse = number == 1 or self.direction == "reverse"
                suffix = f"_l{layer}" + "_reverse" * is_reverse
                for kind, tensor in cell._asdict().items():
                    if tensor is not None:
                        values[kind + suffix] = tensor.values(dtype, budget)
                    elif has_bias:
                        values[kind + suffix] = numpy.zeros(hidden, dtype)
        return values


def join(networks):
    """One network of the layers of several, which feed each other in this
    order."""
    first = networks[0]
    for other in networks[1:]:
        for what in ("nonlinearity", "batch_first"):
            if other.options.get(what) != first.options.get(what):
                raise ConvertError(
                    f"{quote(first.name)} and {quote(other.name)} cannot be "
                    f"layers of one network: their {what} differs; convert "
                    "each by its name")
        if other.direction != first.direction:
            raise ConvertError(
                f"{quote(first.name)} is {first.direction} and "
                f"{quote(other.name)} is {other.direction}, so they cannot be "
                "layers of one network; convert each by its name")
    notes = dict.fromkeys(note for each in networks for note in each.notes)
    joined = replace(first, name="+".join(each.name for each in networks),
                     layers=tuple(cells for each in networks
                                  for cells in each.layers),
                     notes=tuple(notes))
    joined.sizes()
    return joined


def can_join(networks):
    try:
        join(networks)
    except ConvertError:
        return False
    return True


def chains(networks):
    """Joins each network to the one that it follows, where that works. What
    fits to the last layer of a chain fits to all of them."""
    done, ends = [], {}
    for network in networks:
        chain = ends.get(network.follows)
        if chain and can_join([chain[-1], network]):
            del ends[network.follows]
        else:
            chain = []
            done.append(chain)
        chain.append(network)
        ends[network.name] = chain
    return [join(each) if len(each) > 1 else each[0] for each in done]


def listed(networks):
    texts = [str(network) for network in networks[:MAX_LISTED]]
    if len(networks) > MAX_LISTED:
        texts.append(f"and {len(networks) - MAX_LISTED} more")
    return ", ".join(texts)


def choose(networks, name):
    """The network of this name, or the only one if name is None. The names of
    layers, with + between them, stand for a network of these layers."""
    whole = chains(networks)
    if name is None and len(whole) == 1:
        return whole[0]
    if name is None:
        raise ConvertError(f"there are {len(whole)} networks: {listed(whole)}; "
                           "choose one by its name")
    known = {network.name: network for network in (*networks, *whole)}
    if name in known:
        return known[name]
    parts = [known.get(part) for part in name.split("+")]
    if len(parts) > 1 and None not in parts:
        return join(parts)
    raise ConvertError(f"there is no network {quote(name)}; there is "
                       f"{listed(whole)}")
