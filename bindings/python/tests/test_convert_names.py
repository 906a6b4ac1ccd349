# SPDX-License-Identifier: MIT
"""Networks that are found by the names of their tensors, in safetensors files
and in archives of NumPy."""

import json
import pathlib
import zipfile

import numpy
import pytest
from convert_support import draw, refuse

from simplernn.convert import read
from simplernn.convert.network import Network, chains


def rnn(prefix="", inputs=3, hidden=4, layer=0, suffix=""):
    """One direction of a layer, by PyTorch's names."""
    shapes = {"weight_ih": (hidden, inputs), "weight_hh": (hidden, hidden),
              "bias_ih": (hidden,), "bias_hh": (hidden,)}
    return {f"{prefix}{kind}_l{layer}{suffix}": draw(*shape)
            for kind, shape in shapes.items()}


def write_safetensors(path, tensors, metadata=None):
    header, data = {}, b""
    if metadata:
        header["__metadata__"] = metadata
    for name, array in tensors.items():
        kind = {"float32": "F32", "float64": "F64", "float16": "F16",
                "uint16": "BF16", "int8": "I8"}[array.dtype.name]
        header[name] = {"dtype": kind, "shape": list(array.shape),
                        "data_offsets": [len(data), len(data) + array.nbytes]}
        data += array.tobytes()
    text = json.dumps(header).encode()
    path.write_bytes(len(text).to_bytes(8, "little") + text + data)
    return path


@pytest.fixture
def write(tmp_path):
    """Writes tensors to a new file, and returns its path."""
    def write(tensors, metadata=None):
        return write_safetensors(tmp_path / "a.safetensors", tensors, metadata)
    return write


def test_all_layers_and_directions_of_a_network(write):
    tensors = {**rnn("model.rnn."), **rnn("model.rnn.", suffix="_reverse"),
               **rnn("model.rnn.", 8, layer=1),
               **rnn("model.rnn.", 8, layer=1, suffix="_reverse"),
               "model.head.weight": draw(2, 8), "model.head.bias": draw(2)}
    converted = read(write(tensors))
    assert converted.name == "model.rnn"
    assert converted.options["direction"] == "bidirectional"
    assert len(converted.state_dict) == 16
    for name, array in converted.state_dict.items():
        numpy.testing.assert_array_equal(array, tensors[f"model.rnn.{name}"])


def test_a_network_is_chosen_by_its_name(write):
    path = write({**rnn("encoder."), **rnn("decoder.", 4, 6)})
    assert read(path, "decoder").state_dict["weight_ih_l0"].shape == (6, 4)
    listed = ('"encoder" (input_size 3, hidden_size 4, 1 layer, forward), '
              '"decoder" (input_size 4, hidden_size 6, 1 layer, forward)')
    refuse(path, f"there are 2 networks: {listed}; choose one by its name")
    refuse(path, f'no network "rnn"; there is {listed}', name="rnn")
    refuse(path, '"decoder.weight_hh_l0" [6, 6] has the hidden size 6, but '
           "the first layer has 4", name="encoder+decoder")


def test_layers_are_stacked_by_their_names(write):
    first, second = draw(4, 3), draw(4, 4)
    path = write({"layers.0.Wxh": first, "layers.0.Whh": draw(4, 4),
                  "layers.0.bias": draw(4), "layers.1.Wxh": second,
                  "layers.1.Whh": draw(4, 4)})
    state = read(path, "layers.0+layers.1").state_dict
    numpy.testing.assert_array_equal(state["weight_ih_l1"], second)
    assert not state["bias_ih_l1"].any()  # the other layer has a bias
    refuse(path, '"layers.0.Wxh" [4, 3] reads 3 numbers a step, but its input '
           "has 4", name="layers.1+layers.0")


def test_mlx_before_it_turned_its_weights(write):
    old_ih, old_hh = draw(3, 4), draw(4, 4)
    state = read(write({"Wxh": old_ih, "Whh": old_hh})).state_dict
    numpy.testing.assert_array_equal(state["weight_ih_l0"], old_ih.T)
    numpy.testing.assert_array_equal(state["weight_hh_l0"], old_hh.T)
    assert state.keys() == {"weight_ih_l0", "weight_hh_l0"}


