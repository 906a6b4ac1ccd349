# SPDX-License-Identifier: MIT
import sys
from collections.abc import Iterable, Sequence
from types import TracebackType
from typing import Any, Protocol, TypeAlias, final

from numpy.typing import NDArray
from typing_extensions import Buffer, Self, disjoint_base

class _SupportsDLPack(Protocol):
    def __dlpack__(self, *args: Any, **kwargs: Any) -> Any: ...

# What can be an argument or a result.
_Array: TypeAlias = Buffer | _SupportsDLPack

__version__: str

def build_info() -> str: ...
def command(arguments: tuple[bytes, ...], /) -> int: ...
def constant(name: str, /) -> int: ...
def constant_name(value: int, /) -> str | None: ...

class SimpleRNNError(Exception):
    status: int
    name: str

class InvalidError(SimpleRNNError, ValueError): ...
class ShapeError(SimpleRNNError, ValueError): ...
class DtypeError(SimpleRNNError, TypeError): ...
class OverflowError(SimpleRNNError, ValueError): ...
class AliasError(SimpleRNNError, ValueError): ...
class NotFoundError(SimpleRNNError, KeyError): ...
class RangeError(SimpleRNNError, ValueError): ...
class BufferError(SimpleRNNError, ValueError): ...
class NotFiniteError(SimpleRNNError, ValueError): ...
class BusyError(SimpleRNNError, RuntimeError): ...
class UnsupportedError(SimpleRNNError, RuntimeError): ...
class InUseError(SimpleRNNError, RuntimeError): ...
class StateError(SimpleRNNError, RuntimeError): ...
class StaleError(SimpleRNNError, RuntimeError): ...
class NoMemoryError(SimpleRNNError, MemoryError): ...
class IoError(SimpleRNNError, OSError): ...
class FormatError(SimpleRNNError, ValueError): ...
class EnvironmentError(SimpleRNNError, RuntimeError): ...

@disjoint_base
class Model:
    def __call__(
        self,
        input: _Array,
        h0: _Array | None = None,
        *,
        lengths: _Array | Sequence[int] | None = None,
        resets: _Array | Sequence[Any] | None = None,
        fresh: _Array | None = None,
        out: tuple[_Array | None, _Array | None] | None = None,
    ) -> tuple[Any, Any]: ...
    @property
    def num_threads(self) -> int | None: ...
    @num_threads.setter
    def num_threads(self, value: int | None) -> None: ...
    def _create(
        self,
        input_size: int,
        hidden_size: int,
        options: dict[int, float],
        seed: int,
        /,
    ) -> None: ...
    def _option(self, option: int, /) -> Any: ...
    def _describe(self, steps: int, batch: int, /) -> str: ...
    def _cell(
        self,
        input: _Array,
        hidden: _Array | None,
        output: _Array | None,
        /,
    ) -> Any: ...
    def _tape_size(self, steps: int, batch: int, /) -> int: ...
    def _record(
        self,
        input: _Array,
        lengths: _Array | None,
        h0: _Array | None,
        output: _Array | None,
        h_n: _Array | None,
        tape: _Array,
        dropout_seed: int | None,
        /,
    ) -> None: ...
    def _backward(
        self,
        input: _Array,
        tape: _Array,
        d_output: _Array | None,
        d_h_n: _Array | None,
        gradients: Iterable[_Array | None] | None,
        d_input: _Array | None,
        d_h0: _Array | None,
        /,
    ) -> None: ...
    def _parameter_names(self) -> list[str]: ...
    def _parameter(self, index: int, /) -> NDArray[Any]: ...
    def _set_parameters(self, values: Iterable[_Array], /) -> None: ...
    def _initialise(
        self, name: str, kind: int, gain: float, seed: int, /
    ) -> None: ...
    def _sync(self, values: Iterable[_Array], /) -> bool: ...
    def _load(
        self, path: bytes, prefix: str, options: dict[int, float], /
    ) -> None: ...
    def _load_bytes(
        self, data: Buffer, prefix: str, options: dict[int, float], /
    ) -> None: ...
    def _save(
        self,
        path: bytes,
        prefix: str,
        metadata: tuple[str, ...],
        alone: bool,
        /,
    ) -> None: ...
    def _save_bytes(
        self, prefix: str, metadata: tuple[str, ...], /
    ) -> bytes: ...

@final
class Stream:
    def __new__(cls, rnn: Model, batch: int, /) -> Self: ...
    @property
    def state(self) -> NDArray[Any]: ...
    @state.setter
    def state(self, value: _Array | None) -> None: ...
    @property
    def rnn(self) -> Any: ...
    @property
    def batch(self) -> int: ...
    def step(self, input: _Array, *, out: _Array | None = None) -> Any: ...
    def advance(
        self,
        input: _Array,
        *,
        resets: _Array | Sequence[Any] | None = None,
        fresh: _Array | None = None,
        out: _Array | None = None,
        ahead: int = 0,
    ) -> Any: ...
    def reset(
        self, rows: Any = None, *, fresh: _Array | None = None
    ) -> None: ...
    def set_rnn(self, rnn: Model, /) -> None: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        traceback: TracebackType | None,
        /,
    ) -> None: ...

