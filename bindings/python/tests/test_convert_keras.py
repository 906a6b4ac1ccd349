# SPDX-License-Identifier: MIT
"""Layers of Keras. The golden files are changed where Keras itself would not
write such a layer, or would need to be installed to write it."""

import io
import json
import pathlib
import shutil
import zipfile

import h5py
import numpy
import pytest
from convert_support import FOLDER, refuse

from simplernn.convert import ConvertError, read


def layers_of(config):
    return {layer["config"]["name"]: layer
            for layer in config["config"]["layers"]}


@pytest.fixture
def change(tmp_path):
    """Copies a golden archive, with its layers as a function changes them."""
    def change(file, function):
        path = tmp_path / file
        with zipfile.ZipFile(FOLDER / file) as source, \
                zipfile.ZipFile(path, "w") as target:
            config = json.loads(source.read("config.json"))
            function(layers_of(config))
            target.writestr("config.json", json.dumps(config))
            target.writestr("model.weights.h5",
                            source.read("model.weights.h5"))
        return path
    return change


@pytest.mark.parametrize("file, layer, settings, text", [
    ("keras_both.keras", "both", {"merge_mode": "sum"},
     'the layer "both" merges its directions by "sum"; only concat can be'),
    ("keras_both.keras", "both", {"merge_mode": None}, "only concat can be"),
    ("keras_back.keras", "back", {"cell": {
        "class_name": "SimpleRNNCell", "config": {"activation": "elu"}}},
     'the layer "back" has the activation "elu"; this library has tanh, relu'),
    ("keras_stack.keras", "simple_rnn", {"activation": {
        "class_name": "function", "config": "mine", "registered_name": "m"}},
     'the layer "simple_rnn" has the activation "mine"'),
    ("keras_stack.keras", "simple_rnn", {"activation": ["tanh"]},
     'has the activation "[\'tanh\']"'),
])
def test_what_cannot_be_expressed_is_refused_by_name(change, file, layer,
                                                     settings, text):
    path = change(file, lambda layers: layers[layer]["config"].update(settings))
    refuse(path, text, name=layer)


def test_an_activation_for_each_direction_is_refused(change):
    def use_relu(layers):
        backward = layers["both"]["config"]["backward_layer"]
        backward["config"]["activation"] = "relu"
    refuse(change("keras_both.keras", use_relu),
           'the layer "both" has the activations tanh and relu')


def test_a_first_direction_that_runs_backwards_is_refused(change):
    def exchange(layers):
        both = layers["both"]["config"]
        both["layer"]["config"]["go_backwards"] = True
        both["backward_layer"]["config"]["go_backwards"] = False
    refuse(change("keras_both.keras", exchange),
           'the layer "both" runs its first direction backwards')


def test_notes_on_differences(change):
    assert read(FOLDER / "keras_back.keras").notes == [
        '"back" has go_backwards: Keras returns the outputs from the last step '
        "to the first, output[:, ::-1]; here they are in the order of the "
        "input"]
    path = change("keras_back.keras", lambda layers: layers["back"][
        "config"].update(return_sequences=False))
    assert read(path).notes == [
        '"back" has go_backwards: what Keras returns is h_n']
    path = change("keras_both.keras", lambda layers: layers["both"]["config"][
        "layer"]["config"].update(return_sequences=False, dropout=0.5))
    assert read(path).notes == [
        '"both" returns the last state of both directions in Keras, which is '
        "h_n, and not the last step of output",
        '"both" has dropout 0.5, which Keras applies in training alone; it is '
        "not converted"]
    assert read(FOLDER / "keras_stack.keras").notes == [
        '"dropout" in front of "simple_rnn_1" drops 0.25 of its inputs in '
        "training; it is not converted"]


def test_layers_are_stacked_only_where_they_feed_each_other(change):
    path = change("keras_stack.keras", lambda layers: layers["dropout"].update(
        class_name="LayerNormalization"))
    refuse(path, 'there are 2 networks: "simple_rnn" (input_size 3, '
           'hidden_size 4, 1 layer, forward), "simple_rnn_1" (input_size 4')


