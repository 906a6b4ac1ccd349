# SPDX-License-Identifier: MIT
"""What the tests of simplernn.convert share."""

import pathlib

import numpy
import pytest
from hypothesis import strategies as st

from simplernn.convert import ConvertError, read

FOLDER = pathlib.Path(__file__).parent / "golden"
RANDOM = numpy.random.default_rng(0)


def draw(*shape):
    return RANDOM.uniform(-1, 1, shape).astype(numpy.float32)


def refuse(path, *texts, **arguments):
    """read() refuses the file in one line, which has these texts."""
    with pytest.raises(ConvertError) as failure:
        read(path, **arguments)
    message = str(failure.value)
    assert message.startswith(f'"{path}": ') and "\n" not in message
    for text in texts:
        assert text in message
    return message


def read_or_refuse(path):
    """Whatever the file is, read() succeeds or raises ConvertError."""
    try:
        read(path)
    except ConvertError:
        pass


@st.composite
def mutations(draw, data):
    """The bytes with some of them changed, cut out or inserted."""
    data = bytearray(data)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        end = at + draw(st.integers(0, 8))
        data[at:end] = draw(st.binary(max_size=8))
    return bytes(data)
