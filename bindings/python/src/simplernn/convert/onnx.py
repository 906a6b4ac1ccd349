# SPDX-License-Identifier: MIT
"""RNN nodes of ONNX models."""

import pathlib

from .budget import TooMuch
from .extra import require
from .network import (Cell, ConvertError, Network, quote, reason, shorten, show,
                      tensor_of, word)
from .onnx_graph import Graph, name_of

ACTIVATIONS = {"tanh": "tanh", "relu": "relu", "sigmoid": "sigmoid",
               "affine": "identity"}
ATTRIBUTES = {"activation_alpha", "activation_beta", "activations",
              "direction", "hidden_size", "layout"}
DIRECTIONS = {"forward": 1, "reverse": 1, "bidirectional": 2}
# What is raised for nodes and attributes that are not as they should be.
DAMAGE = (AttributeError, IndexError, KeyError, RecursionError, TypeError,
          ValueError)


def layout_of(graph, node):
    return graph.attributes(node).get("layout", 0)


def direction_of(graph, node):
    return graph.attributes(node).get("direction", b"forward").decode()


def changed_axes(graph, node, axes, directions):
    """What the node makes of the axes, None if that is not known."""
    if node.op_type == "Transpose":
        order = graph.attributes(node).get("perm", range(len(axes))[::-1])
        if len(order) != len(axes) or sorted(order) != [*range(len(axes))]:
            return None
        return "".join(axes[index] for index in order)
    numbers, place = graph.numbers(node), axes.find("D")
    if node.op_type == "Squeeze":
        is_direction = place >= 0 and directions == 1 and \
            numbers in ([place], [place - len(axes)])
        return axes.replace("D", "") if is_direction else None
    is_last = axes[2:] == "DH" and numbers == [0, 0, -1]
    return f"{axes[:2]}H" if is_last else None


class Flow:
    """How the RNN nodes feed each other. Nodes come after those whose values
    they use, so one look at each of them is enough."""

    def __init__(self, graph):
        self.graph = graph
        self.axes = {}  # of a value: the RNN node whose output it is, and the
        # letters of its axes: T steps, B batch, D directions and H
        self.batch_first = {}  # by the id of an RNN node
        for node in graph.nodes:
            try:
                self.add(node)
            except TooMuch:
                raise
            except DAMAGE:
                pass  # so it is not known what the node makes

    def add(self, node):
        graph, found = self.graph, None
        if node.op_type == "RNN":
            self.batch_first[id(node)] = self.find_batch_first(node)
            found = node, "BTDH" if layout_of(graph, node) else "TDBH"
        elif node.op_type in ("Transpose", "Squeeze", "Reshape"):
            rnn, axes = self.axes.get(graph.origin(node.input[0]),
                                      (None, None))
            if rnn is not None:
                directions = DIRECTIONS.get(direction_of(graph, rnn), 0)
                axes = changed_axes(graph, node, axes, directions)
                found = axes and (rnn, axes)
        if found and node.output[0]:
            self.axes[node.output[0]] = found

    def source(self, node):
        """The RNN node that this one continues, None if there is none."""
        rnn, axes = self.axes.get(self.graph.origin(node.input[0]),
                                  (None, None))
        return rnn if axes == ("BTH" if layout_of(self.graph, node) else
                               "TBH") else None

    def is_batch_first(self, node):
        if id(node) not in self.batch_first:
            raise ConvertError("has inputs or attributes that are damaged")
        return self.batch_first[id(node)]

    def find_batch_first(self, node):
        """By the layout of the node, or by a Transpose in front of it."""
        source = self.source(node)
        if source is not None:
            return self.is_batch_first(source)
        graph = self.graph
        maker = graph.makers.get(graph.origin(node.input[0]))
        turned = maker is not None and maker.op_type == "Transpose" and \
            [*graph.attributes(maker).get("perm", ())[:4]] == [1, 0, 2]
        return bool(layout_of(graph, node)) != turned


def nonlinearity_of(attributes, directions):
    words = [word.decode() for word in attributes.get(
        "activations", [b"Tanh"] * directions)]
    if len(set(words)) != 1 or len(words) != directions:
        some = ", ".join(map(word, words[:3]))
        raise ConvertError(f"has the activations {some}; all directions must "
                           "have the same one")
    kind = words[0].lower()
    if kind not in ACTIVATIONS:
        raise ConvertError(f"has the activation {word(words[0])}; this library "
                           f"has {', '.join(ACTIVATIONS.values())}")
    scales = {*attributes.get("activation_alpha", ())} - {1.0}
    shifts = {*attributes.get("activation_beta", ())} - {0.0}
    if kind == "affine" and (scales or shifts):
        raise ConvertError("has the activation Affine with another alpha than "
                           "1 or another beta than 0; multiply the weights "
                           "and biases by alpha and add beta to a bias")
    return ACTIVATIONS[kind]


def check_attributes(attributes):
    if "clip" in attributes:
        raise ConvertError(f"clips its activations at {attributes['clip']:g}, "
                           "which this library does not do; train without "
                           "clip, or run the model with ONNX Runtime")
    if attributes.get("layout", 0) not in (0, 1):
        layout = shorten(str(attributes["layout"]))
        raise ConvertError(f"has the layout {layout}")
    unknown = attributes.keys() - ATTRIBUTES
    if unknown:
        raise ConvertError("has the attribute " +
                           ", ".join(map(quote, sorted(unknown)[:3])) +
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
                f"has the {role} {quote(inputs[index])} {show(array.shape)}; "
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
            raise ConvertError(f"has the B {show(arrays['B'].shape)}; expected "
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
    start = graph.start(inputs[5])
    if start and not graph.is_zero(start):
        notes.append(f"{name} has an initial state, {quote(start)}; pass it as "
                     "h0, which is zeros otherwise")
    return tuple(notes)


def network_of(flow, node):
    graph, name = flow.graph, name_of(node)
    try:
        direction = direction_of(graph, node)
        if direction not in DIRECTIONS:
            raise ConvertError(f"has the direction {quote(direction)}")
        attributes, source = graph.attributes(node), flow.source(node)
        check_attributes(attributes)
        nonlinearity = nonlinearity_of(attributes, DIRECTIONS[direction])
        cells = cells_of(graph, node, DIRECTIONS[direction])
        return Network(name, (cells,), direction,
                       {"nonlinearity": nonlinearity,
                        "batch_first": flow.is_batch_first(node)},
                       notes_of(graph, node), source and name_of(source))
    except TooMuch:
        raise
    except ConvertError as error:
        problem = str(error)
    except DAMAGE as error:
        problem = f"is damaged: {reason(error)}"
    return Network(name, (), refusal=f"the RNN node {quote(name)} {problem}")


def read_file(path, budget):
    onnx, message = require("onnx"), require("google.protobuf.message")
    try:
        model = onnx.load(str(path), "protobuf", load_external_data=False)
    except message.DecodeError as error:
        raise ConvertError("the file is no ONNX model: "
                           f"{reason(error)}") from None
    # Protobuf gives bytes for a text that is not UTF-8.
    texts = [text for node in model.graph.node for text in
             (node.op_type, node.name, *node.input, *node.output)]
    if any(isinstance(text, bytes) for text in texts):
        raise ConvertError("the file is no ONNX model: a name is not UTF-8")
    graph = Graph(model, pathlib.Path(path).parent, budget)
    flow = Flow(graph)
    networks = [network_of(flow, node) for node in graph.nodes
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
                       f"{', '.join(map(word, kinds[:20]))}")
