# SPDX-License-Identifier: MIT
"""RNN nodes of ONNX models."""

import pathlib

import numpy

from .extra import require
from .network import Cell, ConvertError, Network, quote, tensor_of

ACTIVATIONS = {"tanh": "tanh", "relu": "relu", "sigmoid": "sigmoid",
               "affine": "identity"}
ATTRIBUTES = {"activation_alpha", "activation_beta", "activations",
              "direction", "hidden_size", "layout"}
DIRECTIONS = {"forward": 1, "reverse": 1, "bidirectional": 2}
# Nodes that hand on a constant in another shape.
SHAPING = {"Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"}


class Graph:
    """The main graph of a model: who makes which value."""

    def __init__(self, model, folder):
        self.onnx, self.folder = require("onnx"), folder
        require("onnx.numpy_helper")  # which old versions do not import
        self.stored = {tensor.name: tensor
                       for tensor in model.graph.initializer}
        self.inputs = {value.name for value in model.graph.input} | {
            sparse.values.name for sparse in model.graph.sparse_initializer}
        self.nodes, self.makers = [], {}
        for node in model.graph.node:
            self.add(node)
        self.constants, self.loaded, self.joined_size = {}, 0, 0

    def add(self, node):
        """Nodes come after those whose values they use, so that following
        values back comes to an end."""
        for name in filter(None, node.input):
            if not (name in self.makers or name in self.stored or
                    name in self.inputs):
                self.fail_order(node, name)
        for name in filter(None, node.output):
            if name in self.makers or name in self.stored:
                self.fail_order(node, name)
            self.makers[name] = node
        if node.domain in ("", "ai.onnx"):
            self.nodes.append(node)

    @staticmethod
    def fail_order(node, name):
        raise ConvertError(f"the node {quote(name_of(node))} uses or makes "
                           f"{quote(name)} out of order; "
                           "onnx.checker.check_model says more")

    def attributes(self, node):
        return {each.name: self.onnx.helper.get_attribute_value(each)
                for each in node.attribute}

    def maker(self, name):
        """The node that makes the value, behind those that change nothing."""
        node = self.makers.get(name)
        while node is not None and node.op_type in ("Identity", "Dropout"):
            name = node.input[0]
            node = self.makers.get(name)
        return node, name

    def array(self, tensor):
        """The values of a stored tensor."""
        try:
            if tensor.data_location == self.onnx.TensorProto.EXTERNAL:
                tensor = self.with_data(tensor)
            return self.onnx.numpy_helper.to_array(tensor)
        except (ValueError, TypeError, KeyError, OSError) as error:
            if isinstance(error, ConvertError):
                raise
            raise ConvertError(f"has the tensor {quote(tensor.name)}, which "
                               f"cannot be read: {error}") from None

    def with_data(self, tensor):
        """The tensor with its data from another file, which must be in the
        folder of the model or below it."""
        where = {entry.key: entry.value for entry in tensor.external_data}
        location = where.get("location", "")
        path = (self.folder / location).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise ConvertError(f"has the tensor {quote(tensor.name)} in the "
                               f"file {quote(location)}, outside of the folder "
                               "of the model")
        loaded = self.onnx.TensorProto(name=tensor.name, dims=tensor.dims,
                                       data_type=tensor.data_type)
        with open(path, "rb") as file:
            file.seek(int(where.get("offset", 0)))
            loaded.raw_data = file.read(int(where.get("length", -1)))
        return loaded

    def constant(self, name):
        """An array, or None if the value is not constant."""
        if name not in self.constants:
            self.constants[name] = self.find_constant(name)
        return self.constants[name]

    def find_constant(self, name):
        node = self.makers.get(name)
        if name in self.stored:
            return self.load(self.stored[name])
        if node is None:
            return None
        if node.op_type == "Constant":
            value = self.attributes(node).get("value")
            return None if value is None else self.load(value)
        if node.op_type == "Concat":
            return self.joined(node)
        return self.shaped(node) if node.op_type in SHAPING else None

    def load(self, tensor):
        array = self.array(tensor)
        self.loaded += array.size
        return array

    def joined(self, node):
        parts = [self.constant(name) for name in node.input]
        if any(part is None for part in parts):
            return None
        size = sum(part.size for part in parts)
        self.joined_size += size
        # Else a small file could ask for any amount of memory.
        if size > self.loaded or self.joined_size > 4 * self.loaded:
            raise ConvertError(f"repeats its weights in {quote(node.name)}")
        return numpy.concatenate(parts, self.attributes(node)["axis"])

    def shaped(self, node):
        array = self.constant(node.input[0])
        if array is None or node.op_type == "Identity":
            return array
        if node.op_type == "Transpose":
            return array.transpose(self.attributes(node).get("perm"))
        numbers = self.numbers(node)
        if numbers is None:
            return None
        if node.op_type == "Reshape":
            return array.reshape(numbers) if 0 not in numbers else None
        change = numpy.squeeze if node.op_type == "Squeeze" else \
            numpy.expand_dims
        return change(array, tuple(numbers))

    def numbers(self, node):
        """The axes of a node, or the shape of a Reshape: an attribute in old
        models, an input in new ones."""
        attributes = self.attributes(node)
        for key in ("axes", "shape"):
            if key in attributes:
                return list(attributes[key])
        if len(node.input) < 2:
            return None
        array = self.constant(node.input[1])
        return None if array is None else array.tolist()


