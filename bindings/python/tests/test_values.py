# SPDX-License-Identifier: MIT
"""The numbers are right: against plain NumPy, and against PyTorch's seeds."""

import json
import pathlib
import struct

import numpy
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import networks
import reference
import simplernn

GOLDEN = (pathlib.Path(__file__).parents[3] / "tests" / "golden"
          / "golden.safetensors")


@settings(max_examples=400)
@given(st.data())
def test_results_are_those_of_numpy(data):
    network = data.draw(networks.networks())
    arguments = data.draw(networks.arguments(network))
    results = network(**arguments)
    names = "input", "h0", "lengths", "resets", "fresh"
    wanted = reference.forward(network, *map(arguments.get, names))
    for got, exact in zip(results, wanted):
        reference.assert_close(got, exact)


@pytest.mark.parametrize("nonlinearity", reference.ACTIVATIONS)
def test_large_arguments_are_not_outside_the_bound(nonlinearity):
    network = simplernn.RNN(2, 40, nonlinearity=nonlinearity, seed=1)
    x = numpy.geomspace(1e-6, 100, 64).astype("float32").reshape(1, 32, 2)
    for got, exact in zip(network(x), reference.forward(network, x)):
        reference.assert_close(got, exact)


def read_golden():
    with open(GOLDEN, "rb") as file:
        size, = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(size))
        data = file.read()
    metadata = header.pop("__metadata__")
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        dtype = {"F32": "<f4", "F64": "<f8"}[entry["dtype"]]
        tensors[name] = numpy.frombuffer(
            data[begin:end], dtype).reshape(entry["shape"])
    return metadata, tensors


# tests/golden/make_golden.py writes them with torch 2.13.
@pytest.mark.skipif(not GOLDEN.exists(), reason="not in the source tree")
@pytest.mark.parametrize("number", range(5))
def test_a_seed_gives_the_weights_of_torch(number):
    metadata, tensors = read_golden()
    stated = dict(pair.split("=")
                  for pair in metadata[f"init{number}"].split())
    stated = {name: int(value) for name, value in stated.items()}
    network = simplernn.RNN(
        stated["I"], stated["H"], stated["L"], bias=bool(stated["bias"]),
        bidirectional=stated["D"] == 2, seed=stated["seed"],
        dtype="float64" if stated["double"] else "float32")
    prefix = f"init{number}."
    wanted = {name.removeprefix(prefix): value
              for name, value in tensors.items() if name.startswith(prefix)}
    made = network.state_dict()
    assert list(made) == list(wanted)
    for name, value in wanted.items():
        assert made[name].dtype == value.dtype
        assert made[name].tobytes() == value.tobytes(), name


def test_a_seed_that_torch_accepts_is_accepted():
    def weights(seed):
        return simplernn.RNN(2, 3, seed=seed).state_dict()["bias_hh_l0"]

    assert (weights(-1) == weights(2**64 - 1)).all()
    assert (weights(-2**63) == weights(2**63)).all()
    assert (weights(numpy.int64(7)) == weights(7)).all()
    for seed in (2**64, -2**63 - 1):
        with pytest.raises(simplernn.RangeError, match="seed"):
            weights(seed)


def test_without_a_seed_weights_differ():
    one, other = (simplernn.RNN(2, 3).state_dict() for _ in range(2))
    assert (one["bias_hh_l0"] != other["bias_hh_l0"]).all()


def test_a_size_of_nothing_gives_the_initial_state():
    network = simplernn.RNN(3, 4, num_layers=2, seed=0)
    h0 = numpy.ones((2, 5, 4), "float32")
    output, h_n = network(numpy.zeros((0, 5, 3), "float32"), h0)
    assert output.shape == (0, 5, 4)
    assert (h_n == h0).all()
    output, h_n = network(numpy.zeros((6, 0, 3), "float32"))
    assert output.shape == (6, 0, 4) and h_n.shape == (2, 0, 4)


def test_the_letters_of_shapes():
    """A network whose sizes all differ has results of the right shapes."""
    for batch_first in False, True:
        network = simplernn.RNN(3, 5, num_layers=2, bidirectional=True,
                                batch_first=batch_first, seed=0)
        outer = (2, 7) if batch_first else (7, 2)
        output, h_n = network(numpy.zeros((*outer, 3), "float32"))
        assert output.shape == (*outer, 10) and h_n.shape == (4, 2, 5)
        output, h_n = network(numpy.zeros((7, 3), "float32"))
        assert output.shape == (7, 10) and h_n.shape == (4, 5)
