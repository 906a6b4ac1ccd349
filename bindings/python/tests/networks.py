# SPDX-License-Identifier: MIT
"""Random networks and arguments, as strategies of hypothesis."""

import numpy
from hypothesis import strategies as st

import simplernn

# Small ones, so that the bound of the error stays narrow (reference.py).
INPUT_SIZES = st.sampled_from([1, 2, 3, 5, 8, 17])
HIDDEN_SIZES = st.sampled_from([1, 2, 3, 5, 8])
DTYPES = st.sampled_from(["float32", "float64"])


@st.composite
def networks(draw, **fixed):
    """An RNN with random options; those in fixed have the given value."""
    options = {
        "num_layers": draw(st.integers(1, 3)),
        "direction": draw(st.sampled_from(
            ["forward", "reverse", "bidirectional"])),
        "nonlinearity": draw(st.sampled_from(
            ["tanh", "relu", "sigmoid", "identity"])),
        "bias": draw(st.booleans()),
        "batch_first": draw(st.booleans()),
        "dtype": draw(DTYPES),
    }
    options.update(fixed)
    return simplernn.RNN(draw(INPUT_SIZES), draw(HIDDEN_SIZES),
                         seed=draw(st.integers(0, 2**64 - 1)), **options)


def values(draw, shape, dtype):
    """Numbers from the middle of the range, all different."""
    random = numpy.random.default_rng(draw(st.integers(0, 2**32)))
    return random.uniform(-1, 1, shape).astype(dtype)


@st.composite
def states(draw, network, batch):
    """None, or h0 or fresh for a batch, in one of their shapes; batch is None
    for no batch."""
    directions = 2 if network.bidirectional else 1
    first = network.num_layers * directions
    sizes = {None: [()], 1: [(1,)]}.get(batch, [(batch,), (1,)])
    if draw(st.booleans()):
        return None
    shape = (first, *draw(st.sampled_from(sizes)), network.hidden_size)
    return values(draw, shape, network.dtype)


@st.composite
def arguments(draw, network, sequences=True):
    """A dict of the arguments of a call."""
    steps, batch = draw(st.integers(0, 6)), draw(st.integers(0, 4))
    outer = [(steps, batch)[::-1 if network.batch_first else 1]]
    if not sequences or draw(st.booleans()):
        outer.append((steps,))
    outer = draw(st.sampled_from(outer))
    single = len(outer) == 1
    found = {
        "input": values(draw, (*outer, network.input_size), network.dtype),
        "h0": draw(states(network, None if single else batch)),
    }
    if sequences and draw(st.booleans()):
        lengths = draw(st.lists(st.integers(0, steps), min_size=1, max_size=1)
                       if single else
                       st.lists(st.integers(0, steps), min_size=batch,
                                max_size=batch))
        found["lengths"] = numpy.array(lengths, "int64")
    if sequences and draw(st.booleans()):
        random = numpy.random.default_rng(draw(st.integers(0, 2**32)))
        found["resets"] = random.random(outer) < 0.3
        found["fresh"] = draw(states(network, None if single else batch))
    return found


def same(got, wanted):
    """Whether two results, each (output, h_n), have the same bits."""
    return all(a.dtype == b.dtype and a.shape == b.shape
               and a.tobytes() == b.tobytes() for a, b in zip(got, wanted))