def name_of(node):
    return node.name or "".join(node.output[:1])


def layout_of(graph, node):
    return graph.attributes(node).get("layout", 0)


def direction_of(graph, node):
    return graph.attributes(node).get("direction", b"forward").decode()


def follow_axes(graph, name):
    """The RNN node whose output the value is, and what its axes are: letters
    of T steps, B batch, D directions and H. None if it is another value."""
    node, name = graph.maker(name)
    if node is None:
        return None
    if node.op_type == "RNN" and name == node.output[0]:
        return node, list("BTDH" if layout_of(graph, node) else "TDBH")
    if node.op_type not in ("Transpose", "Squeeze", "Reshape"):
        return None
    found = follow_axes(graph, node.input[0])
    if found is None:
        return None
    rnn, axes = found
    directions = DIRECTIONS.get(direction_of(graph, rnn), 0)
    return (rnn, axes) if change_axes(graph, node, axes, directions) else None


def change_axes(graph, node, axes, directions):
    """What the node does to the axes. Returns whether that is known."""
    if node.op_type == "Transpose":
        order = list(graph.attributes(node).get("perm", range(len(axes))[::-1]))
        if sorted(order) != list(range(len(axes))):
            return False
        axes[:] = [axes[index] for index in order]
        return True
    numbers = graph.numbers(node)
    if node.op_type == "Squeeze":
        if numbers not in ([axes.index("D")] if "D" in axes else None,
                           [axes.index("D") - len(axes)]
                           if "D" in axes else None) or directions != 1:
            return False
        axes.remove("D")
        return True
    if axes[2:] != ["D", "H"] or numbers != [0, 0, -1]:
        return False
    axes[2:] = ["H"]
    return True


def source_of(graph, node):
    """The RNN node that this one continues, None if there is none."""
    found = follow_axes(graph, node.input[0])
    if found and found[1] == list("BTH" if layout_of(graph, node) else "TBH"):
        return found[0]
    return None


def is_batch_first(graph, node):
    """By the layout of the node, or by a Transpose in front of it."""
    source = source_of(graph, node)
    if source is not None:
        return is_batch_first(graph, source)
    maker, _ = graph.maker(node.input[0])
    turned = maker is not None and maker.op_type == "Transpose" and \
        list(graph.attributes(maker).get("perm", ())) == [1, 0, 2]
    return bool(layout_of(graph, node)) != turned


def nonlinearity_of(attributes, directions):
    words = [word.decode() for word in attributes.get(
        "activations", [b"Tanh"] * directions)]
    if len(set(words)) != 1 or len(words) != directions:
        raise ConvertError(f"has the activations {', '.join(words)}; all "
                           "directions must have the same one")
    word = words[0].lower()
    if word not in ACTIVATIONS:
        raise ConvertError(f"has the activation {words[0]}; this library has "
                           f"{', '.join(ACTIVATIONS.values())}")
    scales = {*attributes.get("activation_alpha", ())} - {1.0}
    shifts = {*attributes.get("activation_beta", ())} - {0.0}
    if word == "affine" and (scales or shifts):
        raise ConvertError("has the activation Affine with another alpha than "
                           "1 or another beta than 0; multiply the weights "
                           "and biases by alpha and add beta to a bias")
    return ACTIVATIONS[word]


def check_attributes(attributes):
    if "clip" in attributes:
        raise ConvertError(f"clips its activations at {attributes['clip']:g}, "
                           "which this library does not do; train without "
                           "clip, or run the model with ONNX Runtime")
    if attributes.get("layout", 0) not in (0, 1):
        raise ConvertError(f"has the layout {attributes['layout']}")
    unknown = attributes.keys() - ATTRIBUTES
    if unknown:
        raise ConvertError("has the attribute " +
                           ", ".join(map(quote, sorted(unknown))) +
                           ", which is not known")


