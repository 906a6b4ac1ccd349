# SPDX-License-Identifier: MIT
"""The options of a network: words for people, numbers for the library."""

import os

from . import _core

_FIRST = {"DTYPE": 1001, "NONLINEARITY": 1101, "DIRECTION": 1201,
          "INITIALISATION": 2001}


def _constants(family):
    """The words of a family of enumerators, and their numbers."""
    words = {}
    value = _FIRST[family]
    while (name := _core.constant_name(value)) is not None:
        words[name.removeprefix(f"SRNN_{family}_").lower()] = value
        value += 1
    return words


DTYPES = _constants("DTYPE")
NONLINEARITIES = _constants("NONLINEARITY")
DIRECTIONS = _constants("DIRECTION")
INITIALISATIONS = _constants("INITIALISATION")
WORDS = {value: word
         for words in (DTYPES, NONLINEARITIES, DIRECTIONS)
         for word, value in words.items()}


def shown(name):
    """A name of the caller, for messages: without control characters and not
    too long."""
    import json

    text = name if isinstance(name, str) else repr(name)
    if len(text) <= 100 and text.isprintable():
        return text
    return json.dumps(text if len(text) <= 100 else f"{text[:100]}...")


def listed(names):
    """Some names, for messages."""
    more = f" and {len(names) - 20} more" if len(names) > 20 else ""
    return ", ".join(map(shown, names[:20])) + more


def option(name):
    """The number of an option, for example "input_size"."""
    return _core.constant(f"SRNN_OPTION_{name.upper()}")


def _number(name, words, word):
    if word in words:
        return words[word]
    allowed = ", ".join(f'"{each}"' for each in words)
    raise _core.InvalidError(f"{name} is {word!r}; it must be one of {allowed}")


def dtype_number(dtype):
    """The number of a dtype: a word, or a dtype of NumPy or PyTorch."""
    word = getattr(dtype, "__name__", str(dtype)).removeprefix("torch.")
    floats = {name: value for name, value in DTYPES.items() if "float" in name}
    if word not in floats:
        raise _core.DtypeError(f"dtype is {shown(word)}; a network computes in "
                               + " or ".join(floats))
    return floats[word]


def _direction(direction, bidirectional):
    if not bidirectional:
        return _number("direction", DIRECTIONS, direction or "forward")
    if direction not in (None, "bidirectional"):
        raise _core.InvalidError(
            f"direction is {direction!r}, but bidirectional is True")
    return DIRECTIONS["bidirectional"]


def options(*, num_layers=None, nonlinearity=None, bias=None, batch_first=None,
            dropout=None, bidirectional=False, direction=None, dtype=None,
            allow_extra=None):
    """A dict {number of an option: value} of the options that are stated."""
    stated = {
        "num_layers": num_layers,
        "bias": bias,
        "batch_first": batch_first,
        "dropout": dropout,
        "allow_extra": allow_extra,
    }
    if nonlinearity is not None:
        stated["nonlinearity"] = _number("nonlinearity", NONLINEARITIES,
                                         nonlinearity)
    if direction is not None or bidirectional:
        stated["direction"] = _direction(direction, bidirectional)
    if dtype is not None:
        stated["dtype"] = dtype_number(dtype)
    return {option(name): value for name, value in stated.items()
            if value is not None}


def new_seed():
    """One that differs from call to call."""
    return int.from_bytes(os.urandom(8), "little")


def initialisation(kind, gain, seed):
    """The numbers that the library takes."""
    return (_number("kind", INITIALISATIONS, kind), gain,
            new_seed() if seed is None else seed)
