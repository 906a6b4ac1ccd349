# SPDX-License-Identifier: MIT
"""The main graph of an ONNX model: which node makes which value, and the values
that are constant."""

import numpy

from .extra import require
from .network import MAX_DIMENSIONS, ConvertError, is_file, quote, reason

# Nodes that hand on a value as it is, and those that change its shape.
PASSING = {"Identity", "Dropout"}
SHAPING = {"Identity", "Reshape", "Squeeze", "Transpose", "Unsqueeze"}


def name_of(node):
    return node.name or "".join(node.output[:1])


class Graph:
    """Many nodes may use the same value, so what was found out about a value
    or a node is kept."""

    def __init__(self, model, folder, budget):
        self.onnx, self.folder, self.budget = require("onnx"), folder, budget
        require("onnx.numpy_helper")  # which old versions do not import
        self.stored = {tensor.name: tensor
                       for tensor in model.graph.initializer}
        self.inputs = {value.name for value in model.graph.input} | {
            sparse.values.name for sparse in model.graph.sparse_initializer}
        self.nodes, self.makers = [], {}
        self.origins, self.starts, self.read_attributes = {}, {}, {}
        for node in model.graph.node:
            self.add(node)
        self.constants, self.zeros = {}, {}
        self.loaded, self.copied = 0, 0  # elements

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
            self.follow(node)

    def follow(self, node):
        """Keeps which value the values of the node are, and which one they are
        a part of or have another shape of."""
        kinds = {"Slice", "Expand", *SHAPING, *PASSING}
        if node.op_type not in kinds or not node.input:
            return
        for name in filter(None, node.output):
            self.starts[name] = self.start(node.input[0])
            if node.op_type in PASSING:
                self.origins[name] = self.origin(node.input[0])

    def origin(self, name):
        return self.origins.get(name, name)

    def start(self, name):
        return self.starts.get(name, name)

    @staticmethod
    def fail_order(node, name):
        raise ConvertError(f"the node {quote(name_of(node))} uses or makes "
                           f"{quote(name)} out of order; "
                           "onnx.checker.check_model says more")

    def attributes(self, node):
        if id(node) not in self.read_attributes:
            self.read_attributes[id(node)] = {
                each.name: self.onnx.helper.get_attribute_value(each)
                for each in node.attribute}
        return self.read_attributes[id(node)]

    def array(self, tensor):
        """The values of a stored tensor."""
        try:
            if tensor.data_location == self.onnx.TensorProto.EXTERNAL:
                tensor = self.with_data(tensor)
            return self.onnx.numpy_helper.to_array(tensor)
        except (ValueError, TypeError, KeyError, OSError,
                RuntimeError) as error:  # the last is of links in a circle
            if isinstance(error, ConvertError):
                raise
            raise ConvertError(f"has the tensor {quote(tensor.name)}, which "
                               f"cannot be read: {reason(error)}") from None

    def with_data(self, tensor):
        """The tensor with its data from another file, which must be in the
        folder of the model or below it."""
        where = {entry.key: entry.value for entry in tensor.external_data}
        location = where.get("location", "")
        path = (self.folder / location).resolve()
        if not path.is_relative_to(self.folder.resolve()):
            raise ConvertError(f"has the tensor {quote(tensor.name)} in "
                               f"{quote(location)}, outside of the folder of "
                               "the model")
        if not is_file(path):
            raise ConvertError(f"has the tensor {quote(tensor.name)} in "
                               f"{quote(location)}, which is not a file in the "
                               "folder of the model")
        size = path.stat().st_size
        begin = int(where.get("offset", 0))
        length = int(where.get("length", size - begin))
        if not 0 <= begin <= begin + length <= size:
            raise ConvertError(f"has the tensor {quote(tensor.name)} outside "
                               f"of {quote(location)}, which has {size} bytes")
        loaded = self.onnx.TensorProto(name=tensor.name, dims=tensor.dims,
                                       data_type=tensor.data_type)
        self.budget.add(path)
        with open(path, "rb") as file:
            file.seek(begin)
            loaded.raw_data = file.read(length)
        return loaded

    def constant(self, name):
        """An array, or None if the value is not constant."""
        if name not in self.constants:
            self.constants[name] = None  # if it raises an error
            self.constants[name] = self.find_constant(name)
        return self.constants[name]

    def find_constant(self, name):
        node = self.makers.get(name)
        if name in self.stored:
            return self.load(self.stored[name])
        if node is None or name != node.output[0]:
            return None
        if node.op_type == "Constant":
            value = self.attributes(node).get("value")
            return None if value is None else self.load(value)
        if node.op_type == "Concat":
            return self.joined(node)
        return self.shaped(node) if node.op_type in SHAPING else None

    def load(self, tensor):
        array = self.array(tensor)
        self.budget.take_bytes(array.nbytes)
        self.loaded += array.size
        return array

    def is_zero(self, name):
        """Whether the value is known to be zeros."""
        if name not in self.zeros:
            self.zeros[name] = self.find_zero(name)
        return self.zeros[name]

    def find_zero(self, name):
        maker = self.makers.get(name)
        if maker is not None and maker.op_type == "ConstantOfShape":
            value = self.attributes(maker).get("value")
            return value is None or not self.load(value).any()
        array = self.constant(name)
        return array is not None and not array.any()

    def check_copy(self, node, size):
        """Else a small file could ask for any amount of memory."""
        self.copied += size
        if size > self.loaded or self.copied > 4 * self.loaded:
            raise ConvertError(f"repeats its weights in {quote(node.name)}")

    def joined(self, node):
        parts = [self.constant(name) for name in node.input]
        if any(part is None for part in parts):
            return None
        self.check_copy(node, sum(part.size for part in parts))
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
        if node.op_type == "Reshape" and 0 in numbers:
            return None
        if node.op_type == "Reshape":
            if not array.flags.c_contiguous:
                self.check_copy(node, array.size)
            return array.reshape(numbers)
        change = numpy.squeeze if node.op_type == "Squeeze" else \
            numpy.expand_dims
        return change(array, tuple(numbers))

    def numbers(self, node):
        """The axes of a node, or the shape of a Reshape: an attribute in old
        models, an input in new ones."""
        attributes = self.attributes(node)
        for key in ("axes", "shape"):
            if key in attributes:
                found = attributes[key]
                return [*found] if len(found) <= MAX_DIMENSIONS else None
        if len(node.input) < 2:
            return None
        array = self.constant(node.input[1])
        return None if array is None or array.size > MAX_DIMENSIONS else \
            array.tolist()