@pytest.mark.parametrize("name", ["simple_rnn", "simple_rnn_1"])
def test_layers_behind_reversed_outputs_are_not_stacked(change, name):
    path = change("keras_stack.keras", lambda layers: layers[name][
        "config"].update(go_backwards=True))
    refuse(path, "there are 2 networks")


def test_weights_alone(change):
    path = FOLDER / "keras_stack.weights.h5"
    refuse(path, '"layers/simple_rnn"', '"layers/simple_rnn_1"')
    alone = read(path, "layers/simple_rnn+layers/simple_rnn_1")
    whole = read(FOLDER / "keras_stack.keras")
    for name, array in whole.state_dict.items():
        numpy.testing.assert_array_equal(alone.state_dict[name], array)
    assert alone.notes == ["nonlinearity tanh was assumed, because the file "
                           "does not say"]

    def hide(layers):
        for layer in layers.values():
            layer["class_name"] = "Mine"
    assert read(change("keras_both.keras", hide)).name == "layers/bidirectional"


@pytest.fixture
def stack(tmp_path):
    """A copy of keras_stack.h5, to change."""
    return pathlib.Path(shutil.copy(FOLDER / "keras_stack.h5",
                                    tmp_path / "stack.h5"))


CELL = "tagger/simple_rnn/simple_rnn_cell"
GROUP = f"model_weights/simple_rnn/{CELL}"


def replace(file, make):
    del file[f"{GROUP}/kernel"]
    make(file[GROUP])


@pytest.mark.parametrize("make", [
    lambda group: group.create_dataset("kernel", (3, 4), "f4", external=[
        ("/etc/passwd", 0, 48)]),
    lambda group: group.create_virtual_dataset(
        "kernel", h5py.VirtualLayout((3, 4), "f4")),
    lambda group: group.create_dataset("kernel", (3, 4), "f4", chunks=(1, 1)),
    lambda group: group.create_dataset("kernel", (3, 4), "f4"),
], ids=["external", "virtual", "chunked", "without values"])
def test_arrays_that_keras_does_not_write(stack, make):
    with h5py.File(stack, "a") as file:
        replace(file, make)
    with pytest.raises(ConvertError, match="is in another file|is compressed "
                       "or incomplete, which Keras does not write"):
        read(stack, "simple_rnn")


@pytest.mark.parametrize("link", [
    h5py.SoftLink("/model_weights/dense"), h5py.SoftLink("/nowhere"),
    h5py.ExternalLink("other.h5", "/kernel"),
])
def test_links_are_not_followed(stack, link):
    with h5py.File(stack.parent / "other.h5", "w") as other:
        other["kernel"] = numpy.zeros((3, 4), "f4")
    with h5py.File(stack, "a") as file:
        del file[f"{GROUP}/kernel"]
        file[f"{GROUP}/kernel"] = link
    refuse(stack, f'the layer "simple_rnn" has no weights "{GROUP}/kernel" in '
           "the file", name="simple_rnn")


@pytest.mark.parametrize("index, size", [
    (0, 0), (0, 2**64 - 16), (1, 2**64 - 16), (1, 2**64 - 23),
    (1, 2**64 - 64)])
def test_heaps_that_the_hdf5_library_reads_for_ever(stack, index, size):
    """It adds 16 to the size of what is no free place, modulo 2^64."""
    data = bytearray(stack.read_bytes())
    free = data.rindex(b"GCOL\1") + 152
    assert data[free:free + 2] == b"\0\0"
    data[free] = index
    data[free + 8:free + 16] = size.to_bytes(8, "little")
    stack.write_bytes(data)
    refuse(stack, "a place in a heap has no size")


def number(data, at):
    return int.from_bytes(data[at:at + 8], "little")


@pytest.mark.parametrize("reserved", [b"\0\0\0", b"\1\2\3"])
@pytest.mark.parametrize("wraps", [False, True])
def test_free_places_that_name_themselves(stack, reserved, wraps):
    """The HDF5 library takes memory for each, and does not end. It adds place
    and size modulo 2^64."""
    data = bytearray(stack.read_bytes())
    heap = data.index(b"HEAP\0")
    data[heap + 5:heap + 8] = reserved
    free = number(data, heap + 16)
    place = number(data, heap + 24) + free
    assert number(data, place) == 1  # the last one
    data[place:place + 8] = free.to_bytes(8, "little")
    if wraps:
        data[place + 8:place + 16] = (2**64 - free).to_bytes(8, "little")
    stack.write_bytes(data)
    refuse(stack, "its heaps overlap or have no end")


