# SPDX-License-Identifier: MIT
"""RNN nodes of ONNX models: their attributes, and how they feed each other."""

import os
import subprocess
import sys
import types

import numpy
import onnx
import pytest
from onnx import helper, numpy_helper
from convert_support import FOLDER, draw, refuse

from simplernn.convert import ConvertError, read
from simplernn.convert.onnx import Flow, network_of
from simplernn.convert.onnx_graph import Graph

B, T, I, H = 2, 5, 3, 4


def rnn_arrays(name, inputs=I, directions=1):
    return {f"{name}_w": draw(directions, H, inputs),
            f"{name}_r": draw(directions, H, H),
            f"{name}_b": draw(directions, 2 * H)}


def rnn_node(name, x="x", more=(), **attributes):
    return helper.make_node(
        "RNN", [x, f"{name}_w", f"{name}_r", f"{name}_b", *more],
        [f"{name}_y", f"{name}_h"], name, hidden_size=H, **attributes)


@pytest.fixture
def write(tmp_path):
    """Writes a model of these nodes and constants, and returns its path."""
    def write(nodes, arrays, inputs=("x",), save=onnx.save):
        graph = helper.make_graph(
            nodes, "graph", [helper.make_tensor_value_info(name, 1, None)
                             for name in inputs],
            [helper.make_tensor_value_info(nodes[-1].output[0], 1, None)],
            [numpy_helper.from_array(array, name)
             for name, array in arrays.items()])
        model = helper.make_model(
            graph, opset_imports=[helper.make_opsetid("", 14)], ir_version=8)
        save(model, str(tmp_path / "model.onnx"))
        return tmp_path / "model.onnx"
    return write


@pytest.mark.parametrize("attributes, text", [
    ({"clip": 1.5}, "clips its activations at 1.5"),
    ({"activations": ["Elu"]}, "has the activation Elu; this library has tanh"),
    ({"activations": ["Tanh", "Relu"], "direction": "bidirectional"},
     "has the activations Tanh, Relu; all directions must have the same one"),
    ({"activations": ["Affine"], "activation_alpha": [2.0]},
     "has the activation Affine with another alpha than 1"),
    ({"activations": ["Affine"], "activation_beta": [0.5]}, "another beta"),
    ({"direction": "sideways"}, 'has the direction "sideways"'),
    ({"peephole": 1}, 'has the attribute "peephole", which is not known'),
    ({"direction": "bidirectional"},
     'has the W "a_w" [1, 4, 3]; expected 3 dimensions, the first one 2'),
])
def test_what_cannot_be_expressed_is_refused_by_name(write, attributes, text):
    path = write([rnn_node("a", **attributes)], rnn_arrays("a"))
    refuse(path, 'the RNN node "a" ', text)


def test_a_node_that_is_refused_does_not_hinder_others(write):
    path = write([rnn_node("a", clip=1.0), rnn_node("b")],
                 {**rnn_arrays("a"), **rnn_arrays("b")})
    assert read(path, "b").name == "b"
    refuse(path, '"a" (cannot be converted: the RNN node "a" clips')


@pytest.mark.parametrize("activation, word", [
    (None, "tanh"), ("Tanh", "tanh"), ("Relu", "relu"), ("Sigmoid", "sigmoid"),
    ("Affine", "identity"), ("relu", "relu")])
def test_activations(write, activation, word):
    more = {"activations": [activation]} if activation else {}
    path = write([rnn_node("a", **more)], rnn_arrays("a"))
    assert read(path).options["nonlinearity"] == word


def constant(name, values):
    return helper.make_node("Constant", [], [name],
                            value=numpy_helper.from_array(numpy.array(values)))


