# SPDX-License-Identifier: MIT
"""The peer ONNX Runtime: one RNN node a layer, with what it takes to bring its
output [T,D,B,H] to [T,B,D*H], bound to memory made once."""

import numpy as np
import onnx
import onnxruntime
import peer
from onnx import TensorProto, helper, numpy_helper

OPSET = 14  # of the RNN operator that has a layout; IR 8 goes with it
IR_VERSION = 8


def add_constant(graph, name, values):
    graph["constants"].append(numpy_helper.from_array(values, name))
    return name


def add_cell(graph, layer, directions, source):
    """Adds the RNN node of a layer; returns the name of its output."""
    stacks = [np.stack(values) for values in zip(*directions)]
    biases = np.concatenate(stacks[2:], axis=1)
    both = len(directions) == 2
    made, final = f"made{layer}", f"h_n{layer}"
    graph["nodes"].append(helper.make_node(
        "RNN",
        [source, add_constant(graph, f"W{layer}", stacks[0]),
         add_constant(graph, f"R{layer}", stacks[1]),
         add_constant(graph, f"B{layer}", biases)],
        [made, final], hidden_size=stacks[1].shape[1],
        activations=["Tanh"] * len(directions),
        direction="bidirectional" if both else "forward"))
    graph["finals"].append(final)
    return made


def add_join(graph, layer, made, shape):
    """Adds what joins both directions, if memory is not in that order as it
    is, and for a layer above the reshape, which then costs nothing."""
    T, B, _, H, L, D = shape
    if D == 2 and B > 1:
        graph["nodes"].append(helper.make_node(
            "Transpose", [made], [f"turned{layer}"], perm=[0, 2, 1, 3]))
        made = f"turned{layer}"
    if layer == L - 1:
        return made
    wanted = add_constant(graph, f"shape{layer}",
                          np.array([T, B, D * H], np.int64))
    graph["nodes"].append(helper.make_node("Reshape", [made, wanted],
                                           [f"output{layer}"]))
    return f"output{layer}"


def make_model(shape, cells):
    T, B, I, H, _, D = shape
    graph = {"nodes": [], "constants": [], "finals": []}
    name = "input"
    for layer, directions in enumerate(cells):
        name = add_cell(graph, layer, directions, name)
        name = add_join(graph, layer, name, shape)

    def value(value_name, *sizes):
        return helper.make_tensor_value_info(value_name, TensorProto.FLOAT,
                                             sizes)

    outputs = {name: (T, B, D, H) if D == 2 and B > 1 else (T, D, B, H)}
    outputs.update((final, (D, B, H)) for final in graph["finals"])
    model = helper.make_model(
        helper.make_graph(graph["nodes"], "rnn", [value("input", T, B, I)],
                          [value(n, *sizes) for n, sizes in outputs.items()],
                          graph["constants"]),
        opset_imports=[helper.make_opsetid("", OPSET)])
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model)
    return model.SerializeToString(), outputs


def prepare(problem, threads):
    model, outputs = make_model(problem.shape, problem.cells)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model, options, providers=["CPUExecutionProvider"])
    binding = session.io_binding()
    results = {name: onnxruntime.OrtValue.ortvalue_from_numpy(
                   np.zeros(sizes, np.float32))
               for name, sizes in outputs.items()}
    binding.bind_ortvalue_input(
        "input", onnxruntime.OrtValue.ortvalue_from_numpy(problem.x))
    for name, result in results.items():
        binding.bind_ortvalue_output(name, result)
    output = next(iter(outputs))

    def forward():
        session.run_with_iobinding(binding)

    T, B, _, H, _, D = problem.shape
    return forward, lambda: peer.Result(
        results[output].numpy().reshape(T, B, D * H))


peer.main("onnxruntime", onnxruntime.__version__, "MLAS", prepare)