@pytest.mark.parametrize("missing", [1, 15])
def test_free_places_that_do_not_fit(stack, missing):
    data = bytearray(stack.read_bytes())
    heap = data.index(b"HEAP\0")
    free = number(data, heap + 8) - 16 + missing
    data[heap + 16:heap + 24] = free.to_bytes(8, "little")
    stack.write_bytes(data)
    refuse(stack, "a free place does not fit into its heap")


@pytest.mark.parametrize("after", [0, 88])
def test_free_places_that_the_hdf5_library_refuses(stack, after):
    """What a group that is gone has left behind may look like that, too."""
    data = bytearray(stack.read_bytes())
    heap = data.index(b"HEAP\0")
    assert number(data, heap + 8) == 88
    place = number(data, heap + 24) + number(data, heap + 16)
    data[place:place + 8] = after.to_bytes(8, "little")
    stack.write_bytes(data)
    refuse(stack, "the HDF5 file is damaged: ")


def test_heaps_that_overlap_take_no_time(stack):
    """Each of 32768 heaps would go on to the end of the file."""
    size = 1 << 20
    heap = b"GCOL\1\0\0\0" + size.to_bytes(8, "little")
    place = bytes(8) + (32).to_bytes(8, "little")
    stack.write_bytes((stack.read_bytes()[:64].ljust(64, b"\0") +
                       (heap + place) * (size // 32))[:size])
    refuse(stack, "its heaps overlap")


@pytest.mark.parametrize("size", [8, 9, 12, 40])
def test_files_that_end_in_their_first_bytes(stack, size):
    stack.write_bytes(stack.read_bytes()[:size])
    refuse(stack, "HDF5 file is ")


def test_layers_without_their_weights(stack):
    with h5py.File(stack, "a") as file:
        file["model_weights/simple_rnn"].attrs["weight_names"] = \
            [f"{CELL}/bias"]
        del file["model_weights/simple_rnn_1"]
    refuse(stack, 'the layer "simple_rnn" has no kernel', name="simple_rnn")
    refuse(stack, 'the layer "simple_rnn_1" has 0 weights in the file; save',
           name="simple_rnn_1")


def test_gated_layers_are_recognised(stack):
    with h5py.File(stack, "a") as file:
        del file[f"{GROUP}/recurrent_kernel"]
        file[f"{GROUP}/recurrent_kernel"] = numpy.zeros((4, 12), "f4")
    refuse(stack, f'"{GROUP}/recurrent_kernel" [4, 12] belongs to a GRU',
           name="simple_rnn")


def test_configurations_that_are_damaged(tmp_path):
    data = io.BytesIO()
    h5py.File(data, "w").close()
    for config in ("{", "[]", "{}", '{"config": 3}',
                   '{"config": {"layers": 3}}',
                   '{"config": {"layers": [3, {}, {"config": 4}]}}',
                   '{"a": ' * 100000):
        path = tmp_path / "model.keras"
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("config.json", config)
            archive.writestr("model.weights.h5", data.getvalue())
        refuse(path)


def simple_rnn(name, **settings):
    return {"class_name": "SimpleRNN", "config": {
        "name": name, "units": 4, "activation": "tanh", "time_major": False,
        "return_sequences": True, "go_backwards": False, **settings}}


def write_keras_2(path, layers, weights):
    """As Keras 2 wrote a functional model and the names of its weights."""
    with h5py.File(path, "w") as file:
        file.attrs["model_config"] = json.dumps({
            "class_name": "Functional", "config": {"layers": layers}})
        for layer, arrays in weights.items():
            group = file.create_group(f"model_weights/{layer}")
            group.attrs["weight_names"] = [name.encode() for name in arrays]
            for name, array in arrays.items():
                group[name] = array
    return path


def cell(path, inputs):
    return {f"{path}/kernel:0": numpy.full((inputs, 4), inputs, "f4"),
            f"{path}/recurrent_kernel:0": numpy.eye(4, k=1, dtype="f4"),
            f"{path}/bias:0": numpy.arange(4, dtype="f4")}


def test_files_of_keras_2(tmp_path):
    both = {"class_name": "Bidirectional", "config": {
        "name": "both", "merge_mode": "concat", "layer": simple_rnn("inner")}}
    layers = [
        {"class_name": "InputLayer", "config": {"name": "input_1"},
         "inbound_nodes": []},
        {**both, "inbound_nodes": [[["input_1", 0, 0, {}]]]},
        {**simple_rnn("next"), "inbound_nodes": [[["both", 0, 0, {}]]]},
        {**simple_rnn("last"), "inbound_nodes": [[["next", 0, 0, {}]]]}]
    path = write_keras_2(tmp_path / "a.h5", layers, {
        "both": {**cell("both/forward_inner/simple_rnn_cell_1", 3),
                 **cell("both/backward_inner/simple_rnn_cell_2", 3)},
        "next": cell("next/simple_rnn_cell_3", 8),
        "last": cell("last/simple_rnn_cell_4", 4)})
    refuse(path, '"both" (input_size 3, hidden_size 4, 1 layer, bidirectional)',
           '"next+last" (input_size 8, hidden_size 4, 2 layers, forward)')
    state = read(path, "next+last").state_dict
    assert (state["weight_ih_l0"] == 8).all()
    numpy.testing.assert_array_equal(state["weight_hh_l1"],
                                     numpy.eye(4, k=-1))
    assert read(path, "both").options["direction"] == "bidirectional"


def from_keras_3(source):
    tensor = {"shape": [None, 5, 4], "dtype": "float32",
              "keras_history": [source, 0, 0]}
    return [{"args": [{"class_name": "__keras_tensor__", "config": tensor}],
             "kwargs": {}}]


def test_inputs_in_the_words_of_keras_3(tmp_path):
    """A layer gets them from another one than that in front of it."""
    layers = [
        {"class_name": "InputLayer", "config": {"name": "in"},
         "inbound_nodes": []},
        {**simple_rnn("first"), "inbound_nodes": from_keras_3("in")},
        {**simple_rnn("side"), "inbound_nodes": from_keras_3("in")},
        {**simple_rnn("second"), "inbound_nodes": from_keras_3("first")}]
    path = write_keras_2(tmp_path / "a.h5", layers, {
        name: cell(f"{name}/cell", 4) for name in ("first", "side", "second")})
    refuse(path, "there are 2 networks", '"first+second"', '"side"')


def test_an_initial_state_is_noted(tmp_path):
    layers = [
        {**simple_rnn("encoder", return_state=True), "inbound_nodes": []},
        {**simple_rnn("decoder"), "inbound_nodes": [[
            ["encoder", 0, 0, {}], ["encoder", 0, 1, {}]]]}]
    path = write_keras_2(tmp_path / "a.h5", layers, {
        "encoder": cell("encoder/cell", 3), "decoder": cell("decoder/cell", 4)})
    refuse(path, "there are 2 networks")
    assert read(path, "decoder").notes == [
        '"decoder" has several inputs in Keras; if one is its initial state, '
        "pass that as h0"]


@pytest.mark.parametrize("config", [numpy.int64(7), b"\xff", numpy.ones(3)])
def test_a_configuration_that_is_no_text(tmp_path, config):
    path = shutil.copy(FOLDER / "keras_stack.h5", tmp_path / "a.h5")
    with h5py.File(path, "a") as file:
        file.attrs["model_config"] = config
    refuse(path, "")


@pytest.mark.parametrize("name", [b"\xff", b"a/\xff", b"\xff/a"])
@pytest.mark.parametrize("has_configuration", [True, False])
def test_names_that_are_not_utf8(stack, name, has_configuration):
    with h5py.File(stack, "a") as file:
        file[name] = numpy.zeros(3, "f4")
        if not has_configuration:
            del file.attrs["model_config"]
    refuse(stack, "the HDF5 file is damaged: a name is not UTF-8")


def test_a_configuration_with_a_number_without_end(tmp_path):
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(FOLDER / "keras_stack.keras") as golden, \
            zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", '{"a": ' + "1" * 5000 + "}")
        archive.writestr("model.weights.h5", golden.read("model.weights.h5"))
    refuse(path, "the JSON text is damaged")


def dropout(name, source, rate=0.5):
    return {"class_name": "Dropout", "config": {"name": name, "rate": rate},
            "inbound_nodes": [[[source, 0, 0, {}]]]}


@pytest.mark.parametrize("count, noted", [(16, 16), (17, 0)])
def test_few_dropouts_in_a_row_are_looked_at(tmp_path, count, noted):
    """Else many layers behind many dropouts would need a note for each pair of
    these."""
    layers = [dropout(f"drop_{number}", f"drop_{number - 1}")
              for number in range(count)]
    layers += [{"class_name": "InputLayer", "config": {"name": "drop_-1"}},
               {**simple_rnn("rnn"),
                "inbound_nodes": [[[f"drop_{count - 1}", 0, 0, {}]]]}]
    path = write_keras_2(tmp_path / "a.h5", layers, {"rnn": cell("rnn/c", 3)})
    assert len(read(path).notes) == noted


def test_what_is_no_number_is_not_shown_in_a_note(tmp_path):
    layers = [{"class_name": "InputLayer", "config": {"name": "input"}},
              dropout("drop", "input", "\x1b[31m"),
              {**simple_rnn("rnn", dropout="\x1b[31m"),
               "inbound_nodes": [[["drop", 0, 0, {}]]]}]
    path = write_keras_2(tmp_path / "a.h5", layers, {"rnn": cell("rnn/c", 3)})
    assert read(path).notes == [
        '"rnn" has dropout "str", which Keras applies in training alone; it is '
        "not converted",
        '"drop" in front of "rnn" drops "str" of its inputs in training; it is '
        "not converted"]


@pytest.mark.parametrize("layers", [
    "[]," * 1000000 + "[]",
    # the name of a model stands in front of those of all layers in it
    json.dumps({"class_name": "Model", "config": {
        "name": "x" * 100000, "layers": [{}] * 1000}})
], ids=["many layers", "a long name"])
def test_small_configurations_of_many_layers(tmp_path, layers):
    path = tmp_path / "a.keras"
    with zipfile.ZipFile(FOLDER / "keras_stack.keras") as golden, \
            zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json",
                         '{"config": {"layers": [' + layers + "]}}")
        archive.writestr("model.weights.h5", golden.read("model.weights.h5"))
    refuse(path, "describes more objects, or longer names, than a model of")


def test_many_names_of_weights(stack):
    with h5py.File(stack, "a") as file:
        file["model_weights/simple_rnn"].attrs["weight_names"] = ["x"] * 101
    refuse(stack, '"model_weights/simple_rnn" has more than 100 texts as its '
           "weight_names", name="simple_rnn")


def test_names_of_weights_in_one_place_do_not_multiply_its_bytes(stack):
    """Each name is a reference of 16 bytes to a heap."""
    with h5py.File(stack, "a") as file:
        attributes = file["model_weights/simple_rnn"].attrs
        attributes["weight_names"] = ["x" * 50000] + ["y" * 8] * 99
    data = stack.read_bytes()
    found = next(found for place in range(0, len(data), 8)
                 if (found := data[place:place + 16])[:4] ==
                 (50000).to_bytes(4, "little"))
    ends = [place for place in range(0, len(data), 8)
            if data[place:place + 4] == (8).to_bytes(4, "little") and
            data[place + 4:place + 12] == found[4:12]]
    data = bytearray(data)
    for place in ends:
        data[place:place + 16] = found
    stack.write_bytes(data)
    refuse(stack, "describes more objects, or longer names, than a model of",
           name="simple_rnn")


def test_long_names_in_front_of_many_arrays(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        group = file.create_group("x" * 60000)
        for number in range(1000):
            group[str(number)] = numpy.zeros(0, "f4")
    refuse(path, "describes more objects, or longer names, than a model of")
