# SPDX-License-Identifier: MIT
"""RNN and RNNCell. What must be fast is in _core; this is the rest."""

from __future__ import annotations

import io
import os

from . import _core
from ._image import image
from ._options import (WORDS, initialisation, listed, new_seed, option,
                       options)

# For programs that check types. The module typing takes long to import.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, BinaryIO, TypeAlias

    from numpy.typing import NDArray
    from typing_extensions import Buffer, Self

    _Path: TypeAlias = str | os.PathLike[str]


def _restore(cls: type[_Network], data: bytes,
             num_threads: int | None) -> _Network:
    """Undoes __reduce__."""
    network = cls._of_bytes(data, "", {})
    network.num_threads = num_threads
    return network


def check_names(names: list[str], state_dict: Mapping[str, Any],
                what: str) -> None:
    """Refuses a state_dict that lacks a name or has another one."""
    missing = [name for name in names if name not in state_dict]
    known = set(names)
    extra = [name for name in state_dict if name not in known]
    if missing:
        raise _core.NotFoundError(f"the state_dict has no {listed(missing)}")
    if extra:
        raise _core.InvalidError(
            f"{listed(extra)} is not a parameter of this {what}, which has "
            f"{listed(names)}")


def write(target: BinaryIO, data: bytes) -> None:
    """Writes all bytes to a file. One without a buffer may take fewer of them
    in one call."""
    left: Buffer = data
    size = len(data)
    while size > 0:
        count: int | None = target.write(left)
        if count is None and not isinstance(target, io.RawIOBase):
            break  # it is no file of Python, and took what it was given
        if not count:
            raise BlockingIOError(f"the file did not take the last {size} "
                                  f"bytes of {len(data)}")
        size -= count
        left = memoryview(data)[len(data) - size:]