@pytest.mark.parametrize("names", [
    ("cell/kernel:0", "cell/recurrent_kernel:0", "cell/bias:0"),
    ("cell.kernel", "cell.recurrent_kernel", "cell.bias"),
    ("cell/i/kernel", "cell/h/kernel", "cell/i/bias"),
    ("cell.i.kernel", "cell.h.kernel", "cell.i.bias"),
    ("cell.dense_i.kernel", "cell.dense_h.kernel", "cell.dense_i.bias"),
])
def test_names_of_keras_and_flax(write, names):
    values = draw(3, 4), draw(4, 4), draw(4)
    converted = read(write(dict(zip(names, values))))
    assert converted.name == "cell"
    assert converted.options["batch_first"] is True
    state = converted.state_dict
    numpy.testing.assert_array_equal(state["weight_ih_l0"], values[0].T)
    numpy.testing.assert_array_equal(state["weight_hh_l0"], values[1].T)
    numpy.testing.assert_array_equal(state["bias_ih_l0"], values[2])


def test_metadata_states_options(write):
    tensors = {**rnn("a."), **rnn("b.")}
    path = write(tensors, {"nonlinearity": "relu", "batch_first": "true",
                           "b.nonlinearity": "identity", "dropout": "0.25",
                           "b.direction": "reverse"})
    assert read(path, "a")[1:3] == (
        {"direction": "forward", "nonlinearity": "relu", "batch_first": True,
         "dropout": 0.25}, [])
    converted = read(path, "b", batch_first=False)
    assert converted.options == {
        "direction": "reverse", "nonlinearity": "identity",
        "batch_first": False, "dropout": 0.25}
    assert "weight_ih_l0_reverse" in converted.state_dict
    refuse(write(tensors, {"batch_first": "yes"}),
           'the metadata "batch_first" cannot be "yes"')
    for key, value in (("nonlinearity", "elu"), ("direction", "up"),
                       ("dropout", "2"), ("dropout", "nan")):
        refuse(write(tensors, {key: value}),
               f'the metadata "{key}" cannot be "{value}"')
    refuse(write(tensors, {"direction": "bidirectional"}),
           'says that "a" is "bidirectional"')


def test_what_is_assumed_is_said(write):
    path = write(rnn())
    assert read(path).notes == ["nonlinearity tanh and batch_first false "
                                "were assumed, because the file does not say"]
    assert read(path, batch_first=True, nonlinearity="relu").notes == []


def test_types_of_numbers(write):
    tensors = rnn()
    tensors["weight_ih_l0"] = draw(4, 3).view(numpy.uint32)
    tensors["weight_ih_l0"] = (tensors["weight_ih_l0"] >> 16).astype("u2")
    tensors["bias_ih_l0"] = tensors["bias_ih_l0"].astype("f2")
    state = read(write(tensors)).state_dict
    assert {array.dtype.name for array in state.values()} == {"float32"}
    numpy.testing.assert_array_equal(
        state["weight_ih_l0"].view(numpy.uint32) >> 16,
        tensors["weight_ih_l0"])
    numpy.testing.assert_array_equal(state["bias_ih_l0"],
                                     tensors["bias_ih_l0"])
    tensors["bias_hh_l0"] = tensors["bias_hh_l0"].astype("f8")
    assert read(write(tensors)).state_dict["weight_hh_l0"].dtype == "f8"
    tensors["bias_hh_l0"] = tensors["bias_hh_l0"].astype("i1")
    refuse(write(tensors), '"bias_hh_l0" [4] has the type I8')


