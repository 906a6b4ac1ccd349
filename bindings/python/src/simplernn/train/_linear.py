# SPDX-License-Identifier: MIT
"""Linear. What must be fast is in _core; this is the rest."""

from __future__ import annotations

import os

from .. import _core
from .._image import image, to_numpy
from .._network import check_names
from .._options import WORDS, dtype_number, initialisation, new_seed

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, BinaryIO, TypeAlias

    from numpy.typing import NDArray
    from typing_extensions import Buffer, Self

    _Path: TypeAlias = str | os.PathLike[str]


def _restore(cls: type[Linear], state: dict[str, NDArray[Any]]) -> Linear:
    """Undoes __reduce__."""
    return cls.from_state_dict(state)


class Linear(_core.Linear):
    """A linear layer, as torch.nn.Linear.

    linear(input, *, out=None, rnn=None) returns input weight^T + bias:

    input    [...,in_features], with any number of leading axes
    out      an array for the result, [...,out_features]
    rnn      an RNN whose threads compute; by default this thread alone

    Arguments are arrays as for RNN. Raises ShapeError (a ValueError) for a
    wrong shape, and DtypeError (a TypeError) for another dtype.

    Any number of threads may call a layer at once. load_state_dict() and the
    step of an optimizer wait for them.

    >>> Linear(16, 2, seed=1)
    Linear(16, 2)
      input [...,16] -> output [...,2]
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True,
                 *, dtype: Any = "float32", seed: int | None = None) -> None:
        """Makes a layer with random values from U(-1/sqrt(in_features),
        1/sqrt(in_features)).

        They are exactly those of torch.manual_seed(seed);
        torch.nn.Linear(...). Without a seed they differ from call to call.
        """
        if seed is None:
            seed = new_seed()
        self._create(dtype_number(dtype), in_features, out_features, bias, seed)

    @property
    def dtype(self) -> str:
        """"float32" or "float64"."""
        return WORDS[self._dtype]

    @classmethod
    def _of_bytes(cls, data: Buffer, prefix: str) -> Self:
        layer = cls.__new__(cls)
        layer._load_bytes(data, prefix)
        return layer

    @classmethod
    def load(cls, source: _Path | Buffer | BinaryIO, prefix: str = "") -> Self:
        """Reads the tensors prefix + "weight" and prefix + "bias" of a
        safetensors file. Without the second one the layer has no bias.

        source is a path, the bytes of a file, or an open binary file.
        """
        if not isinstance(source, (str, os.PathLike)):
            data = source.read() if hasattr(source, "read") else source
            return cls._of_bytes(data, prefix)
        layer = cls.__new__(cls)
        layer._load(os.fsencode(source), prefix)
        return layer

    @classmethod
    def from_state_dict(cls, state_dict: Mapping[str, Any], prefix: str = ""
                        ) -> Self:
        """Makes a layer of the parameters of torch.nn.Linear: a dict of names
        and arrays, whose values are copied."""
        return cls._of_bytes(image(state_dict), prefix)

    @classmethod
    def from_torch(cls, module: Any) -> Self:
        """Makes a layer of a torch.nn.Linear, whose values are copied."""
        return cls.from_state_dict(module.state_dict())

    def save(self, path: _Path, prefix: str = "") -> None:
        """Writes the layer into a safetensors file, beside what else is in it,
        for example the network whose states it reads."""
        self._save(os.fsencode(path), prefix)

    def state_dict(self) -> dict[str, NDArray[Any]]:
        """The parameters: a dict of names and new arrays of NumPy."""
        flat = self._get_flat()
        size = self.in_features * self.out_features
        state = {"weight": flat[:size].reshape(self.out_features,
                                               self.in_features)}
        if self.bias:
            state["bias"] = flat[size:]
        return state

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Writes all parameters, or none after an error.

        It waits until the calls that are running have ended. The names, shapes
        and the dtype must be those of state_dict().
        """
        import numpy

        own = self.state_dict()
        check_names(list(own), state_dict, "layer")
        values = {name: to_numpy(state_dict[name]) for name in own}
        for name, value in values.items():
            if value.dtype != own[name].dtype:
                raise _core.DtypeError(f"{name} has dtype {value.dtype}; this "
                                       f"layer has {own[name].dtype}")
            if value.shape != own[name].shape:
                raise _core.ShapeError(
                    f"{name} is {list(value.shape)}; a linear layer from "
                    f"{self.in_features} to {self.out_features} features needs "
                    f"{list(own[name].shape)}")
        self._set_flat(numpy.concatenate([value.ravel()
                                          for value in values.values()]))

    def initialise(self, name: str, kind: str, gain: float = 1.0,
                   seed: int | None = None) -> None:
        """Fills a parameter, as RNN.initialise() does."""
        self._initialise(name, *initialisation(kind, gain, seed))

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (type(self), self.state_dict()), self.__getstate__()

    def __repr__(self) -> str:
        sizes = self.in_features, self.out_features
        shown = "".join(
            f", {name}={value!r}" for name, value, default in (
                ("bias", self.bias, True), ("dtype", self.dtype, "float32"))
            if value != default)
        return (f"{type(self).__name__}({sizes[0]}, {sizes[1]}{shown})\n"
                f"  input [...,{sizes[0]}] -> output [...,{sizes[1]}]")