def test_layers_that_feed_each_other(write):
    nodes = [rnn_node("a", direction="bidirectional"),
             helper.make_node("Transpose", ["a_y"], ["t"], perm=[0, 2, 1, 3]),
             constant("shape", [0, 0, -1]),
             helper.make_node("Reshape", ["t", "shape"], ["u"]),
             helper.make_node("Dropout", ["u"], ["v"]),
             rnn_node("b", "v", direction="bidirectional")]
    arrays = {**rnn_arrays("a", directions=2), **rnn_arrays("b", 2 * H, 2)}
    converted = read(write(nodes, arrays))
    assert converted.name == "a+b"
    numpy.testing.assert_array_equal(
        converted.state_dict["weight_ih_l1_reverse"], arrays["b_w"][1])
    numpy.testing.assert_array_equal(
        converted.state_dict["bias_hh_l0_reverse"], arrays["a_b"][1, H:])
    assert read(write(nodes, arrays), "b").state_dict.keys() >= {
        "weight_ih_l0_reverse"}


def test_layers_of_different_layouts(write):
    nodes = [rnn_node("a", layout=1), constant("two", [2]),
             helper.make_node("Squeeze", ["a_y", "two"], ["s"]),
             helper.make_node("Transpose", ["s"], ["t"], perm=[1, 0, 2]),
             rnn_node("b", "t")]
    converted = read(write(nodes, {**rnn_arrays("a"), **rnn_arrays("b", H)}))
    assert converted.name == "a+b" and converted.options["batch_first"]


@pytest.mark.parametrize("between", [
    [helper.make_node("Relu", ["s"], ["t"])],
    [helper.make_node("Transpose", ["s"], ["t"], perm=[1, 0, 2])],
], ids=["another operation", "steps and batch exchanged"])
def test_layers_with_something_between(write, between):
    nodes = [rnn_node("a"), constant("one", [1]),
             helper.make_node("Squeeze", ["a_y", "one"], ["s"]), *between,
             rnn_node("b", "t")]
    refuse(write(nodes, {**rnn_arrays("a"), **rnn_arrays("b", H)}),
           'there are 2 networks: "a" (input_size 3')


@pytest.mark.parametrize("perm", [[0, 1, 2, 3], [0, 2, 3, 1]])
def test_directions_that_are_not_side_by_side(write, perm):
    """A Reshape behind another Transpose mixes directions with the batch or
    with the states."""
    nodes = [rnn_node("a", direction="bidirectional"),
             helper.make_node("Transpose", ["a_y"], ["t"], perm=perm),
             constant("shape", [0, 0, -1]),
             helper.make_node("Reshape", ["t", "shape"], ["u"]),
             rnn_node("b", "u", direction="bidirectional")]
    arrays = {**rnn_arrays("a", directions=2), **rnn_arrays("b", 2 * H, 2)}
    refuse(write(nodes, arrays), "there are 2 networks")


def test_weights_that_are_put_together(write):
    arrays = rnn_arrays("a")
    w, b = arrays.pop("a_w"), arrays.pop("a_b")
    nodes = [constant("zero", [0]),
             helper.make_node("Unsqueeze", ["w", "zero"], ["a_w"]),
             helper.make_node("Concat", ["ih", "hh"], ["both"], axis=0),
             helper.make_node("Unsqueeze", ["both", "zero"], ["a_b"]),
             rnn_node("a")]
    state = read(write(nodes, {**arrays, "w": w[0], "ih": b[0, :H],
                               "hh": b[0, H:]})).state_dict
    numpy.testing.assert_array_equal(state["weight_ih_l0"], w[0])
    numpy.testing.assert_array_equal(state["bias_hh_l0"], b[0, H:])


def test_weights_that_are_no_constants(write):
    arrays = rnn_arrays("a")
    del arrays["a_w"]
    refuse(write([rnn_node("a")], arrays, ("x", "a_w")),
           'the RNN node "a" computes its W, "a_w", instead')


def test_batch_first_and_notes(write):
    nodes = [helper.make_node("Transpose", ["x"], ["t"], perm=[1, 0, 2]),
             rnn_node("a", "t", ("lengths", "start"))]
    converted = read(write(nodes, rnn_arrays("a"), ("x", "lengths", "start")))
    assert converted.options["batch_first"] is True
    assert converted.notes == [
        '"a" has sequence_lens, "lengths"; pass them as lengths',
        '"a" has an initial state, "start"; pass it as h0, which is zeros '
        "otherwise"]
    arrays = {**rnn_arrays("a"), "start": numpy.zeros((1, B, H), "f4")}
    assert read(write([rnn_node("a", "x", ("", "start"))], arrays)).notes == []