@pytest.mark.parametrize("change, text", [
    ({"weight_hh_l0": draw(12, 4), "weight_ih_l0": draw(12, 3)},
     '"weight_hh_l0" [12, 4] belongs to a GRU'),
    ({"weight_hh_l0": draw(16, 4), "weight_ih_l0": draw(16, 3)},
     '"weight_hh_l0" [16, 4] belongs to an LSTM'),
    ({"weight_hh_l0": draw(4, 5)}, '"weight_hh_l0" [4, 5] cannot be'),
    ({"weight_hh_l0": draw(16)}, '"weight_hh_l0" [16] cannot be'),
    ({"bias_hh_l0": draw(3)}, '"bias_hh_l0" [3] does not fit "weight_hh_l0" '
     "[4, 4], which has the hidden size 4"),
    ({"bias_hh_l0": draw(4, 1)}, '"bias_hh_l0" [4, 1] does not fit'),
    ({"weight_ih_l2": draw(4, 4)}, '"" has parameters of layer 2'),
    ({"weight_ih_l0": None}, '"" has no weight_ih_l0'),
    ({"weight_ih_l0_reverse": draw(4, 3)}, '"" has no weight_hh_l0_reverse'),
    (rnn(inputs=2, suffix="_reverse"), '"weight_ih_l0_reverse" [4, 2] reads 2 '
     "numbers a step, but its input has 3"),
    (rnn(layer=1, inputs=5), '"weight_ih_l1" [4, 5] reads 5 numbers a step, '
     "but its input has 4"),
])
def test_shapes_that_do_not_fit(write, change, text):
    tensors = {**rnn(), **change}
    refuse(write({name: value for name, value in tensors.items()
                  if value is not None}), text)


def test_files_without_a_network(write):
    refuse(write({"fc.weight": draw(4, 3), "fc.bias": draw(4)}),
           "there is no simple RNN", 'The file has 2 tensors: "fc.weight" '
           '[4, 3], "fc.bias" [4]')
    refuse(write({"rnn.parametrizations.weight_hh_l0.original0": draw(4)}),
           "remove_parametrizations()")


@pytest.mark.parametrize("more", ["a.weight_ih", "a/weight_ih_l0"])
def test_two_names_of_one_parameter(write, more):
    refuse(write({**rnn("a."), more: draw(4, 3)}), f'"a.weight_ih_l0" [4, 3] '
           f'and "{more}" [4, 3] are two names of the same parameter')


def write_index(folder, weight_map):
    path = folder / "model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": weight_map}))
    return path


@pytest.mark.parametrize("shard", ["../a.safetensors", "/etc/passwd", "..", "",
                                   "sub/a.safetensors"])
def test_an_index_names_files_of_its_folder_only(tmp_path, shard):
    refuse(write_index(tmp_path, {"weight_ih_l0": shard}),
           f'the index names "{shard}", which is not the name of a file beside')


def test_an_index_that_does_not_fit_its_files(tmp_path):
    write_safetensors(tmp_path / "a.safetensors", rnn())
    refuse(write_index(tmp_path, {"x": "a.safetensors"}),
           '"a.safetensors" has no "x"')
    refuse(write_index(tmp_path, ["a.safetensors"]), "no weight_map")
    refuse(write_index(tmp_path, {"x": "b.safetensors"}),
           'the index names "b.safetensors", which is not in its folder')
    for name in "x" * 5000, "x\0":
        refuse(write_index(tmp_path, {"x": name}), "which is not in its folder")


@pytest.mark.parametrize("entry, text", [
    ({"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 44]},
     "has 44 bytes instead of 48"),
    ({"dtype": "F32", "shape": [4, 3], "data_offsets": [0, 480]}, "outside"),
    ({"dtype": "F32", "shape": [4, 3], "data_offsets": [-8, 40]}, "outside"),
    ({"dtype": "F32", "shape": [-4, -3], "data_offsets": [0, 48]}, "0 and up"),
    ({"dtype": "F32", "shape": [2**62, 4, 0.5], "data_offsets": [0, 48]},
     "0 and up"),
    ({"dtype": "F32", "shape": [2**63, 4], "data_offsets": [0, 48]},
     "0 and up"),
    ({"dtype": "F32", "shape": [1] * 33, "data_offsets": [0, 4]}, "up to 32"),
    ({"dtype": "F32", "shape": [2**62] * 32, "data_offsets": [0, 48]},
     "has 48 bytes instead of 7007"),
    ({"dtype": "F32", "data_offsets": [0, 48]}, "does not describe"),
    (["F32"], "does not describe"),
])
def test_headers_that_lie(tmp_path, entry, text):
    header = json.dumps({"weight_ih_l0": entry}).encode()
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header + bytes(64))
    refuse(path, '"weight_ih_l0"', text)


@pytest.mark.parametrize("name, encoding", [
    ("a", "utf-16-le"), ("a", "utf-32-le"), ("\ud800", "utf-8"),
    ("\xe9", "latin-1")])