class _Network(_core.Model):
    """What RNN and RNNCell have in common."""

    @property
    def input_size(self) -> int:
        """I."""
        return int(self._value("input_size"))

    @property
    def hidden_size(self) -> int:
        """H."""
        return int(self._value("hidden_size"))

    @property
    def bias(self) -> bool:
        """Whether the cells have biases."""
        return bool(self._value("bias"))

    @property
    def nonlinearity(self) -> str:
        """The activation, for example "tanh"."""
        return WORDS[self._value("nonlinearity")]

    @property
    def dtype(self) -> str:
        """"float32" or "float64"."""
        return WORDS[self._value("dtype")]

    def _value(self, name: str) -> Any:
        return self._option(option(name))

    def _check(self) -> None:
        """Refuses a file with another kind of network."""

    @classmethod
    def _of_bytes(cls, data: Buffer, prefix: str,
                  stated: dict[int, float]) -> Self:
        network = cls.__new__(cls)
        network._load_bytes(data, prefix, stated)
        network._check()
        return network

    @classmethod
    def load(cls, source: _Path | Buffer | BinaryIO, prefix: str = "", *,
             nonlinearity: str | None = None, batch_first: bool | None = None,
             dropout: float | None = None, dtype: Any = None,
             allow_extra: bool = False, num_threads: int | None = None) -> Self:
        """Reads a network from a safetensors file.

        source is a path, the bytes of a file, or an open binary file. The
        names of the parameters begin with prefix, for example "encoder.rnn.".
        Sizes follow from the shapes. The other arguments have priority over
        the metadata of the file; dtype converts the values.

        Raises IoError (an OSError) if it cannot be read, FormatError,
        NotFoundError or ShapeError if it has no such network.
        """
        stated = options(nonlinearity=nonlinearity, batch_first=batch_first,
                         dropout=dropout, dtype=dtype, allow_extra=allow_extra)
        if isinstance(source, (str, os.PathLike)):
            network = cls.__new__(cls)
            network._load(os.fsencode(source), prefix, stated)
            network._check()
        else:
            data = source.read() if hasattr(source, "read") else source
            network = cls._of_bytes(data, prefix, stated)
        network.num_threads = num_threads
        return network

    @classmethod
    def from_state_dict(cls, state_dict: Mapping[str, Any], prefix: str = "",
                        *, nonlinearity: str = "tanh",
                        batch_first: bool = False, dropout: float = 0.0,
                        direction: str | None = None, dtype: Any = None,
                        num_threads: int | None = None) -> Self:
        """Makes a network of the parameters of torch.nn.RNN.

        state_dict maps names, for example "weight_ih_l0", to arrays of NumPy,
        PyTorch and so on. Their values are copied. Sizes, layers, directions
        and biases follow from the names and shapes.
        """
        network = cls._of_bytes(
            image(state_dict), prefix,
            options(nonlinearity=nonlinearity, batch_first=batch_first,
                    dropout=dropout, direction=direction, dtype=dtype))
        network.num_threads = num_threads
        return network

    @classmethod
    def from_torch(cls, module: Any, *, num_threads: int | None = None
                   ) -> Self:
        """Makes a network of a torch.nn.RNN or a torch.nn.RNNCell.

        Its weights are copied: later changes of the module do not reach the
        network. simplernn.torch.convert() makes a module that follows them.
        """
        if not hasattr(module, "nonlinearity"):
            raise TypeError(f"{type(module).__name__} is not a simple "
                            "recurrent network, such as torch.nn.RNN")
        return cls.from_state_dict(
            module.state_dict(), nonlinearity=module.nonlinearity,
            batch_first=getattr(module, "batch_first", False),
            dropout=getattr(module, "dropout", 0.0), num_threads=num_threads)

    def save(self, target: _Path | BinaryIO, prefix: str = "",
             metadata: Mapping[str, str] | None = None, *,
             alone: bool = False) -> None:
        """Writes the network to a safetensors file.

        target is a path, or an open binary file. If there is a file at the
        path, what else is in it stays, so that a file can hold several
        networks, each with its prefix; with alone=True the file is replaced.
        metadata is a dict of texts. torch.nn.RNN.load_state_dict() accepts
        what safetensors.torch.load_file() reads from the file.
        """
        texts = tuple(text for pair in (metadata or {}).items()
                      for text in pair)
        if isinstance(target, (str, os.PathLike)):
            self._save(os.fsencode(target), prefix, texts, alone)
        else:
            write(target, self._save_bytes(prefix, texts))

    def _names(self) -> list[str]:
        return self._parameter_names()

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """The parameters: a dict of names and new arrays of NumPy."""
        return {name: self._parameter(index)
                for index, name in enumerate(self._names())}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Writes all parameters, or none after an error.

        It waits until the calls that are running have ended. The names, shapes
        and the dtype must be those of state_dict().
        """
        names = self._names()
        check_names(names, state_dict, "network")
        self._set_parameters([state_dict[name] for name in names])

    def initialise(self, name: str, kind: str, gain: float = 1.0,
                   seed: int | None = None) -> None:
        """Fills a parameter, for example "weight_hh_l0", with first values.

        kind is "uniform", from U(-gain, gain), "orthogonal", "identity" or
        "zeros", as in torch.nn.init. Orthogonal and identity matrices are
        multiplied by gain. The same seed gives parameters of the same shape the
        same values; without one they differ from call to call.

        Raises NotFoundError for an unknown name, and ShapeError for a bias
        that should be a matrix.
        """
        own = dict(zip(self._names(), self._parameter_names()))
        self._initialise(own.get(name, name),
                         *initialisation(kind, gain, seed))

    def __reduce__(self) -> tuple[Any, ...]:
        return (_restore,
                (type(self), self._save_bytes("", ()), self.num_threads),
                self.__getstate__())


class RNN(_Network):
    """A recurrent network, as torch.nn.RNN.

    rnn(input, h0=None, *, lengths=None, resets=None, fresh=None, out=None)
    returns (output, h_n):

    input    [T,B,I], or [B,T,I] with batch_first, or [T,I] for one sequence
    h0       [L*D,B,H], or [L*D,1,H] for one state for all, or [L*D,H] without a
             batch; zeros by default
    lengths  [B] integers: the number of steps of each sequence
    resets   [T,B] or [B,T] flags: the state becomes fresh before that step
    fresh    as h0
    out      (output, h_n): arrays for the results; None for a new one
    output   [T,B,D*H], or [B,T,D*H] with batch_first, or [T,D*H]
    h_n      [L*D,B,H] or [L*D,H]

    Arguments are arrays of NumPy, or of any library with the buffer protocol or
    DLPack, with any strides. They are not copied. If input is a tensor of
    PyTorch, new results are tensors too, otherwise arrays of NumPy.

    Raises ShapeError (a ValueError) for a wrong shape, and DtypeError (a
    TypeError) for another dtype than that of the network.

    Any number of threads may call a network at once. load_state_dict() waits
    for them.

    >>> rnn = RNN(3, 5, seed=1)
    >>> rnn
    RNN(3, 5)
      input [T,B,3], h0 [1,B,5] -> output [T,B,5], h_n [1,B,5]
    """

    def __init__(self, input_size: int, hidden_size: int, num_layers: int = 1,
                 *, nonlinearity: str = "tanh", bias: bool = True,
                 batch_first: bool = False, dropout: float = 0.0,
                 bidirectional: bool = False, direction: str | None = None,
                 dtype: Any = "float32", seed: int | None = None,
                 num_threads: int | None = None) -> None:
        """Makes a network with random weights from U(-1/sqrt(H), 1/sqrt(H)).

        They are exactly those of torch.manual_seed(seed);
        torch.nn.RNN(...). Without a seed they differ from call to call.
        """
        if seed is None:
            seed = new_seed()
        self._create(
            input_size, hidden_size,
            options(num_layers=num_layers, nonlinearity=nonlinearity,
                    bias=bias, batch_first=batch_first, dropout=dropout,
                    bidirectional=bidirectional, direction=direction,
                    dtype=dtype), seed)
        self.num_threads = num_threads

    @property
    def num_layers(self) -> int:
        """L."""
        return int(self._value("num_layers"))

    @property
    def batch_first(self) -> bool:
        """Whether the input is [B,T,I]."""
        return bool(self._value("batch_first"))

    @property
    def dropout(self) -> float:
        """Used in training only."""
        return float(self._value("dropout"))

    @property
    def direction(self) -> str:
        """"forward", "reverse" or "bidirectional"."""
        return WORDS[self._value("direction")]

    @property
    def bidirectional(self) -> bool:
        """Whether there are two directions: D is 2."""
        return self.direction == "bidirectional"

    def stream(self, batch: int = 1) -> _core.Stream:
        """A Stream: the states of B endless sequences, for steps and blocks.

        >>> import numpy
        >>> with RNN(3, 5, seed=1).stream(batch=2) as s:
        ...     y = s.step(numpy.zeros((2, 3), "float32"))
        >>> y.shape
        (2, 5)
        """
        return _core.Stream(self, batch)

    def describe(self, steps: int = 1, batch: int = 1) -> str:
        """A table of layers, parameters and shapes, for T steps and batch B."""
        return self._describe(steps, batch)

    def _arguments(self) -> str:
        shown = [str(self.input_size), str(self.hidden_size)]
        defaults = {"num_layers": 1, "nonlinearity": "tanh", "bias": True,
                    "batch_first": False, "dropout": 0.0,
                    "direction": "forward", "dtype": "float32"}
        for name, default in defaults.items():
            value = getattr(self, name)
            if value != default:
                shown.append(f"{name}={value!r}")
        return ", ".join(shown).replace("direction='bidirectional'",
                                        "bidirectional=True")

    def __repr__(self) -> str:
        directions = 2 if self.bidirectional else 1
        time = "B,T" if self.batch_first else "T,B"
        states = f"[{self.num_layers * directions},B,{self.hidden_size}]"
        return (f"{type(self).__name__}({self._arguments()})\n"
                f"  input [{time},{self.input_size}], h0 {states} -> output "
                f"[{time},{directions * self.hidden_size}], h_n {states}")


class RNNCell(_Network):
    """One step of one layer, as torch.nn.RNNCell.

    cell(input, hx=None, *, out=None) returns the new state, [B,H] or [H]:

    input    [B,I], or [I] without a batch
    hx       [B,H] or [H]; zeros by default
    out      an array for the result; it may be hx

    >>> cell = RNNCell(3, 5, seed=1)
    >>> cell
    RNNCell(3, 5)
      input [B,3], hx [B,5] -> [B,5]
    """

    def __init__(self, input_size: int, hidden_size: int, bias: bool = True,
                 nonlinearity: str = "tanh", *, dtype: Any = "float32",
                 seed: int | None = None) -> None:
        """Makes a cell with random weights, those of an RNN of one layer."""
        network = RNN(input_size, hidden_size, bias=bias,
                      nonlinearity=nonlinearity, dtype=dtype, seed=seed)
        values = {name.removesuffix("_l0"): value
                  for name, value in network.state_dict().items()}
        self._load_bytes(image(values), "", options(nonlinearity=nonlinearity))

    def _check(self) -> None:
        layers = self._value("num_layers")
        direction = WORDS[self._value("direction")]
        if layers != 1 or direction != "forward":
            raise _core.InvalidError(
                f"this network has num_layers={layers} and direction="
                f"{direction!r}, but an RNNCell has one layer and is forward; "
                "use RNN")

    def _names(self) -> list[str]:
        return [name.removesuffix("_l0") for name in self._parameter_names()]

    def __call__(  # type: ignore[override] # it is one step, not a sequence
            self, input: _core._Array, hx: _core._Array | None = None, *,
            out: _core._Array | None = None) -> Any:
        return self._cell(input, hx, out)

    def __repr__(self) -> str:
        shown = "".join(
            f", {name}={value!r}" for name, value, default in (
                ("bias", self.bias, True),
                ("nonlinearity", self.nonlinearity, "tanh"),
                ("dtype", self.dtype, "float32")) if value != default)
        sizes = self.input_size, self.hidden_size
        return (f"{type(self).__name__}({sizes[0]}, {sizes[1]}{shown})\n"
                f"  input [B,{sizes[0]}], hx [B,{sizes[1]}] -> [B,{sizes[1]}]")
