# SPDX-License-Identifier: MIT
"""SGD, Adam, AdamW and RMSprop: the words of torch.optim for the numbers of the
library."""

from __future__ import annotations

import os

from .. import _core
from .._options import DTYPES, shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any, TypeAlias

    from numpy.typing import NDArray

    _Path: TypeAlias = str | os.PathLike[str]
    _Gradients: TypeAlias = Mapping[str, _core.Gradients] | _core.Gradients

# What a checkpoint states about an RNN, behind its prefix.
_METADATA = "nonlinearity", "batch_first", "dropout", "direction"


def _number(name: str) -> int:
    return _core.constant(f"SRNN_OPTIMIZER_{name.upper()}")


class _Options:
    """The options of some of the parameters of an optimizer."""

    def __init__(self, optimizer: _core.Optimizer, gradients: _core.Gradients
                 ) -> None:
        self._optimizer = optimizer
        self._gradients = gradients

    def _place(self) -> tuple[_core.Optimizer, _core.Gradients | None]:
        return self._optimizer, self._gradients

    def _get(self, name: str) -> Any:
        optimizer, gradients = self._place()
        return optimizer._get_option(_number(name), gradients)

    def _set(self, name: str, value: float) -> None:
        optimizer, gradients = self._place()
        optimizer._set_option(_number(name), gradients, value)


def _option(name: str, text: str, kind: type = float) -> property:
    def read(options: _Options) -> Any:
        return kind(options._get(name))

    def write(options: _Options, value: Any) -> None:
        options._set(name, value)

    return property(read, write, doc=text)


_LR = _option("learning_rate", "The learning rate.")
_WEIGHT_DECAY = _option("weight_decay", "The weight decay.")
_MOMENTUM = _option("momentum", "The momentum.")
_EPS = _option("epsilon", "What is added to a denominator.")


class _SGDOptions(_Options):
    lr = _LR
    momentum = _MOMENTUM
    dampening = _option("dampening", "The dampening of the momentum.")
    weight_decay = _WEIGHT_DECAY
    nesterov = _option("nesterov", "Whether the momentum is Nesterov's.", bool)


class _AdamOptions(_Options):
    lr = _LR
    eps = _EPS
    weight_decay = _WEIGHT_DECAY

    @property
    def betas(self) -> tuple[float, float]:
        """The coefficients of the running means of gradients and of their
        squares."""
        return self._get("beta1"), self._get("beta2")

    @betas.setter
    def betas(self, value: tuple[float, float]) -> None:
        beta1, beta2 = value
        self._set("beta1", beta1)
        self._set("beta2", beta2)


class _RMSpropOptions(_Options):
    lr = _LR
    alpha = _option("alpha", "The coefficient of the running mean of squares.")
    eps = _EPS
    weight_decay = _WEIGHT_DECAY
    momentum = _MOMENTUM
    centered = _option("centered", "Whether the mean is subtracted.", bool)


class _Optimizer(_core.Optimizer):
    """What all optimizers have in common."""

    _group: type[_Options]

    def _make(self, kind: str, gradients: _Gradients, check_finite: bool,
              **options: float) -> None:
        if isinstance(gradients, _core.Gradients):
            gradients = {"": gradients}
        options["check_finite"] = check_finite
        groups = dict(gradients)
        self._create(_number(f"kind_{kind}"),
                     {_number(name): value for name, value in options.items()},
                     tuple(groups), tuple(groups.values()))
        self._groups = groups

    def _place(self) -> tuple[_core.Optimizer, _core.Gradients | None]:
        return self, None

    def __getitem__(self, prefix: str) -> Any:
        """The options of the gradients with a prefix, which can differ from
        those of others: optimizer["fc."].lr = 1e-4."""
        if prefix not in self._groups:
            raise _core.NotFoundError(f"no gradients have the prefix {prefix!r}"
                                      f"; there are {list(self._groups)}")
        return self._group(self, self._groups[prefix])

    @property
    def steps(self) -> int:
        """The number of steps."""
        return int(self._get_option(_number("steps"), None))

    @property
    def check_finite(self) -> bool:
        """Whether a step refuses gradients that are NaN or infinite."""
        return bool(self._get_option(_number("check_finite"), None))

    @check_finite.setter
    def check_finite(self, value: bool) -> None:
        self._set_option(_number("check_finite"), None, value)

    def save(self, path: _Path, tensors: Mapping[str, Any] | None = None,
             metadata: Mapping[str, str] | None = None) -> None:
        """Writes a checkpoint: one safetensors file with all that training
        needs to go on, in the place of an older file.

        It has the parameters under their prefixes, so that RNN.load(),
        Linear.load() and PyTorch read it, and the state of the optimizer.
        tensors is a dict of arrays of float32, float64, int64 or uint8, for
        example a carried state. metadata is a dict of texts. Names that begin
        with "optimizer." are taken.

        Raises InvalidError for a name that is taken, and IoError (an OSError)
        if the file cannot be written.
        """
        import numpy

        arrays = {name: numpy.asarray(value)
                  for name, value in (tensors or {}).items()}
        dtypes = {**DTYPES, "bool": DTYPES["uint8"]}
        for name, array in arrays.items():
            if array.dtype.name not in dtypes:
                raise _core.DtypeError(
                    f"{shown(name)} has dtype {array.dtype}; a checkpoint "
                    f"holds {', '.join(DTYPES)}")
        self._save(os.fsencode(path), tuple(arrays), tuple(arrays.values()),
                   tuple(dtypes[array.dtype.name]
                         for array in arrays.values()),
                   tuple(text for pair in (metadata or {}).items()
                         for text in pair))

    def load(self, path: _Path
             ) -> tuple[dict[str, NDArray[Any]], dict[str, str]]:
        """Continues from a checkpoint: sets the parameters, the state and the
        options to those of the file. Training then goes on with the same bits.
        Returns (tensors, metadata), as they were given to save().

        The optimizer must be of the same class, with the same gradients under
        the same prefixes. After an error nothing has changed. Raises IoError
        (an OSError), FormatError, NotFoundError, ShapeError, DtypeError or
        StateError, each with what is wrong.
        """
        names = tuple(prefix + name
                      for prefix, gradients in self._groups.items()
                      for name in gradients.names)
        keys = tuple(prefix + key for prefix, gradients in self._groups.items()
                     if isinstance(gradients.owner, _core.Model)
                     for key in _METADATA)
        return self._load(os.fsencode(path), names, keys)

    def _arguments(self) -> str:
        names = [name for name in vars(self._group) if name[0] != "_"]
        return ", ".join(f"{name}={getattr(self, name)!r}" for name in names)

    def __repr__(self) -> str:
        lines = [f"{type(self).__name__}({self._arguments()})"]
        for prefix, gradients in self._groups.items():
            names = ", ".join(map(shown, gradients.names))
            lines.append(f"  {prefix!r}: {names}")
        return "\n".join(lines)