def test_headers_that_are_not_utf8(tmp_path, name, encoding):
    text = (f'{{"{name}": {{"dtype": "F32", "shape": [0], '
            '"data_offsets": [0, 0]}}')
    header = text.encode(encoding, "surrogatepass")
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    refuse(path, "the JSON text is damaged")


def test_tensors_in_one_place_do_not_multiply_its_bytes(tmp_path):
    size = 512 * 512 * 4
    header = json.dumps({
        f"{kind}_l{layer}": {"dtype": "F32", "shape": [512, 512],
                             "data_offsets": [0, size]}
        for layer in range(200) for kind in ("weight_ih", "weight_hh")})
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header.encode() +
                     bytes(size))
    refuse(path, "repeats its values")
    weight_map = dict.fromkeys(json.loads(header), path.name)
    refuse(write_index(tmp_path, weight_map), "repeats its values")


class Counted(str):
    """A name that counts how often it is compared."""

    compared = 0
    __hash__ = str.__hash__

    def __eq__(self, other):
        Counted.compared += 1
        return super().__eq__(other)


def test_many_networks_are_not_compared_with_each_other():
    networks = [Network(Counted(number), ()) for number in range(500)]
    assert chains(networks) == networks
    assert Counted.compared < 5 * len(networks)


def test_a_name_that_stands_twice(tmp_path):
    header = b'{"a": {}, "a": {}}'
    path = tmp_path / "a.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    refuse(path, "a name stands twice")


def test_archives_of_numpy(tmp_path):
    tensors = rnn("rnn.")
    numpy.savez_compressed(tmp_path / "a.npz", **tensors,
                           other=numpy.array(["text"]))
    state = read(tmp_path / "a.npz").state_dict
    for name, array in state.items():
        numpy.testing.assert_array_equal(array, tensors[f"rnn.{name}"])
    numpy.savez(tmp_path / "objects.npz", weight_ih_l0=numpy.array([{}]),
                weight_hh_l0=draw(4, 4))
    refuse(tmp_path / "objects.npz", '"weight_ih_l0" [1] has the type object')


def test_an_array_that_is_larger_than_its_file(tmp_path):
    path = pathlib.Path(tmp_path / "a.npz")
    with zipfile.ZipFile(path, "w") as archive:
        with archive.open("weight_ih_l0.npy", "w") as file:
            numpy.lib.format.write_array_header_1_0(
                file, {"descr": "<f4", "fortran_order": False,
                       "shape": (1 << 40, 1 << 10)})
    refuse(path, '"weight_ih_l0" [1099511627776, 1024] is truncated')


@pytest.mark.parametrize("header, text", [
    ("-" * 9000 + "1", "is no NumPy array: "),
    ("(" * 9000, "is no NumPy array"),
    ("{'shape': 1, 'x\x1b': 1}", "is no NumPy array: Header does not contain"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (True, True)}",
     "up to 32 integers"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1, 1)}",
     "up to 32 integers"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (0x%s, 1)}" %
     ("f" * 6000), "up to 32 integers"),
    ("{'descr': '<f4', 'fortran_order': False, 'shape': (%s)}" %
     ("999999999999999999," * 32), "[999999999999999999, 99999"),
], ids=["minus", "brackets", "keys", "bool", "negative", "digits", "many"])
def test_headers_of_numpy_that_lie(tmp_path, header, text):
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w") as archive:
        data = header.encode() + b"\n"
        archive.writestr("weight_ih_l0.npy", b"\x93NUMPY\1\0" +
                         len(data).to_bytes(2, "little") + data + bytes(4))
    assert len(refuse(path, text)) < 500


def test_many_long_headers_of_numpy(tmp_path):
    """Those are read slowly, and can be packed to few bytes."""
    header = ("{'descr': '<f4', 'fortran_order': False, 'shape': (0,)" +
              " " * 9000 + "}\n").encode()
    path = tmp_path / "a.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(60):
            archive.writestr(f"{number}.npy", b"\x93NUMPY\1\0" +
                             len(header).to_bytes(2, "little") + header)
    refuse(path, "describes more objects, or longer names, than a model of")


@pytest.mark.parametrize("name", ["Wxh", "Whh"])
def test_weights_of_mlx_without_dimensions(write, name):
    tensors = {"Wxh": draw(4, 3), "Whh": draw(4, 4)}
    refuse(write({**tensors, name: draw()}), "")