def cells_of(graph, node, directions):
    """One Cell for each direction."""
    inputs = [*node.input, "", ""]
    arrays = {}
    for role, index, rank in (("W", 1, 3), ("R", 2, 3), ("B", 3, 2)):
        if not inputs[index]:
            continue
        array = graph.constant(inputs[index])
        if array is None:
            raise ConvertError(f"computes its {role}, {quote(inputs[index])}, "
                               "instead of having it as a constant; export the "
                               "model with constant folding")
        if array.ndim != rank or array.shape[0] != directions:
            raise ConvertError(
                f"has the {role} {quote(inputs[index])} {list(array.shape)}; "
                f"expected {rank} dimensions, the first one {directions}")
        arrays[role] = array
    if not {"W", "R"} <= arrays.keys():
        raise ConvertError("has no W or no R")
    return tuple(cell_of(name_of(node), arrays, index)
                 for index in range(directions))


def cell_of(name, arrays, index):
    def tensor(role, array):
        return tensor_of(f"{name}.{role}[{index}]", array)

    biases = ()
    if "B" in arrays:
        size = arrays["R"].shape[-1]
        both = arrays["B"][index]
        if both.shape != (2 * size,):
            raise ConvertError(f"has the B {list(arrays['B'].shape)}; expected "
                               f"[num_directions, 2*hidden_size={2 * size}]")
        biases = (tensor("B", both[:size]), tensor("B", both[size:]))
    return Cell(tensor("W", arrays["W"][index]),
                tensor("R", arrays["R"][index]), *biases)


def notes_of(graph, node):
    """What the inputs of the node mean for the calls of the network."""
    name, notes = quote(name_of(node)), []
    inputs = [*node.input, "", "", "", ""]
    if inputs[4]:
        notes.append(f"{name} has sequence_lens, {quote(inputs[4])}; pass them "
                     "as lengths")
    maker, start = graph.maker(inputs[5])
    while maker is not None and maker.op_type in ("Slice", "Expand", *SHAPING):
        maker, start = graph.maker(maker.input[0])
    if inputs[5] and not is_zero(graph, maker, start):
        notes.append(f"{name} has an initial state, {quote(start)}; pass it as "
                     "h0, which is zeros otherwise")
    return tuple(notes)


def is_zero(graph, maker, name):
    if maker is not None and maker.op_type == "ConstantOfShape":
        value = graph.attributes(maker).get("value")
        return value is None or not graph.array(value).any()
    array = graph.constant(name)
    return array is not None and not array.any()


def network_of(graph, node):
    name = name_of(node)
    try:
        direction = direction_of(graph, node)
        if direction not in DIRECTIONS:
            raise ConvertError(f"has the direction {quote(direction)}")
        attributes, source = graph.attributes(node), source_of(graph, node)
        check_attributes(attributes)
        nonlinearity = nonlinearity_of(attributes, DIRECTIONS[direction])
        cells = cells_of(graph, node, DIRECTIONS[direction])
        return Network(name, (cells,), direction,
                       {"nonlinearity": nonlinearity,
                        "batch_first": is_batch_first(graph, node)},
                       notes_of(graph, node), source and name_of(source))
    except ConvertError as error:
        problem = str(error)
    except (AttributeError, IndexError, KeyError, RecursionError, TypeError,
            ValueError) as error:
        problem = f"is damaged: {error}"
    return Network(name, (), refusal=f"the RNN node {quote(name)} {problem}")


def read_file(path):
    onnx, message = require("onnx"), require("google.protobuf.message")
    try:
        model = onnx.load(str(path), "protobuf", load_external_data=False)
    except message.DecodeError as error:
        raise ConvertError(f"the file is no ONNX model: {error}") from None
    # Protobuf gives bytes for a text that is not UTF-8.
    texts = [text for node in model.graph.node for text in
             (node.op_type, node.name, *node.input, *node.output)]
    if any(isinstance(text, bytes) for text in texts):
        raise ConvertError("the file is no ONNX model: a name is not UTF-8")
    graph = Graph(model, pathlib.Path(path).parent)
    networks = [network_of(graph, node) for node in graph.nodes
                if node.op_type == "RNN"]
    if networks:
        return networks
    kinds = sorted({node.op_type for node in graph.nodes})
    gated = [kind for kind in kinds if kind in ("LSTM", "GRU")]
    if gated:
        raise ConvertError(f"the model has {' and '.join(gated)} nodes; this "
                           "library runs simple (Elman) RNNs only")
    raise ConvertError("the model has no RNN node; torch.onnx.export keeps "
                       "them with dynamo=False. It has nodes of the types "
                       f"{', '.join(kinds[:20])}")