def test_states_that_other_nodes_hand_on(write):
    """The note names the value that comes from outside."""
    nodes = [constant("zero", [0]),
             helper.make_node("Unsqueeze", ["start", "zero"], ["u"]),
             helper.make_node("Identity", ["u"], ["v"]),
             rnn_node("a", "x", ("", "v"))]
    note, = read(write(nodes, rnn_arrays("a"), ("x", "start"))).notes
    assert 'initial state, "start";' in note
    nodes = [constant("one", [1]), constant("shape", [1, B, H]),
             helper.make_node("ConstantOfShape", ["one"], ["zeros"]),
             helper.make_node("Expand", ["zeros", "shape"], ["h0"]),
             rnn_node("a", "x", ("", "h0"))]
    assert read(write(nodes, rnn_arrays("a"))).notes == []


def test_models_of_other_nodes(write):
    lstm = helper.make_node("LSTM", ["x", "w", "r"], ["y"], hidden_size=H)
    refuse(write([lstm], {"w": draw(1, 16, 3), "r": draw(1, 16, 4)}),
           "the model has LSTM nodes")
    refuse(write([helper.make_node("Tanh", ["x"], ["y"])], {}),
           "no RNN node; torch.onnx.export keeps them with dynamo=False. It "
           "has nodes of the types Tanh")


def save_outside(**changes):
    """Saves with data in data.bin, and then changes where each tensor says that
    its values are: location, offset or length."""
    def save(model, path):
        onnx.save(model, path, save_as_external_data=True, size_threshold=0,
                  location="data.bin", convert_attribute=False)
        model = onnx.load(path, load_external_data=False)
        for tensor in model.graph.initializer:
            for entry in tensor.external_data:
                entry.value = changes.get(entry.key, entry.value)
        onnx.save(model, path)
    return save


@pytest.mark.parametrize("location", ["../data.bin", "/tmp/data.bin",
                                      "link.bin"])
def test_data_outside_of_the_folder(write, tmp_path, location):
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "data.bin").write_bytes(bytes(1000))
    os.symlink(folder.parent.parent / "data.bin", tmp_path / "link.bin")
    path = write([rnn_node("a")], rnn_arrays("a"),
                 save=save_outside(location=location))
    refuse(path, "outside of the folder")


@pytest.mark.parametrize("location", ["", ".", "folder", "pipe", "missing",
                                      300 * "x"])