class SGD(_Optimizer, _SGDOptions):
    """Stochastic gradient descent, as torch.optim.SGD.

    gradients is a dict of Gradients, each with the prefix that its parameters
    get in a checkpoint, or Gradients alone. Every option is an attribute, which
    can be set between steps; optimizer["fc."].lr is that of one prefix.

    >>> from simplernn import RNN, train
    >>> optimizer = SGD({"rnn.": train.Gradients(RNN(3, 5))}, 0.1, momentum=0.9)
    >>> optimizer.lr = 0.01
    >>> optimizer
    SGD(lr=0.01, momentum=0.9, dampening=0.0, weight_decay=0.0, nesterov=False)
      'rnn.': weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0
    """

    _group = _SGDOptions

    def __init__(self, gradients: _Gradients, lr: float = 1e-3, *,
                 momentum: float = 0.0, dampening: float = 0.0,
                 weight_decay: float = 0.0, nesterov: bool = False,
                 check_finite: bool = True) -> None:
        self._make("sgd", gradients, check_finite, learning_rate=lr,
                   momentum=momentum, dampening=dampening,
                   weight_decay=weight_decay, nesterov=nesterov)


class Adam(_Optimizer, _AdamOptions):
    """Adam, as torch.optim.Adam. For the arguments see SGD.

    weight_decay is added to the gradients; AdamW has the other one.
    """

    _group = _AdamOptions

    def __init__(self, gradients: _Gradients, lr: float = 1e-3, *,
                 betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 0.0, check_finite: bool = True) -> None:
        beta1, beta2 = betas
        self._make("adam", gradients, check_finite, learning_rate=lr,
                   beta1=beta1, beta2=beta2, epsilon=eps,
                   weight_decay=weight_decay)


class AdamW(_Optimizer, _AdamOptions):
    """Adam with weight decay apart from the gradients, as torch.optim.AdamW.
    For the arguments see SGD."""

    _group = _AdamOptions

    def __init__(self, gradients: _Gradients, lr: float = 1e-3, *,
                 betas: tuple[float, float] = (0.9, 0.999), eps: float = 1e-8,
                 weight_decay: float = 1e-2, check_finite: bool = True) -> None:
        beta1, beta2 = betas
        self._make("adamw", gradients, check_finite, learning_rate=lr,
                   beta1=beta1, beta2=beta2, epsilon=eps,
                   weight_decay=weight_decay)


class RMSprop(_Optimizer, _RMSpropOptions):
    """RMSprop, as torch.optim.RMSprop. For the arguments see SGD."""

    _group = _RMSpropOptions

    def __init__(self, gradients: _Gradients, lr: float = 1e-2, *,
                 alpha: float = 0.99, eps: float = 1e-8,
                 weight_decay: float = 0.0, momentum: float = 0.0,
                 centered: bool = False, check_finite: bool = True) -> None:
        self._make("rmsprop", gradients, check_finite, learning_rate=lr,
                   alpha=alpha, epsilon=eps, weight_decay=weight_decay,
                   momentum=momentum, centered=centered)