@disjoint_base
class Linear:
    def __call__(
        self,
        input: _Array,
        *,
        out: _Array | None = None,
        rnn: Model | None = None,
    ) -> Any: ...
    def backward(
        self,
        input: _Array,
        d_output: _Array,
        *,
        gradients: Gradients | None = None,
        accumulate: bool = False,
        d_input: _Array | bool = True,
        rnn: Model | None = None,
    ) -> Any: ...
    @property
    def in_features(self) -> int: ...
    @property
    def out_features(self) -> int: ...
    @property
    def bias(self) -> bool: ...
    @property
    def _dtype(self) -> int: ...
    def _create(
        self,
        dtype: int,
        in_features: int,
        out_features: int,
        bias: bool,
        seed: int,
        /,
    ) -> None: ...
    def _load(self, path: bytes, prefix: str, /) -> None: ...
    def _load_bytes(self, data: Buffer, prefix: str, /) -> None: ...
    def _save(self, path: bytes, prefix: str, /) -> None: ...
    def _get_flat(self) -> NDArray[Any]: ...
    def _set_flat(self, values: _Array, /) -> None: ...
    def _initialise(
        self, name: str, kind: int, gain: float, seed: int, /
    ) -> None: ...

@final
class Gradients:
    def __new__(
        cls, owner: Model | Linear | _Array, *, name: str | None = None
    ) -> Self: ...
    @property
    def flat(self) -> NDArray[Any]: ...
    @property
    def names(self) -> tuple[str, ...]: ...
    @property
    def owner(self) -> Any: ...
    def freeze(self, name: str, /) -> None: ...
    def unfreeze(self, name: str, /) -> None: ...
    def is_trained(self, name: str, /) -> bool: ...
    def __getitem__(self, name: str, /) -> NDArray[Any]: ...
    if sys.version_info >= (3, 12):
        def __buffer__(self, flags: int, /) -> memoryview: ...

@final
class Tape:
    def __new__(
        cls, rnn: Model, *, checkpoint_steps: int = 0, dropout: bool = True
    ) -> Self: ...
    def record(
        self,
        input: _Array,
        h0: _Array | None = None,
        *,
        lengths: _Array | Sequence[int] | None = None,
        resets: _Array | Sequence[Any] | None = None,
        fresh: _Array | None = None,
        out: tuple[_Array | None, _Array | None] | None = None,
        seed: int = 0,
        first_row: int = 0,
        first_step: int = 0,
    ) -> tuple[Any, Any]: ...
    def backward(
        self,
        d_output: _Array | None = None,
        d_h_n: _Array | None = None,
        *,
        gradients: Gradients | None = None,
        accumulate: bool = False,
        d_input: _Array | bool = False,
        d_h0: _Array | bool = False,
        d_fresh: _Array | bool = False,
    ) -> tuple[Any, Any, Any]: ...

@disjoint_base
class Optimizer:
    def step(self) -> None: ...
    def _create(
        self,
        kind: int,
        options: dict[int, float],
        prefixes: tuple[str, ...],
        gradients: tuple[Gradients, ...],
        /,
    ) -> None: ...
    def _set_option(
        self, option: int, gradients: Gradients | None, value: float, /
    ) -> None: ...
    def _get_option(
        self, option: int, gradients: Gradients | None, /
    ) -> Any: ...
    def _save(
        self,
        path: bytes,
        names: tuple[str, ...],
        arrays: tuple[NDArray[Any], ...],
        dtypes: tuple[int, ...],
        metadata: tuple[str, ...],
        /,
    ) -> None: ...
    def _load(
        self,
        path: bytes,
        names: tuple[str, ...],
        keys: tuple[str, ...],
        /,
    ) -> tuple[dict[str, NDArray[Any]], dict[str, str]]: ...

def norm(gradients: Gradients | Iterable[Gradients], /) -> float: ...
def scale(
    gradients: Gradients | Iterable[Gradients], factor: float, /
) -> None: ...
def clip_norm(
    gradients: Gradients | Iterable[Gradients], maximum: float, /
) -> float: ...
def clip_value(
    gradients: Gradients | Iterable[Gradients], maximum: float, /
) -> None: ...
def cross_entropy(
    logits: _Array,
    targets: _Array | Sequence[Any],
    *,
    divisor: float | None = None,
    d_logits: _Array | bool = True,
) -> tuple[float, int, Any]: ...
def squared_error(
    output: _Array,
    target: _Array,
    *,
    counted: _Array | Sequence[Any] | None = None,
    divisor: float | None = None,
    d_output: _Array | bool = True,
) -> tuple[float, int, Any]: ...