def test_data_in_what_is_no_file(write, tmp_path, location):
    """Nothing is opened: a pipe would never end."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    path = write([rnn_node("a")], rnn_arrays("a"),
                 save=save_outside(location=location))
    refuse(path, f'RNN node "a" has the tensor "a_w" in "{location[:20]}',
           "which is not a file in the folder of the model")


@pytest.mark.parametrize("location", ["loop", "\0"])
def test_data_in_what_has_no_path(write, tmp_path, location):
    """Python 3.13 gives links in a circle a path that is no file."""
    os.symlink("loop", tmp_path / "loop")
    path = write([rnn_node("a")], rnn_arrays("a"),
                 save=save_outside(location=location))
    message = refuse(path, 'the RNN node "a" has the tensor "a_w"')
    assert ("which cannot be read" in message or
            'in "loop", which is not a file' in message)


def test_data_that_is_short(write, tmp_path):
    path = write([rnn_node("a")], rnn_arrays("a"), save=save_outside())
    assert read(path).name == "a"
    (tmp_path / "data.bin").write_bytes(bytes(10))
    refuse(path, 'the RNN node "a" has the tensor "a_w" outside of "data.bin"')


@pytest.mark.parametrize("key", ["offset", "length"])
@pytest.mark.parametrize("value", ["-1", "1000000000000", "1" + 30 * "0"])
def test_data_outside_of_the_file(write, key, value):
    path = write([rnn_node("a")], rnn_arrays("a"),
                 save=save_outside(**{key: value}))
    refuse(path, 'has the tensor "a_w" outside of "data.bin"')


@pytest.mark.parametrize("key", ["offset", "length"])
@pytest.mark.parametrize("value", ["", "1.5", "0x10", 5000 * "9"])
def test_places_that_are_no_numbers(write, key, value):
    path = write([rnn_node("a")], rnn_arrays("a"),
                 save=save_outside(**{key: value}))
    refuse(path, 'has the tensor "a_w", which cannot be read')


@pytest.mark.parametrize("nodes", [
    [helper.make_node("Identity", ["t"], ["t"]), rnn_node("a", "t")],
    [rnn_node("a", "t"), helper.make_node("Identity", ["a_y"], ["t"])],
    [helper.make_node("Identity", ["x"], ["t"]),
     helper.make_node("Identity", ["t"], ["t"]), rnn_node("a", "t")],
])
def test_nodes_that_are_out_of_order(write, nodes):
    refuse(write(nodes, rnn_arrays("a")), 'uses or makes "t" out of order')


def test_weights_that_grow_without_end(write):
    arrays = rnn_arrays("a")
    arrays["w0"] = arrays.pop("a_w")
    nodes = [helper.make_node("Concat", [f"w{level}"] * 2, [f"w{level + 1}"],
                              f"concat{level}", axis=1) for level in range(40)]
    nodes.append(helper.make_node("Identity", ["w40"], ["a_w"]))
    refuse(write([*nodes, rnn_node("a")], arrays),
           'the RNN node "a" repeats its weights in "concat0"')


def test_weights_that_grow_with_the_nodes(write):
    """Each node repeats the weights once, which alone is allowed."""
    arrays, nodes = rnn_arrays("a"), []
    w = arrays.pop("a_w")
    arrays["top"], arrays["rest"] = w[:, :1], w[:, 1:]
    for number in range(40):
        nodes.append(helper.make_node("Concat", ["top", "rest"],
                                      [f"w{number}"], f"concat{number}",
                                      axis=1))
        node = rnn_node("a")
        node.input[1], node.name = f"w{number}", f"a{number}"
        node.output[:] = [f"y{number}", f"h{number}"]
        nodes.append(node)
    refuse(write(nodes, arrays), "repeats its weights in")


@pytest.mark.parametrize("suffix", [".json", ".textproto"])
def test_the_suffix_does_not_choose_the_parser(write, suffix):
    path = write([rnn_node("a")], rnn_arrays("a"))
    other = path.rename(path.with_suffix(suffix))
    try:
        read(other)
    except ConvertError:
        pass  # of another format, or of none


@pytest.mark.parametrize("attributes", [
    {"direction": 3}, {"activations": 3}, {"clip": "much"}, {"layout": [1, 2]},
    {"layout": 2}])
def test_attributes_of_other_types(write, attributes):
    path = write([rnn_node("a", **attributes)], rnn_arrays("a"))
    refuse(path, 'the RNN node "a" ')


class Counted:
    """Nodes as those of a graph, which count how often something is read."""

    read = 0

    def __init__(self, node):
        self.node = node

    def __getattr__(self, name):
        Counted.read += 1
        return getattr(self.node, name)


@pytest.mark.parametrize("between", [
    lambda x, y: helper.make_node("Identity", [x], [y]),
    lambda x, y: helper.make_node("Transpose", [x], [y], perm=[0, 1, 2]),
    lambda x, y: rnn_node(y.removesuffix("_y"), x),
], ids=["Identity", "Transpose", "RNN"])
def test_what_stands_in_front_of_many_nodes_is_read_once(between):
    """The input and the state of each node are behind all nodes that stand in
    front."""
    def count(size):
        nodes = [between(f"{number}_y", f"{number + 1}_y")
                 for number in range(size)]
        nodes += [rnn_node(f"r{number}", f"{size}_y", ("", f"{size}_y"))
                  for number in range(size)]
        model = types.SimpleNamespace(graph=types.SimpleNamespace(
            initializer=[], sparse_initializer=[],
            input=[types.SimpleNamespace(name=name) for name in (
                "0_y", *(f"{node.name}_{role}" for node in nodes
                         for role in "wrb"))],
            node=list(map(Counted, nodes))))
        Counted.read = 0
        flow = Flow(Graph(model, None, None))
        for node in flow.graph.nodes:
            if node.op_type == "RNN":
                network_of(flow, node)
        return Counted.read

    assert count(200) < 2.5 * count(100)


def test_a_long_stack_of_layers(write):
    """Its depth is no depth of calls."""
    nodes, arrays = [rnn_node("r0")], {**rnn_arrays("r0")}
    for number in range(1, 1200):
        nodes += [helper.make_node("Squeeze", [f"r{number - 1}_y"],
                                   [f"s{number}"], axes=[1]),
                  rnn_node(f"r{number}", f"s{number}")]
        arrays.update(rnn_arrays(f"r{number}", H))
    assert read(write(nodes, arrays)).name.count("+") == 1199


def test_weights_that_are_copied_with_each_change_of_shape(write):
    arrays, nodes = rnn_arrays("a"), [constant("shape", [1, H, I])]
    arrays["w0"] = arrays.pop("a_w")
    for level in range(0, 40, 2):
        nodes += [helper.make_node("Transpose", [f"w{level}"],
                                   [f"w{level + 1}"], perm=[2, 1, 0]),
                  helper.make_node("Reshape", [f"w{level + 1}", "shape"],
                                   [f"w{level + 2}"], f"shape{level}")]
    nodes.append(helper.make_node("Identity", ["w40"], ["a_w"]))
    refuse(write([*nodes, rnn_node("a")], arrays), "repeats its weights in")


def test_weights_in_one_file_do_not_multiply_its_bytes(write, tmp_path):
    """Each tensor is the same bytes of the other file."""
    arrays, nodes = {}, []
    for number in range(300):
        arrays.update({f"r{number}_w": numpy.zeros((1, H, 1 << 16), "f4"),
                       f"r{number}_r": draw(1, H, H),
                       f"r{number}_b": draw(1, 2 * H)})
        nodes.append(rnn_node(f"r{number}"))

    def save(model, path):
        onnx.save(model, path, save_as_external_data=True, location="data.bin",
                  size_threshold=1024, convert_attribute=False)
        model = onnx.load(path, load_external_data=False)
        for tensor in model.graph.initializer:
            for entry in tensor.external_data:
                if entry.key == "offset":
                    entry.value = "0"
        onnx.save(model, path)
        os.truncate(tmp_path / "data.bin", H << 18)

    refuse(write(nodes, arrays, save=save), "repeats its values")


@pytest.mark.parametrize("node", [
    helper.make_node("\x1b[31m", ["x"], ["y"]),
    rnn_node("a", activations=["\x1b[31m"]),
    rnn_node("a", activations=["\x1b[31m", "b"]),
])
def test_words_of_a_model_are_quoted(write, node):
    message = refuse(write([node], rnn_arrays("a")), '"\\u001b[31m"')
    assert message.isprintable()


def test_onnx_is_imported_as_a_whole(tmp_path):
    """Old versions do not import all of their modules by themselves."""
    subprocess.run([sys.executable, "-m", "simplernn.convert",
                    FOLDER / "onnx_layout.onnx", tmp_path / "a"], check=True)


def test_names_that_are_not_utf_8_are_refused(tmp_path):
    node = helper.make_node("Sort", ["a"], ["b"], name="node")
    model = helper.make_model(helper.make_graph(
        [node], "graph", [helper.make_tensor_value_info("a", 1, None)], []))
    for name in b"Sort", b"node":
        path = tmp_path / "model.onnx"
        path.write_bytes(model.SerializeToString().replace(
            name, b"\xff" * len(name)))
        with pytest.raises(ConvertError, match="no ONNX model"):
            read(path)
