# SPDX-License-Identifier: MIT
"""Files that the frameworks wrote: golden/make_foreign.py made them, and wrote
down what each framework computes."""


import numpy
import pytest
from convert_support import FOLDER

from simplernn.convert import convert, read

TANH = {"nonlinearity": "tanh", "batch_first": False, "direction": "forward"}
BATCH = {**TANH, "batch_first": True}
BOTH = {"direction": "bidirectional"}

# The file, the name in it, the case in expected.npz, and the options.
CASES = [
    ("torch.pt", None, "torch", {**TANH, **BOTH}),
    ("torch_legacy.pt", None, "torch", {**TANH, **BOTH}),
    ("torch_checkpoint.pt", "model.decoder", "torch_checkpoint/decoder", TANH),
    ("torch_views.pt", None, "torch_views", TANH),
    ("torch_bfloat16.pt", None, "torch_bfloat16", TANH),
    ("model.safetensors.index.json", "rnn", "shards", TANH),
    ("onnx_batch_first.onnx", None, "onnx_batch_first", {**BATCH, **BOTH}),
    ("onnx_time_first.onnx", None, "onnx_time_first",
     {**TANH, "nonlinearity": "relu"}),
    ("onnx_layout.onnx", "encoder", "onnx_layout",
     {**BATCH, "nonlinearity": "identity", "direction": "reverse"}),
    ("keras_stack.keras", "simple_rnn+simple_rnn_1", "keras_stack",
     {**BATCH, "nonlinearity": "sigmoid"}),
    ("keras_stack.h5", None, "keras_stack",
     {**BATCH, "nonlinearity": "sigmoid"}),
    ("keras_both.keras", "both", "keras_both", {**BATCH, **BOTH}),
    ("keras_both.h5", "both", "keras_both", {**BATCH, **BOTH}),
    ("keras_back.keras", None, "keras_back",
     {**BATCH, "nonlinearity": "relu", "direction": "reverse"}),
    ("linen_stack.msgpack", "params/layers_0/cell+params/layers_1/cell",
     "linen_stack", BATCH),
    ("linen_both.msgpack", "params", "linen_both", {**BATCH, **BOTH}),
    ("nnx.msgpack", "cell", "nnx", BATCH),
    ("mlx.npz", "layers.0", "mlx", BATCH),
    ("mlx.safetensors", None, "mlx", BATCH),
]


@pytest.fixture(scope="module")
def expected():
    """{case: {name: array}}"""
    cases = {}
    with numpy.load(FOLDER / "expected.npz") as file:
        for key in file.files:
            case, name = key.rsplit("/", 1)
            cases.setdefault(case, {})[name] = file[key]
    return cases


@pytest.fixture(params=CASES, ids=lambda case: case[0])
def case(request, expected):
    """(path, name, {name: array} of the framework, options)."""
    file, name, key, options = request.param
    return FOLDER / file, name, expected[key], options


def in_our_order(path, y):
    """Keras returns what go_backwards gives from the last step to the first."""
    return y[:, ::-1] if path.name == "keras_back.keras" else y


def test_parameters_are_exactly_those_of_the_framework(case):
    path, name, values, options = case
    converted = read(path, name)
    names = {key for key in values if "_l" in key}
    assert converted.state_dict.keys() == names
    for key in names:
        array = converted.state_dict[key]
        assert array.dtype == numpy.float32 and array.flags.c_contiguous
        numpy.testing.assert_array_equal(array, values[key])
    assert converted.options == options


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_library_gives_the_outputs_of_the_framework(case):
    path, name, values, _ = case
    y, h_n = convert(path, name)(values["x"], values.get("h0"))
    numpy.testing.assert_allclose(y, in_our_order(path, values["y"]),
                                  rtol=0, atol=1e-6)
    if "h_n" in values:
        numpy.testing.assert_allclose(h_n, values["h_n"], rtol=0, atol=1e-6)


def test_the_caller_says_what_the_file_does_not(expected):
    path = FOLDER / "torch_checkpoint.pt"
    values = expected["torch_checkpoint/encoder"]
    arguments = {"nonlinearity": "relu", "batch_first": True}
    assert read(path, "model.encoder", **arguments).notes == []
    y, _ = convert(path, "model.encoder", **arguments)(values["x"])
    numpy.testing.assert_allclose(y, values["y"], rtol=0, atol=1e-6)
